"""The engine's side of StageContext: every paid call in the journal before and after it is made."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from asset_forge.crash_points import CrashPoint, crash_here
from asset_forge.domain.clock import now_ms
from asset_forge.domain.costs import Charge, charge_of
from asset_forge.errors import (
    ForgeError,
    ProviderError,
    ProviderNotConfigured,
    StorageUnavailable,
)
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.context import Artifact, FindLost, JsonObject, PaidCall
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.observer import PipelineObserver
from asset_forge.pipeline.records import CallRecord, CallState, PipelineRecord, StageRecord

T = TypeVar("T")
log = structlog.get_logger()

ANSWER_GRACE_S = 5.0
"""How long a paid call that is under way may still answer when its pipeline is stopped."""
MOST_TRIES = 2
MADE_AGAIN = "A paid call was made again because its answer was lost; it may have been billed twice"


class EngineContext:
    """Fulfils StageContext for one stage of one pipeline."""

    def __init__(
        self,
        *,
        record: PipelineRecord,
        stage: str,
        workspace: Path,
        progress_after: float,
        journal: Journal,
        ledger: Ledger,
        budget: Budget,
        observer: PipelineObserver,
    ) -> None:
        self._record = record
        self._stage = stage
        self._workspace = workspace
        self._started_at = record.progress
        self._progress_after = progress_after
        self._journal = journal
        self._ledger = ledger
        self._budget = budget
        self._observer = observer
        self.amended: set[str] = set()
        """Earlier stages whose shown results have changed."""

    @property
    def pipeline_id(self) -> str:
        return self._record.id

    @property
    def workspace(self) -> Path:
        return self._workspace

    @property
    def results(self) -> Mapping[str, JsonObject]:
        return self._record.results

    # --- paid calls ---

    async def once(
        self,
        key: str,
        call: PaidCall,
        *,
        find: FindLost | None = None,
        most_credits: float = 0.0,
        provider: str = "",
    ) -> JsonObject:
        full_key = f"{self._stage}/{key}"
        most = Charge(provider, credits=most_credits or None, is_certain=False)
        known = self._record.calls.get(full_key)
        if known is None:
            # What is put down then comes from a run that was killed before it sent anything.
            await self._ledger.take_back(self._record, full_key)
            return await self._send(full_key, call, find, most, tries=1)
        if known.result is not None:
            return known.result
        if known.state is CallState.REFUSED:
            return await self._send(full_key, call, find, most, tries=known.tries)
        # It may have been carried out: what was sent stands between the intent and its result.
        if find is not None:
            await self._require_asked(full_key, known, provider)
            found = await find(known.sent_at_ms)
            if found is not None:
                log.info("lost_call_found", pipeline_id=self.pipeline_id, call=full_key)
                return await self._done(full_key, known, found)
            # Surely nothing was made, so nothing was paid.
            await self._take_back(full_key, known)
            return await self._send(full_key, call, find, most, tries=known.tries)
        if known.tries >= MOST_TRIES:
            raise ForgeError(
                "A paid call was made twice and both answers were lost, so it is not made again; "
                "start a new pipeline",
                code="answers_lost",
            )
        # Written down at once: the stage may not come to its end before the next kill.
        self._shown.note = MADE_AGAIN
        await self._journal.noted(self._record.id, self._stage, MADE_AGAIN)
        log.warning("paid_call_made_again", pipeline_id=self.pipeline_id, call=full_key)
        return await self._send(full_key, call, find, most, tries=known.tries + 1)

    async def _require_asked(self, key: str, call: CallRecord, provider: str) -> None:
        """Raise when another provider would look for a call than the one that it was sent to."""
        charge_key = self._record.charge_key(key)
        charge = await self._ledger.known(self._record, charge_key, owner=call.owner)
        if charge is not None and charge.provider != provider:
            raise ProviderNotConfigured(
                f"A paid call to {charge.provider} got no answer, and nobody else can tell what "
                f"became of it: let {charge.provider} be used again and retry the pipeline, or "
                "start a new one"
            )

    async def _send(
        self, key: str, call: PaidCall, find: FindLost | None, most: Charge, *, tries: int
    ) -> JsonObject:
        """Make a paid call; `most` is what it may cost, which counts as spent before it is sent."""
        self._budget.authorise(self._record, most.credits or 0.0)
        before = self._record.calls.get(key)
        intent = CallRecord(CallState.INTENT, sent_at_ms=now_ms(), tries=tries)
        self._record.calls[key] = intent
        try:
            if most.provider:
                await self._put(key, most)
            await self._journal.intend(self._record.id, key, intent)
        except BaseException:
            await asyncio.shield(self._not_sent(key, intent, before))
            raise
        crash_here(CrashPoint.INTENT_RECORDED)
        try:
            result = await self._answer_of(key, intent, call)
        except ProviderError as error:
            if not error.may_have_charged:
                await self._refused(key, intent)
                raise
            found = await self._find_after(error, find, key, intent, most)
            if found is None:
                raise
            return await self._done(key, intent, found)
        except ForgeError as error:
            if not isinstance(error, StorageUnavailable):
                await self._refused(key, intent)
            raise
        crash_here(CrashPoint.CALL_ANSWERED)
        return await self._done(key, intent, result)

    async def _answer_of(self, key: str, intent: CallRecord, call: PaidCall) -> JsonObject:
        """Make a call; when the pipeline is stopped meanwhile, an answer that comes is kept."""
        task = asyncio.ensure_future(call())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            try:
                await asyncio.wait({task}, timeout=ANSWER_GRACE_S)
            finally:
                task.cancel()
            answers = await asyncio.gather(task, return_exceptions=True)
            answer = answers[0]
            if isinstance(answer, dict):
                await self._done(key, intent, answer)
            elif isinstance(answer, ProviderError) and not answer.may_have_charged:
                await self._refused(key, intent)
            raise

    async def _find_after(
        self,
        error: ProviderError,
        find: FindLost | None,
        key: str,
        intent: CallRecord,
        most: Charge,
    ) -> JsonObject | None:
        """Look for what a call without an answer has brought about, before calling it a failure."""
        doubt = replace(most, provider=error.provider)
        if find is None:
            await self._put(key, doubt)
            return None
        try:
            found = await find(intent.sent_at_ms)
        except ProviderError as second:
            # Then nobody knows, which is what the first error says.
            log.warning("lost_call_not_looked_for", error=second.message, first=error.message)
            await self._put(key, doubt)
            return None
        if found is None:
            await self._take_back(key, intent)
        else:
            log.info("lost_call_found", pipeline_id=self.pipeline_id)
        return found

    async def _done(self, key: str, intent: CallRecord, result: JsonObject) -> JsonObject:
        intent.state, intent.result = CallState.DONE, result
        await self._journal.call_ended(self._record.id, key, intent)
        crash_here(CrashPoint.CALL_RECORDED)
        if isinstance(receipt := result.get("receipt"), Mapping):
            # Put down here too: the stage may not come to it any more.
            await self._put(key, charge_of(receipt))
        return result

    async def _refused(self, key: str, intent: CallRecord) -> None:
        await self._take_back(key, intent)
        intent.state = CallState.REFUSED
        await self._journal.call_ended(self._record.id, key, intent)

    async def _not_sent(self, key: str, intent: CallRecord, before: CallRecord | None) -> None:
        await self._take_back(key, intent)
        if before is not None:
            self._record.calls[key] = before
        else:
            del self._record.calls[key]

    async def _take_back(self, key: str, call: CallRecord) -> None:
        await self._ledger.take_back(self._record, self._record.charge_key(key), owner=call.owner)

    async def forget(self, key: str) -> None:
        full_key = f"{self._stage}/{key}"
        known = self._record.calls.get(full_key)
        if known is not None:
            paid = self._record.charges.get(self._record.charge_key(full_key))
            if paid is not None and (paid.credits or not paid.is_certain):
                # What it has cost stays; made again, it costs something more.
                known.tries += 1
            known.state, known.result = CallState.REFUSED, None
            await self._journal.call_ended(self._record.id, full_key, known)

    async def charge(self, key: str, charge: Charge) -> None:
        await self._put(f"{self._stage}/{key}", charge)

    async def _put(self, key: str, charge: Charge) -> None:
        call = self._record.calls.get(key)
        charge_key = self._record.charge_key(key)
        owner = call.owner if call else None
        if await self._ledger.put(self._record, charge_key, charge, owner=owner):
            self._observer.charged(charge)
        self._record.touch()

    # --- what costs nothing ---

    async def keep(self, key: str, call: PaidCall) -> JsonObject:
        full_key = f"{self._stage}/{key}"
        known = self._record.calls.get(full_key)
        if known is None or known.result is None:
            result = await call()
            known = CallRecord(CallState.DONE, sent_at_ms=now_ms(), result=result)
            self._record.calls[full_key] = known
            await self._journal.call_ended(self._record.id, full_key, known)
        assert known.result is not None
        return known.result

    async def watch(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        return await call()

    def progress(self, percent: float) -> None:
        percent = min(max(percent, 0.0), 100.0)
        if percent <= self._shown.progress:
            return
        self._shown.progress = percent
        span = self._progress_after - self._started_at
        reached = self._started_at + span * percent / 100
        self._record.progress = max(self._record.progress, reached)
        self._record.touch()

    async def save(self, artifact: Artifact) -> None:
        self._record.artifacts[str(artifact.path)] = artifact
        await self._journal.saved(self._record.id, self._stage, artifact)

    def saved(self, path: Path) -> Artifact | None:
        artifact = self._record.artifacts.get(str(path))
        try:
            is_there = artifact is not None and path.stat().st_size == artifact.size_bytes
        except OSError:
            return None
        return artifact if is_there else None

    def amend(self, stage: str, changes: JsonObject) -> None:
        for shown in (self._record.results.get(stage), self._record.stages[stage].result):
            if shown is not None:
                shown.update(changes)
        self.amended.add(stage)
        self._record.touch()

    @property
    def _shown(self) -> StageRecord:
        return self._record.stages[self._stage]
