"""Hammers: for war with a beak, for smiths with a peen, mauls and mallets with heavy heads."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.fittings import collar, rivets, wrapping
from asset_forge.greybox.shapes.manner import Manner, haft_surface, manner
from asset_forge.greybox.shapes.poles import arched, beam, end_cap, pole, spike
from asset_forge.greybox.solids import Solid, box, ellipsoid, lathe, merge


@dataclass(frozen=True)
class _Plan:
    """Metres. form: "war", "smith", "maul" or "mallet". back: what is behind a war hammer's eye."""

    form: str
    below_m: float
    head_y: float
    half_m: float
    tall_m: float
    radius_m: float
    back: str
    crown: bool
    round_faces: bool
    bow_m: float
    look: Manner
    grip_half_m: float


def build(brief: Brief) -> Shape:
    """Build a hammer; the hand's place on the haft is the origin, the striking face is at +X."""
    plan = _plan(brief)
    rng = brief.rng("hammer colours")
    ornate = plan.look.ornate
    trim = "gold" if ornate else str(rng.choice(["brass", "iron", "bronze", "blacksteel"]))
    wood = str(rng.choice(["oak", "wood", "ash", "mahogany"]))
    metal = str(rng.choice(["steel", "iron"]))
    head = wood if plan.form == "mallet" else metal
    surfaces = {
        "head": words.surface_for(
            brief,
            ("head", "hammer", "warhammer", "maul", "mallet", "sledgehammer", "sledge", "face"),
            head,
            ("metal", "stone", "bone", "gem", "wood"),
            main=True,
        ),
        "haft": haft_surface(
            brief, ("haft", "shaft", "handle"), str(rng.choice(["oak", "wood", "ash", "ebony"]))
        ),
        "trim": words.surface_for(
            brief, ("trim", "fittings", "band", "bands", "spike", "rivets"), trim, ("metal", "bone")
        ),
        "grip": words.surface_for(
            brief,
            ("grip", "wrap", "wrapping"),
            str(rng.choice(["leather", "dark leather", "black leather", "maroon leather"])),
            ("leather", "cloth", "scale"),
        ),
        "gem": words.surface_for(
            brief,
            ("gem", "jewel", "crystal"),
            str(rng.choice(["ruby", "sapphire", "emerald", "topaz"])),
            ("gem",),
            anywhere=True,
        ),
    }
    heads = {"war": _war_head, "smith": _smith_head, "maul": _maul_head, "mallet": _mallet_head}
    parts = [*_shifted(heads[plan.form](plan), plan.head_y), *_haft(plan)]
    if plan.form in ("war", "maul"):
        half, r = plan.grip_half_m, plan.radius_m
        wrap = wrapping(-half, half, r * 1.13, flat=0.86, pitch_m=0.009)
        parts.append(to_part(wrap, "grip", "grip", crease_deg=24))
    return Shape.of("hammer", parts, surfaces)


def _shifted(solids: dict[tuple[str, str], Solid], y: float) -> list[Part]:
    return [
        to_part(solid.moved(y=y), name, slot, crease_deg=26)
        for (name, slot), solid in solids.items()
    ]


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("hammer")
    look = manner(brief)
    smithing = brief.type.lower() == "tool" or words.has(
        brief, "smith", "smith's", "smiths", "smithing", "blacksmith", "blacksmith's", "forge",
        "tool", "claw", "carpenter", "carpenter's",
    )  # fmt: skip
    form = "war"
    if words.has(brief, "maul", "sledge", "sledgehammer", "sledge hammer"):
        form = "maul"
    elif words.has(brief, "mallet", "croquet") or (smithing and words.has(brief, "wooden")):
        form = "mallet"
    elif smithing:
        form = "smith"
    length, half, tall, radius = {
        "war": (0.78, 0.104, 0.041, 0.0165), "smith": (0.37, 0.062, 0.024, 0.0135),
        "maul": (1.06, 0.125, 0.064, 0.0200), "mallet": (0.42, 0.078, 0.048, 0.0145),
    }[form]  # fmt: skip
    if look.great and form == "war":
        length, half, tall, radius = 1.15, 0.135, 0.056, 0.0195
    scale = words.size_factor(brief)
    if brief.height_m is not None:
        scale = brief.height_m / length
    length *= scale * rng.uniform(0.95, 1.06)
    long_grip = look.great or form == "maul"
    below = length * (0.25 if not long_grip else 0.36)
    return _Plan(
        form=form,
        below_m=below,
        head_y=length - below - tall * scale,
        half_m=half * scale * rng.uniform(0.92, 1.12),
        tall_m=tall * scale * look.breadth * rng.uniform(0.92, 1.10),
        radius_m=radius * scale**0.5,
        back="spike" if look.curved or look.jagged else str(rng.choice(["beak", "face", "spike"])),
        crown=look.jagged or look.ornate or bool(rng.random() < 0.5),
        round_faces=bool(rng.random() < 0.5),
        bow_m=0.020 if look.curved and form != "war" else 0.0,
        look=look,
        grip_half_m=0.07 if not long_grip else 0.13,
    )


