"""The caps on spending: refused before anything is sent, whoever asks and whatever runs beside."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.pipeline import ledger
from asset_forge.providers.meshy import MeshyProvider
from tests.fakes.meshy import FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.support.service import Json, LiveService, live_with_fakes, preset, wait_until

SHAPE, PAINT = 30, 10
BARE = {"metadata": {"useGPT4Enhancement": False}}


def named(name: str, **fields: Any) -> Json:
    return {**BARE, "name": name, **fields}


def caps(service: LiveService) -> Json:
    found: Json = service.client.get("/api/costs").json()["caps"]
    return found


def assert_capped(answer: httpx.Response, variable: str = "FORGE_MAX_CREDITS_PER_DAY") -> None:
    assert answer.status_code == 402, answer.text
    assert answer.json()["code"] == "credit_cap_reached"
    assert variable in answer.json()["error"]


def hold_shape(service: LiveService, **fields: Any) -> str:
    """Start a generation whose model is not finished, and return its pipeline's id."""
    service.meshy.script("image-to-3d", TaskScript.stuck())
    before = len(service.meshy.tasks)
    pipeline_id: str = service.start(**fields).json()["pipelineId"]
    wait_until(lambda: len(service.meshy.tasks) > before)
    return pipeline_id


def finish_shapes(service: LiveService) -> None:
    for task in service.meshy.of_kind("image-to-3d"):
        service.meshy.finish(task.id)


# --- what is refused ---


@pytest.mark.parametrize(
    "variable", ["FORGE_MAX_CREDITS_PER_DAY", "FORGE_MAX_CREDITS_PER_PIPELINE"]
)
def test_generation_over_a_cap_is_refused_before_anything_is_sent(
    variable: str, tmp_path: Path
) -> None:
    cap: dict[str, Any] = {variable.lower(): SHAPE + PAINT - 1}
    with live_with_fakes(tmp_path, **cap) as service:
        assert_capped(service.start(materialPresets=[preset("bronze")]), variable)
        assert service.openai.requests == service.meshy.requests == []
        assert [path.name for path in service.root.iterdir()] == [".forge"]
        assert list((service.root / ".forge" / "work").glob("*")) == []
        assert caps(service)["reservedByRunning"] == 0
        assert service.generate(**BARE)["status"] == "completed"


def test_zero_lets_only_what_is_free_pass(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=0, forge_greybox=True) as service:
        assert_capped(service.start())
        assert service.start(provider="greybox").status_code == 200


def test_retexture_and_regenerate_over_the_cap_are_refused(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=SHAPE + PAINT - 1) as service:
        assert service.generate(**BARE)["status"] == "completed"
        sent = len(service.meshy.requests)
        body = {"baseAssetId": "plain-sword", "materialPreset": preset("bronze")}
        assert_capped(service.client.post("/api/retexture", json=body))
        assert_capped(service.client.post("/api/regenerate-base/plain-sword"))
        assert len(service.meshy.requests) == sent
        assert service.metadata("plain-sword")["variants"] == []


def test_retry_reserves_what_it_may_still_cost_and_no_more(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=SHAPE + 2 * PAINT) as service:
        service.meshy.script("retexture", TaskScript.failing())
        first = service.generate(**BARE, materialPresets=[preset("bronze"), preset("gold")])
        assert caps(service)["leftToday"] == PAINT
        again = service.client.post(f"/api/generation/pipeline/{first['id']}/retry")
        assert again.status_code == 200, again.text
        assert service.finish(again.json()["pipelineId"])["status"] == "completed"
        assert caps(service)["leftToday"] == 0


def test_retry_over_the_cap_is_refused_and_can_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=SHAPE + PAINT) as service:
        service.meshy.script("image-to-3d", TaskScript.failing())
        failed = service.generate(**named("Axe"))
        assert service.generate(**BARE)["status"] == "completed"
        url = f"/api/generation/pipeline/{failed['id']}/retry"
        assert_capped(service.client.post(url))
        assert service.meshy.created["image-to-3d"] == 2
        monkeypatch.setattr(ledger, "today", lambda: "2040-01-01")
        assert service.client.post(url).status_code == 200


