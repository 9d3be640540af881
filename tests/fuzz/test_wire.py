"""HTTP as it should not be: broken, smuggled, half sent, hung up on. The service stays well."""

import gzip
import json
import os
import socket
from contextlib import ExitStack

import pytest

from tests.fuzz.traffic import Traffic, tree_hash
from tests.support.service import wait_until, words

START = b"POST /api/generation/pipeline HTTP/1.1\r\nHost: a\r\n"
JSON = b"Content-Type: application/json\r\n"
ORDER = json.dumps({**words(), "subtype": 5}).encode()
"""Refused when it is read: nothing here shall start anything."""
GET = b"GET /api/health HTTP/1.1\r\nHost: a\r\n"
PATCH = b"PATCH /api/assets/sword HTTP/1.1\r\nHost: a\r\n" + JSON


def chunked(*chunks: bytes) -> bytes:
    return START + JSON + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


REFUSED = {
    "a length that is no number": START + b"Content-Length: abc\r\n\r\n{}",
    "a length below zero": START + b"Content-Length: -1\r\n\r\n{}",
    "a length with an exponent": START + b"Content-Length: 1e3\r\n\r\n{}",
    "a length with a sign": START + b"Content-Length: +2\r\n\r\n{}",
    "a length of thirty digits": START + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}",
    "two lengths": START + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a length over the limit": START + b"Content-Length: 26214401\r\n\r\n",
    "a length and chunks": START
    + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "chunks and a length": START
    + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "chunks, then as they are": START + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a coding that nobody knows": START + b"Transfer-Encoding: xchunked\r\n\r\n{}",
    "a blank before the colon": START + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a chunk of garbage size": chunked(b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk of too many bytes": chunked(b"FFFFFFFFFFFFFFFFF\r\n{}\r\n"),
    "a chunk that goes on": chunked(b"2\r\n{}xx\r\n0\r\n\r\n"),
    "a chunk below zero": chunked(b"-2\r\n{}\r\n0\r\n\r\n"),
    "a body shorter than said": START + JSON + b"Content-Length: 5\r\n\r\n" + ORDER,
    "a body without a length": START + JSON + b"\r\n" + ORDER,
    "a gzip": START
    + JSON
    + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(ORDER))
    + gzip.compress(ORDER),
    "a brotli that is none": START
    + JSON
    + b"Content-Encoding: br\r\nContent-Length: %d\r\n\r\n" % len(ORDER)
    + ORDER,
    "a form": START + b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
    "a type that is garbage": START + b"Content-Type: \xff/;;=\r\nContent-Length: 2\r\n\r\n{}",
    "a verb that nobody knows": b"BREW /api/assets HTTP/1.1\r\nHost: a\r\n\r\n",
    "a verb in small letters": b"get /api/assets HTTP/1.1\r\nHost: a\r\n\r\n",
    "a verb of 100 KB": b"G" * 100_000 + b" / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a verb of WebDAV": b"PROPFIND /api/assets HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT example.invalid:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a trace": b"TRACE /api/assets HTTP/1.1\r\nHost: a\r\n\r\n",
    "a version that nobody knows": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "the first words of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the first words of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500),
    "nothing but garbage": b"\x00\xff\r\n" * 500,
    "a NUL in a header": GET + b"X: a\0b\r\n\r\n",
    "a header without a name": GET + b": x\r\n\r\n",
    "a blank in a name": GET + b"X Y: x\r\n\r\n",
    "a line break in a header": GET + b"X: a\rb\r\n\r\n",
    "a blank in the path": b"GET /api/as sets HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL in the path": b"GET /api/\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path of 100 KB": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "garbage after percent signs": b"GET /api/assets/%zz%%% HTTP/1.1\r\nHost: a\r\n\r\n",
    "half a character": b"GET /api/assets/%c3 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path out of the house": b"GET /assets/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "a share of Windows": b"GET /assets/\\\\host\\share HTTP/1.1\r\nHost: a\r\n\r\n",
    "no path": b"GET ?x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "an expectation with a body to refuse": START
    + JSON
    + b"Expect: 100-continue\r\nContent-Length: 26214401\r\n\r\n",
}
"""By name, what is answered with a 4xx."""

