"""How a pipeline stands, told as it happens: states with ids that a client can come back with."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

from asset_forge.pipeline.context import JsonObject
from asset_forge.pipeline.records import PipelineRecord

HEARTBEAT_S = 15.0
PAUSE_S = 0.1
"""Changes that come faster than this are told as one."""

_END = "end"
_RUN_OF_SERVICE = secrets.token_hex(4)
"""Versions are counted anew after a restart, so ids of an earlier one must not look like ours."""


@dataclass(frozen=True)
class Moment:
    """How a pipeline stands at one time: the whole status, so that none is needed before it."""

    id: str
    is_last: bool
    status: JsonObject


def has_seen_end(record: PipelineRecord, last_id: str) -> bool:
    """Tell whether a client that saw `last_id` knows all there is ever to know."""
    return record.status.is_final and last_id == _END


async def moments(
    record: PipelineRecord,
    *,
    last_id: str = "",
    heartbeat_s: float = HEARTBEAT_S,
) -> AsyncIterator[Moment | None]:
    """Yield what is newer than `last_id`, then each change, up to the last state.

    None is a heartbeat. Ends early when the service is being stopped.
    """
    told = last_id
    while True:
        # All at one time: while it is told, it goes on.
        version, moment, is_over = record.version, _now(record), record.finished.is_set()
        if moment.id != told:
            yield moment
            told = moment.id
        if is_over:
            return
        try:
            async with asyncio.timeout(heartbeat_s):
                await record.wait_for_change(version)
        except TimeoutError:
            yield None
        else:
            await asyncio.sleep(PAUSE_S)


def _now(record: PipelineRecord) -> Moment:
    is_last = record.status.is_final
    return Moment(
        id=_END if is_last else f"{_RUN_OF_SERVICE}-{record.version}",
        is_last=is_last,
        status=record.to_json(),
    )
