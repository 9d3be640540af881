"""Potions: a glass bottle with liquid, a stopper, and a cord, a collar or a label."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.jewels import AnyFloats, faceted
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import finished
from asset_forge.greybox.shapes.sheets import front_mapped
from asset_forge.greybox.solids import Solid, circle, curve, ellipsoid, extrude, lathe, loft, sweep
from asset_forge.greybox.solids import gem as cut_gem

_SIDES = 24
_NECK = 0.095
_TOP = 0.90
# What a drink does, and the colour that players expect of it.
_DRINKS = {
    "red": ("healing", "health", "life", "blood", "vitality", "fire", "rage"),
    "azure": ("mana", "magic", "water", "frost", "wisdom", "arcane"),
    "green": ("poison", "venom", "toxic", "acid", "antidote", "nature", "herbal"),
    "amber": ("stamina", "energy", "oil", "honey", "speed", "ale", "mead", "whisky", "rum"),
    "orange": ("strength", "power", "attack"),
    "pink": ("love", "charm", "charisma"),
    "purple": ("shadow", "night", "death", "curse", "sleep", "dark"),
    "maroon": ("wine",),
    "cream": ("milk", "invisibility", "holy", "light"),
}
_BODIES: dict[str, tuple[tuple[float, float, float], ...]] = {
    # (radius, height, squareness) from the foot to the neck.
    "round": ((0.20, 0.0, 0), (0.22, 0.025, 0), (0.31, 0.11, 0), (0.355, 0.24, 0),
              (0.36, 0.34, 0), (0.335, 0.45, 0), (0.26, 0.56, 0), (0.16, 0.64, 0)),
    "tall": ((0.165, 0.0, 0), (0.19, 0.025, 0), (0.195, 0.10, 0), (0.195, 0.30, 0),
             (0.195, 0.52, 0), (0.185, 0.58, 0), (0.15, 0.635, 0), (0.11, 0.67, 0)),
    "square": ((0.25, 0.0, 1), (0.275, 0.025, 1), (0.28, 0.10, 1), (0.28, 0.30, 1),
               (0.28, 0.46, 1), (0.265, 0.52, 0.9), (0.20, 0.58, 0.5), (0.12, 0.63, 0.1)),
    "conical": ((0.32, 0.0, 0), (0.35, 0.03, 0), (0.345, 0.07, 0), (0.29, 0.22, 0),
                (0.235, 0.36, 0), (0.185, 0.49, 0), (0.135, 0.60, 0), (0.105, 0.67, 0)),
    "gourd": ((0.22, 0.0, 0), (0.25, 0.025, 0), (0.32, 0.12, 0), (0.325, 0.22, 0),
              (0.25, 0.34, 0), (0.195, 0.41, 0), (0.205, 0.50, 0), (0.165, 0.61, 0)),
}  # fmt: skip
_FORMS = {
    "round": ("round", "bulbous", "flask", "sphere", "spherical", "orb"),
    "tall": ("tall", "vial", "phial", "tube", "test", "slim", "slender", "thin"),
    "square": ("square", "decanter", "cube", "cubic", "boxy", "rum", "whisky"),
    "conical": ("conical", "cone", "alchemist", "alchemist's", "erlenmeyer", "triangular"),
    "gourd": ("gourd", "curved", "calabash", "hourglass"),
}


@dataclass(frozen=True)
class _Plan:
    """Shares of the bottle's height; extra: what is around the neck."""

    form: str
    body: Floats
    level: float
    extra: str
    label: bool
    ornate: bool
    jewel_stopper: bool


