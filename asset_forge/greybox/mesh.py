"""The shapes that greybox's makers hand to each other: `Part` and `Shape`, checked at creation.

No geometry is made here (see `solids`), no pixel is painted (see `surfaces` and `bake`).

Frame: metres, Y up, facing +Z, counter-clockwise triangles seen from outside. Weapons: the grip
at the origin, blade up +Y, edge to +X. Items: centred over the origin, standing on y = 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """One closed piece of a shape, made of one surface.

    positions: (V, 3) float64, metres. triangles: (T, 3) int64 indices into positions.
    normals: (V, 3) float64, unit length. uvs: (V, 2) float64, 0..1 of the part's own chart.
    slot: key into `Shape.surfaces`. chart_m: width and height in metres of the chart's unit
    square, measured from the geometry when None. tint: (V, 3) float64 factors on the surface's
    base colour (1 = as it is), baked into the texture. chart: parts that name the same chart share
    one piece of the texture (for repeated pieces such as nails). open: the part is meant to have
    a border.
    """

    name: str
    positions: Floats
    triangles: Ints
    normals: Floats
    uvs: Floats
    slot: str
    chart_m: tuple[float, float] | None = None
    tint: Floats | None = None
    chart: str | None = None
    open: bool = False

    def __post_init__(self) -> None:
        count = len(self.positions)
        for label, array, width in (
            ("positions", self.positions, 3),
            ("normals", self.normals, 3),
            ("uvs", self.uvs, 2),
        ):
            if array.shape != (count, width):
                raise ValueError(f"part {self.name!r}: {label} has shape {array.shape}")
        if self.triangles.ndim != 2 or self.triangles.shape[1] != 3:
            raise ValueError(f"part {self.name!r}: triangles has shape {self.triangles.shape}")
        if len(self.triangles) and not 0 <= self.triangles.min() <= self.triangles.max() < count:
            raise ValueError(f"part {self.name!r}: a triangle points outside the vertices")
        if self.tint is not None and self.tint.shape != (count, 3):
            raise ValueError(f"part {self.name!r}: tint has shape {self.tint.shape}")


@dataclass(frozen=True, eq=False)
class Shape:
    """A whole asset before it is painted.

    surfaces: slot → surface words such as "steel", "red leather" or "rusty iron"; the first slot
    is the main body, the one that a new material replaces first.
    note: what the maker wants to tell about how it read the brief, or None.
    """

    kind: str
    parts: tuple[Part, ...]
    surfaces: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None

    def __post_init__(self) -> None:
        missing = {part.slot for part in self.parts} - set(self.surfaces)
        if missing:
            raise ValueError(f"shape {self.kind!r}: no surface for slots {sorted(missing)}")

    @classmethod
    def of(cls, kind: str, parts: Sequence[Part], surfaces: Mapping[str, str]) -> Self:
        """Make a shape of parts, with those of the surfaces that any part is made of."""
        used = {part.slot for part in parts}
        return cls(kind, tuple(parts), {k: v for k, v in surfaces.items() if k in used})

    @property
    def triangle_count(self) -> int:
        """Triangles over all parts."""
        return sum(len(part.triangles) for part in self.parts)

    @property
    def bounds_m(self) -> tuple[Floats, Floats]:
        """Lower and upper corner, each (3,) float64, metres."""
        points = np.concatenate([part.positions for part in self.parts])
        return points.min(axis=0), points.max(axis=0)
