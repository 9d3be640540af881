"""PipelineService: how pipelines stand, and what can be done with one that is there.

What a pipeline makes is decided by the service of its kind, which is its planner.
"""

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from asset_forge.domain.clock import now_ms
from asset_forge.domain.costs import Charge
from asset_forge.domain.ids import AssetId, new_pipeline_id
from asset_forge.domain.metadata import CONCEPT_ART
from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import Conflict, ForgeError, NotFound
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.context import JsonObject
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.records import CallState, PipelineRecord, StageRecord
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage
from asset_forge.providers.base import TaskKind
from asset_forge.services.idempotency import RequestKey
from asset_forge.services.tools import Tools

log = structlog.get_logger()

CALL_OFF_TIMEOUT_S = 3.0


class Planner(Protocol):
    """The service of one kind of pipeline, as it is asked about one that is there already."""

    async def plan_again(self, record: PipelineRecord) -> Sequence[PlannedStage]:
        """Build the stages of a pipeline from its plan. Raises ForgeError when they cannot be."""
        ...

    async def check_retry(self, record: PipelineRecord) -> float:
        """Raise what stands in the way of going on with a pipeline that had ended.

        Returns what going on may cost, in credits.
        """
        ...


class PipelineService:
    """Shows, lists, cancels, retries and resumes. `planners` are the services by kind."""

    def __init__(
        self,
        *,
        tools: Tools,
        registry: PipelineRegistry,
        journal: Journal,
        ledger: Ledger,
        budget: Budget,
        runner: PipelineRunner,
        planners: Mapping[str, Planner],
    ) -> None:
        self._tools = tools
        self._registry = registry
        self._journal = journal
        self._ledger = ledger
        self._budget = budget
        self._runner = runner
        self._planners = planners
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # --- looking ---

    async def listing(
        self,
        *,
        statuses: Sequence[PipelineStatus] = (),
        asset_id: AssetId | None = None,
        limit: int = 50,
    ) -> list[JsonObject]:
        """Return pipelines without their stages, newest first. Raises StorageUnavailable."""
        # Memory is ahead of the journal within a stage: what stands one way there may stand
        # another way here, and then more have to be looked at.
        running = list(self._registry.active())
        wanted = {*statuses, *(record.status for record in running)} if statuses else ()
        found = await self._journal.listing(
            statuses=sorted(wanted), asset_id=asset_id, limit=limit + len(running)
        )
        shown = []
        for summary in found:
            record = self._registry.find(summary["id"])
            current = record.summary() if record is not None else summary
            if not statuses or current["status"] in statuses:
                shown.append(current)
        return shown[:limit]

    async def picture(self, pipeline_id: str) -> Path:
        """Return where the concept art of a pipeline lies. Raises NotFound."""
        record = await self.get(pipeline_id)
        return await asyncio.to_thread(self._find_picture, record)

    def _find_picture(self, record: PipelineRecord) -> Path:
        folders = [self._runner.workspace(record)]
        # Until it has ended well, what lies in the asset's folder is the picture of an older run.
        if record.status is PipelineStatus.COMPLETED:
            folder = self._tools.store.root.folder(record.asset_id)
            # The workspace may be on its way out, unless a retry could need it.
            folders.insert(1 if record.wants_retry else 0, folder)
        for folder in folders:
            if (folder / CONCEPT_ART).is_file():
                return folder / CONCEPT_ART
        raise NotFound("File not found", code="file_not_found")

    async def get(self, pipeline_id: str) -> PipelineRecord:
        """Return a pipeline: from memory, or one of long ago from the journal. Raises NotFound."""
        record = self._registry.find(pipeline_id) or await self._journal.find(pipeline_id)
        if record is None:
            raise NotFound(f"Pipeline {pipeline_id} not found", code="pipeline_not_found")
        return record

    # --- stopping ---

    async def cancel(self, pipeline_id: str) -> PipelineRecord:
        """Stop a pipeline and the provider tasks that it waits for; return it as it ended.

        One that has been cancelled before is returned as it is. Raises NotFound, and Conflict for
        one that has ended in another way.
        """
        async with self._turn(pipeline_id):
            record = await self.get(pipeline_id)
            has_ended = record.status.is_final
            await self._runner.cancel(record)
            if record.status is not PipelineStatus.CANCELLED:
                raise Conflict(
                    f"Pipeline {pipeline_id} has {record.status} already and cannot be cancelled",
                    code="pipeline_ended",
                )
            if not has_ended:  # else a retry may be waiting for these very tasks
                keys = [key for key in record.calls if _is_open(record, key)]
                with structlog.contextvars.bound_contextvars(pipeline_id=record.id):
                    await asyncio.gather(*(self._call_off(record, key) for key in keys))
        return record

    def _turn(self, pipeline_id: str) -> asyncio.Lock:
        """Return what lets cancels and retries of one pipeline take turns."""
        return self._turns.setdefault(pipeline_id, asyncio.Lock())

    async def _call_off(self, record: PipelineRecord, key: str) -> None:
        """Cancel a provider task; one that has begun goes on over there and is paid for."""
        call = record.calls[key]
        task = call.result or {}
        is_cancelled = False
        try:
            provider = self._tools.ai.tasks_of(str(task["provider"]))
            async with asyncio.timeout(CALL_OFF_TIMEOUT_S):
                is_cancelled = await provider.cancel(TaskKind(task["kind"]), str(task["taskId"]))
        except (ForgeError, TimeoutError) as error:
            log.warning("provider_task_not_cancelled", task=task, error=str(error))
        except Exception:
            log.exception("provider_task_not_cancelled", task=task)
        # Meshy keeps results for three days: a retry goes on with what was paid for.
        log.info("provider_task_called_off", task=task, cancelled=is_cancelled)
        if is_cancelled:
            call.state, call.result = CallState.REFUSED, None
            await self._journal.call_ended(record.id, key, call)
            if task["provider"] != "greybox":
                refunded = Charge(str(task["provider"]), task_id=str(task["taskId"]), credits=0.0)
                await self._ledger.put(record, record.charge_key(key), refunded, owner=call.owner)

    # --- going on ---

    async def retry(self, pipeline_id: str, *, key: RequestKey | None = None) -> PipelineRecord:
        """Go on from where a pipeline failed or was cancelled, as a new pipeline.

        What was paid for is kept. Raises NotFound, Conflict when it runs still, was retried
        already, has nothing that failed or whose files are gone, and what a start raises.
        """
        async with self._turn(pipeline_id):
            old = await self.get(pipeline_id)
            _refuse_useless_retry(old)
            # Both work in one folder, and what is hosted for one is hosted for the other.
            await self._runner.come_to_rest(old)
            return await self._retry(old, key)

    async def _retry(self, old: PipelineRecord, key: RequestKey | None) -> PipelineRecord:
        record = _retry_of(old)
        with self._registry.reserved(record):
            stages = await self._stages_of(record)
            if any(stage.attempts for stage in old.stages.values()):
                await asyncio.to_thread(self._require_workspace, record)
            await self._budget.ready()
            record.estimated_credits = await self._planner(old).check_retry(record)
            self._budget.admit(record.estimated_credits, already_reserved=record.reserved_credits)
            await self._runner.start(
                record,
                stages,
                key=key.key if key else None,
                fingerprint=key.fingerprint if key else "",
            )
            old.retried_by = record.id
            old.touch()
        return record

    def _require_workspace(self, record: PipelineRecord) -> None:
        if not self._runner.workspace(record).is_dir():
            raise Conflict(
                f"What {record.retry_of} had made so far is gone: pipelines can be retried for "
                "three days; start a new one",
                code="too_late_to_retry",
            )

    async def resume(self) -> int:
        """Go on with all pipelines that an earlier run has left; return how many.

        Only at start. Raises StorageUnavailable, and ForgeError for a damaged journal.
        """
        for task_id in await self._journal.known_tasks():
            for provider in self._tools.ai.task_providers:
                provider.know(task_id)
        records = await self._journal.unfinished()
        for record in records:
            try:
                self._runner.resume(record, await self._stages_of(record))
            except ForgeError as error:
                log.warning("pipeline_not_resumed", pipeline_id=record.id, error=error.message)
                await self._runner.give_up(record, error)
        return len(records)

    async def _stages_of(self, record: PipelineRecord) -> Sequence[PlannedStage]:
        """Build a pipeline's stages from its plan. Raises ForgeError when they cannot be."""
        try:
            return await self._planner(record).plan_again(record)
        except ForgeError:
            raise
        except Exception as error:
            log.exception("plan_unreadable", pipeline_id=record.id)
            raise ForgeError(
                f"The journal does not say what pipeline {record.retry_of or record.id} was to do "
                f"({type(error).__name__}); start a new one"
            ) from None

    def _planner(self, record: PipelineRecord) -> Planner:
        planner = self._planners.get(record.kind)
        if planner is None:
            raise ForgeError(
                f"This version knows no pipelines of kind {record.kind!r}", code="unknown_kind"
            )
        return planner


