"""The steps of a change to asset folders, each with its way back.

Paths are relative to the asset root, with / between names. A step is done once. It can be undone
any number of times, from wherever the doing or an earlier undoing was cut off: what decides is
what lies on the disk, never how far somebody believes to have come. When and in which order that
happens is decided in changes.py.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from asset_forge.crash_points import CrashPoint, crash_here
from asset_forge.storage.paths import STATE_FOLDER

# Why a folder cannot or need not be removed: something is in it, or it is none, or it is gone.
_FOLDER_STAYS = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR})


class CannotUndo(Exception):
    """Undoing would destroy something, or leave the asset root; the reason is the text."""


@dataclass(frozen=True)
class MakeFolder:
    """Make a folder that is not there; undone, it goes unless something is in it."""

    path: str

    def do(self, root: Path) -> None:
        (root / self.path).mkdir()

    def undo(self, root: Path) -> None:
        try:
            (root / self.path).rmdir()
        except OSError as error:
            if error.errno not in _FOLDER_STAYS:
                raise


@dataclass(frozen=True)
class Swap:
    """Let a file or folder take the place of what has the name, or take that out.

    The new one waits at `staged`, empty for none. What `was_there` is kept at `kept`: an old file
    that a new one replaces has that second name already, so that readers never miss it.
    """

    path: str
    kept: str
    staged: str
    was_there: bool

    def do(self, root: Path) -> None:
        path, kept = root / self.path, root / self.kept
        if self.was_there and not is_there(kept):
            path.rename(kept)
        if self.staged:
            (root / self.staged).rename(path)
        crash_here(CrashPoint.FILE_SWAPPED)

    def undo(self, root: Path) -> None:
        path, kept = root / self.path, root / self.kept
        if is_there(kept):
            if is_folder(kept) or is_folder(path):
                discard(path)
            kept.replace(path)
            # Renaming one name of a file onto another of its names does nothing, says POSIX.
            kept.unlink(missing_ok=True)
        elif not self.was_there:
            discard(path)


@dataclass(frozen=True)
class Move:
    """Rename a folder, or a file, to a name that nothing has.

    Undone, it goes back; where the folder that it came from is gone, nobody wants it any more.
    """

    source: str
    target: str

    def do(self, root: Path) -> None:
        source, target = root / self.source, root / self.target
        if is_there(target) and not source.samefile(target):
            raise FileExistsError(errno.EEXIST, "there is something of that name", str(target))
        source.rename(target)
        crash_here(CrashPoint.MOVED)

    def undo(self, root: Path) -> None:
        source, target = root / self.source, root / self.target
        if not is_there(target):
            return
        if not is_folder(source.parent):
            discard(target)
            return
        # On a disk that does not tell Sword from sword, both names are the same folder.
        if is_there(source) and not source.samefile(target):
            raise CannotUndo(f"{self.source} is there again")
        target.rename(source)


Step = MakeFolder | Swap | Move
_KINDS: dict[str, type[Step]] = {"make_folder": MakeFolder, "swap": Swap, "move": Move}


def to_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return steps as they stand in a record."""
    names = {kind: name for name, kind in _KINDS.items()}
    return [{"kind": names[type(step)], **asdict(step)} for step in steps]


def from_json(value: object) -> list[Step]:
    """Read steps from a record. Raises ValueError for all that is not exactly as written."""
    if not isinstance(value, list):
        raise ValueError("the steps are no list")  # noqa: TRY004 - wrong text, not wrong code
    return [_read(each) for each in value]


def _read(value: object) -> Step:
    if not isinstance(value, dict) or value.get("kind") not in _KINDS:
        raise ValueError("a step is of no known kind")
    fields = {key: each for key, each in value.items() if key != "kind"}
    for key, each in fields.items():
        wanted = bool if key == "was_there" else str
        if not isinstance(each, wanted):
            raise ValueError(f"{key} of a step is wrong")  # noqa: TRY004 - wrong text, not wrong code
        if isinstance(each, str) and not (key == "staged" and not each):
            _check_path(each)
    try:
        return _KINDS[value["kind"]](**fields)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _check_path(path: str) -> None:
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{path!r} is no path inside the asset folder")
    # Folders of people's own, such as .git, are none of our business.
    if parts[0].startswith(".") and parts[0] != STATE_FOLDER:
        raise ValueError(f"{path!r} is no path of an asset")


def check_no_links(root: Path, steps: Iterable[Step]) -> None:
    """Raise CannotUndo when a symlink on the way to a path could lead out of the root."""
    parents = {parent for step in steps for path in paths_of(step) for parent in _above(path)}
    for parent in sorted(parents):
        if (root / parent).is_symlink():
            raise CannotUndo(f"{parent} is a symlink")


def paths_of(step: Step) -> list[str]:
    """Return the paths that a step touches."""
    return [path for path in asdict(step).values() if isinstance(path, str) and path]


def touched_folders(root: Path, steps: Iterable[Step]) -> list[Path]:
    """Return the folders in which names have come or gone, by the names that they have now."""
    steps = list(steps)
    folders = {root / PurePosixPath(path).parent for step in steps for path in paths_of(step)}
    for step in steps:
        if isinstance(step, Move):
            # What was done inside a folder before it moved is found under its other name.
            folders |= {root / step.source, root / step.target}
    return sorted(folder for folder in folders if is_folder(folder))


def _above(path: str) -> list[str]:
    # The last one stands for the root itself.
    return [str(parent) for parent in PurePosixPath(path).parents][:-1]


# --- what lies on the disk: unlike pathlib's own, these take a failing disk for no answer ---


def is_there(path: Path) -> bool:
    """Tell whether something has a name, a dangling symlink included."""
    return _mode(path) is not None


def is_file(path: Path) -> bool:
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(path: Path) -> bool:
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def discard(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it, where it is there."""
    if is_folder(path):
        shutil.rmtree(path)
    elif is_there(path):
        path.unlink()


def _mode(path: Path) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
