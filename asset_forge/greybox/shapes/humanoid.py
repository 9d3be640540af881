"""Humanoids: words to proportions, clothes and colours; the geometry is made in `body`.

The result stands in a T-pose, feet on y = 0, facing +Z, arms along X, in metres.
"""

import re
from dataclasses import replace

import numpy as np

from asset_forge.greybox.body.assemble import make_body
from asset_forge.greybox.body.figures import DEAD, FIGURES, Figure
from asset_forge.greybox.body.outfit import Outfit
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.body.wardrobe import ARMOUR, GARB, dressed
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.surfaces import Colour, Family
from asset_forge.greybox.words import has, said, surface_for

_FIGURE_WORDS: dict[str, tuple[str, ...]] = {
    "skeleton": ("skeleton", "skeletons", "skeletal", "lich"),
    "goblin": ("goblin", "gremlin", "imp", "kobold"),
    "orc": ("orc", "ork", "ogre", "troll", "uruk"),
    "dwarf": ("dwarf", "dwarven", "gnome"),
    "elf": ("elf", "elven", "fairy"),
    "child": ("child", "boy", "girl", "kid", "halfling"),
    "woman": (
        "woman", "female", "lady", "queen", "princess", "witch", "sorceress", "priestess",
        "huntress", "maid", "heroine", "girl",
    ),
}  # fmt: skip
_SIZES = {"tiny": 0.7, "giant": 1.35, "huge": 1.25, "tall": 1.08, "small": 0.9}

_SOFT: tuple[Family, ...] = ("cloth", "leather", "scale")
_CLOTH: tuple[Family, ...] = ("cloth", "leather", "scale", "metal")
_HARD: tuple[Family, ...] = ("metal", "leather", "scale", "bone")
_SHIRTS = ("red cloth", "green cloth", "blue cloth", "maroon cloth", "olive cloth", "teal cloth",
           "linen", "navy cloth")  # fmt: skip
_TROUSERS = ("brown cloth", "dark brown cloth", "dark cloth", "dark olive cloth", "dark grey cloth")
_CLOAKS = ("dark red cloth", "dark green cloth", "dark blue cloth", "dark brown cloth")
_HAIRS = ("hair", "dark hair", "black hair", "blonde hair", "auburn hair", "ginger hair")
_EYES = ("blue", "brown", "green", "teal", "dark brown")
# Factors on the base colour of skin, by words before "skin" or by what someone is.
_SKIN_TONES: dict[str, Colour] = {
    "pale": (1.08, 1.10, 1.14), "fair": (1.04, 1.05, 1.06), "tanned": (0.84, 0.78, 0.74),
    "tan": (0.84, 0.78, 0.74), "dark": (0.52, 0.44, 0.40), "black": (0.36, 0.30, 0.28),
    "brown": (0.62, 0.53, 0.47), "green": (0.52, 0.82, 0.52), "blue": (0.45, 0.68, 1.25),
    "red": (0.98, 0.48, 0.42), "grey": (0.66, 0.84, 1.0), "gray": (0.66, 0.84, 1.0),
}  # fmt: skip
# "Old wizard" is no worn cloth and "pale elf" no light armour.
_PERSON = "man woman elf dwarf orc goblin wizard witch mage king queen lady person villager human"
_AGE = re.compile(
    rf"\b(old|ancient|elderly|dark|pale|light)\s+(?=(\w+ )?({'|'.join(_PERSON.split())}|skin))",
    re.IGNORECASE,
)
_LIP: Colour = (0.97, 0.72, 0.72)
# Lower lids lie in a hollow, which paints them dark like bags under the eyes.
_LOWER_LID: Colour = (1.28, 1.29, 1.32)


def build(brief: Brief) -> Shape:
    """Build a humanoid from words; the height is exact, `face_budget` is an upper bound.

    About one second of CPU.
    """
    figure = _figure(brief)
    outfit = figure.outfit
    parts = make_body(
        figure.plan, outfit, face_budget=brief.face_budget, open_eyes=figure.open_eyes
    )
    surfaces = _surfaces(brief, outfit)
    rough_chin = has(brief, "stubble") or (figure.plan.bust == 0 and figure.plan.jaw >= 1)
    painted = [_with_skin(part, figure, rough_chin=rough_chin) for part in parts]
    return Shape.of("humanoid", painted, surfaces)


