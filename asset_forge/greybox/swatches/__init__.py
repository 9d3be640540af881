"""Painters, one file a family of materials: `paint(surface, canvas) -> Paint`."""

from collections.abc import Callable

from asset_forge.greybox.canvas import Canvas, Paint
from asset_forge.greybox.surfaces import Family, Surface
from asset_forge.greybox.swatches import (
    body,
    cloth,
    finishes,
    food,
    glass,
    hide,
    metal,
    mineral,
    paper,
    plant,
    wood,
)

_PAINTERS: dict[Family, Callable[[Surface, Canvas], Paint]] = {
    "metal": metal.paint,
    "wood": wood.paint,
    "leather": hide.paint_leather,
    "scale": hide.paint_scales,
    "cloth": cloth.paint,
    "stone": mineral.paint_stone,
    "bone": mineral.paint_bone,
    "gem": mineral.paint_gem,
    "skin": body.paint_skin,
    "hair": body.paint_hair,
    "plain": body.paint_plain,
    "bark": plant.paint_bark,
    "leaf": plant.paint_leaf,
    "thatch": plant.paint_thatch,
    "liquid": glass.paint_liquid,
    "paper": paper.paint,
    "food": food.paint,
}


def paint(surface: Surface, canvas: Canvas) -> Paint:
    """Paint one chart in a surface, wear and finish included."""
    return finishes.apply(surface, canvas, _PAINTERS[surface.family](surface, canvas))
