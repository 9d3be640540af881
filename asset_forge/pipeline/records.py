"""What is known of one pipeline: its stages, its paid calls, its files and what it cost."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from asset_forge.domain.clock import iso_now
from asset_forge.domain.costs import Charge, total_of
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.stages import PipelineStatus, StageStatus
from asset_forge.errors import ForgeError, PastFailure
from asset_forge.pipeline.context import Artifact, JsonObject


@dataclass
class StageRecord:
    status: StageStatus = StageStatus.PENDING
    progress: float = 0
    result: JsonObject | None = None
    error: str | None = None
    note: str | None = None
    """Something to know of a stage that went on, such as a call that may have been billed twice."""
    attempts: int = 0
    failure: ForgeError | None = None

    def to_json(self) -> JsonObject:
        shown: JsonObject = {"status": self.status, "progress": round(self.progress)}
        if self.result is not None:
            shown["result"] = self.result
        if self.error is not None:
            shown["error"] = self.error
        if self.note is not None:
            shown["note"] = self.note
        if self.attempts > 1:
            shown["attempts"] = self.attempts
        return shown

    @property
    def wants_retry(self) -> bool:
        """Tell whether it has failed, or has ended with parts that have."""
        if self.status is StageStatus.FAILED:
            return True
        parts = (self.result or {}).get("variants", ())
        return self.status is StageStatus.COMPLETED and any(not part["success"] for part in parts)

    @property
    def kept_result(self) -> JsonObject | None:
        """What later stages and the pipeline's `results` get of this one."""
        if self.result is None or self.status is not StageStatus.SKIPPED:
            return self.result
        return {key: value for key, value in self.result.items() if key != "reason"} or None


class CallState(StrEnum):
    INTENT = "intent"
    """It is about to be sent, or was: nobody knows."""
    DONE = "done"
    REFUSED = "refused"
    """It was not carried out and not billed."""


@dataclass
class CallRecord:
    """A call that is not made twice. `sent_at_ms` is when it was last about to be sent.

    `tries` counts how often; `owner` is the pipeline that made it, when this one is a retry.
    """

    state: CallState
    sent_at_ms: int
    tries: int = 1
    result: JsonObject | None = None
    owner: PipelineId | None = None


