"""Makes one material variant: for the texture stage and for the retexture endpoint alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asset_forge.domain.clock import iso_now
from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.metadata import CONCEPT_ART, makers, variant_metadata
from asset_forge.errors import Conflict
from asset_forge.glb.jobs import render_concept_file
from asset_forge.pipeline.context import StageContext
from asset_forge.providers.base import RetextureJob, TaskProvider
from asset_forge.services.provider_tasks import run_provider_task
from asset_forge.services.tools import MODEL_WORK_TIMEOUT_S, Tools, artifact
from asset_forge.storage.atomic import write_json

CONCEPT_SIZE_PX = 1024


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


def pick_retexturer(
    tools: Tools, choice: ProviderChoice, base_metadata: dict[str, Any], base_id: AssetId
) -> tuple[TaskProvider, str | None]:
    """Say who can retexture a base, and the provider task of the base over there.

    A base that the chosen outside maker did not make is left to greybox when the caller did not
    insist. Raises Conflict when Meshy must do it and the base has no meshyTaskId.
    """
    provider = tools.ai.tasks(choice)
    if provider.name == "greybox":
        return provider, None
    task_id = base_metadata.get("meshyTaskId")
    if not isinstance(task_id, str) or not task_id:
        raise Conflict(
            f"Asset {base_id} has no meshyTaskId, so {provider.name} cannot retexture it; "
            'make it again, or ask for "provider": "greybox"',
            code="no_base_task",
        )
    return provider, task_id


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
        provider,
        retexture_job,
        key=order.variant_id,
        progress=lambda percent: progress(percent * 0.9),
    )
    built = ctx.workspace / f"variant-{order.variant_id}"
    await asyncio.to_thread(built.mkdir, parents=True, exist_ok=True)
    model_path = built / f"{order.variant_id}.glb"
    output = task.status.outputs["model"]
    fetched = await ctx.watch(
        f"{order.variant_id}.fetch", lambda: provider.fetch(output, model_path)
    )
    ctx.save(artifact(fetched))
    await tools.workers.run(
        render_concept_file,
        str(model_path),
        str(built / CONCEPT_ART),
        CONCEPT_SIZE_PX,
        timeout_s=MODEL_WORK_TIMEOUT_S,
        label=f"picture of {order.variant_id}",
    )
    receipt = task.status.receipt
    metadata = variant_metadata(
        base,
        base_id=order.base_id,
        variant_id=order.variant_id,
        preset=order.preset,
        provider=provider.name,
        task_id=task.task_id,
        workflow=makers(receipt.model if receipt else None, provider.name),
        started_at=started_at,
        now=iso_now(),
    )
    metadata["cost"] = receipt.to_json() if receipt else {}
    await asyncio.to_thread(_publish, tools, order, built, metadata)
    progress(100)
    return metadata


def _publish(tools: Tools, order: VariantOrder, built: Path, metadata: dict[str, Any]) -> None:
    if order.overwrite and tools.store.exists(order.variant_id):
        files = {path.name: path for path in built.iterdir()}
        tools.store.replace_files(order.variant_id, files, lambda old: old.update(metadata))
    else:
        write_json(built / "metadata.json", metadata)
        tools.store.publish_folder(built, order.variant_id)
    tools.store.add_variant(order.base_id, order.variant_id, iso_now())
