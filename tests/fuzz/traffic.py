"""A hostile client: it sends what it likes, counts it, and holds each answer to what is promised.

Whatever is sent: an answer below 500 (or a documented 503), and above 399 a sentence and a code.
What is sent is thought up in the tests.
"""

import hashlib
import json
import shutil
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.service import LiveService

HONEST_503 = frozenset({"provider_not_configured", "queue_full"})
PATIENCE_S = 60.0
LONGEST_SENTENCE = 2_000


@dataclass
class Tally:
    """What a run of the tests has sent in all; `broken` are answers that must not be."""

    sent: int = 0
    broken: int = 0


TALLY = Tally()


def check(status: int, body: bytes, content_type: str, sent: str) -> None:
    """Hold an answer to what is promised; `sent` says what it answers."""
    TALLY.sent += 1
    try:
        _check(status, body, content_type)
    except AssertionError as problem:
        TALLY.broken += 1
        raise AssertionError(f"{sent}: {status} {body[:500]!r}: {problem}") from None


def _check(status: int, body: bytes, content_type: str) -> None:
    if status < 400:
        return
    assert content_type.startswith("application/json"), f"content type {content_type}"
    told = httpx.Response(status, content=body).json()
    assert status < 500 or (status == 503 and told["code"] in HONEST_503), "a fault"
    assert set(told) <= {"success", "error", "code", "requestId", "detail", "retryable",
                         "mayHaveCharged"}, "not the shape of an error"  # fmt: skip
    assert told["code"].replace("_", "").isalnum()
    assert 8 <= len(told["error"]) <= LONGEST_SENTENCE, "no sentence"
    assert "Traceback" not in told["error"]
    assert "site-packages" not in told["error"]


class Traffic:
    """Sends requests to a live service."""

    def __init__(self, service: LiveService) -> None:
        self.service = service
        self._host, port = service.address.removeprefix("http://").split(":")
        self._port = int(port)

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """Send a request that httpx can write, and check its answer."""
        answer = self.service.client.request(method, path, **parts)
        if method != "HEAD":
            content_type = answer.headers.get("content-type", "")
            check(answer.status_code, answer.content, content_type, f"{method} {path[:200]}")
        return answer

    def send_json(self, method: str, path: str, body: bytes, **headers: str) -> httpx.Response:
        """Send bytes that are said to be JSON."""
        given = {"Content-Type": "application/json", **headers}
        return self.send(method, path, content=body, headers=given)

    def raw(self, *pieces: bytes, half_close: bool = False) -> "RawAnswer":
        """Write bytes to a connection and read until the service closes it, or one answer is whole.

        With `half_close` nothing more will come after the pieces.
        """
        TALLY.sent += 1
        with self.connected() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was refused before it was whole: the answer may still be there
            return _read_answer(connection)

    def connected(self) -> socket.socket:
        """Open a connection; the caller closes it."""
        return socket.create_connection((self._host, self._port), timeout=PATIENCE_S)

    def own_asset(self, asset_id: str) -> str:
        """Put an asset with a recorded request into the library, and return its id."""
        folder = self.service.root / asset_id
        shutil.copytree(self.service.root / "sword", folder)
        (folder / "sword.glb").rename(folder / f"{asset_id}.glb")
        metadata = self.service.metadata(asset_id)
        metadata |= {"name": asset_id, "gameId": asset_id, "variants": [], "variantCount": 0}
        (folder / "metadata.json").write_text(json.dumps(metadata))
        return asset_id

    def ended_pipeline(self) -> str:
        """Return a pipeline that has ended well; the same for all."""
        listed = self.service.client.get(
            "/api/generation/pipelines", params={"status": "completed"}
        )
        if listed.json()["pipelines"]:
            return str(listed.json()["pipelines"][-1]["id"])
        return str(self.service.generate(assetId="made-before")["id"])

    def finish_all(self) -> None:
        """Wait until no pipeline runs."""
        for status in ("initializing", "processing"):
            listed = self.service.client.get(
                "/api/generation/pipelines", params={"status": status, "limit": 500}
            )
            for pipeline in listed.json()["pipelines"]:
                self.service.finish(pipeline["id"])

    def open_files(self, part: str) -> list[str]:
        """Return the files that this process has open whose path holds `part`."""
        found = []
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                found.append(str(link.readlink()))
        return [path for path in found if part in path]

    def assert_well(self) -> None:
        """The service answers as if nothing had happened."""
        answer = self.service.client.get("/api/health")
        assert answer.status_code == 200
        assert answer.json()["status"] == "healthy"


@dataclass(frozen=True)
class RawAnswer:
    """The first answer on a connection; `status` is 0 when it was closed without one."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode().lower():
                return value.strip().decode("latin-1")
        return ""

    def assert_refused(self) -> None:
        """It is a 4xx: in our words, or in the server's own when it was no HTTP at all."""
        if self.header("content-type").startswith("text/plain"):
            assert (self.status, self.body) == (400, b"Invalid HTTP request received."), self
            return
        assert 400 <= self.status < 500, self
        _check(self.status, self.body, self.header("content-type"))


def _read_answer(connection: socket.socket) -> RawAnswer:
    data = b""
    while not _is_whole(data):
        try:
            piece = connection.recv(1 << 16)
        except ConnectionResetError:
            break
        if not piece:
            break
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1]) if head.startswith(b"HTTP/1.") else 0
    return RawAnswer(status, head, body)


def _is_whole(data: bytes) -> bool:
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator or b" 100 " in head.split(b"\r\n")[0]:
        return False
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return b"transfer-encoding: chunked" in head.lower() and body.endswith(b"0\r\n\r\n")


def tree_hash(root: Path, names: Iterable[str] = ()) -> str:
    """Return a hash over the files of these assets, or over all that is not the service's own."""
    digest = hashlib.sha256()
    for top in sorted(names or (path.name for path in root.iterdir() if path.name != ".forge")):
        for path in sorted([root / top, *(root / top).rglob("*")]):
            content = path.read_bytes() if path.is_file() else b"a folder or nothing"
            digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
