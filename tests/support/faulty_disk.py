"""A disk that fails at will: every call to the file system is counted, and any can be refused.

The calls are those of the thread that runs the `with` block. Syncing costs nothing here; what is
synced before what can be read from `order`.
"""

import builtins
import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# What only looks; a full or read-only disk answers these.
LOOKING = ("stat", "lstat", "scandir", "listdir")
CHANGING = ("write", "fsync", "rename", "replace", "link", "unlink", "mkdir", "rmdir", "sendfile")
WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT

Decide = Callable[[str, bool], None]
"""Told the name of a call and whether it changes anything; raises to refuse it."""


class Killed(BaseException):
    """The process is gone: raised by every call from then on, so that nothing can be undone."""


class Counter:
    """Lets everything pass, and counts calls: all, or those that change something."""

    def __init__(self, *, only_changes: bool = True, looks: bool = False) -> None:
        self._only_changes = only_changes
        self._looks = looks
        self.count = 0

    def __call__(self, name: str, changes: bool) -> None:
        if changes or (not self._only_changes and (self._looks or name not in LOOKING)):
            self.count += 1
            self.meet()

    def meet(self) -> None:
        """Do something about the call that was counted last."""


class Failing(Counter):
    """Refuses the call of a number, counted from 1, and with `lasting` all after it."""

    def __init__(self, number: int, code: int, *, lasting: bool = False, looks: bool = False):
        # Reading a full or read-only disk works.
        super().__init__(only_changes=code != errno.EIO, looks=looks)
        self._number = number
        self._code = code
        self.lasting = lasting

    def meet(self) -> None:
        if self.count == self._number or (self.lasting and self.count > self._number):
            raise OSError(self._code, os.strerror(self._code))


class Killing(Counter):
    """Lets the process die in place of the change of a number, counted from 1.

    Renames alone are counted on wish: that is where names in the library change.
    """

    def __init__(self, number: int, *, only_renames: bool = False) -> None:
        super().__init__()
        self._number = number
        self._only_renames = only_renames
        self._is_dead = False

    def __call__(self, name: str, changes: bool) -> None:
        if self._is_dead or not self._only_renames or name in ("rename", "replace"):
            super().__call__(name, changes)

    def meet(self) -> None:
        if self.count >= self._number:
            self._is_dead = True
            raise Killed


@contextmanager
def faulty_disk(decide: Decide) -> Iterator[None]:
    """Let `decide` see each call of this thread before it is made, for the length of the block."""
    thread = threading.get_ident()

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == thread:
                decide(name, _changes(name, args))
                if name == "fsync":
                    return None
            return real(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in (*LOOKING, *CHANGING, "open"):
            patch.setattr(os, name, watched(name, getattr(os, name)))
        patch.setattr(builtins, "open", watched("file open", open))
        yield


def _changes(name: str, args: tuple[Any, ...]) -> bool:
    if name == "open":
        return bool(args[1] & WRITING_FLAGS)
    if name == "file open":
        return len(args) > 1 and args[1] != "rb"
    return name in CHANGING


class SyncOrder:
    """Finds what gets its name in the library, or counts as done, before it is on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: set[int] = set()
        self._folders: set[int] = set()
        self.faults: list[str] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("rename", "replace", "link", "unlink", "mkdir", "rmdir"):
                patch.setattr(os, name, self._naming(name, getattr(os, name)))
            patch.setattr(os, "write", self._writing(os.write, 0))
            patch.setattr(os, "sendfile", self._writing(os.sendfile, 0))
            patch.setattr(os, "fsync", self._sync)
            yield

    def unsynced_folders(self) -> list[str]:
        """Names of folders of the library whose names are not all on the disk."""
        folders = [self._root, *(path for path in self._root.rglob("*") if path.is_dir())]
        found = [path for path in folders if path.stat().st_ino in self._folders]
        names = [path.relative_to(self._root).as_posix() for path in found]
        return [name for name in names if not name.startswith((".forge/changes/", ".forge/trash"))]

    def _sync(self, descriptor: int) -> None:
        number = os.fstat(descriptor).st_ino
        self._files.discard(number)
        self._folders.discard(number)

    def _writing(self, real: Callable[..., int], position: int) -> Callable[..., int]:
        def call(*args: Any) -> int:
            self._files.add(os.fstat(args[position]).st_ino)
            return real(*args)

        return call

    def _naming(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dir_fd") is None:
                paths = [Path(path) for path in args if isinstance(path, str | Path)]
                if name in ("rename", "replace"):
                    self._look_at(*paths)
                done = real(*args, **kwargs)
                for path in paths:
                    if path.parent.is_dir():
                        self._folders.add(path.parent.stat().st_ino)
                return done
            return real(*args, **kwargs)

        return call

    def _look_at(self, source: Path, target: Path) -> None:
        files = [path for path in (source, *source.rglob("*")) if path.is_file()]
        if any(path.stat().st_ino in self._files for path in files):
            self.faults.append(f"{source} is renamed before it is synced")
        if target.parent.name == "trash":
            self.faults += [f"{name} is not synced" for name in self.unsynced_folders()]
