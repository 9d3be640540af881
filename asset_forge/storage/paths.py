"""Where assets lie, and which paths may be touched at all.

Every path that is made from something a caller sent goes through here. Nothing is written here.
"""

import os
import shutil
import unicodedata
from pathlib import Path

from asset_forge.domain.ids import caseless, parse_asset_id
from asset_forge.errors import NotFound, StorageUnavailable
from asset_forge.storage.atomic import storage_errors

METADATA_FILE = "metadata.json"
STATE_FOLDER = ".forge"
_LONGEST_PATH_BYTES = 1024
_LONGEST_NAME_BYTES = 255


class AssetRoot:
    """The one folder below which all assets lie; `path` may not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def state_dir(self) -> Path:
        """Folder for what is no asset: journal, workspaces, hosted pictures, trash."""
        return self.path / STATE_FOLDER

    def require(self) -> None:
        """Raise StorageUnavailable when there is no such folder, so that it never looks empty."""
        with storage_errors("look at it"):
            is_there = self.path.is_dir()
        if not is_there:
            raise StorageUnavailable(
                f"The asset folder {self.path} is missing; create it or set ASSET_OUTPUT_DIR",
                code="asset_root_missing",
            )

    def require_room(self, needed_bytes: int) -> None:
        """Raise StorageUnavailable unless so much more can be written here."""
        self.require()
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise StorageUnavailable(
                f"The asset folder {self.path} cannot be written; give the service the right to, "
                "or set ASSET_OUTPUT_DIR"
            )
        free_bytes = shutil.disk_usage(self.path).free
        if free_bytes < needed_bytes:
            raise StorageUnavailable(
                f"Only {free_bytes // 2**20} MB are free where the assets are kept; "
                f"{needed_bytes // 2**20} MB are needed to start",
                code="disk_full",
            )

    def folder(self, asset_id: str) -> Path:
        """Return where an asset lies or would lie. Raises BadInput for what is no asset id."""
        return self.path / parse_asset_id(asset_id)

    def existing_folder(self, asset_id: str) -> Path:
        """Return the folder of an asset that is there.

        A folder whose name is the id in another Unicode normalisation counts, a symlink does not.
        Raises BadInput, StorageUnavailable, or NotFound.
        """
        folder = self.folder(asset_id)
        with storage_errors("look for an asset"):
            if _is_real_folder(folder) and not self._is_spelt_otherwise(folder):
                return folder
            self.require()
            if not folder.name.isascii():
                for entry in self.path.iterdir():
                    same = unicodedata.normalize("NFC", entry.name) == folder.name
                    if same and _is_real_folder(entry):
                        return entry
        raise NotFound(f"Asset {folder.name} not found", code="asset_not_found")

    def file(self, asset_id: str, relative: str) -> Path:
        """Return an existing file of an asset, by its path below the asset's folder.

        No name of the returned path is a symlink, for `open_real`. Raises NotFound for whatever
        is no plain visible file inside that folder.
        """
        folder = self.existing_folder(asset_id)
        # The folder itself is not resolved: if it is a symlink by now, what is in it lies outside.
        return _file_below(self.path.resolve() / folder.name, relative)

    def names_like(self, asset_id: str) -> list[str]:
        """Return the names in the root that some disks do not tell from this id: sword and Sword.

        The id itself is among them when it is there. Raises StorageUnavailable.
        """
        self.require()
        wanted = caseless(parse_asset_id(asset_id))
        with storage_errors("look for names that are alike"), os.scandir(self.path) as entries:
            return [entry.name for entry in entries if caseless(entry.name) == wanted]

    def _is_spelt_otherwise(self, folder: Path) -> bool:
        """Tell whether a folder was found by a name that is not its own, as Sword finds sword."""
        swapped = folder.with_name(folder.name.swapcase())
        if swapped == folder or not swapped.exists() or not swapped.samefile(folder):
            return False  # a disk that tells them apart: almost always one look and no more
        return folder.name not in {
            unicodedata.normalize("NFC", entry.name) for entry in self.path.iterdir()
        }


def existing_file(folder: Path, relative: str) -> Path:
    """Return an existing file below `folder`; the path has / between its names.

    Dot names, folders, and symlinks that lead out of `folder` or to a dot name are not found. No
    name of the returned path is a symlink. Raises NotFound.
    """
    try:
        home = folder.resolve(strict=True)
    except (OSError, RuntimeError):
        raise _no_such_file() from None
    return _file_below(home, relative)


def _file_below(home: Path, relative: str) -> Path:
    """Return an existing file below a folder that has to be no symlink."""
    parts = _visible_parts(relative)
    if parts is None:
        raise _no_such_file()
    try:
        with storage_errors("look for a file"):
            real = home.joinpath(*parts).resolve(strict=True)
            if not real.is_relative_to(home) or not real.is_file():
                raise _no_such_file()
    except (OSError, RuntimeError):
        raise _no_such_file() from None
    if any(part.startswith(".") for part in real.relative_to(home).parts):
        raise _no_such_file()
    return real


def is_safe_relative(relative: str) -> bool:
    """Tell whether a path with / between its names stays inside a folder and hides nothing."""
    return _visible_parts(relative) is not None


def _visible_parts(relative: str) -> list[str] | None:
    if "\\" in relative or any(unicodedata.category(c) in ("Cc", "Cs") for c in relative):
        return None
    if len(relative.encode()) > _LONGEST_PATH_BYTES:
        return None
    parts = relative.split("/")
    for part in parts:
        # An empty name stands for an absolute path, a doubled slash or a slash at the end.
        if not part or part.startswith(".") or len(part.encode()) > _LONGEST_NAME_BYTES:
            return None
    return parts


def _no_such_file() -> NotFound:
    return NotFound("File not found", code="file_not_found")


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not os.path.islink(path)  # noqa: PTH114 - reads as a pair
