"""GET /api/assets/{id}/report: what a model is like, and what may disappoint about it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from asset_forge.routers.dependencies import JsonRoute, Reports
from asset_forge.schemas.errors import ErrorAnswer, errors
from asset_forge.schemas.reports import Report

router = APIRouter(prefix="/api/assets", tags=["Assets"], route_class=JsonRoute)

_UNUSABLE: dict[int | str, Any] = {
    422: {
        "model": ErrorAnswer,
        "description": "The model is damaged, or too large to be looked at.",
        "content": {
            "application/json": {
                "example": {
                    "error": "moonblade.glb: The GLB is cut off: 912 bytes are announced, "
                    "100 are there.",
                    "code": "model_unusable",
                    "requestId": "5f0c2a7be3b64c0c",
                }
            }
        },
    }
}


@router.get(
    "/{id}/report",
    summary="Tell what an asset's model is like",
    description=(
        "Counts, bounds in metres, textures, clips, and warnings with stable codes: about what "
        "engines dislike, and about what does not fit the asset's quality, type and size. `file` "
        "says which file was looked at: that of `/model`, unless another is asked for."
    ),
    responses={**errors(400, 401, 404, 409, 503), **_UNUSABLE},
)
async def get_report(
    id: Annotated[  # noqa: A002  wire name
        str, Path(description="Id of the asset.", examples=["polished-steel-longsword"])
    ],
    reports: Reports,
    file: Annotated[
        str | None,
        Query(
            description="Another GLB of the asset's folder, by its path.",
            examples=["animations/walking.glb"],
        ),
    ] = None,
) -> Report:
    return Report.model_validate(await reports.report(id, file))
