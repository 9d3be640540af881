"""Worker processes for CPU work, each with a deadline, a memory bound and a replacement.

Every worker is a `ProcessPoolExecutor` of one process, so that a job that crashes or runs too long
takes nothing down but itself. What the jobs do is not known here.

On Linux the workers are forked from a fork server: a clean child that holds no socket, no thread
and no lock of the service, but has the heavy modules loaded. Measured on two cores, November 2026:
0.4 s for the first worker, 0.01 s for each later one and 25 MB a worker, against 0.45 s and 64 MB
with "spawn", which is used elsewhere.
"""

import asyncio
import contextlib
import importlib
import multiprocessing
import multiprocessing.connection
import multiprocessing.forkserver
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from asset_forge.errors import ForgeError, Refused, Unavailable

T = TypeVar("T")

HEAVY_MODULES = (
    "numpy",
    "PIL.Image",
    "scipy.ndimage",
    "scipy.sparse.linalg",
    "skimage.color",
    "skimage.measure",
    "fast_simplification",
)
"""What most jobs import; loaded ahead. A module that is not installed is passed over."""
MAX_DEFAULT_WORKERS = 4
START_TIMEOUT_S = 60.0
_ATTEMPTS = 2
_METHOD = "forkserver" if sys.platform == "linux" else "spawn"


class WorkerPool:
    """Runs top-level functions over plain data in worker processes.

    worker_count: processes at most; None takes one per processor, up to MAX_DEFAULT_WORKERS.
    memory_limit_bytes: what each worker may take beyond what it has when it starts, None for no
    bound; only Linux keeps it. Processes are started when they are first needed. One pool serves
    one event loop at a time.
    """

    _open_pools: ClassVar[int] = 0

    def __init__(
        self,
        *,
        worker_count: int | None = None,
        memory_limit_bytes: int | None = None,
        preload: Sequence[str] = HEAVY_MODULES,
    ) -> None:
        count = worker_count or min(os.cpu_count() or 1, MAX_DEFAULT_WORKERS)
        if count < 1:
            raise ValueError(f"worker_count must be at least 1, not {count}")
        self.worker_count = count
        self._memory_limit_bytes = memory_limit_bytes
        self._preload = tuple(preload)
        self._turns = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._endings: set[asyncio.Future[None]] = set()
        self._closed = False
        WorkerPool._open_pools += 1

    @property
    def busy_count(self) -> int:
        """Workers that have a job just now."""
        return len(self._busy)

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float, label: str) -> T:
        """Call `function(*args)` in a worker and return what it returns.

        function, args and the result are pickled. timeout_s: seconds of work; waiting for a free
        worker does not count. label: names the job in errors, such as "render sprites".

        An error that the function raises comes back as itself (those of other packages as
        RuntimeError). Raises Refused when the deadline passes or memory runs out, in which case the
        worker is killed; Unavailable when the pool is closed. When a worker dies, the job is run
        once more in a new one, so it must be able to run twice. Cancelling kills the worker.
        """
        async with self._turns:
            for _ in range(_ATTEMPTS):
                worker = await self._take()
                with contextlib.suppress(BrokenProcessPool):
                    return await self._run_on(worker, function, args, timeout_s, label)
            self._check_open()
            raise Refused(
                f"The worker process died during {label!r}, and so did the next one; the job may"
                " need more memory than there is.",
                code="worker_died",
            )

    async def warm_up(self) -> None:
        """Start every worker and load the heavy modules, so that the first jobs need not wait."""
        await asyncio.gather(
            *(
                self.run(
                    load_modules, self._preload, timeout_s=START_TIMEOUT_S, label="load modules"
                )
                for _ in range(self.worker_count)
            )
        )

    async def close(self) -> None:
        """End every worker at once; jobs that still run fail with Unavailable."""
        if self._closed:
            return
        self._closed = True
        for worker in self._busy:
            worker.kill()
        for _ in range(self.worker_count):  # every call has come back when all turns are here
            await self._turns.acquire()
        for worker in self._idle:
            self._end(worker)
        self._turns.release()
        await asyncio.gather(*self._endings)
        WorkerPool._open_pools -= 1
        if not WorkerPool._open_pools and _METHOD == "forkserver":
            # The fork server would otherwise stay as a child until the service itself ends.
            stop = multiprocessing.forkserver._forkserver._stop  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
            await asyncio.to_thread(stop)

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("The service is shutting down.")

    async def _take(self) -> "_Worker":
        """Return a worker that is busy from now on."""
        self._check_open()
        worker = self._idle.pop() if self._idle else await self._start()
        if self._closed:
            self._end(worker)
        self._check_open()
        self._busy.add(worker)
        return worker

    def _end(self, worker: "_Worker") -> None:
        """Let a worker's executor wind up in a thread; `close` waits for it."""
        ending = asyncio.get_running_loop().run_in_executor(None, worker.executor.shutdown)
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _start(self) -> "_Worker":
        """Start a worker and wait until it answers."""
        executor = await asyncio.to_thread(_new_executor, self._preload, self._memory_limit_bytes)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                pid = await asyncio.wrap_future(await asyncio.to_thread(executor.submit, os.getpid))
        except (BrokenProcessPool, TimeoutError) as error:
            executor.shutdown(wait=False, cancel_futures=True)
            raise Unavailable("A worker process could not be started.") from error
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise
        return _Worker(executor, pid)

    async def _run_on(
        self,
        worker: "_Worker",
        function: Callable[..., T],
        args: tuple[Any, ...],
        timeout_s: float,
        label: str,
    ) -> T:
        must_kill, is_usable = True, False
        try:
            try:
                answer = asyncio.wrap_future(worker.executor.submit(_call, function, args))
                try:
                    done, _ = await asyncio.wait([answer], timeout=timeout_s)
                except asyncio.CancelledError:
                    answer.cancel()  # nobody will take the error of the worker that is killed
                    raise
                if not done:
                    answer.cancel()
                    raise Refused(
                        f"{label!r} took longer than {timeout_s:g} seconds and was ended.",
                        code="deadline_passed",
                    )
                must_kill = isinstance(answer.exception(), MemoryError)  # its heap is in pieces
                is_usable = not must_kill
                return answer.result()
            except BrokenProcessPool:
                must_kill = is_usable = False  # it is dead already
                raise
            except MemoryError as error:
                raise Refused(
                    f"{label!r} needs more memory than a worker may have.", code="out_of_memory"
                ) from error
        finally:
            self._busy.discard(worker)
            if must_kill:
                worker.kill()
            if is_usable:
                self._idle.append(worker)
            else:
                self._end(worker)


