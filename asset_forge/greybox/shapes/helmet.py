"""Helmets: what a brief asks for, and what crowns the dome: comb, plume, horns, wings, spikes."""

from dataclasses import replace

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import hats, skull, trappings
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.skull import DEPTH, Skull
from asset_forge.greybox.solids import Solid, circle, curve, ellipsoid, lathe, loft, merge, sweep


def build(brief: Brief) -> Shape:
    """Build a helmet, or another hat, facing +Z that stands on y = 0, its axis over the origin."""
    hat = hats.hat_of(brief)
    if hat is not None:
        return hats.build(brief, hat)
    plan = _plan(brief)
    rng = brief.rng("helmet colours")
    trim = "gold" if plan.ornate else str(rng.choice(["bronze", "brass", "iron", "blacksteel"]))
    surfaces = {
        "shell": words.surface_for(
            brief,
            ("helmet", "helm", "shell", "dome", "visor", "hat", "cap"),
            "steel",
            ("metal", "leather", "scale", "bone", "wood", "stone"),
            main=True,
        ),
        "trim": words.surface_for(
            brief, ("trim", "band", "bands", "nasal", "crest", "rivets"), trim, ("metal",)
        ),
        "inside": "dark ebony",
        "lining": words.surface_for(brief, ("lining",), "dark leather", ("leather", "cloth")),
        "horn": words.surface_for(brief, ("horn", "horns"), "ivory", ("bone", "metal", "gem")),
        "wing": words.surface_for(brief, ("wing", "wings"), "gold", ("metal", "bone")),
        "plume": words.surface_for(
            brief,
            ("plume", "crest", "hair"),
            f"{rng.choice(['red', 'navy', 'white', 'black', 'crimson'])} hair",
            ("hair", "cloth"),
        ),
    }
    parts = [*skull.shell(plan), *skull.face(plan), *_top(plan, brief)]
    parts = grounded(parts)
    return Shape.of("helmet", parts, surfaces)


def _plan(brief: Brief) -> Skull:
    rng = brief.rng("helmet")
    face = str(rng.choice(["nasal", "cheeks", "cheeks", "visor"]))
    if words.has(brief, "full", "great helm", "visor", "knight", "knights", "closed", "greathelm"):
        face = "visor"
    elif words.has(brief, "nasal", "norman", "viking"):
        face = "nasal"
    elif words.has(brief, "cap", "open", "skullcap", "med", "medium", "coif", "hat"):
        face = "open"
    elif words.has(brief, "barbute", "corinthian", "spartan", "cheek", "roman"):
        face = "cheeks"
    crest = str(rng.choice(["none", "comb", "none"]))
    if words.has(brief, "crest", "plume", "plumed", "roman", "spartan", "centurion", "crested"):
        crest = "plume"
    elif face == "visor" and crest == "none":
        crest = "comb"
    how = manner(brief)
    horns = words.has(brief, "horned", "horns", "horn", "viking", "demon", "barbarian")
    wings = words.has(brief, "winged", "wings", "wing", "valkyrie", "hermes", "angelic")
    spikes = words.has(brief, "spiked", "spikes", "spike", "spiky") or how.jagged
    scale = words.size_factor(brief) * rng.uniform(0.97, 1.04)
    if brief.height_m is not None:
        scale = brief.height_m / 0.30
    return Skull(
        radius_m=0.104 * scale,
        dome_m=float(rng.uniform(0.118, 0.142)) * scale,
        point=float(rng.uniform(0.0, 0.35)) if face != "visor" else float(rng.uniform(0, 0.18)),
        face=face,
        cheek_m=float(rng.uniform(0.115, 0.145)) * scale,
        neck_m=float(rng.uniform(0.075, 0.11)) * scale,
        crest=crest if not (horns or spikes) else "none",
        horns=horns,
        wings=wings,
        spikes=spikes,
        ornate=how.ornate,
    )


def _top(plan: Skull, brief: Brief) -> list[Part]:
    parts: list[Part] = []
    if plan.horns:
        parts += _horns(plan, brief)
    if plan.wings:
        parts += _wings(plan)
    if plan.spikes:
        return [*parts, to_part(_spikes(plan), "spikes", "trim", crease_deg=40)]
    if plan.crest == "none":
        knob = lathe([(0.0, -0.006), (0.017, -0.004), (0.015, 0.004), (0.008, 0.008),
                      (0.010, 0.016), (0.006, 0.024), (0.0, 0.027)], sides=10)  # fmt: skip
        apex = float(skull.profile(plan, 0.0)[-1, 1])
        return [*parts, to_part(knob.moved(y=apex), "finial", "trim", crease_deg=34)]
    profile = skull.profile(plan, 0.0)
    half = np.column_stack([np.zeros(9), profile[:, 1], DEPTH * profile[:, 0]])
    arc = curve(np.concatenate([half[:-1], (half * (1.0, 1.0, -1.0))[::-1]]), 23)
    t = np.linspace(-1.0, 1.0, len(arc))
    lift = np.clip(1 - np.abs(t) ** 3, 0, 1)
    tall = 0.004 + 0.018 * lift
    section = np.array([(-0.007, -0.4), (0.007, -0.4), (0.0045, 0.8), (0.0, 1.0), (-0.0045, 0.8)])
    away = arc - np.array([0.0, 0.02, 0.0])
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    rings = [
        point + np.outer(section[:, 0], (1.0, 0.0, 0.0)) + np.outer(section[:, 1], out) * high
        for point, out, high in zip(arc, away, tall, strict=True)
    ]
    parts.append(to_part(loft(rings), "comb", "trim", crease_deg=36))
    if plan.crest == "plume":
        parts.append(to_part(_plume(brief, arc[2:-2], away[2:-2]), "plume", "plume", crease_deg=75))
    return parts


