"""What stays in memory of a pipeline that has ended: an hour long, for each of them."""

import sys
from collections.abc import AsyncIterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.pictures import data_uri, noisy_png
from tests.support.service import preset
from tests.unit.services.workshop import Maker, Workshop, workshop

MOST_BYTES = 64 * 1024


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path, meshy=Maker("meshy", model=b"glTF" + bytes(2**20))) as opened:
        yield opened


def size_of(value: Any, seen: set[int] | None = None) -> int:
    """Return how many bytes hang on a value, and on what it holds; frames of errors count.

    The loop and classes belong to everybody.
    """
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, type) or callable(value):
        return 0
    seen.add(id(value))
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    elif is_dataclass(value):
        parts = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, BaseException):
        parts = [value.__dict__, value.args, value.__context__, value.__cause__]
        frame = value.__traceback__
        while frame is not None:
            parts.append(dict(frame.tb_frame.f_locals))
            frame = frame.tb_next
    elif type(value).__module__.startswith("asset_forge") and hasattr(value, "__dict__"):
        parts = [vars(value)]
    return sys.getsizeof(value) + sum(size_of(part, seen) for part in parts)


async def test_ended_pipeline_holds_neither_pictures_nor_models(shop: Workshop) -> None:
    """The model cannot be used, and that fails with an error from deep below."""
    picture = data_uri(noisy_png(6 * MOST_BYTES))
    assert len(picture) > 5 * MOST_BYTES
    record = await shop.generate(
        referenceImage={"dataUrl": picture}, materialPresets=[preset("bronze")]
    )
    await shop.runner.close()
    assert record.status == "failed"
    assert record.failure is not None
    assert size_of(record) < MOST_BYTES
