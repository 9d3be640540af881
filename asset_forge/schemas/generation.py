"""Bodies of the generation, retexture and sight endpoints."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from asset_forge.domain.generation import (
    GenerationConfig,
    ProviderChoice,
    ReferenceImage,
    SpriteConfig,
)
from asset_forge.domain.ids import AssetId, asset_id_from_name, parse_asset_id
from asset_forge.domain.materials import MaterialPreset, check_preset_id
from asset_forge.domain.quality import GenerationType, Quality, choose_quality
from asset_forge.domain.rendering import (
    LONGEST_CLIP_NAME,
    MAX_FRAMES,
    SPRITE_PITCH_DEG,
    STEEPEST_PITCH_DEG,
)
from asset_forge.errors import BadInput

_AVATAR_TYPES = frozenset({"character", "avatar", "humanoid", "npc"})
TALLEST_M = 100.0
LONGEST_TEXT = 10_000

Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Prompt = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
HeightM = Annotated[float, Field(gt=0, le=TALLEST_M, allow_inf_nan=False)]
ClipName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CLIP_NAME)]
Seed = Annotated[int, Field(ge=0, le=2**53)]


class Body(BaseModel):
    """A request body in camelCase. Unknown fields are kept, not refused; null is left out."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", strict=False
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


class MaterialPresetIn(Body):
    """A material to paint with: `stylePrompt` holds the words for the maker."""

    id: Name
    display_name: Name
    style_prompt: Prompt
    name: Text = ""
    category: Text = ""
    tier: int | float | None = None
    color: Text = ""
    description: Text = ""

    @field_validator("id")
    @classmethod
    def _id_can_name_a_variant(cls, value: str) -> str:
        try:
            check_preset_id(value)
        except BadInput as error:
            raise ValueError(error.message) from None
        return value

    def to_preset(self) -> MaterialPreset:
        return MaterialPreset.from_json(self.model_dump(by_alias=True, exclude_none=True))


class SpriteConfigIn(Body):
    angles: int = Field(8, ge=1, le=64, description="How many views, evenly around the model.")
    resolution: int = Field(512, ge=16, le=2048, description="Width and height in pixels.")
    background_color: str = Field("transparent", description='"transparent" or "#rrggbb".')
    pitch: float = Field(
        SPRITE_PITCH_DEG,
        ge=-STEEPEST_PITCH_DEG,
        le=STEEPEST_PITCH_DEG,
        allow_inf_nan=False,
        description="Degrees that the camera looks down.",
    )
    animation: ClipName | None = Field(
        None, description="A clip of the rigged model, such as walking; without it the rest pose."
    )
    frames: int = Field(
        1, ge=1, le=MAX_FRAMES, description="Moments of the clip, drawn from every angle."
    )

    @field_validator("background_color")
    @classmethod
    def _is_color(cls, value: str) -> str:
        if value != "transparent" and not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise ValueError('must be "transparent" or a color such as "#336699"')
        return value.lower()

    @model_validator(mode="after")
    def _can_be_rendered(self) -> Self:
        try:
            self.to_config().to_options().check()
        except BadInput as error:
            raise ValueError(error.message) from None
        return self

    def to_config(self) -> SpriteConfig:
        return SpriteConfig(
            angles=self.angles,
            resolution_px=self.resolution,
            background=self.background_color,
            pitch_deg=self.pitch,
            animation=self.animation,
            frames=self.frames,
        )


class ReferenceImageIn(Body):
    """A picture of your own: `dataUrl` (data:image/png;base64,…) or `url` (http or https)."""

    source: Text = ""
    url: str | None = None
    data_url: str | None = None


class RequestMetadata(Body):
    use_gpt4_enhancement: bool = Field(
        True,
        validation_alias=AliasChoices("useGPT4Enhancement", "use_gpt4_enhancement"),
        serialization_alias="useGPT4Enhancement",
        description="false skips the stage that improves the prompt.",
    )
    character_height: HeightM | None = Field(None, description="Metres; for avatars.")
    game_style: Text = ""
    custom_game_prompt: Text = ""
    custom_asset_type_prompt: Text = ""


class CustomPrompts(Body):
    game_style: Text = ""
    asset_type: Text = ""


class RiggingOptions(Body):
    height_meters: HeightM | None = None


