"""What a body wears, as layers over the skin or the bare bones: clothes and armour.

Clothes are the body's own solids, grown and cut off at hems, so they follow any proportions.
Names of layers are the slots of the shape. Which words ask for what is decided in
`shapes.humanoid`.
"""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox.body.anatomy import Anatomy, Blended, ground_cut
from asset_forge.greybox.body.bones import bones_layer
from asset_forge.greybox.body.cloak import cloak, hood
from asset_forge.greybox.body.fields import Capsule, Cut, Ellipsoid, Layer, Loft, Vec
from asset_forge.greybox.body.headwear import beard, hair, helmet
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.body.robe import hem_of, long_skirt


@dataclass(frozen=True)
class Outfit:
    """Choices of clothing.

    sleeve: share of the arm that is covered, 0 (none) to 1 (wrist). hair: "short", "long",
    "ponytail" or "none". beard_length: head heights below a short beard. mail: the shirt is of
    metal rings; its shape is the same. robe: the shirt hangs down to the ankles; dress: to the
    calves. breeches: trousers end below the knee.
    """

    shirt: bool = True
    trousers: bool = True
    breeches: bool = False
    sleeve: float = 0.46
    boots: bool = True
    belt: bool = True
    vest: bool = False
    cuirass: bool = False
    mail: bool = False
    robe: bool = False
    dress: bool = False
    cloak: bool = False
    hood: bool = False
    helmet: bool = False
    gloves: bool = False
    hair: str = "short"
    beard: bool = False
    beard_length: float = 0.0


def make_layers(plan: BodyPlan, body: Anatomy, outfit: Outfit) -> list[Layer]:
    """Layers from the skin outwards; the skin, or what stands for it, is always the first."""
    layers = [_bones(plan, outfit) if plan.bones else _skin(body)]
    if outfit.trousers:
        layers.append(_trousers(plan, body, outfit))
    if outfit.boots:
        layers += _boots(plan, body)
    if outfit.shirt:
        layers.append(_shirt(plan, body, outfit))
    if outfit.gloves:
        layers.append(_gloves(plan, body))
    if outfit.vest:
        layers.append(_vest(plan, body))
    if outfit.cuirass:
        layers += _armour(plan, body)
    if outfit.belt:
        layers += _belt(plan, body, outfit)
    if outfit.cloak:
        layers.append(cloak(plan))
    return [*layers, *_on_the_head(plan, outfit)]


def _bones(plan: BodyPlan, outfit: Outfit) -> Layer:
    clothed = outfit.shirt or outfit.cuirass or outfit.vest
    return bones_layer(plan, clothed=clothed, gloved=outfit.gloves, shod=outfit.boots)


def _on_the_head(plan: BodyPlan, outfit: Outfit) -> list[Layer]:
    layers: list[Layer] = []
    if outfit.helmet:
        layers.append(helmet(plan))
    else:
        if outfit.hood:
            layers.append(hood(plan))
        if outfit.hair != "none":
            # What hangs down would stick through a hood.
            layers.append(hair(plan, "short" if outfit.hood else outfit.hair))
    if outfit.beard:
        layers.append(beard(plan, outfit.beard_length))
    return layers


def _skin(body: Anatomy) -> Layer:
    solids = [
        *body.torso, *body.neck, *body.arm, *body.hand, *body.leg, *body.foot, *body.head,
    ]  # fmt: skip
    return Layer("skin", solids, cuts=[ground_cut()], carved=body.head_carved)


def _tunic(plan: BodyPlan, body: Anatomy) -> list[Blended]:
    """Trunk and a short skirt that flares below the belt instead of clinging to the legs."""
    hem = plan.torso_y(0.06)
    skirt = Loft(
        "y",
        [
            (hem - 0.02, 0.0, -0.006, 0.102 * plan.hips, 0.083 * plan.depth),
            (plan.torso_y(0.22), 0.0, -0.004, 0.094 * plan.hips, 0.073 * plan.depth),
            (plan.torso_y(0.36), 0.0, 0.001, 0.076 * plan.hips, 0.052 * plan.depth),
        ],
        2.4,
    )
    return [*body.torso, *body.neck, *body.leg, (skirt, 0.024)]


