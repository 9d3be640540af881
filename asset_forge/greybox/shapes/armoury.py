"""How armour is made: of plates, mail, scales, leather or cloth, and in which surfaces.

What each kind does with it is decided in its own file.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.shapes.fittings import grounded
from asset_forge.greybox.shapes.manner import Manner, manner
from asset_forge.greybox.solids import rotation
from asset_forge.greybox.surfaces import Family, material_of

Make = Literal["plate", "mail", "scale", "leather", "cloth"]

_MAKES: tuple[tuple[Make, tuple[str, ...]], ...] = (
    ("mail", ("chain", "mail", "chainmail", "ringmail", "chainbody", "chainlegs", "hauberk",
              "linked", "chained")),
    ("scale", ("scale", "scales", "scaled", "scalemail", "lamellar", "scaly")),
    ("plate", ("plate", "plated", "plates", "platebody", "platelegs", "plateskirt", "platemail",
               "breastplate", "cuirass", "chestplate", "knight", "knight's", "knights", "paladin",
               "greaves", "sabatons", "sabaton", "gauntlet", "gauntlets", "crusader", "templar")),
    ("leather", ("leather", "hide", "jerkin", "studded", "ranger", "ranger's", "rogue", "thief",
                 "hunter", "hunter's", "dragonhide", "suede", "fur", "pelt")),
    ("cloth", ("cloth", "padded", "gambeson", "quilted", "robe", "wizard", "wizard's", "mage",
               "mage's", "tunic", "mittens", "mitten", "slippers")),
)  # fmt: skip
_FAMILY_MAKES: dict[Family, Make] = {
    "metal": "plate", "bone": "plate", "stone": "plate", "gem": "plate", "wood": "plate",
    "leather": "leather", "cloth": "cloth", "scale": "leather",
}  # fmt: skip
_ALLOWED: dict[Make, tuple[Family, ...]] = {
    "plate": ("metal", "bone", "stone", "gem", "wood"),
    "mail": ("metal",),
    "scale": ("metal", "scale"),
    "leather": ("leather", "scale"),
    "cloth": ("cloth", "leather"),
}
_CLOTHS = ("navy wool", "maroon wool", "olive wool", "grey linen", "brown wool", "teal cloth")
_LEATHERS = ("leather", "brown leather", "hard leather", "dark leather", "tan leather")


@dataclass(frozen=True)
class Style:
    """How a piece of armour is wanted. The rest of the flags are words of its own."""

    make: Make
    manner: Manner
    horned: bool
    winged: bool
    spiked: bool
    studded: bool

    @property
    def ornate(self) -> bool:
        """Whether it is meant to be rich."""
        return self.manner.ornate


def style_of(brief: Brief, names: Collection[str], usual: Sequence[Make]) -> Style:
    """Read how armour shall be made; without a word for it the seed picks one of the usual.

    names: what the armour itself is called, so that gold wings make no plate.
    """
    how = manner(brief)
    return Style(
        make=_make(brief, names) or usual[int(brief.rng("armour make").integers(len(usual)))],
        manner=how,
        horned=words.has(brief, "horned", "horns", "horn", "demon", "demonic", "viking"),
        winged=words.has(brief, "winged", "wings", "wing", "hermes", "angelic", "valkyrie"),
        spiked=words.has(brief, "spiked", "spikes", "spiky", "spike") or how.jagged,
        studded=words.has(brief, "studded", "studs", "riveted", "rivets"),
    )


def _make(brief: Brief, names: Collection[str]) -> Make | None:
    """Return what the words ask for: the manner of making first, else what it is made of."""
    for make, called in _MAKES:
        if words.has(brief, *called):
            return make
    said = words.surface_for(brief, names, "", tuple(_FAMILY_MAKES), main=True)
    material = material_of(said.split()[-1]) if said else None
    return None if material is None else _FAMILY_MAKES[material.family]


def body_surface(brief: Brief, style: Style, names: Collection[str]) -> str:
    """Return the surface words of the armour itself."""
    rng = brief.rng("armour colours")
    metal = str(rng.choice(["steel", "steel", "iron"]))
    default = {
        "plate": metal,
        "mail": metal,
        "scale": "steel",
        "leather": str(rng.choice(_LEATHERS)),
        "cloth": str(rng.choice(_CLOTHS)),
    }[style.make]
    found = words.surface_for(brief, names, default, _ALLOWED[style.make], main=True)
    weave = {"mail": "linked ", "scale": "lamellar "}.get(style.make, "")
    return weave + _own_colour(found, default)


def trim_surface(brief: Brief, style: Style, body: str = "") -> str:
    """Return the surface words of rims, rivets and buckles; body: what they shall differ from."""
    rng = brief.rng("armour trim")
    plain: tuple[str, ...] = ("brass", "iron", "blacksteel", "bronze", "steel")
    plain = tuple(metal for metal in plain if metal not in body)
    default = str(rng.choice(plain))
    if style.ornate:
        default = "gold" if "gold" not in body else "silver"
    names = ("trim", "band", "bands", "rivets", "studs", "buckle", "buckles", "edge", "fittings",
             "details", "accents", "spike", "spikes", "ornaments")  # fmt: skip
    return words.surface_for(brief, names, default, ("metal", "bone", "gem"))


def hardened(body: str) -> str:
    """Return the surface words of stiff pieces on soft armour: hard leather in its own colour."""
    is_soft = body.endswith("leather") and "hard" not in body and "studded" not in body
    return f"hard {body}" if is_soft else body


def strap_surface(brief: Brief) -> str:
    """Return the surface words of belts, straps and laces."""
    names = ("belt", "strap", "straps", "lining", "binding", "laces", "sole", "soles")
    default = str(brief.rng("armour straps").choice(["dark leather", "brown leather", "leather"]))
    return words.surface_for(brief, names, default, ("leather", "cloth"))


def pair(part: Part) -> list[Part]:
    """Return the part and its mirror image across x = 0; both share one piece of the texture."""
    chart = part.chart or f"pair {part.name}"
    twin = replace(
        part,
        name=f"{part.name} right",
        positions=part.positions * (-1.0, 1.0, 1.0),
        normals=part.normals * (-1.0, 1.0, 1.0),
        triangles=part.triangles[:, ::-1],
        chart=chart,
    )
    return [replace(part, chart=chart), twin]


def stood(part: Part, *, x: float, turn_deg: float) -> Part:
    """Put the left one of a pair beside the middle, `x` metres away, turned outwards."""
    turn = rotation("y", turn_deg)
    return replace(
        part,
        positions=part.positions @ turn.T + np.array([x, 0.0, 0.0]),
        normals=part.normals @ turn.T,
    )


def finished(
    kind: str, brief: Brief, parts: Iterable[Part], surfaces: dict[str, str], factor: float
) -> Shape:
    """Stand the parts on the ground over the origin, at the brief's height or `factor` in size."""
    placed = grounded(list(parts))
    points = np.concatenate([part.positions for part in placed])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = factor if brief.height_m is None else brief.height_m / float(high[1])
    middle = (low + high) / 2 * (0.0, 0.0, 1.0)
    placed = [
        replace(
            part,
            positions=(part.positions - middle) * scale,
            chart_m=part.chart_m and (part.chart_m[0] * scale, part.chart_m[1] * scale),
        )
        for part in placed
    ]
    return Shape.of(kind, placed, surfaces)


def _own_colour(found: str, default: str) -> str:
    """Let a colour that is asked for replace the default's own instead of standing beside it."""
    if found.endswith(default) and found != default and " " in default:
        return f"{found.removesuffix(default)}{default.rsplit(maxsplit=1)[-1]}"
    return found
