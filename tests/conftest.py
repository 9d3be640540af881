"""What every test is given: a clean environment, and the service in process or live."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import certifi
import httpx
import pytest
import structlog

from asset_forge.app import create_app
from asset_forge.settings import Settings
from tests.support.service import (
    MAKERS,
    LiveService,
    live,
    opened,
    quick,
    service_variables,
    settings_for,
    workers_are,
)

_END = "-----END CERTIFICATE-----"


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no key, address, folder or proxy of the machine reach a test.

    Tests speak to loopback only, so one root certificate does: reading all of them costs each
    service that is started a tenth of a second.
    """
    certificates = Path(certifi.where()).read_text()
    one = tmp_path_factory.mktemp("certificates") / "one.pem"
    one.write_text(certificates[: certificates.index(_END) + len(_END)] + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(one))
        patch.setenv("NO_PROXY", "*")
        wanted = {name.lower() for name in service_variables()}
        for name in [name for name in os.environ if name.lower() in wanted]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log tracebacks as they are: showing every local of every frame takes seconds."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )


@pytest.fixture(scope="session", autouse=True)
def makers_end() -> Iterator[None]:
    """End the server of the fakes with the tests."""
    yield
    MAKERS.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a service of this test alone, with greybox and without keys."""
    return settings_for(tmp_path)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A service of this test alone, in process, in which greybox's work costs nothing."""
    with workers_are(quick()):
        async with opened(create_app(settings)) as client:
            yield client


@pytest.fixture(scope="session")
def greybox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """One live service of real greybox with one real worker, shared by all tests of a process.

    Tests that share it use asset ids of their own.
    """
    with live(settings_for(tmp_path_factory.mktemp("greybox"))) as service:
        yield service
