"""Submit, poll, give up: the one way to use a provider task."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from asset_forge.domain.generation import Subject
from asset_forge.domain.quality import Quality
from asset_forge.errors import (
    CreditsUsedUp,
    ProviderError,
    ProviderNotConfigured,
    ProviderTimeout,
    ProviderUnreachable,
    Refused,
)
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.pipeline.records import CallState, PipelineRecord
from asset_forge.pipeline.runner import PlannedStage
from asset_forge.providers.base import (
    Cost,
    Fetched,
    Job,
    Receipt,
    ShapeJob,
    TaskKind,
    TaskProvider,
    TaskState,
    TaskStatus,
)
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.provider_tasks import TOLERATED_POLL_FAILURES, run_provider_task
from tests.unit.pipeline.engine import Engine, ended, engine_in, record_for

SUBMIT = "image3D/model.submit"

JOB = ShapeJob(
    subject=Subject(name="Sword", type="weapon", subtype="sword"),
    picture_path=Path("concept-art.png"),
    picture_by="user",
    quality=Quality.STANDARD,
    face_budget=6000,
    texture_px=2048,
    pbr=False,
)


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
    credits: float = 0.0
    cancels: bool = True
    submits: int = 0
    polled: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: list[str] = field(default_factory=list)

    def deadline_s(self, job: Job) -> float:
        return self.deadline

    def model_for(self, kind: TaskKind, quality: Quality = Quality.STANDARD) -> str | None:
        return None

    def estimate_credits(
        self, kind: TaskKind, *, texture_px: int = 2048, quality: Quality = Quality.STANDARD
    ) -> float:
        return self.credits

    def know(self, task_id: str) -> None: ...

    async def submit(self, job: Job) -> str:
        self.submits += 1
        if self.submit_error:
            raise self.submit_error
        return f"task-{self.submits}"

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        self.polled.set()
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
        return self.cancels


DONE = TaskStatus(TaskState.SUCCEEDED, 100, {"model": "url"})


def unreachable() -> ProviderUnreachable:
    return ProviderUnreachable("no answer", provider="meshy")


class Runs:
    """Runs one provider task, each time as a stage of a pipeline of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.told: list[float] = []

    async def start(
        self, provider: Provider, record: PipelineRecord | None = None
    ) -> PipelineRecord:
        record = record or record_for("image3D")

        async def stage(ctx: StageContext) -> JsonObject:
            task = await run_provider_task(
                ctx, makers(provider), provider, JOB, key="model", progress=self.told.append
            )
            return {"taskId": task.task_id, "receipt": task.receipt}

        await self.engine.runner.start(record, [PlannedStage("image3D", stage, 50, True)])
        return record

    async def __call__(
        self, provider: Provider, record: PipelineRecord | None = None
    ) -> PipelineRecord:
        """Run a task to its end. Raises what the stage has raised."""
        record = await ended(await self.start(provider, record))
        if record.failure is not None:
            raise record.failure
        return record


def makers(provider: TaskProvider) -> AICreationService:
    return AICreationService(
        text=None,
        pictures=None,
        sight=None,
        tasks=provider,
        greybox_pictures=None,
        greybox_sight=None,
        greybox_tasks=None,
    )


def again(record: PipelineRecord) -> PipelineRecord:
    """Return a pipeline that goes on with the calls of another one, as its retry does."""
    more = record_for("image3D", number=2)
    more.calls = {
        key: replace(call, owner=record.id)
        for key, call in record.calls.items()
        if call.state is not CallState.REFUSED
    }
    return more


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Runs]:
    async with engine_in(tmp_path) as engine:
        yield Runs(engine)


async def test_task_succeeds_after_some_polls_returns_it(run: Runs) -> None:
    running = TaskStatus(TaskState.RUNNING, 40)
    record = await run(Provider([TaskStatus(TaskState.QUEUED), running, DONE]))
    assert record.results["image3D"]["taskId"] == "task-1"
    assert run.told == [0, 40, 100]


async def test_task_run_again_takes_the_end_that_is_known(run: Runs) -> None:
    provider = Provider([DONE])
    first = await run(provider)
    provider.polls = [unreachable()]
    second = await run(provider, again(first))
    assert provider.submits == 1
    assert second.results == first.results


async def test_task_run_again_polls_the_bought_task(run: Runs) -> None:
    provider = Provider([unreachable()])
    first = await ended(await run.start(provider))
    provider.polls = [DONE]
    await run(provider, again(first))
    assert provider.submits == 1


async def test_task_run_again_without_its_provider_names_the_variable(run: Runs) -> None:
    first = await ended(await run.start(Provider([unreachable()])))
    greybox = Provider([DONE], name="greybox")
    with pytest.raises(ProviderNotConfigured, match="MESHY_API_KEY"):
        await run(greybox, again(first))
    assert greybox.submits == 0


# --- a submit that is not answered ---


async def test_submit_answer_lost_and_task_listed_goes_on_with_it(run: Runs) -> None:
    error = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    provider = Provider([DONE], submit_error=error, lost_task="task-lost")
    assert (await run(provider)).results["image3D"]["taskId"] == "task-lost"
    assert provider.submits == 1


async def test_submit_answer_lost_and_task_not_listed_fails_without_a_second_submit(
    run: Runs,
) -> None:
    error = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    provider = Provider([DONE], submit_error=error)
    with pytest.raises(ProviderUnreachable) as caught:
        await run(provider)
    assert caught.value.may_have_charged
    assert provider.submits == 1


async def test_submit_answer_lost_and_list_unreadable_says_that_it_may_be_billed(
    run: Runs,
) -> None:
    error = ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)
    provider = Provider([DONE], submit_error=error, lost_error=unreachable())
    with pytest.raises(ProviderUnreachable) as caught:
        await run(provider)
    assert caught.value is error


