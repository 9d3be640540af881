"""Runs pipelines: one asyncio task each, stages in order, states into the registry."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from asset_forge.domain.clock import now_ms
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import ForgeError, Unavailable
from asset_forge.pipeline.context import (
    Artifact,
    JsonObject,
    StageContext,
    StageFailed,
    StageSkipped,
    as_forge_error,
)
from asset_forge.pipeline.registry import PipelineRecord, PipelineRegistry

T = TypeVar("T")
log = structlog.get_logger()

SWEEP_INTERVAL_S = 30 * 60
CLOSING_TIMEOUT_S = 3.0
"""How long pipelines may take to tidy up when the service is being stopped."""


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
    """Starts pipelines and sees to it that every task ends.

    `workspaces` is the folder where each run gets a folder of its own; it must be on the same
    file system as the assets, because finished files are renamed from there into place. `on_end`
    is told the id of each pipeline that has ended.
    """

    def __init__(
        self,
        *,
        registry: PipelineRegistry,
        workspaces: Path,
        max_active: int = 20,
        on_end: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._registry = registry
        self._workspaces = workspaces
        self._on_end = on_end
        self._slots = asyncio.Semaphore(max_active)
        self._tasks: dict[asyncio.Task[None], PipelineRecord] = {}
        self._sweeper: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to sweep finished pipelines out of the registry."""
        self._sweeper = asyncio.create_task(self._sweep(), name="pipeline-sweeper")

    async def close(self) -> None:
        """Stop every pipeline and wait until its task has ended, at most CLOSING_TIMEOUT_S."""
        tasks = list(self._tasks)
        for task, record in self._tasks.items():
            if not record.status.is_final:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING_TIMEOUT_S)
        if self._sweeper is not None:
            tasks.append(self._sweeper)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def workspace(self, record: PipelineRecord) -> Path:
        return self._workspaces / record.id

    def start(self, record: PipelineRecord, stages: Sequence[PlannedStage]) -> None:
        """Start a pipeline's task; one that is not reserved is added first. Raises Conflict."""
        self._registry.add(record)
        task = asyncio.create_task(self._run(record, stages), name=record.id)
        self._tasks[task] = record
        task.add_done_callback(partial(self._on_done, record))

    def _on_done(self, record: PipelineRecord, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        # A task that is cancelled before its first step has run no line of its own.
        record.finish(PipelineStatus.CANCELLED, _stopped())

    async def _run(self, record: PipelineRecord, stages: Sequence[PlannedStage]) -> None:
        workspace = self.workspace(record)
        try:
            async with self._slots:
                record.status = PipelineStatus.PROCESSING
                await asyncio.to_thread(workspace.mkdir, parents=True, exist_ok=True)
                for stage in stages:
                    await self._run_stage(record, stage, workspace)
            record.finish(PipelineStatus.COMPLETED)
        except asyncio.CancelledError:
            record.finish(PipelineStatus.CANCELLED, _stopped())
            raise
        except Exception as error:
            if not isinstance(error, ForgeError):
                log.exception("pipeline_failed", pipeline_id=record.id)
            record.finish(PipelineStatus.FAILED, as_forge_error(error, "start"))
        finally:
            log.info("pipeline_ended", pipeline_id=record.id, status=record.status)
            await self._clear_up(record, workspace)

    async def _clear_up(self, record: PipelineRecord, workspace: Path) -> None:
        """Remove what a pipeline needs no more; a failed one keeps its picture to be looked at."""
        try:
            if record.status is PipelineStatus.COMPLETED:
                await asyncio.to_thread(shutil.rmtree, workspace, ignore_errors=True)
            if self._on_end is not None:
                await self._on_end(record.id)
        except Exception:
            log.exception("pipeline_not_cleared_up", pipeline_id=record.id)

    async def _run_stage(
        self, record: PipelineRecord, stage: PlannedStage, workspace: Path
    ) -> None:
        shown = record.stages[stage.name]
        shown.status = StageStatus.PROCESSING
        started_at = record.progress
        context = _Context(record, stage, workspace, started_at)
        log.info("stage_started", pipeline_id=record.id, stage=stage.name)
        try:
            shown.result = await stage.run(context)
            record.results[stage.name] = shown.result
            shown.status = StageStatus.COMPLETED
            shown.progress = 100
        except StageSkipped as skipped:
            shown.status = StageStatus.SKIPPED
            shown.result = {**(skipped.result or {}), "reason": skipped.reason}
            if skipped.result is not None:
                record.results[stage.name] = skipped.result
        except asyncio.CancelledError:
            shown.status, shown.error = StageStatus.FAILED, "stopped"
            raise
        except Exception as error:  # noqa: BLE001  a fault in one stage must end that stage only
            self._record_failure(record, stage, error)
        record.progress = max(record.progress, stage.progress_after)

    def _record_failure(
        self, record: PipelineRecord, stage: PlannedStage, error: Exception
    ) -> None:
        shown = record.stages[stage.name]
        failure = as_forge_error(error, stage.name)
        shown.status, shown.error = StageStatus.FAILED, failure.message
        if isinstance(failure, StageFailed):
            shown.result = failure.result
            record.results[stage.name] = failure.result
        log.warning(
            "stage_failed",
            pipeline_id=record.id,
            stage=stage.name,
            code=failure.error_code,
            error=failure.message,
            exc_info=None if isinstance(error, ForgeError) else error,
        )
        if stage.essential:
            raise failure

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_INTERVAL_S)
            for record in self._registry.take_old(now_ms()):
                await asyncio.to_thread(shutil.rmtree, self.workspace(record), ignore_errors=True)


def _stopped() -> Unavailable:
    return Unavailable("The service was stopped", code="stopped")


class _Context:
    """The engine's side of StageContext."""

    def __init__(
        self, record: PipelineRecord, stage: PlannedStage, workspace: Path, started_at: float
    ) -> None:
        self._record = record
        self._stage = stage
        self._workspace = workspace
        self._started_at = started_at

    @property
    def pipeline_id(self) -> str:
        return self._record.id

    @property
    def workspace(self) -> Path:
        return self._workspace

    @property
    def results(self) -> Mapping[str, JsonObject]:
        return self._record.results

    async def once(
        self,
        key: str,
        call: Callable[[], Awaitable[JsonObject]],
        *,
        find: Callable[[], Awaitable[JsonObject | None]] | None = None,
    ) -> JsonObject:
        full_key = f"{self._stage.name}/{key}"
        if full_key not in self._record.once:
            self._record.once[full_key] = await call()
        return self._record.once[full_key]

    async def watch(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    def progress(self, percent: float) -> None:
        percent = min(max(percent, 0.0), 100.0)
        shown = self._record.stages[self._stage.name]
        shown.progress = max(shown.progress, percent)
        span = self._stage.progress_after - self._started_at
        reached = self._started_at + span * shown.progress / 100
        self._record.progress = max(self._record.progress, reached)

    def save(self, artifact: Artifact) -> None:
        self._record.artifacts.append(artifact)

    def amend(self, stage: str, changes: JsonObject) -> None:
        for shown in (self._record.results.get(stage), self._record.stages[stage].result):
            if shown is not None:
                shown.update(changes)