ANSWERED = {
    "HTTP/0.9": b"GET /api/health\r\n\r\n",
    "HTTP/1.0": b"GET /api/health HTTP/1.0\r\n\r\n",
    "HTTP/1.0 that stays": b"GET /api/health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "no host": b"GET /api/health HTTP/1.1\r\n\r\n",
    "a host of garbage": b"GET /api/health HTTP/1.1\r\nHost: [::\xff@/?#\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "an absolute target": b"GET http://example.invalid/api/health HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target with a fragment": b"GET /api/health#x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header of 60 KB": GET + b"X: " + b"x" * 60_000 + b"\r\n\r\n",
    "1,000 headers": GET + b"".join(b"X-%d: x\r\n" % n for n in range(1_000)) + b"\r\n",
    "10,000 query parameters": b"GET /api/health?"
    + b"&".join(b"a%d=" % n for n in range(8_000))
    + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "an upgrade to WebSocket": GET
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "an upgrade to HTTP/2": GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    "a GET with a body": GET + b"Content-Length: 5\r\n\r\nhello",
    "options of everything": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "empty lines before it": b"\r\n\r\n" + GET + b"\r\n",
    "a body in small chunks": PATCH.replace(JSON, JSON + b"Transfer-Encoding: chunked\r\n")
    + b"\r\n"
    + b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in b'{"type":"weapon"}')
    + b"0\r\nX-Trailer: x\r\n\r\n",
}
"""By name, what is odd and allowed."""


@pytest.mark.parametrize("name", REFUSED)
def test_request_that_is_none_is_refused(name: str, traffic: Traffic) -> None:
    before = tree_hash(traffic.service.root)
    traffic.raw(REFUSED[name]).assert_refused()
    assert tree_hash(traffic.service.root) == before


@pytest.mark.parametrize("name", ANSWERED)
def test_request_that_is_odd_is_answered(name: str, traffic: Traffic) -> None:
    assert traffic.raw(ANSWERED[name]).status == 200


def test_body_that_waits_to_be_expected_is_asked_for(traffic: Traffic) -> None:
    head = START + JSON + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(ORDER)
    with traffic.connected() as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(ORDER)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_hundred_requests_in_one_go_are_all_answered(traffic: Traffic) -> None:
    with traffic.connected() as connection:
        connection.sendall((GET + b"\r\n") * 99 + GET + b"Connection: close\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 100


@pytest.mark.parametrize("sent", [1, 20, len(START) + 5, len(START + JSON) + 30])
def test_half_a_request_and_then_silence_holds_nobody_up(sent: int, traffic: Traffic) -> None:
    request = START + JSON + b"Content-Length: 100000\r\n\r\n" + ORDER
    with ExitStack() as silent:
        for _ in range(50):
            connection = silent.enter_context(traffic.connected())
            connection.sendall(request[:sent])
        traffic.assert_well()
        assert traffic.send("GET", "/api/assets").status_code == 200
    traffic.assert_well()


@pytest.mark.parametrize(
    "head",
    [START + JSON, PATCH, START + b"Idempotency-Key: hung-up\r\n" + JSON,
     b"POST /api/regenerate-base/sword HTTP/1.1\r\nHost: a\r\nIdempotency-Key: hung-up\r\n"],
)  # fmt: skip
@pytest.mark.parametrize("body", [b"", b'{"type": "x"}', b"x" * 100_000])
def test_hanging_up_in_the_middle_of_a_body_changes_nothing(
    head: bytes, body: bytes, traffic: Traffic, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tree_hash(traffic.service.root)
    for framing in (b"Content-Length: 200000\r\n", b"Transfer-Encoding: chunked\r\n"):
        piece = body if framing.startswith(b"C") else b"%x\r\n%s\r\n" % (len(body) or 1, body)
        answer = traffic.raw(head + framing + b"\r\n" + piece, half_close=True)
        assert answer.status in (0, 400)
    traffic.assert_well()
    assert tree_hash(traffic.service.root) == before
    assert "Traceback" not in "".join(capfd.readouterr())


def test_hanging_up_in_the_middle_of_a_download_leaves_no_file_open(traffic: Traffic) -> None:
    asset_id = traffic.own_asset("half-a-download")
    with (traffic.service.root / asset_id / f"{asset_id}.glb").open("ab") as model:
        model.truncate(50_000_000)
    for _ in range(20):
        with traffic.connected() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(
                f"GET /api/assets/{asset_id}/model HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
    wait_until(lambda: not traffic.open_files(asset_id))
