"""The long axis of a silhouette, its widths along that axis, and the parts a weapon shows there.

Works on masks alone: no colours, no files. Pixels run x to the right and y down.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SLICES = 128
# Rods so much longer than wide are looked at for a taper, and hafts are held where they balance.
_TAPERED_ELONGATION, _LONG_ELONGATION = (5.5, 13.0), 7.5
_SNAP_DEGREES = 4.0


class Build(StrEnum):
    """How a long figure is put together."""

    GUARDED = "guarded"
    """A blade and a grip with a cross-guard between them: swords and daggers."""
    HEADED = "headed"
    """A haft with a wide head at one end: axes, hammers, maces, spears, staffs."""
    BLADED = "bladed"
    """A wide blade that goes over into a thinner handle without a guard: knives, cleavers."""
    BOWED = "bowed"
    """A curve that is held in its middle."""
    TAPERED = "tapered"
    """A rod that is thickest in the hand: wands."""
    CROSSED = "crossed"
    """A stock with a bow across it: crossbows."""
    STICK = "stick"
    """Equally wide all along."""
    COMPACT = "compact"
    """Not long at all."""


@dataclass(frozen=True, eq=False)
class LongAxis:
    """A silhouette seen along its long axis.

    centre_px: (x, y). direction: unit (x, y) from end 0 to end 1. length_px: between the ends.
    elongation: length over the greatest width across. degrees: how far the axis leans from the
    vertical, -90..90, clockwise in the picture. widths: (SLICES,) filled pixels across each slice
    in px; spans: (SLICES,) outermost to outermost in px. middles: (SLICES,) px beside the axis.
    """

    centre_px: tuple[float, float]
    direction: tuple[float, float]
    length_px: float
    elongation: float
    degrees: float
    widths: Floats
    spans: Floats
    middles: Floats


@dataclass(frozen=True)
class Anatomy:
    """The parts of a long figure, as shares of its length counted from the handle's end.

    handle, guard, head: (from, to) shares 0..1, guard and head None when there is none.
    handle_at_end: the end (0 or 1) of the axis at which the hand is. confidence: 0..1.
    """

    build: Build
    handle_at_end: int
    handle: tuple[float, float]
    guard: tuple[float, float] | None
    head: tuple[float, float] | None
    confidence: float


def find_long_axis(inside: Bools) -> LongAxis:
    """Measure a mask with at least one true pixel. End 0 is the upper end (the left one if flat).

    An axis within a few degrees of upright is taken as upright.
    """
    rows, columns = np.nonzero(inside)
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    centre = points.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((points - centre).T + 1e-9))
    angle = _turn_to_straightest(points - centre, float(np.arctan2(vectors[1, 1], vectors[0, 1])))
    degrees = np.degrees(angle) % 180 - 90
    if abs(degrees) < _SNAP_DEGREES or values[1] < 1.15 * values[0]:
        degrees = 0.0
    radians = np.radians(degrees + 90)
    direction = np.array([np.cos(radians), np.sin(radians)])
    if direction[1] < -1e-9:
        direction = -direction
    along = (points - centre) @ direction
    across = (points - centre) @ np.array([direction[1], -direction[0]])
    low, high = float(along.min()), float(along.max()) + 1
    slices = np.clip(((along - low) / (high - low) * SLICES).astype(int), 0, SLICES - 1)
    thickness = (high - low) / SLICES
    counts = np.bincount(slices, minlength=SLICES) / thickness
    left = np.full(SLICES, np.inf)
    right = np.full(SLICES, -np.inf)
    np.minimum.at(left, slices, across)
    np.maximum.at(right, slices, across)
    empty = counts == 0
    left[empty], right[empty] = 0.0, -1.0
    middle = (low + high) / 2
    return LongAxis(
        centre_px=(
            float(centre[0] + direction[0] * middle),
            float(centre[1] + direction[1] * middle),
        ),
        direction=(float(direction[0]), float(direction[1])),
        length_px=high - low,
        elongation=(high - low) / max(float(np.ptp(across)) + 1, 1.0),
        degrees=float(degrees),
        widths=counts,
        spans=right - left + 1,
        middles=(left + right) / 2,
    )


def find_anatomy(axis: LongAxis) -> Anatomy:
    """Tell handle, guard and head apart by the widths along the axis."""
    if axis.elongation < 1.35:
        if (stock := _find_stock(axis.spans)) is not None:
            return stock
        return Anatomy(Build.COMPACT, 1, (0.35, 0.65), None, None, 0.3)
    widths = ndimage.uniform_filter1d(axis.widths, 3)
    spans = ndimage.uniform_filter1d(axis.spans, 3)
    if _is_bow(axis, widths, spans):
        return Anatomy(Build.BOWED, 1, (0.42, 0.58), None, None, 0.6)
    anatomy = _find_guard(spans, axis.length_px) or _find_head(spans)
    if anatomy.build is Build.HEADED:
        anatomy = _find_point(spans, anatomy) or anatomy
    low, high = _TAPERED_ELONGATION
    if anatomy.build in (Build.HEADED, Build.STICK) and low < axis.elongation < high:
        anatomy = _find_taper(spans, anatomy, axis.length_px)
    if anatomy.build in (Build.HEADED, Build.STICK) and axis.elongation > _LONG_ELONGATION:
        # Two hands hold it, or one where it balances.
        anatomy = replace(anatomy, handle=(0.41, 0.56))
    if anatomy.build is Build.BLADED and axis.elongation < 2.0:
        return Anatomy(Build.COMPACT, 1, (0.35, 0.65), None, None, 0.3)
    return anatomy


def _turn_to_straightest(points: Floats, angle: float) -> float:
    """Turn the principal axis to where the figure's straight parts line up.

    An axe's head pulls the principal axis off the haft; the haft's own direction is the one in
    which the points, projected across, pile up highest.
    """
    points = points[:: max(1, len(points) // 6000)]
    best = angle
    for reach, step in ((24.0, 1.0), (1.0, 0.25)):
        candidates = best + np.radians(np.arange(-reach, reach + step / 2, step))
        scores = []
        for candidate in candidates:
            across = points @ np.array([-np.sin(candidate), np.cos(candidate)])
            counts, _ = np.histogram(across, bins=np.arange(across.min() - 1, across.max() + 3, 2))
            scores.append(float((counts.astype(np.float64) ** 2).sum()))
        best = float(candidates[int(np.argmax(scores))])
    return best


def _is_bow(axis: LongAxis, widths: Floats, spans: Floats) -> bool:
    """Whether a string runs beside it, or else whether it bends far out of its own line."""
    inner = slice(SLICES // 4, -SLICES // 4)
    if np.median(spans[inner]) > 2.2 * np.median(widths[inner]):
        return True
    ends = (axis.middles[1:7].mean() + axis.middles[-7:-1].mean()) / 2
    sag = abs(float(np.median(axis.middles[56:72]) - ends))
    return sag > 0.12 * axis.length_px and float(np.median(widths)) < 0.12 * axis.length_px


def _runs(where: Bools) -> list[tuple[int, int]]:
    """Half-open index ranges of the true runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _taper(spans: Floats) -> float:
    """Width of the outermost slices over the width a little further in, at index 0."""
    tip = float(spans[:3].mean())
    return tip / max(float(np.median(spans[8:20])), 1e-6)


