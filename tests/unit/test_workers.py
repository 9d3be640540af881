"""The worker pool: results, errors, crashes, deadlines, memory, and that nothing is left behind."""

import asyncio
import contextlib
import gc
import importlib
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from asset_forge.errors import (
    BadGlb,
    ForgeError,
    ProviderRateLimited,
    ProviderUnreachable,
    Refused,
    Unavailable,
)
from asset_forge.workers import WorkerPool, load_modules

REPOSITORY = Path(__file__).parents[2]


def add(a: int, b: int) -> int:
    return a + b


def refuse(reason: str) -> None:
    raise Refused(reason, code="no_biped")


def rate_limited() -> None:
    raise ProviderRateLimited("slow down", provider="meshy", retry_after_s=7.5)


def foreign_error() -> None:
    raise pickle.PicklingError("not from here")


def die() -> None:
    os._exit(3)


def die_once(marker: str) -> str:
    path = Path(marker)
    if not path.exists():
        path.touch()
        os._exit(3)
    return "second try"


def sleep_and_tell(started: str, seconds: float) -> int:
    Path(started).write_text(str(os.getpid()))
    time.sleep(seconds)
    return os.getpid()


def use_memory(size_bytes: int) -> int:
    return len(bytearray(size_bytes))


def use_memory_bit_by_bit(size_bytes: int) -> int:
    pieces: list[bytearray] = []
    while len(pieces) * 100_000 < size_bytes:
        pieces.append(bytearray(100_000))
    return len(pieces)


def use_numpy_memory(size_bytes: int) -> int:
    np = importlib.import_module("numpy")
    return int(np.ones(size_bytes, np.uint8).sum())


def signal_action() -> bool:
    return signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def blas_threads() -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until_gone(pid: int) -> bool:
    for _ in range(200):
        if not is_running(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def until_written(path: Path) -> int:
    for _ in range(500):
        if path.exists() and (text := path.read_text()):
            return int(text)
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} was never written")


@pytest.fixture(autouse=True, scope="module")
def fork_server() -> Iterator[None]:
    """Hold one pool open, so that the fork server is not started anew for every test."""
    keeper = WorkerPool(worker_count=1)
    yield
    asyncio.run(keeper.close())


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(worker_count=2, preload=())
    yield pool
    await pool.close()


async def test_run_plain_function_returns_its_result(pool: WorkerPool) -> None:
    assert await pool.run(add, 2, 3, timeout_s=20, label="add") == 5


async def test_run_more_jobs_than_workers_finishes_all(pool: WorkerPool) -> None:
    jobs = [pool.run(add, i, i, timeout_s=20, label="add") for i in range(9)]
    assert await asyncio.gather(*jobs) == [2 * i for i in range(9)]


async def test_run_one_after_the_other_keeps_the_worker(pool: WorkerPool) -> None:
    first = await pool.run(os.getpid, timeout_s=20, label="pid")
    assert await pool.run(os.getpid, timeout_s=20, label="pid") == first


async def test_run_function_that_refuses_raises_the_same_error(pool: WorkerPool) -> None:
    with pytest.raises(Refused, match="it is a tree") as caught:
        await pool.run(refuse, "it is a tree", timeout_s=20, label="rig")
    assert caught.value.error_code == "no_biped"


async def test_run_error_with_keyword_arguments_keeps_its_fields(pool: WorkerPool) -> None:
    with pytest.raises(ProviderRateLimited) as caught:
        await pool.run(rate_limited, timeout_s=20, label="ask")
    assert (caught.value.provider, caught.value.retry_after_s) == ("meshy", 7.5)


async def test_run_error_of_another_package_becomes_runtime_error(pool: WorkerPool) -> None:
    with pytest.raises(RuntimeError, match="PicklingError: not from here"):
        await pool.run(foreign_error, timeout_s=20, label="break")


async def test_run_after_an_error_uses_the_same_worker(pool: WorkerPool) -> None:
    before = await pool.run(os.getpid, timeout_s=20, label="pid")
    with pytest.raises(Refused):
        await pool.run(refuse, "no", timeout_s=20, label="rig")
    assert await pool.run(os.getpid, timeout_s=20, label="pid") == before


async def test_run_crashing_function_is_refused_and_pool_goes_on(pool: WorkerPool) -> None:
    with pytest.raises(Refused, match="'crash'") as caught:
        await pool.run(die, timeout_s=20, label="crash")
    assert caught.value.error_code == "worker_died"
    assert await pool.run(add, 1, 1, timeout_s=20, label="add") == 2


async def test_run_worker_that_dies_once_runs_the_job_again(
    pool: WorkerPool, tmp_path: Path
) -> None:
    marker = str(tmp_path / "died")
    assert await pool.run(die_once, marker, timeout_s=20, label="crash") == "second try"


async def test_run_idle_worker_killed_from_outside_is_replaced(pool: WorkerPool) -> None:
    pid = await pool.run(os.getpid, timeout_s=20, label="pid")
    os.kill(pid, signal.SIGKILL)
    assert await until_gone(pid)
    assert await pool.run(os.getpid, timeout_s=20, label="pid") != pid


async def test_run_past_its_deadline_is_refused_and_its_worker_killed(
    pool: WorkerPool, tmp_path: Path
) -> None:
    started = tmp_path / "pid"
    with pytest.raises(Refused, match=r"'nap' took longer than 0\.3 seconds") as caught:
        await pool.run(sleep_and_tell, str(started), 60.0, timeout_s=0.3, label="nap")
    assert caught.value.error_code == "deadline_passed"
    assert await until_gone(await until_written(started))


