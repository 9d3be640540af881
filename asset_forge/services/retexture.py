"""RetextureService: one material variant of an asset that is there, as a pipeline of one stage."""

import asyncio
from collections.abc import Mapping
from copy import copy
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
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.pipeline.records import PipelineRecord, StageRecord
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage
from asset_forge.providers.base import TaskProvider
from asset_forge.services.idempotency import RequestKey
from asset_forge.services.planning import (
    Plan,
    plan_retexture,
    remaining_credits,
    retexture_call,
)
from asset_forge.services.tools import NEEDED_DISK_BYTES, Tools
from asset_forge.services.variants import VariantOrder, make_variant, pick_retexturer

RETEXTURE = "retexture"


@dataclass(frozen=True)
class RetextureRequest:
    base_id: AssetId
    preset: MaterialPreset
    output_name: AssetId | None = None
    choice: ProviderChoice = ProviderChoice.AUTO
    seed: int | None = None


class RetextureService:
    """Starts retextures and, for callers that want the variant in the answer, waits for them."""

    def __init__(
        self, *, tools: Tools, registry: PipelineRegistry, budget: Budget, runner: PipelineRunner
    ) -> None:
        self._tools = tools
        self._registry = registry
        self._budget = budget
        self._runner = runner

    async def start(
        self, request: RetextureRequest, *, key: RequestKey | None = None
    ) -> PipelineRecord:
        """Check a request and start its pipeline; `key` is written down with it.

        Raises NotFound for an unknown base, Conflict when the variant exists, is the base itself,
        or the base cannot be retextured, CapReached, ProviderNotConfigured, Unavailable and
        StorageUnavailable. Nothing has been paid for then.
        """
        self._runner.require_open()
        record = _new_record(request)
        with self._registry.reserved(record):
            order, maker = await asyncio.to_thread(self._check, request, record.asset_id)
            await self._tools.prompts.require_readable()
            await self._budget.ready()
            record.estimated_credits = retexture_call(maker, record.asset_id).credits
            self._budget.admit(record.estimated_credits, already_reserved=record.reserved_credits)
            record.plan = order.to_json()
            await self._runner.start(
                record,
                self._stages(order),
                key=key.key if key else None,
                fingerprint=key.fingerprint if key else "",
            )
        return record

    async def plan(self, request: RetextureRequest) -> Plan:
        """Check a request as `start` does and return what it would do. Sends and writes nothing.

        It holds no asset, and one that is over a cap is planned too.
        """
        record = _new_record(request)
        self._registry.require_free(record)
        _, maker = await asyncio.to_thread(self._check, request, record.asset_id)
        await self._tools.prompts.require_readable()
        await self._budget.ready()
        return plan_retexture(maker, record.asset_id, self._budget)

    async def plan_again(self, record: PipelineRecord) -> list[PlannedStage]:
        """Build the stage of a pipeline of an earlier run. Raises ForgeError."""
        return self._stages(VariantOrder.from_json(record.plan))

    async def check_retry(self, record: PipelineRecord) -> float:
        """Raise what stands in the way of going on with a pipeline that had ended.

        Returns what going on may cost, in credits.
        """
        return await asyncio.to_thread(self._check_retry, record)

    def _check_retry(self, record: PipelineRecord) -> float:
        order = VariantOrder.from_json(record.plan)
        self._check_place(order, record)
        base = self._tools.store.read_metadata(order.base_id)
        maker, _ = pick_retexturer(self._tools, order.choice, base, order.base_id)
        return remaining_credits([retexture_call(maker, order.variant_id)], record)

    def _check_place(self, order: VariantOrder, record: PipelineRecord) -> None:
        store = self._tools.store
        store.root.require_room(NEEDED_DISK_BYTES)
        store.static_model_path(order.base_id)
        if store.exists(order.variant_id):
            task_id = record.task_of(f"{TEXTURE_GENERATION}/{order.variant_id}.submit")
            made_by = store.read_metadata(order.variant_id).get("retextureTaskId")
            if task_id is None or made_by != task_id:
                store.require_free(order.variant_id)

    def _stages(self, order: VariantOrder) -> list[PlannedStage]:
        return [
            PlannedStage(
                name=TEXTURE_GENERATION,
                run=partial(self._run, order),
                progress_after=100,
                essential=True,
            )
        ]

    async def finish(self, record: PipelineRecord) -> Mapping[str, Any]:
        """Wait for a retexture and return the variant's metadata. Raises what went wrong."""
        await record.finished.wait()
        if record.failure is not None:
            # The one that is kept would gather the frames of all who are told of it.
            raise copy(record.failure)
        return await asyncio.to_thread(self._tools.store.read_metadata, record.asset_id)

    def _check(
        self, request: RetextureRequest, variant_id: AssetId
    ) -> tuple[VariantOrder, TaskProvider]:
        store = self._tools.store
        store.root.require_room(NEEDED_DISK_BYTES)
        base = store.read_metadata(request.base_id)
        if variant_id == request.base_id:
            raise Conflict(
                "outputName names the base itself; choose another", code="target_is_base"
            )
        store.require_free(variant_id)
        maker, _ = pick_retexturer(self._tools, request.choice, base, request.base_id)
        store.static_model_path(request.base_id)
        order = VariantOrder(
            base_id=request.base_id,
            variant_id=variant_id,
            preset=request.preset,
            choice=request.choice,
            pbr=PROFILES[_recorded_quality(base)].pbr,
            seed=request.seed,
            game_style=_recorded_game_style(base),
        )
        return order, maker

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
        return {"variants": [variant], "totalVariants": 1, "cost": metadata["cost"]}


def _new_record(request: RetextureRequest) -> PipelineRecord:
    variant_id = request.output_name or variant_id_for(request.base_id, request.preset.id)
    return PipelineRecord(
        id=new_pipeline_id(now_ms()),
        asset_id=variant_id,
        stages={TEXTURE_GENERATION: StageRecord()},
        kind=RETEXTURE,
        writes=frozenset({variant_id}),
        reads=frozenset({request.base_id}),
    )


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
