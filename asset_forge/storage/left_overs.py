"""What a killed process leaves beside finished files: temporary files under names of our own."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import structlog

from asset_forge.storage.atomic import TEMPORARY_SUFFIX
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.steps import is_folder

# Exactly the names that are made by atomic.py and by downloads. People have dot files as well.
_TEMPORARY = re.compile(rf"\.([0-9a-f]{{16}}{re.escape(TEMPORARY_SUFFIX)}|.+\.[0-9a-f]{{8}}\.part)")
# Below .forge: pictures for outside makers, and the folders that pipelines work in.
_OUR_FOLDERS = ("hosted", "work")

_log = structlog.get_logger(__name__)


def remove_temporaries(root: AssetRoot) -> None:
    """Remove temporary files from the root, all assets, and folders of our own. Never raises.

    Only at start: they may belong to a write that is under way. Symlinks are not followed, hidden
    folders are other people's.
    """
    for path in _all_temporaries(root):
        try:
            path.unlink()
        except OSError as error:
            _log.warning("temporary_file_stays", path=str(path), reason=str(error))


def _all_temporaries(root: AssetRoot) -> list[Path]:
    try:
        folders = [root.path]
        if is_folder(root.state_dir):
            ours = [root.state_dir / name for name in _OUR_FOLDERS]
            folders += [folder for folder in ours if is_folder(folder)]
        return [path for folder in folders for path in _temporaries(folder)]
    except OSError as error:
        _log.warning("temporary_files_not_found", reason=str(error))
        return []


def _temporaries(top: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if _TEMPORARY.fullmatch(name) and not path.is_symlink():
                yield path