def _figure(brief: Brief) -> Figure:
    """Proportions and clothes that the words ask for."""
    name = next((name for name, words in _FIGURE_WORDS.items() if has(brief, *words)), "man")
    figure = FIGURES[name]
    plan, outfit = figure.plan, figure.outfit
    if name in ("elf", "dwarf", "orc", "goblin", "child") and has(brief, *_FIGURE_WORDS["woman"]):
        plan = _feminine(plan)
        outfit = replace(outfit, hair="long", beard=False)
    plan = _built(brief, plan)
    is_woman = name == "woman" or plan.bust > 0
    outfit = dressed(brief, outfit, is_woman=is_woman)
    if plan.bones:
        # There is nothing that hair could grow on.
        outfit = replace(outfit, hair="none", beard=False)
    height_m = brief.height_m
    if height_m is None:
        factor = next((_SIZES[word] for word in said(brief) if word in _SIZES), 1.0)
        height_m = plan.height_m * factor
    skin = _skin_tone(brief, figure.skin)
    return replace(figure, plan=replace(plan, height_m=height_m), outfit=outfit, skin=skin)


def _feminine(plan: BodyPlan) -> BodyPlan:
    woman = FIGURES["woman"].plan
    return replace(
        plan,
        shoulder_x=plan.shoulder_x * 0.93,
        limb_girth=plan.limb_girth * 0.9,
        neck_girth=plan.neck_girth * 0.85,
        waist=plan.waist * 0.9,
        hips=plan.hips * 1.06,
        bust=woman.bust,
        jaw=plan.jaw * 0.9,
        brow=woman.brow,
        nose=min(plan.nose, 1.1),
    )


def _built(brief: Brief, plan: BodyPlan) -> BodyPlan:
    """Thin, stout or strong."""
    if has(brief, "fat", "stout", "plump", "obese", "chubby", "heavyset"):
        plan = replace(
            plan, belly=1.0, waist=plan.waist * 1.12, limb_girth=plan.limb_girth * 1.1,
            neck_girth=plan.neck_girth * 1.15, jaw=plan.jaw * 1.1,
        )  # fmt: skip
    elif has(brief, "muscular", "strong", "brawny", "burly", "mighty", "barbarian", "blacksmith"):
        plan = replace(
            plan, limb_girth=plan.limb_girth * 1.16, leg_girth=plan.leg_girth * 1.06,
            chest=plan.chest * 1.07, neck_girth=plan.neck_girth * 1.16,
            shoulder_x=plan.shoulder_x * 1.07,
        )  # fmt: skip
    elif has(brief, "thin", "slim", "slender", "skinny", "lean", "gaunt"):
        plan = replace(
            plan, limb_girth=plan.limb_girth * 0.86, leg_girth=plan.leg_girth * 0.90,
            waist=plan.waist * 0.92, neck_girth=plan.neck_girth * 0.9,
        )  # fmt: skip
    return plan


