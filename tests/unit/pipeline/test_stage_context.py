"""Paid calls: in the journal before and after they are made, and never made twice blindly."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from asset_forge.domain.costs import Charge
from asset_forge.errors import (
    BadInput,
    CapReached,
    ForgeError,
    ProviderError,
    ProviderNotConfigured,
    ProviderUnreachable,
    StorageUnavailable,
)
from asset_forge.pipeline import stage_context as stage_context_module
from asset_forge.pipeline.context import JsonObject
from asset_forge.pipeline.observer import NoObserver
from asset_forge.pipeline.records import CallState, PipelineRecord
from asset_forge.pipeline.stage_context import EngineContext
from tests.unit.pipeline.engine import Engine, RefusingDisk, engine_in, record_for

KEY = "only/buy"
BOUGHT = {"taskId": "task-1"}


class Call:
    """A paid call: gives its answers in turn, the last one again and again."""

    def __init__(self, *answers: JsonObject | Exception) -> None:
        self._answers = list(answers)
        self.sent = 0

    async def __call__(self) -> JsonObject:
        self.sent += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class SlowCall:
    """A paid call that answers when it is let go."""

    def __init__(self, answer: JsonObject | Exception = BOUGHT) -> None:
        self.sent, self.go_on = asyncio.Event(), asyncio.Event()
        self._answer = answer

    async def __call__(self) -> JsonObject:
        self.sent.set()
        await self.go_on.wait()
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def finds(found: JsonObject | Exception | None) -> Callable[[int], Awaitable[JsonObject | None]]:
    async def find(sent_at_ms: int) -> JsonObject | None:
        assert sent_at_ms > 0
        if isinstance(found, Exception):
            raise found
        return found

    return find


def lost() -> ProviderUnreachable:
    return ProviderUnreachable("no answer", provider="meshy", may_have_charged=True)


async def new(engine: Engine) -> PipelineRecord:
    record = record_for("first", "only")
    await engine.journal.add(record)
    engine.registry.add(record)
    return record


def context(engine: Engine, record: PipelineRecord) -> EngineContext:
    return EngineContext(
        record=record,
        stage="only",
        workspace=engine.workspaces / record.workspace,
        progress_after=50,
        journal=engine.journal,
        ledger=engine.ledger,
        budget=engine.budget,
        observer=NoObserver(),
    )


async def with_intent(engine: Engine, tries: int = 1) -> PipelineRecord:
    """Return a pipeline whose paid call was sent so often, each time without an answer."""
    record = await new(engine)
    for _ in range(tries):
        with pytest.raises(ProviderUnreachable):
            await context(engine, record).once("buy", Call(lost()), provider="meshy")
    return record


# --- the order of things ---


async def test_once_writes_the_intent_before_and_the_result_after(engine: Engine) -> None:
    record = await new(engine)
    seen: list[tuple[str, bool]] = []

    async def buy() -> JsonObject:
        call = (await engine.written(record)).calls[KEY]
        seen.append((call.state, call.result is None))
        return BOUGHT

    assert await context(engine, record).once("buy", buy) == BOUGHT
    assert seen == [("intent", True)]
    call = (await engine.written(record)).calls[KEY]
    assert (call.state, call.result, call.tries) == ("done", BOUGHT, 1)


async def test_once_run_again_returns_what_is_stored(tmp_path: Path) -> None:
    call = Call(BOUGHT)
    async with engine_in(tmp_path) as engine:
        record = await new(engine)
        await context(engine, record).once("buy", call)
        assert await context(engine, record).once("buy", call) == BOUGHT
    async with engine_in(tmp_path) as engine:
        (record,) = await engine.journal.unfinished()
        assert await context(engine, record).once("buy", call) == BOUGHT
    assert call.sent == 1


async def test_once_journal_refuses_the_intent_sends_nothing(
    disk: RefusingDisk, engine: Engine
) -> None:
    record, call = await new(engine), Call(BOUGHT)
    disk.refuse("INTO calls")
    with pytest.raises(StorageUnavailable):
        await context(engine, record).once("buy", call, most_credits=10, provider="meshy")
    assert call.sent == 0
    assert record.calls == {}
    assert record.charges == {}
    assert engine.ledger.credits_today == 0
    disk.accept()
    await context(engine, record).once("buy", call)
    assert call.sent == 1


async def test_once_journal_refuses_the_result_returns_it_and_writes_it_later(
    tmp_path: Path, disk: RefusingDisk
) -> None:
    async def buy() -> JsonObject:
        disk.refuse()
        return BOUGHT

    async with engine_in(tmp_path) as engine:
        record = await new(engine)
        assert await context(engine, record).once("buy", buy) == BOUGHT
        disk.accept()
    async with engine_in(tmp_path) as engine:
        (record,) = await engine.journal.unfinished()
        assert record.task_of(KEY) == "task-1"


async def test_once_over_a_cap_sends_nothing(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=100) as engine:
        record, call = await new(engine), Call(BOUGHT)
        with pytest.raises(CapReached):
            await context(engine, record).once("buy", call, most_credits=101, provider="meshy")
        assert call.sent == 0
        assert record.calls == (await engine.written(record)).calls == {}


async def test_once_calls_side_by_side_cannot_break_a_cap_together(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_pipeline=50) as engine:
        record, ctx = await new(engine), SlowCall()
        ctx.go_on.set()
        both = context(engine, record)
        outcomes = await asyncio.gather(
            *(both.once(key, ctx, most_credits=30, provider="meshy") for key in "ab"),
            return_exceptions=True,
        )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CapReached", "dict"]


# --- an intent without an answer ---


async def test_once_answer_lost_and_found_goes_on_with_it(engine: Engine) -> None:
    record, call = await with_intent(engine), Call({"taskId": "another"})
    assert (
        await context(engine, record).once("buy", call, find=finds(BOUGHT), provider="meshy")
        == BOUGHT
    )
    assert call.sent == 0
    assert (await engine.written(record)).task_of(KEY) == "task-1"
    assert record.stages["only"].note is None


async def test_once_answer_lost_and_surely_not_there_is_sent_again(engine: Engine) -> None:
    record, call = await with_intent(engine), Call(BOUGHT)
    assert (
        await context(engine, record).once("buy", call, find=finds(None), provider="meshy")
        == BOUGHT
    )
    assert call.sent == 1
    assert record.stages["only"].note is None


async def test_once_answer_lost_and_nobody_knows_is_not_sent(engine: Engine) -> None:
    record, call = await with_intent(engine), Call(BOUGHT)
    with pytest.raises(ProviderError, match="who knows"):
        await context(engine, record).once(
            "buy",
            call,
            find=finds(ProviderError("who knows", provider="meshy")),
            provider="meshy",
        )
    assert call.sent == 0
    assert record.calls[KEY].state is CallState.INTENT


async def test_once_answer_lost_and_another_would_look_is_not_sent(engine: Engine) -> None:
    record, call = await with_intent(engine), Call(BOUGHT)
    with pytest.raises(ProviderNotConfigured, match="let meshy be used again"):
        await context(engine, record).once("buy", call, find=finds(None))
    assert call.sent == 0
    assert "meshy" in str(record.charges)


async def test_once_answer_lost_without_find_is_made_again_once_with_a_note(
    engine: Engine,
) -> None:
    record, call = await with_intent(engine), Call(BOUGHT)
    assert await context(engine, record).once("buy", call, provider="meshy") == BOUGHT
    assert "billed twice" in record.stages["only"].to_json()["note"]
    assert len(record.charges) == 2


async def test_once_answer_lost_twice_without_find_is_not_made_again(engine: Engine) -> None:
    record, call = await with_intent(engine, tries=2), Call(BOUGHT)
    with pytest.raises(ForgeError, match="start a new pipeline") as raised:
        await context(engine, record).once("buy", call, provider="openai")
    assert raised.value.error_code == "answers_lost"
    assert call.sent == 0


async def test_once_fault_of_the_service_meanwhile_counts_as_no_answer(engine: Engine) -> None:
    record = await new(engine)
    with pytest.raises(OSError, match="no space"):
        await context(engine, record).once("buy", Call(OSError("no space")))
    assert (await engine.written(record)).calls[KEY].state is CallState.INTENT


@pytest.mark.parametrize(
    "refusal", [ProviderError("no", provider="meshy"), BadInput("no")], ids=["provider", "us"]
)
async def test_once_refused_may_be_sent_again_and_costs_nothing(
    engine: Engine, refusal: ForgeError
) -> None:
    record, call = await new(engine), Call(refusal, BOUGHT)
    with pytest.raises(type(refusal)):
        await context(engine, record).once("buy", call, most_credits=30, provider="meshy")
    assert (await engine.written(record)).calls[KEY].state is CallState.REFUSED
    assert record.charges == (await engine.written(record)).charges == {}
    assert await context(engine, record).once("buy", call) == BOUGHT
    assert record.stages["only"].note is None


# --- stopped in the midst of it ---


async def stop(task: "asyncio.Task[JsonObject]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_once_stopped_an_answer_that_still_comes_is_kept(engine: Engine) -> None:
    record, call = await new(engine), SlowCall()
    task = asyncio.create_task(
        context(engine, record).once("buy", call, most_credits=30, provider="meshy")
    )
    await call.sent.wait()
    task.cancel()
    await asyncio.sleep(0)
    call.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    written = await engine.written(record)
    assert written.task_of(KEY) == "task-1"
    assert written.charges[KEY].credits == 30


async def test_once_stopped_a_refusal_that_still_comes_is_kept(engine: Engine) -> None:
    record, call = await new(engine), SlowCall(ProviderError("no", provider="meshy"))
    task = asyncio.create_task(
        context(engine, record).once("buy", call, most_credits=30, provider="meshy")
    )
    await call.sent.wait()
    call.go_on.set()
    await stop(task)
    written = await engine.written(record)
    assert written.calls[KEY].state is CallState.REFUSED
    assert written.charges == {}


async def test_once_stopped_and_no_answer_comes_is_looked_for_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_context_module, "ANSWER_GRACE_S", 0.01)
    record, call = await new(engine), SlowCall()
    task = asyncio.create_task(
        context(engine, record).once("buy", call, most_credits=30, provider="meshy")
    )
    await call.sent.wait()
    await stop(task)
    written = await engine.written(record)
    assert written.calls[KEY].state is CallState.INTENT
    assert written.charges[KEY].credits == 30  # it may be billed
    assert (
        await context(engine, record).once("buy", Call({}), find=finds(BOUGHT), provider="meshy")
        == BOUGHT
    )


async def test_once_stopped_twice_leaves_nothing_running(engine: Engine) -> None:
    record, call = await new(engine), SlowCall()
    before = asyncio.all_tasks()
    task = asyncio.create_task(context(engine, record).once("buy", call))
    await call.sent.wait()
    task.cancel()
    await asyncio.sleep(0)
    await stop(task)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_once_stopped_before_it_was_sent_sends_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, call = await new(engine), Call(BOUGHT)
    writing, never = asyncio.Event(), asyncio.Event()

    async def hang(*_: object) -> None:
        writing.set()
        await never.wait()

    monkeypatch.setattr(engine.journal, "intend", hang)
    task = asyncio.create_task(
        context(engine, record).once("buy", call, most_credits=30, provider="meshy")
    )
    await writing.wait()
    await stop(task)
    assert call.sent == 0
    assert record.calls == {}
    assert record.charges == {}


# --- what it costs ---


async def test_once_counts_as_spent_before_it_is_sent(engine: Engine) -> None:
    record, seen = await new(engine), []

    async def buy() -> JsonObject:
        seen.append((await engine.written(record)).charges[KEY])
        return BOUGHT

    await context(engine, record).once("buy", buy, most_credits=30, provider="meshy")
    assert seen == [Charge("meshy", credits=30, is_certain=False)]


async def test_once_receipt_in_the_answer_is_put_down_at_once(engine: Engine) -> None:
    record = await new(engine)
    receipt = {"provider": "openai", "model": "gpt-test", "usage": {"total_tokens": 7}}
    await context(engine, record).once("buy", Call({"receipt": receipt}), provider="openai")
    charge = (await engine.written(record)).charges[KEY]
    assert (charge.usage, charge.model, charge.is_certain) == (
        {"total_tokens": 7},
        "gpt-test",
        True,
    )


async def test_once_found_to_be_surely_not_there_costs_nothing(engine: Engine) -> None:
    record = await new(engine)
    with pytest.raises(ProviderUnreachable):
        await context(engine, record).once(
            "buy", Call(lost()), find=finds(None), most_credits=30, provider="meshy"
        )
    assert engine.ledger.credits_today == 0
    assert record.charges == {}


async def test_once_nobody_knows_whether_it_was_billed_stays_an_estimate(engine: Engine) -> None:
    record = await new(engine)
    with pytest.raises(ProviderUnreachable):
        await context(engine, record).once("buy", Call(lost()), most_credits=30, provider="meshy")
    assert record.to_json()["cost"] == {"credits": 30, "estimated": True}