async def test_submit_refused_is_not_looked_for(run: Runs) -> None:
    error = CreditsUsedUp("no credits", provider="meshy")
    provider = Provider([DONE], submit_error=error, lost_task="somebody-elses")
    with pytest.raises(CreditsUsedUp):
        await run(provider)


# --- polls ---


async def test_poll_fails_a_few_times_is_tolerated(run: Runs) -> None:
    failures: list[TaskStatus | Exception] = [unreachable()] * TOLERATED_POLL_FAILURES
    assert (await run(Provider([*failures, DONE]))).error is None


async def test_poll_fails_for_good_raises_what_the_provider_said(run: Runs) -> None:
    with pytest.raises(ProviderUnreachable):
        await run(Provider([unreachable()]))


async def test_poll_task_unknown_raises_at_once_and_may_be_bought_again(run: Runs) -> None:
    gone = ProviderError("meshy: no such task", provider="meshy", upstream_status=404)
    provider = Provider([gone, DONE])
    first = await ended(await run.start(provider))
    assert first.error == "meshy: no such task"
    await run(provider, again(first))
    assert provider.submits == 2


async def test_task_failed_raises_the_providers_words_and_may_be_bought_again(run: Runs) -> None:
    provider = Provider([TaskStatus(TaskState.FAILED, 30, error="image_too_complex"), DONE])
    first = await ended(await run.start(provider))
    assert first.error is not None
    assert "image_too_complex" in first.error
    await run(provider, again(first))
    assert provider.submits == 2


async def test_task_of_greybox_failed_is_a_refusal(run: Runs) -> None:
    failed = TaskStatus(TaskState.FAILED, error="no figure in front of a background")
    with pytest.raises(Refused, match="no figure"):
        await run(Provider([failed], name="greybox"))


# --- the end of patience ---


@pytest.mark.parametrize(("maker", "is_billed"), [("meshy", True), ("greybox", False)])
async def test_task_past_its_deadline_is_cancelled_and_times_out(
    run: Runs, maker: str, is_billed: bool
) -> None:
    running = TaskStatus(TaskState.RUNNING, 10)
    provider = Provider([running], name=maker, deadline=0.0, poll_interval_s=1.0)
    with pytest.raises(ProviderTimeout, match="task-1") as caught:
        await run(provider)
    assert provider.cancelled == ["task-1"]
    assert caught.value.may_have_charged is is_billed


async def test_task_past_its_deadline_that_goes_on_is_polled_by_a_retry(run: Runs) -> None:
    running = TaskStatus(TaskState.RUNNING, 10)
    provider = Provider([running], deadline=0.0, poll_interval_s=1.0, cancels=False)
    first = await ended(await run.start(provider))
    provider.polls = [DONE]
    await run(provider, again(first))
    assert provider.submits == 1


async def test_task_past_its_deadline_that_was_refunded_is_bought_again_by_a_retry(
    run: Runs,
) -> None:
    queued = TaskStatus(TaskState.QUEUED)
    provider = Provider([queued], deadline=0.0, poll_interval_s=1.0, credits=10)
    first = await ended(await run.start(provider))
    assert first.spent_credits == 0
    provider.polls = [DONE]
    await run(provider, again(first))
    assert provider.submits == 2


async def test_run_stopped_leaves_the_task_to_the_next_run(run: Runs, tmp_path: Path) -> None:
    provider = Provider([TaskStatus(TaskState.RUNNING, 10)])
    record = await run.start(provider)
    await provider.polled.wait()
    await run.engine.close()
    assert provider.cancelled == []
    async with engine_in(tmp_path) as engine:
        (left,) = await engine.journal.unfinished()
        assert left.id == record.id
        assert left.task_of(SUBMIT) == "task-1"


# --- what it costs ---


def done_for(credit_count: float | None) -> TaskStatus:
    receipt = Receipt("meshy", "meshy-test", "task-1", Cost(credits=credit_count))
    return replace(DONE, receipt=receipt)


async def test_cost_is_an_estimate_until_the_provider_has_said(run: Runs) -> None:
    provider = Provider([TaskStatus(TaskState.RUNNING, 10)], credits=30)
    record = await run.start(provider)
    await provider.polled.wait()
    charge = record.charges[SUBMIT]
    assert (charge.credits, charge.is_certain, charge.task_id) == (30, False, "task-1")
    provider.polls = [done_for(25)]
    await ended(record)
    assert (record.charges[SUBMIT].credits, record.charges[SUBMIT].is_certain) == (25, True)
    assert run.engine.ledger.credits_today == 25


async def test_cost_that_the_provider_does_not_name_stays_an_estimate(run: Runs) -> None:
    record = await run(Provider([done_for(None)], credits=30))
    charge = record.charges[SUBMIT]
    assert (charge.credits, charge.is_certain) == (30, False)


async def test_cost_that_is_known_is_not_replaced_by_an_estimate_when_run_again(
    run: Runs,
) -> None:
    provider = Provider([done_for(25)], credits=30)
    first = await run(provider)
    await run(provider, again(first))
    assert run.engine.ledger.credits_today == 25
    written = await run.engine.written(first)
    assert written.charges[SUBMIT].is_certain


async def test_cost_of_a_failed_task_stays_and_another_try_is_another_charge(run: Runs) -> None:
    """A maker that bills failed tasks is not believed to have been paid only once."""
    failed = TaskStatus(TaskState.FAILED, error="torn", receipt=done_for(5).receipt)
    provider = Provider([failed, done_for(25)], credits=30)
    first = await ended(await run.start(provider))
    second = await run(provider, again(first))
    assert (first.spent_credits, second.spent_credits) == (5, 25)
    assert run.engine.ledger.credits_today == 30
