"""Makes the material variants, side by side; each is an asset of its own."""

import asyncio
from collections.abc import Callable

import structlog

from asset_forge.domain.costs import charge_of, total_of
from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import variant_id_for
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.stages import TEXTURE_GENERATION
from asset_forge.domain.urls import model_url
from asset_forge.errors import ForgeError
from asset_forge.pipeline.context import (
    JsonObject,
    StageContext,
    StageFailed,
    StageSkipped,
    as_forge_error,
)
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.services.variants import VariantOrder, make_variant

log = structlog.get_logger()


def why_skipped(config: GenerationConfig) -> str | None:
    is_asked_for = config.make_variants and config.material_presets
    return None if is_asked_for else "no material variants were asked for"


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    config = job.config
    if reason := why_skipped(config):
        raise StageSkipped(reason)
    percents = dict.fromkeys((preset.id for preset in config.material_presets), 0.0)

    def tell(preset_id: str, percent: float) -> None:
        percents[preset_id] = percent
        ctx.progress(sum(percents.values()) / len(percents))

    # A group waits for all of them to end even when the service is being stopped.
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_one_variant(ctx, job, preset, tell))
            for preset in config.material_presets
        ]
    variants = [task.result() for task in tasks]
    made = [variant for variant in variants if variant["success"]]
    cost = total_of(charge_of(variant["cost"]) for variant in made)
    result = {"variants": variants, "totalVariants": len(made), "cost": cost}
    if not made:
        raise StageFailed(f"No variant could be made: {variants[0]['error']}", result=result)
    return result


async def _one_variant(
    ctx: StageContext,
    job: GenerationJob,
    preset: MaterialPreset,
    tell: Callable[[str, float], None],
) -> JsonObject:
    shown: JsonObject = {"id": preset.id, "name": preset.display_name}
    order = VariantOrder(
        base_id=job.asset_id,
        variant_id=variant_id_for(job.asset_id, preset.id),
        preset=preset,
        choice=job.config.provider,
        pbr=job.config.profile.pbr,
        seed=job.config.seed,
        overwrite=job.config.overwrite,
        game_style=job.config.game_style,
    )
    try:
        metadata = await make_variant(
            ctx, job.tools, order, progress=lambda percent: tell(preset.id, percent)
        )
    except Exception as error:  # whatever one variant meets, the others go on
        if not isinstance(error, ForgeError):
            log.exception("variant_failed", pipeline_id=ctx.pipeline_id, variant=order.variant_id)
        tell(preset.id, 100.0)
        reason = as_forge_error(error, TEXTURE_GENERATION).message
        return {**shown, "modelUrl": None, "success": False, "error": reason}
    return {
        **shown,
        "assetId": order.variant_id,
        "modelUrl": model_url(order.variant_id),
        "success": True,
        "cost": metadata["cost"],
    }


SPEC = StageSpec(
    name=TEXTURE_GENERATION,
    run=run,
    wanted=lambda _: True,
    progress_after=lambda _: 75,
    why_skipped=why_skipped,
)
