"""One way to use every provider task: intent, submit, poll until the end."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from asset_forge.domain.clock import now_ms
from asset_forge.errors import ForgeError, ProviderError, ProviderTimeout, Refused
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.providers.base import Job, TaskProvider, TaskState, TaskStatus

log = structlog.get_logger()

TOLERATED_POLL_FAILURES = 8
LONGEST_POLL_PAUSE_S = 60.0
CANCEL_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class FinishedTask:
    task_id: str
    status: TaskStatus


async def run_provider_task(
    ctx: StageContext,
    provider: TaskProvider,
    job: Job,
    *,
    key: str,
    progress: Callable[[float], None],
) -> FinishedTask:
    """Submit a job once and poll it to its end.

    `key` names the task within the stage; `progress` is told percents. Costs money on the first
    run; a rerun polls the task that was bought. A run that is stopped calls the task off, which
    is refunded where it has not begun. Raises ProviderError, ProviderTimeout or Refused.
    """
    sent_at_ms = now_ms()

    async def submit() -> JsonObject:
        try:
            return {"taskId": await provider.submit(job)}
        except ProviderError as error:
            # Without an answer the task may exist: look for it before calling this a failure.
            found = await look_for_lost() if error.may_have_charged else None
            if found is None:
                raise
            log.info("lost_task_found", provider=provider.name, task_id=found["taskId"])
            return found

    async def look_for_lost() -> JsonObject | None:
        try:
            return await find()
        except ProviderError as error:
            # Then nobody knows, which is what the first error says.
            log.warning("lost_task_not_looked_for", provider=provider.name, error=error.message)
            return None

    async def find() -> JsonObject | None:
        task_id = await provider.find_lost(job, sent_at_ms=sent_at_ms)
        return {"taskId": task_id} if task_id else None

    submitted = await ctx.once(f"{key}.submit", submit, find=find)
    task_id = str(submitted["taskId"])
    log.info("provider_task_submitted", provider=provider.name, kind=job.kind, task_id=task_id)
    try:
        status = await ctx.watch(
            f"{key}.poll", lambda: _poll_to_the_end(provider, job, task_id, progress)
        )
    except asyncio.CancelledError:
        await _call_off(provider, job, task_id)
        raise
    if status.state is not TaskState.SUCCEEDED:
        raise _failure(provider, status)
    return FinishedTask(task_id, status)


async def _call_off(provider: TaskProvider, job: Job, task_id: str) -> None:
    """Cancel a task that nobody waits for any more; what has begun goes on over there."""
    is_cancelled = False
    try:
        async with asyncio.timeout(CANCEL_TIMEOUT_S):
            is_cancelled = await provider.cancel(job.kind, task_id)
    except (ForgeError, TimeoutError) as error:
        log.warning("provider_task_not_cancelled", task_id=task_id, error=str(error))
    # Meshy keeps results for three days: with the id somebody can still fetch what was paid for.
    log.warning(
        "provider_task_left", provider=provider.name, task_id=task_id, cancelled=is_cancelled
    )


async def _poll_to_the_end(
    provider: TaskProvider, job: Job, task_id: str, progress: Callable[[float], None]
) -> TaskStatus:
    deadline_s = provider.deadline_s(job)
    give_up_at = time.monotonic() + deadline_s
    failures_in_a_row = 0
    pause_s = provider.poll_interval_s
    while True:
        try:
            status = await provider.poll(job.kind, task_id)
        except ProviderError as error:
            failures_in_a_row += 1
            if not error.retryable and error.upstream_status in (400, 401, 403, 404):
                raise
            if failures_in_a_row > TOLERATED_POLL_FAILURES:
                raise
            pause_s = min(pause_s * 2, LONGEST_POLL_PAUSE_S)
        else:
            failures_in_a_row = 0
            pause_s = max(provider.poll_interval_s, status.retry_after_s or 0.0)
            progress(status.progress)
            if status.state.is_final:
                return status
        if time.monotonic() + pause_s > give_up_at:
            await provider.cancel(job.kind, task_id)
            raise ProviderTimeout(
                f"{provider.name} did not finish task {task_id} within {deadline_s:g} s",
                provider=provider.name,
                may_have_charged=provider.name != "greybox",
            )
        await asyncio.sleep(pause_s)


def _failure(provider: TaskProvider, status: TaskStatus) -> ProviderError | Refused:
    reason = status.error or f"the task ended as {status.state}"
    if provider.name == "greybox":
        return Refused(reason)
    return ProviderError(f"{provider.name}: {reason}", provider=provider.name)