def _find_guard(spans: Floats, length_px: float) -> Anatomy | None:
    peak = int(np.argmax(spans))
    top = float(spans[peak])
    middle = float(np.median(spans))
    if top < 1.45 * middle or top > 0.55 * length_px:
        return None
    level = max(0.6 * top, 1.2 * middle)
    start, stop = next(run for run in _runs(spans >= level) if run[0] <= peak < run[1])
    if stop - start > 0.14 * SLICES:
        return None
    handle_at_end = 0 if (start + stop) / 2 < SLICES / 2 else 1
    towards_blade = spans[::-1] if handle_at_end else spans
    if handle_at_end:
        start, stop = SLICES - stop, SLICES - start
    grip, blade = towards_blade[:start], towards_blade[stop:]
    if start < 0.07 * SLICES or float(np.median(grip)) > 0.75 * top:
        return None
    if float(np.median(blade)) < 0.75 * float(np.median(grip)):
        return None
    pommel = _pommel(grip)
    thin = float(np.median(grip[pommel:]))
    while start > pommel + 2 and grip[start - 1] > 1.25 * thin:  # where the guard's arms hang down
        start -= 1
    pointed = _taper(blade[::-1]) < 0.75 or _taper(blade[::-1]) < _taper(towards_blade)
    if not pointed and _taper(towards_blade) < 0.6:
        # A spike on the head of a mace, and a blunt haft: the other way round.
        return None
    confidence = 0.92 if pointed and start < 0.42 * SLICES else 0.7 if pointed else 0.6
    return Anatomy(
        Build.GUARDED,
        handle_at_end,
        (pommel / SLICES, start / SLICES),
        (start / SLICES, stop / SLICES),
        None,
        confidence,
    )


