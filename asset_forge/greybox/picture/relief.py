"""How deep a silhouette is at every place: one function per form, over a few common profiles.

Depth is kept as the square of the half depth (`half_sq`), which runs straight through the outline
and goes on negative outside. All lengths here are grid pixels, rows run down. Turning a relief
into triangles is `inflate`'s business.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_matrix, diags_array
from scipy.sparse.linalg import splu

from asset_forge.greybox.picture.axis import Anatomy, Build, find_anatomy, find_long_axis
from asset_forge.greybox.picture.kinds import Form, PictureKind

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Relief:
    """half_sq: (H, W) squared half depth, negative outside the figure. middle: (H, W) where the
    middle of the depth lies, positive towards the viewer. neck: share of the height at which the
    head of a biped begins."""

    half_sq: Floats
    middle: Floats
    neck: float | None = None


class Sheet:
    """A silhouette on the grid, with the measures that all profiles are made of.

    distance: (H, W) to the outline, positive inside. up: (H, 1) 0 at the figure's lowest row, 1 at
    its highest. x: (1, W) columns. height, width: of the figure.
    """

    def __init__(self, distance: Floats) -> None:
        self.distance = distance
        self.inside: Bools = distance > 0
        rows = np.flatnonzero(self.inside.any(axis=1))
        columns = np.flatnonzero(self.inside.any(axis=0))
        self.height = float(rows[-1] - rows[0] + 1)
        self.width = float(columns[-1] - columns[0] + 1)
        self.up = (rows[-1] + 0.5 - np.arange(distance.shape[0]))[:, None] / self.height
        self.x = np.arange(distance.shape[1], dtype=np.float64)[None, :]
        self.centre_x = float(columns[0] + columns[-1]) / 2

    def rounded(
        self, *, widest: float | None = None, upright: float = 1.0, flat_ends: bool = False
    ) -> Floats:
        """Swell like a soap film: a strip becomes a round rod, a disc an ellipsoid.

        widest: half widths beyond it stay flat. upright: below 1, rows count more than columns and
        a disc becomes a ball; near 0 every row is turned about its middle. flat_ends: a broad
        straight lower or upper end keeps its depth, as if it stood on something.
        """
        free = self._flat_ends() if flat_ends else np.zeros_like(self.inside)
        film = _soap_film(self.inside, free, widest=widest, upright=upright)
        reach = ndimage.distance_transform_edt(self.inside)
        nearest = ndimage.distance_transform_edt(
            ~self.inside, return_distances=False, return_indices=True
        )
        slope = np.where(self.inside, film / np.maximum(reach, 1), 0)[nearest[0], nearest[1]]
        # The film is a pixel coarse at its rim; its slope times the exact distance is not.
        slope = ndimage.gaussian_filter(slope, 1.0)
        near = np.clip(self.distance / 3.0, 0, 1)
        exact = slope * self.distance
        return 2 * np.where(self.inside, exact * (1 - near) + film * near, exact)

    def _flat_ends(self) -> Bools:
        """Pixels at the bottom or the top of the figure where it ends broad and straight."""
        ends = np.zeros_like(self.inside)
        for end, inner in (((0.0, 0.05), (0.1, 0.2)), ((0.95, 1.01), (0.8, 0.9))):
            if self.typical_half_width(*end) > 0.8 * self.typical_half_width(*inner):
                rows = self.rows_between(*end)
                ends[rows] = self.inside[rows]
        return ends

    def slab(self, half: Floats | float, bevel: Floats | float) -> Floats:
        """Keep a half depth that falls to 0 in a quarter circle of width `bevel` at the outline."""
        share = np.minimum(self.distance / np.maximum(bevel, 1e-6), 1)
        return np.asarray(half**2 * np.where(share > 0, 1 - (1 - share) ** 2, 2 * share))

    def diamond(self, half: Floats | float, edge: float) -> Floats:
        """Rise straight from the outline to `half` at the middle of each row; `edge` rounds it."""
        middle = np.maximum(self.row_measure(np.maximum(self.distance, 0).max(axis=1)), 1e-3)
        share = np.clip(self.distance / middle, -1, 1)
        rise = np.maximum(share, 0) * half
        return np.asarray(rise**2 + 2 * edge * self.distance * np.minimum(half / middle, 1))

    def row_measure(self, values: Floats) -> Floats:
        """Smooth a measure per row and make it (H, 1)."""
        return ndimage.gaussian_filter1d(values, 2.0)[:, None]

    def row_half_widths(self) -> Floats:
        """(H,) half of the filled pixels in each row."""
        return np.asarray(self.inside.sum(axis=1) / 2.0)

    def rows_between(self, low: float, high: float) -> Bools:
        """(H,) rows whose share of the height lies between."""
        return np.asarray((self.up[:, 0] >= low) & (self.up[:, 0] < high))

    def typical_half_width(self, low: float, high: float) -> float:
        """Median half width of the filled rows between two shares of the height."""
        widths = self.row_half_widths()[self.rows_between(low, high)]
        return float(np.median(widths[widths > 0])) if (widths > 0).any() else 1.0


def make_relief(distance: Floats, kind: PictureKind) -> Relief:
    """Give a silhouette the depth of its kind. distance: (H, W) to the outline, positive inside."""
    sheet = Sheet(distance)
    flat = np.zeros_like(distance)
    match kind.form:
        case Form.BLADE:
            return Relief(_blade(sheet, kind.depth), flat)
        case Form.WEDGE | Form.BLOCK | Form.BALL | Form.SPEAR:
            return Relief(_hafted(sheet, kind), flat)
        case Form.ROD:
            return Relief(sheet.rounded(widest=0.06 * sheet.height) * kind.depth**2, flat)
        case Form.PLATE:
            return _plate(sheet, kind.depth)
        case Form.FLAT:
            half = max(0.035 * max(sheet.height, sheet.width) * kind.depth, 1.5)
            return Relief(sheet.slab(half, 0.6 * half), flat)
        case Form.ROUND:
            return Relief(_as_ball(sheet, sheet.rounded(), 0.0, 1.01) * kind.depth**2, flat)
        case Form.TURNED:
            return Relief(sheet.rounded(upright=0.06, flat_ends=True) * kind.depth**2, flat)
        case Form.BOX:
            half = kind.depth * min(sheet.width, 1.5 * sheet.height) / 2
            bevel = max(0.02 * min(sheet.width, sheet.height), 2.0)
            return Relief(sheet.slab(half, bevel), flat)
        case Form.HEAD:
            return Relief(sheet.rounded(upright=0.25, flat_ends=True) * 1.3, flat)
        case Form.BODY:
            return _body(sheet, kind.depth)
    widest = 0.16 * min(sheet.height, sheet.width) + 0.04 * max(sheet.height, sheet.width)
    return Relief(sheet.rounded(widest=widest) * 0.8 * kind.depth**2, flat)


def _soap_film(inside: Bools, free: Bools, *, widest: float | None, upright: float) -> Floats:
    """Solve laplace(u) - u / widest² = -1 with u = 0 outside; `upright` weighs the vertical part.

    On a strip of half width a, u is (a² - x²) / 2. Where `free`, nothing holds the film down at an
    outline above or below.
    """
    count = int(inside.sum())
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    pull = 0.0 if widest is None else 1.0 / widest**2
    held = np.full(count, 2.0 + 2.0 * upright + pull)
    values, row_indices, column_indices = [], [], []
    for axis, weight in ((0, upright), (1, 1.0)):
        for step in (1, -1):
            neighbour = np.roll(number, step, axis=axis)[inside]
            linked = neighbour >= 0
            row_indices.append(np.flatnonzero(linked))
            column_indices.append(neighbour[linked])
            values.append(np.full(int(linked.sum()), weight))
            if axis == 0:
                held[~linked & free[inside]] -= upright
    links = coo_matrix(
        (np.concatenate(values), (np.concatenate(row_indices), np.concatenate(column_indices))),
        shape=(count, count),
    )
    system = (diags_array(held) - links).tocsc()
    solver = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    film = np.zeros(inside.shape)
    film[inside] = solver.solve(np.ones(count))
    return film


def _ramp(values: Floats, low: float, high: float) -> Floats:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def _mix(below: Floats, above: Floats, weight: Floats) -> Floats:
    return np.asarray(below * (1 - weight) + above * weight)


def _upright_anatomy(sheet: Sheet) -> Anatomy:
    """Find the parts along the vertical axis, the handle at the bottom in any case."""
    anatomy = find_anatomy(find_long_axis(sheet.inside))
    if anatomy.handle_at_end == 1 and anatomy.build is not Build.COMPACT:
        return anatomy
    return Anatomy(Build.STICK, 1, (0.05, 0.25), None, None, 0.2)


def _blade(sheet: Sheet, depth: float) -> Floats:
    """Shape a flat blade on a round grip; the guard is the deepest part, the pommel a ball."""
    anatomy = _upright_anatomy(sheet)
    round_ = sheet.rounded()
    if anatomy.guard is not None:
        grip_from, grip_to = anatomy.handle
        blade_from = anatomy.guard[1]
    else:
        grip_from, grip_to = 0.0, anatomy.handle[1] if anatomy.build is Build.BLADED else 0.2
        blade_from = grip_to
    grip = sheet.typical_half_width(grip_from, grip_to)
    half = min(0.010 * depth * sheet.height, 0.75 * grip)
    along = np.clip((sheet.up - blade_from) / max(1 - blade_from, 1e-6), 0, 1)
    blade = sheet.diamond(half * (1 - 0.5 * along), 0.12 * half)
    result = _mix(round_ * 0.85, blade, _ramp(sheet.up, blade_from - 0.004, blade_from + 0.012))
    if anatomy.guard is None:
        return result
    pommel = _as_ball(sheet, round_, 0.0, grip_from)
    result = _mix(pommel, result, _ramp(sheet.up, grip_from - 0.012, grip_from + 0.008))
    low, high = anatomy.guard
    reach = np.abs(sheet.x - sheet.centre_x) / max(sheet.width / 2, 1)
    thick = max(1.3 * grip, 0.25 * (high - low) * sheet.height)
    guard = sheet.slab(thick * (1 - 0.5 * reach), 0.35 * (high - low) * sheet.height)
    inside_guard = _ramp(sheet.up, low - 0.008, low + 0.004) * (
        1 - _ramp(sheet.up, high - 0.004, high + 0.008)
    )
    return _mix(result, np.maximum(guard, result), inside_guard)


def _as_ball(sheet: Sheet, round_: Floats, low: float, high: float) -> Floats:
    """Scale a rounded part between two heights until it is nearly as deep as it is wide."""
    rows = sheet.rows_between(low, high)
    if not rows.any():
        return round_
    deepest = float(np.sqrt(max(round_[rows].max(), 1e-6)))
    wanted = 0.95 * float(np.maximum(sheet.distance[rows], 0).max())
    return round_ * float(np.clip(wanted / deepest, 1.0, 1.6)) ** 2


def _hafted(sheet: Sheet, kind: PictureKind) -> Floats:
    """Shape a round haft, with the head that its kind has."""
    anatomy = _upright_anatomy(sheet)
    round_ = sheet.rounded()
    if anatomy.head is None:
        return round_ * kind.depth**2
    low, high = anatomy.head
    haft = sheet.typical_half_width(0.1, low)
    if kind.form is Form.BALL:
        ball = _as_ball(sheet, sheet.rounded(upright=0.5), low, 1.0)
        return _mix(round_, ball, _ramp(sheet.up, low - 0.04, low + 0.02))
    if kind.form is Form.SPEAR:
        head = sheet.diamond(0.8 * haft, 0.1 * haft)
        socket = np.minimum(round_, (1.2 * haft) ** 2)
        return _mix(socket, head, _ramp(sheet.up, low - 0.02, low + 0.03))
    haft_x = _haft_line(sheet, low)
    sideways = np.abs(sheet.x - haft_x)
    if kind.form is Form.BLOCK:
        block = 0.42 * min((high - low) * sheet.height, sheet.width) * kind.depth
        head = sheet.slab(max(block, 1.3 * haft), 0.2 * block)
    else:
        reach = float(sideways[sheet.inside & (sheet.up > low)].max(initial=2 * haft))
        thinning = np.clip((sideways - haft) / max(reach - haft, 1), 0, 1)
        half = 1.25 * haft * kind.depth * (1 - 0.88 * thinning**0.8)
        head = sheet.slab(half, np.maximum(1.2 * half, 1.5))
    core = haft**2 - sideways**2
    upper = np.maximum(np.minimum(core, round_), head)
    beside = _ramp(sideways, 1.2 * haft, 1.5 * haft) * (sheet.up > 0.4 * low)
    weight = np.maximum(_ramp(sheet.up, low - 0.03, low), beside)
    above = _ramp(sheet.up, high, high + 0.02) * (sideways < 1.5 * haft)
    return _mix(_mix(round_, upper, weight), round_, above)


def _haft_line(sheet: Sheet, below: float) -> Floats:
    """(H, 1) the column of the haft's middle, carried on straight through the head."""
    rows = np.flatnonzero(sheet.rows_between(0.05, below) & sheet.inside.any(axis=1))
    if len(rows) < 4:
        return np.full((sheet.inside.shape[0], 1), sheet.centre_x)
    weights = sheet.inside[rows]
    middles = (weights * sheet.x).sum(axis=1) / weights.sum(axis=1)
    line = np.polynomial.Polynomial.fit(rows, middles, 1)
    return np.asarray(line(np.arange(sheet.inside.shape[0])))[:, None]


