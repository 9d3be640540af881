"""What comes in and goes out under /api/assets/{id}/render."""

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from asset_forge.domain.rendering import (
    LONGEST_CLIP_NAME,
    MAX_ANGLES,
    MAX_FRAMES,
    MAX_SIZE_PX,
    SPRITE_PITCH_DEG,
    STEEPEST_PITCH_DEG,
    RenderOptions,
    even_angles,
)

SMALLEST_PX = 16
USUAL_ANGLES = 8

AngleCount = Annotated[int, Field(strict=True, ge=1, le=MAX_ANGLES)]
Angle = Annotated[float, Field(strict=True, ge=0, lt=360, allow_inf_nan=False)]
AngleList = Annotated[list[Angle], Field(min_length=1, max_length=MAX_ANGLES)]


class RenderIn(BaseModel):
    """What to render; names of `spriteConfig` are understood too. Unknown fields are ignored."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {"format": "png", "angles": [30], "size": 512, "pitch": 20},
                {"format": "sprites", "angles": 8, "size": 128, "background": "transparent"},
            ]
        },
    )

    format: Literal["png", "sprites"] = Field(
        "png", description="One PNG as the answer, or sprites saved into the asset with a sheet."
    )
    angles: AngleCount | AngleList | None = Field(
        None,
        description=(
            "How many, evenly around the model, or a list of degrees: 0 shows the front, 90 the "
            "model's left side. Without it one for a PNG and 8 for sprites."
        ),
    )
    size: int = Field(
        512,
        strict=True,
        ge=SMALLEST_PX,
        le=MAX_SIZE_PX,
        validation_alias=AliasChoices("size", "resolution"),
        description="Width and height in pixels.",
    )
    pitch: float = Field(
        SPRITE_PITCH_DEG,
        strict=True,
        ge=-STEEPEST_PITCH_DEG,
        le=STEEPEST_PITCH_DEG,
        allow_inf_nan=False,
        description="Degrees that the camera looks down.",
    )
    background: Annotated[str, Field(strict=True)] = Field(
        "transparent",
        validation_alias=AliasChoices("background", "backgroundColor"),
        description='"transparent" or "#rrggbb".',
    )
    animation: Annotated[str, Field(strict=True)] | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_CLIP_NAME,
        description="A clip of the model, such as walking; without it the rest pose.",
    )
    time: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] | None = Field(
        None, description="Seconds within the clip."
    )
    frames: int = Field(
        1,
        strict=True,
        ge=1,
        le=MAX_FRAMES,
        description="Moments of the clip, evenly over its length, in the place of a time.",
    )

    @field_validator("background")
    @classmethod
    def _is_color(cls, value: str) -> str:
        if value != "transparent" and not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise ValueError('must be "transparent" or a color such as "#336699"')
        return value.lower()

    def to_options(self) -> RenderOptions:
        return RenderOptions(
            angles_deg=self._angles_deg(),
            size_px=self.size,
            background=self.background,
            pitch_deg=self.pitch,
            animation=self.animation,
            frame_count=self.frames,
            time_s=self.time,
        )

    def to_config(self) -> dict[str, Any]:
        """Return what metadata keeps, in the words of `spriteConfig`."""
        clip = {"animation": self.animation, "frames": self.frames, "time": self.time}
        return {
            "angles": len(self._angles_deg()),
            "resolution": self.size,
            "backgroundColor": self.background,
            **({"pitch": self.pitch} if self.pitch != SPRITE_PITCH_DEG else {}),
            **{key: value for key, value in clip.items() if self.animation and value is not None},
        }

    def _angles_deg(self) -> tuple[float, ...]:
        if isinstance(self.angles, list):
            return tuple(self.angles)
        return even_angles(self.angles or (1 if self.format == "png" else USUAL_ANGLES))


class SheetLinks(BaseModel):
    """Where the sheet is, with its data for TexturePacker's and Aseprite's readers."""

    imageUrl: str = Field(examples=["/api/assets/moonblade/sprite-sheet.png"])  # noqa: N815  wire
    dataUrl: str = Field(examples=["/api/assets/moonblade/sprite-sheet.json"])  # noqa: N815  wire
    asepriteUrl: str = Field(  # noqa: N815  wire name
        examples=["/api/assets/moonblade/sprite-sheet.aseprite.json"]
    )
    width: int = Field(examples=[1024])
    height: int = Field(examples=[512])
    frameCount: int = Field(examples=[8])  # noqa: N815  wire name


class SpritesRendered(BaseModel):
    """As for sprites that were sent; `spriteSheet` is null when they do not fit on one."""

    success: bool = True
    message: str = Field(examples=["8 sprites saved successfully"])
    spritesDir: str = Field(examples=["gdd-assets/moonblade/sprites"])  # noqa: N815  wire name
    spriteFiles: list[str] = Field(examples=[["0deg.png", "45deg.png"]])  # noqa: N815  wire name
    spriteSheet: SheetLinks | None = None  # noqa: N815  wire name
