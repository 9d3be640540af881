"""Looking at a picture of a weapon: where a hand holds it, and whether it stands on its head.

Goes by the silhouette alone (`picture.mask`, `picture.axis`): no model, no network. Findings are
plain data; whoever asks decides what confidence is enough.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from asset_forge.errors import Refused
from asset_forge.greybox.picture.axis import (
    SLICES,
    Anatomy,
    Build,
    LongAxis,
    find_anatomy,
    find_long_axis,
)
from asset_forge.greybox.picture.mask import Bools, find_figure, open_picture

FRAME_PX = 512
_MAX_GRIP_PX = 140.0
"""A grip longer than a hand is cut to one hand's part; the front end wants sides below 150."""
_UPRIGHT_DEGREES = 40.0
_NOWHERE = (200.0, 350.0, 300.0, 450.0)


@dataclass(frozen=True)
class GripFinding:
    """Where a weapon is held: bounds in pixels of a 512 x 512 frame, y down.

    The picture fills the frame in both directions. parts: words on "blade", "handle" and "guard".
    """

    min_x: float
    min_y: float
    max_x: float
    max_y: float
    confidence: float
    weapon_type: str
    description: str
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OrientationFinding:
    """current_orientation: "upright", "upside-down", "sideways" or "unknown"."""

    needs_flip: bool
    current_orientation: str
    reason: str


@dataclass(frozen=True, eq=False)
class _Seen:
    inside: Bools
    axis: LongAxis
    anatomy: Anatomy

    @property
    def handle_is_low(self) -> bool:
        """Whether the hand's end is the lower one (end 0 of an axis is its upper end)."""
        return self.anatomy.handle_at_end == 1


def find_grip(picture: bytes) -> GripFinding:
    """Find the part of a pictured weapon that a hand holds.

    picture: PNG, JPEG or WebP bytes. Without a figure the confidence is 0 and the bounds are a
    guess. Raises BadPicture for bytes that are no usable picture.
    """
    seen = _look(picture)
    if seen is None:
        return GripFinding(
            *_NOWHERE, 0.0, "unknown", "No weapon stands out from the picture's ground.",
            _parts("not found", "not found", "not found"),
        )  # fmt: skip
    weapon_type = _weapon_type(seen)
    shares = _one_hand(seen)
    bounds = _bounds(seen, shares)
    confidence = seen.anatomy.confidence
    if weapon_type == "unknown":
        confidence = min(confidence, 0.3)
    return GripFinding(
        *bounds,
        round(confidence, 2),
        weapon_type,
        _describe(seen, weapon_type),
        _describe_parts(seen),
    )


def find_orientation(picture: bytes) -> OrientationFinding:
    """Tell whether a pictured weapon has to be turned by 180° to point upwards.

    Raises BadPicture for bytes that are no usable picture; without a figure nothing is flipped.
    """
    seen = _look(picture)
    if seen is None:
        return OrientationFinding(
            needs_flip=False,
            current_orientation="unknown",
            reason="No weapon stands out from the picture's ground.",
        )
    anatomy = seen.anatomy
    if abs(seen.axis.degrees) > 90 - _UPRIGHT_DEGREES:
        return OrientationFinding(
            needs_flip=False,
            current_orientation="sideways",
            reason=f"The long axis leans {abs(seen.axis.degrees):.0f} degrees from the vertical.",
        )
    if anatomy.build in (Build.COMPACT, Build.BOWED):
        return OrientationFinding(
            needs_flip=False,
            current_orientation="upright",
            reason="The silhouette has no end that points away from the hand.",
        )
    flipped = not seen.handle_is_low and anatomy.confidence >= 0.5
    where = "top" if not seen.handle_is_low else "bottom"
    sign = {
        Build.GUARDED: f"The guard and the short, thin grip are near the {where}",
        Build.HEADED: f"The thin haft runs to the {where}, away from the wide head",
        Build.BLADED: f"The thin handle is at the {where}, the wide blade opposite",
        Build.TAPERED: f"The rod grows thicker towards the {where}",
        Build.CROSSED: f"The thin stock runs to the {where}, away from the bow across it",
    }.get(anatomy.build, f"The blunter end, which a hand would hold, is at the {where}")
    if not seen.handle_is_low and not flipped:
        sign += ", but too faintly to turn the weapon for it"
    return OrientationFinding(
        needs_flip=flipped,
        current_orientation="upside-down" if flipped else "upright",
        reason=f"{sign}.",
    )


