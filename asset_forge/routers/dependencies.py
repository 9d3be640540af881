"""How handlers get at the services: named `Annotated` dependencies, and the strict JSON route."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from asset_forge.domain.strict_json import MAX_BODY_DEPTH, MOST_BODY_VALUES, parse_strict_json
from asset_forge.errors import BadInput
from asset_forge.metrics import Metrics
from asset_forge.services.assets import AssetService
from asset_forge.services.costs import CostService
from asset_forge.services.generation import GenerationService
from asset_forge.services.health import HealthFacts, Readiness
from asset_forge.services.idempotency import Idempotency, RequestKey
from asset_forge.services.pipelines import PipelineService
from asset_forge.services.prompts import PromptService
from asset_forge.services.rendering import RenderingService
from asset_forge.services.reports import ReportService
from asset_forge.services.retexture import RetextureService
from asset_forge.services.sight import SightService
from asset_forge.services.thumbnails import ThumbnailService

_LONGEST_KEY = 255


def _assets(request: Request) -> AssetService:
    service: AssetService = request.app.state.services.assets
    return service


def _reports(request: Request) -> ReportService:
    service: ReportService = request.app.state.services.reports
    return service


def _rendering(request: Request) -> RenderingService:
    service: RenderingService = request.app.state.services.rendering
    return service


def _thumbnails(request: Request) -> ThumbnailService:
    service: ThumbnailService = request.app.state.services.thumbnails
    return service


def _generation(request: Request) -> GenerationService:
    service: GenerationService = request.app.state.services.generation
    return service


def _retexture(request: Request) -> RetextureService:
    service: RetextureService = request.app.state.services.retexture
    return service


def _pipelines(request: Request) -> PipelineService:
    service: PipelineService = request.app.state.services.pipelines
    return service


def _idempotency(request: Request) -> Idempotency:
    service: Idempotency = request.app.state.services.idempotency
    return service


async def _request_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description=(
                "A name of your own for this request, such as a UUID. Sent again within 24 hours "
                "with the same body it is answered with the same pipeline."
            ),
        ),
    ] = None,
) -> RequestKey | None:
    if idempotency_key is None:
        return None
    key = _as_sent(idempotency_key)
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
        raise BadInput(
            f"Idempotency-Key has to be 1 to {_LONGEST_KEY} printable characters",
            code="bad_idempotency_key",
        )
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise BadInput("Send one Idempotency-Key alone", code="bad_idempotency_key")
    body = await request.body()
    # Hashing 24 MB takes 15 ms, which others would wait for.
    digest = await asyncio.to_thread(lambda: hashlib.sha256(body).hexdigest())
    return RequestKey(key, f"{request.method} {request.url.path} {digest}")


def _as_sent(header: str) -> str:
    """Read a header as UTF-8, which most clients send; else it stays Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header


def _prompts(request: Request) -> PromptService:
    service: PromptService = request.app.state.services.prompts
    return service


def _sight(request: Request) -> SightService:
    service: SightService = request.app.state.services.sight
    return service


def _costs(request: Request) -> CostService:
    service: CostService = request.app.state.services.costs
    return service


def _health(request: Request) -> HealthFacts:
    facts: HealthFacts = request.app.state.services.health
    return facts


def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.services.readiness
    return readiness


def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.services.metrics
    return metrics


Assets = Annotated[AssetService, Depends(_assets)]
Reports = Annotated[ReportService, Depends(_reports)]
Rendering = Annotated[RenderingService, Depends(_rendering)]
Thumbnails = Annotated[ThumbnailService, Depends(_thumbnails)]
Generation = Annotated[GenerationService, Depends(_generation)]
Retexture = Annotated[RetextureService, Depends(_retexture)]
Pipelines = Annotated[PipelineService, Depends(_pipelines)]
Idempotent = Annotated[Idempotency, Depends(_idempotency)]
IdempotencyKey = Annotated[RequestKey | None, Depends(_request_key)]
Prompts = Annotated[PromptService, Depends(_prompts)]
Sight = Annotated[SightService, Depends(_sight)]
DryRun = Annotated[bool, Query(description="Only plan: nothing is sent, written or reserved.")]
CostsService = Annotated[CostService, Depends(_costs)]
Health = Annotated[HealthFacts, Depends(_health)]
Ready = Annotated[Readiness, Depends(_readiness)]
Metered = Annotated[Metrics, Depends(_metrics)]


class StrictJsonRequest(Request):
    """A request whose JSON is read strictly: what cannot be written as JSON again is refused."""

    async def body(self) -> bytes:
        """Read the body. Raises HTTPException 400, for the log, when the client hangs up."""
        try:
            return await super().body()
        except ClientDisconnect:
            raise HTTPException(
                400, "The connection was closed before the body was whole"
            ) from None

    async def json(self) -> Any:
        """Parse the body. Raises HTTPException 400 with what is wrong and where."""
        try:
            return parse_strict_json(
                await self.body(), max_depth=MAX_BODY_DEPTH, max_values=MOST_BODY_VALUES
            )
        except json.JSONDecodeError as error:
            raise HTTPException(
                400, f"The body is not valid JSON: {error.msg} at character {error.pos}"
            ) from None
        except ValueError as error:
            raise HTTPException(400, f"The body is not usable JSON: {error}") from None


class JsonRoute(APIRoute):
    """A route whose body is JSON, read strictly, and nothing else (415)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handle_strictly(request: Request) -> Response:
            if takes_body:
                _check_media_type(request)
            return await handle(StrictJsonRequest(request.scope, request.receive))

        return handle_strictly


def _check_media_type(request: Request) -> None:
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity"):
        raise HTTPException(415, f"Send the body as it is, without Content-Encoding: {coding[:40]}")
    content_type = request.headers.get("content-type", "")
    media_type = content_type.split(";", 1)[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if media_type and not is_json:
        raise HTTPException(
            415, f"Send JSON with Content-Type: application/json, not {media_type[:80]}"
        )
