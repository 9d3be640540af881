"""What FakeMeshy refuses, ignores, misses and charges, body by body."""

from typing import Any

import pytest

from tests.fakes import models
from tests.fakes.meshy_fields import Refused
from tests.fakes.meshy_rules import RULES, UNREMESHED_FACES, Judgement
from tests.fakes.meshy_tasks import SUCCEEDED, Task, TaskScript
from tests.fakes.pictures import data_uri, jpeg, noisy_png, picture, png

_PICTURE = data_uri(png(size_px=16))
_IMAGE = {"image_url": _PICTURE}
_VIEWS = {"image_urls": [_PICTURE, _PICTURE]}
_GLB = data_uri(models.tpose_figure(), "application/octet-stream")
_PLAIN_GLB = data_uri(models.textured_box(textured=False), "application/octet-stream")
_STYLED = {"text_style_prompt": "bronze", "enable_original_uv": True}


def _task(task_id: str, **changes: Any) -> Task:
    facts: dict[str, Any] = {
        "id": task_id,
        "number": 1,
        "kind": "image-to-3d",
        "type": "image-to-3d",
        "body": {},
        "script": TaskScript(),
        "credits": 30,
        "created_at_ms": 0,
        "face_count": 6000,
        "polls": 1,
    }
    return Task(**(facts | changes))


_TASKS = {
    task.id: task
    for task in (
        _task("done"),
        _task("waiting", polls=0),
        _task("failed", script=TaskScript((), "FAILED")),
        _task("huge", face_count=UNREMESHED_FACES),
        _task("rigged", kind="rigging", type="rig"),
        _task("painted", kind="retexture", type="retexture"),
        _task("preview", kind="text-to-3d", type="text-to-3d-preview"),
    )
}


def _judge(kind: str, body: dict[str, Any]) -> Judgement:
    return RULES[kind](body, _TASKS)


def _ignored(kind: str, body: dict[str, Any]) -> set[str]:
    return {note.field for note in _judge(kind, body).ignored}


