"""Which of an asset's files is its model."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asset_forge.errors import NotFound
from asset_forge.storage.paths import existing_file

_NOT_THE_MODEL = ("_raw", "_rigged", "t-pose")


def find_model(folder: Path, asset_id: str, metadata: Mapping[str, Any]) -> Path | None:
    """Return the file that stands for the asset: a character's rigged model, else the plain one.

    Anything the metadata names is only taken when it lies inside the folder.
    """
    if metadata.get("type") == "character":
        rigged = _named(folder, metadata.get("riggedModelPath"))
        if rigged is not None:
            return rigged
    return find_static_model(folder, asset_id, metadata)


def find_static_model(folder: Path, asset_id: str, metadata: Mapping[str, Any]) -> Path | None:
    """Return the model without a rig: `<id>.glb`, else `modelFile`, else the first usable GLB."""
    plain = _named(folder, f"{asset_id}.glb") or _named(folder, metadata.get("modelFile"))
    if plain is not None:
        return plain
    for name in sorted(entry.name for entry in folder.iterdir()):
        if not any(mark in name for mark in _NOT_THE_MODEL):
            found = _named(folder, name)
            if found is not None:
                return found
    return None


def is_file_below(folder: Path, name: str) -> bool:
    """Tell whether a folder has a file of this name, a symlink to another of its files included."""
    try:
        mode = (folder / name).lstat().st_mode
        return stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and bool(existing_file(folder, name)))
    except (FileNotFoundError, NotADirectoryError, NotFound):
        return False


def _named(folder: Path, name: object) -> Path | None:
    if not isinstance(name, str) or not name.lower().endswith(".glb"):
        return None
    if "/" not in name and not name.startswith(".") and _is_plain_file(folder / name):
        return folder / name
    # Older records name the file from outside: gdd-assets/<id>/<file>.
    for candidate in dict.fromkeys((name, name.rsplit("/", 1)[-1])):
        try:
            return existing_file(folder, candidate)
        except NotFound:
            continue
    return None


def _is_plain_file(path: Path) -> bool:
    # What is no symlink needs no look at where it really lies: one call instead of ten.
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False