def _find_stock(spans: Floats) -> Anatomy | None:
    """Find a thin stock with something wide and flat across its further half."""
    top = float(spans.max())
    across = float(np.flatnonzero(spans > 0.5 * top).mean()) / SLICES
    handle_at_end = 1 if across < 0.5 else 0
    if handle_at_end:
        spans, across = spans[::-1], 1 - across
    stock = spans[: int(0.45 * SLICES)]
    if across < 0.55 or float(np.percentile(stock, 90)) > 0.13 * top:
        return None
    return Anatomy(Build.CROSSED, handle_at_end, (0.22, 0.38), None, None, 0.65)


def _find_point(spans: Floats, headed: Anatomy) -> Anatomy | None:
    """Take a haft that ends in a point for a blade, and what seemed its head for a guard."""
    assert headed.head is not None
    towards_head = spans[::-1] if headed.handle_at_end else spans
    if float(towards_head[:6].mean()) > 0.65 * float(np.median(towards_head[20:45])):
        return None
    guard = (1 - headed.head[1], 1 - headed.head[0])
    if guard[0] < 0.08:
        return None
    return Anatomy(Build.GUARDED, 1 - headed.handle_at_end, (0.03, guard[0]), guard, None, 0.7)


def _find_taper(spans: Floats, anatomy: Anatomy, length_px: float) -> Anatomy:
    """Put the hand at the end towards which the middle of a rod thickens, if it does."""
    start, stop = int(0.38 * SLICES), int(0.62 * SLICES)
    slope = float(np.polyfit(np.arange(stop - start), spans[start:stop], 1)[0])
    change = slope * (stop - start)
    # Wide places at both ends are a tip and a handle; a haft has one head.
    strict = 1.0 if anatomy.head is None or anatomy.head[1] - anatomy.head[0] < 0.6 else 0.5
    least = max(0.14 * float(np.median(spans[start:stop])), 0.0066 * length_px)
    if abs(change) < strict * least:
        return anatomy
    return Anatomy(Build.TAPERED, 1 if change > 0 else 0, (0.04, 0.30), None, None, 0.65)


def _pommel(grip: Floats) -> int:
    """Where the pommel at index 0 ends and the grip begins."""
    thin = float(np.median(grip[len(grip) // 3 :]))
    bulge = np.flatnonzero(grip[: len(grip) // 2] > 1.18 * thin)
    return int(bulge[-1]) + 1 if len(bulge) else min(1, len(grip) - 1)


def _find_head(spans: Floats) -> Anatomy:
    third = SLICES // 3
    thin = float(np.percentile(spans, 30))
    top = float(spans.max())
    wide = spans > (thin + top) / 2
    if top < 1.35 * float(np.median(spans)) and top < 1.5 * thin:
        # Nothing stands out. The end that tapers more points away from the hand.
        handle_at_end = 0 if _taper(spans) > _taper(spans[::-1]) else 1
        return Anatomy(Build.STICK, handle_at_end, (0.12, 0.3), None, None, 0.4)
    weight = float((np.flatnonzero(wide) + 0.5).mean()) / SLICES
    handle_at_end = 1 if weight < 0.5 else 0
    towards_head = spans[::-1] if handle_at_end else spans
    wide = wide[::-1] if handle_at_end else wide
    first = int(np.flatnonzero(wide)[0])
    head = (first / SLICES, (int(np.flatnonzero(wide)[-1]) + 1) / SLICES)
    spread = float(wide.mean())
    if spread > 0.45:
        handle_end = max(first, int(0.1 * SLICES)) / SLICES
        return Anatomy(Build.BLADED, handle_at_end, (0.02, handle_end), None, head, 0.6)
    clear = float(np.median(towards_head[:third])) < 0.6 * top
    confidence = (0.85 if clear else 0.6) * (1.0 if abs(weight - 0.5) > 0.15 else 0.7)
    return Anatomy(Build.HEADED, handle_at_end, (0.14, 0.32), None, head, confidence)
