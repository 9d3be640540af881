"""Grip and orientation of every kind of weapon that greybox makes, by the outline of the shape."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Shape
from asset_forge.greybox.shapes import build_shape
from asset_forge.greybox.sight import FRAME_PX, find_grip, find_orientation
from tests.unit.greybox_picture import pictures

MARGIN_PX = 10
# Names of the parts, or of their slots, that a hand goes round, the surest first.
HELD = (("grip", "wrap", "handle"), ("haft", "shaft", "stock", "stick", "limb"))
NAMED = {"wand": "wand", "spear": "spear", "crossbow": "crossbow", "pickaxe": "pickaxe",
         "hatchet": "axe"}  # fmt: skip


def shape_of(kind: str, words: str, seed: int) -> Shape:
    brief = Brief(
        name=words, type="weapon", subtype=kind, generation_type="item", seed=seed,
        face_budget=3000, texture_px=256,
    )  # fmt: skip
    return build_shape(kind, brief)


def outline(shape: Shape) -> tuple[Image.Image, float]:
    """The shape seen from the front, upright, and how many pixels a metre is."""
    low, high = (np.asarray(corner) for corner in shape.bounds_m)
    scale = (FRAME_PX - 2 * MARGIN_PX) / float((high - low)[:2].max())
    middle = (low + high) / 2
    image = Image.new("RGBA", (FRAME_PX, FRAME_PX), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for part in shape.parts:
        points = (part.positions - middle) * scale * (1, -1, 1) + FRAME_PX / 2
        for corners in points[part.triangles][:, :, :2]:
            draw.polygon([(float(x), float(y)) for x, y in corners], fill=(150, 150, 150, 255))
    return image, scale


def held_rows(shape: Shape, scale: float) -> tuple[float, float]:
    """First and last row of what a hand goes round."""
    low, high = (np.asarray(corner) for corner in shape.bounds_m)
    for words in HELD:
        heights = [
            part.positions[:, 1]
            for part in shape.parts
            if any(word in f"{part.name} {part.slot}".lower() for word in words)
        ]
        if heights:
            y = np.concatenate(heights)
            rows = FRAME_PX / 2 - (np.array([y.max(), y.min()]) - (low + high)[1] / 2) * scale
            return float(rows[0]), float(rows[1])
    raise AssertionError(f"no part of a {shape.kind} is held")


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("manner", ["iron", "large ornate golden"])
@pytest.mark.parametrize(
    "kind",
    [
        "sword", "dagger", "axe", "mace", "hammer", "spear", "staff", "wand", "crossbow", "pickaxe",
        "hatchet",
    ],
)  # fmt: skip
def test_weapon_of_any_kind_is_held_where_its_grip_is(kind: str, manner: str, seed: int) -> None:
    shape = shape_of(kind, f"{manner} {kind}", seed)
    image, scale = outline(shape)
    found = find_grip(pictures.encode(image))
    first, last = held_rows(shape, scale)
    assert first - 8 < (found.min_y + found.max_y) / 2 < last + 8
    assert found.weapon_type == NAMED.get(kind, found.weapon_type)
    upright = find_orientation(pictures.encode(image))
    turned = find_orientation(pictures.encode(image.rotate(180)))
    assert (upright.needs_flip, turned.needs_flip) == (False, True)
