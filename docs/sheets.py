"""Draw contact sheets of what greybox makes: one row a brief, four views each.

    python docs/sheets.py                       every kind and figure, to docs/pictures/
    python docs/sheets.py one.png sword:"broad curved sword" potion:"red potion" …

A row is `kind:words`; `kind:seed:words` takes another seed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from asset_forge.glb.render import (
    View,
    contact_sheet,
    load_scene,
    render_view,
    single_fit,
)
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.model import make_model
from asset_forge.greybox.shapes import EXAMPLES, example_brief

PICTURES = Path(__file__).parent / "pictures"
VIEWS = (View(0, 8, 24), View(40, 22, 24), View(90, 8, 24), View(200, 30, 24))
VIEW_PX = 256
ROWS_A_SHEET = 10
BACKGROUND = (228, 230, 233)
FIGURES = (
    "town guard in a red tunic",
    "woman in a green dress with long blonde hair",
    "boy in a blue shirt",
    "dwarf smith with a red beard",
    "goblin thief in a dark hood",
    "orc in heavy plate armour",
    "skeleton",
    "old wizard in a blue robe with a long white beard",
)


def brief_for(kind: str, words: str, seed: int = 1) -> Brief:
    """Return the brief of a row."""
    faces = 20_000 if kind == "humanoid" else 6_000
    return example_brief(kind, words, seed=seed, face_budget=faces)


def four_views(brief: Brief) -> list[Image.Image]:
    """Make an asset and draw it from four sides."""
    scene = load_scene(make_model(brief).glb, texture_limit_px=1024)
    points = scene.drawn_points
    fits = [single_fit(points, view) for view in VIEWS]
    return [
        render_view(scene, view, size_px=VIEW_PX, background=BACKGROUND, fit=fit)
        for view, fit in zip(VIEWS, fits, strict=True)
    ]


def main(arguments: list[str]) -> None:
    if arguments:
        target, *rows = arguments
        briefs = [_parsed(row) for row in rows]
        labelled = [(f"{b.subtype}: {b.name} ({b.effective_seed})", four_views(b)) for b in briefs]
        Path(target).write_bytes(contact_sheet(labelled, thumbnail_px=VIEW_PX))
        return
    PICTURES.mkdir(exist_ok=True)
    kinds = list(EXAMPLES.items())
    for number, first in enumerate(range(0, len(kinds), ROWS_A_SHEET), start=1):
        _write(f"kinds-{number}.png", kinds[first : first + ROWS_A_SHEET])
    _write("figures.png", [("humanoid", words) for words in FIGURES])


def _write(name: str, rows: Sequence[tuple[str, str]]) -> None:
    labelled = [
        (f"{kind.replace('_', ' ')}: {words}", four_views(brief_for(kind, words)))
        for kind, words in rows
    ]
    (PICTURES / name).write_bytes(contact_sheet(labelled, thumbnail_px=VIEW_PX))
    print(PICTURES / name)


def _parsed(row: str) -> Brief:
    kind, _, words = row.partition(":")
    seed, colon, rest = words.partition(":")
    return brief_for(kind, rest, int(seed)) if colon else brief_for(kind, words)


if __name__ == "__main__":
    main(sys.argv[1:])
