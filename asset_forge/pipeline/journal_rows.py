"""How records lie in the tables of the journal. Called in the database's thread, in a transaction.

No decisions here: a row is a record, a record is a row.
"""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asset_forge.domain.clock import iso_now, now_ms
from asset_forge.domain.costs import Charge
from asset_forge.domain.ids import AssetId, PipelineId
from asset_forge.domain.stages import TEXT_INPUT, PipelineStatus, StageStatus
from asset_forge.pipeline.context import Artifact, JsonObject
from asset_forge.pipeline.records import (
    CallRecord,
    CallState,
    PipelineRecord,
    StageRecord,
    failure_from_json,
    failure_to_json,
)

Row = Mapping[str, Any]


def dumps(value: object) -> str | None:
    """Write JSON for a column; None stays NULL."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def loads(text: str | None) -> Any:
    return None if text is None else json.loads(text)


# --- writing ---------------------------------------------------------------------------------


def insert_pipeline(db: sqlite3.Connection, record: PipelineRecord) -> None:
    db.execute(
        "INSERT INTO pipelines(id, kind, asset_id, plan, estimated_credits, workspace, writes, "
        "reads, status, progress, created_at, retry_of) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.id,
            record.kind,
            record.asset_id,
            dumps(record.plan),
            record.estimated_credits,
            record.workspace,
            dumps(sorted(record.writes)),
            dumps(sorted(record.reads)),
            record.status,
            record.progress,
            record.created_at,
            record.retry_of,
        ),
    )


def frozen(stages: Mapping[str, StageRecord]) -> dict[str, JsonObject]:
    """Copy stages as the columns of their rows: they may change before they are written."""
    return {
        name: {
            "status": str(stage.status),
            "progress": stage.progress,
            "result": dumps(stage.result),
            "error": stage.error,
            "failure": dumps(failure_to_json(stage.failure)),
            "note": stage.note,
            "attempts": stage.attempts,
        }
        for name, stage in stages.items()
    }


def write_stages(
    db: sqlite3.Connection, pipeline_id: PipelineId, stages: Mapping[str, StageRecord]
) -> None:
    for position, (name, columns) in enumerate(frozen(stages).items()):
        db.execute(
            "INSERT INTO stages(pipeline_id, position, name, status, progress, result, error, "
            "failure, note, attempts) VALUES (:pipeline_id, :position, :name, :status, :progress, "
            ":result, :error, :failure, :note, :attempts)",
            {"pipeline_id": pipeline_id, "position": position, "name": name, **columns},
        )


def update_stages(
    db: sqlite3.Connection, pipeline_id: PipelineId, stages: Mapping[str, JsonObject]
) -> None:
    for name, columns in stages.items():
        db.execute(
            "UPDATE stages SET status=:status, progress=:progress, result=:result, error=:error, "
            "failure=:failure, note=:note, attempts=:attempts "
            "WHERE pipeline_id=:pipeline_id AND name=:name",
            {"pipeline_id": pipeline_id, "name": name, **columns},
        )


def write_call(db: sqlite3.Connection, pipeline_id: PipelineId, key: str, call: CallRecord) -> None:
    db.execute(
        "INSERT OR REPLACE INTO calls(pipeline_id, key, state, sent_at_ms, tries, result, owner) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            pipeline_id,
            key,
            call.state,
            call.sent_at_ms,
            call.tries,
            dumps(call.result),
            call.owner,
        ),
    )


def write_artifact(
    db: sqlite3.Connection, pipeline_id: PipelineId, stage: str, artifact: Artifact
) -> None:
    db.execute(
        "INSERT OR REPLACE INTO artifacts(pipeline_id, path, stage, sha256, size_bytes, saved_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            pipeline_id,
            artifact.path.as_posix(),
            stage,
            artifact.sha256,
            artifact.size_bytes,
            iso_now(),
        ),
    )


def write_key(db: sqlite3.Connection, key: str, fingerprint: str, pipeline_id: PipelineId) -> None:
    db.execute(
        "INSERT OR REPLACE INTO idempotency(key, fingerprint, pipeline_id, created_ms) "
        "VALUES (?, ?, ?, ?)",
        (key, fingerprint, pipeline_id, now_ms()),
    )


# --- reading ---------------------------------------------------------------------------------


def read_pipeline(db: sqlite3.Connection, row: Row, root: Path) -> PipelineRecord:
    """Build a pipeline's record from its rows. Artifacts get their paths below `root`."""
    pipeline_id = PipelineId(row["id"])
    stages = _read_stages(db, pipeline_id)
    record = PipelineRecord(
        id=pipeline_id,
        asset_id=AssetId(row["asset_id"]),
        stages=stages,
        kind=row["kind"],
        plan=loads(row["plan"]),
        estimated_credits=row["estimated_credits"],
        workspace=row["workspace"],
        writes=frozenset(map(AssetId, loads(row["writes"]))),
        reads=frozenset(map(AssetId, loads(row["reads"]))),
        status=PipelineStatus.INITIALIZING,
        progress=row["progress"],
        results={
            name: kept
            for name, stage in stages.items()
            if (kept := _result_of(name, stage)) is not None
        },
        created_at=row["created_at"],
        retry_of=_id_or_none(row["retry_of"]),
        retried_by=_id_or_none(row["retried_by"]),
        calls=_read_calls(db, pipeline_id),
        charges=read_charges(db, pipeline_id),
        artifacts=_read_artifacts(db, pipeline_id, root),
    )
    status = PipelineStatus(row["status"])
    if status.is_final:
        failure = failure_from_json(loads(row["failure"]))
        record.finish(status, failure, completed_at=row["completed_at"])
    else:
        record.status = status
    return record


