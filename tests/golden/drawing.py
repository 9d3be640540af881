"""Draws a kind as its golden picture shows it: the example's words, two views side by side."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from asset_forge.glb.render import View, load_scene, render_view, single_fit
from asset_forge.greybox.model import make_model
from asset_forge.greybox.shapes import example_brief

PICTURES = Path(__file__).parent / "pictures"
VIEWS = (View(25, 15), View(205, 30))
VIEW_PX = 64
GROUND = (140, 144, 150)

Pixels = NDArray[np.uint8]


def draw(kind: str) -> Pixels:
    """Make a kind from its example and draw it: (VIEW_PX, 2 * VIEW_PX, 3) bytes."""
    brief = example_brief(kind, texture_px=256)
    scene = load_scene(make_model(brief).glb, texture_limit_px=128)
    points = scene.drawn_points
    views = [
        render_view(scene, view, size_px=VIEW_PX, background=GROUND, fit=single_fit(points, view))
        for view in VIEWS
    ]
    return np.concatenate([np.asarray(view.convert("RGB")) for view in views], axis=1)


def golden_path(kind: str) -> Path:
    return PICTURES / f"{kind}.png"


def read_golden(kind: str) -> Pixels:
    """Return the golden picture of a kind. Raises FileNotFoundError."""
    with Image.open(golden_path(kind)) as picture:
        return np.asarray(picture.convert("RGB"))
