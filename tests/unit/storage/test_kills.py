"""The process is killed at every call that changes the disk, and at every named crash point."""

import errno
import os
import signal
from itertools import count
from pathlib import Path

import pytest

from asset_forge.crash_points import CrashPoint, arm
from asset_forge.storage import assets as assets_module
from asset_forge.storage import atomic, changes, steps
from tests.support.faulty_disk import Counter, Failing, Killed, Killing, SyncOrder, faulty_disk
from tests.unit.storage.bench import Bench, every_change, every_operation
from tests.unit.storage.operations import OPERATIONS, Operation, make_library, new_store


@every_operation
def test_kill_at_any_change_leaves_all_or_nothing(bench: Bench) -> None:
    for number in bench.numbers(Counter()):
        root = bench.fresh()
        with faulty_disk(Killing(number)), pytest.raises(Killed):
            bench.operation(new_store(root), root)
        new_store(root).clean_up()
        bench.check_either(root)


@every_change
def test_kill_of_the_recovery_itself_leaves_nothing(bench: Bench) -> None:
    root, counter = bench.cut_off(), Counter()
    with faulty_disk(counter):
        new_store(root).clean_up()
    for number in range(1, counter.count + 1):
        root = bench.cut_off()
        with faulty_disk(Killing(number)), pytest.raises(Killed):
            new_store(root).clean_up()
        new_store(root).clean_up()
        bench.check_either(root)


@pytest.mark.parametrize("name", ["rename a base", "new sprites"])
def test_recovery_on_a_disk_that_fails_does_not_stop_the_start(bench: Bench) -> None:
    root, counter = bench.cut_off(), Counter(only_changes=False, looks=True)
    with faulty_disk(counter):
        new_store(root).clean_up()
    for number in range(1, counter.count + 1):
        root = bench.cut_off()
        store = new_store(root)
        with faulty_disk(Failing(number, errno.EIO, lasting=True, looks=True)):
            store.clean_up()
        new_store(root).clean_up()
        bench.check_either(root)


@every_operation
def test_what_gets_its_name_is_on_the_disk(bench: Bench) -> None:
    root = bench.fresh()
    order = SyncOrder(root)
    with order.watched():
        bench.operation(new_store(root), root)
    assert order.faults == []
    assert order.unsynced_folders() == []


# How often an operation comes to a point is found by going on until it is not killed any more.
POINTS = [
    CrashPoint.FILE_WRITTEN,
    CrashPoint.FILE_RENAMED,
    CrashPoint.CHANGE_STAGED,
    CrashPoint.CHANGE_RECORDED,
    CrashPoint.FILE_SWAPPED,
    CrashPoint.MOVED,
    CrashPoint.CHANGE_MADE,
    CrashPoint.CHANGE_COMMITTED,
    CrashPoint.ASSET_BUILT,
    CrashPoint.ASSET_PUBLISHED,
]


def is_killed(root: Path, operation: Operation, point: CrashPoint, visit: int) -> bool:
    """Do an operation in a child of ours that kills itself at a point."""
    child = os.fork()
    if child == 0:
        try:
            arm(point, visit=visit)
            operation(new_store(root), root)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def test_every_named_point_is_come_to_by_some_operation(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[CrashPoint] = set()
    for module in (assets_module, atomic, changes, steps):
        monkeypatch.setattr(module, "crash_here", seen.add)
    for number, operation in enumerate(OPERATIONS.values()):
        library = make_library(root / str(number))
        operation(new_store(library), library)
    assert seen == {*POINTS}


@every_operation
def test_kill_at_a_named_point_leaves_all_or_nothing(bench: Bench) -> None:
    killed = 0
    for point in POINTS:
        for visit in count(1):
            root = bench.fresh()
            if not is_killed(root, bench.operation, point, visit):
                break
            killed += 1
            new_store(root).clean_up()
            bench.check_either(root)
    assert killed >= 2