class GenerationRequest(Body):
    """What to make. Only name, type and subtype are required."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Polished Steel Longsword",
                    "type": "weapon",
                    "subtype": "sword",
                    "description": "polished steel longsword with a leather grip",
                    "enableRetexturing": True,
                    "materialPresets": [
                        {
                            "id": "bronze",
                            "displayName": "Bronze",
                            "category": "metal",
                            "tier": 1,
                            "color": "#b08d57",
                            "stylePrompt": "warm cast bronze with soft polish",
                        }
                    ],
                    "enableSprites": True,
                    "spriteConfig": {"angles": 8, "resolution": 512},
                },
                {
                    "name": "Town Guard",
                    "type": "character",
                    "subtype": "humanoid",
                    "generationType": "avatar",
                    "description": "town guard in a red tunic and leather boots",
                    "enableRigging": True,
                    "metadata": {"characterHeight": 1.8},
                },
            ]
        }
    )

    name: Name
    type: Name
    subtype: Name
    asset_id: str | None = Field(None, description="Folder name; made from `name` when missing.")
    description: Text = ""
    style: Text = ""
    generation_type: GenerationType | None = None
    quality: Quality | None = None
    provider: ProviderChoice = ProviderChoice.AUTO
    seed: Seed | None = Field(None, description="Same words and seed, same greybox asset.")
    overwrite: bool = Field(False, description="Replace the model of an asset that is there.")
    metadata: RequestMetadata = Field(default_factory=RequestMetadata)
    material_presets: list[MaterialPresetIn] = Field(default_factory=list, max_length=32)
    enable_generation: bool = Field(
        True, description="false works on the model of an asset that is there."
    )
    enable_retexturing: bool = Field(True, description="false makes no variants.")
    enable_sprites: bool = False
    enable_rigging: bool = Field(False, description="For avatars alone.")
    rigging_options: RiggingOptions = Field(default_factory=RiggingOptions)
    sprite_config: SpriteConfigIn = Field(default_factory=SpriteConfigIn)
    custom_prompts: CustomPrompts = Field(default_factory=CustomPrompts)
    reference_image: ReferenceImageIn | None = None

    def to_config(self, *, recorded: bool = False) -> GenerationConfig:
        """Fill in every default. Raises BadInput.

        A `recorded` request has no pixels of its reference image any more.
        """
        generation_type = self.generation_type or _type_of(self.type)
        presets = tuple(preset.to_preset() for preset in self.material_presets)
        _refuse_doubles(presets)
        return GenerationConfig(
            name=self.name,
            type=self.type,
            subtype=self.subtype,
            asset_id=_asset_id(self.asset_id, self.name),
            description=self.description.strip(),
            style=self.style,
            generation_type=generation_type,
            quality=self.quality or choose_quality(generation_type, self.style),
            provider=self.provider,
            seed=self.seed,
            overwrite=self.overwrite,
            enhance_prompt=self.metadata.use_gpt4_enhancement,
            make_model=self.enable_generation,
            make_variants=bool(presets) and self.enable_retexturing,
            make_rig=self.enable_rigging,
            make_sprites=self.enable_sprites,
            material_presets=presets,
            character_height_m=self.rigging_options.height_meters or self.metadata.character_height,
            sprites=self.sprite_config.to_config(),
            reference_image=_reference(self.reference_image, recorded=recorded),
            game_style=self.metadata.game_style,
            game_style_prompt=self.custom_prompts.game_style or self.metadata.custom_game_prompt,
            asset_type_prompt=(
                self.custom_prompts.asset_type or self.metadata.custom_asset_type_prompt
            ),
            request=self._record(),
        )

    def _record(self) -> dict[str, Any]:
        recorded = self.model_dump(by_alias=True, exclude_unset=True, mode="json")
        recorded.pop("overwrite", None)
        kept: dict[str, Any] = _without_pixels(recorded)
        return kept


def parse_recorded_request(recorded: Mapping[str, Any]) -> GenerationConfig:
    """Read a request from metadata.json the way the endpoint reads a new one. Raises BadInput."""
    try:
        return GenerationRequest.model_validate(recorded).to_config(recorded=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {first['msg']}") from None


def _without_pixels(value: Any) -> Any:
    """Leave out data URLs, wherever they stand: a record in metadata.json is a few KB."""
    if isinstance(value, dict):
        return {key: _without_pixels(part) for key, part in value.items() if not _is_pixels(part)}
    if isinstance(value, list):
        return [_without_pixels(part) for part in value if not _is_pixels(part)]
    return value


def _is_pixels(value: Any) -> bool:
    return isinstance(value, str) and value[:5].lower() == "data:"


def _type_of(asset_type: str) -> GenerationType:
    is_avatar = asset_type.lower() in _AVATAR_TYPES
    return GenerationType.AVATAR if is_avatar else GenerationType.ITEM


def _asset_id(given: str | None, name: str) -> AssetId:
    return parse_asset_id(given) if given else asset_id_from_name(name)


def _refuse_doubles(presets: tuple[MaterialPreset, ...]) -> None:
    ids = [preset.id for preset in presets]
    for preset_id in ids:
        if ids.count(preset_id) > 1:
            raise BadInput(f"materialPresets names {preset_id!r} twice")


def _reference(given: ReferenceImageIn | None, *, recorded: bool) -> ReferenceImage | None:
    if given is None:
        return None
    if recorded:
        return ReferenceImage(source=given.source)
    if given.data_url:
        return ReferenceImage(data_url=given.data_url, source=given.source)
    if given.url:
        if _is_pixels(given.url):
            return ReferenceImage(data_url=given.url, source=given.source)
        return ReferenceImage(url=given.url, source=given.source)
    raise BadInput("referenceImage needs url or dataUrl")
