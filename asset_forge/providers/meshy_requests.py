"""Writes the bodies of Meshy's create requests. Pure: pictures and models come ready to send.

Fields are those of docs.meshy.ai in November 2026.
"""

import hashlib
from typing import Any

from asset_forge.providers.base import Job, RetextureJob, RigJob, ShapeJob
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


def echoed_fields(job: Job) -> Body:
    """Return the fields of a request that Meshy may repeat in the task, to know it again by."""
    match job:
        case ShapeJob():
            # The same job has the same name after a restart, and no other job has it.
            key = hashlib.sha256(repr(job).encode()).hexdigest()[:10]
            return {"name": f"{job.subject.name[:60].strip()} #{key}"}
        case RetextureJob():
            return {"text_style_prompt": clipped(job.preset.style_prompt, MAX_STYLE_CHARS)}
        case RigJob():
            return {}


def clipped(text: str, limit: int) -> str:
    """Shorten a text to `limit` characters at the end of a word."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head, blank, _rest = text[: limit + 1].rpartition(" ")
    return head if blank else text[:limit]
