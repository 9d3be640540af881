"""AssetService: what is refused, and in which words."""

import re
from pathlib import Path

import pytest

from asset_forge.errors import BadInput, Conflict, ForgeError, NotFound
from asset_forge.pictures import encode_data_url
from asset_forge.services.assets import AssetChanges, AssetService, SpriteUpload
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from tests.fakes.workers import thread_workers
from tests.support.assets import claim_unless, make_asset, picture, read_metadata, tree

HOSTILE_IDS = ["", "..", "../x", ".forge", "a/b", "a\0b", "x" * 500, "con"]
PNG_URL = encode_data_url(picture(), "image/png")


@pytest.fixture
def busy() -> set[str]:
    return set()


@pytest.fixture
def service(tmp_path: Path, busy: set[str]) -> AssetService:
    return AssetService(
        store=AssetStore(AssetRoot(tmp_path)), claim=claim_unless(busy), workers=thread_workers()
    )


@pytest.mark.parametrize("asset_id", ["unknown", *HOSTILE_IDS])
async def test_unknown_asset_is_refused_in_the_words_of_the_contract(
    service: AssetService, tmp_path: Path, asset_id: str
) -> None:
    make_asset(tmp_path, "sword")
    before = tree(tmp_path)
    named = f"Asset {asset_id[:120]} not found"
    sprite = SpriteUpload(0, PNG_URL)
    for call, text in [
        (service.get_asset(asset_id), named),
        (service.model_file(asset_id), named),
        (service.file(asset_id, "metadata.json"), "File not found"),
        (service.update_asset(asset_id, AssetChanges(type="x")), "Asset not found"),
        (service.delete_asset(asset_id), "Asset not found"),
        (service.save_sprites(asset_id, [sprite], {}), "Asset not found"),
    ]:
        with pytest.raises(NotFound) as raised:
            await call
        assert raised.value.message == text
    assert tree(tmp_path) == before


async def test_asset_without_a_model_says_so(service: AssetService, tmp_path: Path) -> None:
    (make_asset(tmp_path, "sword") / "sword.glb").unlink()
    with pytest.raises(NotFound) as raised:
        await service.model_file("sword")
    assert raised.value.message == "Model file not found"


async def test_update_merges_metadata_and_sets_both_times(
    service: AssetService, tmp_path: Path
) -> None:
    make_asset(tmp_path, "sword", {"kept": 1, "deep": {"old": 1}})
    changes = AssetChanges(type="armor", metadata={"tier": 3, "deep": {"new": 1}})
    entry = await service.update_asset("sword", changes)
    metadata = read_metadata(tmp_path, "sword")
    assert entry.metadata == metadata
    assert (metadata["kept"], metadata["tier"], metadata["type"]) == (1, 3, "armor")
    assert metadata["deep"] == {"new": 1}
    assert metadata["lastModified"] == metadata["updatedAt"]


async def test_update_with_a_new_name_renames_and_merges_at_once(
    service: AssetService, tmp_path: Path
) -> None:
    make_asset(tmp_path, "sword")
    changes = AssetChanges(name="blade", metadata={"tier": 3, "modelPath": "sword.glb"})
    entry = await service.update_asset("sword", changes)
    assert (entry.id, entry.model_file) == ("blade", "blade.glb")
    metadata = read_metadata(tmp_path, "blade")
    assert (metadata["name"], metadata["gameId"], metadata["tier"]) == ("blade", "blade", 3)
    assert metadata["modelPath"] == "blade.glb"
    assert "lastModified" in metadata


@pytest.mark.parametrize("name", ["The Sword of Kings!?", "sword"])
async def test_update_with_the_name_it_has_renames_nothing(
    service: AssetService, tmp_path: Path, name: str
) -> None:
    make_asset(tmp_path, "sword", {"name": "The Sword of Kings!?"})
    entry = await service.update_asset("sword", AssetChanges(name=name, type="armor"))
    assert entry.id == "sword"
    assert entry.metadata["name"] == name


async def test_update_with_a_bad_name_says_the_rule_and_a_better_one(
    service: AssetService, tmp_path: Path
) -> None:
    make_asset(tmp_path, "sword")
    before = tree(tmp_path)
    with pytest.raises(BadInput, match=r"must not contain '/'.*'king-s-sword' would do"):
        await service.update_asset("sword", AssetChanges(name="King/s Sword"))
    with pytest.raises(BadInput, match=r"^((?!would do).)*$"):
        await service.update_asset("sword", AssetChanges(name="///"))
    assert tree(tmp_path) == before


