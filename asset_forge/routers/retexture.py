"""POST /api/retexture and POST /api/regenerate-base/{baseAssetId}."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import JSONResponse

from asset_forge.domain.ids import parse_asset_id
from asset_forge.domain.urls import model_url
from asset_forge.errors import BadInput, ForgeError, NotFound
from asset_forge.routers.dependencies import (
    DryRun,
    Generation,
    IdempotencyKey,
    Idempotent,
    JsonRoute,
    Retexture,
)
from asset_forge.routers.links import asset_links, pipeline_links
from asset_forge.routers.started import location_headers, started_answer
from asset_forge.schemas.errors import errors
from asset_forge.schemas.pipelines import PipelinePlan, PipelineStarted
from asset_forge.schemas.retexture import Regenerating, RetextureBody, RetextureDone

router = APIRouter(prefix="/api", tags=["Materials"], route_class=JsonRoute)

BaseIdInPath = Annotated[
    str,
    Path(description="Folder name of the base.", examples=["polished-steel-longsword"]),
]
_LONGEST_ECHO = 120
_MAKERS = {"meshy": "Meshy AI", "greybox": "greybox, the built-in maker"}


@router.post(
    "/retexture",
    summary="Paint a base with another material",
    description=(
        "Answers when the variant is on disk. With `Prefer: respond-async` it answers 202 with a "
        "pipelineId at once; poll /api/generation/pipeline/{pipelineId}. With `dryRun=true` it "
        "answers with what it would do and cost, and does nothing."
    ),
    response_model=RetextureDone | PipelinePlan,
    responses={
        200: {"links": {**pipeline_links("/pipelineId"), **asset_links("/variantId")}},
        202: {
            "model": PipelineStarted,
            "description": "Started; poll the pipeline.",
            "links": {**pipeline_links("/pipelineId"), **asset_links("/assetId")},
        },
        **errors(400, 401, 402, 404, 409, 413, 415, 422, 429, 502, 503, 504),
    },
)
async def retexture(
    body: RetextureBody,
    service: Retexture,
    idempotency: Idempotent,
    key: IdempotencyKey,
    prefer: Annotated[str, Header(description="respond-async to be answered at once")] = "",
    dryRun: DryRun = False,  # noqa: N803  wire name
) -> Response:
    order = body.to_request()
    if dryRun:
        return JSONResponse(PipelinePlan.of(await service.plan(order)).model_dump())
    record, is_replay = await idempotency.once(key, lambda: service.start(order, key=key))
    if "respond-async" in prefer.lower():
        applied = {"Preference-Applied": "respond-async"}
        return started_answer(record, is_replay=is_replay, status_code=202, more=applied)
    try:
        metadata = await service.finish(record)
    except ForgeError as error:
        # Who waits for the variant learns here alone which pipeline to look at, or to retry.
        error.pipeline_id = record.id
        raise
    maker = _MAKERS.get(str(metadata.get("provider")), str(metadata.get("provider")))
    done = RetextureDone(
        assetId=record.asset_id,
        message=f"Asset retextured successfully using {maker}",
        asset=dict(metadata),
        variantId=record.asset_id,
        modelUrl=model_url(record.asset_id),
        pipelineId=record.id,
    )
    return JSONResponse(done.model_dump(), headers=location_headers(record, is_replay=is_replay))


@router.post(
    "/regenerate-base/{baseAssetId}",
    summary="Make a base again",
    description=(
        "Starts a pipeline with the asset's recorded request and answers at once. The old model "
        "stays until the new one is finished, and for good when the pipeline fails. With "
        "`dryRun=true` it answers with what it would do and cost, and does nothing."
    ),
    responses={
        200: {"links": {**pipeline_links("/pipelineId"), **asset_links("/assetId")}},
        **errors(400, 401, 402, 404, 409, 422, 429, 503),
    },
)
async def regenerate_base(
    baseAssetId: BaseIdInPath,  # noqa: N803  wire name
    generation: Generation,
    idempotency: Idempotent,
    key: IdempotencyKey,
    response: Response,
    dryRun: DryRun = False,  # noqa: N803  wire name
) -> Regenerating | PipelinePlan:
    try:
        base_id = parse_asset_id(baseAssetId)
    except BadInput:
        raise NotFound(
            f"Asset {baseAssetId[:_LONGEST_ECHO]} not found", code="asset_not_found"
        ) from None
    if dryRun:
        return PipelinePlan.of(await generation.plan_regeneration(base_id))
    record, is_replay = await idempotency.once(key, lambda: generation.regenerate(base_id, key=key))
    metadata = await generation.present_metadata(base_id)
    response.headers.update(location_headers(record, is_replay=is_replay))
    return Regenerating(
        assetId=base_id,
        message=f"Regeneration of {base_id} started",
        asset=metadata,
        pipelineId=record.id,
    )
