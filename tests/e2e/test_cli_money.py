"""Commands about money and pipelines: costs, plans, the list, cancel and retry."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_cli import Inner, Shell
from tests.fakes.meshy import FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.support.service import LiveService, live_with_fakes, preset, wait_until

CAP = 60
BARE = {"metadata": {"useGPT4Enhancement": False}}
SWORD = ("generate", "plain sword", "--type", "weapon", "--subtype", "sword")


@pytest.fixture
def inner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Inner:
    folder = tmp_path / "shell"
    folder.mkdir()
    return Inner(Shell(folder), monkeypatch, capsys)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveService]:
    with live_with_fakes(tmp_path, forge_max_credits_per_day=CAP) as service:
        yield service


def at(server: LiveService) -> tuple[str, str]:
    return "--server", server.address


def unfinished(folder: Path) -> tuple[str, FakeMeshy]:
    """Leave a pipeline behind that waits for Meshy, as a service that was stopped does."""
    meshy = FakeMeshy()
    meshy.script("image-to-3d", TaskScript.stuck())
    with live_with_fakes(folder, meshy=meshy) as service:
        pipeline_id: str = service.start(**BARE).json()["pipelineId"]
        wait_until(lambda: "cost" in service.status(pipeline_id) and bool(meshy.tasks))
    return pipeline_id, meshy


# --- costs ---


def test_costs_shows_days_makers_and_the_cap(inner: Inner, server: LiveService) -> None:
    server.generate(**BARE)
    table, _ = inner.run("costs", *at(server))
    for wanted in ("Day", "Total", "meshy-7.1", "30", f"30 of {CAP} credits spent, 30 left"):
        assert wanted in table
    printed, _ = inner.run("costs", "--json", *at(server))
    assert json.loads(printed) == server.client.get("/api/costs").json()


def test_costs_of_other_days_or_assets_say_that_nothing_was_spent(
    inner: Inner, server: LiveService
) -> None:
    server.generate(**BARE)
    for words in (("--to", "2020-01-01"), ("--asset", "other")):
        assert "Nothing was spent" in inner.run("costs", *words, *at(server))[0]


def test_costs_tells_what_is_not_certain(inner: Inner, server: LiveService) -> None:
    server.meshy.script("image-to-3d", TaskScript.stuck())
    pipeline_id: str = server.start(**BARE).json()["pipelineId"]
    wait_until(lambda: server.status(pipeline_id).get("cost", {}).get("credits") == 30)
    table, _ = inner.run("costs", *at(server))
    assert "1 of 2 calls are not certain, with 30 credits" in table


def test_costs_of_what_is_no_day_ends_with_1_and_a_sentence(
    inner: Inner, server: LiveService
) -> None:
    _, err = inner.run("costs", "--from", "yesterday", *at(server), status=1)
    assert err.startswith("asset-forge: from has to be a day as YYYY-MM-DD")


# --- generate --dry-run ---


def test_dry_run_shows_the_plan_and_sends_nothing(inner: Inner, server: LiveService) -> None:
    words = (*SWORD, "--variants", "bronze,mithril", "--dry-run", *at(server))
    plan, _ = inner.run(*words)
    for wanted in ("Variants", "meshy-7.1", "50", "plain-sword-mithril", "6,000 triangles"):
        assert wanted in plan
    assert "Nothing was sent." in plan
    printed, _ = inner.run(*words, "--json")
    assert json.loads(printed)["estimatedCredits"] == 50
    assert server.openai.requests == server.meshy.requests == []


def test_dry_run_over_the_cap_shows_the_plan_and_ends_with_1(
    inner: Inner, server: LiveService
) -> None:
    words = (*SWORD, "--variants", "bronze,mithril,oak,wood", "--dry-run", *at(server))
    plan, err = inner.run(*words, status=1)
    assert "Variants" in plan
    assert "FORGE_MAX_CREDITS_PER_DAY" in err


def test_dry_run_without_a_server_leaves_what_was_unfinished_alone(
    inner: Inner, tmp_path: Path
) -> None:
    pipeline_id, meshy = unfinished(tmp_path)
    asked = len(meshy.requests)
    inner.shell.variables["ASSET_OUTPUT_DIR"] = str(tmp_path / "gdd-assets")
    plan, _ = inner.run("generate", "round shield", "--provider", "greybox", "--dry-run")
    assert "greybox" in plan
    listed, _ = inner.run("pipelines", "--json")
    (known,) = json.loads(listed)
    assert (known["id"], known["status"]) == (pipeline_id, "processing")
    assert "30 credits spent" in inner.run("costs")[0]
    assert len(meshy.requests) == asked


# --- pipelines, cancel, retry ---


def test_pipelines_lists_and_filters(inner: Inner, server: LiveService) -> None:
    assert inner.run("pipelines", *at(server))[0] == "No pipelines.\n"
    status = server.generate(**BARE)
    table, _ = inner.run("pipelines", *at(server))
    for wanted in (status["id"], "plain-sword", "completed", "100 %", "30"):
        assert wanted in table
    assert inner.run("pipelines", "--status", "failed", *at(server))[0] == "No pipelines.\n"
    assert inner.run("pipelines", "--asset", "axe", *at(server))[0] == "No pipelines.\n"
    _, err = inner.run("pipelines", "--status", "odd", *at(server), status=1)
    assert "completed" in err


def test_cancel_says_what_it_has_cost(inner: Inner, server: LiveService) -> None:
    server.meshy.script("image-to-3d", TaskScript.stuck())
    pipeline_id: str = server.start(**BARE).json()["pipelineId"]
    wait_until(lambda: any(task.polls > 1 for task in server.meshy.tasks.values()))
    said, _ = inner.run("cancel", pipeline_id, *at(server))
    assert said == f"{pipeline_id} is cancelled; it has cost about 30 credits\n"
    assert server.status(pipeline_id)["status"] == "cancelled"


def test_cancel_without_a_server_keeps_it_from_going_on(inner: Inner, tmp_path: Path) -> None:
    pipeline_id, _ = unfinished(tmp_path)
    inner.shell.variables["ASSET_OUTPUT_DIR"] = str(tmp_path / "gdd-assets")
    inner.run("cancel", pipeline_id)
    listed, _ = inner.run("pipelines", "--status", "cancelled", "--json")
    assert [known["id"] for known in json.loads(listed)] == [pipeline_id]


@pytest.mark.parametrize("command", ["cancel", "retry"])
def test_unknown_pipeline_ends_with_1_and_a_sentence(
    command: str, inner: Inner, server: LiveService
) -> None:
    _, err = inner.run(command, "pipeline-1", *at(server), status=1)
    assert err.startswith("asset-forge: ")
    assert "not found" in err


def test_retry_goes_on_and_shows_the_result(inner: Inner, server: LiveService) -> None:
    server.meshy.script("image-to-3d", TaskScript.failing())
    failed = server.generate(**BARE)
    said, progress = inner.run("retry", failed["id"], *at(server))
    assert "plain-sword.glb" in said
    assert "Model        completed" in progress
    again, err = inner.run("retry", failed["id"], *at(server), status=1)
    assert (again, "was retried already" in err) == ("", True)


def test_retry_that_fails_again_ends_with_1(inner: Inner, server: LiveService) -> None:
    server.meshy.script("image-to-3d", TaskScript.failing(), times=2)
    failed = server.generate(**BARE, materialPresets=[preset("bronze")])
    _, err = inner.run("retry", failed["id"], *at(server), status=1)
    assert "failed: " in err
