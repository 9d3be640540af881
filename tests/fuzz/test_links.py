"""Walks along the links of the OpenAPI document: start, look, cancel, retry, change, delete, again.

Each answer has to be one that the document allows. Event streams are left out: schemathesis reads
answers to their end, and theirs comes with the end of the pipeline (see test_storms.py).
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from asset_forge.app import create_app
from tests.contract.world import make_world
from tests.fakes.meshy_tasks import TaskScript
from tests.fuzz.traffic import TALLY, Traffic, check
from tests.support.service import LiveService, live, live_with_fakes, quick, settings_for

CHECKED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
LINKED = "^/api/(generation|assets|retexture|regenerate-base)"
EVENTS = "/events$"
ASSETS = ("walked-a", "walked-b", "sword")
WALKS = (
    (6, 12),
    pytest.param(400, 40, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
)


@pytest.fixture(params=["greybox", "makers"])
def walked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Traffic]:
    """A service of greybox, and one whose makers are slow, refuse and fail now and then."""
    with (
        live(settings_for(tmp_path), instead=quick())
        if request.param == "greybox"
        else live_with_fakes(tmp_path)
    ) as service:
        make_world(service.root)
        rng = random.Random(5)
        for _ in range(200):
            ends = rng.choice(["SUCCEEDED", "SUCCEEDED", "FAILED", "EXPIRED"])
            script = TaskScript.done_at_poll(rng.randint(1, 40), ends=ends)
            service.meshy.script(rng.choice(["image-to-3d", "retexture"]), script)
        traffic = Traffic(service)
        yield traffic
        traffic.assert_well()


@pytest.mark.parametrize(("walks", "steps"), WALKS)
def test_walk_along_the_links_meets_nothing_undocumented(
    walks: int, steps: int, walked: Traffic
) -> None:
    taken: Counter[tuple[str, int]] = Counter()
    machine = machine_of(walked.service, taken)
    machine.run(
        settings=hypothesis.settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
    )
    walked.finish_all()
    # Walks that only meet what is not there would prove nothing.
    met = {name for name, status in taken if status < 300}
    assert any("{pipelineId}" in name for name in met), taken
    assert any("{id}" in name for name in met), taken


def machine_of(service: LiveService, taken: Counter[tuple[str, int]]) -> Any:
    document = create_app(settings_for(service.root.parent)).openapi()
    schema = (
        schemathesis.openapi.from_dict(document)
        .include(path_regex=LINKED)
        .exclude(path_regex=EVENTS)
    )
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])
    checks: list[Any] = [CHECKS.get_one(name) for name in CHECKED]

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Any) -> None:
            # Few assets, so that walks meet each other, and few presets, so that they end.
            if isinstance(case.body, dict) and "name" in case.body and "subtype" in case.body:
                case.body["assetId"] = ASSETS[len(str(case.body)) % len(ASSETS)]
            if isinstance(case.body, dict) and "baseAssetId" in case.body:
                case.body["baseAssetId"] = ASSETS[len(str(case.body)) % len(ASSETS)]

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": service.address}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            name = f"{case.operation.method.upper()} {case.operation.path}"
            taken[name, response.status_code] += 1
            if case.operation.method == "head":
                TALLY.sent += 1
            else:
                content_type = response.headers.get("content-type", [""])[0]
                check(response.status_code, response.content, content_type, name)
            if response.status_code not in (307, 405):
                case.validate_response(response, checks=checks)

    return Walk
