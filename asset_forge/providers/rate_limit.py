"""Keeps within what an outside maker allows: requests a second, and tasks in its queue."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class RequestRate:
    """A token bucket: at most `rate_per_s` requests a second, `burst` of them at once.

    In no second do more than `rate_per_s` + `burst` requests leave.
    """

    def __init__(
        self,
        *,
        rate_per_s: float,
        burst: int,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(burst)
        self._filled_at = clock()

    async def wait_for_turn(self) -> None:
        """Return when a request may leave."""
        now = self._clock()
        refill = (now - self._filled_at) * self._rate_per_s
        self._tokens = min(self._burst, self._tokens + refill) - 1
        self._filled_at = now
        if self._tokens < 0:
            # The count below zero is the line of those who wait, so nobody is overtaken.
            await self._sleep(-self._tokens / self._rate_per_s)


class TaskSlots:
    """Places in a provider's queue: taken before a submit, given back when a task has ended.

    A place whose task nobody has looked at for `lease_s` seconds is free again, so that a run that
    went away does not keep it. Tasks found after a restart are counted as well, even above the
    limit: they are in the provider's queue already.
    """

    def __init__(
        self, *, limit: int, lease_s: float = 300.0, clock: Clock = time.monotonic
    ) -> None:
        self._limit = limit
        self._lease_s = lease_s
        self._clock = clock
        self._submitting = 0
        self._last_seen_s: dict[str, float] = {}
        self._changed = asyncio.Event()

    @property
    def taken(self) -> int:
        now = self._clock()
        for task_id, seen_s in list(self._last_seen_s.items()):
            if now - seen_s > self._lease_s:
                del self._last_seen_s[task_id]
        return self._submitting + len(self._last_seen_s)

    async def take(self, *, timeout_s: float) -> None:
        """Take a place for a submit. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while self.taken >= self._limit:
                # Looked at now and then without a notice too: a lease runs out silently.
                await self.wait_for_change(at_most_s=5.0)
        self._submitting += 1

    def give_back(self) -> None:
        """Give back a place that became no task."""
        self._submitting -= 1
        self._changed.set()

    def becomes_task(self, task_id: str) -> None:
        """Keep the place of a submit for the task it has become."""
        self._submitting -= 1
        self._last_seen_s[task_id] = self._clock()

    def seen_unfinished(self, task_id: str) -> None:
        """Note that a task is in the queue still."""
        self._last_seen_s[task_id] = self._clock()

    def ended(self, task_id: str) -> None:
        """Free the place of a task that has ended; unknown tasks are ignored."""
        if self._last_seen_s.pop(task_id, None) is not None:
            self._changed.set()

    async def wait_for_change(self, *, at_most_s: float) -> None:
        """Return when a place was freed, or after `at_most_s` seconds."""
        # Set wakes everyone who waits; each looks again, so clearing here loses nothing.
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._changed.wait()
