"""Turns the picture into a model and publishes the asset: the folder appears whole.

Until the model is there nothing of the run can be seen in the library; when the asset exists
already (overwrite, regenerate) the old model stays until the new one replaces it.
"""

import asyncio

from asset_forge.domain.clock import iso_now
from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.metadata import (
    CONCEPT_ART,
    base_metadata,
    makers,
)
from asset_forge.domain.quality import GenerationType
from asset_forge.domain.sizes import Placement, placed_facts, placement_of
from asset_forge.domain.stages import IMAGE_GENERATION, IMAGE_TO_3D, PROMPT_OPTIMIZATION
from asset_forge.domain.urls import asset_file_url, model_url
from asset_forge.glb.jobs import finish_model
from asset_forge.pipeline.context import JsonObject, StageContext, StageSkipped
from asset_forge.providers.base import ShapeJob
from asset_forge.services.provider_tasks import fetch_output, run_provider_task
from asset_forge.services.publishing import fresh_folder, publish_model
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.services.thumbnails import draw_thumbnail
from asset_forge.services.tools import MODEL_WORK_TIMEOUT_S
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.atomic import link_or_copy
from asset_forge.threads import run_to_end

# The variants of the old mesh are assets of their own and stay.
_KEPT_ON_REPLACE = ("variants", "variantCount", "lastVariantGenerated")


def why_skipped(config: GenerationConfig) -> str | None:
    return None if config.make_model else "enableGeneration is false"


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    config, tools = job.config, job.tools
    if reason := why_skipped(config):
        raise StageSkipped(reason, result=_existing_result(tools.store, job))
    provider = tools.ai.tasks(config.provider)
    shape_job = _shape_job(ctx, config)
    task = await run_provider_task(
        ctx,
        tools.ai,
        provider,
        shape_job,
        key="model",
        progress=lambda percent: ctx.progress(percent * 0.9),
    )
    provider = task.provider
    raw_path = ctx.workspace / "model_raw.glb"
    await fetch_output(ctx, task, "model", raw_path)

    built = ctx.workspace / "asset"
    await asyncio.to_thread(fresh_folder, built)
    model_path = built / f"{job.asset_id}.glb"
    placement = _placement(config)
    # Greybox makes everything in its frame and at its real size already.
    is_placed_by_maker = provider.name == "greybox"
    facts = await tools.workers.run(
        finish_model,
        str(raw_path),
        str(model_path),
        None if is_placed_by_maker else placement,
        config.profile.face_budget,
        timeout_s=MODEL_WORK_TIMEOUT_S,
        label=f"finishing {job.asset_id}",
    )
    facts |= await draw_thumbnail(tools.workers, job.asset_id, model_path, built)
    receipt = task.receipt
    metadata = base_metadata(
        config,
        detailed_prompt=_detailed_prompt(ctx, config),
        provider=provider.name,
        task_id=task.task_id,
        workflow=_workflow(ctx, provider.name, receipt.get("model")),
        started_at=job.started_at,
        now=iso_now(),
        facts={
            **(placed_facts(placement) if is_placed_by_maker else {}),
            **facts,
            "normalized": facts["normalized"] or is_placed_by_maker,
            **task.notes,
            "cost": _costs(ctx, receipt),
            "pipelineId": ctx.pipeline_id,
        },
    )
    # What came is kept beside what was made of it; one file with two names when they are the same.
    kept = raw_path if facts["normalized"] else model_path
    await asyncio.to_thread(link_or_copy, kept, built / f"{job.asset_id}_raw.glb")
    await asyncio.to_thread(link_or_copy, ctx.workspace / CONCEPT_ART, built / CONCEPT_ART)
    published = await run_to_end(
        publish_model,
        tools.store,
        job.asset_id,
        built,
        metadata,
        task_key="providerTaskId",
        replace=job.replaces_asset,
        kept=_KEPT_ON_REPLACE,
    )
    for file in published:
        await ctx.save(file)
    ctx.amend(IMAGE_GENERATION, {"imageUrl": asset_file_url(job.asset_id, CONCEPT_ART)})
    return {
        "taskId": task.task_id,
        "modelUrl": model_url(job.asset_id),
        "polycount": facts["polycount"],
        "localPath": f"{tools.store.root.path.name}/{job.asset_id}/{job.asset_id}.glb",
        "provider": provider.name,
        **({"cost": receipt} if receipt else {}),
        **({"note": task.notes["note"]} if task.notes.get("note") else {}),
    }


def _shape_job(ctx: StageContext, config: GenerationConfig) -> ShapeJob:
    drawn_by = ctx.results.get(IMAGE_GENERATION, {}).get("source", "user")
    return ShapeJob(
        subject=config.subject,
        picture_path=ctx.workspace / CONCEPT_ART,
        picture_by="user" if drawn_by == "user-provided" else drawn_by,
        quality=config.quality,
        face_budget=config.profile.face_budget,
        texture_px=config.profile.texture_px,
        pbr=config.profile.pbr,
        t_pose=config.generation_type is GenerationType.AVATAR,
    )


def _placement(config: GenerationConfig) -> Placement:
    return placement_of(
        type=config.type,
        subtype=config.subtype,
        name=config.name,
        generation_type=config.generation_type,
        height_m=config.character_height_m,
    )


def _detailed_prompt(ctx: StageContext, config: GenerationConfig) -> str:
    drawn = ctx.results.get(IMAGE_GENERATION, {}).get("prompt")
    written = ctx.results.get(PROMPT_OPTIMIZATION, {}).get("optimizedPrompt")
    return str(drawn or written or config.description)


def _workflow(ctx: StageContext, provider: str, model: str | None) -> str:
    words = ctx.results.get(PROMPT_OPTIMIZATION, {}).get("model")
    words = None if words == "template" else words
    image = ctx.results.get(IMAGE_GENERATION, {})
    picture = image.get("metadata", {}).get("model") or image.get("source")
    return makers(words, picture, model or provider)


def _costs(ctx: StageContext, shape: JsonObject) -> JsonObject:
    before = {
        stage: ctx.results[stage]["cost"]
        for stage in (PROMPT_OPTIMIZATION, IMAGE_GENERATION)
        if "cost" in ctx.results.get(stage, {})
    }
    return {**before, IMAGE_TO_3D: shape}


def _existing_result(store: AssetStore, job: GenerationJob) -> JsonObject:
    return {
        "modelUrl": model_url(job.asset_id),
        "localPath": f"{store.root.path.name}/{job.asset_id}/{job.asset_id}.glb",
    }


SPEC = StageSpec(
    name=IMAGE_TO_3D,
    run=run,
    wanted=lambda _: True,
    progress_after=lambda _: 50,
    essential=True,
    why_skipped=why_skipped,
)
