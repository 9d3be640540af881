"""The whole service for tests: in process, or live on loopback with the fakes as its makers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from asset_forge import wiring
from asset_forge.app import create_app
from asset_forge.settings import Settings
from asset_forge.workers import WorkerPool
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.fakes.server import running
from tests.fakes.workers import ThreadWorkers, Work, quick_greybox, quick_renderers

Json = dict[str, Any]

FINAL = frozenset({"completed", "failed", "cancelled"})
LONGEST_RUN_S = 120.0
_POLL_PAUSE_S = 0.02


def service_variables() -> list[str]:
    """Every environment variable that the service reads."""
    return [name.upper() for name in Settings.model_fields]


def settings_for(folder: Path, **overrides: Any) -> Settings:
    """Settings of a service that keeps everything below `folder` and reads no file and no key."""
    root = folder / "gdd-assets"
    root.mkdir(parents=True, exist_ok=True)
    values: Json = {
        "asset_output_dir": root,
        "prompts_dir": folder / "prompts",
        "forge_greybox": True,
        "forge_workers": 1,
        "meshy_poll_interval_ms": 5,
        "log_level": "error",
        "forge_starts_per_minute": 0,
        **overrides,
    }
    return Settings(_env_file=None, **values)


@asynccontextmanager
async def opened(app: FastAPI, **client_options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Run the lifespan of an application and yield a client that calls it in process."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    options: Json = {"base_url": "http://127.0.0.1:3004", **client_options}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, **options) as client,
    ):
        yield client


async def finish(client: httpx.AsyncClient, pipeline_id: str) -> Json:
    """Poll a pipeline to its end and return its last status."""
    async with asyncio.timeout(LONGEST_RUN_S):
        while True:
            answer = await client.get(f"/api/generation/pipeline/{pipeline_id}")
            assert answer.status_code == 200, answer.text
            status: Json = answer.json()
            if status["status"] in FINAL:
                return status
            await asyncio.sleep(_POLL_PAUSE_S)


def wait_until(reached: Callable[[], bool]) -> None:
    """Wait for something that another thread brings about."""
    give_up_at = time.monotonic() + LONGEST_RUN_S
    while not reached():
        assert time.monotonic() < give_up_at, "it has not come about"
        time.sleep(_POLL_PAUSE_S)


_REAL_POOL = WorkerPool


@contextmanager
def workers_are(instead: dict[str, Work] | None) -> Iterator[None]:
    """Give services that open meanwhile threads for workers; None gives them real processes.

    A service with threads may be open for the whole of a module, so None must say so as well.
    """
    pool = _REAL_POOL if instead is None else partial(ThreadWorkers, instead=instead)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "WorkerPool", pool)
        yield


def words(**fields: Any) -> Json:
    """A generation request; fields given replace those of a plain sword."""
    return {
        "name": "Plain Sword",
        "type": "weapon",
        "subtype": "sword",
        "description": "a plain iron sword",
        **fields,
    }


def preset(preset_id: str, **fields: Any) -> Json:
    """A material preset with all the texts it needs."""
    return {
        "id": preset_id,
        "name": preset_id,
        "displayName": preset_id.title(),
        "category": "metal",
        "tier": 1,
        "color": "#b08d57",
        "stylePrompt": f"smooth {preset_id} with soft highlights",
        **fields,
    }


@dataclass
class LiveService:
    """A running service as its clients see it, with its folder and its makers."""

    client: httpx.Client
    address: str
    settings: Settings
    openai: FakeOpenAI = field(default_factory=FakeOpenAI)
    meshy: FakeMeshy = field(default_factory=FakeMeshy)

    @property
    def root(self) -> Path:
        return self.settings.asset_output_dir

    def metadata(self, asset_id: str) -> Json:
        found: Json = json.loads((self.root / asset_id / "metadata.json").read_bytes())
        return found

    def start(self, **fields: Any) -> httpx.Response:
        """POST a generation request."""
        return self.client.post("/api/generation/pipeline", json=words(**fields))

    def generate(self, **fields: Any) -> Json:
        """Run a generation to its end and return its last status."""
        answer = self.start(**fields)
        assert answer.status_code == 200, answer.text
        return self.finish(answer.json()["pipelineId"])

    def status(self, pipeline_id: str) -> Json:
        answer = self.client.get(f"/api/generation/pipeline/{pipeline_id}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def finish(self, pipeline_id: str) -> Json:
        return self.follow(pipeline_id)[-1]

    def follow(self, pipeline_id: str) -> list[Json]:
        """Poll a pipeline to its end and return every status that differs from the one before."""
        give_up_at = time.monotonic() + LONGEST_RUN_S
        seen: list[Json] = []
        while time.monotonic() < give_up_at:
            status = self.status(pipeline_id)
            if not seen or status != seen[-1]:
                seen.append(status)
            if status["status"] in FINAL:
                return seen
            time.sleep(_POLL_PAUSE_S)
        raise AssertionError(f"{pipeline_id} has not ended: {seen[-1]}")


@contextmanager
def live(settings: Settings, *, instead: dict[str, Work] | None = None) -> Iterator[LiveService]:
    """Run the service on a free port of loopback; `instead` as for `workers_are`."""
    with (
        workers_are(instead),
        running(create_app(settings)) as address,
        httpx.Client(base_url=address, timeout=60.0, trust_env=False) as client,
    ):
        yield LiveService(client, address, settings)


class Makers:
    """Fakes of both makers behind one real server, which runs until `close`.

    To start and stop a server for each test would cost more than the tests themselves.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._address = ""
        self._shown: tuple[FakeOpenAI, FakeMeshy] | None = None

    def show(self, openai: FakeOpenAI, meshy: FakeMeshy) -> str:
        """Let these answer from now on; return their address."""
        assert self._shown is None, "one service with fakes at a time"
        self._shown = (openai, meshy)
        if not self._address:
            self._address = self._stack.enter_context(running(self))
        return self._address

    def hide(self) -> None:
        self._shown = None

    def close(self) -> None:
        self._stack.close()
        self._address = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await FakeOpenAI()(scope, receive, send)
            return
        assert self._shown is not None, f"nobody answers {scope['path']}"
        openai, meshy = self._shown
        is_meshys = scope["path"].startswith(("/openapi/", "/files/"))
        await (meshy if is_meshys else openai)(scope, receive, send)


MAKERS = Makers()


@contextmanager
def live_with_fakes(
    folder: Path,
    *,
    openai: FakeOpenAI | None = None,
    meshy: FakeMeshy | None = None,
    instead: dict[str, Work] | None = None,
    **overrides: Any,
) -> Iterator[LiveService]:
    """Run the service with fakes of both makers on a real server, and greybox turned off.

    Rendering is stood for by small pictures unless `instead` says otherwise.
    """
    openai = openai or FakeOpenAI()
    meshy = meshy or FakeMeshy()
    makers = MAKERS.show(openai, meshy)
    settings = settings_for(
        folder,
        **{
            "openai_api_key": OPENAI_KEY,
            "openai_base_url": f"{makers}/v1",
            "meshy_api_key": MESHY_KEY,
            "meshy_base_url": makers,
            "forge_greybox": False,
            **overrides,
        },
    )
    instead = quick_renderers() if instead is None else instead
    try:
        with live(settings, instead=instead) as service:
            service.openai, service.meshy = openai, meshy
            yield service
    finally:
        MAKERS.hide()


def quick() -> dict[str, Work]:
    """For `instead`: no work of greybox is done in earnest."""
    return quick_greybox()