def _plume(brief: Brief, arc: Floats, away: Floats) -> Solid:
    """Let a brush of hair stand on the comb, rounded at both ends."""
    rng = brief.rng("plume")
    phase, waves = float(rng.uniform(0, 6)), float(rng.uniform(5, 8))
    section = np.array([(-0.009, 0.0), (0.009, 0.0), (0.016, 0.50), (0.016, 0.82), (0.008, 1.0),
                        (-0.008, 1.0), (-0.016, 0.82), (-0.016, 0.50)])  # fmt: skip
    # Closer together at its round ends.
    even = np.linspace(-1.0, 1.0, 23)
    along = 0.4 * even + 0.6 * np.sin(even * np.pi / 2)
    place = (along + 1.0) / 2 * (len(arc) - 1)
    arc, away = (
        np.stack([np.interp(place, np.arange(len(arc)), axis) for axis in row.T], axis=1)
        for row in (arc, away)
    )
    rings = []
    for t, point, out in zip(along, arc, away, strict=True):
        end = float(np.sqrt(max(1.0 - abs(t) ** 6, 0.0)))
        grow = 0.006 + 0.078 * end * (0.80 + 0.20 * (1 - t * t))
        grow += 0.0016 * end * float(np.sin(phase + waves * t * np.pi))
        side = np.outer(section[:, 0] * (0.45 + 0.55 * end), (1.0, 0.0, 0.0))
        rings.append(point + side + np.outer(section[:, 1], out) * grow)
    solid = loft(rings)
    # Its hair grows away from the comb, not along it.
    return replace(solid, corner_uvs=solid.corner_uvs[..., ::-1] * (-1.0, 1.0))


def _horns(plan: Skull, brief: Brief) -> list[Part]:
    rng = brief.rng("horns")
    rise = float(rng.uniform(0.10, 0.16))
    r = plan.radius_m
    knots = [(r * 0.80, 0.052, 0.0), (r * 1.20, 0.058, 0.004), (r * 1.62, 0.085, 0.012),
             (r * 1.80, 0.085 + rise * 0.55, 0.022), (r * 1.66, 0.085 + rise, 0.040)]  # fmt: skip
    line = curve(knots, 10)
    thick = np.linspace(1.0, 0.22, 10) ** 0.85
    thick[-1] = 0.0
    horn = sweep(line, circle(9, 0.0235), scale=thick, up=(0.0, 0.0, 1.0))
    cuff = sweep(
        curve([(r * 0.86, 0.052, 0.0), (r * 1.14, 0.057, 0.003)], 4),
        circle(10, 0.0262),
        scale=[1.12, 1.08, 1.0, 0.98],
        up=(0.0, 0.0, 1.0),
    )
    return [
        to_part(merge(horn, horn.mirrored("x")), "horns", "horn", crease_deg=60),
        to_part(merge(cuff, cuff.mirrored("x")), "horn cuffs", "trim", crease_deg=34),
    ]


def _wings(plan: Skull) -> list[Part]:
    """Spread a wing at each temple, backwards and up."""
    root = np.array([plan.radius_m + 0.008, 0.004, 0.010])
    wing = trappings.wing(1.9 * plan.radius_m).rotated("y", -30).moved(*root)
    boss = ellipsoid(0.010, 0.020, 0.020, sides=10, rows=5).moved(*root)
    return [
        to_part(merge(wing, wing.mirrored("x")), "wings", "wing", crease_deg=30),
        to_part(merge(boss, boss.mirrored("x")), "wing bosses", "trim", crease_deg=50),
    ]


def _spikes(plan: Skull) -> Solid:
    """Set one tall spike on the apex and five around the dome's front and sides."""
    apex = float(skull.profile(plan, 0.0)[-1, 1])
    made = [trappings.spike(0.085, 0.014).moved(y=apex - 0.003)]
    r, y = skull.profile(plan, 0.0, 9)[3]
    angle = np.radians([-90.0, -45.0, 0.0, 45.0, 90.0])
    places = skull.ring(float(r) - 0.002, float(y), angle)
    ways = places * (1.0, 0.0, 1.0) + (0.0, 0.06, 0.0)
    return merge(*made, trappings.spikes(places, ways, 0.048, 0.0095))
