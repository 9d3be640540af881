"""AssetStore: renaming and deleting, with everything that refers to the asset."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asset_forge.errors import Conflict, NotFound
from asset_forge.storage.assets import AssetStore
from tests.support.assets import MODEL, make_asset, read_metadata, tree


@pytest.fixture
def family(root: Path) -> Path:
    """A base with two variants, and a stranger that is listed by mistake."""
    listed = ["sword-bronze", "sword-steel", "stranger", "gone", "../outside"]
    make_asset(
        root,
        "sword",
        {"variants": listed, "variantCount": 5, "lastVariantGenerated": "sword-steel"},
        sword_raw=MODEL,
    )
    make_asset(root, "sword-bronze", {"id": "sword-bronze", "parentBaseModel": "sword"})
    make_asset(root, "sword-steel", {"id": "sword-steel", "parentBaseModel": "sword"})
    make_asset(root, "stranger", {"parentBaseModel": "axe"})
    (root.parent / "outside").mkdir()
    return root


def ids(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if not path.name.startswith("."))


# --- renaming ---


def test_rename_changes_folder_files_and_paths(store: AssetStore, root: Path) -> None:
    metadata = {
        "id": "hero",
        "modelPath": "gdd-assets/hero/hero.glb",
        "riggedModelPath": "hero_rigged.glb",
        "tposeModelPath": "t-pose.glb",
        "conceptArtPath": "concept-art.png",
        "conceptArtUrl": "./concept-art.png",
        "modelUrl": "/api/assets/hero/model",
        "sourceUrl": "https://example.org/assets/hero/hero.glb",
        "animations": {"basic": {"walking": "animations/walking.glb", "idle": "hero_idle.glb"}},
        "description": "hero.glb stays in texts",
        "displayName": "The Hero",
    }
    files = ["hero_raw", "hero_rigged", "hero_idle", "heroine", "t-pose", "animations__walking"]
    make_asset(root, "hero", metadata, **dict.fromkeys(files, MODEL))
    (root / "hero" / "sprite-metadata.json").write_text('{"assetId": "hero", "angles": [0]}')
    returned = store.rename("hero", "anna-(2)").metadata
    folder = root / "anna-(2)"
    assert ids(root) == ["anna-(2)"]
    assert sorted(path.name for path in folder.glob("*.glb")) == [
        "anna-(2).glb",
        "anna-(2)_idle.glb",
        "anna-(2)_raw.glb",
        "anna-(2)_rigged.glb",
        "heroine.glb",
        "t-pose.glb",
    ]
    assert read_metadata(root, "anna-(2)") == returned
    assert returned == {
        **metadata,
        "id": "anna-(2)",
        "name": "anna-(2)",
        "gameId": "anna-(2)",
        "type": "weapon",
        "modelPath": "gdd-assets/anna-(2)/anna-(2).glb",
        "riggedModelPath": "anna-(2)_rigged.glb",
        "modelUrl": "/api/assets/anna-(2)/model",
        "animations": {"basic": {"walking": "animations/walking.glb", "idle": "anna-(2)_idle.glb"}},
    }
    noted = json.loads((folder / "sprite-metadata.json").read_text())
    assert noted == {"assetId": "anna-(2)", "angles": [0]}
    assert store.model_path("anna-(2)").read_bytes() == MODEL


def test_rename_of_a_base_reaches_its_variants(store: AssetStore, family: Path) -> None:
    store.rename("sword", "blade")
    assert read_metadata(family, "sword-bronze")["parentBaseModel"] == "blade"
    assert read_metadata(family, "sword-steel")["parentBaseModel"] == "blade"
    assert read_metadata(family, "stranger")["parentBaseModel"] == "axe"


def test_rename_of_a_variant_reaches_its_base(store: AssetStore, family: Path) -> None:
    store.rename("sword-steel", "sword-iron")
    metadata = read_metadata(family, "sword")
    assert metadata["variants"][:2] == ["sword-bronze", "sword-iron"]
    assert metadata["variantCount"] == 5
    assert metadata["lastVariantGenerated"] == "sword-iron"
    assert read_metadata(family, "sword-iron")["id"] == "sword-iron"


@pytest.mark.parametrize("taken", ["sword-bronze", "broken", "a-file", "a-link"])
def test_rename_to_a_taken_name_is_a_conflict(store: AssetStore, family: Path, taken: str) -> None:
    make_asset(family, "broken", "{")
    (family / "a-file").touch()
    (family / "a-link").symlink_to("nowhere")
    before = tree(family)
    with pytest.raises(Conflict):
        store.rename("sword", taken)
    assert tree(family) == before


def test_rename_to_another_case_works(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")
    store.rename("sword", "Sword")
    assert ids(root) == ["Sword"]
    assert sorted(tree(root / "Sword")) == ["Sword.glb", "metadata.json"]


@pytest.mark.parametrize("other", ["Sword", "SWORD-BRONZE", "Stranger"])
def test_rename_to_the_name_of_another_in_another_case_is_a_conflict(
    store: AssetStore, family: Path, other: str
) -> None:
    make_asset(family, "axe")
    before = tree(family)
    with pytest.raises(Conflict, match="many disks"):
        store.rename("axe", other)
    assert tree(family) == before


@pytest.mark.parametrize(("old", "new"), [("sword", "sword_raw"), ("sword_raw", "sword")])
def test_rename_in_which_names_follow_each_other_keeps_every_model(
    store: AssetStore, root: Path, old: str, new: str
) -> None:
    folder = make_asset(root, old)
    (folder / f"{old}_raw.glb").write_bytes(b"raw")
    (folder / f"{old}_raw_raw.glb").write_bytes(b"rawest")
    store.rename(old, new)
    assert {path.name: path.read_bytes() for path in (root / new).glob("*.glb")} == {
        f"{new}.glb": MODEL,
        f"{new}_raw.glb": b"raw",
        f"{new}_raw_raw.glb": b"rawest",
    }


def test_rename_carries_nothing_in_from_where_a_symlink_leads(
    store: AssetStore, root: Path
) -> None:
    (root.parent / "outside.glb").write_bytes(b"secret")
    (root.parent / "outside.json").write_text('{"secret": 1}')
    folder = make_asset(root, "sword")
    (folder / "sword_raw.glb").symlink_to(root.parent / "outside.glb")
    (folder / "sprite-metadata.json").symlink_to(root.parent / "outside.json")
    store.rename("sword", "blade")
    assert (root / "blade" / "blade_raw.glb").is_symlink()
    assert (root / "blade" / "sprite-metadata.json").is_symlink()
    assert (root.parent / "outside.json").read_text() == '{"secret": 1}'


def test_rename_to_another_normalisation_is_the_composed_one(store: AssetStore, root: Path) -> None:
    make_asset(root, unicodedata.normalize("NFD", "épée"))
    store.rename("épée", unicodedata.normalize("NFD", "épée"))
    assert ids(root) == ["épée"]
    assert sorted(tree(root / "épée")) == ["metadata.json", "épée.glb"]


def test_rename_over_a_stray_file_of_the_new_name_is_a_conflict(
    store: AssetStore, root: Path
) -> None:
    make_asset(root, "sword", blade=b"another model")
    before = tree(root)
    with pytest.raises(Conflict, match=r"blade\.glb"):
        store.rename("sword", "blade")
    assert tree(root) == before


def test_rename_of_an_unknown_asset_is_not_found(store: AssetStore, family: Path) -> None:
    with pytest.raises(NotFound):
        store.rename("axe", "hatchet")


def test_renames_and_edits_at_once_lose_nothing(store: AssetStore, family: Path) -> None:
    def edit(number: int) -> bool:
        try:
            store.edit_metadata("sword-bronze", lambda m: m.update({f"key{number}": number}))
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        edits = [pool.submit(edit, number) for number in range(20)]
        pool.submit(store.rename, "sword", "blade").result()
        pool.submit(store.rename, "sword-steel", "sword-iron").result()
        assert all(edit.result() for edit in edits)
    metadata = read_metadata(family, "sword-bronze")
    assert metadata["parentBaseModel"] == "blade"
    assert [metadata[f"key{number}"] for number in range(20)] == list(range(20))


# --- deleting ---


def test_delete_of_a_base_alone_keeps_the_variants(store: AssetStore, family: Path) -> None:
    assert store.delete("sword") == ["sword"]
    assert ids(family) == ["stranger", "sword-bronze", "sword-steel"]
    assert list((family / ".forge" / "trash").iterdir()) == []


def test_delete_with_variants_spares_strangers_and_what_is_outside(
    store: AssetStore, family: Path
) -> None:
    make_asset(family, "unlisted", {"parentBaseModel": "sword"})
    deleted = store.delete("sword", include_variants=True)
    assert sorted(deleted) == ["sword", "sword-bronze", "sword-steel", "unlisted"]
    assert ids(family) == ["stranger"]
    assert (family.parent / "outside").is_dir()


def test_delete_of_a_listed_variant_that_names_no_parent(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword", {"variants": ["old-variant"]})
    make_asset(root, "old-variant")
    store.delete("sword", include_variants=True)
    assert ids(root) == []


def test_delete_of_a_variant_is_forgotten_by_its_base(store: AssetStore, family: Path) -> None:
    store.delete("sword-steel")
    metadata = read_metadata(family, "sword")
    assert metadata["variants"] == ["sword-bronze", "stranger", "gone", "../outside"]
    assert metadata["variantCount"] == 4
    assert metadata["lastVariantGenerated"] == "../outside"


def test_delete_of_the_last_variant_leaves_an_empty_list(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword", {"variants": ["v"], "lastVariantGenerated": "v"})
    make_asset(root, "v", {"parentBaseModel": "sword"})
    store.delete("v")
    metadata = read_metadata(root, "sword")
    assert (metadata["variants"], metadata["variantCount"]) == ([], 0)
    assert metadata["lastVariantGenerated"] is None


@pytest.mark.parametrize("include_variants", [False, True])
@pytest.mark.parametrize("broken", ["{", "[]", "", None])
def test_delete_of_an_asset_with_broken_metadata_works(
    store: AssetStore, root: Path, broken: str | None, include_variants: bool
) -> None:
    folder = make_asset(root, "sword", broken or "")
    make_asset(root, "v", {"parentBaseModel": "sword"})
    if broken is None:
        (folder / "metadata.json").unlink()
    store.delete("sword", include_variants=include_variants)
    assert ids(root) == ([] if include_variants else ["v"])


def test_delete_follows_no_symlink_out_of_the_folder(store: AssetStore, root: Path) -> None:
    make_asset(root, "other")
    (make_asset(root, "sword") / "way-out").symlink_to(root / "other")
    store.delete("sword")
    assert sorted(tree(root / "other")) == ["metadata.json", "other.glb"]


def test_delete_of_an_unknown_asset_is_not_found(store: AssetStore, family: Path) -> None:
    with pytest.raises(NotFound):
        store.delete("axe", include_variants=True)


def test_delete_of_one_asset_by_many_succeeds_once(store: AssetStore, root: Path) -> None:
    make_asset(root, "sword")

    def delete(_: int) -> bool:
        try:
            store.delete("sword")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(delete, range(8))) == 1
    assert not any((root / ".forge" / "trash").iterdir())