def _haft(plan: _Plan) -> list[Part]:
    r, low, top = plan.radius_m, -plan.below_m, plan.head_y + plan.tall_m
    t = np.linspace(0.0, 1.0, 17)
    is_tool = plan.form in ("smith", "mallet")
    swell = 1 + (0.20 * np.exp(-(((t - 0.20) / 0.15) ** 2)) if is_tool else 0.0 * t)
    radii = r * (swell - 0.08 * np.sin(np.pi * t))
    if is_tool:
        radii[0] *= 0.80
    bow = -plan.bow_m * np.sin(np.pi * t) * np.clip((t - 0.3) / 0.2, 0, 1)
    flat = 0.80 if is_tool else 0.86
    stick = pole(low, top + 0.012, radii, sides=10, flat=flat, bow_m=bow)
    parts = [to_part(stick, "haft", "haft", crease_deg=45)]
    if is_tool:
        wedge = box(0.005, 0.006, r * 1.3, bevel=0.001).moved(y=top + 0.012)
        return [*parts, to_part(wedge, "wedge", "trim")]
    band = collar(r * 1.16, 0.012, sides=12).scaled(1.0, 1.0, 0.9)
    bands = [
        end_cap(r, flat=0.9).moved(y=low),
        *(band.moved(y=side * (plan.grip_half_m + 0.002)) for side in (1.0, -1.0)),
    ]
    if plan.look.ornate:
        gap = (plan.head_y - plan.tall_m - 0.04 - plan.grip_half_m) / 4
        bands += [band.moved(y=plan.grip_half_m + gap * k) for k in (1, 2, 3)]
    parts.append(to_part(merge(*bands), "trim", "trim", crease_deg=32))
    return [*parts, *_langets(plan)]


def _langets(plan: _Plan) -> list[Part]:
    """Make the metal tongues that hold the head on the haft."""
    length, z = 0.17 * (plan.head_y + plan.below_m), 0.86 * plan.radius_m
    y = plan.head_y - plan.tall_m * 0.9 - length / 2
    strip = box(plan.radius_m * 0.95, length, 0.007, bevel=0.002)
    both = merge(strip.moved(y=y, z=z), strip.moved(y=y, z=-z))
    places = [
        (0.0, y + length * share, side * (z + 0.0038))
        for share in (-0.34, 0.0)
        for side in (1.0, -1.0)
    ]
    return [
        to_part(both, "langets", "head", crease_deg=20),
        *rivets(places, radius_m=0.0045, slot="trim"),
    ]


def _war_head(plan: _Plan) -> dict[tuple[str, str], Solid]:
    """Make a small faceted hammer, an eye with cheeks, a beak or spike behind, a point above."""
    r, half, tall = plan.radius_m, plan.half_m, plan.tall_m
    neck = tall * 0.66
    front = beam([
        (-r * 0.8, neck, neck * 0.9), (half * 0.45, neck * 0.86, neck * 0.8),
        (half * 0.60, tall, tall * 0.95), (half * 0.93, tall * 1.05, tall),
        (half, tall * 0.90, tall * 0.86),
    ])  # fmt: skip
    eye = box(r * 2.9, tall * 2.1, r * 2.7, bevel=0.006)
    pieces = [front, eye]
    if plan.look.jagged:
        tooth = spike(tall * 0.34, tall * 0.60, sides=4).rotated("z", -90)
        pieces += [
            tooth.moved(half, a * tall * 0.46, b * tall * 0.44) for a in (-1, 1) for b in (-1, 1)
        ]
    if plan.back == "face":
        pieces.append(front.rotated("y", 180).scaled(0.86, 1.0, 1.0))
    else:
        drop = 1.8 if plan.back == "beak" else 3.2
        reach = half * (1.15 if plan.back == "beak" else 1.35)
        tail = beam([
            (-r * 0.8, neck, neck * 0.75), (-reach * 0.45, neck * 0.78, neck * 0.50),
            (-reach * 0.62, neck * 0.66, neck * 0.40), (-reach * 0.80, neck * 0.46, neck * 0.28),
            (-reach, 0.0, 0.0),
        ])  # fmt: skip
        pieces.append(arched(tail, drop))
    solids = {("head", "head"): merge(*pieces)}
    if plan.crown:
        point = spike(r * 0.85, tall * (2.4 if plan.look.jagged else 1.7), sides=4, sunk_m=0.02)
        solids["point", "trim"] = point.moved(y=tall * 1.03)
    rings = [(half * 0.52, tall * 0.82)]
    if plan.look.ornate:
        stone = ellipsoid(tall * 0.36, tall * 0.36, tall * 0.20, sides=8, rows=5)
        z = r * 1.35
        solids["gems", "gem"] = merge(stone.moved(z=z), stone.moved(z=-z))
        rings.append((half * 0.86, tall * 1.05))
    bands = [
        beam([(x - 0.005, t, t * 0.95), (x + 0.005, t, t * 0.95)]).scaled(1, 1.04, 1.04)
        for x, t in rings
    ]
    solids["bands", "trim"] = merge(*bands)
    return solids


