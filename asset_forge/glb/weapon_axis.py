"""Where a weapon is held and which end of it is up, from its shape.

The surface is cut into 60 slices along its long axis; how wide, how thick and how heavy they are
tells guard, head and tip. Which of them means what depends on the kind of weapon.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.slices import (
    SLICE_COUNT,
    Slices,
    cut,
    extent_along,
    heavy_centres,
    shaft_width,
    slice_middles,
    wide_and_flat,
)
from asset_forge.glb.surface import (
    Stance,
    Surface,
    Vectors,
    nearest_turn,
    principal_axes,
    smallest_turn,
)

# A weapon less long than this, against its width, has no clear axis.
MIN_ELONGATION = 1.6
# Unless a head at one end makes a T of it.
_MIN_HEADED_ELONGATION = 0.7
# Below this, two ends (from -1 to 1) look too much alike to be told apart.
_CLEAR_ENDS = 0.3
# A blade that stands out so far from its chord is curved, as a share of its length.
_CURVED = 0.01
_MOST_HILT_TILT = 0.93  # cosine of 21 degrees
_UP = np.array([0.0, 1.0, 0.0])

# Where the hand is, from the lower end, for what has no guard to go by.
_GRIP_SHARES = {
    "sword": 0.13, "dagger": 0.22, "axe": 0.28, "hatchet": 0.25, "mace": 0.2, "hammer": 0.25,
    "pickaxe": 0.3, "spear": 0.45, "staff": 0.5, "wand": 0.2, "fishing_rod": 0.1, "arrow": 0.1,
    "crossbow": 0.3,
}  # fmt: skip
_DEFAULT_GRIP_SHARE = 0.2
_GUARDED = frozenset({"sword", "dagger"})
_HEADED = frozenset({"axe", "hatchet", "mace", "hammer", "pickaxe", "crossbow"})


def find_weapon_stance(surface: Surface, kind: str | None) -> Stance:
    """Find the grip, the way up and the edge of a weapon of a kind (see `domain.sizes`).

    The stance puts the grip at the origin, the blade or head up +Y, and the edge, or else the
    heavier side, to +X. What has no sides keeps the turn about its axis that it came with.
    """
    axis = _long_axis(surface, kind)
    slices = cut(surface, axis)
    across = extent_along(surface.points, wide_and_flat(surface, axis)[0])
    has_head = kind in _HEADED and abs(_lopsided(slices)) > 0.7
    if slices.length < (_MIN_HEADED_ELONGATION if has_head else MIN_ELONGATION) * across:
        return Stance(np.eye(3), surface.samples.mean(axis=0), 0.0, "it is not long enough")
    ends = _ends_rule(kind)(slices)
    note = None
    if abs(ends) < _CLEAR_ENDS:
        tilt = float(axis @ _UP)
        if abs(tilt) < 0.5:
            return Stance(np.eye(3), surface.samples.mean(axis=0), 0.0, "its ends look alike")
        # It stands already, if not quite straight: nobody turns over what came upright.
        ends, note = float(np.sign(tilt)) * 0.5, "its ends look alike, so it was not turned over"
    if ends < 0:
        slices = slices.flipped()
    if kind in _GUARDED:
        slices = _along_hilt(surface, slices)
    rotation = _turned_about_axis(surface, slices, kind)
    if _hangs_beside(kind):
        slices = replace(slices, centres=heavy_centres(surface, slices))
    return Stance(rotation, _grip(slices, kind), min(1.0, 0.5 + abs(ends) / 2), note)


def _long_axis(surface: Surface, kind: str | None) -> Vectors:
    """Return the direction of the shaft or blade, of either sign."""
    rows = principal_axes(surface.samples)[1]
    axis: Vectors = rows[0]
    if kind in _GUARDED:
        return axis
    lengths = [extent_along(surface.points, row) for row in rows[:2]]
    if lengths[0] < MIN_ELONGATION * lengths[1]:
        # A wide head may hold more of the area than its shaft; seen along the head, the shaft
        # stands out in the middle, seen along the shaft, the head stands out at an end.
        axis = max(rows[:2], key=lambda row: abs(_lopsided(cut(surface, row))))
    for _ in range(3):
        axis = _along_shaft(surface, axis, _hangs_beside(kind))
    return axis


def _along_hilt(surface: Surface, slices: Slices) -> Slices:
    """Cut a curved sword along its hilt instead of its chord: the hand holds the hilt."""
    guard = _guard(slices)
    if guard is None or abs(_bulge(slices, wide_and_flat(surface, slices.axis)[0])) < _CURVED:
        return slices
    end = int(guard[0] * SLICE_COUNT)
    hilt = slices.centres[:end][slices.weights[:end] > 0]
    if len(hilt) < 5:
        return slices
    along: Vectors = principal_axes(hilt)[1][0]
    along = along if along @ slices.axis > 0 else -along
    # A hilt may be bent itself; more than this is no hilt that was found.
    return cut(surface, along) if along @ slices.axis > _MOST_HILT_TILT else slices


def _hangs_beside(kind: str | None) -> bool:
    """Tell whether something light may hang beside the shaft, such as a line."""
    return kind == "fishing_rod"


def _along_shaft(surface: Surface, axis: Vectors, hangs_beside: bool) -> Vectors:
    """Straighten an axis by the thin slices: a head on one side pulls the principal axis over."""
    slices = cut(surface, axis)
    if hangs_beside:
        thin = slices.weights > 0
        centres = heavy_centres(surface, slices)[thin]
    else:
        most = 1.5 * shaft_width(slices)
        thin = (slices.weights > 0) & (slices.width <= most) & (slices.thickness <= most)
        centres = slices.centres[thin]
    if thin.sum() < SLICE_COUNT / 4:
        return axis
    along: Vectors = principal_axes(centres)[1][0]
    # Slices of a short shaft say little; neither may the correction leave the model's own shape.
    if abs(float(along @ axis)) < 0.9:
        return axis
    return along if along @ axis > 0 else -along


# --- which end is up: -1 to 1, positive when the slices run from the held end up ---


def _ends_rule(kind: str | None) -> Callable[[Slices], float]:
    if kind in _GUARDED:
        return _guarded_ends
    if kind == "fishing_rod":
        return _tapering_ends
    if kind == "wand":
        return _jewelled_ends
    if kind == "arrow":
        return lambda slices: -_headed_ends(slices)
    return _headed_ends if kind is not None else _any_ends


def _any_ends(slices: Slices) -> float:
    """Judge a weapon of unknown kind: by a clear hilt, or by a head that no hilt speaks against."""
    by_hilt, by_head = _guarded_ends(slices), _headed_ends(slices)
    is_narrow = 0 < (slices.width > 1.6 * slices.median_width).mean() < 0.12
    if is_narrow and abs(by_hilt) > 0.7:
        return by_hilt
    is_head = abs(by_head) > 0.8 and by_hilt * float(np.sign(by_head)) > -0.15
    return by_head if is_head else 0.0


def _guarded_ends(slices: Slices) -> float:
    """Judge by guard, grip and tip: the held end is near the guard, rounder, and broader."""
    guard = _guard(slices)
    by_guard = 0.0 if guard is None else float(np.sign(0.5 - guard[1]))
    rounder = _means_at_ends(_roundness(slices), 12)
    pointed = _means_at_ends(slices.width / slices.median_width, 2)
    by_roundness = float(np.clip((rounder[0] - rounder[1]) / 0.25, -1, 1))
    by_tip = float(np.clip(pointed[0] - pointed[1], -1, 1))
    return 0.5 * by_guard + 0.35 * by_roundness + 0.15 * by_tip


def _headed_ends(slices: Slices) -> float:
    """Judge by the head, which stands out at the upper end and is heavy."""
    return 0.6 * _lopsided(slices) + 0.4 * float(np.clip(_mass_offset(slices) / 0.08, -1, 1))


def _jewelled_ends(slices: Slices) -> float:
    """Judge by the handle, which is thicker; without one by the jewel, which stands out."""
    by_handle = _tapering_ends(slices)
    return by_handle if abs(by_handle) > _CLEAR_ENDS else _lopsided(slices)


def _tapering_ends(slices: Slices) -> float:
    """Judge by the thickness of most of each end, whatever hangs or sits at some of it."""
    thick = np.minimum(slices.width, slices.thickness)
    low, high = float(np.median(thick[:24])), float(np.median(thick[-24:]))
    return float(np.clip((low - high) / max(low, high, 1e-12) / 0.4, -1, 1))


def _lopsided(slices: Slices) -> float:
    """Return where slices stand out that are much wider than the shaft: -1 below, 1 at the top."""
    wide = np.maximum(slices.width, slices.thickness)
    excess = np.maximum(wide - 1.5 * shaft_width(slices), 0)
    if not excess.sum() > 0:
        return 0.0
    middle = float(excess @ slice_middles() / excess.sum())
    return float(np.clip((middle - 0.5) / 0.25, -1, 1))


def _mass_offset(slices: Slices) -> float:
    return float(slices.weights @ slice_middles()) - 0.5


def _guard(slices: Slices) -> tuple[float, float] | None:
    """Return where the guard begins and its middle, from 0 to 1; None when nothing stands out."""
    wide = slices.width > 1.5 * slices.median_width
    if not wide.any() or wide.mean() > 0.25:
        return None
    widest = int(slices.width.argmax())
    low, high = widest, widest
    while low > 0 and wide[low - 1]:
        low -= 1
    while high < SLICE_COUNT - 1 and wide[high + 1]:
        high += 1
    middle = float(
        np.average(slice_middles()[low : high + 1], weights=slices.width[low : high + 1])
    )
    return (low / SLICE_COUNT, middle) if 0.05 < min(middle, 1 - middle) < 0.46 else None


def _roundness(slices: Slices) -> NDArray[np.float64]:
    """Return thickness over width of each slice: small for a blade, near one for a handle."""
    thick = np.minimum(slices.width, slices.thickness)
    wide = np.maximum(slices.width, slices.thickness)
    return np.divide(thick, wide, out=np.ones_like(wide), where=wide > 0)


def _means_at_ends(values: NDArray[np.float64], count: int) -> tuple[float, float]:
    return float(values[:count].mean()), float(values[-count:].mean())


# --- which side is which ---


def _turned_about_axis(surface: Surface, slices: Slices, kind: str | None) -> Vectors:
    up = slices.axis
    line = _held_line(slices)
    offsets = surface.samples - line
    offsets = offsets - np.outer(offsets @ up, up)
    spread = offsets.T @ offsets / len(offsets)
    variances, columns = np.linalg.eigh(spread)
    side, flat = columns[:, 2], columns[:, 1]
    if variances[2] < 1.35 * variances[1]:  # round about its axis
        return smallest_turn(up, _UP)
    flat = np.cross(side, up)
    guarded = kind in _GUARDED or (kind is None and _guard(slices) is not None)
    if guarded:
        sign = _edge_side(slices, offsets @ side, offsets @ flat, side)
    else:
        sign = _heavy_side(offsets @ side)
    if sign:
        return _rotation(sign * side, up)
    return nearest_turn([_rotation(side, up), _rotation(-side, up)])


def _held_line(slices: Slices) -> Vectors:
    """Return a point on the middle line of the slices that are thin: shaft, or grip and blade."""
    thin = (slices.weights > 0) & (slices.width <= 1.5 * shaft_width(slices))
    point: Vectors = np.median(slices.centres[thin], axis=0)
    return point


def _rotation(side: Vectors, up: Vectors) -> Vectors:
    return np.stack([side, up, np.cross(side, up)])


def _heavy_side(across: NDArray[np.float64]) -> int:
    """Return the sign of the heavier side, 0 when both weigh about the same."""
    offset = float(across.mean() / max(across.std(), 1e-12))
    return int(np.sign(offset)) if abs(offset) > 0.1 else 0


def _edge_side(
    slices: Slices,
    across: NDArray[np.float64],
    through: NDArray[np.float64],
    side: Vectors,
) -> int:
    """Return the side of a single edge: the outside of a curved blade, or where it is thinner."""
    bulge = _bulge(slices, side)
    if abs(bulge) > _CURVED:
        return int(np.sign(bulge))
    across = across - across.mean()
    scale = across.std() * through.var()
    lean = float((across * (through - through.mean()) ** 2).mean() / max(scale, 1e-30))
    return -int(np.sign(lean)) if abs(lean) > 0.15 else 0


def _bulge(slices: Slices, side: Vectors) -> float:
    """Return how far the middle stands out to a side between the ends, as a share of the length."""
    middle_line = slices.centres @ side
    ends = (np.median(middle_line[:6]) + np.median(middle_line[-6:])) / 2
    return float(np.median(middle_line[24:36]) - ends) / slices.length


# --- where it is held ---


def _grip(slices: Slices, kind: str | None) -> Vectors:
    """Return the middle of the grip; the slices run from the held end up."""
    share = _GRIP_SHARES.get(kind or "", _DEFAULT_GRIP_SHARE)
    guard = _guard(slices)
    if guard is not None and guard[1] < 0.5 and (kind is None or kind in _GUARDED):
        share = _between_pommel_and(slices, guard[0])
    at = int(np.clip(share * SLICE_COUNT, 1, SLICE_COUNT - 2))
    near = slice(at - 1, at + 2)
    filled = slices.weights[near] > 0
    centre = slices.centres[near][filled].mean(axis=0) if filled.any() else slices.centres[at]
    height = slices.start + share * slices.length
    point: Vectors = centre + (height - float(centre @ slices.axis)) * slices.axis
    return point


def _between_pommel_and(slices: Slices, guard: float) -> float:
    """Return the place of the middle of a grip, which begins where the pommel ends."""
    end = max(int(guard * SLICE_COUNT), 1)
    wide = slices.width[:end] > 1.12 * np.median(slices.width[:end])
    pommel = np.flatnonzero(wide[: end // 2])
    start = int(pommel[-1]) + 1 if len(pommel) else 0
    return (start + end) / 2 / SLICE_COUNT
