"""Workers for tests: threads in the place of processes, and small true files for costly work.

What a worker does in earnest is tested where it lives and by the tests that run real processes.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from asset_forge.domain.rendering import RenderOptions
from asset_forge.domain.sprite_sheets import SHEET_IMAGE, PackedFrame, PackedSheet, SpriteShot
from asset_forge.workers import WorkerPool
from tests.fakes import models, pictures

Work = Callable[..., Any]


class ThreadWorkers:
    """Fulfils WorkerPool with threads. `instead` names functions that something else stands for."""

    def __init__(
        self,
        *,
        worker_count: int | None = None,
        memory_limit_bytes: int | None = None,
        instead: Mapping[str, Work] | None = None,
    ) -> None:
        del memory_limit_bytes  # what a thread takes cannot be bounded
        self.worker_count = worker_count or 1
        self.busy_count = 0
        self._instead = dict(instead or {})

    async def run(self, job: Work, /, *args: Any, timeout_s: float, label: str, **more: Any) -> Any:
        work = self._instead.get(job.__name__, job)
        self.busy_count += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.to_thread(work, *args, **more)
        finally:
            self.busy_count -= 1

    async def warm_up(self, *modules: str) -> None:
        """Nothing has to be started."""

    async def close(self) -> None:
        """Nothing has to be ended."""


def thread_workers(instead: Mapping[str, Work] | None = None) -> WorkerPool:
    """Return threads where a WorkerPool is asked for."""
    threads: Any = ThreadWorkers(instead=instead)
    pool: WorkerPool = threads
    return pool


def quick_renderers() -> dict[str, Work]:
    """Stand for the renderers: files of the right names with a picture of 16 pixels."""
    return {
        "render_sprite_files": _sprite_files,
        "render_concept_file": _concept_file,
        "render_thumbnail_file": _concept_file,
    }


def quick_greybox() -> dict[str, Work]:
    """Stand for all the work of greybox: a box for a thing, a figure with clips for an avatar."""
    return {
        **quick_renderers(),
        "draw_concept_job": _draw,
        "carry_out": _carry_out,
        "grip_job": _find_grip,
        "orientation_job": _find_orientation,
    }


def _sprite_files(
    models: Sequence[str], folder: str, options: RenderOptions
) -> tuple[list[tuple[SpriteShot, str]], PackedSheet]:
    del models
    small = pictures.png(size_px=16)
    written = []
    for angle_deg in options.angles_deg:
        for frame in range(options.frame_count):
            shot = SpriteShot(angle_deg, options.animation, frame)
            path = Path(folder) / shot.file_name
            path.write_bytes(small)
            written.append((shot, str(path)))
    (Path(folder) / SHEET_IMAGE).write_bytes(small)
    frames = tuple(PackedFrame(shot, 0, 0, 16, 16, 0, 0, 16, 16) for shot, _ in written)
    return written, PackedSheet(16, 16, frames)


def _concept_file(source: str, destination: str, size_px: int) -> None:
    del source, size_px
    Path(destination).write_bytes(pictures.png(size_px=16))


def _draw(brief: Mapping[str, Any]) -> bytes:
    is_avatar = brief["generation_type"] == "avatar"
    subject = pictures.Subject.FIGURE if is_avatar else pictures.Subject.SWORD
    return pictures.png(subject, size_px=64)


def _carry_out(order: Mapping[str, Any], folder: str) -> dict[str, Any]:
    match order["kind"]:
        case "image-to-3d":
            is_avatar = order["brief"]["generation_type"] == "avatar"
            files = {"model": models.tpose_figure() if is_avatar else models.textured_box()}
        case "retexture":
            files = {"model": models.textured_box(colour=(200, 120, 40))}
        case _:
            files = {
                "rigged": models.rigged_figure(),
                "walking": models.rigged_figure("walking"),
                "running": models.rigged_figure("running"),
            }
    for name, data in files.items():
        (Path(folder) / f"{name}.glb").write_bytes(data)
    return {"outputs": sorted(files), "notes": {}}


def _find_grip(picture: bytes) -> dict[str, Any]:
    del picture
    return {
        "min_x": 230.0,
        "min_y": 360.0,
        "max_x": 280.0,
        "max_y": 460.0,
        "confidence": 0.9,
        "weapon_type": "sword",
        "description": "below the guard",
        "parts": {"blade": "up", "handle": "down", "guard": "between"},
    }


def _find_orientation(picture: bytes) -> dict[str, Any]:
    del picture
    return {"needs_flip": False, "current_orientation": "upright", "reason": "the blade is up"}
