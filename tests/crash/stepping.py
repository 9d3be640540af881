"""An event loop that goes as far as it is told, and can be left behind as a killed process is.

Blocking work is done in the loop itself, a step after it was asked for and a step before its end is
known, so that the same steps always do the same: what is cut off lies between any two of them.
"""

import asyncio
import ctypes
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

MOST_STEPS = 50_000


class SteppingLoop(asyncio.SelectorEventLoop):
    """Runs one step after the other; what would run in threads runs in a step of its own."""

    def run_in_executor(  # type: ignore[override]  # the base class knows nothing of the result
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        done: asyncio.Future[T] = self.create_future()

        def work() -> None:
            if done.cancelled():
                return
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
                self.call_soon(_end, done, error, None)
            else:
                self.call_soon(_end, done, None, result)

        self.call_soon(work)
        return done

    def step(self, count: int = 1) -> None:
        """Go so many steps; a step is everything that is ready to run."""
        for _ in range(count):
            self.call_soon(self.stop)
            self.run_forever()

    def until(self, reached: Callable[[], bool]) -> None:
        """Go on until something has come about."""
        for _ in range(MOST_STEPS):
            if reached():
                return
            self.step()
        raise AssertionError("it has not come about")

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Go on until some work has ended, and everything else with it; return its result."""
        task = self.create_task(work)
        self.until(task.done)
        return task.result()

    def abandon(self) -> None:
        """Never go on: what waits in it is not even told, as when its process is killed."""
        # Collected, its coroutines would still run their `finally`. A dead process does not.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(list(asyncio.all_tasks(self))))
        self.close()


def _end(done: "asyncio.Future[T]", error: Exception | None, result: Any) -> None:
    if done.cancelled():
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(result)
