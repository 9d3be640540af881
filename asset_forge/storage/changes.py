"""Changes of several files that are made whole or not at all, kill -9 included.

A change has a folder of its own, `.forge/changes/<token>`, with what is new, what was old, and the
record `undo.json`. In this order: new content is staged and synced; the record is written and
synced; the steps are done; their folders are synced; the folder moves to `.forge/trash`. That
rename is the one moment from which the change counts. A record that still lies in `changes` is of
a change that was cut off, and its steps are undone, last one first: by the same code when
something fails, before the next change when that failed too, and at start after a kill.
What the steps do is in steps.py, which of them make up a rename or a delete in assets.py.
"""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from asset_forge.crash_points import CrashPoint, crash_here
from asset_forge.errors import StorageUnavailable
from asset_forge.storage import steps as steps_module
from asset_forge.storage.atomic import (
    copy_synced,
    is_storage_trouble,
    link_or_copy,
    storage_errors,
    sync_file,
    sync_folder,
    sync_tree,
    write_bytes,
    write_synced,
)
from asset_forge.storage.opening import read_real
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.steps import (
    CannotUndo,
    MakeFolder,
    Move,
    Step,
    Swap,
    check_no_links,
    is_file,
    is_folder,
    is_there,
    touched_folders,
)

RECORD_FILE = "undo.json"
_VERSION = 1

_log = structlog.get_logger(__name__)


class Change:
    """What shall be done as one. Nothing is touched but the change's own folder until it is done.

    Paths are below the asset root. Everything that is likely to fail, such as a full disk, fails
    here, before the first step.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        """For new content that `put` takes from here; nothing in it outlives the change."""
        self.steps: list[Step] = []
        self._root = root

    def put(self, path: Path, staged: Path) -> None:
        """Let a file or folder that lies in `self.folder` take the place of what is at `path`."""
        if staged.is_dir():
            sync_tree(staged)
        else:
            sync_file(staged)
        self._swap(path, staged)

    def put_copy(self, path: Path, source: Path) -> None:
        """Let a copy of a file or folder take the place of what is at `path`."""
        staged = self._unused("new")
        copy_synced(source, staged)
        self._swap(path, staged)

    def put_bytes(self, path: Path, data: bytes) -> None:
        """Let a file with this content take the place of what is at `path`."""
        staged = self._unused("new")
        write_synced(staged, data)
        self._swap(path, staged)

    def put_same(self, path: Path, source: Path) -> None:
        """Let what is at `source` be at `path` too, instead of what is there."""
        staged = self._unused("new")
        if source.is_symlink():
            staged.symlink_to(source.readlink())
        else:
            link_or_copy(source, staged)
        self._swap(path, staged)

    def take_out(self, path: Path) -> None:
        """Remove a file or folder, where it is there."""
        if is_there(path):
            self._swap(path, None)

    def move(self, source: Path, target: Path) -> None:
        """Rename a file or folder to a name that nothing has."""
        self.steps.append(Move(self._name(source), self._name(target)))

    def remove(self, folder: Path) -> None:
        """Remove an asset's folder. Unlike `take_out`, undoing spares what has its name by then."""
        self.move(folder, self._unused("old"))

    def make_folder(self, path: Path) -> None:
        """Make a folder, where there is none, for what is put into it."""
        step = MakeFolder(self._name(path))
        if step not in self.steps and not is_folder(path):
            self.steps.append(step)

    def _swap(self, path: Path, staged: Path | None) -> None:
        kept = self._unused("old")
        if staged is not None and is_file(path) and is_file(staged):
            link_or_copy(path, kept)
        waiting = "" if staged is None else self._name(staged)
        self.steps.append(
            Swap(self._name(path), self._name(kept), waiting, was_there=is_there(path))
        )

    def _unused(self, word: str) -> Path:
        return self.folder / f"{word}-{secrets.token_hex(4)}"

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


