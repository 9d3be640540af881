"""The OpenAPI document: true of the service, complete, and of use with the network unplugged."""

import importlib
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from asset_forge.app import create_app
from asset_forge.settings import Settings
from tests.contract.world import make_world
from tests.support.service import Json, LiveService, live, opened, quick, settings_for, workers_are

EXAMPLES_PER_OPERATION = (12, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(900)]))
CHECKED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
# Without keys these are true and documented answers, not faults.
HONEST_503 = {"provider_not_configured"}
ERROR_STATUSES = {"400", "401", "402", "403", "404", "409", "413", "415", "416", "422", "429",
                  "502", "503", "504"}  # fmt: skip


def document_below(folder: Path) -> Json:
    document: Json = create_app(settings_for(folder)).openapi()
    return document


def operations(document: Json) -> list[tuple[str, str, Json]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Json:
    return document_below(tmp_path_factory.mktemp("document"))


# --- nothing that the document allows, and nothing it forbids, breaks the service ---


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    settings = settings_for(tmp_path_factory.mktemp("fuzzed"), forge_max_active=200)
    make_world(settings.asset_output_dir)
    # Hypothesis looks into numpy, which must not be half imported by a worker's thread just then.
    importlib.import_module("numpy")
    with live(settings, instead=quick()) as service:
        yield service


@pytest.fixture(scope="module")
def ended_pipeline(fuzzed: LiveService) -> str:
    return str(fuzzed.generate(assetId="made-before")["id"])


OPERATIONS = [
    "GET /api/health",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "POST /api/generation/pipeline",
    "GET /api/generation/pipelines",
    "GET /api/generation/pipeline/{pipelineId}",
    "GET /api/generation/pipeline/{pipelineId}/events",
    "POST /api/generation/pipeline/{pipelineId}/cancel",
    "POST /api/generation/pipeline/{pipelineId}/retry",
    "GET /api/generation/pipeline/{pipelineId}/concept-art.png",
    "HEAD /api/generation/pipeline/{pipelineId}/concept-art.png",
    "POST /api/retexture",
    "POST /api/regenerate-base/{baseAssetId}",
    "GET /api/assets",
    "GET /api/assets/{id}",
    "PATCH /api/assets/{id}",
    "DELETE /api/assets/{id}",
    "GET /api/assets/{id}/report",
    "GET /api/assets/{id}/thumbnail",
    "HEAD /api/assets/{id}/thumbnail",
    "POST /api/assets/{id}/render",
    "GET /api/assets/{id}/model",
    "HEAD /api/assets/{id}/model",
    "GET /api/assets/{id}/{path}",
    "HEAD /api/assets/{id}/{path}",
    "POST /api/assets/{id}/sprites",
    "GET /api/costs",
    "GET /api/material-presets",
    "POST /api/material-presets",
    "POST /api/weapon-handle-detect",
    "POST /api/weapon-orientation-detect",
    "GET /api/prompts/{type}",
    "POST /api/prompts/{type}",
    "DELETE /api/prompts/{type}/{id}",
    "GET /assets/{path}",
    "HEAD /assets/{path}",
    "GET /prompts/{name}",
    "HEAD /prompts/{name}",
]


def test_fuzzing_leaves_no_operation_out(document: Json) -> None:
    named = {f"{method.upper()} {path}" for method, path, _ in operations(document)}
    assert named == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("examples", EXAMPLES_PER_OPERATION)
def test_operation_answers_as_documented_whatever_is_sent(
    examples: int,
    name: str,
    mode: GenerationMode,
    document: Json,
    fuzzed: LiveService,
    ended_pipeline: str,
) -> None:
    method, path = name.split(" ", 1)
    operation = schemathesis.openapi.from_dict(document)[path][method]
    checks: list[Any] = [CHECKS.get_one(check) for check in CHECKED]
    # Made-up ids hit nothing, so half of the cases get one that is there.
    asset_id = re.sub(r"\W+", "-", f"x{name}{mode.value}{examples}".lower())
    shutil.copytree(fuzzed.root / "sword", fuzzed.root / asset_id)
    there = {"id": asset_id, "baseAssetId": asset_id, "type": "game-styles", "path": "sword.glb"}
    there["pipelineId"] = ended_pipeline

    @hypothesis.seed(20261122)
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode), strategies.booleans())
    def send(case: schemathesis.Case[Any], hits: bool) -> None:
        for key in there if hits else ():
            if key in (case.path_parameters or {}):
                case.path_parameters[key] = there[key]
        if hits and isinstance(case.body, dict) and "baseAssetId" in case.body:
            case.body["baseAssetId"] = asset_id
        response = case.call(base_url=fuzzed.address)
        if response.status_code >= 500:
            assert response.status_code == 503, response.text
            assert response.json()["code"] in HONEST_503
        if response.status_code not in (307, 405):
            case.validate_response(response, checks=checks)

    try:
        send()
    except hypothesis.errors.Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing can be sent that is not allowed


