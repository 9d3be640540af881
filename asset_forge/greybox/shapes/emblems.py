"""Signs in relief: a crown, a star, a sun, a moon, a cross, a heart, a head in profile.

For coins, covers, seals and pendants. All fit a circle of radius 1 around the origin, in XY.
"""

import numpy as np

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.solids import Solid, circle, ellipsoid, extrude, merge

EMBLEMS = ("crown", "star", "sun", "moon", "cross", "heart", "head")
_WORDS = {
    "crown": ("crown", "royal", "king", "king's", "queen"),
    "star": ("star", "stars", "magic", "arcane", "pentagram"),
    "sun": ("sun", "holy", "light", "solar"),
    "moon": ("moon", "crescent", "lunar", "night"),
    "cross": ("cross", "faith", "prayer", "bible"),
    "heart": ("heart", "love", "life"),
    "head": ("head", "bust", "portrait", "emperor"),
}
_HAIR = [
    (0.50, 0.56), (0.28, 0.82), (-0.06, 0.91), (-0.42, 0.79), (-0.64, 0.48), (-0.66, 0.12),
    (-0.52, -0.16), (-0.30, -0.20), (-0.24, 0.04), (-0.16, 0.22), (0.10, 0.36), (0.34, 0.44),
]  # fmt: skip
_HEAD = [
    (-0.52, -0.90), (0.42, -0.92), (0.30, -0.66), (0.22, -0.50), (0.34, -0.44), (0.50, -0.40),
    (0.56, -0.28), (0.50, -0.20), (0.56, -0.12), (0.54, -0.02), (0.68, 0.06), (0.56, 0.22),
    (0.53, 0.42), (0.46, 0.60), (0.26, 0.78), (-0.06, 0.86), (-0.38, 0.74), (-0.58, 0.46),
    (-0.60, 0.14), (-0.44, -0.14), (-0.34, -0.44),
]  # fmt: skip


def emblem_said(words: tuple[str, ...]) -> str | None:
    """Return the emblem that words name."""
    return next((name for name, said in _WORDS.items() if set(said) & set(words)), None)


def relief(name: str, size: float, height: float) -> Solid:
    """Raise an emblem, (radius) size, by height along +Z out of z = 0; it is rooted below."""
    solid = merge(*_SOLIDS[name](height))
    points = solid.positions * (size, size, 1.0)
    # Shallow behind, so that it does not come out on the other side of a coin.
    points[:, 2] *= np.where(points[:, 2] < 0, 0.3, 1.0)
    return solid.bent(points)


def star_outline(points: int, inner: float) -> Floats:
    """Return a star with a point up, counter-clockwise, of radius 1."""
    turn = np.pi / 2 + np.arange(2 * points) * np.pi / points
    radius = np.where(np.arange(2 * points) % 2 == 0, 1.0, inner)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def heart_outline(count: int = 28) -> Floats:
    """Return a heart, counter-clockwise, of about radius 1."""
    t = np.pi / 2 - np.arange(count) * (2 * np.pi / count) + np.pi / 2
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    outline = np.stack([x, y + 2.5], axis=1) / 17.0
    return outline if _area(outline) > 0 else outline[::-1]


def moon_outline(count: int = 12) -> Floats:
    """Return a crescent that opens to +X, counter-clockwise, of radius 1."""
    turn = np.linspace(0.22 * np.pi, 1.78 * np.pi, count)
    outer = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    ends = outer[[-1, 0]]
    middle, reach = 0.36, 0.73
    low = np.arctan2(ends[0, 1], ends[0, 0] - middle)
    turn_back = np.linspace(2 * np.pi + low, 2 * np.pi - (2 * np.pi + low), count)[1:-1]
    inner = np.stack([middle + reach * np.cos(turn_back), reach * np.sin(turn_back)], axis=1)
    return np.concatenate([outer, inner])


