"""Makes one material variant: for the texture stage and for the retexture endpoint alike."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from asset_forge.domain.clock import iso_now
from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.metadata import CONCEPT_ART, makers, variant_metadata
from asset_forge.domain.sizes import placement_of_base
from asset_forge.errors import Conflict, ForgeError
from asset_forge.glb.jobs import finish_model, render_concept_file
from asset_forge.pipeline.context import StageContext
from asset_forge.providers.base import RetextureJob, TaskProvider
from asset_forge.services.provider_tasks import fetch_output, run_provider_task
from asset_forge.services.publishing import fresh_folder, publish_model
from asset_forge.services.thumbnails import draw_thumbnail
from asset_forge.services.tools import MODEL_WORK_TIMEOUT_S, Tools
from asset_forge.threads import run_to_end

CONCEPT_SIZE_PX = 1024
_PLACE_KEYS = ("normalization", "conventions", "grip")

log = structlog.get_logger()


@dataclass(frozen=True)
class VariantOrder:
    """`choice` is who shall make it; an existing variant is replaced when `overwrite` is true."""

    base_id: AssetId
    variant_id: AssetId
    preset: MaterialPreset
    choice: ProviderChoice
    pbr: bool = True
    seed: int | None = None
    overwrite: bool = False
    game_style: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write the order so that it can be read again after a restart."""
        return {**asdict(self), "preset": self.preset.to_json()}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "VariantOrder":
        """Read what `to_json` wrote."""
        return cls(
            **{
                **written,
                "preset": MaterialPreset.from_json(written["preset"]),
                "choice": ProviderChoice(written["choice"]),
            }
        )


def pick_retexturer(
    tools: Tools, choice: ProviderChoice, base: Mapping[str, Any], base_id: AssetId
) -> tuple[TaskProvider, str | None]:
    """Say who can retexture a base with the metadata `base`, and the base's task over there.

    A base that Meshy did not make is left to greybox unless the caller insists on Meshy. Raises
    Conflict when Meshy must do it and the base has no meshyTaskId, ProviderNotConfigured.
    """
    provider = tools.ai.tasks(choice)
    if provider.name == "greybox":
        return provider, None
    task_id = base.get("meshyTaskId")
    if isinstance(task_id, str) and task_id:
        return provider, task_id
    if choice is ProviderChoice.AUTO and tools.ai.has_greybox:
        return tools.ai.tasks(ProviderChoice.GREYBOX), None
    raise Conflict(
        f"Asset {base_id} has no meshyTaskId, so {provider.name} cannot retexture it; "
        'make it again, or ask for "provider": "greybox"',
        code="no_base_task",
    )


async def make_variant(
    ctx: StageContext,
    tools: Tools,
    order: VariantOrder,
    *,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Make a variant of a base and publish it as an asset; return its metadata.

    Costs money when an outside maker does it. The folder appears whole, and the base's `variants`
    names it afterwards. Raises ForgeError.
    """
    started_at = iso_now()
    base = await asyncio.to_thread(tools.store.read_metadata, order.base_id)
    provider, base_task_id = pick_retexturer(tools, order.choice, base, order.base_id)
    words = await tools.prompts.material_prompt(order.preset, game_style=order.game_style)
    retexture_job = RetextureJob(
        model_path=await asyncio.to_thread(tools.store.static_model_path, order.base_id),
        base_task_id=base_task_id,
        preset=replace(order.preset, style_prompt=words),
        pbr=order.pbr,
        seed=order.seed,
    )
    task = await run_provider_task(
        ctx,
        tools.ai,
        provider,
        retexture_job,
        key=order.variant_id,
        progress=lambda percent: progress(percent * 0.9),
    )
    built = ctx.workspace / f"variant-{order.variant_id}"
    await asyncio.to_thread(fresh_folder, built)
    raw_path = ctx.workspace / f"variant-{order.variant_id}_raw.glb"
    await fetch_output(ctx, task, "model", raw_path)
    model_path = built / f"{order.variant_id}.glb"
    # Greybox paints the model as it is in the library.
    is_placed_by_maker = task.provider.name == "greybox"
    facts = await tools.workers.run(
        finish_model,
        str(raw_path),
        str(model_path),
        None if is_placed_by_maker else placement_of_base(base),
        timeout_s=MODEL_WORK_TIMEOUT_S,
        label=f"finishing {order.variant_id}",
    )
    facts |= await draw_thumbnail(tools.workers, order.variant_id, model_path, built)
    metadata = variant_metadata(
        base,
        base_id=order.base_id,
        variant_id=order.variant_id,
        preset=order.preset,
        provider=task.provider.name,
        task_id=task.task_id,
        workflow=makers(task.receipt.get("model"), task.provider.name),
        started_at=started_at,
        now=iso_now(),
        has_concept_art=await _draw(tools, order.variant_id, model_path, built / CONCEPT_ART),
        facts={
            **(
                {key: base[key] for key in _PLACE_KEYS if key in base} if is_placed_by_maker else {}
            ),
            **facts,
            "normalized": facts["normalized"] or base.get("normalized", False),
        },
    )
    metadata |= {"cost": task.receipt, "pipelineId": ctx.pipeline_id}
    published = await run_to_end(
        publish_model,
        tools.store,
        order.variant_id,
        built,
        metadata,
        task_key="retextureTaskId",
        replace=order.overwrite,
        base_id=order.base_id,
    )
    for file in published:
        await ctx.save(file)
    progress(100)
    return metadata


async def _draw(tools: Tools, variant_id: AssetId, model_path: Path, picture_path: Path) -> bool:
    """Draw a variant's concept art; a variant that is paid for is not lost for want of it."""
    try:
        await tools.workers.run(
            render_concept_file,
            str(model_path),
            str(picture_path),
            CONCEPT_SIZE_PX,
            timeout_s=MODEL_WORK_TIMEOUT_S,
            label=f"picture of {variant_id}",
        )
    except (ForgeError, RuntimeError) as error:
        log.warning("variant_not_drawn", variant_id=variant_id, error=str(error))
        return False
    return True
