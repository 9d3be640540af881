"""An asset folder has one process; what an earlier one left is cleared by the one that has it."""

import fcntl
import json
import os
import socket
from pathlib import Path

import pytest

from asset_forge.errors import StorageUnavailable, Unavailable
from asset_forge.storage.sharing import holder_of, in_use, tell_address


class Clearing:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def state(root: Path) -> Path:
    return root / ".forge"


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def refuse(state: Path) -> str:
    """Try to use a folder that is in use, and return the sentence."""
    clear = Clearing()
    with pytest.raises(Unavailable) as raised, in_use(state, clear=clear):
        pass
    assert clear.count == 0
    assert raised.value.error_code == "root_in_use"
    assert "\n" not in raised.value.message
    return raised.value.message


def test_second_service_is_refused_with_who_has_the_folder(state: Path) -> None:
    clear = Clearing()
    with in_use(state, clear=clear):
        assert clear.count == 1
        sentence = refuse(state)
    assert str(state.parent) in sentence
    assert f"process {os.getpid()}" in sentence
    assert "ASSET_OUTPUT_DIR" in sentence
    assert clear.count == 1


def test_holder_says_where_it_answers(state: Path) -> None:
    with in_use(state, clear=Clearing()):
        tell_address(state, "http://127.0.0.1:3004")
        holder = holder_of(state)
        assert "http://127.0.0.1:3004" in refuse(state)
    assert holder is not None
    assert (holder.pid, holder.machine) == (os.getpid(), socket.gethostname())
    assert holder.address == "http://127.0.0.1:3004"


def test_address_is_only_told_by_the_holder(state: Path) -> None:
    state.mkdir()
    tell_address(state, "http://127.0.0.1:3004")
    assert holder_of(state) is None
    facts = {"pid": 1, "machine": "elsewhere", "started_at": "", "address": ""}
    (state / "lock").write_text(json.dumps(facts))
    tell_address(state, "http://127.0.0.1:3004")
    assert json.loads((state / "lock").read_text()) == facts


def test_service_after_another_has_ended_clears_again(state: Path) -> None:
    clear = Clearing()
    for _ in range(2):
        with in_use(state, clear=clear):
            pass
    assert clear.count == 2


def test_folder_is_free_when_clearing_has_failed(state: Path) -> None:
    def fail() -> None:
        raise StorageUnavailable("the disk is full")

    before = open_descriptors()
    with pytest.raises(StorageUnavailable), in_use(state, clear=fail):
        pass
    assert open_descriptors() == before
    with in_use(state, clear=Clearing()):
        pass


def test_lock_goes_with_a_killed_process(state: Path) -> None:
    state.mkdir()
    child = os.fork()
    if child == 0:
        in_use(state, clear=Clearing()).__enter__()
        os._exit(9)
    os.waitpid(child, 0)
    with in_use(state, clear=Clearing()):
        holder = holder_of(state)
    assert holder is not None
    assert holder.pid == os.getpid()


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"pid": "x"}', "{}", "\xff"])
def test_lock_that_tells_nothing_is_a_lock_all_the_same(state: Path, text: str) -> None:
    with in_use(state, clear=Clearing()):
        (state / "lock").write_text(text)
        assert "another Asset Forge;" in refuse(state)


def test_refusals_leave_no_descriptor_open(state: Path) -> None:
    with in_use(state, clear=Clearing()):
        before = open_descriptors()
        for _ in range(5):
            refuse(state)
        assert open_descriptors() == before


def test_disk_without_locks_counts_as_used_alone(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    before, clear = open_descriptors(), Clearing()
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with in_use(state, clear=clear):
        assert clear.count == 1
        assert open_descriptors() == before


def test_missing_asset_folder_is_left_missing(tmp_path: Path) -> None:
    clear = Clearing()
    with in_use(tmp_path / "missing" / ".forge", clear=clear):
        assert not (tmp_path / "missing").exists()
    assert clear.count == 0


def test_state_folder_that_cannot_be_made_counts_as_used_alone(tmp_path: Path) -> None:
    (tmp_path / ".forge").write_text("in the way")
    clear = Clearing()
    with in_use(tmp_path / ".forge", clear=clear):
        assert clear.count == 1


def test_state_folder_that_is_a_symlink_is_refused(state: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    state.symlink_to(tmp_path / "outside")
    with pytest.raises(StorageUnavailable, match="symlink"), in_use(state, clear=Clearing()):
        pass
    assert list((tmp_path / "outside").iterdir()) == []


def test_lock_that_is_a_symlink_is_not_written_through(state: Path, tmp_path: Path) -> None:
    state.mkdir()
    (tmp_path / "outside").write_text("mine")
    (state / "lock").symlink_to(tmp_path / "outside")
    with in_use(state, clear=Clearing()):
        pass
    assert (tmp_path / "outside").read_text() == "mine"