async def test_run_deadline_and_crash_of_others_leave_a_job_alone(
    pool: WorkerPool, tmp_path: Path
) -> None:
    started = tmp_path / "pid"
    innocent = asyncio.create_task(
        pool.run(sleep_and_tell, str(started), 0.8, timeout_s=20, label="innocent")
    )
    pid = await until_written(started)
    with pytest.raises(Refused):
        await pool.run(die, timeout_s=20, label="crash")
    with pytest.raises(Refused):
        await pool.run(time.sleep, 60, timeout_s=0.1, label="nap")
    assert await innocent == pid


async def test_run_cancelled_kills_the_worker(pool: WorkerPool, tmp_path: Path) -> None:
    started = tmp_path / "pid"
    task = asyncio.create_task(
        pool.run(sleep_and_tell, str(started), 60.0, timeout_s=60, label="nap")
    )
    pid = await until_written(started)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await until_gone(pid)
    assert await pool.run(add, 1, 2, timeout_s=20, label="add") == 3


async def test_run_cancelled_leaves_no_error_that_nobody_takes(
    pool: WorkerPool, tmp_path: Path
) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    started = tmp_path / "pid"
    task = asyncio.create_task(
        pool.run(sleep_and_tell, str(started), 30, timeout_s=60, label="sleep")
    )
    pid = await until_written(started)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await until_gone(pid)
    await pool.close()
    del task
    gc.collect()
    assert complaints == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit")
async def test_run_beyond_the_memory_limit_is_refused_and_its_worker_replaced() -> None:
    pool = WorkerPool(worker_count=1, memory_limit_bytes=256 << 20, preload=("numpy",))
    try:
        first = await pool.run(os.getpid, timeout_s=20, label="pid")
        for job in (use_memory, use_memory_bit_by_bit, use_numpy_memory):
            with pytest.raises(Refused, match="more memory") as caught:
                await pool.run(job, 512 << 20, timeout_s=20, label="grow")
            assert caught.value.error_code == "out_of_memory"
        assert await until_gone(first)
        # What the modules take is not the job's: nearly all of the limit can be used.
        assert await pool.run(use_memory, 200 << 20, timeout_s=20, label="grow") == 200 << 20
    finally:
        await pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit")
async def test_job_beyond_the_memory_limit_leaves_the_others_alone(tmp_path: Path) -> None:
    pool = WorkerPool(worker_count=2, memory_limit_bytes=256 << 20, preload=())
    try:
        started = tmp_path / "pid"
        calm = asyncio.create_task(
            pool.run(sleep_and_tell, str(started), 0.5, timeout_s=20, label="nap")
        )
        pid = await until_written(started)
        with pytest.raises(Refused):
            await pool.run(use_memory, 512 << 20, timeout_s=20, label="grow")
        assert await calm == pid
    finally:
        await pool.close()


async def test_worker_ignores_interrupt_and_uses_one_blas_thread(pool: WorkerPool) -> None:
    assert await pool.run(signal_action, timeout_s=20, label="signals")
    expected = os.environ.get("OPENBLAS_NUM_THREADS", "1")
    assert await pool.run(blas_threads, timeout_s=20, label="threads") == expected


async def test_warm_up_starts_every_worker_and_loads_modules() -> None:
    pool = WorkerPool(worker_count=2, preload=("colorsys", "no_such_module_here"))
    try:
        await pool.warm_up()
        pids = await asyncio.gather(
            *(pool.run(os.getpid, timeout_s=20, label="pid") for _ in range(2))
        )
        assert len(set(pids)) == 2
    finally:
        await pool.close()


def test_load_modules_names_what_is_not_there() -> None:
    assert load_modules(["json", "no_such_module_here"]) == ["no_such_module_here"]


async def test_close_with_a_running_job_fails_it_and_leaves_no_child(tmp_path: Path) -> None:
    pool = WorkerPool(worker_count=2, preload=())
    idle, started = await pool.run(os.getpid, timeout_s=20, label="pid"), tmp_path / "pid"
    others = [
        asyncio.create_task(pool.run(sleep_and_tell, str(started), 60.0, timeout_s=60, label="a")),
        asyncio.create_task(pool.run(time.sleep, 60, timeout_s=60, label="b")),
        asyncio.create_task(pool.run(time.sleep, 60, timeout_s=60, label="waits for a turn")),
    ]
    busy = await until_written(started)
    await pool.close()
    answers = await asyncio.gather(*others, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert await until_gone(idle)
    assert await until_gone(busy)


async def test_run_on_a_closed_pool_is_unavailable() -> None:
    pool = WorkerPool(worker_count=1, preload=())
    await pool.close()
    await pool.close()
    with pytest.raises(Unavailable):
        await pool.run(add, 1, 1, timeout_s=5, label="add")


def test_pool_without_workers_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="worker_count"):
        WorkerPool(worker_count=-1)


async def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, os, time\n"
        "from asset_forge.workers import WorkerPool\n"
        "async def main():\n"
        "    pool = WorkerPool(worker_count=1, preload=())\n"
        "    print(await pool.run(os.getpid, timeout_s=20, label='pid'), flush=True)\n"
        "    await pool.run(time.sleep, 60, timeout_s=60, label='nap')\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    try:
        assert parent.stdout is not None
        worker = int(await asyncio.to_thread(parent.stdout.readline))
    finally:
        parent.kill()
        parent.communicate()
    assert await until_gone(worker)


@pytest.mark.parametrize(
    "error",
    [
        BadGlb("broken", code="bad_glb_header"),
        ProviderUnreachable("no answer", provider="openai", may_have_charged=True),
        ProviderRateLimited("wait", provider="meshy", retry_after_s=3.0),
    ],
)
def test_pickled_error_keeps_all_it_knows(error: ForgeError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.args, vars(copy)) == (error.args, vars(error))
