"""Daggers and knives: a short blade, straight, waved, curved or thin as a needle, on a hilt."""

from dataclasses import dataclass, replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import hilt
from asset_forge.greybox.shapes.fittings import rivets
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.poles import Row, blade
from asset_forge.greybox.solids import Solid, box, ellipsoid, lathe, loft, merge

_POINTS = 17


@dataclass(frozen=True)
class _Plan:
    """Metres. form: "straight", "kris", "stiletto", "curved" or "knife"."""

    form: str
    blade_m: float
    width_m: float
    thick_m: float
    grip_m: float
    guard_m: float
    leaf: float
    fuller: float
    wave_m: float
    bend_m: float
    jagged: bool
    rondel: bool

    @property
    def single_edge(self) -> bool:
        """Whether one side is a back."""
        return self.form in ("curved", "knife")


def build(brief: Brief) -> Shape:
    """Build a dagger; the grip's centre is the origin, the blade points up, its edge to +X."""
    plan = _plan(brief)
    style = hilt.style(brief, ornate=manner(brief).ornate)
    style = replace(style, bend=0.45 * style.bend)
    handle = "dark leather"
    if plan.form == "knife":
        handle = str(brief.rng("knife handle").choice(["oak", "mahogany", "ebony", "horn", "bone"]))
    surfaces = {
        "blade": words.surface_for(
            brief,
            ("blade", "edge", "dagger", "knife", "dirk", "stiletto", "kris", "tanto"),
            "steel",
            ("metal", "stone", "bone", "gem", "wood"),
            main=True,
        ),
        "guard": words.surface_for(
            brief,
            ("guard", "crossguard", "hilt", "pommel", "quillons", "fittings", "trim"),
            style.metal,
            ("metal", "bone", "wood", "stone"),
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "handle", "hilt", "wrap", "wrapping"),
            handle if plan.form == "knife" else style.wrap,
            ("leather", "wood", "cloth", "bone", "scale"),
        ),
    }
    base_y = plan.grip_m / 2
    parts = [to_part(_blade(plan, brief, base_y), "blade", "blade", crease_deg=13)]
    if plan.form == "knife":
        parts += _knife_handle(plan, brief)
    else:
        if plan.rondel:
            parts.append(to_part(_rondel(plan, base_y + 0.008), "guard", "guard", crease_deg=30))
        else:
            parts += hilt.guard(
                style, width_m=plan.guard_m, y=base_y + 0.010, thick_m=0.0, blade_m=plan.width_m
            )
        parts += hilt.grip(style, length_m=plan.grip_m)
        parts += hilt.pommel(style, y=-plan.grip_m / 2, size_m=0.0175)
    if any(part.slot == "gem" for part in parts):
        surfaces["gem"] = words.surface_for(
            brief, ("gem", "jewel", "crystal", "stone"), style.gem, ("gem",), anywhere=True
        )
    return Shape.of("dagger", parts, surfaces)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("dagger")
    look = manner(brief)
    form = "straight"
    if words.has(brief, "kris", "wavy", "flame", "serpentine", "snake"):
        form = "kris"
    elif look.curved or words.has(brief, "jambiya", "khanjar", "sickle", "karambit"):
        form = "curved"
    elif words.has(brief, "stiletto", "needle", "misericorde", "rondel"):
        form = "stiletto"
    elif words.has(brief, "knife", "tanto", "seax", "hunting", "skinning", "kitchen", "bowie"):
        form = "knife"
    length, width, thick = {
        "straight": (0.250, 0.041, 0.0068), "kris": (0.270, 0.036, 0.0066),
        "stiletto": (0.255, 0.0175, 0.0105), "curved": (0.245, 0.043, 0.0062),
        "knife": (0.190, 0.038, 0.0046),
    }[form]  # fmt: skip
    scale = words.size_factor(brief)
    grip = 0.105 * (1.15 if form == "knife" else 1.0)
    length *= scale * rng.uniform(0.90, 1.10) * (1.18 if look.great else 1.0)
    if brief.height_m is not None:
        length = max(brief.height_m - grip - 0.045, 0.3 * brief.height_m)
    return _Plan(
        form=form,
        blade_m=length,
        width_m=width * scale**0.5 * look.breadth * rng.uniform(0.90, 1.12),
        thick_m=thick,
        grip_m=grip * rng.uniform(0.97, 1.06),
        guard_m=0.105 * rng.uniform(0.85, 1.2) * (0.8 if form == "curved" else 1.0),
        leaf=float(rng.choice([0.0, 0.0, 0.22, 0.30])),
        fuller=float(rng.choice([0.0, 0.45, 0.6])) if form != "stiletto" else 0.0,
        wave_m=0.0095 if form == "kris" else 0.0,
        bend_m=float(rng.uniform(0.055, 0.080)) if form == "curved" else 0.0,
        jagged=look.jagged,
        rondel=form == "stiletto" or (not look.ornate and bool(rng.random() < 0.15)),
    )