def cross_outline(arm: float = 0.24) -> Floats:
    """Return a cross with flared ends and a long foot, counter-clockwise."""
    a, f = arm, arm * 1.55
    return np.array([
        (-f, -1.0), (f, -1.0), (a * 0.8, 0.05), (0.74, 0.25 - f), (0.74, 0.25 + f),
        (a * 0.8, 0.42), (f, 1.0), (-f, 1.0), (-a * 0.8, 0.42), (-0.74, 0.25 + f),
        (-0.74, 0.25 - f), (-a * 0.8, 0.05),
    ])  # fmt: skip


def _plate(outline: Floats, height: float) -> Solid:
    flat = np.asarray(outline, dtype=np.float64)
    flat = flat if _area(flat) > 0 else flat[::-1]
    return extrude(flat, 2 * height, bevel=min(0.05, 0.8 * height))


def _crown(height: float) -> list[Solid]:
    outline = [(-0.72, -0.62), (0.72, -0.62), (0.78, -0.30), (0.92, 0.42), (0.46, 0.02),
               (0.0, 0.66), (-0.46, 0.02), (-0.92, 0.42), (-0.78, -0.30)]  # fmt: skip
    pearls = [ellipsoid(0.10, 0.10, height * 1.2, sides=8, rows=5).moved(x, y)
              for x, y in ((-0.92, 0.48), (0.0, 0.74), (0.92, 0.48))]  # fmt: skip
    band = extrude(np.array([(-0.78, -0.66), (0.78, -0.66), (0.80, -0.42), (-0.80, -0.42)]),
                   2.7 * height, bevel=0.03)  # fmt: skip
    return [_plate(np.array(outline), height), band, *pearls]


def _star(height: float) -> list[Solid]:
    return [_plate(star_outline(5, 0.42), height)]


def _sun(height: float) -> list[Solid]:
    disc = ellipsoid(0.50, 0.50, height * 1.6, sides=16, rows=7)
    return [_plate(star_outline(12, 0.62), height), disc]


def _moon(height: float) -> list[Solid]:
    return [_plate(moon_outline(), height)]


def _cross(height: float) -> list[Solid]:
    return [_plate(cross_outline(), height)]


def _heart(height: float) -> list[Solid]:
    return [_plate(heart_outline(), height)]


def _head(height: float) -> list[Solid]:
    """Cut a bust that looks to +X, with hair under a wreath, an ear and an eye."""
    ear = ellipsoid(0.07, 0.12, height * 1.35, sides=10, rows=7).moved(-0.14, 0.02)
    eye = extrude(circle(8), 2.3 * height, bevel=0.02).scaled(0.07, 0.04, 1.0).moved(0.34, 0.20)
    solids = [_plate(_rounded(np.array(_HEAD)), height), ear, eye]
    solids.append(_plate(_rounded(np.array(_HAIR)), 1.35 * height))
    for index in range(7):
        # Leaves lie along the border of the hair, from the nape to the brow.
        t = index / 6
        x, y = -0.40 + 0.84 * t, 0.12 + 0.44 * t - 0.10 * np.sin(np.pi * t)
        leaf = extrude(circle(8), 3.5 * height, bevel=0.10).scaled(0.13, 0.06, 1.0)
        solids.append(leaf.rotated("z", 48.0 - 20.0 * t).moved(x, y))
    return solids


_SOLIDS = {
    "crown": _crown,
    "star": _star,
    "sun": _sun,
    "moon": _moon,
    "cross": _cross,
    "heart": _heart,
    "head": _head,
}


def _rounded(outline: Floats) -> Floats:
    """Cut the corners of an outline."""
    after = np.roll(outline, -1, axis=0)
    woven: Floats = np.stack([0.75 * outline + 0.25 * after, 0.25 * outline + 0.75 * after], axis=1)
    return woven.reshape(-1, 2)


def _area(outline: Floats) -> float:
    x, y = outline[:, 0], outline[:, 1]
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)
