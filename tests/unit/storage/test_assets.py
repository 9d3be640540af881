"""AssetStore: reading, editing, publishing, replacing files."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from asset_forge.errors import BadInput, Conflict, NotFound, StorageUnavailable
from asset_forge.storage.assets import AssetStore, Change
from asset_forge.storage.paths import AssetRoot
from tests.support.assets import MODEL, make_asset, read_metadata, tree


def refuse(*_: object) -> None:
    raise StorageUnavailable("the disk is full", code="disk_full")


def change_nothing(_: dict[str, Any]) -> None: ...


def built_folder(root: Path, name: str = "sword") -> Path:
    return make_asset(root / ".forge" / "work", name)


# --- metadata ---


def test_edit_metadata_keeps_unknown_keys_and_writes_neatly(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword", {"made by hand": {"deep": [1]}})
    store.edit_metadata("sword", lambda m: m.update(type="épée"))
    text = (root / "sword" / "metadata.json").read_text()
    assert json.loads(text)["made by hand"] == {"deep": [1]}
    assert text.endswith("}\n")
    assert '\n  "type": "épée"' in text


def test_edits_by_many_threads_are_all_there(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")

    def edit(number: int) -> None:
        store.edit_metadata("sword", lambda m: m.update({f"key{number}": number}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(edit, range(40)))
    metadata = read_metadata(root, "sword")
    assert [metadata[f"key{number}"] for number in range(40)] == list(range(40))


def test_edit_that_raises_changes_nothing(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")
    before = tree(root)
    with pytest.raises(StorageUnavailable):
        store.edit_metadata("sword", refuse)
    with pytest.raises(BadInput):
        store.edit_metadata("sword", lambda m: m.update(x=float("nan")))
    assert tree(root) == before


@pytest.mark.parametrize("broken", ["{", "[]", '{"a": NaN}'])
def test_asset_with_broken_metadata_exists_and_cannot_be_edited(
    store: AssetStore, root: Path, broken: str
) -> None:
    make_asset(root, "sword", broken)
    assert store.exists("sword")
    with pytest.raises(NotFound):
        store.read_metadata("sword")
    with pytest.raises(NotFound):
        store.edit_metadata("sword", lambda m: m.update(a=1))
    assert (root / "sword" / "metadata.json").read_text() == broken


def test_metadata_that_is_a_symlink_is_not_followed(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")
    (root.parent / "outside.json").write_text('{"secret": 1}')
    (root / "sword" / "metadata.json").unlink()
    (root / "sword" / "metadata.json").symlink_to(root.parent / "outside.json")
    with pytest.raises(NotFound):
        store.read_metadata("sword")
    assert store.index.list() == []


def test_add_variant_lists_it_once(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword", {"variants": ["sword-steel"], "variantCount": 1})
    for _ in range(2):
        store.add_variant("sword", "sword-bronze", "2026-01-01T00:00:00.000Z")
    metadata = read_metadata(root, "sword")
    assert metadata["variants"] == ["sword-steel", "sword-bronze"]
    assert metadata["variantCount"] == 2
    assert metadata["lastVariantGenerated"] == "sword-bronze"
    assert metadata["updatedAt"] == "2026-01-01T00:00:00.000Z"


def test_variants_added_at_once_are_all_listed(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")
    names = [f"sword-{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.add_variant("sword", name, "now"), names))
    assert sorted(read_metadata(root, "sword")["variants"]) == sorted(names)


# --- the model ---


@pytest.mark.parametrize(
    ("metadata", "names", "expected"),
    [
        ({}, ["x.glb", "x_rigged.glb"], "x.glb"),
        ({"type": "character"}, ["x.glb", "x_rigged.glb"], "x.glb"),
        (
            {"type": "character", "riggedModelPath": "x_rigged.glb"},
            ["x.glb", "x_rigged.glb"],
            "x_rigged.glb",
        ),
        (
            {"type": "character", "riggedModelPath": "gdd-assets/x/x_rigged.glb"},
            ["x.glb", "x_rigged.glb"],
            "x_rigged.glb",
        ),
        ({"type": "weapon", "riggedModelPath": "x_rigged.glb"}, ["x.glb", "x_rigged.glb"], "x.glb"),
        ({"type": "character", "riggedModelPath": "gone.glb"}, ["x.glb"], "x.glb"),
        ({"type": "character", "riggedModelPath": "../y/y.glb"}, ["x.glb"], "x.glb"),
        ({"type": "character", "riggedModelPath": "/etc/passwd"}, ["x.glb"], "x.glb"),
        ({"type": "character", "riggedModelPath": ["x"]}, ["x.glb"], "x.glb"),
        ({"modelFile": "b.glb"}, ["a.glb", "b.glb"], "b.glb"),
        ({"modelFile": "metadata.json"}, ["a.glb"], "a.glb"),
        ({}, ["b.glb", "a_raw.glb", "a_rigged.glb", "a-t-pose.glb", "c.glb"], "b.glb"),
        ({}, [".hidden.glb", "Z.GLB"], "Z.GLB"),
        ({}, ["x_raw.glb", "t-pose.glb", "x_rigged.glb", "readme.txt"], None),
        ({}, [], None),
    ],
)
def test_model_is_chosen_as_the_contract_says(
    store: AssetStore, root: Path, metadata: dict[str, Any], names: list[str], expected: str | None
) -> None:
    make_asset(root, "y")
    (make_asset(root, "x", metadata) / "x.glb").unlink()
    for name in names:
        (root / "x" / name).write_bytes(MODEL)
    entry = store.index.entry("x")
    assert entry.model_file == expected
    if expected is None:
        with pytest.raises(NotFound, match=r"^Model file not found$"):
            store.model_path("x")
    else:
        assert store.model_path("x") == root / "x" / expected


def test_static_model_of_a_rigged_character_is_the_plain_one(store: AssetStore, root: Path) -> None:
    make_asset(root, "x", {"type": "character", "riggedModelPath": "r.glb"}, r=MODEL)
    assert store.static_model_path("x") == root / "x" / "x.glb"
    assert store.model_path("x") == root / "x" / "r.glb"


def test_model_that_is_a_symlink_to_elsewhere_is_not_taken(store: AssetStore, root: Path) -> None:
    make_asset(root, "y")
    (make_asset(root, "x") / "x.glb").unlink()
    (root / "x" / "x.glb").symlink_to(root / "y" / "y.glb")
    with pytest.raises(NotFound, match=r"^Model file not found$"):
        store.model_path("x")


def test_model_of_an_asset_with_broken_metadata_is_found(store: AssetStore, root: Path) -> None:
    make_asset(root, "x", "{")
    assert store.model_path("x") == root / "x" / "x.glb"


# --- publishing ---


def test_publish_moves_the_folder_as_a_whole(store: AssetStore, root: Path) -> None:
    built = built_folder(root)
    before = tree(built)
    store.publish_folder(built, "sword")
    assert tree(root / "sword") == before
    assert not built.exists()


def test_publish_of_a_taken_id_is_a_conflict_and_keeps_both(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword", {"old": True})
    built = built_folder(root)
    with pytest.raises(Conflict):
        store.publish_folder(built, "sword")
    assert read_metadata(root, "sword")["old"] is True
    assert (built / "metadata.json").exists()


def test_publish_of_one_id_by_many_lets_one_through(store: AssetStore, root: Path) -> None:
    folders = [make_asset(root / ".forge" / "work" / str(n), "sword") for n in range(8)]

    def publish(folder: Path) -> bool:
        try:
            store.publish_folder(folder, "sword")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(publish, folders)) == 1


# --- replacing files ---


def test_replace_files_swaps_all_and_edits_metadata(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "hero", {"kept": 1})
    built = built_folder(root, "hero")
    (built / "hero.glb").write_bytes(b"new")
    store.replace_files(
        "hero",
        {
            "hero.glb": built / "hero.glb",
            "animations/walking.glb": built / "hero.glb",
            "metadata.json": built / "metadata.json",
        },
        lambda m: m.update(isRigged=True),
    )
    assert (folder / "hero.glb").read_bytes() == b"new"
    assert (folder / "animations" / "walking.glb").read_bytes() == b"new"
    metadata = read_metadata(root, "hero")
    assert (metadata["kept"], metadata["isRigged"]) == (1, True)
    assert not [name for name in tree(folder) if name.startswith(".")]
    assert (built / "hero.glb").exists()


def test_replace_files_takes_out_what_is_gone(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "hero", sprites__a=b"old sprite", rigged=b"old rig")
    gone = sorted(name for name in tree(folder) if "sprite" in name or "rigged" in name)
    assert gone
    new = built_folder(root, "hero")
    store.replace_files(
        "hero", {"hero.glb": new / "hero.glb"}, change_nothing, gone=["sprites", "not-there", *gone]
    )
    assert not [name for name in tree(folder) if "sprite" in name or "rigged" in name]
    assert (folder / "hero.glb").exists()
    assert not any((root / ".forge").glob("trash/*"))


@pytest.mark.parametrize("failing", ["change", "missing source"])
def test_replace_files_that_fails_leaves_everything_as_it_was(
    store: AssetStore, root: Path, failing: str
) -> None:
    folder = make_asset(root, "hero", sprites__a=b"old sprite")
    new = built_folder(root, "hero")
    (new / "hero.glb").write_bytes(b"new")
    before = tree(folder)
    files = {
        "hero.glb": new / "hero.glb",
        "extra.glb": new / "hero.glb",
        "animations/walking.glb": new / "hero.glb",
        "sprites": new,
    }
    if failing == "missing source":
        files["late.glb"] = new / "missing.glb"
    change: Change = refuse if failing == "change" else change_nothing
    with pytest.raises((StorageUnavailable, FileNotFoundError)):
        store.replace_files("hero", files, change)
    assert tree(folder) == before
    assert not (folder / "animations").exists()
    assert not any((root / ".forge").glob("trash/*"))


@pytest.mark.parametrize("name", ["../x.glb", "/x.glb", ".x", "a/../x.glb", "", "a\\b"])
def test_replace_files_outside_the_folder_is_refused(
    store: AssetStore, root: Path, name: str
) -> None:
    folder = make_asset(root, "hero")
    with pytest.raises(BadInput):
        store.replace_files("hero", {name: folder / "hero.glb"}, lambda _: None)


def test_replace_files_of_an_unknown_asset_is_not_found(store: AssetStore, root: Path) -> None:
    with pytest.raises(NotFound):
        store.replace_files("hero", {}, lambda _: None)


# --- sprites ---


def test_save_sprites_replaces_the_old_set(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "sword")
    store.save_sprites("sword", [(0, b"a"), (120, b"b")], {"angles": 2})
    names = store.save_sprites("sword", [(-0.0, b"c"), (22.5, b"d"), (90.0, b"e")], {"angles": 3})
    assert names == ["0deg.png", "22.5deg.png", "90deg.png"]
    assert sorted(path.name for path in (folder / "sprites").iterdir()) == names
    noted = json.loads((folder / "sprite-metadata.json").read_text())
    metadata = read_metadata(root, "sword")
    assert noted == {
        "assetId": "sword",
        "config": {"angles": 3},
        "angles": [0, 22.5, 90],
        "spriteCount": 3,
        "status": "completed",
        "generatedAt": metadata["updatedAt"],
    }
    assert metadata["hasSpriteSheet"] is True
    assert metadata["spriteCount"] == 3
    assert metadata["spriteConfig"] == {"angles": 3}
    assert metadata["lastSpriteGeneration"] == metadata["updatedAt"]


# --- cleaning up ---


def test_clean_up_removes_what_a_killed_process_left(store: AssetStore, root: Path) -> None:
    folder = make_asset(root, "sword", animations__walking=b"walk")
    hosted, run = root / ".forge" / "hosted", root / ".forge" / "work" / "run"
    for place in (hosted, run):
        place.mkdir(parents=True)
    before = tree(root)
    for place in (root, folder, folder / "animations", hosted, run):
        (place / ".0123456789abcdef.tmp").touch()
        (place / ".walking.glb.01234567.part").touch()
    make_asset(root / ".forge" / "trash", "gone")
    (root / ".forge" / "changes" / "0123456789abcdef").mkdir(parents=True)
    store.clean_up()
    assert tree(root) == before
    assert not any((root / ".forge" / "changes").iterdir())


@pytest.mark.parametrize(
    "name",
    [
        ".forge/greybox/.0123456789abcdef.tmp",
        ".forge/journal.db",
        ".git/.0123456789abcdef.tmp",
        "sword/.vscode/.0123456789abcdef.tmp",
        "sword/.notes.tmp",
        "sword/.part",
        "sword/0123456789abcdef.tmp",
        "sword/.0123456789abcdef.tmp.glb",
        "sword/.download.part",
    ],
)
def test_clean_up_leaves_alone_what_somebody_may_own(
    store: AssetStore, root: Path, name: str
) -> None:
    make_asset(root, "sword")
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("mine")
    store.clean_up()
    assert (root / name).read_text() == "mine"


def test_clean_up_follows_no_symlink(store: AssetStore, root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / ".0123456789abcdef.tmp").touch()
    (make_asset(root, "sword") / "way-out").symlink_to(outside)
    (root / "linked").symlink_to(outside)
    (root / ".forge").symlink_to(outside)
    (outside / "trash" / "mine").mkdir(parents=True)
    (outside / "changes" / "mine").mkdir(parents=True)
    before = sorted(outside.rglob("*"))
    store.clean_up()
    assert sorted(outside.rglob("*")) == before


def test_clean_up_of_a_missing_root_makes_none(tmp_path: Path) -> None:
    AssetStore(AssetRoot(tmp_path / "nowhere")).clean_up()
    assert list(tmp_path.iterdir()) == []


def test_asset_in_another_normalisation_can_be_edited(store: AssetStore, root: Path) -> None:
    make_asset(root, unicodedata.normalize("NFD", "épée"))
    store.edit_metadata("épée", lambda m: m.update(type="sword"))
    assert store.read_metadata("épée")["type"] == "sword"
    assert [entry.id for entry in store.index.list()] == ["épée"]
