"""The contract, line by line: every status, with its text and headers."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from asset_forge.app import create_app
from asset_forge.settings import Settings
from tests.contract import table_assets, table_making, table_texts
from tests.contract.case import Case
from tests.contract.world import make_world
from tests.support.assets import tree
from tests.support.service import opened, quick, settings_for, workers_are

CASES = [*table_assets.CASES, *table_making.CASES, *table_texts.CASES]
CHANGING = [case for case in CASES if case.status < 400 and case.method not in ("GET", "HEAD")]
QUIET = [case for case in CASES if case not in CHANGING]

Library = tuple[httpx.AsyncClient, Settings]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Library]:
    """One library for all cases that must leave it as it is."""
    settings = settings_for(tmp_path_factory.mktemp("library"))
    make_world(settings.asset_output_dir)
    with workers_are(quick()):
        async with opened(create_app(settings)) as client:
            yield client, settings


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", QUIET, ids=[case.name for case in QUIET])
async def test_read_or_refused_request_is_answered_by_contract_and_changes_nothing(
    case: Case, library: Library
) -> None:
    client, settings = library
    folder = settings.asset_output_dir.parent
    before = tree(folder)
    case.check(await case.ask(client))
    assert tree(folder) == before


@pytest.mark.parametrize("case", CHANGING, ids=[case.name for case in CHANGING])
async def test_change_is_answered_by_contract(
    case: Case, settings: Settings, client: httpx.AsyncClient
) -> None:
    make_world(settings.asset_output_dir)
    case.check(await case.ask(client))
