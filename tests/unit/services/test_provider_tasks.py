"""Submit, poll, give up: the one way to use a provider task."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from asset_forge.domain.generation import Subject
from asset_forge.domain.quality import Quality
from asset_forge.errors import (
    CreditsUsedUp,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    Refused,
)
from asset_forge.pipeline.context import Artifact, JsonObject
from asset_forge.providers.base import (
    Fetched,
    Job,
    ShapeJob,
    TaskKind,
    TaskState,
    TaskStatus,
)
from asset_forge.services.provider_tasks import TOLERATED_POLL_FAILURES, run_provider_task

T = TypeVar("T")

JOB = ShapeJob(
    subject=Subject(name="Sword", type="weapon", subtype="sword"),
    picture_path=Path("concept-art.png"),
    picture_by="user",
    quality=Quality.STANDARD,
    face_budget=6000,
    texture_px=2048,
    pbr=False,
)


class Context:
    """A stage context that remembers paid calls."""

    pipeline_id = "pipeline-1"
    workspace = Path()
    results: Mapping[str, JsonObject] = {}

    def __init__(self) -> None:
        self.stored: dict[str, JsonObject] = {}

    async def once(
        self,
        key: str,
        call: Callable[[], Awaitable[JsonObject]],
        *,
        find: Callable[[], Awaitable[JsonObject | None]] | None = None,
    ) -> JsonObject:
        if key not in self.stored:
            self.stored[key] = await call()
        return self.stored[key]

    async def watch(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    def progress(self, percent: float) -> None: ...

    def save(self, artifact: Artifact) -> None: ...

    def amend(self, stage: str, changes: JsonObject) -> None: ...


@dataclass
class Provider:
    """A provider that plays a script of polls: statuses to return, errors to raise."""

    polls: list[TaskStatus | Exception]
    name: str = "meshy"
    poll_interval_s: float = 0.0
    deadline: float = 60.0
    submit_error: Exception | None = None
    lost_task: str | None = None
    lost_error: Exception | None = None
    cancel_error: Exception | None = None
    submits: int = 0
    cancelled: list[str] = field(default_factory=list)

    def deadline_s(self, job: Job) -> float:
        return self.deadline

    async def submit(self, job: Job) -> str:
        self.submits += 1
        if self.submit_error:
            raise self.submit_error
        return "task-1"

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        step = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if isinstance(step, Exception):
            raise step
        return step

    async def fetch(self, output: str, destination: Path) -> Fetched:
        raise NotImplementedError

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        if self.lost_error:
            raise self.lost_error
        return self.lost_task

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        self.cancelled.append(task_id)
        if self.cancel_error:
            raise self.cancel_error
        return True


DONE = TaskStatus(TaskState.SUCCEEDED, 100, {"model": "url"})


def unreachable() -> ProviderUnreachable:
    return ProviderUnreachable("no answer", provider="meshy")


async def run(provider: Provider, ctx: Context | None = None) -> str:
    told: list[float] = []
    finished = await run_provider_task(
        ctx or Context(), provider, JOB, key="model", progress=told.append
    )
    assert told[-1] == finished.status.progress
    return finished.task_id


async def test_task_succeeds_after_some_polls_returns_it() -> None:
    running = TaskStatus(TaskState.RUNNING, 40)
    assert await run(Provider([TaskStatus(TaskState.QUEUED), running, DONE])) == "task-1"


async def test_task_run_again_polls_the_bought_task() -> None:
    ctx, provider = Context(), Provider([DONE])
    await run(provider, ctx)
    await run(provider, ctx)
    assert provider.submits == 1


async def test_submit_answer_lost_and_task_listed_goes_on_with_it() -> None:
    error = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    provider = Provider([DONE], submit_error=error, lost_task="task-lost")
    assert await run(provider) == "task-lost"
    assert provider.submits == 1


async def test_submit_answer_lost_and_task_not_listed_fails_without_a_second_submit() -> None:
    error = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    provider = Provider([DONE], submit_error=error)
    with pytest.raises(ProviderUnreachable) as caught:
        await run(provider)
    assert caught.value.may_have_charged
    assert provider.submits == 1


async def test_submit_answer_lost_and_list_unreadable_says_that_it_may_be_billed() -> None:
    error = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    provider = Provider([DONE], submit_error=error, lost_error=unreachable())
    with pytest.raises(ProviderUnreachable) as caught:
        await run(provider)
    assert caught.value is error


async def test_submit_refused_is_not_looked_for() -> None:
    error = CreditsUsedUp("no credits", provider="meshy")
    provider = Provider([DONE], submit_error=error, lost_task="somebody-elses")
    with pytest.raises(CreditsUsedUp):
        await run(provider)


async def test_poll_fails_a_few_times_is_tolerated() -> None:
    failures: list[TaskStatus | Exception] = [unreachable()] * TOLERATED_POLL_FAILURES
    assert await run(Provider([*failures, DONE])) == "task-1"


async def test_poll_fails_for_good_raises_what_the_provider_said() -> None:
    with pytest.raises(ProviderUnreachable):
        await run(Provider([unreachable()]))


async def test_poll_task_unknown_raises_at_once() -> None:
    gone = ProviderError("meshy: no such task", provider="meshy", upstream_status=404)
    provider = Provider([gone, DONE])
    with pytest.raises(ProviderError, match="no such task"):
        await run(provider)


async def test_task_failed_raises_the_providers_words() -> None:
    failed = TaskStatus(TaskState.FAILED, 30, error="image_too_complex")
    with pytest.raises(ProviderError, match="image_too_complex"):
        await run(Provider([failed]))


async def test_task_of_greybox_failed_is_a_refusal() -> None:
    failed = TaskStatus(TaskState.FAILED, error="no figure in front of a background")
    with pytest.raises(Refused, match="no figure"):
        await run(Provider([failed], name="greybox"))


@pytest.mark.parametrize(("maker", "is_billed"), [("meshy", True), ("greybox", False)])
async def test_task_past_its_deadline_is_cancelled_and_times_out(
    maker: str, is_billed: bool
) -> None:
    running = TaskStatus(TaskState.RUNNING, 10)
    provider = Provider([running], name=maker, deadline=0.0, poll_interval_s=1.0)
    with pytest.raises(ProviderTimeout, match="task-1") as caught:
        await run(provider)
    assert provider.cancelled == ["task-1"]
    assert caught.value.may_have_charged is is_billed


@pytest.mark.parametrize("cancel_error", [None, unreachable()])
async def test_run_stopped_calls_the_task_off(cancel_error: Exception | None) -> None:
    provider = Provider([TaskStatus(TaskState.RUNNING, 10)], cancel_error=cancel_error)
    polled = asyncio.Event()
    stopped = asyncio.create_task(
        run_provider_task(
            Context(), provider, JOB, key="model", progress=lambda _percent: polled.set()
        )
    )
    await polled.wait()
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert provider.cancelled == ["task-1"]
