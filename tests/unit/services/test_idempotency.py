"""Requests that come again: one pipeline for a key, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asset_forge.domain.clock import now_ms
from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import Conflict, KeyReused, StorageUnavailable
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.pipeline.runner import PlannedStage
from asset_forge.pipeline.upkeep import KEY_WINDOW_MS
from asset_forge.services import idempotency as idempotency_module
from asset_forge.services.idempotency import Idempotency, RequestKey
from tests.unit.pipeline.engine import Engine, ended, engine_in, record_for, refusing_disk, succeed

KEY = RequestKey("k1", "POST /x abc")


class Requests:
    """Requests that start pipelines, each of another asset, and count how often they did."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.guard = Idempotency(journal=engine.journal, registry=engine.registry)
        self.started = 0
        self.refusal: Exception | None = None

    async def send(self, key: RequestKey | None = KEY) -> tuple[PipelineRecord, bool]:
        async def start() -> PipelineRecord:
            if self.refusal is not None:
                raise self.refusal
            self.started += 1
            record = record_for("only", asset_id=f"sword-{self.started}", number=self.started)
            await self.engine.runner.start(
                record,
                [PlannedStage("only", succeed, 50)],
                key=key.key if key else None,
                fingerprint=key.fingerprint if key else "",
            )
            return record

        return await self.guard.once(key, start)


@pytest.fixture
async def requests(tmp_path: Path) -> AsyncIterator[Requests]:
    async with engine_in(tmp_path) as engine:
        yield Requests(engine)


async def test_once_without_a_key_starts_each_time(requests: Requests) -> None:
    assert [(await requests.send(None))[1] for _ in range(2)] == [False, False]
    assert requests.started == 2


async def test_once_same_request_again_is_answered_with_the_same_pipeline(
    requests: Requests,
) -> None:
    first, was_replay = await requests.send()
    assert not was_replay
    again, is_replay = await requests.send()
    assert is_replay
    assert again is first
    assert requests.started == 1


async def test_once_many_at_once_start_one(requests: Requests) -> None:
    outcomes = await asyncio.gather(*(requests.send() for _ in range(10)))
    assert requests.started == 1
    assert len({record.id for record, _ in outcomes}) == 1
    assert [is_replay for _, is_replay in outcomes].count(False) == 1


async def test_once_other_keys_do_not_wait_for_each_other(requests: Requests) -> None:
    await asyncio.gather(*(requests.send(RequestKey(f"k{n}", "f")) for n in range(5)))
    assert requests.started == 5


async def test_once_same_key_with_another_request_is_refused(requests: Requests) -> None:
    await requests.send()
    with pytest.raises(KeyReused, match=r"'k1'.*new key"):
        await requests.send(RequestKey("k1", "POST /x other"))
    assert requests.started == 1


async def test_once_after_a_day_the_key_is_free_again(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    await requests.send()
    later_ms = now_ms() + KEY_WINDOW_MS + 1000
    monkeypatch.setattr(idempotency_module, "now_ms", lambda: later_ms)
    other = RequestKey("k1", "POST /x other")
    assert not (await requests.send(other))[1]
    assert requests.started == 2
    monkeypatch.undo()
    record, is_replay = await requests.send(other)
    assert is_replay
    assert record.id == "pipeline-2"


async def test_once_refused_request_can_be_sent_again_under_its_key(requests: Requests) -> None:
    requests.refusal = Conflict("busy")
    with pytest.raises(Conflict):
        await requests.send()
    requests.refusal = None
    assert not (await requests.send())[1]


async def test_once_first_of_two_is_refused_the_second_is_tried(requests: Requests) -> None:
    requests.refusal = Conflict("busy")
    outcomes = await asyncio.gather(requests.send(), requests.send(), return_exceptions=True)
    assert all(isinstance(outcome, Conflict) for outcome in outcomes)


async def test_once_after_a_restart_the_key_still_stands_for_its_pipeline(tmp_path: Path) -> None:
    async with engine_in(tmp_path) as engine:
        first, _ = await Requests(engine).send()
        await ended(first)
    async with engine_in(tmp_path) as engine:
        requests = Requests(engine)
        again, is_replay = await requests.send()
        assert is_replay
        assert again.to_json() == first.to_json()
        assert requests.started == 0
        with pytest.raises(KeyReused):
            await requests.send(RequestKey("k1", "other"))


async def test_once_pipeline_was_forgotten_starts_anew(requests: Requests) -> None:
    first, _ = await requests.send()
    await ended(first)
    requests.engine.registry.forget_old(float("inf"))
    await requests.engine.journal.prune(ended_before="9999", keys_before_ms=0)
    again, is_replay = await requests.send()
    assert not is_replay
    assert again.id == "pipeline-2"
    assert (await requests.send())[0].id == "pipeline-2"


async def test_once_failed_pipeline_is_the_answer_too(requests: Requests) -> None:
    first, _ = await requests.send()
    await requests.engine.runner.cancel(first)
    record, is_replay = await requests.send()
    assert is_replay
    assert record.status in (PipelineStatus.CANCELLED, PipelineStatus.COMPLETED)


async def test_once_journal_refuses_starts_nothing(tmp_path: Path) -> None:
    with refusing_disk() as disk:
        async with engine_in(tmp_path) as engine:
            requests = Requests(engine)
            disk.refuse()
            with pytest.raises(StorageUnavailable):
                await requests.send()
            assert requests.started == 0
            disk.accept()
            assert not (await requests.send())[1]
