"""Gives an avatar a skeleton, a walk, a run and a T-pose without animations."""

import asyncio
from typing import Any

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.metadata import failed_rig_metadata, rig_metadata
from asset_forge.domain.quality import GenerationType
from asset_forge.domain.sizes import DEFAULT_CHARACTER_HEIGHT_M
from asset_forge.domain.stages import RIGGING
from asset_forge.glb.jobs import strip_to_tpose
from asset_forge.pipeline.context import (
    JsonObject,
    StageContext,
    StageSkipped,
    as_forge_error,
)
from asset_forge.providers.base import RigJob
from asset_forge.services.provider_tasks import fetch_output, run_provider_task
from asset_forge.services.publishing import artifacts_in
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.services.tools import MODEL_WORK_TIMEOUT_S
from asset_forge.threads import run_to_end

_CLIPS = {"walking": "animations/walking.glb", "running": "animations/running.glb"}
_TPOSE = "t-pose.glb"


def why_skipped(config: GenerationConfig) -> str | None:
    is_avatar = config.generation_type is GenerationType.AVATAR
    return None if is_avatar else "only avatars are rigged"


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    if reason := why_skipped(job.config):
        raise StageSkipped(reason)
    store = job.tools.store
    try:
        return await _rig(ctx, job)
    except Exception as error:
        failed = failed_rig_metadata(as_forge_error(error, RIGGING).message)

        def change(existing: dict[str, Any]) -> None:
            # An older rig of the same mesh is still there and still good.
            if existing.get("isRigged") is not True:
                existing.update(failed)

        await run_to_end(store.edit_metadata, job.asset_id, change)
        raise


async def _rig(ctx: StageContext, job: GenerationJob) -> JsonObject:
    config, tools = job.config, job.tools
    provider = tools.ai.tasks(config.provider)
    height_m = config.character_height_m or DEFAULT_CHARACTER_HEIGHT_M
    metadata = await asyncio.to_thread(tools.store.read_metadata, job.asset_id)
    rig_job = RigJob(
        model_path=await asyncio.to_thread(tools.store.static_model_path, job.asset_id),
        base_task_id=metadata.get("meshyTaskId") or None,
        height_m=height_m,
    )
    task = await run_provider_task(
        ctx,
        tools.ai,
        provider,
        rig_job,
        key="rig",
        progress=lambda percent: ctx.progress(percent * 0.8),
    )
    targets = {"rigged": f"{job.asset_id}_rigged.glb", **_CLIPS}
    files = {}
    for output, target in targets.items():
        if output not in task.outputs:
            continue
        path = ctx.workspace / f"rig-{output}.glb"
        await fetch_output(ctx, task, output, path)
        files[target] = path
    tpose = ctx.workspace / _TPOSE
    await tools.workers.run(
        strip_to_tpose,
        str(ctx.workspace / "rig-rigged.glb"),
        str(tpose),
        timeout_s=MODEL_WORK_TIMEOUT_S,
        label=f"T-pose of {job.asset_id}",
    )
    files[_TPOSE] = tpose
    animations = {name: path for name, path in _CLIPS.items() if path in files}
    animations["tpose"] = _TPOSE
    changes = rig_metadata(
        job.asset_id, task_id=task.task_id, height_m=height_m, animations=animations
    )

    def change(existing: dict[str, Any]) -> None:
        existing.update(changes)
        existing.pop("riggingError", None)
        costs = existing.get("cost")
        existing["cost"] = {**(costs if isinstance(costs, dict) else {}), RIGGING: task.receipt}

    await run_to_end(tools.store.replace_files, job.asset_id, files, change)
    folder = tools.store.root.folder(job.asset_id)
    for file in await asyncio.to_thread(artifacts_in, folder, list(files)):
        await ctx.save(file)
    return {
        "taskId": task.task_id,
        "animations": animations,
        "localPath": f"{tools.store.root.path.name}/{job.asset_id}/{job.asset_id}_rigged.glb",
        "cost": task.receipt,
    }


SPEC = StageSpec(
    name=RIGGING,
    run=run,
    wanted=lambda config: config.make_rig,
    progress_after=lambda _: 85,
    why_skipped=why_skipped,
)
