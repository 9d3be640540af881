"""Forgets what nobody needs any more: old pipelines, and the folders they worked in."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from asset_forge.domain.clock import iso, now_ms
from asset_forge.errors import ForgeError
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.registry import PipelineRegistry

log = structlog.get_logger()

INTERVAL_S = 30 * 60.0
RETRY_WINDOW = timedelta(days=3)
"""How long a pipeline that failed can be retried: Meshy keeps what was paid for as long (2026)."""
KEY_WINDOW_MS = 24 * 3600 * 1000
"""How long an idempotency key stands for its request."""


class Upkeep:
    """Looks every INTERVAL_S; `also` is done along with it, and at the start.

    Pipelines stay in the journal for `keep_days` after their end.
    They stay for RETRY_WINDOW at least: as long as Meshy lists their tasks, it must be known whose
    they are.
    """

    def __init__(
        self,
        *,
        registry: PipelineRegistry,
        journal: Journal,
        workspaces: Path,
        keep_days: float,
        also: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._workspaces = workspaces
        self._keep = max(timedelta(days=keep_days), RETRY_WINDOW)
        self._also = also
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._look_now_and_then(), name="upkeep")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def tidy(self) -> None:
        """Look once. Raises StorageUnavailable when the journal cannot be used."""
        self._registry.forget_old(time.monotonic())
        now = datetime.now(UTC)
        pruned = await self._journal.prune(
            ended_before=iso(now - self._keep), keys_before_ms=now_ms() - KEY_WINDOW_MS
        )
        if pruned:
            log.info("pipelines_pruned", count=pruned)
        # Looked at first: what is made while the journal is asked is not among them.
        there = await asyncio.to_thread(_folders_in, self._workspaces)
        kept = await self._journal.kept_workspaces(iso(now - RETRY_WINDOW))
        kept |= {record.workspace for record in self._registry.active()}
        for folder in there:
            if folder.name not in kept:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _look_now_and_then(self) -> None:
        await self._tried(self._also)
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self._tried(self.tidy)
            await self._tried(self._also)

    async def _tried(self, look: Callable[[], Awaitable[None]] | None) -> None:
        if look is None:
            return
        try:
            await look()
        except ForgeError as error:
            log.warning("upkeep_failed", error=error.message)
        except Exception:
            log.exception("upkeep_failed")


def _folders_in(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
