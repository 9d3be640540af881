"""POST /api/generation/pipeline: what a generation would do, and starting it."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from asset_forge.routers.dependencies import (
    DryRun,
    Generation,
    IdempotencyKey,
    Idempotent,
    JsonRoute,
)
from asset_forge.routers.links import asset_links, pipeline_links
from asset_forge.routers.started import started_answer
from asset_forge.schemas.errors import errors
from asset_forge.schemas.generation import GenerationRequest
from asset_forge.schemas.pipelines import PipelinePlan, PipelineStarted

router = APIRouter(prefix="/api/generation", tags=["Generation"], route_class=JsonRoute)


@router.post(
    "/pipeline",
    summary="Start a generation",
    description=(
        "Checks the request to its end, then starts a pipeline and answers at once. Poll the "
        "status at `Location`, or listen at `Location` + `/events`. Nothing is paid for when the "
        "answer is an error. With `dryRun=true` it answers with what it would do and cost, also "
        "when that is over a cap, and sends, writes and reserves nothing."
    ),
    response_model=PipelineStarted | PipelinePlan,
    responses={
        200: {"links": {**pipeline_links("/pipelineId"), **asset_links("/assetId")}},
        **errors(400, 401, 402, 409, 413, 415, 422, 429, 503),
    },
)
async def start_pipeline(
    body: GenerationRequest,
    generation: Generation,
    idempotency: Idempotent,
    key: IdempotencyKey,
    dryRun: DryRun = False,  # noqa: N803  wire name
) -> Response:
    config = body.to_config()
    if dryRun:
        return JSONResponse(PipelinePlan.of(await generation.plan(config)).model_dump())
    record, is_replay = await idempotency.once(key, lambda: generation.start(config, key=key))
    return started_answer(record, is_replay=is_replay)
