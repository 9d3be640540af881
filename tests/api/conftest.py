"""The routes of assets and static files in process, without makers behind them."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from asset_forge.middleware import RequestContext
from asset_forge.routers import assets, rendering
from asset_forge.routers.error_answers import add_error_handlers
from asset_forge.routers.static import mount_static_files
from asset_forge.services.assets import AssetService
from asset_forge.services.prompt_files import PromptFiles
from asset_forge.services.prompts import PromptService
from asset_forge.services.rendering import RenderingService
from asset_forge.services.thumbnails import ThumbnailService
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from tests.fakes.workers import thread_workers
from tests.support.assets import claim_unless


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "gdd-assets"
    path.mkdir()
    return path


@pytest.fixture
def busy() -> set[str]:
    """Assets that a running pipeline is said to need."""
    return set()


@pytest.fixture
def asset_app(tmp_path: Path, root: Path, busy: set[str]) -> FastAPI:
    app = FastAPI()
    store, claim, workers = AssetStore(AssetRoot(root)), claim_unless(busy), thread_workers()
    app.state.services = SimpleNamespace(
        assets=AssetService(store=store, claim=claim, workers=workers),
        rendering=RenderingService(store=store, claim=claim, workers=workers),
        thumbnails=ThumbnailService(store=store, workers=workers),
        prompts=PromptService(files=PromptFiles(tmp_path / "prompts")),
    )
    app.include_router(rendering.router)
    app.include_router(assets.router)
    mount_static_files(app, public_dir=tmp_path / "public")
    add_error_handlers(app, hide_faults=False)
    app.add_middleware(RequestContext, show_faults=True)
    return app


@pytest.fixture
async def client(asset_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=asset_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://forge") as opened:
        yield opened
