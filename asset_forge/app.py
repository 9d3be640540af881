"""create_app(settings): the ASGI application. Nothing happens when this module is imported."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from asset_forge import __version__
from asset_forge.metrics import Metrics
from asset_forge.middleware import BodyLimit, Cors, RequestContext, Starts, Token
from asset_forge.routers import (
    assets,
    costs,
    generation,
    health,
    materials,
    pipelines,
    prompts,
    rendering,
    reports,
    retexture,
    sight,
)
from asset_forge.routers.error_answers import add_error_handlers
from asset_forge.routers.openapi import describe_truly
from asset_forge.routers.static import mount_static_files
from asset_forge.settings import PROJECT_DIR, Settings
from asset_forge.wiring import Services, open_services

log = structlog.get_logger()

_DESCRIPTION = """
Turns a few words or a picture into a game-ready 3D asset: a folder with a GLB, concept art,
material variants, a rig with animations, sprites, and a record of how it was made.

Start with **POST /api/generation/pipeline**, poll the pipeline, then take the model from
**GET /api/assets/{id}/model**. Without any key the built-in maker, greybox, does all the work.
"""


def create_app(
    settings: Settings, *, services: Services | None = None, resumes: bool = True
) -> FastAPI:
    """Build the application. `services` can be given by tests; else they open with the app.

    Unless it `resumes`, it leaves the pipelines of an earlier run as they are.
    """
    metrics = services.metrics if services is not None else Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if services is not None:
            app.state.services = services
            yield
            return
        async with open_services(settings, metrics=metrics, resumes=resumes) as opened:
            app.state.services = opened
            _say_what_wants_attention(settings, opened)
            yield

    def is_stopping() -> bool:
        opened: Services | None = getattr(app.state, "services", None)
        return opened is not None and opened.runner.is_stopping

    app: FastAPI = FastAPIOffline(
        title="Asset Forge",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        strict_content_type=False,
        redoc_url=None,
        swagger_ui_parameters={"tryItOutEnabled": True, "displayRequestDuration": True},
    )
    for router in (
        health.router,
        generation.router,
        pipelines.router,
        retexture.router,
        reports.router,  # before the assets' files, of which none shall be called "report"
        rendering.router,  # before the files of an asset, whose paths can be anything
        assets.router,
        costs.router,
        materials.router,
        sight.router,
        prompts.router,
    ):
        app.include_router(router)
    mount_static_files(app, public_dir=_public_dir())
    describe_truly(app)
    add_error_handlers(app, hide_faults=settings.is_production)
    # Added last is outermost.
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(
        Starts,
        per_minute=settings.forge_starts_per_minute,
        is_stopping=is_stopping,
    )
    app.add_middleware(Token, token=settings.api_token)
    app.add_middleware(
        Cors, origins=settings.frontend_url, allow_local_origins=not settings.is_production
    )
    app.add_middleware(RequestContext, show_faults=not settings.is_production, observer=metrics)
    return app


def _public_dir() -> Path:
    return PROJECT_DIR / "public"


def _say_what_wants_attention(settings: Settings, services: Services) -> None:
    log.info("service_started", version=__version__, greybox=services.health.greybox)
    if not settings.asset_output_dir.is_dir():
        log.warning(
            "asset_folder_missing",
            warning=f"{settings.asset_output_dir} is not there: create it or set ASSET_OUTPUT_DIR; "
            "until then requests for assets are answered with 503",
        )
    for warning in services.health.warnings:
        log.warning("configuration_warning", warning=warning)
    if settings.listens_publicly and not settings.api_token:
        log.warning(
            "public_without_token",
            warning="The API can be reached from outside and API_TOKEN is not set: anybody can "
            "spend your credits and delete your assets",
        )
