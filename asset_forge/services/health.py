"""What the health endpoints tell: who can be used, and whether the service can do its work."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from asset_forge.errors import ForgeError

JOURNAL_TIMEOUT_S = 2.0
_FRESH_S = 1.0
"""An answer is given again for so long, so that asking often costs nothing."""


@dataclass(frozen=True)
class HealthFacts:
    """Which makers can be used, and what wants attention; settings do not change."""

    meshy: bool
    openai: bool
    greybox: bool
    version: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """One reason why the service cannot do its work: a code for programs, a sentence."""

    code: str
    sentence: str


class Readiness:
    """Looks whether new work can be taken.

    `ask_journal` does a transaction that changes nothing; `is_behind` and `is_stopping` are asked
    each time. Not `is_resumed`, the service has started without knowing what was under way and
    what was spent today.
    """

    def __init__(
        self,
        *,
        root: Path,
        ask_journal: Callable[[], Awaitable[object]],
        is_behind: Callable[[], bool],
        is_stopping: Callable[[], bool],
        is_resumed: bool = True,
    ) -> None:
        self._root = root
        self._is_resumed = is_resumed
        self._ask_journal = ask_journal
        self._is_behind = is_behind
        self._is_stopping = is_stopping
        self._lock = asyncio.Lock()
        self._found: list[Obstacle] = []
        self._looked_at_s = float("-inf")

    async def obstacles(self) -> list[Obstacle]:
        """Return all reasons; none when it can. Never raises, and never waits long."""
        async with self._lock:
            if time.monotonic() - self._looked_at_s > _FRESH_S:
                self._found = await self._look()
                self._looked_at_s = time.monotonic()
        if self._is_stopping():
            return [Obstacle("stopped", "The service is being stopped"), *self._found]
        return self._found

    async def _look(self) -> list[Obstacle]:
        trouble = await asyncio.to_thread(self._look_at_folder)
        if trouble is not None:
            return [trouble]
        try:
            async with asyncio.timeout(JOURNAL_TIMEOUT_S):
                await self._ask_journal()
        except TimeoutError:
            return [Obstacle("journal_unavailable", "The disk does not answer the journal")]
        except ForgeError as error:
            return [Obstacle(error.error_code, error.message)]
        if self._is_behind():
            return [Obstacle("journal_behind", "The disk has refused what is to be written")]
        if not self._is_resumed:
            return [
                Obstacle(
                    "restart_needed",
                    "The asset folder or its journal could not be used at the start, so what was "
                    "under way is not known; restart the service",
                )
            ]
        return []

    def _look_at_folder(self) -> Obstacle | None:
        if not self._root.is_dir():
            return Obstacle("asset_root_missing", "The asset folder (ASSET_OUTPUT_DIR) is missing")
        if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            return Obstacle(
                "asset_root_read_only", "The asset folder (ASSET_OUTPUT_DIR) cannot be written"
            )
        return None
