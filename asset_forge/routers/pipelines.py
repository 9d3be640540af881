"""/api/generation/pipelines and what can be done with one: look, listen, cancel, retry."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import AfterValidator

from asset_forge.domain.ids import parse_asset_id
from asset_forge.domain.stages import PipelineStatus
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.routers.dependencies import IdempotencyKey, Idempotent, JsonRoute, Pipelines
from asset_forge.routers.files import FILE_RESPONSES, HEAD_DESCRIPTION, file_answer
from asset_forge.routers.links import asset_links, pipeline_links
from asset_forge.routers.started import started_answer
from asset_forge.schemas.errors import errors
from asset_forge.schemas.pipelines import PipelineList, PipelineStarted
from asset_forge.services.live_progress import has_seen_end, moments

router = APIRouter(prefix="/api/generation", tags=["Generation"], route_class=JsonRoute)

_LONGEST_ID = 100
PipelineIdInPath = Annotated[
    str,
    # A longer one names nothing, and no error needs to repeat it to its end.
    AfterValidator(lambda pipeline_id: pipeline_id[:_LONGEST_ID]),
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
        "imageGeneration": {
            "status": "completed",
            "progress": 100,
            "cost": {"credits": 0, "usage": {"total_tokens": 1229}, "usd": 0.0483},
        },
        "image3D": {
            "status": "processing",
            "progress": 48,
            "cost": {"credits": 30, "estimated": True},
        },
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
    "cost": {
        "credits": 30,
        "usage": {"total_tokens": 1229},
        "usd": 0.0483,
        "estimated": True,
    },
}
_STATUS: dict[int | str, Any] = {
    200: {
        "content": {"application/json": {"example": _STATUS_EXAMPLE}},
        "links": {**pipeline_links("/id"), **asset_links("/assetId")},
    },
}
# No schema: before OpenAPI 3.2 there is no way to say that it is that of one event.
_EVENT_EXAMPLE = (
    "event: status\nid: 5f0c2a7b-4\nretry: 2000\n"
    'data: {"id": "pipeline-1795340000000-k3v9x0q2a", "status": "processing", …}\n\n'
)
_RETRY_MS = 2000


@router.get(
    "/pipelines",
    summary="List pipelines",
    description=(
        "Newest first, across restarts, without their stages and results. A page that was "
        "reloaded finds its job here."
    ),
    responses={
        200: {"links": pipeline_links("/pipelines/0/id")},
        **errors(400, 401, 503),
    },
)
async def list_pipelines(
    pipelines: Pipelines,
    status: Annotated[
        list[PipelineStatus] | None,
        Query(description="Only those that stand so; may be given several times."),
    ] = None,
    assetId: Annotated[str | None, Query(description="Only those of an asset.")] = None,  # noqa: N803
    limit: Annotated[int, Query(ge=1, le=500, description="So many at the most.")] = 50,
) -> PipelineList:
    asset_id = parse_asset_id(assetId) if assetId else None
    found = await pipelines.listing(statuses=status or (), asset_id=asset_id, limit=limit)
    return PipelineList(pipelines=found)


@router.get(
    "/pipeline/{pipelineId}",
    summary="Tell how a pipeline stands",
    description=(
        "Reads memory and never waits; pipelines that ended over an hour ago are read from the "
        "journal. `status` is initializing, processing, completed, failed or cancelled; stages "
        "are pending, processing, completed, failed or skipped. `cost` is what this pipeline has "
        "paid, in all and by stage, `estimated` as long as a maker has not confirmed all of it; "
        "what a pipeline that it retries has paid stays there."
    ),
    responses={**_STATUS, **errors(401, 404, 503)},
)
async def pipeline_status(
    pipelineId: PipelineIdInPath,  # noqa: N803  wire name
    pipelines: Pipelines,
) -> dict[str, Any]:
    return (await pipelines.get(pipelineId)).to_json()


@router.get(
    "/pipeline/{pipelineId}/events",
    summary="Listen to a pipeline",
    description=(
        "Server-sent events: `status` with the same JSON as the status, at once and after each "
        "change, and `end` with the last one; then the stream ends. Each event holds the whole "
        "status, so what was missed is not needed. With `Last-Event-ID` only what is newer comes; "
        "who has seen the end is answered 204, which tells a browser to stop asking."
    ),
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {"example": _EVENT_EXAMPLE}}},
        204: {"description": "You have seen the end."},
        **errors(401, 404, 503),
    },
)
async def pipeline_events(
    pipelineId: PipelineIdInPath,  # noqa: N803  wire name
    pipelines: Pipelines,
    last_event_id: Annotated[str, Header(description="The id of the last event seen.")] = "",
) -> Response:
    record = await pipelines.get(pipelineId)
    if has_seen_end(record, last_event_id):
        return Response(status_code=204)
    # Proxies that buffer would hold the events back.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(record, last_event_id)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(record: PipelineRecord, last_id: str) -> AsyncIterator[bytes]:
    async for moment in moments(record, last_id=last_id):
        if moment is None:
            yield KEEPALIVE_COMMENT
        else:
            yield format_sse_event(
                data_str=json.dumps(moment.status, ensure_ascii=False),
                event="end" if moment.is_last else "status",
                id=moment.id,
                retry=_RETRY_MS,
            )


@router.post(
    "/pipeline/{pipelineId}/cancel",
    summary="Cancel a pipeline",
    description=(
        "Stops it at once and answers with its last status; `cost` says what was spent. A Meshy "
        "task that still waits is cancelled and refunded; one that has begun goes on over there, "
        "and a retry within three days goes on with it."
    ),
    responses={**_STATUS, **errors(401, 404, 409, 503)},
)
async def cancel_pipeline(
    pipelineId: PipelineIdInPath,  # noqa: N803  wire name
    pipelines: Pipelines,
) -> dict[str, Any]:
    return (await pipelines.cancel(pipelineId)).to_json()


@router.post(
    "/pipeline/{pipelineId}/retry",
    summary="Retry a pipeline",
    description=(
        "Goes on from the stage that failed, or from where it was cancelled, as a new pipeline: "
        "what was paid for is kept. Possible once for each pipeline, within three days."
    ),
    response_model=PipelineStarted,
    responses={
        200: {"links": {**pipeline_links("/pipelineId"), **asset_links("/assetId")}},
        **errors(400, 401, 402, 404, 409, 422, 429, 503),
    },
)
async def retry_pipeline(
    pipelineId: PipelineIdInPath,  # noqa: N803  wire name
    pipelines: Pipelines,
    idempotency: Idempotent,
    key: IdempotencyKey,
) -> Response:
    record, is_replay = await idempotency.once(key, lambda: pipelines.retry(pipelineId, key=key))
    return started_answer(record, is_replay=is_replay)


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
    pipelines: Pipelines,
    request: Request,
) -> Response:
    return await file_answer(request, await pipelines.picture(pipelineId))