def build(brief: Brief) -> Shape:
    """Build a potion that stands; its label or tag faces +Z."""
    plan = _plan(brief)
    rng = brief.rng("potion colours")
    surfaces = {
        "glass": words.surface_for(
            brief, ("bottle", "flask", "glass", "vial", "phial", "jar"), "glass",
            ("gem", "metal", "stone"),
        ),
        "liquid": words.surface_for(
            brief,
            ("potion", "liquid", "elixir", "brew", "contents", "fluid"),
            f"{_drink(brief) or rng.choice(['red', 'azure', 'green', 'purple', 'amber', 'pink'])}"
            " liquid",
            ("liquid",),
            main=True,
        ),
        "stopper": words.surface_for(
            brief,
            ("cork", "stopper", "plug", "lid"),
            str(rng.choice(["sapphire", "ruby", "amethyst"])) if plan.jewel_stopper
            else "light oak",
            ("wood", "gem", "metal", "bone", "food"),
        ),
    }  # fmt: skip
    level = plan.level
    parts = [
        to_part(_skin(plan, 0.035, level), "liquid", "liquid", crease_deg=30),
        to_part(_skin(plan, 0.0, 0.035), "foot", "glass", crease_deg=30),
        to_part(_upper(plan), "glass", "glass", crease_deg=40),
        *_stopper(plan),
    ]
    if plan.extra == "cord":
        surfaces["cord"] = words.surface_for(
            brief, ("cord", "string", "rope", "ribbon", "twine"), "string", ("cloth", "leather")
        )
        surfaces["tag"] = words.surface_for(brief, ("tag",), "parchment", ("paper", "wood", "food"))
        parts += _cord(plan)
    if plan.extra in ("collar", "cage"):
        metal = str(rng.choice(["brass", "gold", "bronze", "silver"]))
        surfaces["metal"] = words.surface_for(
            brief, ("collar", "band", "bands", "trim", "fittings", "frame"),
            "gold" if plan.ornate else metal, ("metal",),
        )  # fmt: skip
        parts += _collar(plan)
    if plan.label:
        surfaces["label"] = words.surface_for(
            brief, ("label",), "manuscript", ("paper", "leather", "cloth")
        )
        label = front_mapped(_label(plan), right=(1, 0, 0), down=(0, -1, 0))
        parts.append(to_part(label, "label", "label", crease_deg=25))
    height = 0.18 * float(brief.rng("potion size").uniform(0.93, 1.08))
    return Shape("potion", finished(brief, parts, height, measure="height"), surfaces)


def _drink(brief: Brief) -> str | None:
    return next((colour for colour, said in _DRINKS.items() if words.has(brief, *said)), None)


def _plan(brief: Brief) -> _Plan:
    rng = brief.rng("potion")
    style = manner(brief)
    seeded = str(rng.choice(["round", "round", "conical", "square", "tall", "gourd"]))
    form = next((name for name, said in _FORMS.items() if words.has(brief, *said)), seeded)
    body = np.array(_BODIES[form], dtype=np.float64)
    body[:, 0] *= style.breadth ** (0.3 if form == "tall" else 0.6) * rng.uniform(0.92, 1.08)
    body[:, 1] *= rng.uniform(0.94, 1.04)
    level = float(rng.uniform(0.62, 0.84))
    if words.has(brief, "full"):
        level = 0.94
    elif words.has(brief, "half"):
        level = 0.5
    elif words.has(brief, "empty"):
        level = 0.12
    extra = str(rng.choice(["cord", "cord", "collar"]))
    if style.ornate:
        extra = "cage"
    elif words.has(brief, "cord", "string", "tag", "ribbon", "twine", "rope"):
        extra = "cord"
    elif words.has(brief, "collar", "band"):
        extra = "collar"
    elif style.simple:
        extra = "none"
    labelled = bool(rng.random() < 0.25) and form in ("tall", "square") and extra != "cage"
    return _Plan(
        form=form,
        body=body,
        level=0.035 + (float(body[-1, 1]) - 0.035) * level,
        extra=extra,
        label=words.has(brief, "label", "labelled", "labeled") or labelled,
        ornate=style.ornate,
        jewel_stopper=style.ornate or words.has(brief, "crystal stopper", "glass stopper"),
    )


def _radius(plan: _Plan, y: AnyFloats, angle: AnyFloats) -> Floats:
    """Return how far the bottle's wall is from its axis."""
    top = float(plan.body[-1, 1])
    heights = np.concatenate([plan.body[:, 1], [top + 0.035, _TOP]])
    r = np.interp(y, heights, np.concatenate([plan.body[:, 0], [_NECK, _NECK]]))
    square = np.interp(y, plan.body[:, 1], plan.body[:, 2])
    around = (np.abs(np.cos(angle)) ** 7 + np.abs(np.sin(angle)) ** 7) ** (-1 / 7)
    wall: Floats = r * (1.0 + square * 0.92 * (around - 1.0))
    return wall