# --- side by side, over midnight, after a restart ---


def test_two_that_fit_one_by_one_do_not_fit_together(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=2 * SHAPE + PAINT - 1) as service:
        pipeline_id = hold_shape(service, **BARE, materialPresets=[preset("bronze")])
        assert_capped(service.start(**named("Axe")))
        assert caps(service)["leftToday"] == SHAPE - 1
        finish_shapes(service)
        service.finish(pipeline_id)
        assert_capped(service.start(**named("Axe")))


def test_reservation_that_is_not_used_is_given_back(tmp_path: Path) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=SHAPE + PAINT) as service:
        service.meshy.script("image-to-3d", TaskScript.failing())
        service.generate(**BARE, materialPresets=[preset("bronze")])
        assert caps(service)["leftToday"] == SHAPE + PAINT
        assert service.generate(**named("Axe"))["status"] == "completed"


def test_day_begins_anew_at_midnight_but_what_runs_still_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=SHAPE + PAINT) as service:
        monkeypatch.setattr(ledger, "today", lambda: "2026-11-22")
        pipeline_id = hold_shape(service, **BARE, materialPresets=[preset("bronze")])
        wait_until(lambda: caps(service)["spentToday"] == SHAPE)
        monkeypatch.setattr(ledger, "today", lambda: "2026-11-23")
        assert caps(service) == {
            "perDay": SHAPE + PAINT,
            "perPipeline": None,
            "spentToday": 0,
            "reservedByRunning": PAINT,
            "leftToday": SHAPE,
        }
        finish_shapes(service)
        assert service.finish(pipeline_id)["status"] == "completed"
        days = {"from": "2026-11-22", "to": "2026-11-23"}
        spent = service.client.get("/api/costs", params=days).json()["byDay"]
        # The model was bought before midnight, whenever it was finished.
        assert {row["day"]: row["credits"] for row in spent} == {
            "2026-11-22": SHAPE,
            "2026-11-23": PAINT,
        }


def test_restart_remembers_what_was_spent_and_what_goes_on(tmp_path: Path) -> None:
    meshy = FakeMeshy()
    cap: dict[str, Any] = {"forge_max_credits_per_day": 2 * SHAPE + PAINT - 1}
    with live_with_fakes(tmp_path, meshy=meshy, **cap) as service:
        pipeline_id = hold_shape(service, **BARE, materialPresets=[preset("bronze")])
        wait_until(lambda: caps(service)["spentToday"] == SHAPE)
    with live_with_fakes(tmp_path, meshy=meshy, **cap) as service:
        assert (caps(service)["spentToday"], caps(service)["reservedByRunning"]) == (SHAPE, PAINT)
        assert_capped(service.start(**named("Axe")))
        finish_shapes(service)
        assert service.finish(pipeline_id)["status"] == "completed"
        assert caps(service)["spentToday"] == SHAPE + PAINT
        assert meshy.created["image-to-3d"] == 1


def test_call_that_would_break_the_cap_in_the_middle_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=SHAPE + 3 * PAINT) as service:
        two = [preset("bronze"), preset("gold")]
        pipeline_id = hold_shape(service, **BARE, materialPresets=two)
        monkeypatch.setattr(MeshyProvider, "estimate_credits", lambda *_, **__: 2 * PAINT)
        finish_shapes(service)
        status = service.finish(pipeline_id)
        assert status["status"] == "completed"
        variants = status["stages"]["textureGeneration"]["result"]["variants"]
        # Prices have doubled: they fit one by one, but not together.
        assert sorted(variant["success"] for variant in variants) == [False, True]
        (refused,) = [variant["error"] for variant in variants if not variant["success"]]
        assert "FORGE_MAX_CREDITS_PER_DAY" in refused
        assert service.meshy.created["retexture"] == 1
