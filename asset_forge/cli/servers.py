"""Running the service: for good (`serve`), or in a thread for the length of a command."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog
from starlette.applications import Starlette

from asset_forge.app import create_app
from asset_forge.cli.stopping import StoppableServer, StopSignal
from asset_forge.errors import ForgeError, Unavailable
from asset_forge.image_server import create_image_server
from asset_forge.settings import Settings
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.sharing import holder_of, tell_address
from asset_forge.wiring import hosted_folder

log = structlog.get_logger()

START_TIMEOUT_S = 30.0


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


@contextlib.asynccontextmanager
async def _opened(app: Starlette) -> AsyncIterator[None]:
    """Keep an application open. Raises ForgeError when it cannot be opened."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(app.router.lifespan_context(app))
        except ForgeError:
            raise
        except OSError as error:
            what = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
            raise ForgeError(f"The service could not be started: {what or error}") from error
        except Exception as error:
            log.exception("service_not_started")
            raise ForgeError("The service could not be started; the log above says why") from error
        yield


def _api_server(
    app: Starlette, settings: Settings, *, at_rest: Callable[[], None] = lambda: None
) -> StoppableServer:
    async def come_to_rest() -> None:
        await app.state.services.runner.close()
        at_rest()

    return StoppableServer(
        app, forwarded_allow_ips=settings.forwarded_allow_ips, come_to_rest=come_to_rest
    )


async def serve_until_stopped(settings: Settings, announce: Callable[[], None]) -> None:
    """Run the API and the image server in this process until SIGINT or SIGTERM.

    `announce` is called when both can be reached. Raises ForgeError when something is in the way.
    """
    with contextlib.ExitStack() as stack:
        api_socket = stack.enter_context(_listen(settings.api_host, settings.api_port, "API_PORT"))
        image_socket = stack.enter_context(
            _listen(settings.api_host, settings.image_server_port, "IMAGE_SERVER_PORT")
        )
        app = create_app(settings)
        images = StoppableServer(
            create_image_server(hosted_folder(settings)),
            forwarded_allow_ips=settings.forwarded_allow_ips,
        )

        def stop_images() -> None:
            images.should_exit = True

        api = _api_server(app, settings, at_rest=stop_images)

        def stop() -> None:
            opened = getattr(app.state, "services", None)
            if opened is not None:
                opened.runner.stop_taking_work()
            api.should_exit = True

        async def serve_and_stop(server: StoppableServer, listener: socket.socket) -> None:
            # When one of the two ends, however that came, the other must not live on alone.
            try:
                await server.serve(sockets=[listener])
            finally:
                api.should_exit = images.should_exit = True

        stack.enter_context(StopSignal(stop))
        async with _opened(app):
            tell_address(_state_dir(settings), _address(settings))
            announce()
            await asyncio.gather(
                serve_and_stop(api, api_socket), serve_and_stop(images, image_socket)
            )


@contextlib.contextmanager
def service_for_a_command(settings: Settings, *, resumes: bool = True) -> Iterator[str]:
    """Run the API on a free port in a thread; yield its address. Raises ForgeError.

    Unless it `resumes`, it leaves the pipelines of an earlier run alone.
    """
    listener = _listen("127.0.0.1", 0, "API_PORT")
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_app(settings, resumes=resumes)
    server = _api_server(app, settings)
    failures: list[BaseException] = []

    async def serve() -> None:
        async with _opened(app):
            await server.serve(sockets=[listener])

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
                runner.run(serve())
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits
            failures.append(failure)

    thread = threading.Thread(target=run, name="asset-forge")
    thread.start()
    try:
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            if not thread.is_alive() and failures:
                raise failures[0]
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
def running_or_own(
    settings: Settings, server: str | None, *, resumes: bool = True
) -> Iterator[ServiceForCommand]:
    """Yield the service that is named, the one that runs, or a new one. Raises ForgeError.

    Unless it `resumes`, a new one leaves the pipelines of an earlier run alone.
    """
    if server is not None:
        address = (server if "://" in server else f"http://{server}").rstrip("/")
        if not is_running(address):
            raise ForgeError(
                f"No Asset Forge answers at {address}; start one with asset-forge serve, or leave "
                "--server out"
            )
        yield ServiceForCommand(address, is_own=False)
        return
    address = _address(settings)
    if is_running(address):
        yield ServiceForCommand(address, is_own=False)
        return
    with contextlib.ExitStack() as stack:
        try:
            service = ServiceForCommand(
                stack.enter_context(service_for_a_command(settings, resumes=resumes)),
                is_own=True,
            )
        except Unavailable as error:
            address = _address_of_holder(settings)
            if error.error_code != "root_in_use" or not is_running(address):
                raise
            # It runs, on another port than this command was told.
            service = ServiceForCommand(address, is_own=False)
        yield service


def _address(settings: Settings) -> str:
    """Return where a service with these settings answers on this machine."""
    host = "127.0.0.1" if settings.api_host in ("0.0.0.0", "::") else settings.api_host  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.api_port}"


def _address_of_holder(settings: Settings) -> str:
    """Return where the service answers that has the asset folder, empty when it does not say."""
    holder = holder_of(_state_dir(settings))
    is_here = holder is not None and holder.machine == socket.gethostname()
    return holder.address if holder is not None and is_here else ""


def _state_dir(settings: Settings) -> Path:
    return AssetRoot(settings.asset_output_dir).state_dir
