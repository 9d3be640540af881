"""What the two JSON files beside a sprite sheet say. How frames are packed is not decided here.

`sprite-sheet.json` is TexturePacker's "JSON hash" (frames by name; its files of November 2026 on
GitHub, and Phaser's and PixiJS's parsers), which Phaser, PixiJS, Godot and Unity importers read;
`sprite-sheet.aseprite.json` is what Aseprite 1.3 exports as "array". There frames are named by
their numbers, since Phaser's `createFromAseprite` looks for nothing else; other importers go by
their order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SHEET_IMAGE = "sprite-sheet.png"
SHEET_HASH = "sprite-sheet.json"
SHEET_ASEPRITE = "sprite-sheet.aseprite.json"
SHEET_FILES = (SHEET_IMAGE, SHEET_HASH, SHEET_ASEPRITE)

TURNTABLE = "turntable"
TURNTABLE_MS = 100
_APP = "Asset Forge"
_VERSION = "1.0"
_LONGEST_WORD = 40
_NO_COLOUR = "#000000ff"


@dataclass(frozen=True)
class SpriteShot:
    """What one sprite shows: the model from an angle, and at a frame of a clip if it has one.

    duration_ms: how long it is shown when it is played.
    """

    angle_deg: float
    animation: str | None = None
    frame: int = 0
    duration_ms: int = TURNTABLE_MS

    @property
    def file_name(self) -> str:
        """Name of the single file: 0deg.png, 22.5deg.png, walking-0deg-03.png."""
        angle = f"{Decimal(repr(plain_number(self.angle_deg))):f}deg"
        if self.animation is None:
            return f"{angle}.png"
        return f"{plain_word(self.animation)}-{angle}-{self.frame:02d}.png"

    @property
    def tag(self) -> str:
        """Name of the animation that the sprite belongs to."""
        if self.animation is None:
            return TURNTABLE
        return f"{plain_word(self.animation)}_{self.angle_deg:g}"

    @property
    def order(self) -> tuple[str, float, int]:
        """Sorts sprites so that those of one tag follow each other."""
        return self.animation or "", self.angle_deg, self.frame


@dataclass(frozen=True)
class PackedFrame:
    """Where a sprite lies on the sheet, and which part of its own picture that is. Pixels."""

    shot: SpriteShot
    x: int
    y: int
    width: int
    height: int
    offset_x: int
    offset_y: int
    source_width: int
    source_height: int

    @property
    def is_trimmed(self) -> bool:
        return (self.width, self.height) != (self.source_width, self.source_height)


@dataclass(frozen=True)
class PackedSheet:
    """A sheet of so many pixels, and its frames in the order in which they are played."""

    width: int
    height: int
    frames: tuple[PackedFrame, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what metadata says of the sheet."""
        return {
            "image": SHEET_IMAGE,
            "data": SHEET_HASH,
            "aseprite": SHEET_ASEPRITE,
            "width": self.width,
            "height": self.height,
            "frameCount": len(self.frames),
            "trimmed": any(frame.is_trimmed for frame in self.frames),
        }


def hash_json(sheet: PackedSheet, asset_id: str) -> dict[str, Any]:
    """Return `sprite-sheet.json`: frames `<id>_000.png` and so on, and which belong together."""
    names = _frame_names(asset_id, len(sheet.frames))
    animations: dict[str, list[str]] = {}
    for name, frame in zip(names, sheet.frames, strict=True):
        animations.setdefault(frame.shot.tag, []).append(name)
    frames = {}
    for name, frame in zip(names, sheet.frames, strict=True):
        frames[name] = {
            **_place(frame),
            "duration": frame.shot.duration_ms,
            "pivot": {"x": 0.5, "y": 0.5},
            "angle": plain_number(frame.shot.angle_deg),
        }
    meta = {**_meta(sheet), "frameTags": _tags(sheet.frames)}
    return {"frames": frames, "animations": animations, "meta": meta}


def aseprite_json(sheet: PackedSheet) -> dict[str, Any]:
    """Return `sprite-sheet.aseprite.json`, with a slice whose pivot is what the model turns on."""
    frames = [
        {"filename": str(number), **_place(frame), "duration": frame.shot.duration_ms}
        for number, frame in enumerate(sheet.frames)
    ]
    meta = {
        **_meta(sheet),
        "frameTags": _tags(sheet.frames),
        "layers": [{"name": "render", "opacity": 255, "blendMode": "normal"}],
        "slices": [{"name": "model", "color": "#0000ffff", "keys": _slice_keys(sheet.frames)}],
    }
    return {"frames": frames, "meta": meta}


def renamed_sheet(value: dict[str, Any], new_id: str) -> dict[str, Any]:
    """Return a `sprite-sheet.json` whose frames carry another asset's id."""
    frames = value.get("frames")
    if not isinstance(frames, dict):
        return value
    names = dict(zip(frames, _frame_names(new_id, len(frames)), strict=True))
    animations = value.get("animations")
    renamed = {
        tag: [names.get(name, name) for name in tagged if isinstance(name, str)]
        for tag, tagged in (animations.items() if isinstance(animations, dict) else ())
        if isinstance(tagged, list)
    }
    return {
        **value,
        "frames": {names[name]: frame for name, frame in frames.items()},
        "animations": renamed,
    }


def plain_number(number: float) -> float:
    """Return whole numbers as 45 rather than 45.0, and -0.0 as 0."""
    whole = int(number)
    return whole if whole == number else float(number)


def plain_word(text: str) -> str:
    """Return a name of a clip as it can stand in the name of a file."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:_LONGEST_WORD] or "clip"


def _frame_names(asset_id: str, count: int) -> list[str]:
    digits = max(3, len(str(count - 1)))
    return [f"{asset_id}_{number:0{digits}d}.png" for number in range(count)]


def _place(frame: PackedFrame) -> dict[str, Any]:
    return {
        "frame": {"x": frame.x, "y": frame.y, "w": frame.width, "h": frame.height},
        "rotated": False,
        "trimmed": frame.is_trimmed,
        "spriteSourceSize": {
            "x": frame.offset_x,
            "y": frame.offset_y,
            "w": frame.width,
            "h": frame.height,
        },
        "sourceSize": {"w": frame.source_width, "h": frame.source_height},
    }


def _meta(sheet: PackedSheet) -> dict[str, Any]:
    return {
        "app": _APP,
        "version": _VERSION,
        "image": SHEET_IMAGE,
        "format": "RGBA8888",
        "size": {"w": sheet.width, "h": sheet.height},
        "scale": "1",
    }


def _tags(frames: Sequence[PackedFrame]) -> list[dict[str, Any]]:
    tags: list[dict[str, Any]] = []
    for number, frame in enumerate(frames):
        if tags and tags[-1]["name"] == frame.shot.tag:
            tags[-1]["to"] = number
        else:
            tag = {"name": frame.shot.tag, "from": number, "to": number}
            tags.append({**tag, "direction": "forward", "color": _NO_COLOUR})
    return tags


def _slice_keys(frames: Sequence[PackedFrame]) -> list[Mapping[str, Any]]:
    """One key for each frame whose picture has another size than the one before."""
    keys: list[Mapping[str, Any]] = []
    size = (0, 0)
    for number, frame in enumerate(frames):
        if (frame.source_width, frame.source_height) == size:
            continue
        width, height = size = (frame.source_width, frame.source_height)
        keys.append(
            {
                "frame": number,
                "bounds": {"x": 0, "y": 0, "w": width, "h": height},
                "pivot": {"x": width // 2, "y": height // 2},
            }
        )
    return keys
