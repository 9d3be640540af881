"""What the tests of GreyboxProvider share: a pool of threads, quick makers, the wait for an end."""

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from asset_forge.errors import Refused
from asset_forge.providers.base import Job, TaskKind, TaskStatus
from asset_forge.providers.greybox import GreyboxProvider

T = TypeVar("T")
IMAGE = TaskKind.IMAGE_TO_3D


def glb(name: str) -> bytes:
    """A GLB as far as its header is looked at."""
    return struct.pack("<4sII", b"glTF", 2, 12 + len(name)) + name.encode()


class ThreadPool:
    """Runs jobs in threads, when the gate is open."""

    def __init__(self, answer: Any = None) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.labels: list[str] = []
        self.calls: list[tuple[Any, ...]] = []
        self._answer = answer

    async def run(self, function: Callable[..., T], *args: Any, timeout_s: float, label: str) -> T:
        assert timeout_s > 0
        self.labels.append(label)
        self.calls.append(args)
        await self.gate.wait()
        if self._answer is not None:
            answer: T = self._answer
            return answer
        return await asyncio.to_thread(function, *args)


def make_quickly(order: dict[str, Any], folder: str) -> dict[str, Any]:
    """Write files as greybox would."""
    is_rig = order["kind"] == "rigging"
    names = ["rigged", "running", "walking"] if is_rig else ["model"]
    for name in names:
        (Path(folder) / f"{name}.glb").write_bytes(glb(name))
    return {"outputs": names, "notes": {"kind": "sword"}}


def refuse(_order: dict[str, Any], _folder: str) -> dict[str, Any]:
    raise Refused("the figure's arms are not spread")


def break_down(_order: dict[str, Any], _folder: str) -> dict[str, Any]:
    raise IndexError("index 7 is out of bounds")


def provider(pool: ThreadPool, scratch: Path, **changes: Any) -> GreyboxProvider:
    return GreyboxProvider(
        pool=pool, scratch=scratch, carry_out=changes.pop("carry_out", make_quickly), **changes
    )


async def finished(greybox: GreyboxProvider, kind: TaskKind, task_id: str) -> TaskStatus:
    async with asyncio.timeout(10):
        while True:
            status = await greybox.poll(kind, task_id)
            if status.state.is_final:
                return status
            await asyncio.sleep(0.001)


async def done(greybox: GreyboxProvider, job: Job) -> tuple[str, TaskStatus]:
    task_id = await greybox.submit(job)
    return task_id, await finished(greybox, job.kind, task_id)