def _ring(plan: _Plan, y: float, *, wall: float = 1.0, radius: float | None = None) -> Floats:
    angle = (np.arange(_SIDES) + 0.5) * (2 * np.pi / _SIDES)
    r = _radius(plan, np.full(_SIDES, y), angle) * wall if radius is None else np.full(24, radius)
    return np.stack([r * np.cos(angle), np.full(_SIDES, y), -r * np.sin(angle)], axis=1)


def _heights(plan: _Plan, low: float, high: float) -> list[float]:
    fine = curve(plan.body[:, 1:2], 20)[:, 0]
    return [low, *(float(y) for y in fine if low + 0.008 < y < high - 0.008), high]


def _skin(plan: _Plan, low: float, high: float) -> Solid:
    """Make the bottle's outside between two heights, closed above and below."""
    smooth = _smoothed(plan)
    return loft([_ring(smooth, y) for y in _heights(smooth, low, high)], cap_scale=0.2)


def _upper(plan: _Plan) -> Solid:
    """Make the empty part: shoulder, neck, and a lip around a hole for the stopper."""
    smooth = _smoothed(plan)
    top = float(plan.body[-1, 1])
    rings = [_ring(smooth, y) for y in _heights(smooth, plan.level, top)]
    for radius, y in (
        (_NECK, top + 0.035), (_NECK * 0.97, _TOP - 0.075), (_NECK * 1.06, _TOP - 0.055),
        (_NECK * 1.42, _TOP - 0.042), (_NECK * 1.48, _TOP - 0.018), (_NECK * 1.30, _TOP),
        (_NECK * 0.86, _TOP - 0.004), (_NECK * 0.82, _TOP - 0.06),
    ):  # fmt: skip
        rings.append(_ring(plan, y, radius=radius))
    return loft(rings, cap_scale=0.2)


def _smoothed(plan: _Plan) -> _Plan:
    return _Plan(**{**plan.__dict__, "body": curve(plan.body, 36)})


def _stopper(plan: _Plan) -> list[Part]:
    r = _NECK
    if plan.jewel_stopper:
        plug = lathe([(0, 0), (r * 0.84, 0), (r * 0.84, 0.07), (r * 1.1, 0.085), (r * 1.1, 0.10),
                      (0, 0.11)], sides=12).moved(y=_TOP - 0.05)  # fmt: skip
        jewel = cut_gem(r * 1.35, 0.22, sides=8, girdle=0.45).moved(y=_TOP + 0.04)
        return [
            to_part(plug, "plug", "stopper", crease_deg=30),
            faceted(jewel, "jewel", "stopper"),
        ]
    cork = lathe(
        [(0, 0), (r * 0.80, 0), (r * 0.86, 0.06), (r * 0.98, 0.125), (r * 0.99, 0.142),
         (r * 0.88, 0.152), (0, 0.154)],
        sides=14,
    )  # fmt: skip
    return [to_part(cork.moved(y=_TOP - 0.055), "cork", "stopper", crease_deg=40)]


