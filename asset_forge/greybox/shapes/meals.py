"""What there is to eat: one maker a dish, each in units of its own, lying as food lies."""

import numpy as np

from asset_forge.greybox.mesh import Floats, Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.jewels import torus
from asset_forge.greybox.shapes.placing import shaded, shifted, turned
from asset_forge.greybox.solids import (
    Solid,
    box_mapped,
    circle,
    curve,
    ellipsoid,
    extrude,
    lathe,
    loft,
    merge,
    sweep,
)

# How long a loaf is in its widths, how blunt its ends are, how many times it is slashed.
LOAVES = {"loaf": (1.9, 3.0, 3), "round": (1.0, 2.0, 2), "baguette": (4.6, 3.4, 6)}


def bread(rng: np.random.Generator, form: str, breadth: float) -> list[Part]:
    """Bake a loaf along X with slashes that opened in the oven."""
    long, blunt, slashes = LOAVES[form]
    wide_cut = {"loaf": 0.13, "round": 0.10, "baguette": 0.17}[form]
    long *= float(rng.uniform(0.92, 1.08)) / breadth**0.5
    tall = float(rng.uniform(0.78, 0.95))
    rows, around = {"loaf": (60, 26), "round": (44, 36), "baguette": (90, 20)}[form]
    angle = np.arange(around) * 2 * np.pi / around
    waves = rng.uniform(0, 2 * np.pi, 4)
    rings = []
    even = np.linspace(-1.0, 1.0, rows)
    for s in 0.5 * even + 0.5 * np.sin(even * np.pi / 2):
        wide = (1.0 - abs(s) ** blunt) ** (1 / blunt) if abs(s) < 1 else 0.0
        wide *= 1.0 + 0.035 * np.sin(3 * s + waves[0])
        x = np.full(around, s * long)
        up, out = np.sin(angle), np.cos(angle)
        # Flat below, where it lay in the oven.
        y = np.where(up > 0, up * tall, np.maximum(up * 0.62, -0.42)) * wide**0.8
        z = np.sign(out) * np.abs(out) ** 0.82 * wide
        swell = 1.0 + 0.02 * np.sin(2 * angle + waves[1] + 4 * s) + rng.uniform(-0.008, 0.008)
        rings.append(np.stack([x, y * swell, z * swell], axis=1))
    grid = np.array(rings)
    cut = _slashes(grid, long, slashes, cross=form == "round")
    lip = np.exp(-(((cut - 1.5 * wide_cut) / (0.7 * wide_cut)) ** 2))
    deep = np.exp(-((cut / wide_cut) ** 2))
    middle = np.clip(1.0 - (grid[:, :, 2] / 0.8) ** 2, 0.0, 1.0)
    grid[:, :, 1] += (0.045 * lip - 0.055 * deep) * middle
    part = to_part(loft(grid), "loaf", "bread", crease_deg=60)

    def tint(points: Floats) -> Floats:
        near = _slashes(points, long, slashes, cross=form == "round")
        pale = np.exp(-((near / wide_cut) ** 4))
        low = np.clip((-0.18 - points[:, 1]) / 0.25, 0, 1)
        tone = 1.0 + pale[:, None] * np.array([0.20, 0.50, 1.05]) - 0.22 * low[:, None]
        edge = np.exp(-(((near - 1.5 * wide_cut) / (0.4 * wide_cut)) ** 2))
        shaded_tone: Floats = tone * (1.0 - 0.28 * edge[:, None])
        return shaded_tone

    return [shaded(part, tint)]


