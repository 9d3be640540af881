"""What survives: every pipeline, stage, attempt, paid call and file, on disk.

The registry in memory is what clients poll; this is what a restart goes on from. Texts of errors
come redacted from the providers, and keys never come here.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from asset_forge.domain.clock import iso_now
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.stages import PipelineStatus
from asset_forge.errors import Conflict, ForgeError
from asset_forge.pipeline import journal_rows as rows
from asset_forge.pipeline.context import Artifact, JsonObject
from asset_forge.pipeline.database import Database
from asset_forge.pipeline.records import CallRecord, PipelineRecord, StageRecord, failure_to_json

log = structlog.get_logger()

_FINAL = tuple(status.value for status in PipelineStatus if status.is_final)
_NOT_FINAL = f"status NOT IN ({', '.join('?' * len(_FINAL))})"


class Journal:
    """Reads and writes the journal. `root` is the folder that paths of artifacts are below."""

    def __init__(self, database: Database, *, root: Path) -> None:
        self._database = database
        self._root = root

    # --- before something happens: raises StorageUnavailable when it cannot be written ---

    async def add(
        self, record: PipelineRecord, *, key: str | None = None, fingerprint: str = ""
    ) -> None:
        """Write down a new pipeline, under an idempotency key when its request has one.

        Raises Conflict for the second retry of a pipeline.
        """

        def work(db: sqlite3.Connection) -> None:
            rows.insert_pipeline(db, record)
            rows.write_stages(db, record.id, record.stages)
            for call_key, call in record.calls.items():
                rows.write_call(db, record.id, call_key, call)
            for artifact in record.artifacts.values():
                rows.write_artifact(db, record.id, "", self._shown(artifact))
            if key is not None:
                rows.write_key(db, key, fingerprint, record.id)
            if record.retry_of is not None:
                changed = db.execute(
                    "UPDATE pipelines SET retried_by=? WHERE id=? AND retried_by IS NULL",
                    (record.id, record.retry_of),
                )
                if not changed.rowcount:
                    raise Conflict(
                        f"Pipeline {record.retry_of} was retried already", code="already_retried"
                    )

        await self._database.ask(work)

    async def intend(self, pipeline_id: PipelineId, key: str, call: CallRecord) -> None:
        """Write down that a paid call is about to be sent."""
        copy = replace(call)
        await self._database.ask(lambda db: rows.write_call(db, pipeline_id, key, copy))

    # --- after something has happened: written at once, or as soon as the disk takes it ---

    async def call_ended(self, pipeline_id: PipelineId, key: str, call: CallRecord) -> None:
        copy = replace(call)
        await self._database.record(lambda db: rows.write_call(db, pipeline_id, key, copy))

    async def stage_started(self, pipeline_id: PipelineId, name: str, stage: StageRecord) -> None:
        started_at, copy = iso_now(), replace(stage)

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE stages SET status=?, attempts=? WHERE pipeline_id=? AND name=?",
                (copy.status, copy.attempts, pipeline_id, name),
            )
            db.execute(
                "UPDATE pipelines SET status=? WHERE id=? AND status=?",
                (PipelineStatus.PROCESSING, pipeline_id, PipelineStatus.INITIALIZING),
            )
            db.execute(
                "INSERT OR REPLACE INTO attempts(pipeline_id, stage, attempt, started_at) "
                "VALUES (?, ?, ?, ?)",
                (pipeline_id, name, copy.attempts, started_at),
            )

        await self._database.record(work)

    async def noted(self, pipeline_id: PipelineId, name: str, note: str) -> None:
        """Write down what is to be known of the stage `name`, however it ends."""
        await self._database.record(
            lambda db: db.execute(
                "UPDATE stages SET note=? WHERE pipeline_id=? AND name=?",
                (note, pipeline_id, name),
            )
        )

    async def stage_ended(
        self,
        pipeline_id: PipelineId,
        name: str,
        stages: Mapping[str, StageRecord],
        progress: float,
    ) -> None:
        """Write down how the stage `name` ended; `stages` are it and those that it has amended."""
        copies = rows.frozen(stages)
        ended_at = iso_now()

        def work(db: sqlite3.Connection) -> None:
            rows.update_stages(db, pipeline_id, copies)
            db.execute("UPDATE pipelines SET progress=? WHERE id=?", (progress, pipeline_id))
            db.execute(
                "UPDATE attempts SET ended_at=?, outcome=?, error=? "
                "WHERE pipeline_id=? AND stage=? AND attempt=?",
                (
                    ended_at,
                    copies[name]["status"],
                    copies[name]["error"],
                    pipeline_id,
                    name,
                    copies[name]["attempts"],
                ),
            )

        await self._database.record(work)

    async def pipeline_ended(
        self,
        record: PipelineRecord,
        stages: Mapping[str, StageRecord],
        status: PipelineStatus,
        failure: ForgeError | None,
        completed_at: str,
    ) -> None:
        """Write down a last state, and its stages with it. A pipeline that has one keeps it."""
        copies = rows.frozen(stages)
        told = rows.dumps(failure_to_json(failure))
        progress = 100.0 if status is PipelineStatus.COMPLETED else record.progress

        def work(db: sqlite3.Connection) -> None:
            changed = db.execute(
                f"UPDATE pipelines SET status=?, failure=?, completed_at=?, progress=? "
                f"WHERE id=? AND {_NOT_FINAL}",
                (status, told, completed_at, progress, record.id, *_FINAL),
            )
            if changed.rowcount:
                rows.update_stages(db, record.id, copies)

        await self._database.record(work)

    async def saved(self, pipeline_id: PipelineId, stage: str, artifact: Artifact) -> None:
        shown = self._shown(artifact)
        await self._database.record(lambda db: rows.write_artifact(db, pipeline_id, stage, shown))

    # --- looking ---

    async def unfinished(self) -> list[PipelineRecord]:
        """Return the pipelines that have no last state, oldest first, as a run left them."""

        def work(db: sqlite3.Connection) -> list[PipelineRecord]:
            found = db.execute(
                f"SELECT * FROM pipelines WHERE {_NOT_FINAL} ORDER BY number", _FINAL
            ).fetchall()
            return [self._read_or_outline(db, row) for row in found]

        return await self._database.ask(work)

    def _read_or_outline(self, db: sqlite3.Connection, row: rows.Row) -> PipelineRecord:
        """Read a pipeline; of one that cannot be read what is needed to end it."""
        try:
            return rows.read_pipeline(db, row, self._root)
        except (ValueError, TypeError, KeyError):
            log.exception("pipeline_unreadable", pipeline_id=row["id"])
            return rows.read_outline(row)

    async def find(self, pipeline_id: str) -> PipelineRecord | None:
        """Return a pipeline as it was last written down."""

        def work(db: sqlite3.Connection) -> PipelineRecord | None:
            row = db.execute("SELECT * FROM pipelines WHERE id=?", (pipeline_id,)).fetchone()
            return rows.read_pipeline(db, row, self._root) if row else None

        return await self._database.ask(work)

    async def listing(
        self,
        *,
        statuses: Sequence[str] = (),
        asset_id: AssetId | None = None,
        limit: int = 50,
    ) -> list[JsonObject]:
        """Return summaries, newest first; of all assets and in all states unless told."""
        where: list[str] = ["1"]
        values: list[str] = []
        if statuses:
            where.append(f"status IN ({', '.join('?' * len(statuses))})")
            values += statuses
        if asset_id is not None:
            where.append("asset_id=?")
            values.append(asset_id)

        def work(db: sqlite3.Connection) -> list[JsonObject]:
            found = db.execute(
                f"SELECT * FROM pipelines WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
            return [rows.read_summary(db, row) for row in found]

        return await self._database.ask(work)

    async def known_tasks(self) -> list[str]:
        """Return the ids of all provider tasks that belong to a pipeline in the journal."""

        def work(db: sqlite3.Connection) -> list[str]:
            found = db.execute(
                "SELECT json_extract(result, '$.taskId') FROM calls WHERE json_valid(result)"
            ).fetchall()
            return [row[0] for row in found if isinstance(row[0], str)]

        return await self._database.ask(work)

    async def kept_workspaces(self, ended_after: str) -> set[str]:
        """Return the workspaces that are needed: their pipelines go on, or may be retried.

        One that has ended well is needed no more; a kill may have kept it from being removed.
        """

        def work(db: sqlite3.Connection) -> set[str]:
            found = db.execute(
                f"SELECT id, status, workspace FROM pipelines WHERE {_NOT_FINAL} "
                "OR (retried_by IS NULL AND completed_at>?)",
                (*_FINAL, ended_after),
            ).fetchall()
            return {
                row["workspace"]
                for row in found
                if row["status"] != PipelineStatus.COMPLETED or rows.wants_retry(db, row["id"])
            }

        return await self._database.ask(work)

    async def pipeline_of_key(self, key: str, created_after_ms: int) -> tuple[str, str] | None:
        """Return fingerprint and pipeline id under an idempotency key that is not older."""

        def work(db: sqlite3.Connection) -> tuple[str, str] | None:
            row = db.execute(
                "SELECT fingerprint, pipeline_id FROM idempotency WHERE key=? AND created_ms>?",
                (key, created_after_ms),
            ).fetchone()
            return (row[0], row[1]) if row else None

        return await self._database.ask(work)

    async def prune(self, *, ended_before: str, keys_before_ms: int) -> int:
        """Forget old pipelines and keys; what was spent stays. Returns how many pipelines."""

        def work(db: sqlite3.Connection) -> int:
            db.execute("DELETE FROM idempotency WHERE created_ms<?", (keys_before_ms,))
            old = [
                row[0]
                for row in db.execute(
                    "SELECT id FROM pipelines WHERE completed_at<?", (ended_before,)
                )
            ]
            for pipeline_id in old:
                for table in ("stages", "attempts", "calls", "artifacts"):
                    db.execute(f"DELETE FROM {table} WHERE pipeline_id=?", (pipeline_id,))
                db.execute("DELETE FROM pipelines WHERE id=?", (pipeline_id,))
            return len(old)

        return await self._database.ask(work)

    def _shown(self, artifact: Artifact) -> Artifact:
        """Write an artifact's path as it is below the root, so that a root can be moved."""
        if not artifact.path.is_relative_to(self._root):
            return artifact
        return Artifact(artifact.path.relative_to(self._root), artifact.sha256, artifact.size_bytes)
