"""POST /api/retexture and POST /api/regenerate-base/{baseAssetId}."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import JSONResponse

from asset_forge.domain.ids import parse_asset_id
from asset_forge.domain.urls import model_url
from asset_forge.errors import BadInput, NotFound
from asset_forge.routers.dependencies import Generation, JsonRoute, Retexture
from asset_forge.schemas.errors import errors
from asset_forge.schemas.generation import PipelineStarted
from asset_forge.schemas.retexture import Regenerating, RetextureBody, RetextureDone

router = APIRouter(prefix="/api", tags=["Materials"], route_class=JsonRoute)

BaseIdInPath = Annotated[
    str,
    Path(description="Folder name of the base.", examples=["polished-steel-longsword"]),
]
_MAKERS = {"meshy": "Meshy AI", "greybox": "greybox, the built-in maker"}


@router.post(
    "/retexture",
    summary="Paint a base with another material",
    description=(
        "Answers when the variant is on disk. With `Prefer: respond-async` it answers 202 with a "
        "pipelineId at once; poll /api/generation/pipeline/{pipelineId}."
    ),
    response_model=RetextureDone,
    responses={
        202: {"model": PipelineStarted, "description": "Started; poll the pipeline."},
        **errors(400, 401, 402, 404, 409, 413, 415, 429, 502, 503, 504),
    },
)
async def retexture(
    body: RetextureBody,
    service: Retexture,
    prefer: Annotated[str, Header(description="respond-async to be answered at once")] = "",
) -> Response:
    record = await service.start(body.to_request())
    location = {"Location": f"/api/generation/pipeline/{record.id}"}
    if "respond-async" in prefer.lower():
        started = PipelineStarted(
            pipelineId=record.id,
            status="initializing",
            message="Pipeline started successfully",
            assetId=record.asset_id,
        )
        headers = {**location, "Preference-Applied": "respond-async"}
        return JSONResponse(started.model_dump(), status_code=202, headers=headers)
    metadata = await service.finish(record)
    maker = _MAKERS.get(str(metadata.get("provider")), str(metadata.get("provider")))
    done = RetextureDone(
        assetId=record.asset_id,
        message=f"Asset retextured successfully using {maker}",
        asset=dict(metadata),
        variantId=record.asset_id,
        modelUrl=model_url(record.asset_id),
        pipelineId=record.id,
    )
    return JSONResponse(done.model_dump(), headers=location)


@router.post(
    "/regenerate-base/{baseAssetId}",
    summary="Make a base again",
    description=(
        "Starts a pipeline with the asset's recorded request and answers at once. The old model "
        "stays until the new one is finished, and for good when the pipeline fails."
    ),
    responses=errors(401, 404, 409, 503),
)
async def regenerate_base(
    baseAssetId: BaseIdInPath,  # noqa: N803  wire name
    generation: Generation,
    response: Response,
) -> Regenerating:
    try:
        base_id = parse_asset_id(baseAssetId)
    except BadInput:
        raise NotFound(f"Asset {baseAssetId} not found", code="asset_not_found") from None
    record, metadata = await generation.regenerate(base_id)
    response.headers["Location"] = f"/api/generation/pipeline/{record.id}"
    return Regenerating(
        assetId=base_id,
        message=f"Regeneration of {base_id} started",
        asset=metadata,
        pipelineId=record.id,
    )
