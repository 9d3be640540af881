"""A clean process that forks services for tests to kill; started by harness.py, never a product.

Orders come as JSON lines on standard input: settings, where to log, and the crash point to arm, at
once or at SIGUSR1. Events go out as JSON lines on standard output: a service listens, is armed, has
counted its visits, has ended. A fork of a process that has imported everything costs a tenth of a
start. It has no threads and no event loop, so nothing of one service can be seen by another. At the
end of the input all services that are left are killed.
"""

import asyncio
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections import Counter
from functools import partial
from typing import Any, NoReturn

from asset_forge import crash_points
from asset_forge.crash_points import CrashPoint

Json = dict[str, Any]

VISITS: Counter[str] = Counter()
# What is first imported when the first request or the first job comes.
WARM = (
    "anyio._backends._asyncio",
    "asset_forge.glb.jobs",
    "httptools",
    "numpy",
    "PIL.Image",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.WebPImagePlugin",
    "pybase64",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)


def count_visits() -> None:
    """Let every visit of a crash point be counted; must come before those places are imported."""
    crash_here = crash_points.crash_here

    def counted(point: CrashPoint) -> None:
        VISITS[point] += 1
        crash_here(point)

    crash_points.crash_here = counted


count_visits()

from asset_forge import wiring  # noqa: E402 - these name crash_here, and shall name the counted one
from asset_forge.cli import servers  # noqa: E402
from asset_forge.logs import configure_logging  # noqa: E402
from asset_forge.providers.meshy import MeshyProvider  # noqa: E402
from asset_forge.providers.rate_limit import RequestRate  # noqa: E402
from asset_forge.settings import Settings  # noqa: E402
from tests.fakes.workers import ThreadWorkers, quick_greybox  # noqa: E402


def tell(**event: Any) -> None:
    """Send an event; short enough to come whole beside those of other processes."""
    os.write(1, f"{json.dumps(event)}\n".encode())


def run_service(order: Json) -> int:
    """Serve over the root and the makers that the settings name, until killed or stopped."""
    settings = Settings(_env_file=None, **order["settings"])
    configure_logging(settings.log_level, as_json=True)
    listeners: list[socket.socket] = []
    listen = servers._listen

    def noted(*args: Any) -> socket.socket:
        listeners.append(listen(*args))
        return listeners[-1]

    def without_brakes(**more: Any) -> MeshyProvider:
        return MeshyProvider(rate=RequestRate(rate_per_s=1e6, burst=1000), **more)

    vars(servers)["_listen"] = noted
    vars(wiring)["WorkerPool"] = partial(ThreadWorkers, instead=quick_greybox())
    vars(wiring)["MeshyProvider"] = without_brakes

    def arm(*_: Any) -> None:
        VISITS.clear()
        if order["crash"] is not None:
            point, visit = order["crash"]
            crash_points.arm(CrashPoint(point), visit=visit)
        tell(event="armed", pid=os.getpid())

    if order["armed"]:
        arm()
    signal.signal(signal.SIGUSR1, arm)

    def announce() -> None:
        tell(event="listening", pid=os.getpid(), port=listeners[0].getsockname()[1])

    try:
        asyncio.run(servers.serve_until_stopped(settings, announce))
    finally:
        tell(event="counted", pid=os.getpid(), visits=VISITS)
    return 0


def become_service(order: Json) -> NoReturn:
    """Turn a fork into a service, and end with it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 2)
    code = 1
    try:
        code = run_service(order)
    except BaseException:  # noqa: BLE001 - told, and then it ends
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def reap(living: set[int]) -> None:
    """Tell of every service that has ended."""
    while living:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        living.discard(pid)
        code = os.waitstatus_to_exitcode(status)
        tell(event="ended", pid=pid, code=code, cpu_s=usage.ru_utime + usage.ru_stime)


def main() -> None:
    """Carry out orders until there are no more."""
    for name in WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    living: set[int] = set()
    pending = b""
    tell(event="ready")
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            reap(living)
        if 0 not in ready:
            continue
        data = os.read(0, 65536)
        if not data:
            break
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            pid = os.fork()
            if not pid:
                become_service(json.loads(line))
            living.add(pid)
            tell(event="forked", pid=pid)
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    while living:
        living.discard(os.wait()[0])


if __name__ == "__main__":
    main()