class Changes:
    """Makes changes below one root, and takes back those that were cut off.

    Threads may share it. Whoever makes a change has locked the assets concerned, so that no two
    changes touch the same files.
    """

    def __init__(self, root: AssetRoot) -> None:
        self._root = root
        self._folder = root.state_dir / "changes"
        self._trash = root.state_dir / "trash"
        self._aside = root.state_dir / "set-aside"
        # Tokens of changes that failed and could not be taken back yet.
        self._unsettled: set[str] = set()
        self._settling = threading.Lock()

    @contextmanager
    def begin(self, doing: str) -> Iterator[Change]:
        """Yield a change to fill in, and make it when the body has ended well.

        `doing` is a verb phrase for people. Whatever is raised, here or in the body, everything is
        as it was; only when the very last sync fails may the change have been made. Raises
        StorageUnavailable for a failing disk.
        """
        with storage_errors(doing):
            self.settle()
            for folder in (self._root.state_dir, self._folder, self._trash):
                _make_real(folder)
            change = Change(self._root.path, self._folder / secrets.token_hex(8))
            try:
                change.folder.mkdir()
                yield change
                crash_here(CrashPoint.CHANGE_STAGED)
                self._record(change, doing)
                for step in change.steps:
                    step.do(self._root.path)
                self._sync(change.steps)
                crash_here(CrashPoint.CHANGE_MADE)
                done = self._retire(change.folder)
            except BaseException:
                self._take_back_if_possible(change.folder.name)
                raise
            crash_here(CrashPoint.CHANGE_COMMITTED)
            sync_folder(self._folder)
            _empty(done)

    def settle(self) -> None:
        """Take back what failed and could not be taken back when it did.

        To be called before anything is changed, with the asset locked: undone later, the steps
        would undo what has been done since. Raises StorageUnavailable.
        """
        if not self._unsettled:
            return
        with self._settling, storage_errors("take back an earlier change that failed"):
            for token in sorted(self._unsettled):
                self._take_back_or_set_aside(token)
                self._unsettled.discard(token)

    def recover(self) -> None:
        """Take back what a killed process has left half done. Only at start. Never raises.

        A record that makes no sense, or that cannot be undone without destroying something, is set
        aside with all that belongs to it. On a disk that cannot be written everything stays as it
        is, and the next change tries again.
        """
        for path in _entries(self._folder):
            self._take_back_if_possible(path.name)
        for path in _entries(self._trash):
            _empty(path)

    # --- forward ---

    def _record(self, change: Change, doing: str) -> None:
        record = {"version": _VERSION, "what": doing, "steps": steps_module.to_json(change.steps)}
        # ASCII, since names of files need not be text.
        write_bytes(change.folder / RECORD_FILE, f"{json.dumps(record, indent=2)}\n".encode())
        sync_folder(self._folder)
        crash_here(CrashPoint.CHANGE_RECORDED)

    def _sync(self, steps: list[Step]) -> None:
        for folder in touched_folders(self._root.path, steps):
            sync_folder(folder)

    def _retire(self, folder: Path) -> Path:
        """Let a record no longer count: of a change that is made, or of one that is undone."""
        done = self._trash / folder.name
        folder.rename(done)
        return done

    # --- back ---

    def _take_back_if_possible(self, token: str) -> None:
        self._unsettled.add(token)
        try:
            self.settle()
        except (OSError, StorageUnavailable) as error:
            _log.warning("change_not_taken_back_yet", change=token, reason=str(error))

    def _take_back_or_set_aside(self, token: str) -> None:
        folder = self._folder / token
        if not is_there(folder):
            return
        try:
            steps = _read_steps(folder)
            check_no_links(self._root.path, steps)
            for step in reversed(steps):
                step.undo(self._root.path)
        except (CannotUndo, ValueError, RecursionError) as error:
            self._set_aside(folder, str(error))
            return
        except OSError as error:
            if is_storage_trouble(error):
                raise
            # Such as a folder that somebody has removed by hand meanwhile.
            self._set_aside(folder, str(error))
            return
        self._sync(steps)
        _make_real(self._trash)
        done = self._retire(folder)
        sync_folder(self._folder)
        if steps:
            _log.info("change_taken_back", change=token)
        _empty(done)

    def _set_aside(self, folder: Path, reason: str) -> None:
        _make_real(self._aside)
        folder.rename(self._aside / folder.name)
        _log.warning(
            "change_set_aside",
            reason=reason,
            folder=str(self._aside / folder.name),
            warning="A change was cut off and cannot be taken back; look at what is in the folder, "
            "and remove it",
        )


def _read_steps(folder: Path) -> list[Step]:
    """Return the steps of a record, none when it was never written. Raises ValueError, OSError."""
    if not is_folder(folder):
        raise ValueError("there is no folder of a change")
    try:
        data = read_real(folder, RECORD_FILE)
    except FileNotFoundError:
        return []
    record = json.loads(data)
    if not isinstance(record, dict) or record.get("version") != _VERSION:
        raise ValueError("the record is not of this version")
    return steps_module.from_json(record.get("steps"))


def _make_real(folder: Path) -> None:
    """Make a folder of ours, where it is missing. Raises StorageUnavailable for a symlink."""
    if is_folder(folder):
        return
    if folder.is_symlink():
        raise StorageUnavailable(
            f"{folder} is a symlink, and nothing is written outside the asset folder; put a folder "
            "in its place"
        )
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder of ours, sorted; nothing when it is none, or out of reach."""
    try:
        if is_folder(folder.parent) and is_folder(folder):
            return sorted(folder.iterdir())
    except OSError as error:
        _log.warning("left_overs_not_found", folder=str(folder), reason=str(error))
    return []


def _empty(path: Path) -> None:
    """Remove what nobody needs any more; what cannot be removed is removed at the next start."""
    try:
        steps_module.discard(path)
    except OSError as error:
        _log.warning("trash_not_emptied", path=str(path), reason=str(error))