def _shirt(plan: BodyPlan, body: Anatomy, outfit: Outfit) -> Layer:
    carved: list[Blended] = [(_neckline(plan), 0.004)]
    if outfit.robe or outfit.dress:
        hem = hem_of(plan, long=outfit.robe)
        solids = [*body.torso, *body.neck, *body.leg, *long_skirt(plan, hem)]
    else:
        solids = _tunic(plan, body)
        hem = plan.torso_y(0.06)
    cuts = [Cut((0.0, -1.0, 0.0), -hem)]
    added: list[Blended] = []
    if outfit.sleeve > 0:
        solids += body.arm
        end = plan.shoulder_x + outfit.sleeve * plan.arm
        cuts.append(Cut((1.0, 0.0, 0.0), end))
        if outfit.sleeve < 0.95:
            added.append((_cuff(plan, end), 0.003))
    else:
        cuts.append(Cut((1.0, 0.20, 0.0), plan.shoulder_x * 0.92 + 0.20 * plan.shoulder_y))
    return Layer("shirt", solids, grow=0.0060, cuts=cuts, added=added, carved=carved)


def _neckline(plan: BodyPlan, wide: float = 1.0) -> Capsule:
    """Return what a collar leaves free: a leaning rod about the neck, lower in front."""
    y = plan.shoulder_y + 0.55 * plan.neck
    radius = 0.0415 * plan.neck_girth * wide
    return Capsule((0.0, y - 0.008, 0.022), (0.0, y + 0.10, -0.070), radius, radius * 1.7)


def _cuff(plan: BodyPlan, end: float) -> Loft:
    share = (end - plan.shoulder_x) / plan.arm
    radius = (0.0262 if share < 0.6 else 0.0275) * plan.limb_girth + 0.0085
    y, z = plan.shoulder_y, -0.008
    return Loft(
        "x",
        [
            (end - 0.020, y, z, radius * 0.98, radius),
            (end - 0.012, y, z, radius * 1.02, radius * 1.04),
            (end - 0.004, y, z, radius * 0.98, radius),
        ],
        3.0,
    )


def _trousers(plan: BodyPlan, body: Anatomy, outfit: Outfit) -> Layer:
    top = plan.torso_y(0.40)
    bottom = 0.165 if outfit.boots else 0.075
    if outfit.breeches:
        bottom = max(bottom, plan.knee_y + 0.012)
    # The cloth bunches up over the boots.
    y = bottom + 0.012
    x = plan.leg_x(y)
    girth = plan.leg_girth
    bunch = Loft(
        "y",
        [
            (y - 0.006, x, -0.016, 0.030 * girth, 0.034 * girth),
            (y + 0.030, x, -0.016, 0.0385 * girth, 0.0420 * girth),
            (y + 0.080, x, -0.014, 0.0340 * girth, 0.0380 * girth),
        ],
    )
    return Layer(
        "trousers",
        [*body.torso, *body.leg, (bunch, 0.02)],
        grow=0.0050,
        cuts=[Cut((0.0, 1.0, 0.0), top), Cut((0.0, -1.0, 0.0), -bottom)],
    )


def _boots(plan: BodyPlan, body: Anatomy) -> list[Layer]:
    top = 0.185
    x = plan.leg_x(top)
    girth = plan.leg_girth
    cuff = Loft(
        "y",
        [
            (top - 0.030, x, -0.016, 0.0440 * girth, 0.0480 * girth),
            (top - 0.016, x, -0.016, 0.0480 * girth, 0.0520 * girth),
            (top - 0.004, x, -0.016, 0.0490 * girth, 0.0530 * girth),
        ],
        2.6,
    )
    shaft = Loft(
        "y",
        [
            (0.045, plan.stance_x, -0.014, 0.030 * girth, 0.034 * girth),
            (0.10, plan.leg_x(0.10), -0.015, 0.030 * girth, 0.035 * girth),
            (top - 0.012, x, -0.016, 0.037 * girth, 0.041 * girth),
        ],
    )
    upper = Layer(
        "boots",
        [*body.foot, *body.leg, (shaft, 0.014)],
        grow=0.0040,
        cuts=[Cut((0.0, 1.0, 0.0), top), ground_cut()],
        added=[(cuff, 0.003)],
    )
    sole = Layer(
        "soles",
        body.foot,
        grow=0.0055,
        cuts=[Cut((0.0, 1.0, 0.0), 0.0130, 0.001), ground_cut()],
        join=0.002,
    )
    return [upper, sole]


