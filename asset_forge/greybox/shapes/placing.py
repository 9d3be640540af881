"""Moves of whole parts: turned, scaled to a real size, settled on the ground; and shading by place.

Small things are modelled in units of their own and brought to metres at the end.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.solids import rotation

Measure = Literal["height", "longest"]


def turned(parts: Iterable[Part], axis: str, degrees: float) -> list[Part]:
    """Turn parts about x, y or z through the origin, right-handed."""
    spin = rotation(axis, degrees).T
    return [
        replace(part, positions=part.positions @ spin, normals=part.normals @ spin)
        for part in parts
    ]


def shifted(parts: Iterable[Part], x: float = 0.0, y: float = 0.0, z: float = 0.0) -> list[Part]:
    """Move parts."""
    step = np.array([x, y, z])
    return [replace(part, positions=part.positions + step) for part in parts]


def scaled(parts: Iterable[Part], factor: float) -> list[Part]:
    """Scale parts about the origin, their charts with them."""
    return [
        replace(
            part,
            positions=part.positions * factor,
            chart_m=part.chart_m and (part.chart_m[0] * factor, part.chart_m[1] * factor),
        )
        for part in parts
    ]


def finished(
    brief: Brief, parts: Sequence[Part], size_m: float, *, measure: Measure = "longest"
) -> tuple[Part, ...]:
    """Bring parts to their real size and set them on y = 0, centred over the origin.

    size_m: metres of the height or of the longest side; words of size act on it, and the
    brief's own height_m takes its place.
    """
    wanted = brief.height_m or size_m * words.size_factor(brief)
    low, high = bounds(parts)
    extent = high - low
    now = float(extent[1] if measure == "height" else extent.max())
    return tuple(settled(scaled(parts, wanted / now)))


def settled(parts: Sequence[Part]) -> list[Part]:
    """Set parts on y = 0, the middle of their extent over the origin."""
    low, high = bounds(parts)
    middle = (low + high) / 2
    return shifted(parts, -float(middle[0]), -float(low[1]), -float(middle[2]))


def bounds(parts: Sequence[Part]) -> tuple[Floats, Floats]:
    """Return the lower and the upper corner of parts, each (3,)."""
    points = np.concatenate([part.positions for part in parts])
    return points.min(axis=0), points.max(axis=0)


def shaded(part: Part, tint_at: Callable[[Floats], Floats]) -> Part:
    """Tint a part by place: positions (V, 3) → factors on its colour, (V, 3) or (V,)."""
    tint = np.asarray(tint_at(part.positions), dtype=np.float64)
    if tint.ndim == 1:
        tint = np.repeat(tint[:, None], 3, axis=1)
    return replace(part, tint=tint)