def _is_open(record: PipelineRecord, key: str) -> bool:
    """Tell whether a call has started a provider task whose end was not seen."""
    if not key.endswith(".submit") or record.calls[key].result is None:
        return False
    end = record.calls.get(key.removesuffix(".submit") + ".end")
    return end is None or end.result is None


def _refuse_useless_retry(old: PipelineRecord) -> None:
    if not old.status.is_final:
        raise Conflict(
            f"Pipeline {old.id} has not ended; cancel it first, or wait", code="pipeline_running"
        )
    if old.retried_by is not None:
        raise Conflict(
            f"Pipeline {old.id} was retried already, as {old.retried_by}", code="already_retried"
        )
    if old.status is PipelineStatus.COMPLETED and not old.wants_retry:
        raise Conflict(f"Nothing of pipeline {old.id} has failed", code="nothing_to_retry")


def _retry_of(old: PipelineRecord) -> PipelineRecord:
    """Build the pipeline that goes on with an old one: ended stages and paid calls are its own."""
    stages = {
        name: StageRecord(attempts=stage.attempts)
        if stage.wants_retry or not stage.status.is_final
        else replace(stage, result=deepcopy(stage.result))
        for name, stage in old.stages.items()
    }
    return PipelineRecord(
        id=new_pipeline_id(now_ms()),
        asset_id=old.asset_id,
        stages=stages,
        kind=old.kind,
        plan=old.plan,
        workspace=old.workspace,
        writes=old.writes,
        reads=old.reads,
        progress=0.0,
        results={
            name: deepcopy(result)
            for name, result in old.results.items()
            if stages[name].status.is_final
        },
        retry_of=old.id,
        calls={
            key: replace(call, owner=call.owner or old.id)
            for key, call in old.calls.items()
            if call.state is not CallState.REFUSED
        },
        artifacts=dict(old.artifacts),
    )
