"""Steps that put files into an asset's folder, rename them or take them out, following no link."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from asset_forge.errors import BadInput, Conflict
from asset_forge.storage.atomic import encode_json
from asset_forge.storage.changes import Change
from asset_forge.storage.metadata import MetadataUnreadable, parse_metadata
from asset_forge.storage.opening import read_real
from asset_forge.storage.paths import is_safe_relative
from asset_forge.storage.steps import is_folder, is_there


def replace_in_folder(
    change: Change, folder: Path, files: Mapping[str, Path], gone: Collection[str]
) -> None:
    """Let a change copy files or folders into an asset's folder, and take out what is `gone`.

    Names are paths below the folder. What is both given and gone is given; what is gone need not
    be there. Raises BadInput for a path that leaves the folder, Conflict for a symlink on the way.
    """
    for name in (*files, *gone):
        if not is_safe_relative(name):
            raise BadInput(f"{name!r} is no path inside an asset's folder", code="bad_path")
    for name, source in files.items():
        for above in _folders_above(folder, name):
            change.make_folder(above)
        change.put_copy(folder / name, source)
    for name in sorted({*gone} - {*files}):
        # What is below something that is gone goes with it.
        if not any(name.startswith(f"{other}/") for other in gone):
            _folders_above(folder, name)
            change.take_out(folder / name)


def rename_files(change: Change, folder: Path, names: Mapping[str, str]) -> None:
    """Let a change rename files of a folder; a new name may be the old one of another file.

    Each file has both names until all have the new one, so that readers find it under either.
    """
    for old, new in names.items():
        if old.casefold() == new.casefold():
            # On many disks these are one name, of which there cannot be two.
            change.move(folder / old, folder / new)
        else:
            change.put_same(folder / new, folder / old)
    for old, new in names.items():
        if old.casefold() != new.casefold() and old not in names.values():
            change.take_out(folder / old)


def edit_json(change: Change, path: Path, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let a change edit a JSON file, where there is a readable one that is no symlink."""
    try:
        value = parse_metadata(read_real(path.parent, path.name))
    except (FileNotFoundError, MetadataUnreadable):
        return
    change.put_bytes(path, encode_json(edit(value)))


def _folders_above(folder: Path, relative: str) -> list[Path]:
    """Return the folders between an asset's folder and a path below it, uppermost first."""
    parts = relative.split("/")[:-1]
    above = [folder.joinpath(*parts[: number + 1]) for number in range(len(parts))]
    for path in above:
        if is_there(path) and not is_folder(path):
            raise Conflict(
                f"{path.name} in asset {folder.name} is a symlink or a file; remove it, so that a "
                "folder can be made",
                code="name_taken",
            )
    return above