def _smith_head(plan: _Plan) -> dict[tuple[str, str], Solid]:
    """Make a square face at +X and a wedge-shaped peen at -X."""
    half, tall = plan.half_m, plan.tall_m
    body = beam([
        (-half * 1.05, tall * 0.16, tall * 0.80), (-half * 0.98, tall * 0.22, tall * 0.86),
        (-half * 0.42, tall * 0.90, tall * 0.92), (-half * 0.34, tall, tall),
        (half * 0.34, tall, tall), (half * 0.42, tall * 0.86, tall * 0.86),
        (half * 0.60, tall * 0.86, tall * 0.86), (half * 0.70, tall * 1.02, tall * 1.02),
        (half * 0.95, tall * 1.02, tall * 1.02), (half, tall * 0.90, tall * 0.90),
    ], cut=0.25)  # fmt: skip
    solids = {("head", "head"): body}
    if plan.look.ornate:
        ring = beam([(half * 0.46, tall * 0.95, tall * 0.95), (half * 0.56, tall * 0.95,
                     tall * 0.95)], cut=0.25)  # fmt: skip
        solids["bands", "trim"] = ring
    return solids


def _maul_head(plan: _Plan) -> dict[tuple[str, str], Solid]:
    """Make a heavy block with two faces, banded at both ends."""
    half, tall = plan.half_m, plan.tall_m
    cut = 0.30
    wide = tall * 0.92
    stations = [
        (-half, tall * 0.90, wide * 0.90), (-half * 0.93, tall, wide), (-half * 0.50, tall, wide),
        (-half * 0.42, tall * 0.88, wide * 0.88), (half * 0.42, tall * 0.88, wide * 0.88),
        (half * 0.50, tall, wide), (half * 0.93, tall, wide), (half, tall * 0.90, wide * 0.90),
    ]  # fmt: skip
    if plan.round_faces:
        profile = [(0.0, -half)] + [(t, x) for x, t, _ in stations] + [(0.0, half)]
        body = lathe(profile, sides=16, phase=0.5).rotated("z", -90)
    else:
        body = beam(stations, cut=cut)
    bands = []
    for side in (-1.0, 1.0):
        x, t, w = side * half * 0.74, tall * 1.035, wide * 1.035
        if plan.round_faces:
            bands.append(collar(t, half * 0.20, lip_m=0.003).rotated("z", -90).moved(x))
        else:
            bands.append(beam([(x - half * 0.1, t, w), (x + half * 0.1, t, w)], cut=cut))
    pieces = [body]
    if plan.look.jagged:
        tooth = spike(tall * 0.17, tall * 0.5, sides=4)
        for side in (-90, 90):
            at = half * (1.0 if side < 0 else -1.0)
            pieces += [
                tooth.rotated("z", side).moved(at, a * tall * 0.44, b * wide * 0.44)
                for a in (-1, 0, 1)
                for b in (-1, 0, 1)
            ]
    solids = {("head", "head"): merge(*pieces), ("bands", "trim"): merge(*bands)}
    if plan.look.ornate:
        stone = ellipsoid(tall * 0.30, tall * 0.30, tall * 0.16, sides=8, rows=5)
        z = wide * 0.88
        solids["gems", "gem"] = merge(stone.moved(z=z), stone.moved(z=-z))
    return solids


def _mallet_head(plan: _Plan) -> dict[tuple[str, str], Solid]:
    """Make a wooden barrel across the haft, with hoops."""
    half, tall = plan.half_m, plan.tall_m
    x = np.linspace(-half, half, 9)
    swell = tall * (1.0 + 0.10 * np.cos(0.5 * np.pi * x / half))
    profile = [(0.0, -half), (tall * 0.86, -half), *zip(swell[1:-1], x[1:-1], strict=True),
               (tall * 0.86, half), (0.0, half)]  # fmt: skip
    body = lathe(np.array(profile), sides=16).rotated("z", -90)
    hoops = []
    if not plan.look.simple:
        for place in (-0.66, 0.66):
            r = float(np.interp(place * half, x, swell)) * 1.02
            hoops.append(collar(r, half * 0.14, lip_m=0.002).rotated("z", -90).moved(place * half))
    solids = {("head", "head"): body}
    if hoops:
        solids["hoops", "trim"] = merge(*hoops)
    return solids
