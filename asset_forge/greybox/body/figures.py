"""Kinds of people: proportions, what they wear unless told otherwise, and the tone of their skin.

Data only. Which figure a brief means is decided in `shapes.humanoid`.
"""

from dataclasses import dataclass, field

from asset_forge.greybox.body.outfit import Outfit
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.surfaces import Colour

# Factors on the base colour of skin.
FAIR: Colour = (1.0, 1.0, 1.0)
GREEN: Colour = (0.52, 0.82, 0.52)
OLIVE_GREEN: Colour = (0.56, 0.74, 0.46)
DEAD: Colour = (0.68, 0.84, 0.80)


@dataclass(frozen=True)
class Figure:
    """One kind of person. open_eyes: 0.6 (narrow) to 1.3 (wide). skin: factors on skin colour."""

    plan: BodyPlan
    outfit: Outfit = field(default_factory=Outfit)
    open_eyes: float = 1.0
    skin: Colour = FAIR


_WOMAN = BodyPlan(
    height_m=1.68, head=0.150, shoulder_x=0.094, arm=0.278, hand=0.90, foot=0.90, stance_x=0.070,
    limb_girth=0.78, leg_girth=0.94, neck_girth=0.76, chest=0.91, waist=0.82, hips=1.06,
    depth=0.90, bust=0.65, jaw=0.88, cheek=0.45, nose=0.84, brow=0.55, eye=1.06,
)  # fmt: skip

FIGURES: dict[str, Figure] = {
    "man": Figure(BodyPlan()),
    "woman": Figure(_WOMAN, Outfit(sleeve=0.30, hair="long"), 1.12),
    "child": Figure(
        BodyPlan(
            height_m=1.2, head=0.212, neck=0.036, crotch_y=0.405, shoulder_x=0.094, arm=0.238,
            stance_x=0.068, limb_girth=0.94, leg_girth=0.98, neck_girth=0.82, waist=1.06,
            hips=0.95, jaw=0.94, cheek=1.0, nose=0.66, brow=0.25, eye=1.22,
        ),
        Outfit(sleeve=0.36, breeches=True),
        1.2,
    ),
    "dwarf": Figure(
        BodyPlan(
            height_m=1.3, head=0.205, neck=0.034, crotch_y=0.345, shoulder_x=0.142, arm=0.268,
            hand=1.42, foot=1.30, stance_x=0.100, limb_girth=1.42, leg_girth=1.36,
            neck_girth=1.45, chest=1.12, waist=1.42, hips=1.32, depth=1.35, belly=0.5, jaw=1.12,
            nose=1.35, brow=1.2,
        ),
        Outfit(beard=True, beard_length=0.62),
        0.9,
    ),
    "elf": Figure(
        BodyPlan(
            height_m=1.84, head=0.143, shoulder_x=0.103, limb_girth=0.88, leg_girth=0.92,
            neck_girth=0.86, waist=0.90, hips=0.94, depth=0.93, jaw=0.88, nose=0.86, brow=0.7,
            pointed_ears=0.55,
        ),
        Outfit(sleeve=1.0, hair="long"),
    ),
    "goblin": Figure(
        BodyPlan(
            height_m=1.2, head=0.205, neck=0.026, crotch_y=0.395, shoulder_x=0.104, arm=0.300,
            hand=1.30, foot=1.28, stance_x=0.084, limb_girth=0.90, leg_girth=0.92,
            neck_girth=0.88, waist=1.0, hips=0.98, belly=0.5, jaw=0.86, nose=1.65, brow=1.3,
            eye=1.12, pointed_ears=1.0,
        ),
        Outfit(shirt=False, vest=True, boots=False, hair="none"),
        1.1,
        GREEN,
    ),
    "orc": Figure(
        BodyPlan(
            height_m=2.0, head=0.138, neck=0.036, shoulder_x=0.138, arm=0.290, hand=1.32,
            foot=1.12, stance_x=0.092, limb_girth=1.38, leg_girth=1.20, neck_girth=1.50,
            chest=1.08, waist=1.18, hips=1.10, depth=1.18, belly=0.2, jaw=1.25, nose=1.3,
            brow=1.6, pointed_ears=0.25, tusks=True,
        ),
        Outfit(shirt=False, vest=True, hair="none"),
        0.75,
        OLIVE_GREEN,
    ),
    "skeleton": Figure(
        BodyPlan(head=0.152, limb_girth=0.9, leg_girth=0.9, waist=0.9, hand=1.08, bones=True),
        Outfit(shirt=False, trousers=False, boots=False, belt=False, hair="none"),
    ),
}  # fmt: skip
