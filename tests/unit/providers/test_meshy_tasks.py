"""Reading Meshy's task objects."""

from typing import Any

import pytest

from asset_forge.providers.base import TaskKind, TaskState, TaskStatus
from asset_forge.providers.meshy_tasks import (
    read_output,
    read_status,
    write_output,
)

DONE = {"status": "SUCCEEDED", "model_urls": {"glb": "https://a.test/m.glb?sig=1", "fbx": "x"}}


def status_of(task: dict[str, Any], kind: TaskKind = TaskKind.IMAGE_TO_3D) -> TaskStatus:
    return read_status(kind, "t1", task, model="meshy-7.1", retry_after_s=None)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", TaskState.QUEUED),
        ("IN_PROGRESS", TaskState.RUNNING),
        ("FAILED", TaskState.FAILED),
        ("CANCELED", TaskState.CANCELLED),
        ("CANCELLED", TaskState.CANCELLED),
        ("EXPIRED", TaskState.EXPIRED),
        ("in_progress", TaskState.RUNNING),
        ("DREAMING", TaskState.RUNNING),
        (None, TaskState.RUNNING),
    ],
)
def test_status_of_each_name_is_mapped(status: Any, state: TaskState) -> None:
    assert status_of({"status": status, "progress": 40}).state is state


def test_status_succeeded_names_the_model_without_its_address() -> None:
    status = status_of({**DONE, "consumed_credits": 30, "progress": 99})

    assert status.state is TaskState.SUCCEEDED
    assert status.progress == 100
    assert status.outputs == {"model": "image-to-3d/t1/model"}
    assert status.receipt is not None
    assert status.receipt.to_json() == {
        "provider": "meshy",
        "model": "meshy-7.1",
        "taskId": "t1",
        "credits": 30.0,
    }


def test_status_rig_reads_result_and_its_clips() -> None:
    clips = {"walking_glb_url": "u1", "running_glb_url": "u2", "walking_fbx_url": "u3"}
    result = {"rigged_character_glb_url": "u0", "basic_animations": clips}

    status = status_of({"status": "SUCCEEDED", "result": result}, TaskKind.RIGGING)

    assert sorted(status.outputs) == ["rigged", "running", "walking"]
    assert status.outputs["walking"] == "rigging/t1/walking"


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        (TaskKind.IMAGE_TO_3D, {"status": "SUCCEEDED", "model_urls": {"fbx": "x"}}),
        (TaskKind.IMAGE_TO_3D, {"status": "SUCCEEDED", "model_urls": None}),
        (TaskKind.RIGGING, {"status": "SUCCEEDED", "result": {}}),
        (TaskKind.RIGGING, {**DONE}),
    ],
)
def test_status_success_without_a_glb_is_a_failure(kind: TaskKind, task: dict[str, Any]) -> None:
    status = status_of(task, kind)

    assert status.state is TaskState.FAILED
    assert status.error == "the task succeeded but names no GLB"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            {"message": "Too complex.", "type": "invalid_input", "code": "image_too_complex"},
            "Too complex. (image_too_complex)",
        ),
        ({"message": "Too late.", "type": "timeout"}, "Too late. (timeout)"),
        ({"message": "", "code": "moderation_blocked"}, "moderation_blocked"),
        ("plain text", "plain text"),
        ({"message": "see https://a.test/x?Signature=s"}, "see https://a.test/x?[…]"),
        (None, "the task ended as failed"),
        ({"message": ""}, "the task ended as failed"),
    ],
)
def test_status_failed_keeps_what_meshy_said(error: Any, text: str) -> None:
    assert status_of({"status": "FAILED", "task_error": error}).error == text


def test_status_failed_task_was_refunded() -> None:
    status = status_of({"status": "FAILED", "consumed_credits": 0})

    assert status.receipt is not None
    assert status.receipt.cost.credits == 0


@pytest.mark.parametrize(
    ("progress", "percent"), [(0, 0), (37, 37), (140, 100), (-3, 0), (None, 0), ("x", 0)]
)
def test_status_progress_is_a_percentage(progress: Any, percent: float) -> None:
    assert status_of({"status": "IN_PROGRESS", "progress": progress}).progress == percent


@pytest.mark.parametrize(
    "textures",
    [
        [{"base_color": "u", "normal": "v", "emission": ""}],
        {"base_color": "u", "normal": "v", "emission": None},
    ],
)
def test_status_texture_urls_are_read_as_array_and_as_object(textures: Any) -> None:
    status = status_of({**DONE, "texture_urls": textures, "face_count": 5990})

    assert status.notes == {"faceCount": 5990, "textureMaps": ["base_color", "normal"]}


def test_output_survives_writing_and_reading() -> None:
    written = write_output(TaskKind.RIGGING, "0199-abc", "walking")

    assert read_output(written) == (TaskKind.RIGGING, "0199-abc", "walking")


@pytest.mark.parametrize("output", ["", "a/b", "rigging/x/y/z", "painting/x/model"])
def test_output_that_is_none_is_refused(output: str) -> None:
    with pytest.raises(ValueError):
        read_output(output)
