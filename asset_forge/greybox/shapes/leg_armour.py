"""Leg armour: platelegs, mail and leather leggings, plate skirts; a pair of legs with a waist."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import armoury, trappings
from asset_forge.greybox.shapes.armoury import Style, pair
from asset_forge.greybox.shapes.fittings import hoop, rivets
from asset_forge.greybox.shapes.shells import borders, joined, rim_parts, sheet, shell_part
from asset_forge.greybox.solids import Array, Solid, ellipsoid, lathe

_NAMES = (
    "legs", "leg", "platelegs", "chainlegs", "plateskirt", "greaves", "leggings", "trousers",
    "armour", "armor", "plate", "skirt", "chausses", "tassets",
)  # fmt: skip
_CROTCH_Y, _BELT_Y, _KNEE_Y = 0.735, 0.975, 0.45
_SIDES, _BRIDGE = 10, 3  # columns of half a hip, and between the legs
# y, half width, depth in front, depth behind.
_HIPS = np.array([
    (0.735, 0.180, 0.108, 0.126), (0.78, 0.186, 0.111, 0.134), (0.83, 0.182, 0.110, 0.130),
    (0.89, 0.166, 0.106, 0.116), (0.94, 0.153, 0.103, 0.105), (0.975, 0.150, 0.102, 0.102),
    (1.005, 0.152, 0.103, 0.103),
])  # fmt: skip
# y, middle x, middle z, half width, depth.
_LEG = np.array([
    (0.00, 0.116, -0.006, 0.048, 0.054), (0.07, 0.114, -0.006, 0.050, 0.056),
    (0.20, 0.110, -0.012, 0.061, 0.068), (0.31, 0.107, -0.010, 0.064, 0.070),
    (0.40, 0.104, 0.000, 0.060, 0.062), (0.48, 0.102, 0.005, 0.067, 0.070),
    (0.60, 0.098, 0.003, 0.080, 0.086), (0.735, 0.093, -0.002, 0.089, 0.100),
])  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """Choices. knees: cops over the knees. tassets: plates that hang from the waist.

    skirt: a skirt instead of tassets, its lames.
    """

    girth: float
    style: Style
    knees: bool
    shins: bool
    tassets: bool
    skirt: int
    quilt_m: float
    size: float


def build(brief: Brief) -> Shape:
    """Build leg armour facing +Z that stands on its ankles on y = 0, hollow."""
    plan = _plan(brief)
    style = plan.style
    body = armoury.body_surface(brief, style, _NAMES)
    soft = style.make in ("leather", "cloth")
    surfaces = {
        "body": body,
        "plate": armoury.hardened(body) if soft else body,
        "strap": armoury.strap_surface(brief),
        "trim": armoury.trim_surface(brief, style, body),
        "wing": words.surface_for(brief, ("wing", "wings"), "gold", ("metal", "bone")),
        "horn": words.surface_for(brief, ("horn", "horns"), "ivory", ("bone", "metal")),
        "gem": words.surface_for(brief, ("gem", "jewel"), "ruby", ("gem",), anywhere=True),
    }
    # Under plates one wears mail of the same metal, or leather.
    is_mail = style.make == "plate" and bool(brief.rng("leg under").random() < 0.5)
    surfaces["under"] = f"linked {body}" if is_mail else "dark leather"
    if style.make in ("mail", "scale"):
        surfaces["plate"] = words.surface_for(
            brief, ("plates", "knees", "cops"), "steel", ("metal",)
        )
    parts = [*_trousers(plan), *_waist(plan), *_knees(plan), *_shins(plan), *_hanging(plan)]
    return armoury.finished("leg_armour", brief, parts, surfaces, plan.size)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("leg armour")
    style = armoury.style_of(brief, _NAMES, ("plate", "plate", "mail", "leather"))
    make, simple = style.make, style.manner.simple
    plated = make == "plate"
    skirt = 0
    if words.has(brief, "skirt", "plateskirt", "kilt", "faulds"):
        skirt = int(rng.integers(5, 7))
    breadth = {1.35: 1.10, 0.72: 0.92}.get(style.manner.breadth, 1.0)
    return _Plan(
        girth=breadth * float(rng.uniform(0.95, 1.06)),
        style=style,
        knees=plated or (not simple and (style.spiked or bool(rng.random() < 0.6))),
        shins=plated or (make == "leather" and not simple and bool(rng.random() < 0.5)),
        tassets=not skirt and (plated or (make == "leather" and bool(rng.random() < 0.4))),
        skirt=skirt,
        quilt_m=0.008 if make == "cloth" and words.has(brief, "padded", "quilted") else 0.0,
        size=words.size_factor(brief) * float(rng.uniform(0.97, 1.03)),
    )


def _hip(plan: _Plan, y: Array, angle: Array, lift: float | Floats = 0.0) -> Floats:
    """Return points (…, 3) around the hips; angle 0 is the front, growing to +X."""
    level, a = np.broadcast_arrays(np.asarray(y, float), np.asarray(angle, float))
    table = PchipInterpolator(_HIPS[:, 0], _HIPS[:, 1:])(level)
    sin, cos = np.sin(a), np.cos(a)
    wide = table[..., 0] * plan.girth + lift
    deep = np.where(cos > 0, table[..., 1], table[..., 2]) * plan.girth + lift
    x = wide * np.sign(sin) * np.abs(sin) ** 0.86
    return np.stack([x, level, deep * np.sign(cos) * np.abs(cos) ** 0.86], axis=-1)


def _leg(plan: _Plan, y: Array, angle: Array, lift: float | Floats = 0.0) -> Floats:
    """Return points (…, 3) around the left leg; angle 0 is the front, growing to +X."""
    level, a = np.broadcast_arrays(np.asarray(y, float), np.asarray(angle, float))
    table = PchipInterpolator(_LEG[:, 0], _LEG[:, 1:])(level)
    x = table[..., 0] * plan.girth + np.sin(a) * (table[..., 2] * plan.girth + lift)
    z = table[..., 1] + np.cos(a) * (table[..., 3] * plan.girth + lift)
    return np.stack([x, level, z], axis=-1)


def _trousers(plan: _Plan) -> list[Part]:
    """Sew hips and both legs into one hollow sheet."""
    half = np.linspace(0.0, np.pi, _SIDES + 1)
    around = np.concatenate([half, -half[-2:0:-1]])
    order = np.roll(around, _SIDES // 2)
    levels = np.array([1.005, 0.975, 0.94, 0.89, 0.83, 0.78, _CROTCH_Y])
    hips = sheet(_hip(plan, levels[:, None], order[None, :]), wrap=True, patches=2)
    edge = _hip(plan, _CROTCH_Y, half)
    inner = np.linspace(0.0, 1.0, _BRIDGE + 2)[1:-1]
    bridge = edge[-1] + (edge[0] - edge[-1]) * inner[:, None]
    bridge[:, 1] -= 0.030 * np.sin(np.pi * inner)
    top = np.concatenate([edge, bridge])
    # The leg's own columns meet the hip's by their share of the way around.
    angle = np.concatenate([half * 0.97 + 0.03, np.pi + (np.pi + 0.03) * inner])
    rows = np.array([0.67, 0.59, 0.50, 0.42, 0.31, 0.20, 0.08, 0.0])
    down = _leg(plan, rows[:, None], angle[None, :])
    ripple = plan.quilt_m * (0.5 - np.arange(len(angle)) % 2)
    down = down + ripple[None, :, None] * np.stack(
        [np.sin(angle), np.zeros(len(angle)), np.cos(angle)], axis=-1
    )
    down[0] = 0.35 * np.concatenate([edge, bridge]) + 0.65 * down[0]
    down[0][:, 1] = np.minimum(down[0][:, 1], top[:, 1] - 0.02)
    left = sheet(np.concatenate([top[None], down]), wrap=True)
    whole = joined(hips, left, left.mirrored("x"))
    thick = {"cloth": 0.008, "mail": 0.006, "scale": 0.006, "leather": 0.006}
    slot = "under" if plan.style.make == "plate" else "body"
    shell = shell_part(whole, thick.get(plan.style.make, 0.005), "trousers", slot, crease_deg=60)
    ends = sorted(borders(whole), key=lambda loop: float(loop[0][:, 1].mean()))
    rim_slot = "trim" if plan.style.make == "plate" else "strap"
    return [shell, *rim_parts(ends[:2], 0.006, "ankle rim", rim_slot, lift=-0.002)]


def _waist(plan: _Plan) -> list[Part]:
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    path = _hip(plan, _BELT_Y, angle, 0.002)
    out = np.column_stack([np.sin(angle), np.zeros(24), np.cos(angle)])
    strap = trappings.belt(path, out, 0.052, 0.008)
    front = float(path[:, 2].max())
    parts = [to_part(strap, "belt", "strap", crease_deg=40)]
    if plan.style.ornate:
        disc = lathe([(0.0, -0.01), (0.036, -0.01), (0.040, 0.0), (0.030, 0.006), (0.0, 0.006)],
                     sides=12).rotated("x", 90)  # fmt: skip
        stone = ellipsoid(0.020, 0.020, 0.012, sides=10, rows=5)
        place = (0.0, _BELT_Y, front + 0.008)
        parts.append(to_part(disc.moved(*place), "clasp", "trim", crease_deg=40))
        parts.append(to_part(stone.moved(*place).moved(z=0.005), "gem", "gem", crease_deg=60))
        return parts
    frame = trappings.buckle(0.066, 0.062).moved(0.0, _BELT_Y, front + 0.011)
    return [*parts, to_part(frame, "buckle", "trim", crease_deg=50)]


def _knees(plan: _Plan) -> list[Part]:
    """Put cops over the knees, with a fan outside on plate, and what the words put on them."""
    if not plan.knees:
        return []
    parts: list[Part] = []
    angle = np.linspace(-1.5, 1.5, 11)
    rows = _KNEE_Y + np.array([0.075, 0.038, 0.0, -0.034, -0.068])
    lift = np.array([0.013, 0.018, 0.022, 0.018, 0.013])
    cop = sheet(_leg(plan, rows[:, None], angle[None, :], lift[:, None]))
    ridge = np.exp(-(((cop.positions[:, 1] - _KNEE_Y) / 0.035) ** 2)) * 0.012
    front = np.clip(cop.positions[:, 2] / 0.07, 0.0, 1.0)
    cop = cop.bent(cop.positions + np.outer(ridge * front, (0.0, 0.0, 1.0)))
    pieces = [shell_part(cop, 0.0045, "knee", "plate", crease_deg=44)]
    pieces += rim_parts(borders(cop), 0.0045, "knee rim", "trim", sides=3, lift=-0.001)
    place = _leg(plan, _KNEE_Y, np.array([0.0]), 0.026)[0]
    if plan.style.spiked:
        made = trappings.spikes([place], [(0.0, 0.1, 1.0)], 0.075, 0.014)
        pieces.append(to_part(made, "knee spike", "trim", crease_deg=40))
    elif plan.style.horned:
        knots = place + np.array(
            [(0, -0.01, -0.01), (0, 0.0, 0.04), (0, 0.035, 0.07), (0, 0.085, 0.07)]
        )
        pieces.append(to_part(trappings.horn(knots, 0.017), "knee horn", "horn", crease_deg=60))
    if plan.style.winged:
        side = _leg(plan, _KNEE_Y, np.array([np.pi / 2]), 0.008)[0]
        made = trappings.wing(0.19).rotated("y", -20).moved(*side)
        pieces.append(to_part(made, "knee wing", "wing", crease_deg=30))
    for piece in pieces:
        parts += pair(piece)
    return parts


def _shins(plan: _Plan) -> list[Part]:
    """Lay a greave over each shin and, on plate, a cuisse over each thigh."""
    if not plan.shins:
        return []
    plated = plan.style.make == "plate"
    made = [_guard(plan, (0.385, 0.31, 0.20, 0.09, 0.03), 2.7 if plated else 1.5, 0.007)]
    if plated and not plan.skirt:
        made.append(_guard(plan, (0.68, 0.62, 0.55, 0.50), 1.45, 0.006))
    parts: list[Part] = []
    for k, guard in enumerate(made):
        parts += pair(shell_part(guard, 0.0045, f"guard {k}", "plate", crease_deg=26))
        for part in rim_parts(
            borders(guard), 0.0045, f"guard rim {k}", "trim", sides=3, lift=-0.001
        ):
            parts += pair(part)
    if not plated:
        for k, y in enumerate((0.30, 0.12)):
            angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
            ring = _leg(plan, y, angle, 0.010)
            section = np.array([(-0.006, -0.012), (0.003, -0.012), (0.003, 0.012), (-0.006, 0.012)])
            out = np.column_stack([np.sin(angle), np.zeros(16), np.cos(angle)])
            parts += pair(to_part(hoop(ring, section, out), f"strap {k}", "strap", crease_deg=40))
    return parts


def _guard(plan: _Plan, rows: tuple[float, ...], reach: float, lift: float) -> Solid:
    columns = 9 if reach < 2.0 else 13
    angle = np.linspace(-reach, reach, columns)
    points = _leg(plan, np.array(rows)[:, None], angle[None, :], lift)
    # A guard comes to an edge in front.
    points[:, columns // 2, 2] += 0.008
    return sheet(points)


def _hanging(plan: _Plan) -> list[Part]:
    """Hang tassets over the thighs, or a skirt of hoops around both."""
    if plan.skirt:
        return _skirt(plan)
    if not plan.tassets:
        return []
    slot = "plate" if plan.style.make == "leather" else "body"
    front = [_tasset(plan, k, 0.62, last=k == 2) for k in range(3)]
    back = [_tasset(plan, k, np.pi - 0.62, last=k == 1) for k in range(2)]
    parts: list[Part] = []
    for k, made in enumerate((*front, *back)):
        parts += pair(shell_part(made, 0.004, f"tasset {k}", slot))
    edges = [borders(sheets[-1])[0] for sheets in (front, back)]
    for part in rim_parts(edges, 0.005, "tasset rim", "trim", sides=3, lift=-0.001):
        parts += pair(part)
    studs = _hip(plan, 0.935, 0.62 + np.array([-0.3, 0.0, 0.3]), 0.013)
    for stud in rivets(studs, radius_m=0.007, slot="trim"):
        parts += pair(stud)
    return parts


def _tasset(plan: _Plan, index: int, middle: float, *, last: bool) -> Solid:
    """Return the sheet of one lame over a thigh; the last one ends in a curve."""
    high = 0.955 - 0.078 * index
    rows = np.array([high, high - 0.095])
    wide = 0.50 + 0.03 * index
    angle = np.linspace(middle - wide, middle + wide, 7)
    lift = np.array([0.008, 0.019]) + 0.006 * index
    points = _hip(plan, np.maximum(rows, 0.78)[:, None], angle[None, :], lift[:, None])
    points[..., 1] = rows[:, None]
    if last:
        points[-1, :, 1] -= 0.030 * (1 - (np.abs(np.arange(7) - 3) / 3.0) ** 2)
    return sheet(points)


def _skirt(plan: _Plan) -> list[Part]:
    """Hang hoops of plate from the waist down to the knees, each under the one above."""
    parts: list[Part] = []
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    out = np.column_stack([np.sin(angle), np.zeros(24), np.cos(angle)])
    waist = _hip(plan, 0.94, angle)
    high, step, slope = 0.100, 0.080, 0.30
    for k in range(plan.skirt):
        top = 0.962 - step * k
        base = waist + out * (0.006 + slope * (0.962 - top))
        base[:, 1] = top
        spread = slope * high + 0.010
        section = np.array([
            (-0.003, 0.0), (0.003, 0.0), (spread, high - 0.006), (spread + 0.002, high),
            (spread - 0.004, high),
        ])  # fmt: skip
        parts.append(to_part(hoop(base, section, out), f"skirt {k}", "body", crease_deg=44))
    end = base + out * (spread + 0.001) - np.array([0.0, high - 0.002, 0.0])
    return [*parts, *rim_parts([(end, out)], 0.007, "skirt rim", "trim")]