def _blade(plan: _Plan, brief: Brief, base_y: float) -> Solid:
    rng = brief.rng("dagger blade")
    t = np.concatenate([np.linspace(0.0, 0.82, 23), np.linspace(0.82, 1.0, 7)])
    teeth = np.linspace(0.16, 0.80, 7) + rng.uniform(-0.02, 0.02, 7) if plan.jagged else t[:0]
    t = np.unique(np.concatenate([t if not plan.jagged else t[t > 0.84], [0.0], teeth,
                                  teeth + 0.014]))  # fmt: skip
    half = plan.width_m / 2
    if plan.form == "knife":
        right = half * (0.92 + 0.16 * np.exp(-(((t - 0.62) / 0.2) ** 2)))
        right *= np.clip((1 - t) / 0.36, 0, 1) ** 0.62
        left = half * 0.96 * (1 - np.clip((t - 0.56) / 0.44, 0, 1) ** 1.7)
    else:
        if plan.form == "stiletto":
            tip, waist = np.clip((1 - t) / 1.0, 0, 1) ** 0.75, np.ones_like(t)
        else:
            tip = np.clip((1 - t) / 0.40, 0, 1) ** 0.72
            waist = 1.04 - 0.30 * t - plan.leaf * np.exp(-(((t - 0.26) / 0.16) ** 2))
        right = half * waist * tip
        left = right * (0.72 if plan.single_edge else 1.0)
    x = -plan.bend_m * t**1.9
    if plan.wave_m:
        x = x + plan.wave_m * np.sin(2 * np.pi * 2.6 * t) * np.clip(t * 4, 0, 1) * (1 - 0.75 * t)
    if plan.jagged:
        cut = np.where(np.isin(t, teeth), rng.uniform(0.28, 0.46, len(t)), 0.0)
        right = right * (1 - cut)
        if not plan.single_edge:
            left = left * (1 - cut)
    thick = plan.thick_m / 2 * (1 - 0.35 * t) * np.clip((1 - t) / 0.12, 0, 1) ** 0.6
    y = base_y - 0.002 + t * plan.blade_m
    rows: list[Row] = [
        (float(x[i]), float(y[i]), float(right[i]), float(left[i]), float(thick[i]))
        for i in range(len(t))
    ]
    fuller = plan.fuller if plan.form in ("straight", "kris", "curved") else 0.0
    return blade(rows, single_edge=plan.single_edge, fuller=fuller)


def _rondel(plan: _Plan, y: float) -> Solid:
    """Make a round plate as guard, with a raised boss under the blade."""
    r = max(0.028, 0.66 * plan.width_m)
    return lathe(
        [(0.0, -0.007), (0.017, -0.007), (r * 0.94, -0.004), (r, -0.001), (r, 0.002),
         (r * 0.92, 0.005), (0.016, 0.0065), (0.012, 0.012), (0.0, 0.013)],
        sides=18,
    ).moved(y=y)  # fmt: skip


def _knife_handle(plan: _Plan, brief: Brief) -> list[Part]:
    """Make two scales on a full tang, with rivets, bolster and a butt that holds the hand."""
    rng = brief.rng("knife handle")
    length = plan.grip_m
    hook, belly = rng.uniform(0.003, 0.007), rng.uniform(0.10, 0.22)
    t = np.linspace(0.0, 1.0, _POINTS)
    front = 0.0135 * (1 + belly * np.sin(np.pi * t) - 0.10 * t) + hook * np.exp(-t / 0.08)
    back = 0.0130 * (1 + 0.10 * np.sin(np.pi * t)) + 0.3 * hook * np.exp(-t / 0.1)
    deep = 0.0092 * (1 + 0.16 * np.sin(np.pi * t)) * np.clip((t + 0.03) / 0.1, 0.72, 1)
    y = (t - 0.5) * length
    scales = loft([_oval(f, b, d, h) for f, b, d, h in zip(front, back, deep, y, strict=True)])
    ring = np.column_stack([np.concatenate([front, -back[::-1]]), np.concatenate([y, y[::-1]])])
    tang = loft([np.column_stack([ring * 1.012, np.full(len(ring), z)]) for z in (-0.0022, 0.0022)])
    bolster = box(plan.width_m * 0.86, 0.014, 0.0185, bevel=0.004).moved(y=length / 2)
    butt = ellipsoid(0.0165, 0.0085, 0.0112, sides=12, rows=7).moved(y=-length / 2 + 0.001)
    spots = np.array([(0.0, share * length, 1.0) for share in (-0.30, 0.0, 0.30)])
    places: list[Floats] = []
    for spot in spots:
        z = float(np.interp(spot[1], y, deep)) + 0.0002
        places += [spot * (1, 1, z), spot * (1, 1, -z)]
    return [
        to_part(scales, "grip", "grip", crease_deg=40),
        to_part(tang, "tang", "blade", crease_deg=20),
        to_part(merge(bolster, butt), "guard", "guard", crease_deg=30),
        *rivets(np.array(places), radius_m=0.0034, slot="guard"),
    ]


def _oval(front: float, back: float, deep: float, y: float) -> Floats:
    """Return a rounded ring of 12 points around the handle."""
    angle = np.arange(12) * (2 * np.pi / 12)
    reach = np.where(np.cos(angle) > 0, front, back)
    return np.stack([reach * np.cos(angle), np.full(12, y), -deep * np.sin(angle)], axis=1)
