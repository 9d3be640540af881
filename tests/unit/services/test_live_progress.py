"""Live progress: whole states with ids, told once each, up to the last."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import Unavailable
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.services import live_progress
from asset_forge.services.live_progress import Moment, has_seen_end, moments
from tests.unit.pipeline.engine import LONGEST_WAIT_S, record_for


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> PipelineRecord:
    monkeypatch.setattr(live_progress, "PAUSE_S", 0)
    return record_for("only")


def move(record: PipelineRecord, percent: float) -> None:
    record.progress = percent
    record.touch()


class Listener:
    """Somebody who listens, until `close`."""

    def __init__(
        self, record: PipelineRecord, last_id: str = "", heartbeat_s: float = LONGEST_WAIT_S
    ) -> None:
        self._stream = moments(record, last_id=last_id, heartbeat_s=heartbeat_s)

    async def hear(self) -> Moment:
        """Return what is told next."""
        moment = await asyncio.wait_for(anext(self._stream), LONGEST_WAIT_S)
        assert moment is not None
        return moment

    async def all(self) -> list[Moment | None]:
        """Return everything up to the end of the stream."""
        return [moment async for moment in self._stream]

    async def close(self) -> None:
        assert isinstance(self._stream, AsyncIterator)
        await self._stream.aclose()  # type: ignore[attr-defined]


@pytest.fixture
async def listen(record: PipelineRecord) -> AsyncIterator[Callable[..., Listener]]:
    opened: list[Listener] = []

    def start(**more: str | float) -> Listener:
        opened.append(Listener(record, **more))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for listener in opened:
        await listener.close()


async def test_moments_begin_with_how_it_stands(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    move(record, 10)
    moment = await listen().hear()
    assert moment.status == record.to_json()
    assert not moment.is_last


async def test_moments_tell_each_change_with_an_id_of_its_own(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    listener, seen = listen(), []
    for percent in (10, 20, 30):
        move(record, percent)
        seen.append(await listener.hear())
    assert [moment.status["progress"] for moment in seen] == [10, 20, 30]
    assert len({moment.id for moment in seen}) == 3


async def test_moments_many_changes_at_once_are_told_as_one(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    listener = listen()
    await listener.hear()
    for percent in range(50):
        move(record, percent)
    assert (await listener.hear()).status["progress"] == 49
    waiting = asyncio.ensure_future(listener.hear())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    move(record, 60)
    assert (await waiting).status["progress"] == 60


async def test_moments_who_comes_back_is_told_only_what_is_newer(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    move(record, 10)
    seen = await listen().hear()
    waiting = asyncio.ensure_future(listen(last_id=seen.id).hear())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    move(record, 20)
    assert (await waiting).status["progress"] == 20


@pytest.mark.parametrize("last_id", ["0badcafe-7", "nonsense", "end"])
async def test_moments_who_knows_an_id_of_another_run_is_told_how_it_stands(
    record: PipelineRecord, listen: Callable[..., Listener], last_id: str
) -> None:
    for _ in range(7):
        record.touch()
    assert (await listen(last_id=last_id).hear()).status == record.to_json()


async def test_moments_end_with_the_last_state(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    listener = listen()
    await listener.hear()
    record.finish(PipelineStatus.COMPLETED)
    (last,) = await listener.all()
    assert last is not None
    assert (last.id, last.is_last, last.status["status"]) == ("end", True, "completed")


async def test_moments_of_an_ended_one_are_its_last_state_alone(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    record.finish(PipelineStatus.FAILED)
    told = await listen().all()
    assert [moment.is_last for moment in told if moment] == [True]
    assert await listen(last_id="end").all() == []


def test_has_seen_end_only_of_one_that_has_ended(record: PipelineRecord) -> None:
    assert not has_seen_end(record, "end")  # of the pipeline that is retried, say
    record.finish(PipelineStatus.FAILED)
    assert has_seen_end(record, "end")
    assert not has_seen_end(record, "")


async def test_moments_end_when_the_service_is_being_stopped(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    listener = listen()
    await listener.hear()
    rest = asyncio.ensure_future(listener.all())
    await asyncio.sleep(0)
    record.interrupt(Unavailable("stopped"))
    (moment,) = await asyncio.wait_for(rest, LONGEST_WAIT_S)
    assert moment is not None
    assert not moment.is_last  # it goes on after the restart


async def test_moments_nothing_happens_sends_a_heartbeat(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    stream = moments(record, heartbeat_s=0.001)
    assert await anext(stream) is not None
    assert await anext(stream) is None
    assert await anext(stream) is None
    move(record, 10)
    while (moment := await asyncio.wait_for(anext(stream), LONGEST_WAIT_S)) is None:
        pass
    assert moment.status["progress"] == 10
    await stream.aclose()  # type: ignore[attr-defined]


async def test_moments_listeners_do_not_take_changes_from_each_other(
    record: PipelineRecord, listen: Callable[..., Listener]
) -> None:
    listeners = [listen() for _ in range(3)]
    for listener in listeners:
        await listener.hear()
    move(record, 40)
    heard = await asyncio.gather(*(listener.hear() for listener in listeners))
    assert {moment.status["progress"] for moment in heard} == {40}
