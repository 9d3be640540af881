"""`asset-forge serve` as operators run it: a process with a log, stopped by signals."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.support.service import MAKERS, wait_until

Json = dict[str, Any]

END_TIMEOUT_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Place:
    """A folder that services run on, one after the other, with the fakes as their makers."""

    folder: Path
    openai: FakeOpenAI
    meshy: FakeMeshy
    variables: dict[str, str] = field(default_factory=dict)
    starts: int = 0

    @property
    def root(self) -> Path:
        return self.folder / "gdd-assets"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}

    def command(self) -> list[str]:
        return [sys.executable, "-m", "asset_forge", "serve"]

    def fails_to_start(self) -> str:
        """Start a service that must refuse to; return what it says."""
        done = subprocess.run(
            self.command(),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=END_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        assert done.stdout == ""
        return done.stderr


@contextmanager
def place(folder: Path, **variables: str) -> Iterator[Place]:
    """Yield a place with fakes of both makers on loopback; `variables` are settings."""
    openai, meshy = FakeOpenAI(), FakeMeshy()
    makers = MAKERS.show(openai, meshy)
    (folder / "gdd-assets").mkdir()
    settings = {
        "ASSET_OUTPUT_DIR": str(folder / "gdd-assets"),
        "PROMPTS_DIR": str(folder / "prompts"),
        "API_HOST": "127.0.0.1",
        "APP_ENV": "production",
        "LOG_LEVEL": "info",
        "FORGE_GREYBOX": "0",
        "FORGE_WORKERS": "1",
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": f"{makers}/v1",
        "MESHY_API_KEY": MESHY_KEY,
        "MESHY_BASE_URL": makers,
        "MESHY_POLL_INTERVAL_MS": "20",
        **variables,
    }
    try:
        yield Place(folder, openai, meshy, settings)
    finally:
        MAKERS.hide()


class Served:
    """A service that runs; `log` is where its lines go."""

    def __init__(self, where: Place) -> None:
        where.starts += 1
        port, images = free_port(), free_port()
        self.root = where.root
        self.address = f"http://127.0.0.1:{port}"
        self.port = port
        self.log = where.folder / f"log-{where.starts}.txt"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                where.command(),
                env={
                    **where.environment,
                    "API_PORT": str(port),
                    "IMAGE_SERVER_PORT": str(images),
                },
                stdout=log,
                stderr=log,
            )
        self.client = httpx.Client(base_url=self.address, timeout=60.0, trust_env=False)
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(httpx.TransportError):
            return self.client.get("/healthz").status_code == 200
        return False

    def lines(self) -> list[Json]:
        """All that it has logged so far as JSON."""
        texts = self.log.read_text().splitlines()
        return [json.loads(text) for text in texts if text.startswith("{")]

    def events(self, name: str) -> list[Json]:
        return [line for line in self.lines() if line["event"] == name]

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end and return the exit status."""
        return self.process.wait(END_TIMEOUT_S)

    def stop(self) -> int:
        self.signal()
        return self.wait()

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(END_TIMEOUT_S)


@contextmanager
def served(where: Place) -> Iterator[Served]:
    """Run a service; it is killed at the end where it still runs."""
    service = Served(where)
    try:
        yield service
    finally:
        service.close()
