"""Runs one operation again and again on the same library, with a disk that fails or a kill."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from asset_forge.crash_points import CrashPoint
from asset_forge.errors import StorageUnavailable
from asset_forge.storage import changes as changes_module
from tests.support.faulty_disk import Counter, Killed, faulty_disk
from tests.unit.storage.operations import (
    OPERATIONS,
    Operation,
    check_whole,
    library,
    make_library,
    new_store,
)

MOST_CALLS = 600

every_operation = pytest.mark.parametrize("name", OPERATIONS)
# The others are made by one rename, and nothing of them has to be taken back.
every_change = pytest.mark.parametrize(
    "name", [name for name in OPERATIONS if name not in ("edit", "add variant", "publish")]
)


class KillingWhenMade(Counter):
    """Lets the process die at the crash point before a change begins to count."""

    is_dead = False

    def meet(self) -> None:
        if self.is_dead:
            raise Killed

    def come_to(self, point: CrashPoint) -> None:
        if point is CrashPoint.CHANGE_MADE:
            self.is_dead = True
            self.meet()


class Bench:
    """Runs one operation again and again, each time on a fresh copy of the same library."""

    def __init__(self, folder: Path, operation: Operation) -> None:
        self._folder = folder
        self._pattern = make_library(folder / "pattern")
        self.operation = operation
        self.before = library(self._pattern)
        done = self.fresh()
        operation(new_store(done), done)
        check_whole(done)
        self.after = library(done)
        assert self.after != self.before

    def fresh(self) -> Path:
        root = self._folder / "gdd-assets"
        shutil.rmtree(root, ignore_errors=True)
        # Files are replaced, never written into, so that a second name is as good as a copy.
        shutil.copytree(self._pattern, root, copy_function=os.link)
        return root

    def numbers(self, counter: Counter) -> range:
        """The numbers of the calls that are counted when nothing fails."""
        root = self.fresh()
        with faulty_disk(counter):
            self.operation(new_store(root), root)
        assert 3 < counter.count < MOST_CALLS
        return range(1, counter.count + 1)

    def run(self, root: Path, disk: Counter) -> bool:
        """Do the operation; tell whether it succeeded. No error but one of storage may come."""
        store = new_store(root)
        with faulty_disk(disk):
            try:
                self.operation(store, root)
            except StorageUnavailable:
                return False
        return True

    def cut_off(self) -> Path:
        """A library in which the operation was killed when every step was done but the last."""
        root, disk = self.fresh(), KillingWhenMade()
        with pytest.MonkeyPatch.context() as patch, faulty_disk(disk), suppress(Killed):
            patch.setattr(changes_module, "crash_here", disk.come_to)
            self.operation(new_store(root), root)
        return root

    def check_either(self, root: Path) -> None:
        assert library(root) in (self.before, self.after)
        check_whole(root)
