"""Running the service: for good (`serve`), or in a thread for the length of a command."""

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import uvicorn

from asset_forge.app import create_app
from asset_forge.errors import ForgeError
from asset_forge.image_server import create_image_server
from asset_forge.settings import Settings
from asset_forge.wiring import hosted_folder

START_TIMEOUT_S = 30.0


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it, since two of them share a process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it each answer
    # waits some 40 ms for the other side's delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ForgeError(
            f"Cannot listen on {host}:{port} ({error.strerror}); set {variable} to a free port, or "
            "stop what is there",
            code="port_taken",
        ) from None
    listener.listen(1024)
    return listener


def _server(app: object, settings: Settings) -> _Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # uvicorn's own protocol for ASGI apps is narrower
        log_config=None,
        access_log=settings.log_level == "debug",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    return _Server(config)


async def serve_until_stopped(settings: Settings, announce: Callable[[], None]) -> None:
    """Run the API and the image server in this process until SIGINT or SIGTERM.

    `announce` is called when both ports are taken. Raises ForgeError when one cannot be.
    """
    api_socket = _listen(settings.api_host, settings.api_port, "API_PORT")
    try:
        image_socket = _listen(settings.api_host, settings.image_server_port, "IMAGE_SERVER_PORT")
    except ForgeError:
        api_socket.close()
        raise
    announce()
    api = _server(create_app(settings), settings)
    images = _server(create_image_server(hosted_folder(settings)), settings)

    def stop() -> None:
        api.should_exit = images.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)

    async def serve_and_stop(server: _Server, listener: socket.socket) -> None:
        # When one of the two ends, however that came, the other must not live on alone.
        try:
            await server.serve(sockets=[listener])
        finally:
            stop()

    await asyncio.gather(serve_and_stop(api, api_socket), serve_and_stop(images, image_socket))
    if not api.started:
        raise ForgeError("The service could not be started; the log above says why")


@contextlib.contextmanager
def service_for_a_command(settings: Settings) -> Iterator[str]:
    """Run the API on a free port in a thread; yield its address. Raises ForgeError."""
    listener = _listen("127.0.0.1", 0, "API_PORT")
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = _server(create_app(settings), settings)
    thread = threading.Thread(target=server.run, args=([listener],), name="asset-forge")
    thread.start()
    try:
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > give_up_at:
                raise ForgeError("The service could not be started; the log above says why")
            time.sleep(0.02)
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def is_running(address: str) -> bool:
    """Tell whether an Asset Forge answers at an address."""
    try:
        answer = httpx.get(f"{address}/api/health", timeout=2.0).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False
    return isinstance(answer, dict) and "services" in answer and "status" in answer


def shows_pictures(address: str) -> bool:
    """Tell whether an image server of Asset Forge answers at an address."""
    try:
        answer = httpx.get(f"{address}/health", timeout=2.0).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False
    return isinstance(answer, dict) and answer.get("message") == "Image server is running"


@dataclass(frozen=True)
class ServiceForCommand:
    """A service that answers; `is_own` when it ends with the command."""

    address: str
    is_own: bool


@contextlib.contextmanager
def running_or_own(settings: Settings, server: str | None) -> Iterator[ServiceForCommand]:
    """Yield the service that is named, the one that runs, or a new one. Raises ForgeError."""
    if server is not None:
        address = (server if "://" in server else f"http://{server}").rstrip("/")
        if not is_running(address):
            raise ForgeError(
                f"No Asset Forge answers at {address}; start one with asset-forge serve, or leave "
                "--server out"
            )
        yield ServiceForCommand(address, is_own=False)
        return
    host = "127.0.0.1" if settings.api_host in ("0.0.0.0", "::") else settings.api_host  # noqa: S104 - compared, not bound
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.api_port}"
    if is_running(address):
        yield ServiceForCommand(address, is_own=False)
        return
    with service_for_a_command(settings) as own:
        yield ServiceForCommand(own, is_own=True)