def _surfaces(brief: Brief, outfit: Outfit) -> dict[str, str]:
    """Surface words of every slot a body can have."""
    rng = brief.rng("humanoid colours")
    old = has(brief, "old", "elderly", "wizard", "ancient")
    brief = _without_age(brief)
    shirt, trousers, hair, eyes, cloak = (
        str(rng.choice(options)) for options in (_SHIRTS, _TROUSERS, _HAIRS, _EYES, _CLOAKS)
    )
    cloak = "dark cloth" if has(brief, "assassin", "necromancer", "rogue", "thief") else cloak
    if outfit.mail:
        shirt = "iron"
    if outfit.cuirass:
        trousers = "dark leather"
    default = "white hair" if old else hair
    hair = _default_words(surface_for(brief, {"hair", "beard"}, default, ("hair",)), default)
    # Whatever the words say about the whole goes to the outermost large garment.
    # A guard's steel sword makes no steel of the tunic.
    body = surface_for(
        brief, set(GARB), shirt, _CLOTH if outfit.mail else _SOFT, main=not _outer(outfit)
    )
    return {
        "skin": "skin",
        "bones": surface_for(brief, {"bones", "skull"}, "bone", ("bone", "stone", "metal")),
        "cloak": surface_for(brief, {"cloak", "cape", "hood", "cowl"}, cloak, _SOFT),
        "lips": "skin",
        "shirt": _default_words(body, shirt),
        "trousers": _default_words(
            surface_for(brief, {"trousers", "pants", "leggings"}, trousers, _CLOTH), trousers
        ),
        "boots": surface_for(brief, {"boots", "shoes"}, "dark leather", _CLOTH),
        "soles": "black leather",
        "gloves": surface_for(brief, {"gloves", "gauntlets"}, "dark leather", _CLOTH),
        "vest": surface_for(
            brief,
            {"vest", "jerkin", *ARMOUR},
            "leather",
            _SOFT if outfit.mail else _CLOTH,
            main=True,
        ),
        "armour": surface_for(
            brief, {"armor", "armour", "plate", "cuirass"}, "steel", _HARD, main=True
        ),
        "belt": surface_for(brief, {"belt"}, "dark leather", _CLOTH),
        "buckle": "brass",
        "hair": hair,
        "brows": hair if hair.startswith(("white", "grey")) else f"dark {hair}",
        "eyes": "white polished plain",
        "irises": f"{surface_for(brief, {'eyes'}, eyes, ())} polished plain",
        "pupils": "black polished plain",
        "mouth": "dark maroon plain",
        "tusks": "ivory",
    }


def _without_age(brief: Brief) -> Brief:
    """Return the brief without words that mean a person here, but wear and tear on a surface."""
    return replace(
        brief,
        name=_AGE.sub(" ", brief.name),
        description=_AGE.sub(" ", brief.description),
    )


def _outer(outfit: Outfit) -> bool:
    return outfit.cuirass or outfit.vest


def _default_words(words: str, default: str) -> str:
    """Let a named colour replace the default's own colour instead of standing beside it."""
    if words.endswith(default) and words != default:
        return f"{words.removesuffix(default)}{default.rsplit(maxsplit=1)[-1]}"
    return words


def _skin_tone(brief: Brief, default: Colour) -> Colour:
    words = said(brief)
    for at, word in enumerate(words):
        if word in ("skin", "skinned"):
            tone = next((w for w in reversed(words[max(at - 2, 0) : at]) if w in _SKIN_TONES), None)
            if tone is not None:
                return _SKIN_TONES[tone]
    return DEAD if has(brief, "zombie", "undead", "vampire", "ghoul") else default


def _with_skin(part: Part, figure: Figure, *, rough_chin: bool) -> Part:
    """Tone skin and lips: rosy cheeks and nose, a darker chin on men."""
    if part.slot not in ("skin", "lips"):
        return part
    tint = np.tile(np.array(figure.skin), (len(part.positions), 1))
    if part.slot == "lips":
        tint *= np.array(_LIP) if figure.plan.bust > 0 else (1 + np.array(_LIP)) / 2
    elif part.name == "lower lids":
        tint *= np.array(_LOWER_LID)
    else:
        tint *= _complexion(part.positions, figure.plan, rough_chin=rough_chin)
    return replace(part, tint=tint)


def _complexion(positions: Floats, plan: BodyPlan, *, rough_chin: bool) -> Floats:
    """Factors (V, 3) on the skin's colour over the face."""
    size = plan.head * plan.height_m
    x = np.abs(positions[:, 0]) / size
    y = (positions[:, 1] / plan.height_m - plan.chin_y) / plan.head
    z = positions[:, 2] / size
    front = np.clip((z - 0.12) / 0.15, 0.0, 1.0)
    cheek = np.exp(-((x - 0.19) ** 2 + (y - 0.34) ** 2) / 0.012) * front
    nose = np.exp(-(x**2 + (y - 0.34) ** 2) / 0.006) * front
    rosy = np.clip(cheek + 0.8 * nose, 0.0, 1.0)[:, None]
    tint = 1.0 - rosy * np.array([0.00, 0.11, 0.12])
    if rough_chin:
        jaw = np.clip((0.30 - y) / 0.10, 0, 1) * np.clip((y + 0.06) / 0.08, 0, 1)
        shadow = jaw * np.clip((z + 0.02) / 0.16, 0.0, 1.0)
        tint *= 1.0 - shadow[:, None] * np.array([0.13, 0.11, 0.08])
    result: Floats = tint
    return result
