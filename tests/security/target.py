"""A live service with secrets all around its assets, and a sender that tidies nothing up."""

import http.client
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asset_forge.image_server import create_image_server
from asset_forge.wiring import hosted_folder
from tests.fakes.pictures import png
from tests.fakes.server import running
from tests.support.assets import MODEL, make_asset
from tests.support.service import live, quick, settings_for

CANARY = b"CANARY-5ca1ab1e"
SECRETS = (CANARY, b"root:x:0:0", b"[project]", b"deletehash")
OWN_MODEL = MODEL + b"of the asset itself"
_RESET = (ConnectionError, http.client.HTTPException)


@dataclass(frozen=True)
class Ask:
    """A request, its target sent byte for byte; a body becomes JSON."""

    method: str
    target: str
    body: Any = None
    to_image_server: bool = False

    def __str__(self) -> str:
        shown = self.target if len(self.target) < 200 else f"{self.target[:200]}…"
        return f"{self.method} {shown!r} {json.dumps(self.body)[:200]}"


@dataclass(frozen=True)
class Answer:
    """Status 0 stands for a connection that was closed without a word."""

    status: int
    head: bytes
    body: bytes


@dataclass
class Target:
    """The service under attack; `outer` holds the asset folder and all that lies beside it."""

    outer: Path
    api: str
    images: str
    statuses: dict[int, int] = field(default_factory=dict)
    _lines: dict[str, http.client.HTTPConnection] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.outer / "gdd-assets"

    def send(self, ask: Ask) -> Answer:
        answer = self._send(self.images if ask.to_image_server else self.api, ask)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        return answer

    def attack(self, ask: Ask) -> Answer:
        """Send a request, and check that nothing was shown, changed or brought down by it.

        The disk is not looked at after each GET and HEAD: callers do so in the end.
        """
        is_safe = ask.method in ("GET", "HEAD")
        before = {} if is_safe else self.fingerprint()
        answer = self.send(ask)
        assert answer.status < 500, f"{ask}: {answer.status} {answer.body!r}"
        for secret in SECRETS:
            assert secret not in answer.body, f"{ask} shows a secret"
            assert secret not in answer.head, f"{ask} shows a secret"
        if not is_safe:
            assert self.fingerprint() == before, f"{ask} has changed something"
        return answer

    def fingerprint(self) -> dict[str, tuple[int, ...]]:
        """Everything below `outer` by what changes when it does, but for the journal."""
        found = {}
        for folder, folders, names in os.walk(self.outer):
            for name in (*folders, *names):
                path = Path(folder, name)
                relative = path.relative_to(self.outer).as_posix()
                if relative.startswith("gdd-assets/.forge/journal") or relative.endswith(".forge"):
                    continue
                stat = path.lstat()
                times = () if path.is_dir() else (stat.st_mtime_ns, stat.st_size)
                found[relative] = (stat.st_mode, stat.st_ino, *times)
        return found

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def _send(self, address: str, ask: Ask) -> Answer:
        body = None if ask.body is None else json.dumps(ask.body)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        for is_last in (False, True):
            line = self._lines.setdefault(address, _Line(address))
            try:
                line.request(ask.method, ask.target, body=body, headers=headers)
                with line.getresponse() as answer:
                    return Answer(answer.status, bytes(answer.headers), answer.read())
            except _RESET:
                # Once more on a new connection: the old one may have gone with its last answer.
                line.close()
                if is_last:
                    return Answer(0, b"", b"")
        raise AssertionError("unreachable")


class _Line(http.client.HTTPConnection):
    """A connection that sends a target as it is, be it bytes that no URL may have."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        super().__init__(parts.hostname or "", parts.port, timeout=60)

    def _validate_path(self, _: str) -> None:
        """Let everything pass."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1")


@contextmanager
def target_below(outer: Path) -> Iterator[Target]:
    """Run the API and the image server over a world of traps."""
    settings = settings_for(outer, forge_starts_per_minute=0)
    _make_world(outer, settings.asset_output_dir)
    with ExitStack() as stack:
        service = stack.enter_context(live(settings, instead=quick()))
        _host_pictures(hosted_folder(settings), outer)
        images = stack.enter_context(running(create_image_server(hosted_folder(settings))))
        target = Target(outer, service.address, images)
        stack.callback(target.close)
        yield target


def _make_world(outer: Path, root: Path) -> None:
    outside = outer / "outside"
    (outside / "sprites").mkdir(parents=True)
    facts = {"name": "outside", "type": "weapon", "secret": CANARY.decode()}
    for name in ("metadata.json", "sprite-metadata.json"):
        (outside / name).write_text(json.dumps(facts))
    for name in ("outside.glb", "secret.glb", "notes.txt", "concept-art.png", "sprites/0deg.png"):
        (outside / name).write_bytes(CANARY)
    for name in ("secret.glb", "secret.png", "notes.txt", "metadata.json", "passwd"):
        (outer / name).write_bytes(CANARY)
    config = {"name": "Sword", "type": "weapon", "subtype": "sword", "description": "a sword"}
    sword = make_asset(root, "sword", {"generationConfig": config}, sprites__model=OWN_MODEL)
    (sword / "sprites" / "0deg.png").write_bytes(png(size_px=8))
    (sword / "sprites" / ".hidden").write_bytes(CANARY)
    (sword / ".hidden.glb").write_bytes(CANARY)
    (sword / "way-out").symlink_to(outside)
    (sword / "out.glb").symlink_to(outer / "secret.glb")
    (sword / "concept-art.png").symlink_to(outside / "concept-art.png")
    (sword / "in-hiding.glb").symlink_to(".hidden.glb")
    sibling = make_asset(root, "sibling")
    for name in ("notes.txt", "secret.glb"):
        (sibling / name).write_bytes(CANARY)
    (root / "linked").symlink_to(outside)
    bad = make_asset(root, "bad-link")
    (bad / "metadata.json").unlink()
    (bad / "metadata.json").symlink_to(outside / "metadata.json")
    for folder in (root / ".forge", root / ".git", root / ".hidden"):
        folder.mkdir(exist_ok=True)
        for name in ("metadata.json", "secret.glb", "notes.txt"):
            (folder / name).write_bytes(CANARY)
    (root / "notes.txt").write_bytes(CANARY)
    prompts = outer / "prompts"
    prompts.mkdir()
    for name in ("secret-prompts.json", "notes.txt"):
        (prompts / name).write_bytes(CANARY)


def _host_pictures(hosted: Path, outer: Path) -> None:
    (hosted / "folder").mkdir(parents=True)
    (hosted / "shown.png").write_bytes(png(size_px=8))
    (hosted / "folder" / "secret.png").write_bytes(CANARY)
    (hosted / "0123.imgur.json").write_text('{"deletehash": "x"}')
    (hosted / ".hidden.png").write_bytes(CANARY)
    (hosted / "out.png").symlink_to(outer / "secret.png")
    (hosted / "note.png").symlink_to("0123.imgur.json")
