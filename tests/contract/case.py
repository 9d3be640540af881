"""One line of the contract: a request, and what its answer must be."""

import json as json_module
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]

ANY = object()
"""In `has`: the key must be there, whatever its value."""

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "1; mode=block",
}
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NOTHING = object()


@dataclass(frozen=True)
class Case:
    """`has` holds keys of the answer's JSON, `error` its text word for word.

    `says` is part of the error where the contract leaves the words free. `send` is a JSON body,
    `content` raw bytes. `sent_headers` and `headers` are those of request and answer.
    """

    method: str
    path: str
    status: int
    note: str = ""
    send: Any = _NOTHING
    content: bytes | None = None
    sent_headers: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    says: str | None = None
    has: Any = None
    headers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        text = f"{self.method} {self.path} {self.status} {self.note}".strip()
        return re.sub(r"[^\x21-\x7e]+", "_", text)[:110]

    async def ask(self, client: httpx.AsyncClient) -> httpx.Response:
        more: Json = {}
        if self.send is not _NOTHING:
            more["json"] = self.send
        if self.content is not None:
            more["content"] = self.content
        headers = dict(self.sent_headers)
        if self.content is not None:
            headers.setdefault("Content-Type", "application/json")
        return await client.request(self.method, self.path, headers=headers, **more)

    def check(self, answer: httpx.Response) -> None:
        assert answer.status_code == self.status, answer.text[:2000]
        assert_safe_headers(answer)
        if answer.status_code >= 400 and self.method != "HEAD":
            body = assert_error(answer)
            assert self.error is None or body["error"] == self.error
            assert self.says is None or self.says in body["error"], body["error"]
        if self.has is not None:
            assert_has(answer.json(), self.has)
        for name, value in self.headers.items():
            found = answer.headers.get(name)
            assert (found is not None) if value is ANY else (found == value), f"{name}: {found}"


def assert_safe_headers(answer: httpx.Response) -> None:
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value], name
    assert len(answer.headers.get_list("x-request-id")) == 1


def assert_error(answer: httpx.Response) -> Json:
    """Hold an answer against the one shape of errors and return its body."""
    assert answer.headers["content-type"] == "application/json"
    body: Json = answer.json()
    assert isinstance(body["error"], str)
    assert body["error"]
    assert _CODE.fullmatch(body["code"])
    assert body["requestId"] == answer.headers["x-request-id"]
    if answer.request.url.path.startswith("/api/weapon-"):
        assert body["success"] is False
    else:
        assert "success" not in body
    return body


def assert_has(found: Any, wanted: Any, where: str = "answer") -> None:
    """Hold JSON against a part of it: keys of objects may be left out, items of arrays not."""
    if wanted is ANY:
        return
    if isinstance(wanted, dict):
        assert isinstance(found, dict), f"{where} is no object: {found!r}"
        for key, value in wanted.items():
            assert key in found, f"{where}.{key} is missing from {json_module.dumps(found)[:500]}"
            assert_has(found[key], value, f"{where}.{key}")
    elif isinstance(wanted, list):
        assert isinstance(found, list), f"{where} is no array: {found!r}"
        assert len(found) == len(wanted), f"{where} has {len(found)} items"
        for number, value in enumerate(wanted):
            assert_has(found[number], value, f"{where}[{number}]")
    else:
        assert found == wanted, f"{where}: {found!r}"
        assert type(found) is type(wanted), f"{where}: {found!r}"
