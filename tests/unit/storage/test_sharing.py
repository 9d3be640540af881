"""Left-overs are cleared by a service that is alone with the asset folder, and by no other."""

from pathlib import Path

from asset_forge.storage.sharing import in_use


class Clearing:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def test_first_service_clears_and_others_beside_it_do_not(tmp_path: Path) -> None:
    state, clear = tmp_path / ".forge", Clearing()
    with in_use(state, clear=clear):
        assert clear.count == 1
        with in_use(state, clear=clear), in_use(state, clear=clear):
            assert clear.count == 1


def test_service_after_all_have_ended_clears_again(tmp_path: Path) -> None:
    state, clear = tmp_path / ".forge", Clearing()
    for _ in range(2):
        with in_use(state, clear=clear):
            pass
    assert clear.count == 2


def test_last_of_several_keeps_the_mark(tmp_path: Path) -> None:
    state, clear = tmp_path / ".forge", Clearing()
    first, second = in_use(state, clear=clear), in_use(state, clear=clear)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with in_use(state, clear=clear):
        assert clear.count == 1
    second.__exit__(None, None, None)


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
