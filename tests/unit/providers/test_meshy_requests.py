from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.quality import Quality
from asset_forge.providers.meshy_requests import (
    clipped,
    echoed_fields,
    mark_of,
    retexture_body,
    rig_body,
    shape_body,
)
from tests.fakes.meshy_rules import RULES
from tests.fakes.models import textured_box
from tests.fakes.pictures import data_uri, png
from tests.unit.providers.support import PRESET, retexture_job, rig_job, shape_job

PICTURE = data_uri(png(size_px=64))


def body_of(model: str = "meshy-7.1", **changes: Any) -> dict[str, Any]:
    return shape_body(shape_job(**changes), model=model, image_url=PICTURE)


def test_shape_body_standard_has_every_field_that_counts() -> None:
    body = body_of()

    name = body.pop("name")
    assert body == {
        "image_url": PICTURE,
        "ai_model": "meshy-7.1",
        "should_remesh": True,
        "topology": "triangle",
        "target_polycount": 6000,
        "should_texture": True,
        "enable_pbr": False,
        "texture_resolution": "2k",
        "target_formats": ["glb"],
    }
    assert name.endswith(" Steel Longsword")


def test_shape_body_ultra_avatar_stands_in_t_pose_with_4k_and_pbr() -> None:
    body = body_of(quality=Quality.ULTRA, t_pose=True)

    assert body["pose_mode"] == "t-pose"
    assert (body["texture_resolution"], body["enable_pbr"]) == ("4k", True)
    assert body["target_polycount"] == 20_000


@pytest.mark.parametrize(("faces", "sent"), [(5, 100), (1_000_000, 300_000)])
def test_shape_body_faces_stay_in_the_allowed_range(faces: int, sent: int) -> None:
    assert body_of(face_budget=faces)["target_polycount"] == sent


def test_shape_body_smart_topology_has_its_own_fields() -> None:
    body = body_of("meshy-t2.5", face_budget=50_000)

    assert body["model_type"] == "smart-topology"
    assert body["target_polycount"] == 30_000
    assert not {"should_remesh", "topology"} & body.keys()


def test_shape_body_lite_model_gets_no_4k() -> None:
    assert body_of("meshy-6-lite", texture_px=4096)["texture_resolution"] == "2k"


def test_shape_body_painting_model_is_not_asked_for_a_shape() -> None:
    assert body_of("meshy-n1")["ai_model"] == "meshy-7.1"


def test_retexture_body_keeps_the_uvs() -> None:
    body = retexture_body(retexture_job(), model="meshy-7.1", source={"input_task_id": "base-1"})

    assert body == {
        "input_task_id": "base-1",
        "text_style_prompt": "aged bronze, warm brown patina",
        "enable_original_uv": True,
        "enable_pbr": True,
        "ai_model": "meshy-7.1",
        "target_formats": ["glb"],
    }


@pytest.mark.parametrize("model", ["meshy-6-lite", "meshy-t2", "meshy-t2.5"])
def test_retexture_body_model_that_cannot_paint_is_replaced(model: str) -> None:
    body = retexture_body(retexture_job(), model=model, source={"input_task_id": "x"})

    assert body["ai_model"] == "meshy-7.1"


def test_retexture_body_long_style_is_cut_at_a_word() -> None:
    job = retexture_job(preset=replace(PRESET, style_prompt="shiny bronze " * 100))

    style = retexture_body(job, model="meshy-7.1", source={})["text_style_prompt"]

    assert 580 < len(style) <= 600
    assert style.endswith(("shiny", "bronze"))


def test_rig_body_has_source_and_height() -> None:
    assert rig_body(rig_job(), source={"input_task_id": "a"}) == {
        "input_task_id": "a",
        "height_meters": 1.8,
    }


@pytest.mark.parametrize(
    "model", ["meshy-7.1", "meshy-6", "meshy-6-lite", "meshy-t2", "meshy-t2.5", "latest"]
)
@pytest.mark.parametrize("quality", list(Quality))
def test_bodies_are_taken_by_meshy_with_no_field_in_vain(model: str, quality: Quality) -> None:
    body = body_of(model, quality=quality, t_pose=True)

    judged = RULES["image-to-3d"](body, {})

    assert judged.ignored == []
    assert judged.forgotten == []


@pytest.mark.parametrize("model", ["meshy-7.1", "meshy-6", "meshy-n1", "meshy-6-lite", "latest"])
def test_retexture_bodies_are_taken_by_meshy(model: str) -> None:
    box = data_uri(textured_box(), "application/octet-stream")
    body = retexture_body(retexture_job(), model=model, source={"model_url": box})

    judged = RULES["retexture"](body, {})

    assert judged.ignored == []
    assert judged.forgotten == []


def test_echoed_name_is_the_same_for_the_same_job_only() -> None:
    def name_of(picture: str, **changes: Any) -> str:
        return echoed_fields(shape_job(Path(picture), **changes))["name"]

    mark = mark_of(name_of("/srv/runs/p-1/concept-art.png"))

    # Neither another root nor another version, which may know of more fields, makes it another.
    assert mark_of(name_of("/mnt/x/p-1/concept-art.png", quality=Quality.ULTRA)) == mark
    assert mark_of(name_of("/srv/runs/p-2/concept-art.png")) != mark


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("  two \n words ", 20, "two words"),
        ("one two three", 7, "one two"),
        ("one two three", 8, "one two"),
        ("unbreakable", 4, "unbr"),
    ],
)
def test_clipped_ends_with_a_whole_word(text: str, limit: int, expected: str) -> None:
    assert clipped(text, limit) == expected
