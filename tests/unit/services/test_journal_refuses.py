"""The disk refuses the journal, at each of its writes in turn: nothing is lost or bought twice."""

from pathlib import Path
from typing import Any

import pytest

from asset_forge.errors import StorageUnavailable
from asset_forge.pipeline.records import PipelineRecord
from tests.support.service import preset
from tests.unit.pipeline.engine import RefusingDisk, refusing_disk
from tests.unit.services.workshop import Artist, Maker, Workshop, Writer, config, workshop

REQUEST = {"assetId": "sword", "materialPresets": [preset("bronze")]}
MOST_TRANSACTIONS = 60


class World:
    """Makers, a folder and a disk of one case."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.writer, self.artist, self.meshy = Writer(), Artist(), Maker("meshy")

    def open(self) -> Any:
        return workshop(self.folder, writer=self.writer, artist=self.artist, meshy=self.meshy)

    def check_bills(self) -> None:
        """Hold what was bought against one of each: words, picture, shape, variant."""
        assert self.writer.calls <= 1
        assert len(self.artist.prompts) == 1
        assert len(self.meshy.jobs) == 2


async def started(shop: Workshop, disk: RefusingDisk) -> PipelineRecord:
    """Start the generation; when it is refused, nothing has happened and it can be sent again."""
    try:
        return await shop.generation.start(config(**REQUEST))
    except StorageUnavailable:
        assert shop.paid_calls == 0
        assert list(shop.registry.active()) == []
        assert shop.workspaces() == []
        disk.accept()
        return await shop.generation.start(config(**REQUEST))


async def run(world: World, disk: RefusingDisk, number: int, *, and_later: bool) -> bool:
    """Run one case and return whether a write was refused in it."""
    async with world.open() as shop:
        await shop.ledger.open()
        disk.refuse_transaction(number, and_later=and_later)
        record = await shop.end(await started(shop, disk))
        was_reached = disk.transactions >= number
        disk.accept()
        await shop.runner.close()
        shown = record.to_json()
    async with world.open() as shop:
        await shop.ledger.open()
        assert await shop.pipelines.resume() == 0
        assert (await shop.pipelines.get(record.id)).to_json() == shown
        if record.status == "failed" or record.wants_retry:
            record = await shop.end(await shop.pipelines.retry(record.id))
        assert record.status == "completed"
        assert not record.wants_retry
        assert shop.assets() == {"sword", "sword-bronze"}
        assert shop.ledger.credits_today == 20
        assert all(entry.charge.is_certain for entry in await shop.ledger.entries())
    world.check_bills()
    return was_reached


@pytest.mark.parametrize("and_later", [False, True], ids=["once", "from then on"])
async def test_each_write_refused_in_turn(tmp_path: Path, and_later: bool) -> None:
    with refusing_disk() as disk:
        for number in range(1, MOST_TRANSACTIONS):
            world = World(tmp_path / str(number))
            if not await run(world, disk, number, and_later=and_later):
                break
        else:
            pytest.fail("there are more writes than were looked at")
    assert number > 20
