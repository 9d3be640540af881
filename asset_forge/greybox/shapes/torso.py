"""The form of a chest: a sheet around it with holes for neck and arms, sleeves, shoulder lames.

Metres, y = 0 at the waist, the neck at 0.49. Which armour is made of it: `chest_armour`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from asset_forge.greybox.mesh import Floats
from asset_forge.greybox.shapes.shells import borders, joined, normals_of, sheet
from asset_forge.greybox.solids import Array, Solid, merge

# level, half width, depth in front, depth behind: an adult in a padded coat.
_STATIONS = np.array([
    (-0.42, 0.226, 0.182, 0.178), (-0.28, 0.208, 0.160, 0.162), (-0.14, 0.192, 0.142, 0.146),
    (-0.05, 0.166, 0.124, 0.118), (0.0, 0.158, 0.118, 0.108), (0.06, 0.164, 0.126, 0.110),
    (0.14, 0.182, 0.148, 0.120), (0.23, 0.200, 0.164, 0.130), (0.30, 0.210, 0.160, 0.132),
    (0.36, 0.214, 0.142, 0.126), (0.40, 0.206, 0.118, 0.114), (0.435, 0.172, 0.096, 0.098),
    (0.462, 0.124, 0.082, 0.088), (0.478, 0.094, 0.078, 0.084), (0.50, 0.084, 0.080, 0.082),
    (0.53, 0.088, 0.084, 0.084),
])  # fmt: skip
_ARM_Y = 0.335
_ARM_LEVEL, _ARM_Z = 0.345, -0.004
# Where the left arm's axis leaves the body.
SHOULDER = np.array([0.184, 0.362, -0.004])


@dataclass(frozen=True)
class Torso:
    """Proportions: girth, waist and depth are factors; bulge: "keel", "muscle" or "plain".

    neck_drop_m: how much lower the neckline is in front. arm_m: half the arm hole's height.
    quilt_m: depth of upright quilting.
    """

    girth: float = 1.0
    waist: float = 1.0
    depth: float = 1.0
    bulge: str = "plain"
    neck_drop_m: float = 0.035
    arm_m: float = 0.086
    quilt_m: float = 0.0
    columns: int = 28

    def angles(self) -> Floats:
        """Return the columns' angles; 0 is the front, growing to the wearer's left (+X)."""
        return np.linspace(-np.pi / 2, 1.5 * np.pi, self.columns, endpoint=False)

    def at(self, level: Array, angle: Array, lift: float = 0.0) -> Floats:
        """Return points (…, 3) on the outside; lift: metres that they stand off level."""
        y, a = np.broadcast_arrays(np.asarray(level, float), np.asarray(angle, float))
        table = PchipInterpolator(_STATIONS[:, 0], _STATIONS[:, 1:])(y)
        narrow = 1.0 + (self.waist - 1.0) * np.exp(-(((y - 0.0) / 0.10) ** 2))
        wide = table[..., 0] * self.girth * narrow + lift
        front, back = (table[..., k] * self.girth * self.depth + lift for k in (1, 2))
        square = 2.0 / (2.0 + 0.55 * np.clip((0.46 - y) / 0.1, 0.0, 1.0))
        x = wide * np.sign(np.sin(a)) * np.abs(np.sin(a)) ** square
        cos = np.cos(a)
        z = np.where(cos > 0, front, back) * np.sign(cos) * np.abs(cos) ** square
        z = z + np.where(
            cos > 0.05, self._bulge(x, y), -self._shoulder_blades(x, y) * (cos < -0.05)
        )
        soft = np.clip((0.47 - y) / 0.05, 0.0, 1.0)
        ripple = (
            self.quilt_m * soft * np.where(np.arange(a.shape[-1]) % 2, -0.5, 0.5)
            if self.quilt_m
            else 0
        )
        x, z = x + ripple * np.sin(a), z + ripple * cos
        drop = np.clip((y - 0.30) / 0.17, 0.0, 1.3) ** 1.5 * np.clip(cos, 0.0, 1.0) ** 2
        return np.stack([x, y - drop * self.neck_drop_m, z], axis=-1)

    def _bulge(self, x: Floats, y: Floats) -> Floats:
        if self.bulge == "keel":
            rise = np.exp(-(((y - 0.16) / 0.15) ** 2))
            keel: Floats = rise * (0.034 * np.clip(1 - np.abs(x) / 0.105, 0, 1) + 0.004)
            return keel
        if self.bulge == "muscle":
            chest = np.exp(-(((np.abs(x) - 0.080) / 0.052) ** 2) - ((y - 0.292) / 0.046) ** 2)
            belly = np.exp(-(((np.abs(x) - 0.045) / 0.030) ** 2) - ((y - 0.10) / 0.080) ** 2)
            fold = np.exp(-(((y - 0.205 - 0.25 * np.abs(x)) / 0.022) ** 2))
            side = np.exp(-(((np.abs(x) - 0.02) / 0.10) ** 2))
            muscle: Floats = 0.028 * chest + 0.014 * belly - 0.013 * fold * side
            return muscle
        flat: Floats = 0.004 * np.exp(
            -(((np.abs(x) - 0.08) / 0.07) ** 2) - ((y - 0.28) / 0.08) ** 2
        )
        return flat

    def _shoulder_blades(self, x: Floats, y: Floats) -> Floats:
        blades: Floats = 0.010 * np.exp(
            -(((np.abs(x) - 0.085) / 0.060) ** 2) - ((y - 0.31) / 0.075) ** 2
        )
        return blades

    def body(self, levels: Array, *, dags_m: float = 0.0) -> Solid:
        """Return the open sheet from the neck (highest level) down, with both arm holes.

        dags_m: how far every second corner of the hem hangs lower.
        """
        level = np.asarray(levels, float)
        angle = self.angles()
        y, a = np.meshgrid(level, angle, indexing="ij")
        y[-1] -= dags_m * (np.arange(self.columns) % 2)
        cells = self._in_hole(
            (y[:-1] + y[1:]) / 2, (a[:-1] + np.roll(a, -1, axis=1)[1:]) / 2 + np.pi *
            (np.arange(self.columns) == self.columns - 1),
        )  # fmt: skip
        cut = cells < 1.0
        y, a = self._snapped(y, a, cut)
        points = self.at(y, a)
        return joined(sheet(points, wrap=True, keep=~cut, patches=2))

    def _in_hole(self, y: Floats, a: Floats) -> Floats:
        """Return how far points lie from the arm hole's middle: 1 on its border."""
        z = self.at(y, a)[..., 2]
        up = (y - _ARM_LEVEL) / self.arm_m
        wide = (z - _ARM_Z) / (0.82 * self.arm_m)
        away = np.sqrt(up**2 + wide**2)
        return np.where(np.abs(np.sin(a)) > 0.5, away, 9.0)

    def _snapped(self, y: Floats, a: Floats, cut: np.ndarray) -> tuple[Floats, Floats]:
        """Move the corners on the border between kept and cut cells onto the arm hole."""
        gone = np.zeros(y.shape, bool)
        kept = np.zeros(y.shape, bool)
        for dr in (0, 1):
            for dc in (0, 1):
                rows = slice(dr, dr + cut.shape[0])
                gone[rows] |= np.roll(cut, dc, axis=1)
                kept[rows] |= np.roll(~cut, dc, axis=1)
        border = gone & kept
        middle = np.where(np.sin(a) > 0, np.pi / 2, -np.pi / 2)
        turn = (a - middle + np.pi) % (2 * np.pi) - np.pi
        y, turn = y.copy(), turn.copy()
        for _ in range(4):
            away = np.clip(self._in_hole(y, middle + turn), 0.3, 3.0)
            y[border] = _ARM_LEVEL + (y - _ARM_LEVEL)[border] / away[border]
            turn[border] = turn[border] / away[border]
        return y, middle + turn


