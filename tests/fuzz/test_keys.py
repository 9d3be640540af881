"""Idempotency-Key as clients get it wrong: what is refused, and that nothing is started twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.fuzz.traffic import Traffic
from tests.support.service import preset, words


def start(traffic: Traffic, asset_id: str, *keys: bytes, **fields: object) -> httpx.Response:
    headers = [(b"Idempotency-Key", key) for key in keys]
    return traffic.send(
        "POST",
        "/api/generation/pipeline",
        content=json.dumps(words(assetId=asset_id, **fields)),
        headers=[*headers, (b"Content-Type", b"application/json")],
    )


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("empty", [b""]),
        ("long", [b"k" * 256]),
        ("longer", [b"k" * 10_240]),
        ("two", [b"first", b"second"]),
        ("twice", [b"same", b"same"]),
        ("control", ["a\x85b".encode()]),
        ("unprintable", ["a\u202eb".encode()]),
    ],
)
def test_key_that_is_none_is_refused_and_nothing_starts(
    name: str, keys: list[bytes], traffic: Traffic
) -> None:
    answer = start(traffic, f"no-key-{name}", *keys)
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_idempotency_key"
    assert traffic.send("GET", f"/api/assets/no-key-{name}").status_code == 404


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ascii", b"k" * 255),
        ("cyrillic", "ключ".encode()),
        ("chinese", "钥匙".encode()),
        ("emoji", "\U0001f5dd".encode()),
        ("latin-1", b"cl\xe9"),
        ("sql", b"'; DROP TABLE idempotency;--"),
        ("comma", b"a, b"),
    ],
)
def test_key_in_any_script_is_answered_with_the_same_pipeline(
    name: str, key: bytes, traffic: Traffic
) -> None:
    first, second = (start(traffic, f"key-{name}", key) for _ in range(2))
    assert first.status_code == second.status_code == 200, first.text
    assert first.json()["pipelineId"] == second.json()["pipelineId"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    traffic.finish_all()


def test_key_of_another_request_is_refused_on_every_route(traffic: Traffic) -> None:
    started = start(traffic, "taken-key", b"taken").json()["pipelineId"]
    traffic.finish_all()
    headers = {"Idempotency-Key": "taken"}
    base = {"baseAssetId": "taken-key", "materialPreset": preset("bronze")}
    answers = [
        start(traffic, "another", b"taken"),
        start(traffic, "taken-key", b"taken", description="changed"),
        traffic.send("POST", "/api/retexture", json=base, headers=headers),
        traffic.send("POST", "/api/regenerate-base/taken-key", headers=headers),
        traffic.send("POST", f"/api/generation/pipeline/{started}/retry", headers=headers),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "idempotency_key_reused"
    assert traffic.send("GET", "/api/assets/another").status_code == 404


def test_key_of_a_refused_request_is_free_again(traffic: Traffic) -> None:
    assert start(traffic, "x/y", b"refused-first").status_code == 400
    assert start(traffic, "refused-first", b"refused-first").status_code == 200
    traffic.finish_all()


def test_key_of_thirty_at_once_starts_one_pipeline(traffic: Traffic) -> None:
    def once(_number: int) -> httpx.Response:
        return start(traffic, "thirty-at-once", b"thirty")

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(once, range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["pipelineId"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    traffic.finish_all()
