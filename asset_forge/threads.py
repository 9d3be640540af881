"""Blocking work beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def run_to_end(function: Callable[..., T], *args: Any, **more: Any) -> T:
    """Run a function in a thread; when cancelled, wait for its end before saying so.

    A thread cannot be stopped: who goes on without waiting shares the files with it.
    """
    task = asyncio.ensure_future(asyncio.to_thread(function, *args, **more))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # nobody will ask any more
        raise
