"""Many clients at once over HTTP: nothing that was answered with 200 is lost or half done."""

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.models import textured_box
from tests.fakes.pictures import data_uri, png
from tests.support.assets import make_asset
from tests.support.service import LiveService, live, preset, quick, settings_for

KEYS = 40
PICTURE = data_uri(png(size_px=8))

Ask = Callable[[], httpx.Response]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    settings = settings_for(tmp_path, forge_starts_per_minute=0)
    for asset_id in ("sword", "axe"):
        folder = make_asset(settings.asset_output_dir, asset_id)
        (folder / f"{asset_id}.glb").write_bytes(textured_box())
    with live(settings, instead=quick()) as running:
        yield running


def all_at_once(asks: list[Ask]) -> list[httpx.Response]:
    """Send all of them from as many threads, in an order that is the same in every run."""
    shuffled = random.Random(7).sample(asks, len(asks))
    with ThreadPoolExecutor(len(asks)) as pool:
        answers = dict(zip(map(id, shuffled), pool.map(lambda ask: ask(), shuffled), strict=True))
    return [answers[id(ask)] for ask in asks]


def patch(service: LiveService, asset_id: str, **body: Any) -> Ask:
    return lambda: service.client.patch(f"/api/assets/{asset_id}", json=body)


def sprites(service: LiveService, asset_id: str, count: int) -> Ask:
    body = {
        "sprites": [{"angle": 10 * n, "imageData": PICTURE} for n in range(count)],
        "config": {"angles": count},
    }
    return lambda: service.client.post(f"/api/assets/{asset_id}/sprites", json=body)


def retexture(service: LiveService, base_id: str, preset_id: str) -> Ask:
    body = {"baseAssetId": base_id, "materialPreset": preset(preset_id)}
    return lambda: service.client.post("/api/retexture", json=body)


def check_sprites(service: LiveService, asset_id: str) -> None:
    """Files, sprite-metadata.json and metadata.json tell of one and the same set."""
    folder = service.root / asset_id
    noted = json.loads((folder / "sprite-metadata.json").read_bytes())
    names = [f"{angle:g}deg.png" for angle in noted["angles"]]
    assert sorted(path.name for path in (folder / "sprites").iterdir()) == sorted(names)
    metadata = service.metadata(asset_id)
    assert metadata["spriteCount"] == noted["spriteCount"] == len(names)
    assert metadata["spriteConfig"] == noted["config"] == {"angles": len(names)}
    assert noted["assetId"] == asset_id


def test_edits_sprites_variants_and_looks_at_once_lose_nothing(service: LiveService) -> None:
    edits = [patch(service, "sword", metadata={f"key{n}": n}) for n in range(KEYS)]
    sets = [sprites(service, "sword", count) for count in (1, 2, 3, 4)]
    variants = [retexture(service, "sword", name) for name in ("steel", "bronze", "mithril")]
    looks: list[Ask] = [
        lambda: service.client.get("/api/assets"),
        lambda: service.client.get("/api/assets/sword"),
        lambda: service.client.get("/api/assets/sword/model"),
    ]
    answers = all_at_once([*edits, *sets, *variants, *looks * 5])
    # Retextures of one base take turns or are refused as busy; all else is done.
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {a.status_code for a in answers[: KEYS + len(sets)]} == {200}
    metadata = service.metadata("sword")
    assert {f"key{n}": metadata.get(f"key{n}") for n in range(KEYS)} == {
        f"key{n}": n for n in range(KEYS)
    }
    check_sprites(service, "sword")
    made = {a.json()["assetId"] for a in answers[KEYS + 4 : KEYS + 7] if a.status_code == 200}
    assert made
    assert set(metadata["variants"]) == made
    assert metadata["variantCount"] == len(made)
    assert {path.name for path in service.root.glob("sword-*")} == made


def test_renames_among_edits_lose_nothing(service: LiveService) -> None:
    assert retexture(service, "sword", "steel")().status_code == 200
    renames = [patch(service, "sword", name="blade"), patch(service, "axe", name="hatchet")]
    edits = [patch(service, "sword-steel", metadata={f"key{n}": n}) for n in range(KEYS)]
    sets = [sprites(service, "sword-steel", count) for count in (1, 2, 3)]
    looks: list[Ask] = [
        lambda: service.client.get("/api/assets/sword-steel"),
        lambda: service.client.get("/api/assets"),
    ]
    answers = all_at_once([*renames, *edits, *sets, *looks * 5])
    assert {answer.status_code for answer in answers} == {200}
    metadata = service.metadata("sword-steel")
    assert metadata["parentBaseModel"] == "blade"
    assert [metadata[f"key{n}"] for n in range(KEYS)] == list(range(KEYS))
    check_sprites(service, "sword-steel")
    names = {path.name for path in service.root.iterdir() if not path.name.startswith(".")}
    assert names == {"blade", "hatchet", "sword-steel"}
    assert service.metadata("blade")["variants"] == ["sword-steel"]


def test_one_name_for_many_is_given_once(service: LiveService) -> None:
    for number in range(8):
        make_asset(service.root, f"asset-{number}")
    answers = all_at_once([patch(service, f"asset-{n}", name="wanted") for n in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    listed = {asset["id"] for asset in service.client.get("/api/assets").json()}
    assert len(listed) == 10
    assert "wanted" in listed
