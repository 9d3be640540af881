"""Pipelines in memory: what clients poll. It never waits and never touches the disk.

Also who needs which asset just now, so that of two that cannot go together the second is refused.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from asset_forge.domain.clock import iso_now, now_ms
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import Conflict, ForgeError, NotFound
from asset_forge.pipeline.context import Artifact, JsonObject

KEEP_FINISHED_MS = 60 * 60 * 1000


@dataclass
class StageRecord:
    status: StageStatus = StageStatus.PENDING
    progress: float = 0
    result: JsonObject | None = None
    error: str | None = None

    def to_json(self) -> JsonObject:
        shown: JsonObject = {"status": self.status, "progress": round(self.progress)}
        if self.result is not None:
            shown["result"] = self.result
        if self.error is not None:
            shown["error"] = self.error
        return shown


@dataclass
class PipelineRecord:
    """One run. `writes` are the assets it changes, `reads` those that must stay while it runs."""

    id: PipelineId
    asset_id: AssetId
    stages: dict[str, StageRecord]
    writes: frozenset[AssetId] = frozenset()
    reads: frozenset[AssetId] = frozenset()
    status: PipelineStatus = PipelineStatus.INITIALIZING
    progress: float = 0
    results: dict[str, JsonObject] = field(default_factory=dict)
    error: str | None = None
    failure: ForgeError | None = None
    created_at: str = field(default_factory=iso_now)
    completed_at: str | None = None
    finished_ms: int | None = None
    once: dict[str, JsonObject] = field(default_factory=dict)
    """Results of paid calls, by `stage/key`."""
    artifacts: list[Artifact] = field(default_factory=list)
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def to_json(self) -> JsonObject:
        """Return what GET /api/generation/pipeline/{id} answers."""
        shown: JsonObject = {
            "id": self.id,
            "assetId": self.asset_id,
            "status": self.status,
            "progress": round(self.progress),
            "stages": {name: stage.to_json() for name, stage in self.stages.items()},
            "results": self.results,
            "createdAt": self.created_at,
        }
        if self.error is not None:
            shown["error"] = self.error
        if self.completed_at is not None:
            shown["completedAt"] = self.completed_at
        return shown

    def finish(self, status: PipelineStatus, failure: ForgeError | None = None) -> None:
        """Bring the pipeline to its last state. A pipeline that has one keeps it."""
        if self.status.is_final:
            return
        self.status = status
        if failure is not None:
            # Their frames would hold pictures and models in memory for as long as this record.
            failure.__traceback__ = failure.__context__ = failure.__cause__ = None
        self.failure = failure
        self.error = failure.message if failure else None
        if status is PipelineStatus.COMPLETED:
            self.progress = 100
        self.completed_at = iso_now()
        self.finished_ms = now_ms()
        self.finished.set()


class PipelineRegistry:
    """The pipelines of this process, by id. Used on the event loop only."""

    def __init__(self) -> None:
        self._records: dict[PipelineId, PipelineRecord] = {}
        self._claimed: list[frozenset[AssetId]] = []

    def add(self, record: PipelineRecord) -> None:
        """Take in a pipeline; one that is here already stays.

        Raises Conflict when it would write what another one uses, or needs what is being renamed
        or deleted.
        """
        if self._records.get(record.id) is record:
            return
        for claimed in self._claimed:
            if clash := claimed & (record.writes | record.reads):
                raise Conflict(
                    f"Asset {min(clash)} is being renamed or deleted; try again",
                    code="asset_busy",
                )
        for other in self.active():
            clash = (record.writes & (other.writes | other.reads)) | (record.reads & other.writes)
            if clash:
                raise Conflict(
                    f"Asset {min(clash)} is in use by {other.id}; wait until it has ended",
                    code="asset_busy",
                )
        self._records[record.id] = record

    @contextmanager
    def reserved(self, record: PipelineRecord) -> Iterator[None]:
        """Hold a pipeline's assets while its request is checked; refused, it leaves no trace.

        Checks take time: without this two requests could both be found good. Raises Conflict.
        """
        self.add(record)
        try:
            yield
        except BaseException:
            del self._records[record.id]
            raise

    @contextmanager
    def claimed(self, asset_ids: Iterable[AssetId], verb: str) -> Iterator[None]:
        """Keep pipelines away from assets that are about to be changed by `verb`, a participle.

        Raises Conflict when one that has not ended writes an asset or needs it to stay.
        """
        claim = frozenset(asset_ids)
        for asset_id in sorted(claim):
            if self.is_busy(asset_id):
                raise Conflict(
                    f"Asset {asset_id} is in use by a running pipeline and cannot be {verb} until "
                    "that has finished",
                    code="asset_busy",
                )
        self._claimed.append(claim)
        try:
            yield
        finally:
            self._claimed.remove(claim)

    def get(self, pipeline_id: str) -> PipelineRecord:
        """Return a pipeline. Raises NotFound."""
        record = self._records.get(PipelineId(pipeline_id))
        if record is None:
            raise NotFound(f"Pipeline {pipeline_id} not found", code="pipeline_not_found")
        return record

    def active(self) -> Iterable[PipelineRecord]:
        return [record for record in self._records.values() if not record.status.is_final]

    def is_busy(self, asset_id: AssetId) -> bool:
        """Tell whether a running pipeline writes the asset or needs it to stay."""
        return any(asset_id in record.writes | record.reads for record in self.active())

    def take_old(self, now: int) -> list[PipelineRecord]:
        """Remove and return the pipelines that ended more than an hour before `now` (ms)."""
        old = [
            record
            for record in self._records.values()
            if record.finished_ms is not None and record.finished_ms < now - KEEP_FINISHED_MS
        ]
        for record in old:
            del self._records[record.id]
        return old
