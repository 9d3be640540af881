"""Requests that come again: the same key and body are answered with the same pipeline."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from asset_forge.domain.clock import now_ms
from asset_forge.errors import KeyReused
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.upkeep import KEY_WINDOW_MS


@dataclass(frozen=True)
class RequestKey:
    """What a caller named a request with, and a fingerprint of what it asked for."""

    key: str
    fingerprint: str


class Idempotency:
    """Remembers for KEY_WINDOW_MS which pipeline a key has started, also after a restart."""

    def __init__(self, *, journal: Journal, registry: PipelineRegistry) -> None:
        self._journal = journal
        self._registry = registry
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def once(
        self, request: RequestKey | None, start: Callable[[], Awaitable[PipelineRecord]]
    ) -> tuple[PipelineRecord, bool]:
        """Start a pipeline, or return the one that this request has started before.

        The flag tells which. `start` has to write the key down with its pipeline. Two that come
        at once take turns. Raises KeyReused, StorageUnavailable, and what `start` raises.
        """
        if request is None:
            return await start(), False
        lock = self._locks.setdefault(request.key, asyncio.Lock())
        async with lock:
            known = await self._journal.pipeline_of_key(request.key, now_ms() - KEY_WINDOW_MS)
            if known is None:
                return await start(), False
            fingerprint, pipeline_id = known
            if fingerprint != request.fingerprint:
                raise KeyReused(
                    f"The Idempotency-Key {request.key!r} came with another request within 24 "
                    "hours; take a new key for a new request"
                )
            record = self._registry.find(pipeline_id) or await self._journal.find(pipeline_id)
            if record is None:
                return await start(), False
            return record, True
