"""Reads Meshy's task objects: states, files, costs.

Fields and states are those of docs.meshy.ai in November 2026; unknown states are taken for work
in progress.
"""

from collections.abc import Collection, Mapping
from typing import Any

from asset_forge.providers.base import Cost, Receipt, TaskKind, TaskState, TaskStatus
from asset_forge.providers.redaction import redact

PROVIDER = "meshy"

Task = Mapping[str, Any]

_LARGEST_NUMBER = 1e15

_STATES = {
    "PENDING": TaskState.QUEUED,
    "IN_PROGRESS": TaskState.RUNNING,
    "SUCCEEDED": TaskState.SUCCEEDED,
    "FAILED": TaskState.FAILED,
    "CANCELED": TaskState.CANCELLED,
    "CANCELLED": TaskState.CANCELLED,
    "EXPIRED": TaskState.EXPIRED,
}


def state_of(task: Task) -> TaskState:
    """Map a task's status; what is not known is not final, so it is looked at again."""
    return _STATES.get(str(task.get("status")).upper(), TaskState.RUNNING)


def file_urls(kind: TaskKind, task: Task) -> dict[str, str]:
    """Return the signed addresses of a task's GLBs by output name. They expire."""
    if kind is TaskKind.RIGGING:
        result = _mapping(task.get("result"))
        clips = _mapping(result.get("basic_animations"))
        found = {
            "rigged": result.get("rigged_character_glb_url"),
            "walking": clips.get("walking_glb_url"),
            "running": clips.get("running_glb_url"),
        }
    else:
        found = {"model": _mapping(task.get("model_urls")).get("glb")}
    return {name: url for name, url in found.items() if isinstance(url, str) and url}


def read_status(
    kind: TaskKind,
    task_id: str,
    task: Task,
    *,
    model: str | None,
    retry_after_s: float | None,
    secrets: Collection[str] = (),
) -> TaskStatus:
    """Turn a task object into the status of a provider task."""
    state = state_of(task)
    error = None
    outputs: dict[str, str] = {}
    if state is TaskState.SUCCEEDED:
        outputs = {name: write_output(kind, task_id, name) for name in file_urls(kind, task)}
        wanted = "rigged" if kind is TaskKind.RIGGING else "model"
        if wanted not in outputs:
            state, error = TaskState.FAILED, "the task succeeded but names no GLB"
    elif state.is_final:
        error = redact(_error_text(task), secrets=secrets) or f"the task ended as {state}"
    progress = _number(task.get("progress")) or 0.0
    return TaskStatus(
        state=state,
        progress=100.0 if state is TaskState.SUCCEEDED else min(max(progress, 0.0), 100.0),
        outputs=outputs,
        receipt=Receipt(PROVIDER, model, task_id, Cost(credits=credits_of(task))),
        error=error,
        retry_after_s=retry_after_s,
        notes=_notes(task),
    )


def credits_of(task: Task) -> float | None:
    """Return what a task cost; 0 for a failed one, which is refunded. None when not said."""
    return _number(task.get("consumed_credits"))


def write_output(kind: TaskKind, task_id: str, name: str) -> str:
    """Name a file of a task by something that does not expire, unlike its address."""
    return f"{kind}/{task_id}/{name}"


def read_output(output: str) -> tuple[TaskKind, str, str]:
    """Undo `write_output`. Raises ValueError."""
    kind, task_id, name = output.split("/")
    return TaskKind(kind), task_id, name


def created_ms(task: Task) -> float | None:
    """Return when a task was made, ms since 1970 by Meshy's clock; None when it does not say."""
    return _number(task.get("created_at")) or None


def _error_text(task: Task) -> str:
    error = task.get("task_error")
    if isinstance(error, str):
        return error
    fields = _mapping(error)
    message = str(fields.get("message") or "")
    code = str(fields.get("code") or fields.get("type") or "")
    return f"{message} ({code})" if message and code else message or code


def _notes(task: Task) -> dict[str, Any]:
    """Small facts worth keeping: faces, and which texture maps there are.

    texture_urls is an array of objects; older answers hold one object.
    """
    notes: dict[str, Any] = {}
    faces = task.get("face_count")
    if isinstance(faces, int) and not isinstance(faces, bool):
        notes["faceCount"] = faces
    textures = task.get("texture_urls")
    sets = textures if isinstance(textures, list) else [textures]
    maps = sorted({str(name) for one in sets for name, url in _mapping(one).items() if url})
    if maps:
        notes["textureMaps"] = maps
    return notes


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # JSON as Python reads it knows NaN and integers of any length.
    return float(value) if abs(value) < _LARGEST_NUMBER else None
