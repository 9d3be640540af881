"""One texture for all parts: where each part's chart lies in it, and the mesh that points there.

Nothing is painted here (see `bake`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asset_forge.greybox.mesh import Floats, Ints, Part
from asset_forge.greybox.packing import pack

# Charts begin and end on this grid, so that they hold whole texels at every texture size.
GRID = 256
# Border around a chart's content that is painted but not pointed at, against bleeding mipmaps.
_BORDER = 0.5 / GRID
# A small chart gets this much more texture than its size alone would give it.
_SMALL_CHART_BONUS = 0.22


@dataclass(frozen=True)
class Chart:
    """One rectangle of the texture, made of one surface.

    rect: left, top, width, height in steps of 1/GRID. size_m: what the rectangle measures on the
    surface, in metres.
    """

    slot: str
    rect: tuple[int, int, int, int]
    size_m: tuple[float, float]

    def pixels(self, texture_px: int) -> tuple[slice, slice]:
        """Return the rows and columns of a texture of the given edge."""
        scale = texture_px / GRID
        left, top, width, height = (round(value * scale) for value in self.rect)
        return slice(top, top + height), slice(left, left + width)

    @classmethod
    def from_extras(cls, content: Mapping[str, Any]) -> "Chart":
        """Read what `to_extras` wrote. Raises KeyError, TypeError or ValueError when damaged."""
        left, top, width, height = (int(value) for value in content["rect"])
        wide_m, tall_m = (float(value) for value in content["sizeM"])
        if not (0 <= left < left + width <= GRID and 0 <= top < top + height <= GRID):
            raise ValueError(f"a chart lies outside the texture: {content['rect']}")
        if not (wide_m > 0 and tall_m > 0):
            raise ValueError(f"a chart has no size: {content['sizeM']}")
        return cls(str(content["slot"]), (left, top, width, height), (wide_m, tall_m))

    def to_extras(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "slot": self.slot,
            "rect": list(self.rect),
            "sizeM": [round(value, 5) for value in self.size_m],
        }


@dataclass(frozen=True, eq=False)
class AtlasMesh:
    """All parts as one mesh.

    positions, normals: (V, 3) float64. triangles: (T, 3) int64. uvs: (V, 2) float64, 0..1 of the
    texture, origin top left. tint: (V, 3) float64 or None. chart_of: (T,) int64 into charts.
    """

    positions: Floats
    normals: Floats
    triangles: Ints
    uvs: Floats
    chart_of: Ints
    charts: tuple[Chart, ...]
    tint: Floats | None = None


def lay_out(parts: Sequence[Part]) -> AtlasMesh:
    """Give every part (or group of parts with one `chart` name) its place in the texture."""
    keys = [part.chart or f"#{index}" for index, part in enumerate(parts)]
    order = list(dict.fromkeys(keys))
    firsts = [parts[keys.index(key)] for key in order]
    sizes = np.array([part.chart_m or measured_chart(part) for part in firsts])
    area = sizes.prod(axis=1)
    bonus = (area / area.max()) ** (-_SMALL_CHART_BONUS / 2)
    wanted = sizes * bonus[:, None]
    corners, sheet = pack(wanted + 0.004 * wanted.max(), square=True)
    low = np.ceil(corners / sheet * GRID).astype(np.int64)
    high = np.floor((corners + wanted + 0.004 * wanted.max()) / sheet * GRID).astype(np.int64)
    high = np.minimum(np.maximum(high, low + 2), GRID)
    low = np.minimum(low, high - 2)

    charts = []
    for index, part in enumerate(firsts):
        left, top = (int(value) for value in low[index])
        width, height = (int(value) for value in high[index] - low[index])
        charts.append(
            Chart(
                part.slot,
                (left, top, width, height),
                (float(sizes[index, 0]), float(sizes[index, 1])),
            )
        )
    place = [order.index(key) for key in keys]
    uvs = [_placed(part.uvs, charts[at]) for part, at in zip(parts, place, strict=True)]
    offsets = np.cumsum([0, *(len(part.positions) for part in parts)])
    tint = None
    if any(part.tint is not None for part in parts):
        tint = np.concatenate(
            [np.ones((len(p.positions), 3)) if p.tint is None else p.tint for p in parts]
        )
    return AtlasMesh(
        positions=np.concatenate([part.positions for part in parts]),
        normals=np.concatenate([part.normals for part in parts]),
        triangles=np.concatenate(
            [part.triangles + offset for part, offset in zip(parts, offsets, strict=False)]
        ),
        uvs=np.concatenate(uvs),
        chart_of=np.repeat(np.array(place), [len(part.triangles) for part in parts]),
        charts=tuple(charts),
        tint=tint,
    )


def measured_chart(part: Part) -> tuple[float, float]:
    """Measure how many metres the unit square of a part's texture coordinates spans."""
    a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
    ta, tb, tc = (part.uvs[part.triangles[:, k]] for k in range(3))
    e1, e2, d1, d2 = b - a, c - a, tb - ta, tc - ta
    det = d1[:, 0] * d2[:, 1] - d2[:, 0] * d1[:, 1]
    good = np.abs(det) > 1e-12
    if not good.any():
        return 0.1, 0.1
    e1, e2, d1, d2, det = e1[good], e2[good], d1[good], d2[good], det[good][:, None]
    along_u = np.linalg.norm((e1 * d2[:, 1:] - e2 * d1[:, 1:]) / det, axis=1)
    along_v = np.linalg.norm((e2 * d1[:, :1] - e1 * d2[:, :1]) / det, axis=1)
    weight = np.linalg.norm(np.cross(e1, e2), axis=1) + 1e-15
    return (
        float(np.average(np.minimum(along_u, 10.0), weights=weight)),
        float(np.average(np.minimum(along_v, 10.0), weights=weight)),
    )


def _placed(uvs: Floats, chart: Chart) -> Floats:
    left, top, width, height = (value / GRID for value in chart.rect)
    inner = np.array([width - 2 * _BORDER, height - 2 * _BORDER])
    placed: Floats = np.array([left, top]) + _BORDER + np.clip(uvs, 0.0, 1.0) * inner
    return placed
