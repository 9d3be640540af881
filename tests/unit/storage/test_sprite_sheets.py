"""Sprite sheets in an asset's folder: written, replaced, renamed and removed with the sprites."""

import json
from pathlib import Path

import pytest

from asset_forge.domain.ids import AssetId
from asset_forge.domain.metadata import KEYS_OF_THE_MESH, files_of_the_mesh
from asset_forge.domain.sprite_sheets import (
    SHEET_FILES,
    PackedFrame,
    PackedSheet,
    SpriteShot,
)
from asset_forge.errors import StorageUnavailable
from asset_forge.storage import assets as assets_module
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.sprites import SpriteSheet
from tests.support.assets import make_asset, read_metadata, tree

FRONT, BACK = SpriteShot(0.0), SpriteShot(180.0)
SPRITES = [(FRONT, b"front"), (BACK, b"back")]
SHEET = SpriteSheet(
    PackedSheet(
        32,
        16,
        (
            PackedFrame(FRONT, 2, 2, 10, 8, 1, 0, 12, 12),
            PackedFrame(BACK, 14, 2, 12, 12, 0, 0, 12, 12),
        ),
    ),
    b"sheet",
)


def test_sheet_is_written_and_listed_with_the_sprites(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "sword")
    store.save_sprites("sword", SPRITES, {"angles": 2}, sheet=SHEET)
    assert (folder / "sprite-sheet.png").read_bytes() == b"sheet"
    frames = json.loads((folder / "sprite-sheet.json").read_bytes())["frames"]
    assert list(frames) == ["sword_000.png", "sword_001.png"]
    told = json.loads((folder / "sprite-sheet.aseprite.json").read_bytes())
    assert [frame["filename"] for frame in told["frames"]] == ["0", "1"]
    listed = {
        "image": "sprite-sheet.png",
        "data": "sprite-sheet.json",
        "aseprite": "sprite-sheet.aseprite.json",
        "width": 32,
        "height": 16,
        "frameCount": 2,
        "trimmed": True,
    }
    assert read_metadata(root, "sword")["spriteSheet"] == listed
    noted = json.loads((folder / "sprite-metadata.json").read_bytes())
    assert (noted["spriteSheet"], noted["spriteCount"]) == (listed, 2)


def test_sprites_without_a_sheet_take_the_old_one_away(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "sword")
    store.save_sprites("sword", SPRITES, {}, sheet=SHEET)
    store.save_sprites("sword", SPRITES, {})
    assert not [name for name in SHEET_FILES if (folder / name).exists()]
    assert "spriteSheet" not in read_metadata(root, "sword")


def test_sheet_that_cannot_be_written_leaves_everything(
    store: AssetStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_asset(root, "sword")
    store.save_sprites("sword", SPRITES[:1], {}, sheet=SHEET)
    before = tree(root)

    def refuse(*_: object) -> None:
        raise StorageUnavailable("the disk is full", code="disk_full")

    monkeypatch.setattr(assets_module, "sheet_files", refuse)
    with pytest.raises(StorageUnavailable):
        store.save_sprites("sword", SPRITES, {}, sheet=SHEET)
    assert tree(root) == before


def test_rename_gives_the_frames_the_new_id(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")
    store.save_sprites("sword", SPRITES, {}, sheet=SHEET)
    before = (root / "sword" / "sprite-sheet.aseprite.json").read_bytes()
    store.rename("sword", "blade")
    told = json.loads((root / "blade" / "sprite-sheet.json").read_bytes())
    assert list(told["frames"]) == ["blade_000.png", "blade_001.png"]
    assert told["animations"] == {"turntable": ["blade_000.png", "blade_001.png"]}
    assert told["meta"]["image"] == "sprite-sheet.png"
    assert (root / "blade" / "sprite-sheet.aseprite.json").read_bytes() == before


def test_broken_sheet_file_does_not_stop_a_rename(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "sword")
    (folder / "sprite-sheet.json").write_text("{")
    store.rename("sword", "blade")
    assert (root / "blade" / "sprite-sheet.json").read_text() == "{"


def test_frames_of_a_clip_are_files_of_their_own(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "sword")
    shots = [SpriteShot(0.0, "walking", frame, 125) for frame in (0, 1)]
    names = store.save_sprites("sword", [(shot, b"png") for shot in shots], {})
    assert names == ["walking-0deg-00.png", "walking-0deg-01.png"]
    noted = json.loads((folder / "sprite-metadata.json").read_bytes())
    assert (noted["angles"], noted["spriteCount"]) == ([0], 2)
    assert noted["frames"][1] == {
        "file": "walking-0deg-01.png",
        "angle": 0,
        "animation": "walking",
        "frame": 1,
        "duration": 125,
    }


def test_sheet_goes_with_the_mesh() -> None:
    assert set(SHEET_FILES) <= set(files_of_the_mesh(AssetId("sword")))
    assert "spriteSheet" in KEYS_OF_THE_MESH
