"""Models in their place: what a run and a variant do with what an outside maker delivers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.services.retexture import RetextureRequest
from tests.fakes import models
from tests.fakes.pictures import data_uri
from tests.support.service import preset
from tests.support.weapons import BOXES, moved, of_boxes, points_of
from tests.unit.services.workshop import PICTURE, Maker, Workshop, workshop

SWORD = of_boxes(BOXES["sword"])
# As makers deliver: lying, huge, anywhere.
LYING = moved(SWORD, rotation=(0.3, -0.5, 0.6, 0.2), scale=2.1, translation=(3, 1, 4))


async def generated(tmp_path: Path, model: bytes, **fields: Any) -> tuple[Workshop, dict[str, Any]]:
    async with workshop(tmp_path, meshy=Maker("meshy", model=model)) as shop:
        record = await shop.generate(**fields)
        assert record.status == "completed", record.error
        return shop, shop.metadata("plain-sword")


def heights(path: Path) -> tuple[float, float]:
    height = points_of(path.read_bytes())[:, 1]
    return float(height.min()), float(height.max())


async def test_weapon_is_placed_and_what_came_is_kept(tmp_path: Path) -> None:
    shop, made = await generated(tmp_path, LYING)
    folder = shop.root / "plain-sword"
    assert (folder / "plain-sword_raw.glb").read_bytes() == LYING
    points = points_of((folder / "plain-sword.glb").read_bytes())
    assert np.ptp(points[:, 1]) == pytest.approx(1.0, abs=0.001)
    assert points[:, 1].max() > 0.8
    assert made["normalized"] is True
    assert made["normalizationDate"].endswith("Z")
    assert made["dimensions"]["height"] == pytest.approx(1.0, abs=0.001)
    assert made["grip"] == [0, 0, 0]
    assert made["conventions"] == {
        "units": "metres",
        "up": "+Y",
        "blade": "+Y",
        "edge": "+X",
        "origin": "grip",
    }
    assert made["normalization"]["frame"] == "weapon"
    assert made["normalization"]["sizeFrom"] == "kind"
    assert made["normalization"]["orientation"] == "measured"


async def test_weapon_height_asked_for_wins(tmp_path: Path) -> None:
    _, made = await generated(tmp_path, LYING, metadata={"characterHeight": 1.4})
    assert made["dimensions"]["height"] == pytest.approx(1.4, abs=0.001)
    assert made["normalization"]["sizeFrom"] == "asked"


async def test_weapon_of_unclear_direction_keeps_it_and_is_warned_of(tmp_path: Path) -> None:
    _, made = await generated(tmp_path, of_boxes([((1, 1, 1), (0, 5, 0))]))
    assert made["normalized"] is True
    assert made["normalization"]["orientation"] == "kept"
    assert "grip" not in made
    assert any("direction was kept" in warning for warning in made["modelWarnings"])


async def test_model_that_cannot_be_measured_is_kept_with_a_warning(tmp_path: Path) -> None:
    flat = of_boxes([((0, 0, 0), (0, 0, 0))])
    shop, made = await generated(tmp_path, flat)
    folder = shop.root / "plain-sword"
    assert (folder / "plain-sword.glb").read_bytes() == flat
    assert made["normalized"] is False
    assert "normalizationDate" not in made
    assert any("could not be measured" in warning for warning in made["modelWarnings"])


async def test_character_without_height_fails_with_a_sentence(tmp_path: Path) -> None:
    flat = of_boxes([((1, 0, 1), (0, 0, 0))])
    async with workshop(tmp_path, meshy=Maker("meshy", model=flat)) as shop:
        record = await shop.generate(type="character", generationType="avatar")
    assert record.status == "failed"
    assert "flat" in str(record.error)


@pytest.mark.parametrize(
    ("words", "height_m"),
    [
        ({"type": "armor", "subtype": "helmet"}, 0.3),
        ({"type": "decoration", "subtype": "tree"}, 6.0),
        ({"type": "building", "subtype": "windmill"}, 6.0),
    ],
)
async def test_item_stands_on_the_ground_at_its_size(
    tmp_path: Path, words: dict[str, str], height_m: float
) -> None:
    model = moved(models.textured_box((1.0, 2.0, 1.0)), translation=(3, 7, 1))
    shop, made = await generated(tmp_path, model, **words)
    low, high = heights(shop.root / "plain-sword" / "plain-sword.glb")
    assert (low, high) == pytest.approx((0, height_m), abs=1e-5)
    assert made["conventions"]["origin"] == "ground"
    assert made["dimensions"]["height"] == height_m


async def test_greybox_model_comes_through_as_it_is(tmp_path: Path) -> None:
    greybox = Maker("greybox", model=LYING)
    async with workshop(tmp_path, greybox=greybox) as shop:
        drawn = {"source": "upload", "dataUrl": data_uri(PICTURE)}
        record = await shop.generate(provider="greybox", referenceImage=drawn)
        assert record.status == "completed", record.error
        made = shop.metadata("plain-sword")
        assert (shop.root / "plain-sword" / "plain-sword.glb").read_bytes() == LYING
    assert made["normalized"] is True
    assert made["grip"] == [0, 0, 0]
    assert "normalization" not in made


@pytest.mark.parametrize("choice", [ProviderChoice.MESHY, ProviderChoice.GREYBOX])
async def test_variant_lies_as_its_base_does(tmp_path: Path, choice: ProviderChoice) -> None:
    meshy, greybox = Maker("meshy", model=LYING), Maker("greybox")
    async with workshop(tmp_path, meshy=meshy, greybox=greybox) as shop:
        await shop.generate(metadata={"characterHeight": 1.3})
        base = shop.metadata("plain-sword")
        placed = (shop.root / "plain-sword" / "plain-sword.glb").read_bytes()
        greybox.model = placed  # it paints the file, Meshy its own task
        bronze = MaterialPreset.from_json(preset("bronze"))
        order = RetextureRequest(base_id=AssetId("plain-sword"), preset=bronze, choice=choice)
        record = await shop.end(await shop.retexture.start(order))
        assert record.status == "completed", record.error
        variant = shop.metadata("plain-sword-bronze")
        painted = (shop.root / "plain-sword-bronze" / "plain-sword-bronze.glb").read_bytes()
    assert np.abs(points_of(painted) - points_of(placed)).max() < 1e-4
    for key in ("dimensions", "grip", "conventions", "normalized"):
        assert variant[key] == base[key]
    assert variant["normalization"]["size"] == 1.3