@pytest.mark.parametrize(
    ("kind", "body", "status", "word"),
    [
        ("image-to-3d", {}, 400, "exactly one"),
        ("image-to-3d", {**_IMAGE, "input_task_id": "done"}, 400, "exactly one"),
        ("image-to-3d", {"input_task_id": "nobody"}, 404, "not found"),
        ("image-to-3d", {"input_task_id": "done"}, 400, "text-to-image"),
        ("image-to-3d", {"image_url": 7}, 400, "image_url"),
        ("image-to-3d", {"image_url": "sword.png"}, 400, "cannot be downloaded"),
        ("image-to-3d", {"image_url": "http://127.0.0.1:8080/a.png"}, 400, "cannot be downloaded"),
        ("image-to-3d", {"image_url": "http://localhost/a.png"}, 400, "cannot be downloaded"),
        ("image-to-3d", {"image_url": "data:image/png;base64,!!"}, 400, "base64 is broken"),
        ("image-to-3d", {"image_url": "data:image/png,abc"}, 400, "no base64"),
        ("image-to-3d", {"image_url": data_uri(b"no picture")}, 400, "no PNG or JPEG"),
        ("image-to-3d", {"image_url": data_uri(png(size_px=16)[:-40])}, 400, "no PNG or JPEG"),
        (
            "image-to-3d",
            {"image_url": data_uri(picture(image_format="WEBP"), "image/webp")},
            400,
            "no PNG or JPEG",
        ),
        ("image-to-3d", {"image_url": data_uri(jpeg(size_px=16))}, 400, "is JPEG, not image/png"),
        ("image-to-3d", {**_IMAGE, "ai_model": "meshy-5"}, 400, "retired"),
        ("image-to-3d", {**_IMAGE, "ai_model": "meshy-4"}, 400, "retired"),
        ("image-to-3d", {**_IMAGE, "ai_model": "meshy-9"}, 400, "ai_model"),
        ("image-to-3d", {**_IMAGE, "ai_model": "meshy-t2"}, 400, "ai_model"),
        ("image-to-3d", {**_IMAGE, "model_type": "lowpoly"}, 400, "retired"),
        (
            "image-to-3d",
            {**_IMAGE, "should_texture": False, "enable_pbr": True},
            400,
            "enable_pbr",
        ),
        (
            "image-to-3d",
            {**_IMAGE, "ai_model": "meshy-6", "geometry_resolution": "2k"},
            400,
            "geometry_resolution",
        ),
        (
            "image-to-3d",
            {**_IMAGE, "ai_model": "meshy-7", "geometry_resolution": "4k"},
            400,
            "geometry_resolution",
        ),
        ("image-to-3d", {**_IMAGE, "target_polycount": 99}, 400, "between 100 and 300000"),
        ("image-to-3d", {**_IMAGE, "target_polycount": 300_001}, 400, "between"),
        ("image-to-3d", {**_IMAGE, "target_polycount": "6000"}, 400, "integer"),
        (
            "image-to-3d",
            {**_IMAGE, "model_type": "smart-topology", "target_polycount": 15_001},
            400,
            "between 100 and 15000",
        ),
        ("image-to-3d", {**_IMAGE, "should_remesh": "yes"}, 400, "boolean"),
        ("image-to-3d", {**_IMAGE, "topology": "hexagon"}, 400, "topology"),
        ("image-to-3d", {**_IMAGE, "decimation_mode": 5}, 400, "between 1 and 4"),
        ("image-to-3d", {**_IMAGE, "pose_mode": "dance"}, 400, "pose_mode"),
        ("image-to-3d", {**_IMAGE, "target_formats": ["blend"]}, 400, "target_formats"),
        ("image-to-3d", {**_IMAGE, "target_formats": []}, 400, "target_formats"),
        ("image-to-3d", {**_IMAGE, "texture_prompt": "x" * 601}, 400, "at most 600"),
        (
            "image-to-3d",
            {**_IMAGE, "ai_model": "meshy-6-lite", "texture_resolution": "4k"},
            400,
            "texture_resolution",
        ),
        ("image-to-3d", {**_IMAGE, "ai_model": "meshy-6", "ultra_mode": True}, 400, "ultra_mode"),
        ("multi-image-to-3d", {}, 400, "exactly one"),
        ("multi-image-to-3d", {"image_urls": []}, 400, "1 to 4"),
        ("multi-image-to-3d", {"image_urls": [_PICTURE] * 5}, 400, "1 to 4"),
        ("multi-image-to-3d", {"image_urls": [data_uri(b"x")]}, 400, "image_urls[0]"),
        ("multi-image-to-3d", {**_VIEWS, "ai_model": "meshy-7"}, 400, "ai_model"),
        ("multi-image-to-3d", {**_VIEWS, "geometry_resolution": "4k"}, 400, "geometry_resolution"),
        (
            "multi-image-to-3d",
            {**_VIEWS, "texture_image_urls": [_PICTURE], "texture_prompt": "x"},
            400,
            "excludes",
        ),
        (
            "multi-image-to-3d",
            {**_VIEWS, "texture_image_urls": [_PICTURE], "ai_model": "meshy-6"},
            400,
            "meshy-7 model",
        ),
        ("text-to-3d", {"prompt": "axe"}, 400, "mode is required"),
        ("text-to-3d", {"mode": "sketch", "prompt": "axe"}, 400, "mode"),
        ("text-to-3d", {"mode": "preview"}, 400, "prompt is required"),
        ("text-to-3d", {"mode": "preview", "prompt": "x" * 601}, 400, "at most 600"),
        ("text-to-3d", {"mode": "refine"}, 400, "preview_task_id"),
        ("text-to-3d", {"mode": "refine", "preview_task_id": "nobody"}, 404, "not found"),
        ("text-to-3d", {"mode": "refine", "preview_task_id": "done"}, 400, "preview task"),
        ("retexture", _STYLED, 400, "exactly one"),
        ("retexture", {"input_task_id": "done"}, 400, "text_style_prompt"),
        ("retexture", {**_STYLED, "input_task_id": "nobody"}, 404, "not found"),
        ("retexture", {**_STYLED, "input_task_id": "waiting"}, 400, "SUCCEEDED"),
        ("retexture", {**_STYLED, "input_task_id": "failed"}, 400, "SUCCEEDED"),
        ("retexture", {**_STYLED, "input_task_id": "painted"}, 400, "SUCCEEDED"),
        ("retexture", {**_STYLED, "input_task_id": "done", "ai_model": "meshy-5"}, 400, "retired"),
        (
            "retexture",
            {"input_task_id": "done", "text_style_prompt": "x" * 601},
            400,
            "at most 600",
        ),
        (
            "retexture",
            {"input_task_id": "done", "multiview_image_urls": [_PICTURE]},
            400,
            "explicit meshy-7",
        ),
        ("retexture", {**_STYLED, "model_url": data_uri(b"glTF", "image/png")}, 400, "octet"),
        (
            "retexture",
            {**_STYLED, "model_url": data_uri(b"solid", "application/octet-stream")},
            400,
            "not a supported 3D file",
        ),
        (
            "retexture",
            {**_STYLED, "model_url": data_uri(b"glTF" + b"\0" * 30, "application/octet-stream")},
            400,
            "cannot be read",
        ),
        ("rigging", {}, 400, "exactly one"),
        ("rigging", {"input_task_id": "huge"}, 400, "300000"),
        ("rigging", {"input_task_id": "done", "height_meters": 0}, 400, "height_meters"),
        ("rigging", {"input_task_id": "done", "height_meters": "1.8"}, 400, "height_meters"),
        ("rigging", {"input_task_id": "done", "animation_type": "quadruped"}, 400, "quadruped"),
        (
            "rigging",
            {"input_task_id": "done", "texture_image_url": data_uri(jpeg(), "image/jpeg")},
            400,
            "no PNG",
        ),
        ("rigging", {"input_task_id": "rigged"}, 400, "SUCCEEDED"),
        ("remesh", {}, 400, "exactly one"),
        ("remesh", {"input_task_id": "done", "target_polycount": 1}, 400, "between"),
        ("remesh", {"input_task_id": "done", "target_formats": ["svg"]}, 400, "target_formats"),
    ],
)
def test_body_against_the_rules_is_refused(
    kind: str, body: dict[str, Any], status: int, word: str
) -> None:
    with pytest.raises(Refused) as caught:
        _judge(kind, body)
    assert caught.value.status == status
    assert word in caught.value.message


