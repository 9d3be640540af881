"""Writes the bodies of Meshy's create requests. Pure: pictures and models come ready to send.

Fields are those of docs.meshy.ai in November 2026.
"""

import hashlib
from typing import Any
from urllib.parse import quote

from asset_forge.providers.base import Job, RetextureJob, RigJob, ShapeJob, TaskKind
from asset_forge.providers.meshy_models import (
    face_target,
    is_smart_topology,
    painting_model,
    shaping_model,
    texture_resolution,
)

MAX_STYLE_CHARS = 600
"""Longest style prompt. A newer page says 800 in one place; the lower limit is safe."""

Body = dict[str, Any]


def shape_body(job: ShapeJob, *, model: str, image_url: str) -> Body:
    """Write an image-to-3d request; `image_url` is a data URI or a public address.

    topology is "triangle": a GLB holds triangles only, so quads would be split on export and the
    face budget missed by a factor of two. topology and target_polycount count only together with
    should_remesh, which is off by default; without it the mesh has about 1.9 million triangles.
    """
    model = shaping_model(model)
    body: Body = {
        "image_url": image_url,
        "ai_model": model,
        "target_polycount": face_target(model, job.face_budget),
        "should_texture": True,
        "enable_pbr": job.pbr,
        "texture_resolution": texture_resolution(model, job.texture_px),
        "target_formats": ["glb"],
        **echoed_fields(job),
    }
    if is_smart_topology(model):
        body["model_type"] = "smart-topology"
    else:
        body |= {"should_remesh": True, "topology": "triangle"}
    if job.t_pose:
        body["pose_mode"] = "t-pose"
    return body


def retexture_body(job: RetextureJob, *, model: str, source: Body) -> Body:
    """Write a retexture request; `source` is {"input_task_id": …} or {"model_url": …}.

    enable_original_uv is always sent, because its default differs between Meshy's own pages: a
    variant has to keep the mesh and the UVs of its base.
    """
    return {
        **source,
        **echoed_fields(job),
        "enable_original_uv": True,
        "enable_pbr": job.pbr,
        "ai_model": painting_model(model),
        "target_formats": ["glb"],
    }


def rig_body(job: RigJob, *, source: Body) -> Body:
    """Write a rigging request; `source` as in `retexture_body`."""
    return {**source, "height_meters": job.height_m}


def echoed_fields(job: Job) -> dict[str, str]:
    """Return the fields of a request that Meshy may repeat in the task, to know it again by.

    Only image-to-3d takes a name (docs.meshy.ai/openapi.json, 2026); nothing else is sent one.
    """
    match job:
        case ShapeJob():
            # The picture lies in a folder named by its pipeline: the same job has the same mark
            # after a restart, in another version or under another root, and no other job has it.
            place = f"{job.picture_path.parent.name}/{job.picture_path.name}"
            mark = hashlib.sha256(place.encode()).hexdigest()[:12]
            return {"name": f"{mark} {job.subject.name[:60].strip()}".strip()}
        case RetextureJob():
            return {"text_style_prompt": clipped(job.preset.style_prompt, MAX_STYLE_CHARS)}
        case RigJob():
            return {}


def mark_of(name: str) -> str:
    """Return the part of a task's name that belongs to one job alone."""
    return name.partition(" ")[0]


def clipped(text: str, limit: int) -> str:
    """Shorten a text to `limit` characters at the end of a word."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head, blank, _rest = text[: limit + 1].rpartition(" ")
    return head if blank else text[:limit]


def task_path(kind: TaskKind, task_id: str | None = None) -> str:
    """Return the path of a kind of tasks, or of one task."""
    path = f"/openapi/v1/{kind}"
    return path if task_id is None else f"{path}/{quote(task_id, safe='')}"


def base_task_id(job: Job) -> str | None:
    """Return the task whose model a job goes on with, if Meshy made it."""
    return None if isinstance(job, ShapeJob) else job.base_task_id


def glb_data_uri(data: bytes) -> str:
    """Write a model as the data URI that Meshy takes in the place of an address."""
    import pybase64  # noqa: PLC0415 - only those who encode pay for the import

    return f"data:application/octet-stream;base64,{pybase64.b64encode_as_string(data)}"
