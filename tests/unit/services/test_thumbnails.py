"""Thumbnails and sprite sheets of pipelines: published with the model, never in its way."""

import json
from pathlib import Path
from typing import Any

from asset_forge.errors import BadGlb
from tests.fakes.workers import quick_renderers
from tests.support.service import preset
from tests.unit.services.workshop import workshop

SWORD = "plain-sword"


def refuse(*_: Any) -> None:
    raise BadGlb("nothing to draw")


def overflow(*_: Any) -> None:
    raise RuntimeError("FloatingPointError: overflow")


async def test_base_and_variant_are_published_with_a_thumbnail(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        record = await shop.generate(materialPresets=[preset("bronze")], enableRetexturing=True)
        assert record.failure is None
        for asset_id in (SWORD, f"{SWORD}-bronze"):
            assert (shop.root / asset_id / "thumbnail.png").read_bytes().startswith(b"\x89PNG")
            assert "thumbnailError" not in shop.metadata(asset_id)


async def test_thumbnail_that_fails_is_noted_and_the_pipeline_completes(tmp_path: Path) -> None:
    for fault, told in ((refuse, "nothing to draw"), (overflow, "overflow")):
        folder = tmp_path / fault.__name__
        folder.mkdir()
        instead = {**quick_renderers(), "render_thumbnail_file": fault}
        async with workshop(folder, instead=instead) as shop:
            assert (await shop.generate()).failure is None
            assert told in shop.metadata(SWORD)["thumbnailError"]
            assert not (shop.root / SWORD / "thumbnail.png").exists()


async def test_new_mesh_takes_the_old_thumbnail_and_sheet_away(tmp_path: Path) -> None:
    instead = quick_renderers()
    async with workshop(tmp_path, instead=instead) as shop:
        await shop.generate(enableSprites=True)
        folder = shop.root / SWORD
        assert (folder / "sprite-sheet.png").exists()
        shop.tools.workers._instead["render_thumbnail_file"] = refuse  # type: ignore[attr-defined]
        record = await shop.generate(overwrite=True)
        assert record.failure is None
        assert not (folder / "thumbnail.png").exists()
        assert not list(folder.glob("sprite-sheet*"))
        assert "spriteSheet" not in shop.metadata(SWORD)


async def test_sprite_stage_tells_where_its_sheet_is(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        config = {"angles": 3, "animation": "walking", "frames": 2}
        record = await shop.generate(enableSprites=True, spriteConfig=config)
        result = record.stages["spriteGeneration"].result
        assert result is not None
        assert [sprite["frame"] for sprite in result["sprites"]] == [0, 1] * 3
        assert result["spriteSheet"]["dataUrl"] == f"/api/assets/{SWORD}/sprite-sheet.json"
        told = json.loads((shop.root / SWORD / "sprite-sheet.json").read_bytes())
        assert len(told["frames"]) == result["spriteSheet"]["frameCount"] == 6
        assert shop.metadata(SWORD)["spriteConfig"]["animation"] == "walking"
