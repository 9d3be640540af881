"""Seconds and peak memory that greybox takes for one asset of each kind on this machine.

Run with `make bench`. Each figure is the median of three, wall time, imports left out; each kind
has a process of its own, whose peak memory (MB) is what the whole of its work took, Python and
numpy included.
"""

import multiprocessing
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.render import render_concept, render_sprites
from asset_forge.greybox.model import make_model
from asset_forge.greybox.picture import model_from_picture
from asset_forge.greybox.retexture import retexture
from asset_forge.greybox.rig import rig_character
from asset_forge.greybox.shapes import EXAMPLES, example_brief

ROUNDS = 3
COLUMNS = (
    "kind", "triangles", "GLB MB", "model", "concept", "retexture", "8 sprites", "picture", "rig",
    "peak MB",
)  # fmt: skip


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(f"Python {platform.python_version()}, median of {ROUNDS}, seconds\n")
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    with ProcessPoolExecutor(
        max_workers=1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        for cells in pool.map(measure, EXAMPLES):
            print(f"| {' | '.join(cells)} |", flush=True)


def measure(kind: str) -> list[str]:
    """Return the row of a kind; runs in a process of its own."""
    is_avatar = kind == "humanoid"
    faces = 20_000 if is_avatar else 6_000
    brief = example_brief(kind, face_budget=faces, texture_px=2048)
    glb = make_model(brief).glb
    picture = render_concept(glb)
    works: list[Callable[[], Any]] = [
        lambda: make_model(brief),
        lambda: render_concept(glb),
        lambda: retexture(glb, preset_id="bronze", style_prompt="warm bronze", category="metal"),
        lambda: render_sprites(glb),
        lambda: model_from_picture(picture, kind=kind, texture_px=2048),
    ]
    if is_avatar:
        works.append(lambda: rig_character(glb))
    shown = [f"{seconds(work):.2f}" for work in works]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    triangles, size_mb = f"{inspect_glb(glb).triangle_count:,}", f"{len(glb) / 1e6:.1f}"
    return [kind, triangles, size_mb, *shown, *([] if is_avatar else [""]), f"{peak_mb:.0f}"]


def seconds(work: Callable[[], Any]) -> float:
    """Return the median wall time of a piece of work."""
    taken = []
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started_at)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