@dataclass
class PipelineRecord:
    """One run. `writes` are the assets it changes, `reads` those that must stay while it runs.

    `kind` and `plan` are what is needed to build its stages again after a restart;
    `estimated_credits` is what all of its paid calls will cost at the most.
    """

    id: PipelineId
    asset_id: AssetId
    stages: dict[str, StageRecord]
    kind: str = "generation"
    plan: JsonObject = field(default_factory=dict)
    estimated_credits: float = 0.0
    workspace: str = ""
    """Name of the folder it works in: a retry goes on in the one of the pipeline it retries."""
    writes: frozenset[AssetId] = frozenset()
    reads: frozenset[AssetId] = frozenset()
    status: PipelineStatus = PipelineStatus.INITIALIZING
    progress: float = 0
    results: dict[str, JsonObject] = field(default_factory=dict)
    error: str | None = None
    failure: ForgeError | None = None
    created_at: str = field(default_factory=iso_now)
    completed_at: str | None = None
    finished_at_s: float | None = None
    """On the monotonic clock of this process."""
    retry_of: PipelineId | None = None
    retried_by: PipelineId | None = None
    calls: dict[str, CallRecord] = field(default_factory=dict)
    """Paid calls, by `stage/key`."""
    charges: dict[str, Charge] = field(default_factory=dict)
    """What they cost, by `charge_key`."""
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    """Files that are on disk whole, by path."""
    version: int = 0
    """Grows with every change that a client can see."""
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.workspace = self.workspace or self.id

    def to_json(self) -> JsonObject:
        """Return what GET /api/generation/pipeline/{id} answers."""
        shown: JsonObject = {
            "id": self.id,
            "assetId": self.asset_id,
            "status": self.status,
            "progress": round(self.progress),
            "stages": {name: self._stage_to_json(name) for name in self.stages},
            "results": self.results,
            "createdAt": self.created_at,
        }
        if self.error is not None:
            shown["error"] = self.error
        if self.completed_at is not None:
            shown["completedAt"] = self.completed_at
        if self.charges:
            shown["cost"] = total_of(self.charges.values())
        if self.retry_of is not None:
            shown["retryOf"] = self.retry_of
        if self.retried_by is not None:
            shown["retriedBy"] = self.retried_by
        return shown

    def summary(self) -> JsonObject:
        """Return one element of the list of pipelines: the status without stages and results."""
        shown = self.to_json()
        del shown["stages"], shown["results"]
        return {**shown, "kind": self.kind}

    def _stage_to_json(self, name: str) -> JsonObject:
        shown = self.stages[name].to_json()
        charges = [charge for key, charge in self.charges.items() if key.startswith(f"{name}/")]
        return {**shown, "cost": total_of(charges)} if charges else shown

    def charge_key(self, call: str) -> str:
        """Return under which key the ledger has what a call, `stage/key`, has cost.

        A call that was made again after it may have been paid for is another charge.
        """
        known = self.calls.get(call)
        return call if known is None or known.tries < 2 else f"{call}#{known.tries}"

    def asset_of(self, charge_key: str) -> AssetId:
        """Return for which asset a call was made: calls for a variant are named by it."""
        name = AssetId(charge_key.partition("/")[2].partition("#")[0].removesuffix(".submit"))
        return name if name in self.writes else self.asset_id

    @property
    def wants_retry(self) -> bool:
        """Tell whether any stage has failed, or has ended with parts that have."""
        return any(stage.wants_retry for stage in self.stages.values())

    @property
    def spent_credits(self) -> float:
        return sum(charge.credits or 0.0 for charge in self.charges.values())

    @property
    def reserved_credits(self) -> float:
        """Credits that it may still spend."""
        return (
            0.0 if self.status.is_final else max(0.0, self.estimated_credits - self.spent_credits)
        )

    def task_of(self, call: str) -> str | None:
        """Return the id of the provider task that a call, `stage/key`, has started."""
        known = self.calls.get(call)
        return known.result.get("taskId") if known is not None and known.result else None

    def touch(self) -> None:
        """Tell those who watch that something has changed."""
        self.version += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait_for_change(self, seen_version: int) -> None:
        """Return when there is something newer than `seen_version`."""
        while self.version == seen_version:
            await self._changed.wait()

    def finish(
        self,
        status: PipelineStatus,
        failure: ForgeError | None = None,
        *,
        completed_at: str | None = None,
    ) -> None:
        """Bring the pipeline to its last state. A pipeline that has one keeps it."""
        if self.status.is_final:
            return
        self.status = status
        self.failure = without_frames(failure)
        self.error = failure.message if failure else None
        if status is PipelineStatus.COMPLETED:
            self.progress = 100
        self.completed_at = completed_at or iso_now()
        self.finished_at_s = time.monotonic()
        self.touch()
        self.finished.set()

    def interrupt(self, failure: ForgeError) -> None:
        """Wake those who wait for the end, since this process will not see it."""
        self.failure = failure
        self.touch()
        self.finished.set()


def without_frames(failure: ForgeError | None) -> ForgeError | None:
    """Drop the frames of an error: they would hold pictures and models in memory with it."""
    if failure is not None:
        failure.__traceback__ = failure.__context__ = failure.__cause__ = None
    return failure


def failure_to_json(failure: ForgeError | None) -> JsonObject | None:
    """Write an error so that it can be answered again after a restart."""
    if failure is None:
        return None
    return {
        "message": failure.message,
        "code": failure.error_code,
        "status": failure.status,
        "retryable": failure.retryable,
        "mayHaveCharged": failure.may_have_charged,
    }


def failure_from_json(stored: Mapping[str, Any] | None) -> ForgeError | None:
    if stored is None:
        return None
    return PastFailure(
        str(stored["message"]),
        code=str(stored["code"]),
        status=int(stored["status"]),
        retryable=bool(stored["retryable"]),
        may_have_charged=bool(stored["mayHaveCharged"]),
    )
