"""Stopping and starting `asset-forge serve` by signals, with work under way."""

import json
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.storage.sharing import in_use
from tests.fakes import faults
from tests.fakes.meshy_tasks import TaskScript
from tests.support.service import Json, preset, wait_until, words
from tests.support.serving import Place, Served, place, served

DRAW = "POST /v1/images/generations"
PIPELINE = "/api/generation/pipeline"


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as found:
        yield found


def start(service: Served, **fields: Any) -> str:
    answer = service.client.post(PIPELINE, json=words(**fields))
    assert answer.status_code == 200, answer.text
    pipeline_id: str = answer.json()["pipelineId"]
    return pipeline_id


def status(service: Served, pipeline_id: str) -> Json:
    found: Json = service.client.get(f"{PIPELINE}/{pipeline_id}").json()
    return found


def finish(service: Served, pipeline_id: str) -> Json:
    wait_until(lambda: status(service, pipeline_id)["status"] in ("completed", "failed"))
    return status(service, pipeline_id)


def in_background(work: Callable[[], Any]) -> Future[Any]:
    """Run something beside the test; it ends with the service it speaks to."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def listen(address: str, pipeline_id: str) -> list[Json]:
    """Listen to a pipeline until the stream ends; return what was told."""
    url = f"{address}{PIPELINE}/{pipeline_id}/events"
    with httpx.stream("GET", url, timeout=60, trust_env=False) as answer:
        data = [line for line in answer.iter_lines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in data]


def assert_quiet(service: Served) -> None:
    """Hold that nothing in the log calls for a person."""
    text = service.log.read_text()
    assert "Traceback" not in text
    loud = [line for line in service.lines() if line["level"] not in ("debug", "info")]
    assert loud == []
    assert service.events("service_stopping")
    assert service.events("service_stopped")


@pytest.mark.slow
def test_sigterm_lets_work_rest_tells_who_waits_and_a_restart_goes_on(where: Place) -> None:
    with served(where) as service:
        base = start(service, name="Base")
        assert finish(service, base)["status"] == "completed"
        where.meshy.script("image-to-3d", TaskScript.stuck())
        where.meshy.script("retexture", TaskScript.stuck())
        pipeline_id = start(service, name="Second")
        body = {"baseAssetId": "base", "materialPreset": preset("bronze")}
        waiter = in_background(
            lambda: httpx.post(
                f"{service.address}/api/retexture", json=body, timeout=60, trust_env=False
            )
        )
        listener = in_background(lambda: listen(service.address, pipeline_id))
        wait_until(lambda: where.meshy.created["image-to-3d"] == 2)
        wait_until(lambda: where.meshy.created["retexture"] == 1)
        metric = "asset_forge_event_listeners 1.0"
        wait_until(lambda: metric in service.client.get("/metrics").text)
        assert service.stop() == 0
        assert_quiet(service)

    assert listener.result()[-1]["status"] == "processing"
    answer = waiter.result()
    assert (answer.status_code, answer.json()["code"]) == (503, "stopped")
    assert "go on when it is started again" in answer.json()["error"]
    assert answer.headers["Connection"] == "close"
    assert int(answer.headers["Retry-After"]) > 0
    retexture_id = answer.json()["pipelineId"]
    assert answer.headers["Location"] == f"{PIPELINE}/{retexture_id}"

    for task in where.meshy.tasks.values():
        if task.status != "SUCCEEDED":
            where.meshy.finish(task.id)
    with served(where) as service:
        for unfinished in (pipeline_id, retexture_id):
            assert finish(service, unfinished)["status"] == "completed"
        assert where.meshy.created == {"image-to-3d": 2, "retexture": 1}
        resumed = [
            line
            for line in service.lines()
            if line.get("pipeline_id") in (pipeline_id, retexture_id)
        ]
        assert {line["event"] for line in resumed} >= {"pipeline_resumed", "pipeline_ended"}
        assert not [line for line in resumed if "request_id" in line]
        assert service.stop() == 0


@pytest.mark.slow
def test_while_work_comes_to_rest_reads_go_on_and_starts_are_refused(where: Place) -> None:
    where.openai.faults.add(faults.slow(3.0), on=DRAW)
    with served(where) as service:
        pipeline_id = start(service)
        wait_until(lambda: len(where.openai.pictures_asked) == 1)
        service.signal()
        wait_until(lambda: bool(service.events("service_stopping")))

        for path, body in (
            (PIPELINE, words(name="Another")),
            ("/api/weapon-orientation-detect", {"image": "data:,"}),
            (f"{PIPELINE}/{pipeline_id}/retry", {}),
        ):
            refused = service.client.post(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (503, "stopped"), path
            assert refused.headers["Connection"] == "close"
            assert int(refused.headers["Retry-After"]) > 0
        assert service.client.get("/api/assets").status_code == 200
        assert status(service, pipeline_id)["status"] == "processing"
        assert service.client.get("/healthz").status_code == 200
        unready = service.client.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["reasons"][0]["code"] == "stopped"

        assert service.wait() == 0
        assert_quiet(service)
    with served(where) as service:
        assert finish(service, pipeline_id)["status"] == "completed"
    assert where.openai.billed_images == 1


@pytest.mark.slow
def test_second_signal_ends_it_at_once(where: Place) -> None:
    where.openai.faults.add(faults.slow(30.0), on=DRAW)
    with served(where) as service:
        start(service)
        wait_until(lambda: len(where.openai.pictures_asked) == 1)
        service.signal(signal.SIGINT)
        wait_until(lambda: bool(service.events("service_stopping")))
        service.signal(signal.SIGTERM)
        assert service.wait() == 128 + signal.SIGTERM
        (line,) = service.events("service_ended_at_once")
        assert "second signal" in line["reason"]
        assert "Traceback" not in service.log.read_text()


@pytest.mark.slow
def test_request_that_is_never_sent_whole_does_not_hold_up_the_end(where: Place) -> None:
    with (
        served(where) as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=60) as half,
    ):
        half.sendall(
            b"POST /api/material-presets HTTP/1.1\r\nHost: forge\r\n"
            b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n["
        )
        service.signal()
        assert service.wait() == 0
        received = b""
        while chunk := half.recv(65536):
            received += chunk
        assert_quiet(service)
        (cut,) = service.events("requests_cut_off")
    assert cut["count"] == 1
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b'"code": "stopped"' in received


@pytest.mark.slow
def test_listener_that_reads_nothing_does_not_hold_up_the_end(where: Place) -> None:
    where.meshy.script("image-to-3d", TaskScript.stuck())
    with served(where) as service:
        pipeline_id = start(service)
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as deaf:
            deaf.sendall(
                f"GET {PIPELINE}/{pipeline_id}/events HTTP/1.1\r\nHost: forge\r\n\r\n".encode()
            )
            wait_until(lambda: where.meshy.created["image-to-3d"] == 1)
            assert service.stop() == 0
        assert_quiet(service)


# --- starts that fail ---


def assert_one_sentence(said: str, *names: str) -> None:
    (line,) = said.strip().splitlines()
    assert line.startswith("asset-forge: ")
    for name in names:
        assert name in line


def journal_of(where: Place) -> Path:
    path = where.root / ".forge" / "journal.db"
    path.parent.mkdir(exist_ok=True)
    return path


def test_start_on_a_folder_in_use_is_one_sentence(where: Place) -> None:
    with in_use(where.root / ".forge", clear=lambda: None):
        assert_one_sentence(where.fails_to_start(), "ASSET_OUTPUT_DIR", "is used by")


def test_start_with_a_damaged_journal_is_one_sentence(where: Place) -> None:
    journal_of(where).write_bytes(b"not a journal at all " * 500)
    assert_one_sentence(where.fails_to_start(), "journal is damaged", "backup")


def test_start_with_a_newer_journal_is_one_sentence(where: Place) -> None:
    with sqlite3.connect(journal_of(where)) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    assert_one_sentence(where.fails_to_start(), "99", "another version")


def test_start_on_a_state_folder_that_leads_elsewhere_is_one_sentence(where: Place) -> None:
    (where.root / ".forge").symlink_to(where.folder)
    assert_one_sentence(where.fails_to_start(), "symlink")


def test_start_on_a_taken_port_is_one_sentence(where: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where.variables["API_PORT"] = str(taken.getsockname()[1])
        assert_one_sentence(where.fails_to_start(), "API_PORT")
