"""A pool of worker processes for work on the CPU, each job with a deadline.

Every worker is an executor of one process, so that a job that hangs or dies takes nobody else's
job with it. What the jobs do is not known here.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

import structlog

from asset_forge.errors import Refused

T = TypeVar("T")
log = structlog.get_logger()

# Two workers with a thread pool each would fight over the cores, and sums would depend on how
# many threads there happen to be.
_ONE_THREAD_EACH = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerPool:
    """Runs functions in worker processes. Use it on one event loop.

    Workers start when they are first needed. `memory_limit_bytes` bounds the address space of
    each, where the system can do that.
    """

    def __init__(
        self, *, worker_count: int | None = None, memory_limit_bytes: int | None = None
    ) -> None:
        self.worker_count = worker_count or min(os.cpu_count() or 1, 4)
        self._memory_limit_bytes = memory_limit_bytes
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._workers = [_Worker(memory_limit_bytes) for _ in range(self.worker_count)]
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._closed = False

    async def run(self, job: Callable[..., T], *args: object, timeout_s: float, label: str) -> T:
        """Run a top-level function in a worker; the deadline counts from when it starts.

        Raises what the function raises, or Refused when it runs past its deadline or its process
        dies; `label` says in those sentences what was being done.
        """
        worker = await self._idle.get()
        try:
            return await worker.run(job, args, timeout_s=timeout_s, label=label)
        finally:
            self._idle.put_nowait(worker)

    async def warm_up(self, *modules: str) -> None:
        """Start every worker and import modules there, so that the first job need not."""
        await asyncio.gather(
            *(
                self.run(_import_modules, modules, timeout_s=60, label="warming up")
                for _ in self._workers
            )
        )

    async def close(self) -> None:
        """End every worker process, whatever it is doing."""
        await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in self._workers))


class _Worker:
    """One process, started when needed and started anew after it had to be ended."""

    def __init__(self, memory_limit_bytes: int | None) -> None:
        self._memory_limit_bytes = memory_limit_bytes
        self._executor: ProcessPoolExecutor | None = None

    async def run(
        self,
        job: Callable[..., T],
        args: tuple[object, ...],
        *,
        timeout_s: float,
        label: str,
    ) -> T:
        try:
            future = self._started().submit(job, *args)
            async with asyncio.timeout(timeout_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            log.warning("worker_timed_out", label=label, timeout_s=timeout_s)
            await asyncio.to_thread(self.stop)
            raise Refused(
                f"Took longer than {timeout_s:g} s: {label}", code="worker_timed_out"
            ) from None
        except BrokenProcessPool:
            log.warning("worker_died", label=label)
            await asyncio.to_thread(self.stop)
            raise Refused(
                f"The worker process died, perhaps for want of memory: {label}", code="worker_died"
            ) from None
        except asyncio.CancelledError:
            # Nobody wants the result any more, and the next job must not wait for it.
            self.stop()
            raise

    def stop(self) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        # Python 3.14 has kill_workers() for this.
        processes = list((executor._processes or {}).values())  # noqa: SLF001
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        executor.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                max_workers=1,
                # A forked child would inherit sockets, locks and half of every thread.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_prepare_worker,
                initargs=(self._memory_limit_bytes,),
            )
        return self._executor


def _prepare_worker(memory_limit_bytes: int | None) -> None:
    """Make ready a new worker process: it outlives no parent and leaves Ctrl-C to the parent."""
    for variable in _ONE_THREAD_EACH:
        os.environ[variable] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory_limit_bytes is not None and os.name == "posix":
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(parent_sentinel: int) -> None:
    wait([parent_sentinel])
    os._exit(1)


def _import_modules(names: tuple[str, ...]) -> None:
    import importlib  # noqa: PLC0415 - only when warming up

    for name in names:
        importlib.import_module(name)