def _plate(sheet: Sheet, depth: float) -> Relief:
    """Shape a thin plate with a thicker rim, bulging towards the viewer."""
    size = max(sheet.height, sheet.width)
    half = 0.014 * size * depth
    rim = 1 - _ramp(sheet.distance, 0.02 * size, 0.05 * size)
    half_sq = sheet.slab(half * (1 + 0.35 * rim), 1.2 * half)
    rx = (sheet.x - sheet.centre_x) / (sheet.width / 2)
    ry = (sheet.up - 0.5) * 2
    fall = np.minimum(0.8 * rx**2 + 0.35 * ry**2, 1.4)
    return Relief(half_sq, 0.13 * sheet.width * depth * (1 - fall))


def _body(sheet: Sheet, depth: float) -> Relief:
    """Shape a biped: round limbs, a flatter trunk, a deep head, and feet that point forward."""
    height = sheet.height
    half_sq = sheet.rounded(widest=0.062 * height) * depth**2
    neck = _find_neck(sheet)
    head_rows = sheet.up[:, 0] > neck
    if head_rows.any():
        deepest = float(np.sqrt(max(half_sq[head_rows].max(), 1.0)))
        wanted = 1.08 * float(np.maximum(sheet.distance[head_rows], 0).max())
        gain = float(np.clip(wanted / deepest, 1.0, 2.2)) ** 2
        half_sq = half_sq * (1 + (gain - 1) * _ramp(sheet.up, neck - 0.01, neck + 0.03))
    middle = 0.008 * height * (_bump(sheet.up, 0.72, 0.1) - _bump(sheet.up, 0.53, 0.07))
    middle = np.broadcast_to(middle, half_sq.shape).copy()
    if _stands_on_two_feet(sheet):
        forward = 1 - _ramp(sheet.up, 0.02, 0.062)
        foot = np.minimum(0.078 * height / np.sqrt(np.maximum(half_sq, 1)), 2.6)
        half_sq = half_sq * (1 + (np.maximum(foot, 1) ** 2 - 1) * forward)
        middle += 0.034 * height * forward
    return Relief(half_sq, middle, neck)