def _look(picture: bytes) -> _Seen | None:
    image = open_picture(picture)
    try:
        figure = find_figure(image, edge_px=FRAME_PX)
    except Refused:
        return None
    axis = find_long_axis(figure.inside)
    return _Seen(figure.inside, axis, find_anatomy(axis))


def _one_hand(seen: _Seen) -> tuple[float, float]:
    """Return the handle's shares of the length, cut to one hand's width near the guard."""
    low, high = seen.anatomy.handle
    longest = _MAX_GRIP_PX / max(_length_in_frame(seen), 1.0)
    if high - low > longest:
        if seen.anatomy.build is Build.GUARDED:
            low = high - longest
        else:
            middle = (low + high) / 2
            low, high = middle - longest / 2, middle + longest / 2
    return low, high


def _length_in_frame(seen: _Seen) -> float:
    height, width = seen.inside.shape
    dx, dy = seen.axis.direction
    return seen.axis.length_px * float(np.hypot(dx * FRAME_PX / width, dy * FRAME_PX / height))


def _bounds(seen: _Seen, shares: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the box around the figure's pixels between two shares of its length, in the frame.

    Of several separate parts, such as a bow's limb and its string, the largest counts.
    """
    rows, columns = np.nonzero(seen.inside)
    share = _shares_from_handle(seen, rows, columns)
    held = np.zeros_like(seen.inside)
    held[rows, columns] = (share >= shares[0]) & (share <= shares[1])
    labels, count = ndimage.label(held, structure=np.ones((3, 3)))
    if not count:
        return _NOWHERE
    largest = 1 + int(np.argmax(ndimage.sum_labels(held, labels, range(1, count + 1))))
    rows, columns = np.nonzero(labels == largest)
    height, width = seen.inside.shape
    to_x, to_y = FRAME_PX / width, FRAME_PX / height
    return (
        round(float(columns.min()) * to_x, 1),
        round(float(rows.min()) * to_y, 1),
        round(float(columns.max() + 1) * to_x, 1),
        round(float(rows.max() + 1) * to_y, 1),
    )


def _shares_from_handle(
    seen: _Seen, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    dx, dy = seen.axis.direction
    centre_x, centre_y = seen.axis.centre_px
    along = (columns - centre_x) * dx + (rows - centre_y) * dy
    share = along / seen.axis.length_px + 0.5
    return 1 - share if seen.anatomy.handle_at_end == 1 else share


def _weapon_type(seen: _Seen) -> str:
    """Name the weapon by its build and the shape of its head."""
    anatomy, axis = seen.anatomy, seen.axis
    if anatomy.build is Build.GUARDED:
        assert anatomy.guard is not None
        return "dagger" if 1 - anatomy.guard[1] < 0.58 else "sword"
    if anatomy.build is Build.HEADED:
        assert anatomy.head is not None
        return _headed_type(seen, anatomy.head)
    if anatomy.build is Build.BLADED:
        return "knife" if axis.elongation > 2.5 else "unknown"
    named = {Build.BOWED: "bow", Build.TAPERED: "wand", Build.CROSSED: "crossbow"}
    if anatomy.build in named:
        return named[anatomy.build]
    if anatomy.build is Build.STICK:
        return "staff" if axis.elongation > 9 else "club" if axis.elongation > 3 else "unknown"
    return "unknown"


def _headed_type(seen: _Seen, head: tuple[float, float]) -> str:
    """Name a hafted weapon by how its head is spread to the sides and filled."""
    spans = seen.axis.spans[::-1] if seen.anatomy.handle_at_end == 1 else seen.axis.spans
    in_head = spans[round(head[0] * (SLICES - 1)) :]
    fill = float(in_head.mean() / max(in_head.max(), 1.0))
    lopsided, outer = _head_sides(seen, head)
    broad = float(in_head.max()) / max((head[1] - head[0]) * seen.axis.length_px, 1.0)
    if broad > 4.5 and seen.axis.elongation < 3:
        return "pickaxe"
    if lopsided > 0.3 or outer > 1.5:
        return "axe"
    if seen.axis.elongation > 5.5:
        return "spear" if fill < 0.7 else "staff"
    return "hammer" if fill > 0.82 else "mace"


def _head_sides(seen: _Seen, head: tuple[float, float]) -> tuple[float, float]:
    """How lopsided the head is (0 even, 1 all on one side), and how tall outside against inside.

    Blades grow taller away from the haft, balls and flanges lower.
    """
    rows, columns = np.nonzero(seen.inside)
    share = _shares_from_handle(seen, rows, columns)
    dx, dy = seen.axis.direction
    across = columns * dy - rows * dx
    haft = (share > 0.1) & (share < max(head[0] - 0.03, 0.15))
    in_head = (share >= head[0]) & (share <= head[1])
    if not haft.any() or not in_head.any():
        return 0.0, 1.0
    beside = across[in_head] - float(np.median(across[haft]))
    far = np.abs(beside) / max(float(np.abs(beside).max()), 1e-9)
    lopsided = abs(float(beside.sum())) / max(float(np.abs(beside).sum()), 1e-9)
    inner = max(int(((far > 0.2) & (far < 0.5)).sum()), 1)
    return lopsided, int(((far > 0.6) & (far < 0.9)).sum()) / inner


def _side(seen: _Seen, *, handle: bool) -> str:
    if abs(seen.axis.degrees) > 90 - _UPRIGHT_DEGREES:
        # End 0 is the upper one; of two ends at one height it is the one the axis starts from.
        at_start = (seen.anatomy.handle_at_end == 0) == handle
        return "left" if (seen.axis.direction[0] > 0) == at_start else "right"
    return "bottom" if seen.handle_is_low == handle else "top"


def _describe(seen: _Seen, weapon_type: str) -> str:
    if seen.anatomy.build is Build.COMPACT:
        return "The figure is not long, so the grip is taken to be in its middle."
    if seen.anatomy.build is Build.BOWED:
        return "The grip of the bow is in the middle of its limbs."
    near = _side(seen, handle=True)
    if seen.anatomy.build is Build.GUARDED:
        return f"Grip of the {weapon_type} between guard and pommel, towards the {near}."
    thing = "figure" if weapon_type == "unknown" else weapon_type
    return f"Grip on the thin part of the {thing}, towards the {near}."


def _describe_parts(seen: _Seen) -> dict[str, str]:
    anatomy = seen.anatomy
    if anatomy.build in (Build.COMPACT, Build.BOWED):
        return _parts("none seen", "in the middle", "none seen")
    far, near = _side(seen, handle=False), _side(seen, handle=True)
    blade = {
        Build.GUARDED: f"long part from the guard to the {far}",
        Build.HEADED: f"wide head at the {far}",
        Build.BLADED: f"wide part at the {far}",
    }.get(anatomy.build, f"end at the {far}")
    guard = "none seen"
    if anatomy.guard is not None:
        middle = (anatomy.guard[0] + anatomy.guard[1]) / 2
        guard = f"widest slice, {middle:.0%} of the length from the {near}"
    low, high = anatomy.handle
    return _parts(blade, f"thin part, {low:.0%} to {high:.0%} of the length from the {near}", guard)


def _parts(blade: str, handle: str, guard: str) -> dict[str, str]:
    return {"blade": blade, "handle": handle, "guard": guard}
