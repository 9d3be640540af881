"""Starting, killing and restarting services over one folder, with the fakes outside of them.

The makers live in the test's own process, so they survive every kill and know every paid submit.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from asset_forge.crash_points import CrashPoint
from asset_forge.settings import PROJECT_DIR
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.support.service import MAKERS, settings_for

Json = dict[str, Any]

START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 60.0
Crash = tuple[CrashPoint, int]
"""At which point, and at which visit of it."""
KILLED = -signal.SIGKILL
_SHARED_MEMORY = Path("/dev/shm")
IN_MEMORY = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None
"""Where folders cost no waiting for a disk; None where there is no such place."""


def tell(figures: str) -> None:
    """Print figures for people; shown by make soak."""
    sys.stdout.write(f"\n{figures}\n")


@dataclass
class Child:
    """A service process. `code` is how it ended: 0, or minus the number of a signal."""

    pid: int
    log: Path
    port: int = 0
    code: int | None = None
    cpu_s: float = 0.0
    visits: dict[str, int] = field(default_factory=dict)
    listening: threading.Event = field(default_factory=threading.Event)
    armed: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        return not self.ended.is_set()

    def signal(self, number: int) -> None:
        if self.is_alive:
            # It may have ended a moment ago.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, timeout_s: float = END_TIMEOUT_S) -> int:
        """Wait for the end and return how it came."""
        assert self.ended.wait(timeout_s), f"the service still runs\n{self.said()}"
        assert self.code is not None
        return self.code

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Ask it to stop, as a supervisor would, and return its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def said(self) -> str:
        return self.log.read_text()[-4000:] if self.log.exists() else ""


class Nursery:
    """The process of child.py and the services that it has forked."""

    def __init__(self) -> None:
        # One thread a process is enough for numpy here, and threads do not survive a fork.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            cwd=PROJECT_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._forked: queue.Queue[int] = queue.Queue()
        self._children: dict[int, Child] = {}
        self._early: dict[int, list[Json]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="nursery", daemon=True)
        self._reader.start()

    def start(self, settings: Json, *, log: Path, crash: Crash | None, armed: bool) -> Child:
        """Fork a service and wait until it listens, or has come to its crash point already."""
        order = {"settings": settings, "crash": crash, "armed": armed, "log": str(log)}
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(order)}\n".encode())
        self._process.stdin.flush()
        pid = self._forked.get(timeout=START_TIMEOUT_S)
        with self._lock:
            child = self._children[pid] = Child(pid, log)
            for event in self._early.pop(pid, ()):
                self._note(child, event)
        assert child.listening.wait(START_TIMEOUT_S), f"it has not started\n{child.said()}"
        assert child.port or (crash and child.code == KILLED), f"{child.code}\n{child.said()}"
        return child

    def close(self) -> None:
        """Let it end, with all services that are left."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(END_TIMEOUT_S)
        self._reader.join(END_TIMEOUT_S)
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == "forked":
                self._forked.put(event["pid"])
            elif "pid" in event:
                with self._lock:
                    child = self._children.get(event["pid"])
                    if child is None:
                        self._early.setdefault(event["pid"], []).append(event)
                    else:
                        self._note(child, event)

    def _note(self, child: Child, event: Json) -> None:
        match event["event"]:
            case "listening":
                child.port = event["port"]
                child.listening.set()
            case "armed":
                child.armed.set()
            case "counted":
                child.visits = event["visits"]
            case "ended":
                child.code, child.cpu_s = event["code"], event["cpu_s"]
                del self._children[child.pid]
                child.ended.set()
                child.listening.set()


@dataclass
class Forge:
    """A service that is killed now and then, with its folder and its makers."""

    folder: Path
    settings: Json
    nursery: Nursery
    openai: FakeOpenAI
    meshy: FakeMeshy
    child: Child | None = None
    starts: int = 0

    @property
    def root(self) -> Path:
        return self.folder / "gdd-assets"

    @property
    def running(self) -> Child:
        assert self.child is not None
        return self.child

    def start(self, crash: Crash | None = None, *, armed: bool = True) -> Child:
        """Start the service; with a crash point it will kill itself when it comes there.

        Not `armed`, it will from `arm` on.
        """
        assert self.child is None or not self.child.is_alive, "one service at a time"
        self.starts += 1
        log = self.folder / f"log-{self.starts}.txt"
        self.child = self.nursery.start(self.settings, log=log, crash=crash, armed=armed)
        return self.child

    def arm(self) -> None:
        """Let the crash point count from now on."""
        self.running.signal(signal.SIGUSR1)
        assert self.running.armed.wait(START_TIMEOUT_S)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.running.address, timeout=60.0, trust_env=False)


@contextmanager
def forge(
    folder: Path,
    nursery: Nursery,
    *,
    openai: FakeOpenAI | None = None,
    meshy: FakeMeshy | None = None,
    **overrides: Any,
) -> Iterator[Forge]:
    """Yield a service that is not started yet; it is killed at the end where it still runs."""
    with ExitStack() as stack:
        openai = openai or FakeOpenAI()
        meshy = meshy or FakeMeshy(polls_until_done=2)
        makers = MAKERS.show(openai, meshy)
        stack.callback(MAKERS.hide)
        settings = settings_for(
            folder,
            **{
                "openai_api_key": OPENAI_KEY,
                "openai_base_url": f"{makers}/v1",
                "meshy_api_key": MESHY_KEY,
                "meshy_base_url": makers,
                "forge_greybox": False,
                "api_port": 0,
                "image_server_port": 0,
                "log_level": "warning",
                **overrides,
            },
        )
        kept = Forge(folder, settings.model_dump(mode="json"), nursery, openai, meshy)
        try:
            yield kept
        finally:
            if kept.child is not None:
                kept.child.kill()
