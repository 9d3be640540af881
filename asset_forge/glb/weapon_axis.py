"""Where a weapon is held and which end of it is up, from its shape.

The surface is cut into 60 slices along its long axis; how wide, how thick and how heavy they are
tells guard, head and tip. Which of them means what depends on the kind of weapon.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.surface import (
    Stance,
    Surface,
    Vectors,
    nearest_turn,
    principal_axes,
    smallest_turn,
)

SLICE_COUNT = 60
# A weapon less long than this, against its width, has no clear axis.
MIN_ELONGATION = 1.6
# Unless a head at one end makes a T of it.
_MIN_HEADED_ELONGATION = 0.7
# Below this, two ends (from -1 to 1) look too much alike to be told apart.
_CLEAR_ENDS = 0.3
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


@dataclass(frozen=True, eq=False)
class _Slices:
    """A weapon cut along `axis`, from its lower end up.

    width, thickness: (60,), extents along the two directions square to the axis. centres: (60, 3).
    weights: (60,), shares of the area. place: (S,), 0 to 1 along the axis, of each sample.
    """

    axis: Vectors
    start: float
    length: float
    place: NDArray[np.float64]
    width: NDArray[np.float64]
    thickness: NDArray[np.float64]
    centres: Vectors
    weights: NDArray[np.float64]

    @property
    def median_width(self) -> float:
        return float(np.median(self.width[self.weights > 0]))

    def flipped(self) -> "_Slices":
        """Return the same slices, counted from the other end."""
        return _Slices(
            -self.axis,
            -(self.start + self.length),
            self.length,
            1 - self.place,
            self.width[::-1],
            self.thickness[::-1],
            self.centres[::-1],
            self.weights[::-1],
        )


def find_weapon_stance(surface: Surface, kind: str | None) -> Stance:
    """Find the grip, the way up and the edge of a weapon of a kind (see `domain.sizes`).

    The stance puts the grip at the origin, the blade or head up +Y, and the edge, or else the
    heavier side, to +X. What has no sides keeps the turn about its axis that it came with.
    """
    axis = _long_axis(surface, kind)
    slices = _cut(surface, axis)
    across = _extent(surface.points, _across(surface, axis)[0])
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
    rotation = _turned_about_axis(surface, slices, kind)
    if _hangs_beside(kind):
        slices = replace(slices, centres=_heavy_centres(surface, slices))
    return Stance(rotation, _grip(slices, kind), min(1.0, 0.5 + abs(ends) / 2), note)


def _long_axis(surface: Surface, kind: str | None) -> Vectors:
    """Return the direction of the shaft or blade, of either sign."""
    rows = principal_axes(surface.samples)[1]
    axis: Vectors = rows[0]
    if kind in _GUARDED:
        return axis
    lengths = [_extent(surface.points, row) for row in rows[:2]]
    if lengths[0] < MIN_ELONGATION * lengths[1]:
        # A wide head may hold more of the area than its shaft; seen along the head, the shaft
        # stands out in the middle, seen along the shaft, the head stands out at an end.
        axis = max(rows[:2], key=lambda row: abs(_lopsided(_cut(surface, row))))
    for _ in range(3):
        axis = _along_shaft(surface, axis, _hangs_beside(kind))
    return axis


def _hangs_beside(kind: str | None) -> bool:
    """Tell whether something light may hang beside the shaft, such as a line."""
    return kind == "fishing_rod"


def _along_shaft(surface: Surface, axis: Vectors, hangs_beside: bool) -> Vectors:
    """Straighten an axis by the thin slices: a head on one side pulls the principal axis over."""
    slices = _cut(surface, axis)
    if hangs_beside:
        thin = slices.weights > 0
        centres = _heavy_centres(surface, slices)[thin]
    else:
        most = 1.5 * _shaft_width(slices)
        thin = (slices.weights > 0) & (slices.width <= most) & (slices.thickness <= most)
        centres = slices.centres[thin]
    if thin.sum() < SLICE_COUNT / 4:
        return axis
    along: Vectors = principal_axes(centres)[1][0]
    # Slices of a short shaft say little; neither may the correction leave the model's own shape.
    if abs(float(along @ axis)) < 0.9:
        return axis
    return along if along @ axis > 0 else -along


def _heavy_centres(surface: Surface, slices: _Slices) -> Vectors:
    """Return the middle of each slice by its area instead of its extent, (60, 3)."""
    slice_of = np.minimum((slices.place * SLICE_COUNT).astype(np.int64), SLICE_COUNT - 1)
    centres = slices.centres.copy()
    for number in np.flatnonzero(slices.weights):
        centres[number] = np.median(surface.samples[slice_of == number], axis=0)
    return centres


def _shaft_width(slices: _Slices) -> float:
    """Return the usual width of the thinner half of the slices."""
    return float(np.quantile(slices.width[slices.weights > 0], 0.3))


def _cut(surface: Surface, axis: Vectors) -> _Slices:
    along = surface.samples @ axis
    ends = surface.points @ axis
    start, length = float(ends.min()), float(np.ptp(ends)) or 1.0
    place = np.clip((along - start) / length, 0, 1)
    slice_of = np.minimum((place * SLICE_COUNT).astype(np.int64), SLICE_COUNT - 1)
    counts = np.bincount(slice_of, minlength=SLICE_COUNT)
    wide, flat = _across(surface, axis)
    width, middle_wide = _extents(surface.samples @ wide, slice_of, counts)
    thickness, middle_flat = _extents(surface.samples @ flat, slice_of, counts)
    heights = start + (np.arange(SLICE_COUNT) + 0.5) / SLICE_COUNT * length
    centres = np.outer(middle_wide, wide) + np.outer(middle_flat, flat) + np.outer(heights, axis)
    return _Slices(
        axis, start, length, place, width, thickness, centres, counts / len(surface.samples)
    )


def _extents(
    values: NDArray[np.float64], slice_of: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return extent and middle of the values in each slice; zero where there are none."""
    low, high = np.full(SLICE_COUNT, np.inf), np.full(SLICE_COUNT, -np.inf)
    np.minimum.at(low, slice_of, values)
    np.maximum.at(high, slice_of, values)
    low[counts == 0] = high[counts == 0] = 0.0
    return high - low, (low + high) / 2


