"""How a running service is stopped: work first, then requests, then connections, then the rest.

At the first signal nothing new is started, reads go on, and pipelines come to rest where they can
be taken up again. A second signal, or STOP_TIMEOUT_S, ends the process at once: that is safe too,
as a kill is, but what a provider is answering at that moment is not heard.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from socket import socket

import structlog
import uvicorn

from asset_forge.pipeline.runner import CLOSING_TIMEOUT_S

log = structlog.get_logger()

STOP_TIMEOUT_S = 10.0
_REST_TIMEOUT_S = CLOSING_TIMEOUT_S + 0.2
_CUT_OFF_TIMEOUT_S = 0.5
_CONNECTIONS_TIMEOUT_S = 2


class StoppableServer(uvicorn.Server):
    """A server that answers until `come_to_rest` has returned, and cuts nobody off before.

    It leaves signals to whoever runs it, since two of them share a process. Startup and shutdown
    of the application are the business of its owner.
    """

    def __init__(
        self,
        app: object,
        *,
        forwarded_allow_ips: str,
        come_to_rest: Callable[[], Coroutine[None, None, None]] | None = None,
    ) -> None:
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]  # uvicorn's own protocol for ASGI apps is narrower
            log_config=None,
            # The middleware writes a line for each request, without its query.
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_CONNECTIONS_TIMEOUT_S,
            server_header=False,
            forwarded_allow_ips=forwarded_allow_ips,
        )
        super().__init__(config)
        self._come_to_rest = come_to_rest

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        # Those that come later have what uvicorn gives them.
        requests = set(self.server_state.tasks)
        under_way = set(requests)
        if self._come_to_rest is not None:
            under_way.add(asyncio.create_task(self._come_to_rest()))
        if under_way:
            await asyncio.wait(under_way, timeout=_REST_TIMEOUT_S)
        late = {request for request in requests if not request.done()}
        if late:
            log.info("requests_cut_off", count=len(late))
            for request in late:
                request.cancel()
            await asyncio.wait(late, timeout=_CUT_OFF_TIMEOUT_S)
        with _unalarmed():
            await super().shutdown(sockets)


@contextlib.contextmanager
def _unalarmed() -> Iterator[None]:
    """Leave out that connections were cut, which uvicorn calls an error; a stop always may."""

    def is_worth_telling(record: logging.LogRecord) -> bool:
        return "timeout graceful shutdown exceeded" not in record.getMessage()

    logger = logging.getLogger("uvicorn.error")
    logger.addFilter(is_worth_telling)
    try:
        yield
    finally:
        logger.removeFilter(is_worth_telling)


class StopSignal:
    """Calls `stop` at the first SIGINT or SIGTERM, and ends the process at the second.

    Used in the main thread, as `with`; inside, the process also ends STOP_TIMEOUT_S after the
    first signal, whatever hangs.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._came_at_s: float | None = None
        self._timer = threading.Timer(STOP_TIMEOUT_S, _end_at_once, ("it took too long", 1))
        self._timer.daemon = True

    def __enter__(self) -> "StopSignal":
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._came, number)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._came_at_s is not None:
            seconds = round(time.monotonic() - self._came_at_s, 1)
            log.info("service_stopped", seconds=seconds)
            # Threads that hang on a disk or a name server must not hold up the end.
            last = threading.Timer(1.0, os._exit, (0,))
            last.daemon = True
            last.start()

    def _came(self, number: int) -> None:
        name = signal.Signals(number).name
        if self._came_at_s is not None:
            _end_at_once(f"a second signal came, {name}", 128 + number)
        self._came_at_s = time.monotonic()
        log.info("service_stopping", signal=name)
        self._timer.start()
        self._stop()


def _end_at_once(reason: str, status: int) -> None:
    log.warning("service_ended_at_once", reason=reason)
    os._exit(status)
