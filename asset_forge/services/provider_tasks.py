"""One way to use every provider task: intent, submit, poll until the end, fetch."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from asset_forge.domain.costs import Charge, charge_of
from asset_forge.errors import ProviderError, ProviderTimeout, Refused
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.providers.base import Job, ShapeJob, TaskProvider, TaskState, TaskStatus
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.tools import artifact

log = structlog.get_logger()

TOLERATED_POLL_FAILURES = 8
LONGEST_POLL_PAUSE_S = 60.0


@dataclass(frozen=True)
class FinishedTask:
    """A task that has succeeded, and who did it: after a restart not always who would be asked."""

    provider: TaskProvider
    task_id: str
    outputs: Mapping[str, str]
    receipt: JsonObject
    """Provider, model, task id and cost; empty when the provider tells nothing."""
    notes: Mapping[str, Any]


async def run_provider_task(
    ctx: StageContext,
    ai: AICreationService,
    provider: TaskProvider,
    job: Job,
    *,
    key: str,
    progress: Callable[[float], None],
) -> FinishedTask:
    """Submit a job once and poll it to its end.

    `key` names the task within the stage; `progress` is told percents. Costs money on the first
    run; a rerun polls the task that was bought. Raises ProviderError, ProviderTimeout, Refused,
    CapReached, or ProviderNotConfigured when the one that has the task cannot be used any more.
    """
    most_credits = estimate_of(provider, job)

    async def submit() -> JsonObject:
        return _submitted(provider, job, await provider.submit(job))

    async def find(sent_at_ms: int) -> JsonObject | None:
        task_id = await provider.find_lost(job, sent_at_ms=sent_at_ms)
        return _submitted(provider, job, task_id) if task_id else None

    submitted = await ctx.once(
        f"{key}.submit",
        submit,
        find=find,
        most_credits=most_credits,
        provider=provider.name if most_credits else "",
    )
    task_id = str(submitted["taskId"])
    provider = ai.tasks_of(str(submitted["provider"]))
    provider.know(task_id)
    if most_credits:
        # What is known of its cost already, after a restart, is not replaced by this.
        model = _model_of(provider, job)
        estimate = Charge(provider.name, model, task_id, credits=most_credits, is_certain=False)
        await ctx.charge(f"{key}.submit", estimate)
    log.info("provider_task_submitted", provider=provider.name, kind=job.kind, task_id=task_id)
    ended = await ctx.keep(
        f"{key}.end", lambda: _end_of(ctx, provider, job, task_id, key, progress)
    )
    return FinishedTask(provider, task_id, ended["outputs"], ended["receipt"], ended["notes"])


async def _end_of(
    ctx: StageContext,
    provider: TaskProvider,
    job: Job,
    task_id: str,
    key: str,
    progress: Callable[[float], None],
) -> JsonObject:
    """Wait for a task to succeed. One that has failed, or is gone, may be bought again."""
    try:
        status = await _poll_to_the_end(provider, job, task_id, progress)
    except ProviderError as error:
        if error.upstream_status == 404:
            await ctx.forget(f"{key}.submit")
        raise
    if status is None:
        if await provider.cancel(job.kind, task_id):
            # It has cost nothing and is gone: a retry must not wait for it.
            if provider.name != "greybox":
                refunded = Charge(provider.name, task_id=task_id, credits=0.0)
                await ctx.charge(f"{key}.submit", refunded)
            await ctx.forget(f"{key}.submit")
        raise ProviderTimeout(
            f"{provider.name} did not finish task {task_id} within {provider.deadline_s(job):g} s",
            provider=provider.name,
            may_have_charged=provider.name != "greybox",
        )
    receipt = status.receipt.to_json() if status.receipt is not None else {}
    if receipt and provider.name != "greybox":
        charge = charge_of(receipt)
        if charge.credits is None:
            # Then the estimate is the best there is.
            charge = replace(charge, credits=estimate_of(provider, job) or None, is_certain=False)
        await ctx.charge(f"{key}.submit", charge)
    if status.state is not TaskState.SUCCEEDED:
        await ctx.forget(f"{key}.submit")
        raise _failure(provider, status)
    return {"outputs": dict(status.outputs), "receipt": receipt, "notes": dict(status.notes)}


async def fetch_output(
    ctx: StageContext, task: FinishedTask, output: str, destination: Path
) -> None:
    """Bring one output of a task to `destination`, unless an earlier run has. Free.

    Raises ProviderError, StorageUnavailable.
    """
    if ctx.saved(destination) is not None:
        return
    source = task.outputs[output]
    fetched = await ctx.watch(f"{output}.fetch", lambda: task.provider.fetch(source, destination))
    await ctx.save(artifact(fetched))


def _submitted(provider: TaskProvider, job: Job, task_id: str) -> JsonObject:
    return {"taskId": task_id, "provider": provider.name, "kind": str(job.kind)}


def estimate_of(provider: TaskProvider, job: Job) -> float:
    """Return what a job costs at the most, in credits."""
    if isinstance(job, ShapeJob):
        return provider.estimate_credits(job.kind, texture_px=job.texture_px, quality=job.quality)
    return provider.estimate_credits(job.kind)


def _model_of(provider: TaskProvider, job: Job) -> str | None:
    if isinstance(job, ShapeJob):
        return provider.model_for(job.kind, job.quality)
    return provider.model_for(job.kind)


async def _poll_to_the_end(
    provider: TaskProvider, job: Job, task_id: str, progress: Callable[[float], None]
) -> TaskStatus | None:
    """Return how a task ended; None when its time is over before that."""
    give_up_at = time.monotonic() + provider.deadline_s(job)
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
            return None
        await asyncio.sleep(pause_s)


def _failure(provider: TaskProvider, status: TaskStatus) -> ProviderError | Refused:
    reason = status.error or f"the task ended as {status.state}"
    if provider.name == "greybox":
        return Refused(reason)
    return ProviderError(f"{provider.name}: {reason}", provider=provider.name)
