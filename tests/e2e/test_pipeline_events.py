"""Listening to a pipeline, cancelling, retrying and finding it again: over a real server.

The transport that calls an application in process would hold all events back to the end.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from asset_forge.services import live_progress
from tests.fakes.meshy_tasks import TaskScript
from tests.support.service import Json, LiveService, live_with_fakes, wait_until


@dataclass(frozen=True)
class Event:
    kind: str
    id: str
    status: Json


@contextmanager
def listening(
    service: LiveService, pipeline_id: str, last_id: str = ""
) -> Iterator[Iterator[Event]]:
    """Yield the events of a pipeline as they come."""
    url = f"/api/generation/pipeline/{pipeline_id}/events"
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with service.client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Event(fields["event"], fields["id"], json.loads(fields["data"]))
            fields = {}


def stuck(service: LiveService, **fields: object) -> str:
    """Start a pipeline that waits at Meshy for `let_go`."""
    service.meshy.script("image-to-3d", TaskScript.stuck())
    pipeline_id: str = service.start(**fields).json()["pipelineId"]
    wait_until(lambda: service.meshy.created.get("image-to-3d", 0) == 1)
    return pipeline_id


def let_go(service: LiveService) -> None:
    for task in service.meshy.of_kind("image-to-3d"):
        service.meshy.finish(task.id)


# --- listening ---


def test_events_tell_a_run_from_its_beginning_to_its_end(service: LiveService) -> None:
    pipeline_id = stuck(service)
    heard = []
    with listening(service, pipeline_id) as events:
        for event in events:
            heard.append(event)
            if event.status["stages"]["image3D"]["status"] == "processing":
                let_go(service)
    assert [event.kind for event in heard[:-1]] == ["status"] * (len(heard) - 1)
    assert (heard[-1].kind, heard[-1].id) == ("end", "end")
    assert heard[-1].status == service.status(pipeline_id)
    assert len({event.id for event in heard}) == len(heard)
    progress = [event.status["progress"] for event in heard]
    assert progress == sorted(progress)


def test_events_who_comes_back_hears_only_what_is_newer(service: LiveService) -> None:
    pipeline_id = stuck(service)
    with listening(service, pipeline_id) as events:
        seen = next(each for each in events if each.status["progress"] > 25)
    wait_until(lambda: service.status(pipeline_id)["stages"]["image3D"]["progress"] > 0)
    let_go(service)
    with listening(service, pipeline_id, seen.id) as events:
        heard = list(events)
    assert seen.id not in {event.id for event in heard}
    assert heard[-1].kind == "end"


def test_events_of_an_ended_one_are_its_end_and_then_nothing(service: LiveService) -> None:
    last = service.generate()
    with listening(service, last["id"], "an-id-of-long-ago") as events:
        assert [(event.kind, event.status) for event in events] == [("end", last)]
    url = f"/api/generation/pipeline/{last['id']}/events"
    answer = service.client.get(url, headers={"Last-Event-ID": "end"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_events_of_nobody_are_404(service: LiveService) -> None:
    answer = service.client.get("/api/generation/pipeline/pipeline-0/events")
    assert answer.status_code == 404
    assert answer.json()["code"] == "pipeline_not_found"


def test_events_listener_goes_away_the_others_hear_the_end(service: LiveService) -> None:
    pipeline_id = stuck(service)
    with ThreadPoolExecutor(3) as pool:

        def hear(_: int) -> str:
            with listening(service, pipeline_id) as events:
                return [event.kind for event in events][-1]

        others = [pool.submit(hear, n) for n in range(3)]
        with listening(service, pipeline_id) as events:
            next(events)
        let_go(service)
        assert [other.result(60) for other in others] == ["end"] * 3


def test_events_nothing_happens_a_comment_keeps_the_line_open(
    service: LiveService, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = {"last_id": "", "heartbeat_s": 0.01}
    monkeypatch.setattr(live_progress.moments, "__kwdefaults__", defaults)
    pipeline_id = stuck(service)
    url = f"/api/generation/pipeline/{pipeline_id}/events"
    with service.client.stream("GET", url) as answer:
        assert any(line.startswith(":") for line in answer.iter_lines())
    let_go(service)
    service.finish(pipeline_id)


# --- cancelling and retrying ---


def test_cancel_tells_listeners_and_a_retry_goes_on(service: LiveService) -> None:
    pipeline_id = stuck(service)
    wait_until(lambda: service.status(pipeline_id)["stages"]["image3D"]["progress"] > 0)
    with listening(service, pipeline_id) as events:
        next(events)
        answer = service.client.post(f"/api/generation/pipeline/{pipeline_id}/cancel")
        last = list(events)[-1]
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == last.status["status"] == "cancelled"
    assert answer.json()["cost"]["credits"] > 0  # it had begun over there
    let_go(service)
    retry = service.client.post(f"/api/generation/pipeline/{pipeline_id}/retry")
    assert retry.status_code == 200, retry.text
    assert retry.json()["retryOf"] == pipeline_id
    assert service.finish(retry.json()["pipelineId"])["status"] == "completed"
    assert service.meshy.created == {"image-to-3d": 1}
    assert service.openai.billed_images == 1
    again = service.client.post(f"/api/generation/pipeline/{pipeline_id}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "already_retried")


def test_cancel_of_what_has_ended_is_409(service: LiveService) -> None:
    last = service.generate()
    answer = service.client.post(f"/api/generation/pipeline/{last['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "pipeline_ended")


# --- requests that come again, and after a restart ---


def test_request_sent_again_under_its_key_starts_nothing(service: LiveService) -> None:
    body = {"name": "Key", "type": "weapon", "subtype": "sword"}
    url, headers = "/api/generation/pipeline", {"Idempotency-Key": "one"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: service.client.post(url, json=body, headers=headers), range(4))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["pipelineId"] for answer in answers}) == 1
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert sorted(map(str, replayed)) == ["None", "true", "true", "true"]
    service.finish(answers[0].json()["pipelineId"])
    other = service.client.post(url, json={**body, "name": "Other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert service.meshy.created == {"image-to-3d": 1}


def test_pipeline_of_an_earlier_run_can_be_read_listed_and_heard(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("restarted")
    with live_with_fakes(folder) as service:
        last = service.generate()
    with live_with_fakes(folder) as service:
        assert service.status(last["id"]) == last
        (listed,) = service.client.get("/api/generation/pipelines").json()["pipelines"]
        assert (listed["id"], listed["status"]) == (last["id"], "completed")
        with listening(service, last["id"]) as events:
            assert [event.kind for event in events] == ["end"]
