"""Caps on spending, before anything is sent."""

from pathlib import Path

import pytest

from asset_forge.domain.costs import Charge
from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import CapReached
from asset_forge.pipeline import ledger as ledger_module
from asset_forge.pipeline.records import PipelineRecord
from tests.unit.pipeline.engine import Engine, engine_in, record_for

KEY = "image3D/model.submit"


def running(engine: Engine, estimated_credits: float, number: int = 1) -> PipelineRecord:
    """Put a pipeline into memory that may spend so much."""
    record = record_for("image3D", asset_id=f"sword-{number}", number=number)
    record.estimated_credits = estimated_credits
    engine.registry.add(record)
    return record


async def spend(engine: Engine, record: PipelineRecord, amount: float) -> None:
    await engine.ledger.put(record, KEY, Charge("meshy", credits=amount))


async def test_admit_without_caps_lets_everything_through(engine: Engine) -> None:
    assert engine.budget.left_today is None
    engine.budget.admit(1e9)
    engine.budget.authorise(record_for("only"), 1e9)


async def test_admit_over_the_cap_of_a_pipeline_is_refused(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_pipeline=30) as engine:
        engine.budget.admit(30)
        with pytest.raises(CapReached, match=r"40 credits.*30 \(FORGE_MAX_CREDITS_PER_PIPELINE"):
            engine.budget.admit(40)


async def test_admit_over_the_cap_of_the_day_is_refused(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=100) as engine:
        await spend(engine, record_for("image3D"), 80)
        engine.budget.admit(20)
        with pytest.raises(CapReached, match=r"30 credits.*100 \(FORGE_MAX_CREDITS_PER_DAY\) 20 "):
            engine.budget.admit(30)


async def test_admit_counts_what_running_pipelines_may_still_spend(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=100) as engine:
        record = running(engine, 60)
        await spend(engine, record, 25)  # 35 may follow
        assert engine.budget.reserved_credits == 35
        engine.budget.admit(40)
        with pytest.raises(CapReached):
            engine.budget.admit(41)
        record.finish(PipelineStatus.COMPLETED)
        engine.budget.admit(75)


async def test_admit_own_reservation_does_not_count_twice(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=100) as engine:
        record = running(engine, 100)
        engine.budget.admit(100, already_reserved=record.reserved_credits)


async def test_admit_own_reservation_makes_no_room(tmp_path: Path) -> None:
    """More may be reserved than is left: then what is left is less than nothing."""
    async with engine_in(tmp_path, per_day=100) as engine:
        await spend(engine, record_for("image3D"), 90)
        record = running(engine, 30, number=2)
        with pytest.raises(CapReached, match=" 10 are left"):
            engine.budget.admit(30, already_reserved=record.reserved_credits)


async def test_admit_two_that_fit_one_by_one_the_second_is_refused(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=100) as engine:
        first, second = running(engine, 60, 1), running(engine, 0, 2)
        engine.budget.admit(60, already_reserved=first.reserved_credits)
        second.estimated_credits = 60
        with pytest.raises(CapReached):
            engine.budget.admit(60, already_reserved=second.reserved_credits)


async def test_admit_what_is_free_is_never_refused(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=0, per_pipeline=0) as engine:
        engine.budget.admit(0)
        engine.budget.authorise(record_for("only"), 0)


async def test_left_today_is_never_less_than_nothing(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=10) as engine:
        await spend(engine, record_for("image3D"), 30)
        assert engine.budget.left_today == 0


async def test_left_today_is_full_again_at_midnight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_in(tmp_path, per_day=100) as engine:
        record = running(engine, 100)
        await spend(engine, record, 100)
        record.finish(PipelineStatus.COMPLETED)
        assert engine.budget.left_today == 0
        monkeypatch.setattr(ledger_module, "today", lambda: "2999-01-01")
        assert engine.budget.left_today == 100
        engine.budget.admit(100)


async def test_authorise_call_over_the_cap_of_its_pipeline_is_refused(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_pipeline=50) as engine:
        record = running(engine, 50)
        await spend(engine, record, 30)
        engine.budget.authorise(record, 20)
        with pytest.raises(CapReached, match=r"spent 30 of the 50"):
            engine.budget.authorise(record, 21)


async def test_authorise_call_over_the_cap_of_the_day_is_refused(tmp_path: Path) -> None:
    async with engine_in(tmp_path, per_day=50) as engine:
        await spend(engine, record_for("image3D"), 30)
        other = running(engine, 25, number=2)
        engine.budget.authorise(other, 20)
        with pytest.raises(CapReached, match=r"30 of today's 50 .*after midnight UTC"):
            engine.budget.authorise(other, 25)
