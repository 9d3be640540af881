"""Seconds that greybox takes for one asset of each kind, in one process on this machine.

Run with `make bench`. Each figure is the median of three, wall time, imports left out.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.render import render_concept, render_sprites
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.model import make_model
from asset_forge.greybox.picture import model_from_picture
from asset_forge.greybox.retexture import retexture
from asset_forge.greybox.rig import rig_character
from asset_forge.greybox.shapes import EXAMPLES

ROUNDS = 3


def seconds(work: Callable[[], Any]) -> float:
    """Return the median wall time of a piece of work."""
    taken = []
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started_at)
    return statistics.median(taken)


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(f"Python {platform.python_version()}, median of {ROUNDS}, seconds\n")
    print("| kind | triangles | GLB MB | model | concept | retexture | 8 sprites | picture | rig |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, words in EXAMPLES.items():
        avatar = kind == "humanoid"
        brief = Brief(
            name=words,
            type="character" if avatar else "item",
            subtype=kind,
            generation_type="avatar" if avatar else "item",
            seed=1,
            face_budget=20_000 if avatar else 6_000,
            texture_px=2048,
        )
        model = make_model(brief)
        picture = render_concept(model.glb)
        bronze = {"preset_id": "bronze", "style_prompt": "warm bronze", "category": "metal"}
        cells = [
            seconds(lambda b=brief: make_model(b)),
            seconds(lambda g=model.glb: render_concept(g)),
            seconds(lambda g=model.glb, p=bronze: retexture(g, **p)),
            seconds(lambda g=model.glb: render_sprites(g)),
            seconds(lambda p=picture, k=kind: model_from_picture(p, kind=k, texture_px=2048)),
        ]
        shown = " | ".join(f"{cell:.2f}" for cell in cells)
        rig = f"{seconds(lambda g=model.glb: rig_character(g)):.2f}" if avatar else ""
        triangle_count = inspect_glb(model.glb).triangle_count
        size_mb = len(model.glb) / 1e6
        columns = [kind, f"{triangle_count:,}", f"{size_mb:.1f}", shown, rig]
        print(f"| {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()
