"""Faults over a real connection, and what of them can be had in process."""

import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tests.fakes import faults
from tests.fakes.core import FakeServer, RecordedRequest, json_answer
from tests.fakes.faults import Answer, ConnectionDropped
from tests.fakes.server import running

_TEXT = {"words": "x" * 998}


class _Counting(FakeServer):
    """Answers the same always, and counts its work."""

    done = 0

    async def respond(self, request: RecordedRequest) -> Answer:
        self.done += 1
        return json_answer(200, _TEXT)


@pytest.fixture
def fake() -> _Counting:
    return _Counting()


@pytest.fixture
def live(fake: _Counting) -> Iterator[httpx.Client]:
    with running(fake) as url, httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
        yield client


def _in_process(fake: FakeServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(fake), base_url="http://fake.test")


def test_dropped_over_a_socket_gives_no_answer(fake: _Counting, live: httpx.Client) -> None:
    fake.faults.add(faults.dropped())
    with pytest.raises(httpx.RemoteProtocolError):
        live.get("/")
    assert fake.done == 0
    assert live.get("/").status_code == 200


def test_dropped_after_the_work_has_done_it(fake: _Counting, live: httpx.Client) -> None:
    fake.faults.add(faults.dropped(work_done=True))
    with pytest.raises(httpx.RemoteProtocolError):
        live.post("/")
    assert fake.done == 1


async def test_dropped_in_process_raises_the_same_error(fake: _Counting) -> None:
    fake.faults.add(faults.dropped())
    async with _in_process(fake) as client:
        with pytest.raises(ConnectionDropped):
            await client.get("/")


def test_truncated_sends_half_of_what_it_promised(fake: _Counting, live: httpx.Client) -> None:
    fake.faults.add(faults.truncated())
    with live.stream("GET", "/") as answer:
        promised = int(answer.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
        assert answer.num_bytes_downloaded == promised // 2


def test_claimed_size_promises_ten_gigabytes(fake: _Counting, live: httpx.Client) -> None:
    fake.faults.add(faults.claimed_size())
    with live.stream("GET", "/") as answer:
        assert answer.headers["content-length"] == "10000000000"
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_endless_flows_until_the_caller_hangs_up(fake: _Counting, live: httpx.Client) -> None:
    fake.faults.add(faults.endless())
    received = 0
    with live.stream("GET", "/") as answer:
        assert "content-length" not in answer.headers
        for chunk in answer.iter_raw():
            received += len(chunk)
            if received > 2_000_000:
                break
    assert live.get("/").status_code == 200


async def test_endless_in_process_says_that_it_needs_a_server(fake: _Counting) -> None:
    fake.faults.add(faults.endless())
    async with _in_process(fake) as client:
        with pytest.raises(RuntimeError, match="live server"):
            await client.get("/")


async def test_status_with_work_done_does_the_work_and_denies_it(fake: _Counting) -> None:
    fake.faults.add(faults.status(500, b"{}", work_done=True))
    fake.faults.add(faults.status(500, b"{}"))
    async with _in_process(fake) as client:
        assert (await client.get("/")).status_code == 500
        assert fake.done == 1
        assert (await client.get("/")).status_code == 500
        assert fake.done == 1


async def test_slow_sends_the_true_answer(fake: _Counting) -> None:
    fake.faults.add(faults.slow(0.01))
    async with _in_process(fake) as client:
        assert (await client.get("/")).json() == _TEXT


def test_slow_gives_up_when_the_caller_has_gone(fake: _Counting, live: httpx.Client) -> None:
    fake.faults.add(faults.slow(60))
    with pytest.raises(httpx.ReadTimeout):
        live.get("/", timeout=0.05)
    assert live.get("/").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        (faults.garbage(), 200, "application/json"),
        (faults.html_page(), 200, "text/html; charset=utf-8"),
        (faults.html_page(502), 502, "text/html; charset=utf-8"),
        (faults.redirected("http://elsewhere.test/"), 302, "application/json"),
    ],
)
async def test_wrong_answer_is_sent_in_place_of_the_true_one(
    fake: _Counting, fault: faults.Fault, status: int, content_type: str
) -> None:
    fake.faults.add(fault)
    async with _in_process(fake) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (status, content_type)
    assert fake.done == 0


def test_queue_hands_faults_only_to_the_requests_they_are_meant_for() -> None:
    queue = faults.FaultQueue()
    first, second = faults.status(500), faults.status(503)
    queue.add(first, on="POST /a", times=2)
    queue.add(second)
    assert queue.take("POST /a/b") is first
    assert queue.take("GET /a") is second
    assert queue.take("GET /a") is None
    assert len(queue) == 1


def test_with_headers_adds_to_an_answer_of_its_own_only() -> None:
    dressed = faults.with_headers(faults.status(429), {"retry-after": "3"})
    assert dressed.answer is not None
    assert dressed.answer.headers["retry-after"] == "3"
    with pytest.raises(ValueError, match="own answer"):
        faults.with_headers(faults.slow(1), {"retry-after": "3"})


async def test_request_is_recorded_with_body_query_and_key(fake: _Counting) -> None:
    async with _in_process(fake) as client:
        headers = {"Authorization": "Bearer abc"}
        await client.post("/a/b?x=1&y=", json={"n": 1}, headers=headers)
    (seen,) = fake.seen("POST", "/a")
    assert (seen.path, seen.query, seen.json()) == ("/a/b", {"x": "1", "y": ""}, {"n": 1})
    assert (seen.bearer, seen.base_url) == ("abc", "http://fake.test")


def test_running_frees_its_port_at_the_end(fake: _Counting) -> None:
    with running(fake) as url:
        port = httpx.URL(url).port
        assert port is not None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_running_app_that_cannot_start_is_an_error() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no disk"})

    with pytest.raises(RuntimeError, match="ended before it started"), running(broken):
        pass


def test_running_ends_although_a_caller_still_waits(fake: _Counting) -> None:
    fake.faults.add(faults.slow(60))
    with socket.socket() as caller:
        with running(fake) as url:
            port = httpx.URL(url).port
            assert port is not None
            caller.connect(("127.0.0.1", port))
            caller.sendall(b"GET / HTTP/1.1\r\nHost: fake.test\r\n\r\n")
            while not fake.requests:
                time.sleep(0.005)
        assert fake.done == 1
