"""Sprites packed on a sheet, and what the JSON files say of them to engines."""

import io
from itertools import combinations
from typing import Any

import pytest
from PIL import Image

from asset_forge.domain.sprite_sheets import (
    PackedSheet,
    SpriteShot,
    aseprite_json,
    hash_json,
    renamed_sheet,
)
from asset_forge.errors import BadPicture
from asset_forge.glb.render import pack_sprites, png_bytes, sprite_sheet

RED, BLUE = (200, 30, 30, 255), (30, 30, 200, 255)


def sprite(size: tuple[int, int], box: tuple[int, int, int, int], colour: Any = RED) -> bytes:
    """A clear picture with a box of one colour."""
    picture = Image.new("RGBA", size)
    picture.paste(colour, box)
    return png_bytes(picture)


def packed(*sprites: tuple[SpriteShot, bytes]) -> tuple[PackedSheet, Image.Image]:
    found = pack_sprites(sprites)
    assert found is not None
    return found


def test_sprites_are_trimmed_and_can_be_put_back_as_they_were() -> None:
    sources = {
        0.0: sprite((40, 30), (5, 3, 25, 29)),
        90.0: sprite((40, 30), (0, 0, 40, 30), BLUE),
        180.0: sprite((64, 64), (60, 60, 64, 64)),
    }
    sheet, picture = packed(*((SpriteShot(angle), png) for angle, png in sources.items()))
    assert picture.size == (sheet.width, sheet.height)
    for frame in sheet.frames:
        whole = Image.new("RGBA", (frame.source_width, frame.source_height))
        cut = picture.crop((frame.x, frame.y, frame.x + frame.width, frame.y + frame.height))
        whole.paste(cut, (frame.offset_x, frame.offset_y))
        with Image.open(io.BytesIO(sources[frame.shot.angle_deg])) as source:
            assert whole.tobytes() == source.convert("RGBA").tobytes()
    assert [frame.is_trimmed for frame in sheet.frames] == [True, False, True]


def test_frames_keep_their_distance_and_sides_are_powers_of_two() -> None:
    sheet, _ = packed(
        *((SpriteShot(float(n)), sprite((50, 50), (0, 0, 9 + 3 * n, 40 - n))) for n in range(12))
    )
    for side in (sheet.width, sheet.height):
        assert side & (side - 1) == 0
    for frame in sheet.frames:
        assert frame.x >= 2
        assert frame.y >= 2
        assert frame.x + frame.width + 2 <= sheet.width
        assert frame.y + frame.height + 2 <= sheet.height
    for one, other in combinations(sheet.frames, 2):
        beside = one.x + one.width + 2 <= other.x or other.x + other.width + 2 <= one.x
        below = one.y + one.height + 2 <= other.y or other.y + other.height + 2 <= one.y
        assert beside or below


def test_clear_sprite_takes_one_pixel() -> None:
    sheet, _ = packed((SpriteShot(0.0), sprite((20, 20), (0, 0, 0, 0))))
    frame = sheet.frames[0]
    assert (frame.width, frame.height, frame.is_trimmed) == (1, 1, True)


def test_sprites_that_are_too_large_for_a_sheet_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sprite_sheet, "LARGEST_SIDE_PX", 64)
    assert pack_sprites([(SpriteShot(0.0), sprite((80, 80), (0, 0, 61, 5)))]) is None
    assert pack_sprites([(SpriteShot(0.0), sprite((80, 80), (0, 0, 60, 5)))]) is not None


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(BadPicture):
        pack_sprites([(SpriteShot(0.0), b"no picture")])


def test_hash_json_has_every_field_of_texture_packer() -> None:
    sheet, _ = packed(
        (SpriteShot(45.0), sprite((40, 30), (5, 3, 25, 29))),
        (SpriteShot(0.0), sprite((40, 30), (0, 0, 40, 30))),
    )
    told = hash_json(sheet, "sword")
    assert list(told["frames"]) == ["sword_000.png", "sword_001.png"]
    first, second = told["frames"].values()
    place = sheet.frames[1]
    assert second == {
        "frame": {"x": place.x, "y": place.y, "w": 20, "h": 26},
        "rotated": False,
        "trimmed": True,
        "spriteSourceSize": {"x": 5, "y": 3, "w": 20, "h": 26},
        "sourceSize": {"w": 40, "h": 30},
        "duration": 100,
        "pivot": {"x": 0.5, "y": 0.5},
        "angle": 45,
    }
    assert (first["trimmed"], first["angle"]) == (False, 0)
    assert told["animations"] == {"turntable": ["sword_000.png", "sword_001.png"]}
    assert (
        told["meta"].items()
        >= {
            "image": "sprite-sheet.png",
            "format": "RGBA8888",
            "size": {"w": sheet.width, "h": sheet.height},
            "scale": "1",
        }.items()
    )


def test_aseprite_json_names_frames_by_number_and_tags_the_turntable() -> None:
    """Phaser's createFromAseprite takes frames[number], and the number as the frame's name."""
    sheet, _ = packed(
        *((SpriteShot(angle), sprite((32, 32), (1, 1, 30, 30))) for angle in (0.0, 120.0, 240.0))
    )
    told = aseprite_json(sheet)
    assert [frame["filename"] for frame in told["frames"]] == ["0", "1", "2"]
    assert set(told["frames"][0]) == {
        "filename", "frame", "rotated", "trimmed", "spriteSourceSize", "sourceSize", "duration",
    }  # fmt: skip
    [tag] = told["meta"]["frameTags"]
    assert tag.items() >= {
        "name": "turntable", "from": 0, "to": 2, "direction": "forward"
    }.items()  # fmt: skip
    [piece] = told["meta"]["slices"]
    assert piece["keys"] == [
        {"frame": 0, "bounds": {"x": 0, "y": 0, "w": 32, "h": 32}, "pivot": {"x": 16, "y": 16}}
    ]


def test_frames_of_a_clip_are_one_tag_for_each_angle() -> None:
    small = sprite((8, 8), (0, 0, 8, 8))
    shots = [
        SpriteShot(angle, "Armature|walk", frame, 40) for angle in (0.0, 90.0) for frame in (1, 0)
    ]
    sheet, _ = packed(*((shot, small) for shot in shots))
    tags = aseprite_json(sheet)["meta"]["frameTags"]
    assert [(tag["name"], tag["from"], tag["to"]) for tag in tags] == [
        ("Armature-walk_0", 0, 1),
        ("Armature-walk_90", 2, 3),
    ]
    assert [frame.shot.frame for frame in sheet.frames] == [0, 1, 0, 1]
    assert shots[0].file_name == "Armature-walk-0deg-01.png"


def test_hash_json_of_a_renamed_asset_carries_the_new_id() -> None:
    small = sprite((8, 8), (0, 0, 8, 8))
    sheet, _ = packed((SpriteShot(0.0), small), (SpriteShot(90.0), small))
    assert renamed_sheet(hash_json(sheet, "a"), "b") == hash_json(sheet, "b")
    assert renamed_sheet({"frames": 3}, "b") == {"frames": 3}
