"""Every call to the file system is made to fail in turn: all or nothing is left."""

import errno
from contextlib import suppress

import pytest

from asset_forge.errors import StorageUnavailable
from tests.support.faulty_disk import Counter, Failing, faulty_disk
from tests.unit.storage.bench import Bench, every_operation
from tests.unit.storage.operations import check_whole, library, new_store


def check_one_failure(bench: Bench, code: int, *, looks: bool) -> None:
    for number in bench.numbers(Counter(only_changes=code != errno.EIO, looks=looks)):
        root = bench.fresh()
        succeeded = bench.run(root, Failing(number, code, looks=looks))
        found = library(root)
        assert found == bench.after if succeeded else found in (bench.before, bench.after), number
        new_store(root).clean_up()
        assert library(root) == found
        check_whole(root)


@every_operation
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_call_that_fails_once_leaves_all_or_nothing(bench: Bench, code: int) -> None:
    check_one_failure(bench, code, looks=False)


@every_operation
@pytest.mark.soak
def test_look_at_the_disk_that_fails_once_leaves_all_or_nothing(bench: Bench) -> None:
    check_one_failure(bench, errno.EIO, looks=True)


@every_operation
def test_disk_that_stays_broken_is_mended_by_the_next_change(bench: Bench) -> None:
    for number in bench.numbers(Counter()):
        root = bench.fresh()
        store, disk = new_store(root), Failing(number, errno.EROFS, lasting=True)
        with faulty_disk(disk), suppress(StorageUnavailable):
            bench.operation(store, root)
        # Any change of any asset: this one writes what is there already.
        store.replace_files("hero", {}, lambda _: None)
        store.clean_up()
        left = library(root)
        for state in (bench.before, bench.after):
            state["hero/metadata.json"] = left["hero/metadata.json"]
        assert left in (bench.before, bench.after)
