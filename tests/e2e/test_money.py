"""What the makers were paid: in the status, in metadata.json and in the ledger it is the same."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import faults, meshy_faults, openai_faults
from tests.fakes.meshy import FakeMeshy
from tests.fakes.meshy_tasks import Task, TaskScript
from tests.fakes.pictures import data_uri
from tests.support.service import (
    Json,
    LiveService,
    live_with_fakes,
    preset,
    wait_until,
    words,
)

FIRST_CREDITS = 1000
SHAPE, PAINT, RIG = 30, 10, 5
CREATE = "POST /openapi/v1/image-to-3d"
CHAT, DRAW = "POST /v1/chat/completions", "POST /v1/images/generations"
BARE = {"metadata": {"useGPT4Enhancement": False}}


def costs(service: LiveService, **query: str) -> Json:
    answer = service.client.get("/api/costs", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def paid(service: LiveService) -> int:
    """Credits that the fake has kept."""
    return FIRST_CREDITS - service.meshy.credits


def by_asset(service: LiveService) -> dict[str, float]:
    return {row["assetId"]: row["credits"] for row in costs(service)["byAsset"]}


def retry(service: LiveService, pipeline_id: str) -> Json:
    answer = service.client.post(f"/api/generation/pipeline/{pipeline_id}/retry")
    assert answer.status_code == 200, answer.text
    return service.finish(answer.json()["pipelineId"])


def cancel(service: LiveService, pipeline_id: str) -> Json:
    answer = service.client.post(f"/api/generation/pipeline/{pipeline_id}/cancel")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def started(service: LiveService, is_there: Callable[[], bool], **fields: Any) -> str:
    """Start a generation and return its id when something has come about."""
    pipeline_id: str = service.start(**fields).json()["pipelineId"]
    wait_until(is_there)
    return pipeline_id


# --- what went well ---


@dataclass(frozen=True)
class Seen:
    """What could be seen after a rigged avatar with two variants and sprites was made."""

    status: Json
    metadata: dict[str, Json]
    ledger: Json
    paid: int


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    with live_with_fakes(tmp_path_factory.mktemp("guard")) as service:
        status = service.generate(
            name="Guard", type="character", subtype="humanoid", generationType="avatar",
            enableRigging=True, enableSprites=True,
            materialPresets=[preset("bronze"), preset("mithril")],
        )  # fmt: skip
        ids = ("guard", "guard-bronze", "guard-mithril")
        metadata = {asset_id: service.metadata(asset_id) for asset_id in ids}
        return Seen(status, metadata, costs(service), paid(service))


def test_status_tells_what_was_paid_by_stage_and_in_all(seen: Seen) -> None:
    status, stages = seen.status, seen.status["stages"]
    assert status["status"] == "completed", status
    shown = {name: stage["cost"]["credits"] for name, stage in stages.items() if "cost" in stage}
    assert shown == {
        "promptOptimization": 0,
        "imageGeneration": 0,
        "image3D": SHAPE,
        "textureGeneration": 2 * PAINT,
        "rigging": RIG,
    }
    assert status["cost"]["credits"] == seen.paid == SHAPE + 2 * PAINT + RIG
    assert "estimated" not in status["cost"]
    words, picture = stages["promptOptimization"], stages["imageGeneration"]
    total = sum(stage["cost"]["usage"]["total_tokens"] for stage in (words, picture))
    assert status["cost"]["usage"]["total_tokens"] == total


def test_receipts_in_results_say_the_same_as_the_stages(seen: Seen) -> None:
    for name, result in seen.status["results"].items():
        receipt, total = result.get("cost", {}), seen.status["stages"][name].get("cost", {})
        assert receipt.get("credits", 0) == total.get("credits", 0), name
        assert receipt.get("usage") == total.get("usage"), name
    for variant in seen.status["results"]["textureGeneration"]["variants"]:
        assert variant["cost"]["credits"] == PAINT


def test_metadata_and_ledger_agree_for_every_asset(seen: Seen) -> None:
    base = seen.metadata["guard"]["cost"]
    assert set(base) == {"promptOptimization", "imageGeneration", "image3D", "rigging"}
    in_metadata = {
        "guard": sum(receipt.get("credits", 0) for receipt in base.values()),
        "guard-bronze": seen.metadata["guard-bronze"]["cost"]["credits"],
        "guard-mithril": seen.metadata["guard-mithril"]["cost"]["credits"],
    }
    assert {row["assetId"]: row["credits"] for row in seen.ledger["byAsset"]} == in_metadata
    assert in_metadata == {"guard": SHAPE + RIG, "guard-bronze": PAINT, "guard-mithril": PAINT}


def test_status_and_ledger_agree_in_all(seen: Seen) -> None:
    total, caps = seen.ledger["total"], seen.ledger["caps"]
    assert total["credits"] == seen.status["cost"]["credits"]
    assert total["usage"] == seen.status["cost"]["usage"]
    assert (total["calls"], total["uncertainCalls"], total["estimatedCredits"]) == (6, 0, 0)
    assert (caps["spentToday"], caps["reservedByRunning"]) == (total["credits"], 0)


def test_ledger_tells_providers_and_models_apart(seen: Seen) -> None:
    rows = {(row["provider"], row["model"]): row for row in seen.ledger["byProvider"]}
    assert rows[("openai", "gpt-image-2.6-flare")]["calls"] == 1
    assert rows[("openai", "gpt-6-luna")]["usage"]["prompt_tokens"] > 0
    meshys = [row["credits"] for (provider, _), row in rows.items() if provider == "meshy"]
    assert sum(meshys) == seen.paid


def test_costs_of_an_asset_stay_under_the_id_they_were_spent_for(service: LiveService) -> None:
    service.generate(**BARE)
    service.client.patch("/api/assets/plain-sword", json={"name": "dawnblade"})
    service.client.delete("/api/assets/dawnblade")
    assert costs(service, assetId="plain-sword")["total"]["credits"] == SHAPE
    assert costs(service, assetId="dawnblade")["total"]["calls"] == 0


def test_retexture_and_regenerate_are_paid_for_once_each(service: LiveService) -> None:
    service.generate(**BARE)
    body = {"baseAssetId": "plain-sword", "materialPreset": preset("gold"), "outputName": "golden"}
    assert service.client.post("/api/retexture", json=body).status_code == 200
    assert by_asset(service) == {"plain-sword": SHAPE, "golden": PAINT}
    assert service.metadata("golden")["cost"]["credits"] == PAINT
    again = service.client.post("/api/regenerate-base/plain-sword").json()["pipelineId"]
    assert service.finish(again)["cost"]["credits"] == SHAPE
    assert by_asset(service) == {"plain-sword": 2 * SHAPE, "golden": PAINT}
    assert paid(service) == 2 * SHAPE + PAINT


def test_greybox_costs_nothing(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_greybox=True) as service:
        status = service.generate(
            provider="greybox", enableSprites=True, materialPresets=[preset("bronze")]
        )
        assert status["status"] == "completed"
        assert "cost" not in status
        assert costs(service)["total"]["calls"] == paid(service) == 0


def test_look_at_a_weapon_is_in_the_ledger(service: LiveService) -> None:
    picture = service.generate(**BARE)["results"]["imageGeneration"]["imageUrl"]
    data = service.client.get(picture).content
    before = costs(service)["total"]["calls"]
    service.client.post("/api/weapon-orientation-detect", json={"image": data_uri(data)})
    ledger = costs(service)
    assert ledger["total"]["calls"] == before + 1
    (row,) = [row for row in ledger["byAsset"] if row["assetId"] is None]
    assert row["usage"]["prompt_tokens"] > 0


# --- what went wrong ---


def test_task_that_failed_was_refunded(service: LiveService) -> None:
    service.meshy.script("image-to-3d", TaskScript.failing())
    status = service.generate(**BARE)
    assert status["status"] == "failed"
    assert status["cost"]["credits"] == paid(service) == 0
    assert "estimated" not in status["stages"]["image3D"]["cost"]
    assert costs(service)["total"]["estimatedCredits"] == 0


def test_task_cancelled_in_the_queue_was_refunded(service: LiveService) -> None:
    service.meshy.script("image-to-3d", TaskScript.stuck("PENDING", 0))
    pipeline_id = started(service, lambda: bool(service.meshy.created), **BARE)
    wait_until(lambda: service.status(pipeline_id).get("cost", {}).get("credits") == SHAPE)
    assert costs(service)["caps"]["spentToday"] == SHAPE
    status = cancel(service, pipeline_id)
    assert status["cost"]["credits"] == paid(service) == 0
    assert costs(service)["caps"]["spentToday"] == 0


def test_task_cancelled_at_work_is_an_estimate_until_a_retry_sees_its_end(
    service: LiveService,
) -> None:
    service.meshy.script("image-to-3d", TaskScript.stuck())
    pipeline_id = started(service, lambda: bool(service.meshy.tasks), **BARE)
    (task,) = service.meshy.tasks.values()
    wait_until(lambda: task.status == "IN_PROGRESS")
    status = cancel(service, pipeline_id)
    assert status["stages"]["image3D"]["cost"] == {"credits": SHAPE, "estimated": True}
    assert costs(service)["total"]["estimatedCredits"] == SHAPE
    service.meshy.finish(task.id)
    again = retry(service, pipeline_id)
    assert again["status"] == "completed", again
    assert "cost" not in again
    assert service.status(pipeline_id)["stages"]["image3D"]["cost"] == {"credits": SHAPE}
    assert costs(service)["total"]["estimatedCredits"] == 0
    assert costs(service)["total"]["credits"] == paid(service) == SHAPE
    assert service.metadata("plain-sword")["cost"]["image3D"]["credits"] == SHAPE
    assert service.meshy.created["image-to-3d"] == 1


def test_lost_answer_of_a_task_that_is_found_is_certain(service: LiveService) -> None:
    service.meshy.faults.add(meshy_faults.server_error(work_done=True), on=CREATE)
    status = service.generate(**BARE)
    assert status["status"] == "completed", status
    assert status["stages"]["image3D"]["cost"] == {"credits": SHAPE}
    assert costs(service)["total"]["credits"] == paid(service) == SHAPE


def test_lost_answer_that_nobody_can_look_for_stays_uncertain(service: LiveService) -> None:
    service.meshy.refused_lists["image-to-3d"] = 404
    service.meshy.faults.add(faults.dropped(work_done=True), on=CREATE)
    status = service.generate(**BARE)
    assert status["status"] == "failed"
    assert status["stages"]["image3D"]["cost"] == {"credits": SHAPE, "estimated": True}
    total = costs(service)["total"]
    assert (total["estimatedCredits"], total["uncertainCalls"]) == (SHAPE, 1)


def test_request_that_made_nothing_is_not_paid_for_twice(service: LiveService) -> None:
    service.meshy.faults.add(faults.dropped(), on=CREATE)
    status = service.generate(**BARE)
    assert status["status"] == "failed"
    assert paid(service) == 0
    assert costs(service)["total"]["credits"] == 0
    again = retry(service, status["id"])
    assert again["cost"]["credits"] == paid(service) == SHAPE
    assert costs(service)["total"]["credits"] == SHAPE


def test_words_whose_answer_was_lost_are_an_uncertain_call(service: LiveService) -> None:
    service.openai.faults.add(faults.dropped(work_done=True), on=CHAT)
    status = service.generate()
    assert status["status"] == "completed"
    assert status["stages"]["promptOptimization"]["cost"] == {"credits": 0, "estimated": True}
    total = costs(service)["total"]
    assert (total["calls"], total["uncertainCalls"]) == (3, 1)


@pytest.mark.parametrize(
    ("fault", "on"),
    [
        (openai_faults.invalid_key(), CHAT),
        (openai_faults.moderation_blocked(), DRAW),
        (meshy_faults.no_credits(), CREATE),
    ],
)
def test_call_that_was_refused_is_not_in_the_ledger(
    fault: faults.Fault, on: str, service: LiveService
) -> None:
    service.openai.faults.add(fault, on=on)
    service.meshy.faults.add(fault, on=on)
    stages = service.generate()["stages"]
    refused = {CHAT: "promptOptimization", DRAW: "imageGeneration", CREATE: "image3D"}[on]
    assert "cost" not in stages[refused]
    assert costs(service)["total"]["uncertainCalls"] == 0


def test_variant_that_failed_is_bought_again_by_the_retry_alone(service: LiveService) -> None:
    service.meshy.script("retexture", TaskScript.failing())
    first = service.generate(**BARE, materialPresets=[preset("bronze"), preset("gold")])
    assert first["cost"]["credits"] == paid(service) == SHAPE + PAINT
    again = retry(service, first["id"])
    assert again["cost"]["credits"] == PAINT
    assert paid(service) == costs(service)["total"]["credits"] == SHAPE + 2 * PAINT
    assert service.meshy.created == {"image-to-3d": 1, "retexture": 3}
    assert by_asset(service) == {
        "plain-sword": SHAPE, "plain-sword-bronze": PAINT, "plain-sword-gold": PAINT,
    }  # fmt: skip


def test_task_that_is_gone_may_have_cost_something_and_is_bought_anew(tmp_path: Path) -> None:
    meshy = FakeMeshy()
    meshy.script("image-to-3d", TaskScript.stuck())
    with live_with_fakes(tmp_path, meshy=meshy) as service:
        pipeline_id = started(service, lambda: bool(meshy.tasks), **BARE)
        (task,) = meshy.tasks.values()
        wait_until(lambda: task.status == "IN_PROGRESS")
        cancel(service, pipeline_id)
    meshy.forget(task.id)
    with live_with_fakes(tmp_path, meshy=meshy) as service:
        (row,) = costs(service)["byProvider"][:1]
        assert (row["provider"], row["model"], row["credits"]) == ("meshy", "meshy-7.1", SHAPE)
        gone = retry(service, pipeline_id)
        assert gone["status"] == "failed"
        again = retry(service, gone["id"])
        assert again["cost"]["credits"] == SHAPE
        total = costs(service)["total"]
        assert (total["credits"], total["estimatedCredits"]) == (paid(service), SHAPE)


@pytest.mark.parametrize(
    "model", ["meshy-7.1", "meshy-6", "latest", "meshy-6-lite", "meshy-t2", "meshy-t2.5"]
)
@pytest.mark.parametrize("quality", ["standard", "ultra"])
def test_plan_is_never_below_what_meshy_takes(model: str, quality: str, tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, meshy_model_default=model) as service:
        wanted = {**BARE, "quality": quality, "materialPresets": [preset("bronze")]}
        body = words(**wanted)
        plan = service.client.post("/api/generation/pipeline?dryRun=true", json=body).json()
        assert service.openai.requests == service.meshy.requests == []
        assert plan["calls"][1]["model"] == model
        assert service.generate(**wanted)["status"] == "completed"
        assert plan["estimatedCredits"] == paid(service)


class Silent(FakeMeshy):
    """A Meshy that does not say what a task has taken."""

    def _write(self, task: Task, base_url: str) -> Json:
        told = super()._write(task, base_url)
        del told["consumed_credits"]
        return told


def test_meshy_that_does_not_say_what_it_took_leaves_the_estimate(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, meshy=Silent()) as service:
        status = service.generate(**BARE)
        assert status["status"] == "completed"
        assert status["stages"]["image3D"]["cost"] == {"credits": SHAPE, "estimated": True}