def _gloves(plan: BodyPlan, body: Anatomy) -> Layer:
    start = plan.wrist_x - 0.14 * plan.arm
    flare = Loft(
        "x",
        [
            (start, plan.shoulder_y, -0.002, 0.0300 * plan.limb_girth, 0.0320 * plan.limb_girth),
            (plan.wrist_x, plan.shoulder_y, -0.001, 0.0195, 0.0245),
        ],
    )
    return Layer(
        "gloves",
        [*body.hand, *body.arm, (flare, 0.012)],
        grow=0.0022,
        cuts=[Cut((-1.0, 0.0, 0.0), -start)],
    )


def _vest(plan: BodyPlan, body: Anatomy) -> Layer:
    y = plan.shoulder_y
    return Layer(
        "vest",
        _tunic(plan, body),
        grow=0.0115,
        cuts=[
            Cut((0.0, -1.0, 0.0), -plan.torso_y(0.15)),
            Cut((1.0, 0.20, 0.0), plan.shoulder_x * 0.86 + 0.20 * y),
        ],
        carved=[
            (_neckline(plan, 1.15), 0.004),
            (Ellipsoid((0.0, plan.torso_y(1.02), 0.080), (0.024, 0.105, 0.062)), 0.004),
        ],
    )


def _armour(plan: BodyPlan, body: Anatomy) -> list[Layer]:
    y, x, girth = plan.shoulder_y, plan.shoulder_x, plan.limb_girth
    breast = Ellipsoid((0.0, plan.torso_y(0.74), 0.040 * plan.depth), (0.082, 0.080, 0.042))
    plate = Layer(
        "armour",
        [*body.torso, *body.neck, (breast, 0.03)],
        grow=0.0120,
        cuts=[
            Cut((0.0, -1.0, 0.0), -plan.torso_y(0.44)),
            Cut((1.0, 0.20, 0.0), x * 0.86 + 0.20 * y),
        ],
        carved=[(_neckline(plan, 1.12), 0.004)],
    )
    shells: list[Blended] = []
    for dx, dy, high, deep in (
        (0.004, 0.012, 0.044, 0.052),
        (0.026, 0.004, 0.041, 0.049),
        (0.046, -0.002, 0.037, 0.046),
    ):
        centre: Vec = (x + dx * girth, y + dy, -0.009)
        shells.append((Ellipsoid(centre, (0.034 * girth, high * girth, deep * girth)), 0.001))
    pauldrons = Layer("armour", shells, cuts=[Cut((0.0, -1.0, 0.0), -(y - 0.012))], join=0.002)
    # The shins of dwarves end where those of others begin.
    low = min(0.19, plan.knee_y - 0.06)
    shin = Loft(
        "y",
        [
            (low, plan.leg_x(low), -0.002, 0.040, 0.036),
            (plan.knee_y - 0.02, plan.leg_x(plan.knee_y), 0.004, 0.040, 0.036),
        ],
    )
    knee = Ellipsoid((plan.leg_x(plan.knee_y), plan.knee_y, 0.012), (0.041, 0.036, 0.036))
    greaves = Layer(
        "armour",
        [(shin, 0.0), (knee, 0.004)],
        cuts=[Cut((0.0, 0.0, -1.0), 0.022)],
        join=0.002,
    )
    return [plate, pauldrons, greaves]


def _belt(plan: BodyPlan, body: Anatomy, outfit: Outfit) -> list[Layer]:
    low, high = plan.torso_y(0.335), plan.torso_y(0.415)
    grow = 0.0180 if outfit.vest else 0.0130
    strap = Layer(
        "belt",
        _tunic(plan, body),
        grow=grow,
        cuts=[Cut((0.0, 1.0, 0.0), high, 0.002), Cut((0.0, -1.0, 0.0), -low, 0.002)],
        join=0.001,
    )
    middle = (low + high) / 2
    half = (high - low) / 2 + 0.002
    front = _front(strap, middle)
    rim = Loft(
        "y",
        [
            (middle - half, 0.0, front, 0.016, 0.0050),
            (middle, 0.0, front + 0.001, 0.018, 0.0060),
            (middle + half, 0.0, front, 0.016, 0.0050),
        ],
        6.0,
    )
    return [strap, Layer("buckle", [(rim, 0.0)], join=0.0)]


def _front(layer: Layer, y: float) -> float:
    """Find z of a layer's surface on the mid-line in front, at a height."""
    z = np.linspace(0.0, 0.2, 401, dtype=np.float32)
    inside = layer.distance(np.zeros_like(z), np.full_like(z, y), z) < 0
    return float(z[inside].max()) if inside.any() else 0.0
