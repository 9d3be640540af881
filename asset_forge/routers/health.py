"""GET /api/health."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from asset_forge.domain.clock import iso_now
from asset_forge.routers.dependencies import Health

router = APIRouter(prefix="/api", tags=["Health"])


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


@router.get(
    "/health",
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