def _across(surface: Surface, axis: Vectors) -> tuple[Vectors, Vectors]:
    """Return the wide and the flat direction square to an axis, of either sign."""
    helper = np.eye(3)[int(np.abs(axis).argmin())]
    first = np.cross(axis, helper)
    first /= np.linalg.norm(first)
    second = np.cross(axis, first)
    flat = np.stack([surface.samples @ first, surface.samples @ second], axis=1)
    flat = flat - flat.mean(axis=0)
    directions = np.linalg.eigh(flat.T @ flat)[1]
    thin = directions[0, 0] * first + directions[1, 0] * second
    wide = directions[0, 1] * first + directions[1, 1] * second
    return wide, thin


def _extent(points: Vectors, direction: Vectors) -> float:
    return float(np.ptp(points @ direction))


# --- which end is up: -1 to 1, positive when the slices run from the held end up ---


def _ends_rule(kind: str | None) -> Callable[[_Slices], float]:
    if kind in _GUARDED:
        return _guarded_ends
    if kind == "fishing_rod":
        return _tapering_ends
    if kind == "wand":
        return _jewelled_ends
    if kind == "arrow":
        return lambda cut: -_headed_ends(cut)
    return _headed_ends if kind is not None else _any_ends


def _any_ends(slices: _Slices) -> float:
    """Judge a weapon of unknown kind: by a clear hilt, or by a head that no hilt speaks against."""
    by_hilt, by_head = _guarded_ends(slices), _headed_ends(slices)
    is_narrow = 0 < (slices.width > 1.6 * slices.median_width).mean() < 0.12
    if is_narrow and abs(by_hilt) > 0.7:
        return by_hilt
    is_head = abs(by_head) > 0.8 and by_hilt * float(np.sign(by_head)) > -0.15
    return by_head if is_head else 0.0


def _guarded_ends(slices: _Slices) -> float:
    """Judge by guard, grip and tip: the held end is near the guard, rounder, and broader."""
    guard = _guard(slices)
    by_guard = 0.0 if guard is None else float(np.sign(0.5 - guard[1]))
    rounder = _means_at_ends(_roundness(slices), 12)
    pointed = _means_at_ends(slices.width / slices.median_width, 2)
    by_roundness = float(np.clip((rounder[0] - rounder[1]) / 0.25, -1, 1))
    by_tip = float(np.clip(pointed[0] - pointed[1], -1, 1))
    return 0.5 * by_guard + 0.35 * by_roundness + 0.15 * by_tip