def _cord(plan: _Plan) -> list[Part]:
    """Wind a cord three times around the neck, knot it in front and hang a tag on it."""
    r, y = _NECK * 1.0, _TOP - 0.155
    windings = [(0.0, y - 0.004)]
    for turn in range(3):
        base = y + 0.022 * turn
        windings += [(r, base), (r + 0.014, base + 0.004), (r + 0.017, base + 0.011),
                     (r + 0.014, base + 0.018)]  # fmt: skip
    windings += [(r, y + 0.066), (0.0, y + 0.070)]
    coil = lathe(windings, sides=14)
    front = r + 0.018
    knot = ellipsoid(0.026, 0.020, 0.018, sides=8, rows=6).moved(y=y + 0.03, z=front)
    # The ends lie over the shoulder, wherever that is.
    low = y - 0.13
    out = float(_radius(plan, np.array([low]), np.array([-np.pi / 2]))[0])
    out = max(out, _NECK) + 0.020
    thread = circle(6, 0.0085)
    ends = []
    for side, drop in ((-1.0, 0.8), (1.0, 1.0)):
        path = curve(
            [(0.0, y + 0.03, front), (side * 0.035, y - 0.02 * drop, (front + out) / 2 + 0.015),
             (side * 0.050, y - 0.125 * drop, out)],
            6,
        )  # fmt: skip
        ends.append(sweep(path, thread))
    parts = [to_part(coil, "cord", "cord", crease_deg=60), to_part(knot, "knot", "cord")]
    parts += [to_part(end, f"cord end {i}", "cord", crease_deg=60) for i, end in enumerate(ends)]
    outline = np.array([(-0.055, -0.15), (0.055, -0.15), (0.055, -0.03), (0.025, 0.0),
                        (-0.025, 0.0), (-0.055, -0.03)])  # fmt: skip
    below = float(_radius(plan, np.array([low - 0.13]), np.array([-np.pi / 2]))[0])
    lean = float(np.degrees(np.arctan2(below - out + 0.03, 0.14)))
    tag = extrude(outline, 0.010, bevel=0.003).rotated("x", -max(lean, 0.0)).rotated("z", 8)
    tag = tag.moved(0.050, y - 0.108, out + 0.006)
    return [*parts, to_part(tag, "tag", "tag", crease_deg=20)]


def _collar(plan: _Plan) -> list[Part]:
    r, y = _NECK, _TOP - 0.14
    band = lathe(
        [(0, y - 0.045), (r, y - 0.045), (r + 0.022, y - 0.037), (r + 0.022, y - 0.026),
         (r + 0.012, y - 0.020), (r + 0.012, y + 0.020), (r + 0.022, y + 0.026),
         (r + 0.022, y + 0.037), (r, y + 0.045), (0, y + 0.045)],
        sides=16,
    )  # fmt: skip
    parts = [to_part(band, "collar", "metal", crease_deg=30)]
    if plan.extra != "cage":
        return parts
    smooth = _smoothed(plan)
    heights = np.linspace(0.012, y - 0.01, 18)
    section = np.array([(-0.020, -0.014), (0.020, -0.014), (0.020, 0.008), (0.010, 0.015),
                        (-0.010, 0.015), (-0.020, 0.008)])  # fmt: skip
    for quarter in range(4):
        turn = np.pi / 4 + quarter * np.pi / 2
        reach = _radius(smooth, heights, np.full(len(heights), turn))
        path = np.stack([reach * np.cos(turn), heights, -reach * np.sin(turn)], axis=1)
        out = (float(np.cos(turn)), 0.0, float(-np.sin(turn)))
        strap = sweep(path, section, up=out)
        parts.append(to_part(strap, f"strap {quarter}", "metal", crease_deg=30, chart="straps"))
    base = [_ring(smooth, h, wall=w) for h, w in
            ((-0.012, 1.0), (-0.012, 1.06), (0.0, 1.09), (0.03, 1.07), (0.045, 1.0))]  # fmt: skip
    parts.append(to_part(loft(base), "base", "metal", crease_deg=30))
    return parts


def _label(plan: _Plan) -> Solid:
    """Lay a paper around the front, a little off the glass."""
    smooth = _smoothed(plan)
    wide = 0.62 if plan.form in ("square", "tall") else 0.5
    middle = 0.28 if plan.form != "conical" else 0.22
    angle = -np.pi / 2 + np.linspace(-wide, wide, 11)
    rings = []
    for y in np.linspace(middle - 0.11, middle + 0.13, 7):
        r = _radius(smooth, np.full(len(angle), y), angle)
        front = np.stack([(r + 0.008) * np.cos(angle), np.full(11, y),
                          -(r + 0.008) * np.sin(angle)], axis=1)  # fmt: skip
        back = np.stack([(r - 0.01) * np.cos(angle), np.full(11, y),
                         -(r - 0.01) * np.sin(angle)], axis=1)  # fmt: skip
        rings.append(np.concatenate([front, back[::-1]]))
    return loft(rings, cap_scale=0.3)
