"""Live services with fakes of both makers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.service import LiveService, live_with_fakes


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    """A service of this test alone, with fakes that nothing has been asked of yet."""
    with live_with_fakes(tmp_path) as service:
        yield service
