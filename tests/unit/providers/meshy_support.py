"""What the tests of MeshyProvider share: a provider over the fake Meshy, and how tasks end."""

import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.errors import ProviderUnreachable
from asset_forge.providers.base import Job, TaskKind, TaskState, TaskStatus
from asset_forge.providers.meshy import MeshyProvider
from tests.fakes import faults
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.pictures import data_uri, png
from tests.unit.providers.support import FakeTime, shape_job

URL = "http://meshy.test"
IMAGE = TaskKind.IMAGE_TO_3D
CREATE = "POST /openapi/v1/image-to-3d"


async def present(_path: Path) -> str:
    return data_uri(png(size_px=64))


def provider(client: httpx.AsyncClient, **changes: Any) -> MeshyProvider:
    time = FakeTime()
    values: dict[str, Any] = {
        "client": client,
        "base_url": URL,
        "api_key": MESHY_KEY,
        "present_picture": present,
        "poll_interval_s": 0.01,
        "clock": time.clock,
        "sleep": time.sleep,
        "rng": random.Random(3),
    }
    return MeshyProvider(**{**values, **changes})


async def finished(meshy: MeshyProvider, kind: TaskKind, task_id: str) -> TaskStatus:
    for _ in range(10):
        status = await meshy.poll(kind, task_id)
        if status.state.is_final:
            return status
    raise AssertionError("the task does not end")


async def base_model(meshy: MeshyProvider, **changes: Any) -> str:
    task_id = await meshy.submit(shape_job(**changes))
    assert (await finished(meshy, IMAGE, task_id)).state is TaskState.SUCCEEDED
    return task_id


async def lose(meshy: MeshyProvider, fake: FakeMeshy, job: Job) -> None:
    """Submit a job whose task is made, and whose answer never comes."""
    fake.faults.add(faults.dropped(work_done=True), on="POST")
    with pytest.raises(ProviderUnreachable):
        await meshy.submit(job)
