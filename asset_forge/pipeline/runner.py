"""Runs pipelines: one asyncio task each, stages in order, states into the registry and journal."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from asset_forge.crash_points import CrashPoint, crash_here
from asset_forge.domain.clock import iso_now
from asset_forge.domain.ids import PipelineId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import ForgeError, Unavailable
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.context import (
    JsonObject,
    StageContext,
    StageFailed,
    StageSkipped,
    as_forge_error,
)
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.observer import NoObserver, PipelineObserver
from asset_forge.pipeline.records import PipelineRecord, StageRecord, without_frames
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.stage_context import ANSWER_GRACE_S, EngineContext

log = structlog.get_logger()

CLOSING_TIMEOUT_S = ANSWER_GRACE_S + 1.0
"""How long pipelines may take to come to rest when the service is being stopped."""


@dataclass(frozen=True)
class PlannedStage:
    """A stage of one run. `progress_after` is the pipeline's progress in percent at its end.

    When an `essential` stage fails the pipeline fails, and later stages stay pending; the failure
    of another one is written down and the pipeline goes on.
    """

    name: str
    run: Callable[[StageContext], Awaitable[JsonObject]]
    progress_after: float
    essential: bool = False


class PipelineRunner:
    """Starts pipelines, goes on with those of an earlier run, and sees to it that they end.

    `workspaces` is the folder where each run gets a folder of its own; it must be on the same
    file system as the assets, because finished files are renamed from there into place. At most
    `max_active` run at once and `max_waiting` more wait. `on_end` is told the name of the
    workspace of each pipeline that has ended.
    """

    def __init__(
        self,
        *,
        registry: PipelineRegistry,
        journal: Journal,
        ledger: Ledger,
        budget: Budget,
        workspaces: Path,
        max_active: int = 20,
        max_waiting: int = 1000,
        on_end: Callable[[str], Awaitable[None]] | None = None,
        observer: PipelineObserver | None = None,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._ledger = ledger
        self._budget = budget
        self._workspaces = workspaces
        self._on_end = on_end
        self._observer = observer or NoObserver()
        self._max_active = max_active
        self._max_waiting = max_waiting
        self._slots = asyncio.Semaphore(max_active)
        self._tasks: dict[asyncio.Task[None], PipelineRecord] = {}
        self._endings: dict[PipelineId, asyncio.Task[None]] = {}
        self._starting = 0
        self._is_closing = False

    def workspace(self, record: PipelineRecord) -> Path:
        return self._workspaces / record.workspace

    @property
    def waiting_count(self) -> int:
        """Pipelines that wait for others to end."""
        return max(0, len(self._tasks) - self._max_active)

    @property
    def running_count(self) -> int:
        return len(self._tasks) - self.waiting_count

    @property
    def is_stopping(self) -> bool:
        """Tell whether no new work is taken, because the service is being stopped."""
        return self._is_closing

    async def start(
        self,
        record: PipelineRecord,
        stages: Sequence[PlannedStage],
        *,
        key: str | None = None,
        fingerprint: str = "",
    ) -> None:
        """Write a pipeline down and start it; one that is not reserved is added first.

        `key` and `fingerprint` are those of a request that may come again. Raises Conflict,
        StorageUnavailable, and Unavailable when too many wait or the service is being stopped;
        nothing has happened then.
        """
        self.require_open()
        if len(self._tasks) + self._starting >= self._max_active + self._max_waiting:
            raise Unavailable(
                f"{self._max_waiting} pipelines wait already (FORGE_MAX_WAITING); try again when "
                "some have ended",
                code="queue_full",
            )
        self._starting += 1
        try:
            with self._registry.reserved(record):
                await self._journal.add(record, key=key, fingerprint=fingerprint)
        finally:
            self._starting -= 1
        crash_here(CrashPoint.PIPELINE_RECORDED)
        self._launch(record, stages)

    def require_open(self) -> None:
        """Raise Unavailable when the service is being stopped."""
        if self._is_closing:
            raise _stopped()

    def resume(self, record: PipelineRecord, stages: Sequence[PlannedStage]) -> None:
        """Go on with a pipeline of an earlier run from its last stage that has ended."""
        record.status = PipelineStatus.INITIALIZING
        self._registry.add(record)
        log.info("pipeline_resumed", pipeline_id=record.id)
        self._launch(record, stages)

    async def give_up(self, record: PipelineRecord, failure: ForgeError) -> None:
        """End a pipeline of an earlier run that cannot go on."""
        await self._bring_to_end(record, PipelineStatus.FAILED, failure)

    async def cancel(self, record: PipelineRecord) -> None:
        """Stop a pipeline at once and return when it has ended; one that has stays as it is.

        What is being paid for at this moment gets ANSWER_GRACE_S to answer, so that it is known.
        """
        await self._bring_to_end(record, PipelineStatus.CANCELLED, _cancelled())

    async def come_to_rest(self, record: PipelineRecord) -> None:
        """Return when a pipeline that has ended is cleared up, so that its folder is free."""
        ending = self._endings.get(record.id)
        if ending is not None:
            await asyncio.wait({ending})

    async def close(self) -> None:
        """Stop every pipeline where it is, to be resumed, within CLOSING_TIMEOUT_S."""
        self.stop_taking_work()
        for task, record in list(self._tasks.items()):
            if record.id not in self._endings:
                task.cancel()
        if under_way := [*self._tasks, *self._endings.values()]:
            await asyncio.wait(under_way, timeout=CLOSING_TIMEOUT_S)
        under_way = [*self._tasks, *self._endings.values()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def stop_taking_work(self) -> None:
        """Refuse new pipelines, and wake those who wait for the end of a running one."""
        self._is_closing = True
        for record in self._tasks.values():
            if not record.status.is_final:
                record.interrupt(_stopped())

    # --- one pipeline ---

    def _launch(self, record: PipelineRecord, stages: Sequence[PlannedStage]) -> None:
        if record.status.is_final or record.id in self._endings:
            return  # somebody has found it in the journal and cancelled it already
        if self._is_closing:
            record.interrupt(_stopped())
            return
        task = asyncio.create_task(self._run(record, stages), name=record.id)
        self._tasks[task] = record
        task.add_done_callback(self._tasks.pop)

    async def _run(self, record: PipelineRecord, stages: Sequence[PlannedStage]) -> None:
        # The request that started it has ended when most of this is logged.
        structlog.contextvars.bind_contextvars(pipeline_id=record.id)
        try:
            async with self._slots:
                record.status = PipelineStatus.PROCESSING
                record.touch()
                await asyncio.to_thread(self.workspace(record).mkdir, parents=True, exist_ok=True)
                for stage in stages:
                    await self._run_stage(record, stage)
            await self._bring_to_end(record, PipelineStatus.COMPLETED)
        except asyncio.CancelledError:
            if record.id not in self._endings:
                record.interrupt(_stopped())
            raise
        except Exception as error:
            if not isinstance(error, ForgeError):
                log.exception("pipeline_failed")
            await self._bring_to_end(record, PipelineStatus.FAILED, as_forge_error(error, "start"))

    async def _bring_to_end(
        self, record: PipelineRecord, status: PipelineStatus, failure: ForgeError | None = None
    ) -> None:
        """Let a pipeline end so, unless it ends or has ended otherwise; return when it has.

        It is done in a task of its own, which goes on when whoever asked for it is stopped.
        """
        ending = self._endings.get(record.id)
        if ending is None:
            if record.status.is_final:
                return
            ending = asyncio.create_task(
                self._end(record, status, failure), name=f"{record.id}-end"
            )
            self._endings[record.id] = ending
            ending.add_done_callback(lambda _: self._endings.pop(record.id, None))
        await asyncio.shield(ending)

    async def _end(
        self, record: PipelineRecord, status: PipelineStatus, failure: ForgeError | None
    ) -> None:
        """Bring a pipeline to its last state: in the journal first, then for everyone to see."""
        structlog.contextvars.bind_contextvars(pipeline_id=record.id)
        if status is PipelineStatus.CANCELLED:
            await self._stop(record)
        stages = {name: _cut_off(stage, status, failure) for name, stage in record.stages.items()}
        completed_at = iso_now()
        crash_here(CrashPoint.PIPELINE_RETURNED)
        await self._journal.pipeline_ended(record, stages, status, failure, completed_at)
        crash_here(CrashPoint.PIPELINE_ENDED)
        record.stages.update(stages)
        record.finish(status, failure, completed_at=completed_at)
        log.info("pipeline_ended", status=status)
        self._observer.pipeline_ended(record.kind, status)
        await self._clear_up(record)

    async def _stop(self, record: PipelineRecord) -> None:
        # Cancelled once and no more: a second time would cut the grace of a paid call short.
        tasks = [task for task, of in self._tasks.items() if of is record]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _clear_up(self, record: PipelineRecord) -> None:
        """Remove what a pipeline needs no more; one that failed may be retried from it."""
        try:
            if record.status is PipelineStatus.COMPLETED and not record.wants_retry:
                await asyncio.to_thread(shutil.rmtree, self.workspace(record), ignore_errors=True)
            if self._on_end is not None:
                await self._on_end(record.workspace)
        except Exception:
            log.exception("pipeline_not_cleared_up", pipeline_id=record.id)

    async def _run_stage(self, record: PipelineRecord, stage: PlannedStage) -> None:
        shown = record.stages[stage.name]
        if not shown.status.is_final:
            shown.status, shown.attempts = StageStatus.PROCESSING, shown.attempts + 1
            record.touch()
            await self._journal.stage_started(record.id, stage.name, shown)
            crash_here(CrashPoint.STAGE_STARTED)
            shown = await self._attempt(record, stage)
        record.progress = max(record.progress, stage.progress_after)
        if shown.status is StageStatus.FAILED and stage.essential and shown.failure is not None:
            raise shown.failure

    async def _attempt(self, record: PipelineRecord, stage: PlannedStage) -> StageRecord:
        """Run a stage and write down how it ended; only then is that shown."""
        context = EngineContext(
            record=record,
            stage=stage.name,
            workspace=self.workspace(record),
            progress_after=stage.progress_after,
            journal=self._journal,
            ledger=self._ledger,
            budget=self._budget,
            observer=self._observer,
        )
        log.info("stage_started", stage=stage.name)
        started_s = time.monotonic()
        ended = await self._outcome(record.stages[stage.name], stage, context)
        crash_here(CrashPoint.STAGE_RETURNED)
        progress = max(record.progress, stage.progress_after)
        changed = {name: record.stages[name] for name in context.amended} | {stage.name: ended}
        await self._journal.stage_ended(record.id, stage.name, changed, progress)
        crash_here(CrashPoint.STAGE_RECORDED)
        record.stages[stage.name] = ended
        if (kept := ended.kept_result) is not None:
            record.results[stage.name] = kept
        record.progress = progress
        record.touch()
        self._observer.stage_ended(stage.name, ended.status, time.monotonic() - started_s)
        return ended

    async def _outcome(
        self, shown: StageRecord, stage: PlannedStage, context: StageContext
    ) -> StageRecord:
        try:
            result = await stage.run(context)
        except StageSkipped as skipped:
            told = {**(skipped.result or {}), "reason": skipped.reason}
            return replace(shown, status=StageStatus.SKIPPED, result=told)
        except Exception as error:
            failure = as_forge_error(error, stage.name)
            log.warning(
                "stage_failed",
                stage=stage.name,
                code=failure.error_code,
                error=failure.message,
                exc_info=None if isinstance(error, ForgeError) else error,
            )
            return replace(
                shown,
                status=StageStatus.FAILED,
                error=failure.message,
                failure=without_frames(failure),
                result=failure.result if isinstance(failure, StageFailed) else shown.result,
            )
        return replace(shown, status=StageStatus.COMPLETED, progress=100, result=result)


def _cut_off(stage: StageRecord, status: PipelineStatus, failure: ForgeError | None) -> StageRecord:
    """Return how a stage has ended, when its pipeline ends in the midst of it."""
    if stage.status is not StageStatus.PROCESSING:
        return stage
    error = failure.message if failure is not None else str(status)
    return replace(stage, status=StageStatus.FAILED, error=error)


def _stopped() -> Unavailable:
    return Unavailable(
        "The service is being stopped; pipelines go on when it is started again", code="stopped"
    )


def _cancelled() -> ForgeError:
    return ForgeError("The pipeline was cancelled", code="cancelled")