def read_outline(row: Row) -> PipelineRecord:
    """Build a pipeline's record from what is plain text: no plan, no stages."""
    return PipelineRecord(
        id=PipelineId(row["id"]),
        asset_id=AssetId(row["asset_id"]),
        stages={},
        kind=row["kind"],
        workspace=row["workspace"],
        progress=row["progress"],
        created_at=row["created_at"],
    )


def read_summary(db: sqlite3.Connection, row: Row) -> JsonObject:
    """Return a pipeline as one element of a list, from its row and what it cost."""
    record = PipelineRecord(
        id=PipelineId(row["id"]),
        asset_id=AssetId(row["asset_id"]),
        stages={},
        kind=row["kind"],
        progress=row["progress"],
        created_at=row["created_at"],
        retry_of=_id_or_none(row["retry_of"]),
        retried_by=_id_or_none(row["retried_by"]),
        charges=read_charges(db, PipelineId(row["id"])),
    )
    failure = loads(row["failure"])
    return record.summary() | {
        "status": row["status"],
        **({"error": failure["message"]} if failure else {}),
        **({"completedAt": row["completed_at"]} if row["completed_at"] else {}),
    }


def wants_retry(db: sqlite3.Connection, pipeline_id: PipelineId) -> bool:
    """Tell whether a stage of a pipeline has failed, or ended with parts that have."""
    return any(stage.wants_retry for stage in _read_stages(db, pipeline_id).values())


def read_charges(db: sqlite3.Connection, pipeline_id: PipelineId) -> dict[str, Charge]:
    found = db.execute("SELECT * FROM charges WHERE pipeline_id=?", (pipeline_id,))
    return {row["key"]: read_charge(row) for row in found}


def read_charge(row: Row) -> Charge:
    return Charge(
        provider=row["provider"],
        model=row["model"],
        task_id=row["task_id"],
        credits=row["credits"],
        usage=loads(row["usage"]),
        usd=row["usd"],
        is_certain=bool(row["is_certain"]),
        day=row["day"],
    )


def _read_stages(db: sqlite3.Connection, pipeline_id: PipelineId) -> dict[str, StageRecord]:
    found = db.execute("SELECT * FROM stages WHERE pipeline_id=? ORDER BY position", (pipeline_id,))
    return {
        row["name"]: StageRecord(
            status=StageStatus(row["status"]),
            progress=row["progress"],
            result=loads(row["result"]),
            error=row["error"],
            note=row["note"],
            attempts=row["attempts"],
            failure=failure_from_json(loads(row["failure"])),
        )
        for row in found
    }


def _read_calls(db: sqlite3.Connection, pipeline_id: PipelineId) -> dict[str, CallRecord]:
    found = db.execute("SELECT * FROM calls WHERE pipeline_id=?", (pipeline_id,))
    return {
        row["key"]: CallRecord(
            state=CallState(row["state"]),
            sent_at_ms=row["sent_at_ms"],
            tries=row["tries"],
            result=loads(row["result"]),
            owner=_id_or_none(row["owner"]),
        )
        for row in found
    }


def _read_artifacts(
    db: sqlite3.Connection, pipeline_id: PipelineId, root: Path
) -> dict[str, Artifact]:
    found = db.execute("SELECT * FROM artifacts WHERE pipeline_id=?", (pipeline_id,))
    artifacts = (Artifact(root / row["path"], row["sha256"], row["size_bytes"]) for row in found)
    return {str(artifact.path): artifact for artifact in artifacts}


def _result_of(name: str, stage: StageRecord) -> JsonObject | None:
    """Return what a stage left for others; the words of the caller are no result."""
    return None if name == TEXT_INPUT else stage.kept_result


def _id_or_none(value: str | None) -> PipelineId | None:
    return None if value is None else PipelineId(value)