def arm_loops(body: Solid) -> list[tuple[Floats, Floats]]:
    """Return the borders of both arm holes."""
    return [loop for loop in borders(body) if abs(float(loop[0][:, 0].mean())) > 0.1]


def neck_loop(body: Solid) -> tuple[Floats, Floats]:
    """Return the border around the neck."""
    return max(borders(body), key=lambda loop: float(loop[0][:, 1].mean()))


def hem_loop(body: Solid) -> tuple[Floats, Floats]:
    """Return the border at the bottom."""
    return min(borders(body), key=lambda loop: float(loop[0][:, 1].mean()))


def sleeves(body: Solid, length_m: float, *, droop_deg: float = 48.0, rows: int = 4) -> Solid:
    """Return sheets of both sleeves, sewn to the arm holes of a body."""
    made = []
    for points, _ in arm_loops(body):
        side = float(np.sign(points[:, 0].mean()))
        droop = np.radians(droop_deg)
        ahead = np.array([side * np.cos(droop), -np.sin(droop), 0.0])
        up = np.array([side * np.sin(droop), np.cos(droop), 0.0])
        middle = points.mean(axis=0)
        spread = points - middle
        angle = np.arctan2(spread @ up, spread[:, 2])
        end = middle + ahead * length_m + np.array([0.0, 0.012, 0.0])
        ring = end + 0.070 * (
            np.sin(angle)[:, None] * up + 0.98 * np.cos(angle)[:, None] * np.array([0.0, 0.0, 1.0])
        )
        share = np.linspace(0.0, 1.0, rows)[:, None, None]
        # Leaves the body square to the hole, then follows the arm.
        way = points + (ring - points) * share
        way[1:-1, :, 0] += side * 0.022 * np.sin(np.pi * share[1:-1, :, 0])
        made.append(sheet(way, wrap=True))
    return merge(*made)