# --- the document is complete ---


def test_every_operation_has_a_summary_a_tag_and_an_id_of_its_own(document: Json) -> None:
    found = [operation for _, _, operation in operations(document)]
    for operation in found:
        assert operation["summary"]
        assert operation["tags"]
        assert all(description for description in _descriptions(operation))
    ids = [operation["operationId"] for operation in found]
    assert len(set(ids)) == len(ids)


def test_every_operation_and_each_of_its_parameters_is_described(document: Json) -> None:
    for verb, path, operation in operations(document):
        assert operation.get("description"), (verb, path)
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (verb, path, parameter["name"])


def _descriptions(operation: Json) -> list[str]:
    return [answer["description"] for answer in operation["responses"].values()]


def test_422_is_claimed_for_idempotency_keys_and_unusable_models_alone(document: Json) -> None:
    looks_at_models = {"/api/assets/{id}/report", "/api/assets/{id}/render"}
    for method, path, operation in operations(document):
        parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
        takes_key = "idempotency-key" in parameters
        is_claimed = "422" in operation["responses"]
        assert is_claimed == (takes_key or path in looks_at_models), (method, path)
    assert "HTTPValidationError" not in json.dumps(document)


def test_every_link_leads_to_an_operation_and_fills_in_its_parameters(document: Json) -> None:
    links = [
        link
        for _, _, operation in operations(document)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    for link in links:
        _, _, path, method = unquote(link["operationRef"]).split("/")
        operation = document["paths"][path.replace("~1", "/")][method]
        in_path = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert set(link["parameters"]) == in_path


def test_errors_of_every_operation_are_documented_in_the_one_shape(document: Json) -> None:
    for method, path, operation in operations(document):
        answers = operation["responses"]
        if path.startswith("/api/") and path != "/api/health":
            assert "401" in answers, path
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(answers), (method, path)
        if "{" in path:
            assert "404" in answers or path == "/api/retexture", (method, path)
        for status, answer in answers.items():
            if status in ERROR_STATUSES:
                schema = answer["content"]["application/json"]["schema"]["$ref"]
                wanted = "WeaponErrorAnswer" if "/weapon-" in path else "ErrorAnswer"
                assert schema.endswith(f"/{wanted}"), (method, path, status)


def test_every_successful_json_answer_has_a_schema(document: Json) -> None:
    for method, path, operation in operations(document):
        content = operation["responses"]["200"].get("content", {})
        if "application/json" in content and method != "head":
            body = content["application/json"]
            assert body.get("schema") or body.get("example"), path


@pytest.fixture
async def fresh(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    make_world(settings.asset_output_dir)
    (settings.asset_output_dir / "sword").rename(
        settings.asset_output_dir / "polished-steel-longsword"
    )
    with workers_are(quick()):
        async with opened(create_app(settings)) as client:
            yield client


def _examples(document: Json, operation: Json) -> list[Any]:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    found: list[Any] = schema["examples"]
    return found


BODIES = [
    name
    for name in OPERATIONS
    if name.split()[0] in ("POST", "PATCH") and "regen" not in name and "pipelineId" not in name
]


@pytest.mark.parametrize("name", BODIES)
async def test_examples_of_a_body_are_accepted_by_their_own_endpoint(
    name: str, document: Json, fresh: httpx.AsyncClient
) -> None:
    method, path = name.split(" ", 1)
    examples = _examples(document, document["paths"][path][method.lower()])
    assert examples
    url = path.format(id="polished-steel-longsword", type="game-styles")
    if path == "/api/generation/pipeline":
        await fresh.delete("/api/assets/polished-steel-longsword")
    for example in examples:
        answer = await fresh.request(method, url, json=example)
        assert answer.status_code == 200, answer.text


def test_document_is_valid(document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Asset Forge"
    schemathesis.openapi.from_dict(document).validate()


# --- the page ---


async def test_docs_page_needs_nothing_from_the_network(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    resources = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page.text)
    assert len(resources) >= 3
    for resource in resources:
        assert resource.startswith("/"), resource
        answer = await client.get(resource)
        assert answer.status_code == 200, resource
        assert answer.content
    assert not re.search(r"https?://", page.text)
