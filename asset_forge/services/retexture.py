"""RetextureService: one material variant of an asset that is there, as a pipeline of one stage."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from asset_forge.domain.clock import now_ms
from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import AssetId, new_pipeline_id, variant_id_for
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.quality import PROFILES, Quality
from asset_forge.domain.stages import TEXTURE_GENERATION
from asset_forge.domain.urls import model_url
from asset_forge.errors import Conflict
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.pipeline.registry import PipelineRecord, PipelineRegistry, StageRecord
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage
from asset_forge.services.tools import NEEDED_DISK_BYTES, Tools
from asset_forge.services.variants import VariantOrder, make_variant, pick_retexturer


@dataclass(frozen=True)
class RetextureRequest:
    base_id: AssetId
    preset: MaterialPreset
    output_name: AssetId | None = None
    choice: ProviderChoice = ProviderChoice.AUTO
    seed: int | None = None


class RetextureService:
    """Starts retextures and, for callers that want the variant in the answer, waits for them."""

    def __init__(self, *, tools: Tools, registry: PipelineRegistry, runner: PipelineRunner) -> None:
        self._tools = tools
        self._registry = registry
        self._runner = runner

    async def start(self, request: RetextureRequest) -> PipelineRecord:
        """Check a request and start its pipeline.

        Raises NotFound for an unknown base, Conflict when the variant exists, is the base itself,
        or the base cannot be retextured, ProviderNotConfigured and StorageUnavailable. Nothing has
        been paid for then.
        """
        variant_id = request.output_name or variant_id_for(request.base_id, request.preset.id)
        record = PipelineRecord(
            id=new_pipeline_id(now_ms()),
            asset_id=variant_id,
            stages={TEXTURE_GENERATION: StageRecord()},
            writes=frozenset({variant_id}),
            reads=frozenset({request.base_id}),
        )
        with self._registry.reserved(record):
            order = await asyncio.to_thread(self._check, request, variant_id)
            await self._tools.prompts.require_readable()
            stage = PlannedStage(
                name=TEXTURE_GENERATION,
                run=partial(self._run, order),
                progress_after=100,
                essential=True,
            )
            self._runner.start(record, [stage])
        return record

    async def finish(self, record: PipelineRecord) -> Mapping[str, Any]:
        """Wait for a retexture and return the variant's metadata. Raises what went wrong."""
        await record.finished.wait()
        if record.failure is not None:
            raise record.failure
        return await asyncio.to_thread(self._tools.store.read_metadata, record.asset_id)

    def _check(self, request: RetextureRequest, variant_id: AssetId) -> VariantOrder:
        store = self._tools.store
        store.root.require_room(NEEDED_DISK_BYTES)
        base = store.read_metadata(request.base_id)
        if variant_id == request.base_id:
            raise Conflict(
                "outputName names the base itself; choose another", code="target_is_base"
            )
        store.require_free(variant_id)
        pick_retexturer(self._tools, request.choice, base, request.base_id)
        store.static_model_path(request.base_id)
        return VariantOrder(
            base_id=request.base_id,
            variant_id=variant_id,
            preset=request.preset,
            choice=request.choice,
            pbr=PROFILES[_recorded_quality(base)].pbr,
            seed=request.seed,
            game_style=_recorded_game_style(base),
        )

    async def _run(self, order: VariantOrder, ctx: StageContext) -> JsonObject:
        metadata = await make_variant(ctx, self._tools, order, progress=ctx.progress)
        variant = {
            "id": order.preset.id,
            "name": order.preset.display_name,
            "assetId": order.variant_id,
            "modelUrl": model_url(order.variant_id),
            "success": True,
            "cost": metadata["cost"],
        }
        return {"variants": [variant], "totalVariants": 1}


def _recorded_quality(base: Mapping[str, Any]) -> Quality:
    try:
        return Quality(base.get("quality", ""))
    except ValueError:
        return Quality.HIGH


def _recorded_game_style(base: Mapping[str, Any]) -> str:
    recorded = base.get("generationConfig")
    metadata = recorded.get("metadata") if isinstance(recorded, dict) else None
    style = metadata.get("gameStyle") if isinstance(metadata, dict) else None
    return style if isinstance(style, str) else ""