def lame(rows: Array, *, reach_deg: float, tilt_deg: float, columns: int = 7) -> Solid:
    """Return the sheet of one lame over the left shoulder.

    rows: (R, 2) of metres outwards and distance from the arm's axis, from the neck outwards.
    reach_deg: how far it reaches down in front and behind. tilt_deg: how far its outer end hangs.
    """
    profile = np.asarray(rows, float)
    angle = np.radians(np.linspace(reach_deg, -reach_deg, columns))
    # A lame is drawn in towards its lower corners.
    tuck = 1.0 - 0.16 * (np.abs(angle) / np.radians(90)) ** 3
    x = profile[:, :1] * (1.0 - 0.10 * (angle / 1.4) ** 2)
    y = profile[:, 1:] * np.cos(angle) * tuck
    z = profile[:, 1:] * np.sin(angle) * tuck * 1.16
    points = np.stack([np.broadcast_to(x, y.shape), y, z], axis=-1)
    made = sheet(points)
    if float(np.einsum("ij,ij->i", normals_of(joined(made)), joined(made).positions).sum()) < 0:
        made = made.flipped()
    return made.rotated("z", -tilt_deg).moved(*SHOULDER)


def plackart(torso: "Torso", lift: float) -> Solid:
    """Return the sheet of a second plate over the belly that rises to a point on the chest."""
    angle = np.linspace(-1.35, 1.35, 13)
    top = 0.075 + 0.155 * np.clip(1 - np.abs(angle) / 1.15, 0.0, 1.0) ** 1.4
    levels = top[None, :] + (-0.04 - top[None, :]) * np.linspace(0.0, 1.0, 4)[:, None]
    return sheet(torso.at(levels, angle[None, :], lift))


def studs_on(loop: tuple[Floats, Floats], count: int) -> Floats:
    """Return `count` places spread evenly along a closed border."""
    points = np.concatenate([loop[0], loop[0][:1]])
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = (np.arange(count) + 0.5) / count * run[-1]
    return np.stack([np.interp(at, run, points[:, k]) for k in range(3)], axis=1)


def level_ring(torso: Torso, level: float, lift: float, count: int = 24) -> tuple[Floats, Floats]:
    """Return a closed path of even steps around the torso at a level, and its outward ways."""
    fine = np.linspace(0.0, 2 * np.pi, 97)
    ring = torso.at(np.full(97, level), fine, lift)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    angle = np.interp(np.arange(count) / count * run[-1], run, fine)
    path = torso.at(np.full(count, level), angle, lift)
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    out = np.column_stack([-ahead[:, 2], np.zeros(count), ahead[:, 0]])
    return path, out / np.linalg.norm(out, axis=1, keepdims=True)