@dataclass(frozen=True, eq=False)
class _Worker:
    executor: ProcessPoolExecutor
    pid: int

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def load_modules(names: Sequence[str]) -> list[str]:
    """Import modules by name in this process and return those that are not there."""
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def _new_executor(preload: Sequence[str], memory_limit_bytes: int | None) -> ProcessPoolExecutor:
    context = multiprocessing.get_context(_METHOD)
    if _METHOD == "forkserver":
        # "__main__" is loaded by the server once, or else by every worker anew.
        context.set_forkserver_preload(["__main__", __name__, *preload])
        with _one_thread_a_process():
            multiprocessing.forkserver.ensure_running()
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=context,
        initializer=_prepare_worker,
        initargs=(memory_limit_bytes,),
    )


@contextlib.contextmanager
def _one_thread_a_process() -> Iterator[None]:
    """Let children start with one BLAS thread: several workers with several threads only fight."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    added = [name for name in names if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _prepare_worker(memory_limit_bytes: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the service, which ends its workers
    threading.Thread(target=_die_with_parent, name="die-with-parent", daemon=True).start()
    if memory_limit_bytes is not None and sys.platform == "linux":
        _limit_memory(memory_limit_bytes)


def _limit_memory(size_bytes: int) -> None:
    """Let allocations fail beyond `size_bytes` more than this process has now.

    Address space is what the kernel counts in time: a watch on resident memory would see a leap to
    gigabytes only after it has pushed others out. The 220 MB that modules are mapped to, of which
    most is shared, are not the job's.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit_bytes = pages * resource.getpagesize() + size_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _call(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Run a job in the worker and let only errors out that the service can read.

    Errors of numpy and others are classes of modules that the web process never loads.
    """
    try:
        return function(*args)
    except ForgeError:
        raise
    except MemoryError as error:
        raise MemoryError(str(error)) from None
    except Exception as error:
        if type(error).__module__ == "builtins":
            raise
        raise RuntimeError(f"{type(error).__qualname__}: {error}") from error
