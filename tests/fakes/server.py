"""Run any ASGI application as a real server on loopback for the length of a `with` block."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 20.0


@contextmanager
def running(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread; yields the base URL without a slash at the end.

    Port 0 takes a free one. The lifespan of the application runs; RuntimeError when it fails or
    when the server does not come up or go down in 20 s.
    """
    listener = _listen(host, port)
    bound_port: int = listener.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            server.run(sockets=[listener])
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits
            failures.append(failure)

    thread = threading.Thread(target=serve, name=f"server-{bound_port}", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread, failures)
        yield f"http://{host}:{bound_port}"
    finally:
        server.should_exit = True
        thread.join(_STOP_TIMEOUT_S)
        listener.close()
        if thread.is_alive():
            raise RuntimeError(f"the server on port {bound_port} did not stop")
    if failures:
        raise RuntimeError("the server broke down while it ran") from failures[0]


def _listen(host: str, port: int) -> socket.socket:
    # Only with the protocol named does asyncio set TCP_NODELAY, else each answer costs 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _wait_until_started(
    server: uvicorn.Server, thread: threading.Thread, failures: list[BaseException]
) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive():
            cause = failures[0] if failures else None
            raise RuntimeError("the server ended before it started: see its log") from cause
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start in {_START_TIMEOUT_S} s")
        time.sleep(0.005)