def test_picture_over_ten_megabytes_is_413() -> None:
    with pytest.raises(Refused) as caught:
        _judge("image-to-3d", {"image_url": data_uri(noisy_png(10_000_200))})
    assert caught.value.status == 413


@pytest.mark.parametrize(
    ("kind", "body", "price"),
    [
        ("image-to-3d", _IMAGE, 30),
        ("image-to-3d", {"image_url": "https://cdn.example.com/a.png"}, 30),
        ("image-to-3d", {"image_url": data_uri(jpeg(), "image/jpeg")}, 30),
        ("image-to-3d", {**_IMAGE, "should_texture": False}, 20),
        ("image-to-3d", {**_IMAGE, "geometry_resolution": "4k"}, 35),
        ("image-to-3d", {**_IMAGE, "texture_resolution": "8k", "enable_pbr": True}, 35),
        ("image-to-3d", {**_IMAGE, "ai_model": "meshy-6-lite"}, 15),
        ("image-to-3d", {**_IMAGE, "model_type": "smart-topology"}, 15),
        (
            "image-to-3d",
            {**_IMAGE, "model_type": "smart-topology", "texture_resolution": "8k"},
            20,
        ),
        ("multi-image-to-3d", _VIEWS, 30),
        ("text-to-3d", {"mode": "preview", "prompt": "axe"}, 20),
        ("text-to-3d", {"mode": "refine", "preview_task_id": "preview"}, 10),
        ("retexture", {**_STYLED, "input_task_id": "done"}, 10),
        ("retexture", {**_STYLED, "model_url": _GLB, "texture_resolution": "8k"}, 15),
        ("remesh", {"input_task_id": "painted"}, 5),
        ("rigging", {"input_task_id": "done", "height_meters": 1.8}, 5),
        ("rigging", {"model_url": _GLB}, 5),
    ],
)
def test_good_body_has_its_price(kind: str, body: dict[str, Any], price: int) -> None:
    judged = _judge(kind, body)
    assert judged.credits == price
    assert judged.ignored == []