def _headed_ends(slices: _Slices) -> float:
    """Judge by the head, which stands out at the upper end and is heavy."""
    return 0.6 * _lopsided(slices) + 0.4 * float(np.clip(_mass_offset(slices) / 0.08, -1, 1))


def _jewelled_ends(slices: _Slices) -> float:
    """Judge by the handle, which is thicker; without one by the jewel, which stands out."""
    by_handle = _tapering_ends(slices)
    return by_handle if abs(by_handle) > _CLEAR_ENDS else _lopsided(slices)


def _tapering_ends(slices: _Slices) -> float:
    """Judge by the thickness of most of each end, whatever hangs or sits at some of it."""
    thick = np.minimum(slices.width, slices.thickness)
    low, high = float(np.median(thick[:24])), float(np.median(thick[-24:]))
    return float(np.clip((low - high) / max(low, high, 1e-12) / 0.4, -1, 1))


def _lopsided(slices: _Slices) -> float:
    """Return where slices stand out that are much wider than the shaft: -1 below, 1 at the top."""
    wide = np.maximum(slices.width, slices.thickness)
    excess = np.maximum(wide - 1.5 * _shaft_width(slices), 0)
    if not excess.sum() > 0:
        return 0.0
    middle = float(excess @ _middles() / excess.sum())
    return float(np.clip((middle - 0.5) / 0.25, -1, 1))


def _mass_offset(slices: _Slices) -> float:
    return float(slices.weights @ _middles()) - 0.5


def _guard(slices: _Slices) -> tuple[float, float] | None:
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
    middle = float(np.average(_middles()[low : high + 1], weights=slices.width[low : high + 1]))
    return (low / SLICE_COUNT, middle) if 0.05 < min(middle, 1 - middle) < 0.46 else None


def _roundness(slices: _Slices) -> NDArray[np.float64]:
    """Return thickness over width of each slice: small for a blade, near one for a handle."""
    thick = np.minimum(slices.width, slices.thickness)
    wide = np.maximum(slices.width, slices.thickness)
    return np.divide(thick, wide, out=np.ones_like(wide), where=wide > 0)


def _means_at_ends(values: NDArray[np.float64], count: int) -> tuple[float, float]:
    return float(values[:count].mean()), float(values[-count:].mean())


def _middles() -> NDArray[np.float64]:
    return (np.arange(SLICE_COUNT) + 0.5) / SLICE_COUNT


# --- which side is which ---


def _turned_about_axis(surface: Surface, slices: _Slices, kind: str | None) -> Vectors:
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


def _held_line(slices: _Slices) -> Vectors:
    """Return a point on the middle line of the slices that are thin: shaft, or grip and blade."""
    thin = (slices.weights > 0) & (slices.width <= 1.5 * _shaft_width(slices))
    point: Vectors = np.median(slices.centres[thin], axis=0)
    return point


def _rotation(side: Vectors, up: Vectors) -> Vectors:
    return np.stack([side, up, np.cross(side, up)])


def _heavy_side(across: NDArray[np.float64]) -> int:
    """Return the sign of the heavier side, 0 when both weigh about the same."""
    offset = float(across.mean() / max(across.std(), 1e-12))
    return int(np.sign(offset)) if abs(offset) > 0.1 else 0


def _edge_side(
    slices: _Slices,
    across: NDArray[np.float64],
    through: NDArray[np.float64],
    side: Vectors,
) -> int:
    """Return the side of a single edge: the outside of a curved blade, or where it is thinner."""
    middle_line = slices.centres @ side
    ends = (np.median(middle_line[:6]) + np.median(middle_line[-6:])) / 2
    bulge = float(np.median(middle_line[24:36]) - ends) / slices.length
    if abs(bulge) > 0.01:
        return int(np.sign(bulge))
    across = across - across.mean()
    scale = across.std() * through.var()
    lean = float((across * (through - through.mean()) ** 2).mean() / max(scale, 1e-30))
    return -int(np.sign(lean)) if abs(lean) > 0.15 else 0


# --- where it is held ---


def _grip(slices: _Slices, kind: str | None) -> Vectors:
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


def _between_pommel_and(slices: _Slices, guard: float) -> float:
    """Return the place of the middle of a grip, which begins where the pommel ends."""
    end = max(int(guard * SLICE_COUNT), 1)
    wide = slices.width[:end] > 1.12 * np.median(slices.width[:end])
    pommel = np.flatnonzero(wide[: end // 2])
    start = int(pommel[-1]) + 1 if len(pommel) else 0
    return (start + end) / 2 / SLICE_COUNT
