"""Where assets lie, and which paths may be touched at all.

Every path that is made from something a caller sent goes through here. Nothing is written here.
"""

import os
import shutil
import unicodedata
from pathlib import Path

from asset_forge.domain.ids import parse_asset_id
from asset_forge.errors import NotFound, StorageUnavailable

METADATA_FILE = "metadata.json"
_STATE_FOLDER = ".forge"
_LONGEST_PATH_BYTES = 1024
_LONGEST_NAME_BYTES = 255


class AssetRoot:
    """The one folder below which all assets lie; `path` may not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def state_dir(self) -> Path:
        """Folder for what is no asset: journal, workspaces, hosted pictures, trash."""
        return self.path / _STATE_FOLDER

    def require(self) -> None:
        """Raise StorageUnavailable when there is no such folder, so that it never looks empty."""
        if not self.path.is_dir():
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
        if _is_real_folder(folder):
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

        Raises NotFound for whatever is no plain visible file inside that folder.
        """
        return existing_file(self.existing_folder(asset_id), relative)


def existing_file(folder: Path, relative: str) -> Path:
    """Return an existing file below `folder`; the path has / between its names.

    Dot names, folders, and symlinks that lead out of `folder` or to a dot name are not found.
    Raises NotFound.
    """
    parts = _visible_parts(relative)
    if parts is None:
        raise _no_such_file()
    try:
        home = folder.resolve(strict=True)
        real = home.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError):
        raise _no_such_file() from None
    if not real.is_relative_to(home) or not real.is_file():
        raise _no_such_file()
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