@pytest.mark.parametrize(
    ("kind", "body", "names"),
    [
        (
            "image-to-3d",
            {**_IMAGE, "topology": "quad", "target_polycount": 6000},
            {"topology", "target_polycount"},
        ),
        (
            "image-to-3d",
            {**_IMAGE, "should_remesh": True, "decimation_mode": 2, "target_polycount": 6000},
            {"target_polycount"},
        ),
        (
            "image-to-3d",
            {**_IMAGE, "symmetry_mode": "auto", "is_a_t_pose": True, "hd_texture": True},
            {"symmetry_mode", "is_a_t_pose", "hd_texture"},
        ),
        ("image-to-3d", {**_IMAGE, "colour": "red"}, {"colour"}),
        (
            "image-to-3d",
            {**_IMAGE, "ai_model": "latest", "remove_lighting": True},
            {"remove_lighting"},
        ),
        (
            "image-to-3d",
            {**_IMAGE, "should_texture": False, "texture_prompt": "red"},
            {"texture_prompt"},
        ),
        (
            "image-to-3d",
            {**_IMAGE, "texture_prompt": "red", "texture_image_url": _PICTURE},
            {"texture_image_url"},
        ),
        (
            "image-to-3d",
            {**_IMAGE, "model_type": "smart-topology", "should_remesh": True},
            {"should_remesh"},
        ),
        ("multi-image-to-3d", {**_VIEWS, "model_type": "smart-topology"}, {"model_type"}),
        (
            "text-to-3d",
            {"mode": "preview", "prompt": "axe", "art_style": "realistic"},
            {"art_style"},
        ),
        (
            "retexture",
            {**_STYLED, "input_task_id": "done", "image_style_url": _PICTURE},
            {"text_style_prompt"},
        ),
        ("remesh", {"input_task_id": "done", "resize_height": 2}, {"resize_height"}),
    ],
)
def test_field_without_effect_is_noted(kind: str, body: dict[str, Any], names: set[str]) -> None:
    assert _ignored(kind, body) == names


def test_retexture_without_enable_original_uv_is_noted_as_forgotten() -> None:
    judged = _judge("retexture", {"input_task_id": "done", "text_style_prompt": "bronze"})
    assert [note.field for note in judged.forgotten] == ["enable_original_uv"]
    assert _judge("retexture", {**_STYLED, "input_task_id": "done"}).forgotten == []


def test_retexture_of_a_model_without_uvs_fails_later() -> None:
    judged = _judge("retexture", {**_STYLED, "model_url": _PLAIN_GLB})
    assert judged.fails_with is not None
    assert judged.fails_with["code"] == "model_missing_uv"
    changed = _judge("retexture", {**_STYLED, "model_url": _PLAIN_GLB, "enable_original_uv": False})
    assert changed.fails_with is None


@pytest.mark.parametrize(
    ("changes", "face_count"),
    [
        ({}, UNREMESHED_FACES),
        ({"target_polycount": 6000}, UNREMESHED_FACES),
        ({"should_remesh": True}, 30_000),
        ({"should_remesh": True, "target_polycount": 6000}, 6000),
        ({"model_type": "smart-topology"}, 4000),
        ({"model_type": "smart-topology", "ai_model": "meshy-t2.5"}, 15_000),
    ],
)
def test_face_count_follows_the_remesh(changes: dict[str, Any], face_count: int) -> None:
    assert _judge("image-to-3d", {**_IMAGE, **changes}).face_count == face_count


def test_script_done_at_poll_shows_its_end_then() -> None:
    task = _task("one", polls=0, script=TaskScript.done_at_poll(2))
    assert (task.status, task.poll(1), task.status) == ("PENDING", False, "PENDING")
    assert (task.poll(2), task.status, task.poll(3)) == (True, SUCCEEDED, False)
