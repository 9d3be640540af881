"""The journal as a test reads it, beside the service: plain rows, no code of the engine."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]

FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True)
class Books:
    """All rows of the journal at one time, oldest pipeline first."""

    pipelines: list[Row]
    stages: list[Row]
    calls: list[Row]
    artifacts: list[Row]
    charges: list[Row]
    keys: list[Row]

    @property
    def unfinished(self) -> list[str]:
        return [row["id"] for row in self.pipelines if row["status"] not in FINAL]

    def pipeline(self, pipeline_id: str) -> Row:
        (found,) = [row for row in self.pipelines if row["id"] == pipeline_id]
        return found

    def payers_of_tasks(self) -> dict[str, set[tuple[str, str]]]:
        """Map each provider task to the pipelines, and their calls, that it was bought for."""
        found: dict[str, set[tuple[str, str]]] = {}
        for row in self.calls:
            result = json.loads(row["result"]) if row["result"] else {}
            if isinstance(result, dict) and row["key"].endswith(".submit") and "taskId" in result:
                found.setdefault(result["taskId"], set()).add(payer_of(row))
        return found


def payer_of(call: Row) -> tuple[str, str]:
    """Say which pipeline made a call, and under which key: a retry only holds a copy of it."""
    return call["owner"] or call["pipeline_id"], call["key"]


def read_books(root: Path) -> Books:
    """Read the journal of an asset folder, whether its service runs or not."""
    connection = sqlite3.connect(root / ".forge" / "journal.db", timeout=30)
    connection.row_factory = sqlite3.Row
    try:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert said == "ok", said

        def rows(table: str, order: str) -> list[Row]:
            found = connection.execute(f"SELECT * FROM {table} ORDER BY {order}")
            return [dict(row) for row in found]

        connection.execute("BEGIN")
        return Books(
            pipelines=rows("pipelines", "number"),
            stages=rows("stages", "pipeline_id, position"),
            calls=rows("calls", "pipeline_id, key"),
            artifacts=rows("artifacts", "saved_at"),
            charges=rows("charges", "charged_at"),
            keys=rows("idempotency", "key"),
        )
    finally:
        connection.close()
