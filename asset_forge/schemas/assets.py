"""What comes in and goes out under /api/assets."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from asset_forge.services.assets import AssetChanges, SpriteUpload
from asset_forge.storage.index import AssetEntry

_GREY_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAA"
    "CklEQVR42mM4AQAAygDJNEIn8wAAAABJRU5ErkJggg=="
)
FINEST_ANGLE_DEG = 1e-6
"""Sprites are files named by their angle: the smallest numbers there are would fill 300 letters."""

_ASSET_EXAMPLE: JsonDict = {
    "id": "polished-steel-longsword",
    "name": "polished-steel-longsword",
    "description": "a longsword with a straight cross guard",
    "type": "weapon",
    "subtype": "sword",
    "metadata": {
        "name": "polished-steel-longsword",
        "type": "weapon",
        "subtype": "sword",
        "isBaseModel": True,
        "variants": ["polished-steel-longsword-bronze"],
        "variantCount": 1,
    },
    "hasModel": True,
    "modelFile": "polished-steel-longsword.glb",
    "modelUrl": "/api/assets/polished-steel-longsword/model",
    "conceptArtUrl": "/api/assets/polished-steel-longsword/concept-art.png",
    "hasThumbnail": True,
    "thumbnailUrl": "/api/assets/polished-steel-longsword/thumbnail",
    "generatedAt": "2026-11-22T09:30:00.000Z",
}


class Asset(BaseModel):
    """An asset as the list shows it. `modelFile` and `generatedAt` are left out when unknown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASSET_EXAMPLE]})

    id: str
    name: str
    description: str
    type: str
    subtype: str
    metadata: dict[str, Any] = Field(description="The whole metadata.json.")
    hasModel: bool  # noqa: N815  wire name
    modelFile: str = ""  # noqa: N815  wire name
    modelUrl: str | None  # noqa: N815  wire name
    conceptArtUrl: str | None  # noqa: N815  wire name
    hasThumbnail: bool = Field(  # noqa: N815  wire name
        False, description="Whether thumbnail.png is there; if not, it is drawn when asked for."
    )
    thumbnailUrl: str | None = None  # noqa: N815  wire name
    generatedAt: str = ""  # noqa: N815  wire name

    @classmethod
    def of(cls, entry: AssetEntry) -> "Asset":
        """Take an entry of the index as it is: its fields were typed where it was built."""
        return cls.model_construct(**entry.to_json())


class AssetPatch(BaseModel):
    """Changes to an asset; fields that are left out stay as they are, unknown ones are ignored."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {"type": "weapon", "metadata": {"tier": 3}},
                {"name": "moonblade"},
            ]
        },
    )

    name: str | None = Field(None, description="New id; renames the folder and all that refers.")
    type: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    metadata: dict[str, Any] | None = Field(None, description="Merged into metadata.json by key.")

    def to_changes(self) -> AssetChanges:
        return AssetChanges(name=self.name, type=self.type, metadata=self.metadata)


class AssetDeleted(BaseModel):
    success: bool = True
    message: str = Field(examples=["Asset moonblade deleted successfully"])


def _names_a_file(angle_deg: float) -> float:
    if 0 < angle_deg < FINEST_ANGLE_DEG:
        raise ValueError(f"should be 0, or {FINEST_ANGLE_DEG:f} and more")
    return angle_deg


Angle = Annotated[
    float,
    Field(strict=True, ge=0, lt=360, allow_inf_nan=False),
    AfterValidator(_names_a_file),
]


class SpriteIn(BaseModel):
    angle: Angle = Field(description="Degrees; each angle once.")
    imageData: Annotated[str, Field(strict=True)] = Field(  # noqa: N815  wire name
        description="Data URL of a PNG, JPEG or WebP."
    )


class SpritesIn(BaseModel):
    """A set of rendered sprites; it replaces the set that is there, all or nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sprites": [
                        {
                            "angle": 0,
                            "imageData": _GREY_DOT,
                        }
                    ],
                    "config": {"angles": 1, "resolution": 512, "backgroundColor": "transparent"},
                }
            ]
        }
    )

    sprites: Annotated[list[SpriteIn], Field(min_length=1, max_length=3600)]
    config: dict[str, Any] | None = None

    def to_uploads(self) -> list[SpriteUpload]:
        return [SpriteUpload(sprite.angle, sprite.imageData) for sprite in self.sprites]


class SpritesSaved(BaseModel):
    success: bool = True
    message: str = Field(examples=["8 sprites saved successfully"])
    spritesDir: str = Field(examples=["gdd-assets/moonblade/sprites"])  # noqa: N815  wire name
    spriteFiles: list[str] = Field(examples=[["0deg.png", "45deg.png"]])  # noqa: N815  wire name
