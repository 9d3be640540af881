"""What a caller asked for, checked and with every default filled in.

Written into metadata.json as `generationConfig`, so that a base can be made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.quality import PROFILES, GenerationType, Quality, QualityProfile
from asset_forge.domain.rendering import SPRITE_PITCH_DEG, RenderOptions, even_angles


class ProviderChoice(StrEnum):
    """Who makes shapes, surfaces and rigs in one run: `auto` takes Meshy when its key is set."""

    AUTO = "auto"
    MESHY = "meshy"
    GREYBOX = "greybox"


@dataclass(frozen=True)
class Subject:
    """The thing to be made, in words: all that a maker without a picture has to go by."""

    name: str
    type: str
    subtype: str
    description: str = ""
    style: str = ""
    generation_type: GenerationType = GenerationType.ITEM
    seed: int | None = None
    height_m: float | None = None


@dataclass(frozen=True)
class SpriteConfig:
    angles: int = 8
    resolution_px: int = 512
    background: str = "transparent"
    pitch_deg: float = SPRITE_PITCH_DEG
    animation: str | None = None
    frames: int = 1

    def to_options(self) -> RenderOptions:
        """Return what is to be rendered."""
        return RenderOptions(
            angles_deg=even_angles(self.angles),
            size_px=self.resolution_px,
            background=self.background,
            pitch_deg=self.pitch_deg,
            animation=self.animation,
            frame_count=self.frames,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as metadata keeps it; what is as usual is left out."""
        return {
            "angles": self.angles,
            "resolution": self.resolution_px,
            "backgroundColor": self.background,
            **({"pitch": self.pitch_deg} if self.pitch_deg != SPRITE_PITCH_DEG else {}),
            **({"animation": self.animation, "frames": self.frames} if self.animation else {}),
        }


@dataclass(frozen=True)
class ReferenceImage:
    """A picture that the caller brought: a data URL or an http(s) URL, never both empty."""

    data_url: str | None = None
    url: str | None = None
    source: str = ""


@dataclass(frozen=True)
class GenerationConfig:
    name: str
    type: str
    subtype: str
    asset_id: AssetId
    description: str = ""
    style: str = ""
    generation_type: GenerationType = GenerationType.ITEM
    quality: Quality = Quality.STANDARD
    provider: ProviderChoice = ProviderChoice.AUTO
    seed: int | None = None
    overwrite: bool = False
    enhance_prompt: bool = True
    make_model: bool = True
    make_variants: bool = False
    make_rig: bool = False
    make_sprites: bool = False
    material_presets: tuple[MaterialPreset, ...] = ()
    character_height_m: float | None = None
    sprites: SpriteConfig = field(default_factory=SpriteConfig)
    reference_image: ReferenceImage | None = None
    game_style: str = ""
    game_style_prompt: str = ""
    asset_type_prompt: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    """The request as it came, unknown fields and all, without the pixels of a reference image."""

    @property
    def profile(self) -> QualityProfile:
        return PROFILES[self.quality]

    @property
    def subject(self) -> Subject:
        return Subject(
            name=self.name,
            type=self.type,
            subtype=self.subtype,
            description=self.description,
            style=self.style,
            generation_type=self.generation_type,
            seed=self.seed,
            height_m=self.character_height_m,
        )
