"""How the service is: /api/health for clients, /healthz and /readyz for what runs it, /metrics."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from asset_forge.domain.clock import iso_now
from asset_forge.middleware import error_body
from asset_forge.routers.dependencies import Health, Metered, Ready
from asset_forge.schemas.errors import errors

router = APIRouter(tags=["Health"])


class ServicesHealth(BaseModel):
    """Which makers can be used: meshy and openai are true when their key is set."""

    meshy: bool
    openai: bool
    greybox: bool


class HealthAnswer(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "healthy",
                    "timestamp": "2026-11-22T09:30:00.000Z",
                    "services": {"meshy": False, "openai": False, "greybox": True},
                    "version": "0.1.0",
                    "warnings": [],
                }
            ]
        }
    )

    status: str
    timestamp: str
    services: ServicesHealth
    version: str
    warnings: list[str]


class LiveAnswer(BaseModel):
    status: Literal["live"] = "live"


class ReadyAnswer(BaseModel):
    status: Literal["ready"] = "ready"


@router.get(
    "/api/health",
    summary="Tell whether the service is well",
    description=(
        "Always open, even with API_TOKEN set. `warnings` names what wants attention, such as a "
        "configured model that has been shut down."
    ),
)
async def health(facts: Health) -> HealthAnswer:
    return HealthAnswer(
        status="healthy",
        timestamp=iso_now(),
        services=ServicesHealth(meshy=facts.meshy, openai=facts.openai, greybox=facts.greybox),
        version=facts.version,
        warnings=list(facts.warnings),
    )


@router.get(
    "/healthz",
    summary="Tell that the service lives",
    description="200 for as long as it answers at all. Always open.",
)
async def live() -> LiveAnswer:
    return LiveAnswer()


@router.get(
    "/readyz",
    summary="Tell whether work can be taken",
    description=(
        "200, or 503 with the reasons: the asset folder is missing or cannot be written, the "
        "journal is behind or cannot be used, the service is being stopped. Always open."
    ),
    response_model=ReadyAnswer,
    responses=errors(503),
)
async def ready(readiness: Ready) -> Response:
    obstacles = await readiness.obstacles()
    if not obstacles:
        return JSONResponse(ReadyAnswer().model_dump())
    reasons = [{"code": reason.code, "error": reason.sentence} for reason in obstacles]
    content = error_body(obstacles[0].sentence, "not_ready", reasons=reasons)
    return JSONResponse(content, status_code=503)


@router.get(
    "/metrics",
    summary="Tell Prometheus what happens",
    description=(
        "Counters, gauges and histograms; docs/operations.md explains them. Wants API_TOKEN when "
        "that is set, because it tells of spending."
    ),
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **errors(401),
    },
)
async def metrics(
    meter: Metered,
    accept: Annotated[str, Header(description="Asks for OpenMetrics or plain text.")] = "",
) -> Response:
    content, media_type = meter.rendered(accept)
    return Response(content, headers={"Content-Type": media_type, "Cache-Control": "no-store"})
