"""What was accepted is kept whole and can be read again, however odd it was."""

import json
from typing import Any

import pytest

from asset_forge.pictures import encode_data_url
from tests.contract.world import PICTURE
from tests.fuzz.traffic import Traffic
from tests.support.service import preset, words

SPRITE = {"angle": 0, "imageData": encode_data_url(PICTURE, "image/png")}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def deepest_accepted(traffic: Traffic, method: str, path: str, body: Any) -> Any:
    """Send `body` with ever fewer levels in its place for them until it is accepted."""
    for levels in range(102, 0, -1):
        sent = json.loads(json.dumps(body).replace('"DEEP"', json.dumps(nested(levels))))
        answer = traffic.send(method, path, json=sent)
        if answer.status_code < 300:
            return answer.json()
        assert "levels deep" in answer.json()["error"]
    raise AssertionError("nothing was accepted")


@pytest.mark.parametrize(
    ("asset_id", "more"),
    [
        ("deep-field", {"extra": "DEEP"}),
        ("deep-metadata", {"metadata": {"extra": "DEEP"}}),
        ("deep-preset", {"materialPresets": [preset("bronze", extra="DEEP")]}),
    ],
)
def test_asset_of_the_deepest_request_is_listed_and_can_be_made_again(
    asset_id: str, more: Any, traffic: Traffic
) -> None:
    body = words(assetId=asset_id, **more)
    started = deepest_accepted(traffic, "POST", "/api/generation/pipeline", body)
    assert traffic.service.finish(started["pipelineId"])["status"] == "completed"
    listed = traffic.send("GET", "/api/assets").json()
    assert asset_id in [asset["id"] for asset in listed]
    assert traffic.send("POST", f"/api/regenerate-base/{asset_id}").status_code == 200
    traffic.finish_all()


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("PATCH", "", {"metadata": {"extra": "DEEP"}}),
        ("POST", "/sprites", {"sprites": [SPRITE], "config": {"extra": "DEEP"}}),
    ],
)
def test_asset_with_the_deepest_metadata_is_there_and_can_be_changed(
    method: str, tail: str, body: Any, traffic: Traffic
) -> None:
    asset_id = traffic.own_asset(f"deep-{method.lower()}")
    deepest_accepted(traffic, method, f"/api/assets/{asset_id}{tail}", body)
    for _ in range(2):
        answer = traffic.send("PATCH", f"/api/assets/{asset_id}", json={"metadata": {"b": 1}})
        assert answer.status_code == 200, answer.text


def _with_number(file: Any) -> Any:
    file["imageGeneration"]["extra"] = 5
    return file


def _with_object(file: Any) -> Any:
    file["templates"]["generic"] = {"a": "b"}
    return file


def _with_list(file: Any) -> Any:
    file["typeSpecific"]["more"] = {"critical": ["a"]}
    return file


@pytest.mark.parametrize(
    ("prompt_type", "spoil"),
    [
        ("generation", _with_number),
        ("materials", _with_object),
        ("gpt4-enhancement", _with_list),
    ],
)
def test_prompt_file_that_could_not_be_read_again_is_not_saved(
    prompt_type: str, spoil: Any, traffic: Traffic
) -> None:
    path = f"/api/prompts/{prompt_type}"
    before = traffic.send("GET", path).json()
    refused = traffic.send("POST", path, json=spoil(json.loads(json.dumps(before))))
    assert refused.status_code == 400
    assert refused.json()["error"] == "Invalid prompt structure"
    assert traffic.send("GET", path).json() == before
