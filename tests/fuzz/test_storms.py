"""Many at once on one thing: exactly one wins, nobody meets a fault, and nothing is left over."""

import json
import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from asset_forge.pictures import encode_data_url
from tests.contract.world import PICTURE
from tests.fakes.meshy_tasks import TaskScript
from tests.fuzz.traffic import Traffic
from tests.support.service import LiveService, live_with_fakes, wait_until, words

SPRITE = {"angle": 0, "imageData": encode_data_url(PICTURE, "image/png")}
MANY = 50


@pytest.fixture
def bought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    """A service whose models come from Meshy, where they can be made to wait."""
    folder = tmp_path_factory.mktemp("bought")
    with live_with_fakes(folder) as service:
        traffic = Traffic(service)
        yield traffic
        traffic.assert_well()


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def stuck(traffic: Traffic, asset_id: str) -> str:
    """Start a pipeline that waits at Meshy until its task is finished by hand."""
    service = traffic.service
    service.meshy.script("image-to-3d", TaskScript.stuck())
    started = traffic.send("POST", "/api/generation/pipeline", json=words(assetId=asset_id))
    # A task is worth keeping only when it has begun: one that waits is cancelled with its pipeline.
    wait_until(lambda: any(task.polls > 1 for task in service.meshy.of_kind("image-to-3d")))
    return str(started.json()["pipelineId"])


def let_go(service: LiveService) -> None:
    for task in service.meshy.of_kind("image-to-3d"):
        if not task.is_final:
            service.meshy.finish(task.id)


def test_storm_of_cancels_and_retries_makes_one_retry_and_buys_nothing_twice(
    bought: Traffic,
) -> None:
    pipeline_id = stuck(bought, "stormy")
    path = f"/api/generation/pipeline/{pipeline_id}"
    calls = [lambda verb=verb: bought.send("POST", f"{path}/{verb}")
             for verb in ["cancel", "retry"] * MANY]  # fmt: skip
    random.Random(7).shuffle(calls)
    answers = at_once(*calls, lambda: bought.send("POST", f"{path}/cancel"))
    retried = [answer for answer in answers if "retryOf" in answer.json()]
    if not retried:  # every retry came before the first cancel
        retried = [bought.send("POST", f"{path}/retry")]
    assert len(retried) == 1
    for answer in answers:
        assert answer.status_code in (200, 409), answer.text
    assert bought.send("GET", path).json()["retriedBy"] == retried[0].json()["pipelineId"]
    let_go(bought.service)
    assert bought.service.finish(retried[0].json()["pipelineId"])["status"] == "completed"
    assert bought.service.meshy.created["image-to-3d"] == 1


def test_storm_of_starts_of_one_asset_starts_one(traffic: Traffic) -> None:
    body = words(assetId="wanted-by-many")
    answers = at_once(*[lambda: traffic.send("POST", "/api/generation/pipeline", json=body)] * MANY)
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 1, 409: MANY - 1}
    traffic.finish_all()


def test_storm_of_listeners_that_come_and_go_leaves_none_behind(bought: Traffic) -> None:
    pipeline_id = stuck(bought, "listened-to")
    request = (
        f"GET /api/generation/pipeline/{pipeline_id}/events HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    )
    with ExitStack() as open_ones:
        listeners = []
        for number in range(100):
            listener = open_ones.enter_context(bought.connected())
            listener.sendall(request)
            read_to(listener, b"event: status")
            if number % 2:
                listener.close()  # some hang up while nothing is sent
            else:
                listeners.append(listener)
        wait_until(lambda: listening(bought) == len(listeners))
        assert bought.send("GET", f"/api/generation/pipeline/{pipeline_id}").status_code == 200
        let_go(bought.service)
        for listener in listeners:
            read_to(listener, b"event: end")
    bought.finish_all()
    wait_until(lambda: listening(bought) == 0)


def read_to(listener: socket.socket, wanted: bytes) -> None:
    data = b""
    while wanted not in data:
        piece = listener.recv(1 << 16)
        assert piece, f"the stream ended before {wanted!r}"
        data = data[-len(wanted) :] + piece


def listening(traffic: Traffic) -> int:
    for line in traffic.service.client.get("/metrics").text.splitlines():
        if line.startswith("asset_forge_event_listeners "):
            return round(float(line.split()[1]))
    raise AssertionError("nobody counts the listeners")


def test_storm_of_changes_and_renames_keeps_every_change_that_was_accepted(
    traffic: Traffic,
) -> None:
    names = [traffic.own_asset("stormy-sword"), "calm-sword"]
    rng = random.Random(11)

    def change(number: int) -> Callable[[], httpx.Response]:
        target = rng.choice(names)
        if number % 5 == 0:
            body: dict[str, object] = {"name": names[1 - names.index(target)]}
        else:
            body = {"metadata": {f"key{number}": number}}
        return lambda: traffic.send("PATCH", f"/api/assets/{target}", json=body)

    answers = at_once(*[change(number) for number in range(MANY * 2)])
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    there = [name for name in names if (traffic.service.root / name).exists()]
    assert len(there) == 1
    metadata = traffic.service.metadata(there[0])
    accepted = {
        number for number, answer in enumerate(answers) if answer.status_code == 200 and number % 5
    }
    assert {number for number in range(MANY * 2) if f"key{number}" in metadata} == accepted
    assert metadata["name"] == there[0]
    assert traffic.send("GET", f"/api/assets/{there[0]}/model").status_code == 200


def test_storm_of_deletes_among_changes_ends_with_nothing_left(traffic: Traffic) -> None:
    asset_id = traffic.own_asset("deleted-by-many")
    path = f"/api/assets/{asset_id}"
    calls = [
        lambda: traffic.send("DELETE", path),
        lambda: traffic.send("PATCH", path, json={"metadata": {"a": 1}}),
        lambda: traffic.send("POST", f"{path}/sprites", json={"sprites": [SPRITE]}),
        lambda: traffic.send("GET", f"{path}/model"),
        lambda: traffic.send("GET", "/api/assets"),
        lambda: traffic.send("POST", f"/api/regenerate-base/{asset_id}"),
    ] * 10
    random.Random(13).shuffle(calls)
    answers = at_once(*calls)
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    traffic.finish_all()
    last = traffic.send("DELETE", path)
    assert last.status_code in (200, 404)
    assert not (traffic.service.root / asset_id).exists()


def test_storm_of_saved_presets_and_prompts_leaves_whole_files(traffic: Traffic) -> None:
    def save(number: int) -> Callable[[], httpx.Response]:
        style = {"custom": {f"style{number}": {"name": "x" * 5_000, "base": str(number)}}}
        presets = [
            {"id": f"p{number}", "name": "x", "displayName": "x", "stylePrompt": "x" * 5_000}
        ]
        if number % 2:
            return lambda: traffic.send("POST", "/api/prompts/game-styles", json=style)
        return lambda: traffic.send("POST", "/api/material-presets", json=presets)

    answers = at_once(*[save(number) for number in range(MANY)])
    assert {answer.status_code for answer in answers} == {200}
    assert len(traffic.send("GET", "/api/prompts/game-styles").json()["custom"]) == 1
    assert len(traffic.send("GET", "/api/material-presets").json()) == 1
    for file in traffic.service.settings.prompts_dir.iterdir():
        json.loads(file.read_bytes())
