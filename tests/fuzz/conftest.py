"""One live service with quick makers for all that is sent, and a count of it at the end."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.world import make_world
from tests.fuzz.traffic import TALLY, Traffic
from tests.support.service import LiveService, live, quick, settings_for

_SENT, _BROKEN = "fuzz_sent", "fuzz_broken"


@pytest.fixture(scope="session", autouse=True)
def whole_numpy() -> None:
    """Hypothesis looks into numpy, which no worker's thread must be importing just then."""
    importlib.import_module("numpy")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A live service of greybox whose work costs nothing, with the world of the contract.

    Tests that change an asset use one of their own.
    """
    settings = settings_for(tmp_path_factory.mktemp("fuzzed"), forge_max_active=50)
    make_world(settings.asset_output_dir)
    with live(settings, instead=quick()) as service:
        yield service


@pytest.fixture
def traffic(service: LiveService) -> Iterator[Traffic]:
    """What is sent; the service must be well afterwards."""
    traffic = Traffic(service)
    yield traffic
    traffic.assert_well()


@pytest.fixture(autouse=True)
def counted(record_property: Any) -> Iterator[None]:
    """Let the report of a test say how many requests it has sent."""
    sent, broken = TALLY.sent, TALLY.broken
    yield
    record_property(_SENT, TALLY.sent - sent)
    record_property(_BROKEN, TALLY.broken - broken)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how much was sent in all; with xdist only when tests/fuzz was named."""
    counts = {_SENT: 0, _BROKEN: 0}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name in counts and report.when == "teardown":
                    counts[name] += value
    if counts[_SENT]:
        terminalreporter.write_line(
            f"hostile requests sent: {counts[_SENT]:,}, answered wrongly: {counts[_BROKEN]}"
        )
