"""What a request would do and cost, and that planning it does nothing."""

from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.errors import BadInput, CapReached, Conflict, ProviderNotConfigured
from asset_forge.pipeline.records import CallRecord, CallState, PipelineRecord
from asset_forge.services.planning import (
    Plan,
    PlannedAsset,
    PlannedCall,
    planned_calls,
    remaining_credits,
)
from asset_forge.services.retexture import RetextureRequest
from tests.support.service import preset
from tests.unit.services.workshop import Maker, config, workshop

BARE = {"metadata": {"useGPT4Enhancement": False}}
TWO = [preset("bronze"), preset("gold")]
AVATAR = {"generationType": "avatar", "enableRigging": True}


def makers_of(plan: Plan) -> dict[str, tuple[str, int, float]]:
    """Who makes how many in each stage, and for how much."""
    return {call.stage: (call.provider, call.count, call.credits) for call in plan.calls}


# --- who does what ---


async def test_plan_names_provider_model_count_and_price_of_each_stage(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        plan = await shop.generation.plan(config(**AVATAR, materialPresets=TWO))
    assert makers_of(plan) == {
        "promptOptimization": ("openai", 1, 0),
        "imageGeneration": ("openai", 1, 0),
        "image3D": ("meshy", 1, 10),
        "textureGeneration": ("meshy", 2, 20),
        "rigging": ("meshy", 1, 10),
    }
    models = {call.stage: call.model for call in plan.calls}
    assert (models["promptOptimization"], models["image3D"]) == ("gpt-test", "model-test")
    assert (plan.estimated_credits, plan.estimated_usd) == (40, 0.041)
    assert plan.refusal is None


async def test_plan_estimates_what_the_pipeline_is_known_to_cost(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        plan = await shop.generation.plan(config(materialPresets=TWO))
        record = await shop.generate(materialPresets=TWO)
        made = {call for call in record.calls if not call.endswith(".end")}
    assert {key for call in plan.calls for key in call.keys} == made
    assert plan.estimated_credits == record.estimated_credits == record.spent_credits


@pytest.mark.parametrize(
    ("fields", "skipped"),
    [
        ({}, {"textureGeneration": "no material variants were asked for"}),
        (
            {**BARE, "materialPresets": TWO},
            {"promptOptimization": "metadata.useGPT4Enhancement is false"},
        ),
        (
            {"materialPresets": TWO, "enableRigging": True},
            {"rigging": "only avatars are rigged"},
        ),
        (
            {"materialPresets": TWO, "referenceImage": {"url": "https://example.com/a.png"}},
            {"imageGeneration": "a reference image was given"},
        ),
    ],
)
async def test_plan_says_why_a_stage_has_nothing_to_do_as_the_run_does(
    fields: dict[str, Any], skipped: dict[str, str], tmp_path: Path
) -> None:
    async with workshop(tmp_path) as shop:
        plan = await shop.generation.plan(config(**fields))
        assert shop.fetched == []
        record = await shop.generate(**fields)
    assert plan.skipped == skipped
    assert not {call.stage for call in plan.calls} & set(skipped)
    for name, reason in skipped.items():
        assert (record.stages[name].result or {})["reason"] == reason


async def test_plan_without_a_writer_has_no_call_for_words(tmp_path: Path) -> None:
    async with workshop(tmp_path, writer=None) as shop:
        plan = await shop.generation.plan(config())
    assert "promptOptimization" not in makers_of(plan)


async def test_plan_names_the_assets_that_would_be_written(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.generate(materialPresets=TWO[:1])
        plan = await shop.generation.plan(config(overwrite=True, materialPresets=TWO))
    assert plan.writes == [
        PlannedAsset(AssetId("plain-sword"), exists=True),
        PlannedAsset(AssetId("plain-sword-bronze"), exists=True),
        PlannedAsset(AssetId("plain-sword-gold"), exists=False),
    ]


@pytest.mark.parametrize(
    ("task", "choice", "painter"),
    [
        ("task-1", "auto", "meshy"),
        (None, "auto", "greybox"),
        ("task-1", "greybox", "greybox"),
    ],
)
async def test_plan_of_variants_follows_the_rule_of_who_can_paint_the_base(
    task: str | None, choice: str, painter: str, tmp_path: Path
) -> None:
    async with workshop(tmp_path, greybox=Maker("greybox")) as shop:
        shop.put("plain-sword", meshyTaskId=task)
        wanted = config(enableGeneration=False, provider=choice, materialPresets=TWO)
        plan = await shop.generation.plan(wanted)
        (variant,) = (call for call in plan.calls if call.stage == "textureGeneration")
        record = await shop.end(await shop.generation.start(wanted))
    assert variant.provider == painter
    submits = [call for key, call in record.calls.items() if key in variant.keys]
    assert {(call.result or {})["provider"] for call in submits} == {painter}
    assert plan.quality is None


async def test_plan_of_a_rig_follows_the_stage_and_not_the_rule_of_painting(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path, greybox=Maker("greybox")) as shop:
        shop.put("plain-sword")
        plan = await shop.generation.plan(config(**AVATAR, enableGeneration=False))
    assert makers_of(plan) == {"rigging": ("meshy", 1, 10)}


# --- planning does nothing ---


async def test_plan_sends_writes_and_holds_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path, credits_per_day=100) as shop:
        await shop.budget.ready()
        before = sorted(path for path in tmp_path.rglob("*") if "prompts" not in path.parts)
        plan = await shop.generation.plan(config(materialPresets=TWO))
        assert shop.paid_calls == 0
        assert plan.caps == shop.budget.caps
        assert (plan.caps.reserved_by_running, plan.caps.left_today) == (0, 100)
        assert sorted(path for path in tmp_path.rglob("*") if "prompts" not in path.parts) == before
        assert not list(shop.registry.active())


async def test_plan_over_a_cap_is_shown_with_the_sentence_that_would_refuse_it(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path, credits_per_pipeline=29) as shop:
        plan = await shop.generation.plan(config(materialPresets=TWO))
    assert plan.estimated_credits == 30
    assert "FORGE_MAX_CREDITS_PER_PIPELINE" in (plan.refusal or "")


async def test_plan_of_a_bad_request_is_refused_as_the_start_is(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        shop.put("plain-sword")
        with pytest.raises(Conflict, match="already exists"):
            await shop.generation.plan(config())
        with pytest.raises(BadInput):
            await shop.generation.plan(config(assetId="axe", enableGeneration=False))
        with pytest.raises(ProviderNotConfigured):
            await shop.generation.plan(config(assetId="axe", provider="greybox"))


async def test_plan_of_a_busy_asset_is_refused_and_does_not_disturb_a_start(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        record = await shop.order()
        with pytest.raises(Conflict) as refused:
            await shop.generation.plan(config())
        assert refused.value.error_code == "asset_busy"
        assert list(shop.registry.active()) == [record]


async def test_cap_knows_of_today_although_nobody_read_the_journal_at_the_start(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        await shop.generate()
    async with workshop(tmp_path, credits_per_day=19) as shop:
        plan = await shop.generation.plan(config(name="Axe"))
        assert plan.caps.spent_today == 10
        with pytest.raises(CapReached):
            await shop.generation.start(config(name="Axe"))


# --- retexture, regenerate, retry ---


async def test_plan_of_a_retexture_names_its_painter_and_price(tmp_path: Path) -> None:
    bronze = MaterialPreset.from_json(preset("bronze"))
    async with workshop(tmp_path, greybox=Maker("greybox")) as shop:
        shop.put("sword", meshyTaskId="task-1")
        order = RetextureRequest(AssetId("sword"), bronze)
        plan = await shop.retexture.plan(order)
        assert makers_of(plan) == {"textureGeneration": ("meshy", 1, 10)}
        assert plan.writes == [PlannedAsset(AssetId("sword-bronze"), exists=False)]
        free = RetextureRequest(AssetId("sword"), bronze, choice=ProviderChoice.GREYBOX)
        assert makers_of(await shop.retexture.plan(free))["textureGeneration"][0] == "greybox"
        assert shop.paid_calls == 0
        assert not list(shop.registry.active())


async def test_plan_of_a_regeneration_is_that_of_the_recorded_request(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await shop.generate(materialPresets=TWO[:1])
        paid = shop.paid_calls
        plan = await shop.generation.plan_regeneration(AssetId("plain-sword"))
        assert makers_of(plan)["textureGeneration"] == ("meshy", 1, 10)
        assert all(asset.exists for asset in plan.writes)
        assert shop.paid_calls == paid


def test_remaining_credits_leave_out_what_was_bought_and_count_what_was_lost() -> None:
    keys = tuple(f"textureGeneration/{name}.submit" for name in ("done", "lost", "new"))
    record = PipelineRecord(PipelineId("pipeline-1"), AssetId("sword"), stages={})
    record.calls[keys[0]] = CallRecord(CallState.DONE, sent_at_ms=1, result={"taskId": "t"})
    record.calls[keys[1]] = CallRecord(CallState.INTENT, sent_at_ms=1)
    calls = [PlannedCall("textureGeneration", "meshy", None, keys, credits_each=10)]
    assert remaining_credits(calls, record) == 20


async def test_planned_calls_of_some_stages_need_no_maker_of_the_others(tmp_path: Path) -> None:
    async with workshop(tmp_path, meshy=None) as shop:
        assert planned_calls(shop.tools, config(), stages=["spriteGeneration"]) == []


async def test_retry_is_estimated_by_what_is_left_to_buy(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        assert shop.meshy is not None
        shop.meshy.broken = {"bronze"}
        first = await shop.generate(materialPresets=TWO)
        shop.meshy.broken = set()
        again = await shop.end(await shop.pipelines.retry(first.id))
    assert (first.estimated_credits, again.estimated_credits) == (30, 10)
    assert again.spent_credits == 10
