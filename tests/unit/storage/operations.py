"""A small library, and every operation of AssetStore on it, for tests that let each one fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asset_forge.domain.sprite_sheets import PackedSheet
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.sprites import SpriteSheet
from tests.support.assets import MODEL, make_asset

NOW = "2026-01-02T03:04:05.678Z"

Operation = Callable[[AssetStore, Path], Any]


def make_library(root: Path) -> Path:
    """Make a base with two variants that a second base lists too, a rigged hero, and a witness."""
    variants = {"variants": ["sword-bronze", "sword-steel"], "variantCount": 2}
    make_asset(root, "sword", {**variants, "lastVariantGenerated": "sword-steel"}, sword_raw=MODEL)
    make_asset(root, "sword-bronze", {"parentBaseModel": "sword"})
    make_asset(root, "sword-steel", {"parentBaseModel": "sword"}, sprites__old=b"sprite")
    (root / "sword-steel" / "sprite-metadata.json").write_text('{"assetId": "sword-steel"}')
    make_asset(root, "second-base", {"variants": ["sword-steel"], "variantCount": 1})
    make_asset(root, "hero", {"type": "character"}, hero_rigged=b"old rig", sprites__old=b"sprite")
    make_asset(root, "witness", {"variants": []})
    make_asset(root / ".forge" / "work" / "run", "new", {"providerTaskId": "t1"}, new_raw=MODEL)
    parts = root / ".forge" / "work" / "parts"
    make_asset(parts, "built")
    (parts / "walking.glb").write_bytes(b"walk")
    return root


def _replace(store: AssetStore, root: Path, base_id: str | None = None) -> Any:
    parts = root / ".forge" / "work" / "parts"
    files = {
        "hero.glb": parts / "built" / "built.glb",
        "added.glb": parts / "walking.glb",
        "animations/walking.glb": parts / "walking.glb",
        "animations/running.glb": parts / "walking.glb",
        "sprites": parts / "built",
    }
    gone = ["hero_rigged.glb", "not-there.glb"]
    return store.replace_files(
        "hero", files, lambda m: m.update(isRigged=True), gone=gone, base_id=base_id
    )


def _publish(store: AssetStore, root: Path, base_id: str | None = None) -> Any:
    store.publish_folder(root / ".forge" / "work" / "run" / "new", "new", base_id=base_id)


SPRITES = [(0.0, b"first"), (90.0, b"second")]
SHEET = SpriteSheet(PackedSheet(16, 16, ()), b"sheet")
OPERATIONS: dict[str, Operation] = {
    "edit": lambda store, _: store.edit_metadata("sword", lambda m: m.update(type="axe")),
    "add variant": lambda store, _: store.add_variant("sword", "sword-iron", NOW),
    "replace files": _replace,
    "replace files of a variant": lambda store, root: _replace(store, root, "witness"),
    "first sprites": lambda store, _: store.save_sprites("sword", SPRITES, {}),
    "sprites with a sheet": lambda store, _: store.save_sprites(
        "sword-steel", SPRITES, {}, sheet=SHEET
    ),
    "new sprites": lambda store, _: store.save_sprites("sword-steel", SPRITES, {"angles": 2}),
    "publish": _publish,
    "publish a variant": lambda store, root: _publish(store, root, "sword"),
    "rename a base": lambda store, _: store.rename("sword", "blade"),
    # sword_raw.glb becomes sword_raw_raw.glb, and sword.glb sword_raw.glb.
    "rename in a chain": lambda store, _: store.rename("sword", "sword_raw"),
    "rename a variant": lambda store, _: store.rename("sword-steel", "sword-iron"),
    "delete a variant": lambda store, _: store.delete("sword-steel"),
    "delete a base": lambda store, _: store.delete("sword", include_variants=True),
}


def new_store(root: Path) -> AssetStore:
    """A store as a process has it that has just started."""
    return AssetStore(AssetRoot(root))


def library(root: Path) -> dict[str, bytes | None]:
    """Return everything in the library: files with their content, folders with None."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
        if path.relative_to(root).parts[0] != ".forge"
    }


def check_whole(root: Path) -> None:
    """Check what has to hold whatever was cut off, once it was cleaned up."""
    left = [path for path in (root / ".forge").rglob("*") if path.parent.name != ".forge"]
    kept = [path for path in left if "work" not in path.relative_to(root).parts]
    assert kept == []
    assert not (root / ".forge" / "set-aside").exists()
    for folder in root.iterdir():
        assert folder.is_dir()
        if folder.name != ".forge":
            assert not list(folder.rglob(".*"))
            json.loads((folder / "metadata.json").read_bytes())
