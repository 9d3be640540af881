"""Records of changes that were cut off: undone, or set aside when that would do harm."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from asset_forge.errors import StorageUnavailable
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.changes import RECORD_FILE, Changes
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.steps import MakeFolder, Move, Step, Swap, from_json, to_json
from tests.support.assets import make_asset, tree

TOKEN = "0123456789abcdef"
FOLDER = f".forge/changes/{TOKEN}"
ASIDE = f".forge/set-aside/{TOKEN}"


def leave_record(root: Path, record: Any) -> Path:
    """Leave what a killed process leaves; text is written as it is."""
    folder = root / FOLDER
    folder.mkdir(parents=True)
    text = record if isinstance(record, str) else json.dumps(record)
    (folder / RECORD_FILE).write_text(text)
    return folder


def leave_steps(root: Path, *steps: dict[str, Any]) -> Path:
    return leave_record(root, {"version": 1, "what": "a test", "steps": [*steps]})


def swap(path: str, *, was_there: bool = True, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "swap",
        "path": path,
        "kept": f"{FOLDER}/old",
        "staged": "",
        "was_there": was_there,
        **fields,
    }


def move(source: str, target: str) -> dict[str, Any]:
    return {"kind": "move", "source": source, "target": target}


def test_steps_come_back_from_json_as_they_were() -> None:
    steps: list[Step] = [
        MakeFolder("a/b"),
        Swap("a/\udcff.glb", f"{FOLDER}/old", "", was_there=True),
        Move("a", "b"),
    ]
    assert from_json(json.loads(json.dumps(to_json(steps)))) == steps


def test_steps_are_undone_in_reverse_and_the_record_goes(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")
    before = tree(root)
    folder = leave_steps(
        root,
        {"kind": "make_folder", "path": "sword/animations"},
        swap("sword/animations/walking.glb", was_there=False),
        swap("sword/sword.glb"),
        move("sword", "blade"),
    )
    (root / "sword" / "animations").mkdir()
    (root / "sword" / "animations" / "walking.glb").touch()
    (root / "sword" / "sword.glb").rename(folder / "old")
    (root / "sword" / "sword.glb").write_bytes(b"new")
    (root / "sword").rename(root / "blade")
    store.clean_up()
    assert tree(root) == before
    assert not (root / "sword" / "animations").exists()
    assert [path.name for path in (root / ".forge" / "changes").iterdir()] == []


def test_folder_that_a_made_folder_got_something_in_stays(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword", animations__mine=b"by hand")
    leave_steps(root, {"kind": "make_folder", "path": "sword/animations"})
    store.clean_up()
    assert (root / "sword" / "animations" / "mine.glb").exists()


@pytest.mark.parametrize(
    "record",
    [
        "",
        "{",
        "[" * 100_000,
        "\x00",
        "[]",
        {"version": 2, "steps": []},
        {"version": 1},
        {"version": 1, "steps": {}},
        {"version": 1, "steps": ["swap"]},
        {"version": 1, "steps": [{"kind": "remove", "path": "sword"}]},
        {"version": 1, "steps": [{"kind": "move", "source": "sword"}]},
        {"version": 1, "steps": [{"kind": "move", "source": "sword", "target": 1}]},
        {"version": 1, "steps": [{"kind": "move", "source": "sword", "target": "x", "y": "z"}]},
        *(
            {"version": 1, "steps": [move(path, "blade")]}
            for path in ("../outside", "/etc", "", ".", "sword//x", "sword/../..", ".git", "a\0b")
        ),
        {"version": 1, "steps": [{**swap("sword"), "was_there": "yes"}]},
        {"version": 1, "steps": [swap("../outside", was_there=False)]},
    ],
)
def test_damaged_record_is_set_aside_and_touches_nothing(
    store: AssetStore, root: Path, record: Any
) -> None:
    make_asset(root, "sword")
    (root.parent / "outside").mkdir()
    before = tree(root)
    folder = leave_record(root, record)
    (folder / "old").write_bytes(b"kept")
    with capture_logs() as logs:
        store.clean_up()
    assert [log["event"] for log in logs] == ["change_set_aside"]
    assert (root / ASIDE / "old").read_bytes() == b"kept"
    assert {name: data for name, data in tree(root).items() if ".forge" not in name} == before
    assert (root.parent / "outside").is_dir()
    store.delete("sword")


def test_stray_file_among_the_records_is_set_aside(store: AssetStore, root: Path) -> None:
    (root / ".forge" / "changes").mkdir(parents=True)
    (root / ".forge" / "changes" / "notes.txt").write_text("mine")
    store.clean_up()
    assert (root / ".forge" / "set-aside" / "notes.txt").read_text() == "mine"


def test_deleted_asset_whose_name_is_taken_again_is_set_aside(
    store: AssetStore, root: Path
) -> None:
    folder = leave_steps(root, move("sword", f"{FOLDER}/old"))
    make_asset(folder, "old")
    make_asset(root, "sword", {"made": "by hand"})
    before = tree(root / "sword")
    store.clean_up()
    assert tree(root / "sword") == before
    assert (root / ASIDE / "old" / "metadata.json").exists()


def test_asset_that_was_removed_by_hand_meanwhile_stops_nothing(
    store: AssetStore, root: Path
) -> None:
    folder = leave_steps(root, swap("sword/sword.glb"))
    (folder / "old").write_bytes(b"kept")
    store.clean_up()
    assert (root / ASIDE / "old").read_bytes() == b"kept"
    assert not (root / "sword").exists()


@pytest.mark.parametrize("link", ["sword", "sword/animations"])
def test_symlink_on_the_way_is_not_followed(store: AssetStore, root: Path, link: str) -> None:
    outside = root.parent / "outside"
    (outside / "animations").mkdir(parents=True)
    (outside / "animations" / "x").write_text("not ours")
    leave_steps(root, swap("sword/animations/x", was_there=False))
    if link != "sword":
        make_asset(root, "sword")
        outside = outside / "animations"
    (root / link).symlink_to(outside)
    store.clean_up()
    assert (root.parent / "outside" / "animations" / "x").exists()
    assert (root / ASIDE).is_dir()


@pytest.mark.parametrize("link", [".forge", ".forge/changes", ".forge/trash"])
def test_state_folder_that_is_a_symlink_is_not_written_into(
    store: AssetStore, root: Path, link: str
) -> None:
    make_asset(root, "sword")
    (root / link).parent.mkdir(exist_ok=True)
    outside = root.parent / "outside"
    outside.mkdir()
    (root / link).symlink_to(outside)
    before = tree(root)
    with pytest.raises(StorageUnavailable, match="symlink"):
        store.delete("sword")
    assert tree(root) == before
    assert list(outside.iterdir()) == []


def test_what_is_raised_while_a_change_is_filled_in_leaves_nothing(root: Path) -> None:
    changes = Changes(AssetRoot(root))
    before = tree(root)

    def change_that_raises() -> None:
        with changes.begin("test") as change:
            change.put_bytes(root / "sword" / "x", b"data")
            raise KeyError

    with pytest.raises(KeyError):
        change_that_raises()
    assert tree(root) == before
    assert [path.name for path in (root / ".forge").rglob("*")] == ["changes", "trash"]


def test_failed_undo_is_made_up_for_before_any_other_change(
    store: AssetStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_asset(root, "sword")
    make_asset(root, "axe")
    before = tree(root / "sword")
    with monkeypatch.context() as patch:
        patch.setattr(Swap, "undo", refuse)
        patch.setattr(Move, "do", refuse)
        with pytest.raises(StorageUnavailable):
            store.rename("sword", "blade")
        assert tree(root / "sword") != before
        with pytest.raises(StorageUnavailable, match="earlier change"):
            store.edit_metadata("axe", lambda m: m.update(a=1))
    store.edit_metadata("axe", lambda m: m.update(a=1))
    assert tree(root / "sword") == before


def refuse(*_: object) -> None:
    raise OSError(5, "Input/output error")