def _bump(values: Floats, centre: float, width: float) -> Floats:
    return np.asarray(np.exp(-(((values - centre) / width) ** 2)))


def _find_neck(sheet: Sheet) -> float:
    """Share of the height at which the head of a biped begins: the narrowest row below it."""
    widths = ndimage.gaussian_filter1d(_middle_run(sheet), 0.006 * sheet.height)
    up = sheet.up[:, 0]
    search = np.flatnonzero((up > 0.62) & (up < 0.93) & (widths > 0))
    if not len(search):
        return 0.86
    best, score = 0.86, 0.0
    for row in search:
        above = widths[(up > up[row]) & (up < 1)].max(initial=0)
        below = widths[(up < up[row]) & (up > up[row] - 0.12)].max(initial=0)
        waist = min(above, below) / widths[row]
        if waist > 1.12 and waist > score:
            best, score = float(up[row]), float(waist)
    return best


def _middle_run(sheet: Sheet) -> Floats:
    """(H,) width of the run of filled pixels nearest to the middle of the figure's top."""
    rows = np.flatnonzero(sheet.inside.any(axis=1))
    top = np.flatnonzero(sheet.inside[rows[: max(1, len(rows) // 20)]].any(axis=0))
    centre = int(np.median(top))
    widths = np.zeros(sheet.inside.shape[0])
    for row in rows:
        gaps = np.flatnonzero(~sheet.inside[row])
        if not sheet.inside[row, centre]:
            continue
        left = gaps[gaps < centre].max(initial=-1)
        right = gaps[gaps > centre].min(initial=sheet.inside.shape[1])
        widths[row] = right - left - 1
    return widths


def _stands_on_two_feet(sheet: Sheet) -> bool:
    band = sheet.inside[sheet.rows_between(0.02, 0.06)]
    if not len(band):
        return False
    runs = np.diff(np.concatenate([[0], band.mean(axis=0) > 0.5, [0]]).astype(int))
    widths = np.flatnonzero(runs < 0) - np.flatnonzero(runs > 0)
    return len(widths) == 2 and float(widths.max()) < 0.16 * sheet.height
