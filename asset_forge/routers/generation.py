"""POST /api/generation/pipeline and how pipelines stand."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from asset_forge.routers.dependencies import Generation, JsonRoute
from asset_forge.routers.files import FILE_RESPONSES, HEAD_DESCRIPTION, file_answer
from asset_forge.schemas.errors import errors
from asset_forge.schemas.generation import GenerationRequest, PipelineStarted

router = APIRouter(prefix="/api/generation", tags=["Generation"], route_class=JsonRoute)

PipelineIdInPath = Annotated[
    str,
    Path(
        description="What POST /api/generation/pipeline answered.",
        examples=["pipeline-1795340000000-k3v9x0q2a"],
    ),
]
_STATUS_EXAMPLE = {
    "id": "pipeline-1795340000000-k3v9x0q2a",
    "assetId": "polished-steel-longsword",
    "status": "processing",
    "progress": 37,
    "stages": {
        "textInput": {
            "status": "completed",
            "progress": 100,
            "result": {"description": "polished steel longsword with a leather grip"},
        },
        "promptOptimization": {"status": "completed", "progress": 100},
        "imageGeneration": {"status": "completed", "progress": 100},
        "image3D": {"status": "processing", "progress": 48},
        "textureGeneration": {"status": "pending", "progress": 0},
        "spriteGeneration": {"status": "pending", "progress": 0},
    },
    "results": {
        "imageGeneration": {
            "imageUrl": (
                "/api/generation/pipeline/pipeline-1795340000000-k3v9x0q2a/concept-art.png"
            )
        }
    },
    "createdAt": "2026-11-22T09:30:00.000Z",
}


@router.post(
    "/pipeline",
    summary="Start a generation",
    description=(
        "Checks the request to its end, then starts a pipeline and answers at once. Poll the "
        "status at `Location`. Nothing is paid for when the answer is an error."
    ),
    responses=errors(400, 401, 409, 413, 415, 503),
)
async def start_pipeline(
    body: GenerationRequest, generation: Generation, response: Response
) -> PipelineStarted:
    record = await generation.start(body.to_config())
    response.headers["Location"] = f"/api/generation/pipeline/{record.id}"
    return PipelineStarted(
        pipelineId=record.id,
        status="processing" if record.status == "processing" else "initializing",
        message="Pipeline started successfully",
        assetId=record.asset_id,
    )


@router.get(
    "/pipeline/{pipelineId}",
    summary="Tell how a pipeline stands",
    description=(
        "Reads memory alone and never waits. A finished pipeline can be read for an hour. "
        "`status` is initializing, processing, completed, failed or cancelled; stages are "
        "pending, processing, completed, failed or skipped."
    ),
    responses={
        200: {"content": {"application/json": {"example": _STATUS_EXAMPLE}}},
        **errors(401, 404),
    },
)
async def pipeline_status(
    pipelineId: PipelineIdInPath,  # noqa: N803  wire name
    generation: Generation,
) -> dict[str, Any]:
    return generation.status(pipelineId)


@router.head(
    "/pipeline/{pipelineId}/concept-art.png",
    summary="Look at the concept art of a pipeline",
    description=HEAD_DESCRIPTION,
    response_class=Response,
    responses=FILE_RESPONSES,
)
@router.get(
    "/pipeline/{pipelineId}/concept-art.png",
    summary="Get the concept art of a pipeline",
    description="The picture as soon as it is drawn, before the asset itself appears.",
    response_class=Response,
    responses=FILE_RESPONSES,
)
async def pipeline_picture(
    pipelineId: PipelineIdInPath,  # noqa: N803  wire name
    generation: Generation,
    request: Request,
) -> Response:
    return await file_answer(request, await generation.picture(pipelineId))