def _slashes(points: Floats, long: float, count: int, *, cross: bool) -> Floats:
    """Return the distance to the nearest slash of points (..., 3), 10 away from all of them."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    if cross:
        near = np.minimum(np.abs(x - z), np.abs(x + z)) / 2**0.5
        inside = (y > 0.2) & (np.hypot(x, z) < 0.78)
    else:
        places = np.linspace(-0.62, 0.62, count) * long
        near = np.abs(x[..., None] - 0.42 * z[..., None] - places).min(axis=-1)
        inside = (y > 0.22) & (np.abs(z) < 0.72)
    away: Floats = np.where(inside, near, 10.0)
    return away


def apple(rng: np.random.Generator) -> list[Part]:
    """Grow an apple with a stem and a leaf."""
    r = float(rng.uniform(0.95, 1.06))
    profile = curve(
        [(0.0, 0.17), (0.16, 0.08), (0.34, 0.015), (0.58, 0.09), (0.84, 0.42), (1.0, 0.92),
         (0.98, 1.28), (0.80, 1.62), (0.52, 1.76), (0.28, 1.70), (0.12, 1.56), (0.0, 1.44)],
        26,
    )  # fmt: skip
    profile[[0, -1], 0] = 0.0
    body = lathe(np.abs(profile) * (r, 1.0), sides=26)
    points = np.array(body.positions)
    angle = np.arctan2(points[:, 2], points[:, 0])
    lobes = 1.0 + 0.030 * np.cos(5 * angle + rng.uniform(0, 6)) * np.clip(points[:, 1], 0.2, 1.0)
    lobes += 0.03 * np.cos(angle + rng.uniform(0, 6))
    points[:, [0, 2]] *= lobes[:, None]
    part = to_part(body.bent(points), "apple", "fruit", crease_deg=70)

    def tint(at: Floats) -> Floats:
        near = np.hypot(at[:, 0], at[:, 2])
        top = np.exp(-((near / 0.34) ** 2))[:, None]
        tone: Floats = 1.0 + top * np.array([0.05, 0.55, 0.1])
        return tone

    side = float(rng.choice([-1.0, 1.0]))
    stem = sweep(curve([(0, 1.40, 0), (side * 0.03, 1.75, 0.0), (side * 0.16, 2.08, 0.02)], 7),
                 circle(6, 0.045), scale=[0.8, 0.8, 0.8, 0.85, 0.95, 1.15, 1.25])  # fmt: skip
    leaf = _leaf(0.62).rotated("z", 24).rotated("y", 200 if side > 0 else -20)
    leaf = leaf.moved(side * 0.05, 1.80, 0.0)
    return turned([
        shaded(part, tint),
        to_part(stem, "stem", "stem", crease_deg=50),
        to_part(leaf, "leaf", "leaf", crease_deg=25),
    ], "z", float(rng.uniform(-7, 7)))  # fmt: skip


def _leaf(long: float) -> Solid:
    """Bend a leaf along X from the origin, folded along its midrib."""
    t = np.linspace(0.0, 1.0, 11)
    wide = 0.26 * np.sin(np.pi * t**0.8) + 0.005
    drop = 0.25 * t - 0.5 * t**2
    rings = []
    for a, half, y in zip(t, wide, drop, strict=True):
        row = [(-half, 0.06 * half / 0.26), (0.0, -0.02), (half, 0.06 * half / 0.26)]
        over = [(a, y + h + 0.012, z) for z, h in row]
        under = [(a, y + h - 0.012, z) for z, h in reversed(row)]
        rings.append([*over, *under])
    return loft(np.array(rings) * long / 0.9)


def meat(rng: np.random.Generator, form: str) -> list[Part]:
    """Roast a piece on its bone along X: "drumstick", or "haunch" with bone at both ends."""
    if form == "drumstick":
        knots = [(0.0, -1.15), (0.42, -1.08), (0.74, -0.72), (0.80, -0.28), (0.66, 0.20),
                 (0.42, 0.62), (0.24, 0.95), (0.17, 1.10), (0.0, 1.14)]  # fmt: skip
        bone_from, ends = 0.8, [1.0]
    else:
        knots = [(0.0, -1.02), (0.30, -1.0), (0.58, -0.82), (0.76, -0.40), (0.80, 0.05),
                 (0.74, 0.45), (0.52, 0.86), (0.28, 1.02), (0.0, 1.05)]  # fmt: skip
        bone_from, ends = -1.75, [1.0, -1.0]
    profile = curve(knots, 26)
    profile[:, 0] = np.maximum(profile[:, 0], 0.0)
    profile[[0, -1], 0] = 0.0
    body = lathe(profile, sides=20)
    points = np.array(body.positions)
    angle = np.arctan2(points[:, 2], points[:, 0])
    lumps = 0.05 * np.sin(3 * angle + 2.2 * points[:, 1] + rng.uniform(0, 6))
    lumps += 0.04 * np.sin(5 * angle - 3.0 * points[:, 1] + rng.uniform(0, 6))
    points[:, [0, 2]] *= (1.0 + lumps)[:, None] * (1.0, float(rng.uniform(0.84, 0.95)))
    parts = [to_part(body.bent(points), "meat", "meat", crease_deg=60)]
    r = 0.125
    bone = lathe([(0, bone_from), (r, bone_from), (r * 0.9, 0.0), (r, 1.75), (0, 1.75)], sides=12)
    knobs = []
    for end in ends:
        for turn in (-1.0, 1.0):
            knob = ellipsoid(0.185, 0.17, 0.16, sides=12, rows=8)
            knobs.append(knob.moved(turn * 0.125, end * 1.80, 0.0))
    parts.append(to_part(merge(bone, *knobs), "bone", "bone", crease_deg=50))
    if form != "drumstick":
        for end, where in ((1.0, 0.97), (-1.0, -0.95)):
            cuff = torus(0.24, 0.12, sides=16).moved(y=where)
            parts.append(to_part(cuff, f"cuff {end}", "meat", crease_deg=60))
    laid = turned(turned(parts, "z", -90.0), "x", float(rng.uniform(-20, 20)))
    return turned(turned(laid, "z", -8.0 if form == "drumstick" else 0.0), "y", 18.0)


def fish(rng: np.random.Generator) -> list[Part]:
    """Make a fish along X, its head to -X, its profile to +Z."""
    tall = float(rng.uniform(0.40, 0.54))
    t = np.array([0.0, 0.03, 0.08, 0.16, 0.28, 0.42, 0.58, 0.72, 0.84, 0.93, 1.0])
    high = np.array([0.06, 0.26, 0.50, 0.78, 0.97, 1.0, 0.84, 0.58, 0.36, 0.26, 0.28])
    fine = np.linspace(0, 1, 30)
    half = tall * curve(np.column_stack([t, high]), 120)
    heights = np.interp(fine, half[:, 0] / tall, half[:, 1])
    x = fine * 2.6 - 1.3
    thick = heights * np.interp(fine, [0, 0.15, 0.6, 1.0], [0.75, 0.56, 0.42, 0.16])
    angle = np.arange(18) * 2 * np.pi / 18
    rings = [
        np.stack([np.full(18, a), h * np.sin(angle) + 0.04 * tall * np.sin(3 * a),
                  d * np.cos(angle)], axis=1)
        for a, h, d in zip(x, heights, thick, strict=True)
    ]  # fmt: skip
    body = to_part(loft(rings), "body", "fish", crease_deg=60)

    def tint(at: Floats) -> Floats:
        level = at[:, 1] / np.interp(at[:, 0], x, np.maximum(heights, 0.05))
        back = np.clip(level * 1.4, 0, 1)[:, None] * np.array([0.52, 0.46, 0.40])
        belly = np.clip(-2 * level + 0.1, 0, 1)[:, None] * np.array([0.75, 0.62, 0.85])
        gill = np.exp(-(((at[:, 0] + 0.66 - 0.22 * level**2) / 0.035) ** 2)) * (np.abs(level) < 0.8)
        mouth = np.exp(-(((at[:, 0] + 1.3) / 0.05) ** 2)) * 0.5
        tone: Floats = (1.0 - back + belly) * (1.0 - 0.45 * gill - mouth)[:, None]
        return tone

    tail = [(1.18, 0.02), (1.24, 0.12), (1.50, 0.46), (1.80, 0.66), (1.66, 0.28), (1.58, 0.0),
            (1.68, -0.30), (1.78, -0.62), (1.48, -0.42), (1.24, -0.10)]  # fmt: skip
    h = tall
    back_fin = [(-0.42, h * 0.80), (0.45, h * 0.60), (0.52, h * 0.98), (0.30, h * 1.12),
                (0.0, h * 1.36), (-0.22, h * 1.42)]  # fmt: skip
    low_fin = [(0.42, -h * 0.50), (0.78, -h * 0.34), (0.84, -h * 0.66), (0.60, -h * 0.94)]
    belly_fin = [(-0.34, -h * 0.76), (0.0, -h * 0.82), (0.06, -h * 1.24), (-0.14, -h * 1.14)]
    fins = []
    for name, outline in (("tail", tail), ("back", back_fin), ("low", low_fin),
                          ("belly", belly_fin)):  # fmt: skip
        flat = np.array(outline)
        area = (flat[:, 0] * np.roll(flat[:, 1], -1) - flat[:, 1] * np.roll(flat[:, 0], -1)).sum()
        fin = extrude(flat if area > 0 else flat[::-1], 0.035, bevel=0.010)
        fins.append(to_part(fin, f"{name} fin", "fins", crease_deg=25))
    side_fin = np.array([(0.0, -0.06), (0.30, -0.16), (0.36, 0.02), (0.22, 0.12), (0.0, 0.07)])
    eye = ellipsoid(0.075, 0.075, 0.03, sides=12, rows=7)
    pupil = ellipsoid(0.042, 0.042, 0.018, sides=10, rows=6)
    place = float(np.interp(-1.0, x, thick))
    parts = [shaded(body, tint), *fins]
    for side in (1.0, -1.0):
        fin = extrude(side_fin, 0.03, bevel=0.008).rotated("y", -side * 24)
        reach = float(np.interp(-0.5, x, thick))
        parts += [
            to_part(fin.moved(-0.55, -0.10, side * reach * 0.96), f"side fin {side}", "fins",
                    crease_deg=25),
            to_part(eye.moved(-1.0, 0.13, side * place * 0.86), f"eye {side}", "eye"),
            to_part(pupil.moved(-1.0, 0.13, side * (place * 0.86 + 0.020)), f"pupil {side}",
                    "pupil"),
        ]  # fmt: skip
    return turned(turned(parts, "x", -14.0), "y", float(rng.uniform(-8, 8)))


def cheese(rng: np.random.Generator, form: str) -> list[Part]:
    """Cut a wedge, or a wheel with a piece missing; the rind is around and below."""
    span = float(rng.uniform(44, 60)) if form == "wedge" else 360.0 - float(rng.uniform(42, 60))
    tall = float(rng.uniform(0.48, 0.60))
    count = 10 if form == "wedge" else 40
    turn = np.radians(np.linspace(-span / 2, span / 2, count))
    arc = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    flesh = extrude(np.vstack([[(0.0, 0.0)], arc]), tall, bevel=0.018)
    rind = loft([
        np.concatenate([arc * r, np.array(arc * 0.965)[::-1]]) @ np.array([[1, 0, 0], [0, 1, 0]])
        + (0, 0, z)
        for r, z in ((0.99, -tall / 2 - 0.012), (1.03, -tall / 2 + 0.03), (1.045, 0.0),
                     (1.03, tall / 2 - 0.03), (0.99, tall / 2 + 0.006))
    ])  # fmt: skip
    parts = [
        to_part(box_mapped(flesh), "cheese", "cheese", crease_deg=25),
        to_part(rind, "rind", "rind", crease_deg=40),
    ]
    laid = turned(parts, "x", -90.0)
    # The wedge's cut side, or the wheel's gap, looks to +Z.
    return turned(laid, "y", 198.0 if form == "wedge" else 78.0)


def pie(rng: np.random.Generator, form: str) -> list[Part]:
    """Bake a pie in its dish: "lattice" over fruit, or "closed" with slits and leaves."""
    dish = lathe([(0, 0), (0.74, 0), (0.78, 0.03), (0.98, 0.30), (1.04, 0.315), (1.04, 0.34),
                  (0.97, 0.345), (0.90, 0.30), (0, 0.28)], sides=32)  # fmt: skip
    parts = [to_part(dish, "dish", "dish", crease_deg=30)]
    count = 64
    angle = np.arange(count) * 2 * np.pi / count
    pinch = 0.5 + 0.5 * np.cos(angle * int(rng.choice([16, 20, 24])))
    rim = []
    for a, p in zip(angle, pinch, strict=True):
        section = circle(8) * (0.105, 0.055 + 0.030 * p)
        out = 0.95 + 0.022 * p + section[:, 0]
        rim.append(np.stack([out * np.cos(a), 0.365 + 0.012 * p + section[:, 1],
                             -out * np.sin(a)], axis=1))  # fmt: skip
    parts.append(to_part(loft(np.array(rim), wrap=True), "rim", "crust", crease_deg=60))
    if form == "lattice":
        filling = lathe([(0, 0.22), (0.9, 0.26), (0.9, 0.33), (0.6, 0.385), (0.3, 0.41),
                         (0, 0.42)], sides=28)  # fmt: skip
        parts.append(to_part(filling, "filling", "filling", crease_deg=60))
        return parts + _lattice()
    dome = lathe(curve([(0.92, 0.30), (0.90, 0.37), (0.72, 0.47), (0.40, 0.545), (0.0, 0.57)], 12),
                 sides=32)  # fmt: skip
    lid = to_part(loft_closed(dome), "lid", "crust", crease_deg=60)
    parts.append(lid)
    for index in range(5):
        turn = 72.0 * index
        slit = ellipsoid(0.17, 0.016, 0.035, sides=10, rows=6).moved(x=0.46, y=0.535)
        parts.append(to_part(slit.rotated("z", -4).rotated("y", turn), f"slit {index}", "filling"))
        leaf = _leaf(0.34).scaled(1, 0.5, 1).moved(x=0.06, y=0.575).rotated("y", turn + 36)
        parts.append(to_part(leaf, f"leaf {index}", "crust", crease_deg=30))
    bead = ellipsoid(0.07, 0.05, 0.07, sides=10, rows=7).moved(y=0.585)
    return [*parts, to_part(bead, "bead", "crust", crease_deg=50)]


def loft_closed(solid: Solid) -> Solid:
    """Return a turned solid right side out, whichever way its profile ran."""
    return solid if solid.volume > 0 else solid.flipped()


def _lattice() -> list[Part]:
    """Weave strips over the filling, over and under each other."""
    parts = []
    section = np.array([(-0.062, -0.016), (0.062, -0.016), (0.062, 0.008), (0.045, 0.018),
                        (-0.045, 0.018), (-0.062, 0.008)])  # fmt: skip
    places = np.linspace(-0.64, 0.64, 5)
    for way in (0, 1):
        for index, place in enumerate(places):
            reach = (0.90**2 - place**2) ** 0.5
            along = np.linspace(-reach, reach, 15)
            dome = 0.425 - 0.09 * (along**2 + place**2)
            weave = 0.022 * np.cos(np.pi * (along / 0.32 + index + way))
            y = dome + weave
            path = np.stack([along, y, np.full(15, place)], axis=1)
            if way:
                path = path[:, [2, 1, 0]]
            strip = sweep(path, section, up=(0.0, 1.0, 0.0))
            parts.append(to_part(strip, f"strip {way} {index}", "crust", crease_deg=35))
    return parts


def on_plate(parts: list[Part], radius: float) -> list[Part]:
    """Put food on a round plate."""
    plate = lathe([(0, 0), (0.55, 0), (0.60, 0.02), (0.74, 0.05), (1.0, 0.11), (1.0, 0.13),
                   (0.72, 0.085), (0.60, 0.055), (0, 0.05)], sides=32)  # fmt: skip
    low = min(float(part.positions[:, 1].min()) for part in parts)
    raised = shifted(parts, 0.0, 0.05 * radius - low, 0.0)
    return [*raised, to_part(plate.scaled(radius, radius, radius), "plate", "plate", crease_deg=35)]
