"""The answer to a request that has started a pipeline, or has done so before."""

from fastapi import Response
from fastapi.responses import JSONResponse

from asset_forge.pipeline.records import PipelineRecord
from asset_forge.schemas.pipelines import PipelineStarted


def started_answer(
    record: PipelineRecord,
    *,
    is_replay: bool,
    status_code: int = 200,
    more: dict[str, str] | None = None,
) -> Response:
    """Say which pipeline it is. A replay says how that stands now."""
    started = PipelineStarted(
        pipelineId=record.id,
        status=record.status,
        message="Pipeline started successfully",
        assetId=record.asset_id,
        retryOf=record.retry_of,
    )
    return JSONResponse(
        started.model_dump(mode="json", exclude_none=True),
        status_code=status_code,
        headers={**location_headers(record, is_replay=is_replay), **(more or {})},
    )


def location_headers(record: PipelineRecord, *, is_replay: bool) -> dict[str, str]:
    headers = {"Location": f"/api/generation/pipeline/{record.id}"}
    return headers | {"Idempotency-Replayed": "true"} if is_replay else headers
