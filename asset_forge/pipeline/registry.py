"""Pipelines in memory: what clients poll. It never waits and never touches the disk.

Also who needs which asset just now, so that of two that cannot go together the second is refused.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from asset_forge.domain.ids import AssetId, PipelineId, caseless
from asset_forge.errors import Conflict, NotFound
from asset_forge.pipeline.records import PipelineRecord

KEEP_FINISHED_S = 60 * 60.0


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
        self.require_free(record)
        self._records[record.id] = record

    def require_free(self, record: PipelineRecord) -> None:
        """Raise the Conflict that a pipeline would meet if it were added now."""
        for claimed in self._claimed:
            if clash := _shared(record.writes | record.reads, claimed):
                raise Conflict(
                    f"Asset {min(clash)} is being renamed, rendered or deleted; try again",
                    code="asset_busy",
                )
        for other in self.active():
            clash = _shared(record.writes, other.writes | other.reads)
            clash |= _shared(record.reads, other.writes)
            if clash:
                raise Conflict(
                    f"Asset {min(clash)} is in use by {other.id}; wait until it has ended",
                    code="asset_busy",
                )

    @contextmanager
    def reserved(self, record: PipelineRecord) -> Iterator[None]:
        """Hold a pipeline's assets while its request is checked; refused, it leaves no trace.

        Checks take time: without this two requests could both be found good. Raises Conflict.
        """
        self.add(record)
        try:
            yield
        except BaseException:
            self._records.pop(record.id, None)
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
        one = frozenset({asset_id})
        return any(_shared(one, record.writes | record.reads) for record in self.active())

    def find(self, pipeline_id: str) -> PipelineRecord | None:
        return self._records.get(PipelineId(pipeline_id))

    def forget_old(self, now_s: float) -> list[PipelineRecord]:
        """Remove and return what ended over an hour before `now_s`, on the monotonic clock."""
        old = [
            record
            for record in self._records.values()
            if record.finished_at_s is not None and record.finished_at_s < now_s - KEEP_FINISHED_S
        ]
        for record in old:
            del self._records[record.id]
        return old


def _shared(ids: frozenset[AssetId], others: frozenset[AssetId]) -> frozenset[AssetId]:
    """Return those of `ids` that are among the others, on a disk that ignores case too."""
    folded = {caseless(other) for other in others}
    return frozenset(asset_id for asset_id in ids if caseless(asset_id) in folded)