async def test_update_to_a_taken_name_is_a_conflict(service: AssetService, tmp_path: Path) -> None:
    make_asset(tmp_path, "sword")
    make_asset(tmp_path, "axe")
    before = tree(tmp_path)
    with pytest.raises(Conflict):
        await service.update_asset("sword", AssetChanges(name="axe", metadata={"tier": 3}))
    assert tree(tmp_path) == before


async def test_update_with_values_that_are_not_json_changes_nothing(
    service: AssetService, tmp_path: Path
) -> None:
    make_asset(tmp_path, "sword")
    before = tree(tmp_path)
    with pytest.raises(BadInput):
        await service.update_asset("sword", AssetChanges(metadata={"x": float("inf")}))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("in_use", ["sword", "sword-bronze"])
async def test_busy_asset_can_be_edited_but_not_renamed_or_deleted(
    service: AssetService, tmp_path: Path, busy: set[str], in_use: str
) -> None:
    make_asset(tmp_path, "sword")
    make_asset(tmp_path, "sword-bronze", {"parentBaseModel": "sword"})
    busy.add(in_use)
    for call in (
        service.update_asset("sword", AssetChanges(name="blade")),
        service.delete_asset("sword", include_variants=True),
    ):
        with pytest.raises(Conflict, match=f"Asset {in_use} is in use") as raised:
            await call
        assert raised.value.error_code == "asset_busy"
    entry = await service.update_asset("sword", AssetChanges(type="armor"))
    assert entry.metadata["type"] == "armor"


async def test_base_can_be_deleted_while_a_variant_is_busy_that_stays(
    service: AssetService, tmp_path: Path, busy: set[str]
) -> None:
    make_asset(tmp_path, "sword")
    make_asset(tmp_path, "sword-bronze", {"parentBaseModel": "sword"})
    busy.add("sword-bronze")
    assert await service.delete_asset("sword") == ["sword"]


async def test_name_that_a_running_pipeline_is_about_to_take_is_refused(
    service: AssetService, tmp_path: Path, busy: set[str]
) -> None:
    make_asset(tmp_path, "sword")
    before = tree(tmp_path)
    busy.add("blade")
    with pytest.raises(Conflict, match="blade is in use"):
        await service.update_asset("sword", AssetChanges(name="blade"))
    assert tree(tmp_path) == before


async def test_sprites_of_every_format_are_kept_as_png(
    service: AssetService, tmp_path: Path
) -> None:
    folder = make_asset(tmp_path, "sword")
    uploads = [
        SpriteUpload(angle, encode_data_url(picture(file_format), "image/png"))
        for angle, file_format in [(0, "PNG"), (22.5, "JPEG"), (270, "WEBP")]
    ]
    names = await service.save_sprites("sword", uploads, {"angles": 3})
    assert names == ["0deg.png", "22.5deg.png", "270deg.png"]
    for name in names:
        assert (folder / "sprites" / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (SpriteUpload(360, PNG_URL), "360 is not from 0"),
        (SpriteUpload(-1, PNG_URL), "-1 is not from 0"),
        (SpriteUpload(float("nan"), PNG_URL), "nan is not from 0"),
        (SpriteUpload(float("inf"), PNG_URL), "inf is not from 0"),
        (SpriteUpload(-0.0, PNG_URL), "is there twice"),
        (SpriteUpload(90, "data:image/png;base64,AAAA"), "angle 90: .* no PNG"),
        (SpriteUpload(90, PNG_URL[:-20]), "angle 90"),
        (SpriteUpload(90, "https://example.org/x.png"), "angle 90: Not a base64 data URL"),
        (SpriteUpload(90, encode_data_url(picture("GIF"), "image/gif")), "no PNG, JPEG or WebP"),
        (SpriteUpload(90, encode_data_url(picture(size=(5000, 5000)), "image/png")), "pixels"),
    ],
)
async def test_one_bad_sprite_refuses_all_and_keeps_the_old(
    service: AssetService, tmp_path: Path, bad: SpriteUpload, detail: str
) -> None:
    make_asset(tmp_path, "sword")
    good = SpriteUpload(0, PNG_URL)
    await service.save_sprites("sword", [good], {})
    before = tree(tmp_path)
    with pytest.raises(ForgeError) as raised:
        await service.save_sprites("sword", [good, bad], {})
    assert (raised.value.status, raised.value.message) == (400, "Invalid sprites data")
    assert re.search(detail, raised.value.detail or "")
    assert tree(tmp_path) == before


async def test_no_sprites_at_all_is_refused(service: AssetService, tmp_path: Path) -> None:
    make_asset(tmp_path, "sword")
    with pytest.raises(BadInput, match="Invalid sprites data"):
        await service.save_sprites("sword", [], {})
