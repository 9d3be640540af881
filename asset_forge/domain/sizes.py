"""How a finished model stands and how large it is in reality, by what it is called.

Lengths in metres, of ordinary things and not of records. Taken together in November 2026 from:
Oakeshott's "Records of the Medieval Sword" (hilted one-handed swords 0.9 to 1.1 m over all); the
Mary Rose Trust (arrows made for a draw of 0.76 m, longbows of 1.87 to 2.11 m; hunting bows are
shorter); replicas of gladii (0.68 to 0.77 m); the US Mint (a quarter is 24.3 mm wide); EN 1729
and common dining tables (0.72 to 0.76 m); a barrique of 225 litres (0.95 m high); the sizes that
tool makers give for hatchets (0.35 to 0.4 m) and pickaxes (0.9 m).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from asset_forge.domain.kinds import (
    NEAREST,
    kind_in_subtype,
    kind_in_text,
    last_kind,
    words_of,
)
from asset_forge.domain.quality import GenerationType

DEFAULT_CHARACTER_HEIGHT_M = 1.7
TALLEST_M = 1e6


class Frame(StrEnum):
    """How a finished model lies in its coordinates; +Y is up everywhere.

    character: feet on y = 0, centred, facing +Z. weapon: the grip at the origin, blade or head
    up, edge to +X. bow: the grip at the origin, limbs up and down, arrows fly to +X. shield:
    centred, upright, front to +Z. ground: standing on y = 0, centred, turned as it came.
    """

    CHARACTER = "character"
    WEAPON = "weapon"
    BOW = "bow"
    SHIELD = "shield"
    GROUND = "ground"


class Measure(StrEnum):
    """What of a model is as long as its size says: the extent along +Y, or the longest extent."""

    HEIGHT = "height"
    LONGEST = "longest"


class SizeSource(StrEnum):
    ASKED = "asked"
    KIND = "kind"
    TYPE = "type"
    BASE = "base"


@dataclass(frozen=True)
class Placement:
    """How a model is wanted. Without `size_m` (metres) it keeps the size that it came with."""

    frame: Frame
    kind: str | None = None
    size_m: float | None = None
    measure: Measure = Measure.LONGEST
    source: SizeSource | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "frame": self.frame,
            "kind": self.kind,
            "size": self.size_m,
            "measure": self.measure,
            "sizeFrom": self.source,
        }


def conventions(frame: Frame, *, is_kept: bool = False) -> dict[str, str]:
    """Say how a model in a frame lies, for metadata.json; `is_kept`: its direction is its own."""
    if is_kept:
        return {"units": "metres", "origin": "centre"}
    directions = {
        Frame.WEAPON: {"blade": "+Y", "edge": "+X"},
        Frame.BOW: {"limbs": "Y", "arrow": "+X"},
    }
    origins = {Frame.CHARACTER: "feet", Frame.GROUND: "ground", Frame.SHIELD: "centre"}
    return {
        "units": "metres",
        "up": "+Y",
        **directions.get(frame, {"front": "+Z"}),
        "origin": origins.get(frame, "grip"),
    }


def placed_facts(placement: Placement) -> dict[str, Any]:
    """Say for metadata.json how a model lies whose maker has put it into its frame."""
    facts: dict[str, Any] = {"conventions": conventions(placement.frame)}
    if placement.frame in (Frame.WEAPON, Frame.BOW):
        facts["grip"] = [0.0, 0.0, 0.0]
    return facts


# Held by hand, as long as they are from end to end.
WEAPON_LENGTHS_M = {
    "sword": 1.0, "dagger": 0.35, "axe": 0.9, "mace": 0.7, "hammer": 0.9, "spear": 2.0,
    "staff": 1.6, "wand": 0.35, "arrow": 0.75, "crossbow": 0.8, "pickaxe": 0.9, "hatchet": 0.38,
    "fishing_rod": 2.2,
}  # fmt: skip
# Words that say more than the kind, by kind.
_LENGTHS_BY_NAME_M = {
    "sword": {"greatsword": 1.45, "2h-sword": 1.45, "claymore": 1.4, "zweihander": 1.6,
              "shortsword": 0.72, "gladius": 0.72},
    "axe": {"halberd": 1.9, "poleaxe": 1.8, "greataxe": 1.3, "cleaver": 0.4},
    "hammer": {"maul": 1.1, "mallet": 0.5},
    "spear": {"pike": 3.5, "lance": 3.0, "javelin": 1.2},
    "staff": {"scepter": 0.6, "sceptre": 0.6, "rod": 0.6, "cane": 0.9, "quarterstaff": 1.9},
    "arrow": {"bolt": 0.4},
    "bow": {"longbow": 1.8, "shortbow": 1.2},
    "shield": {"buckler": 0.35, "kiteshield": 1.0},
    "barrel": {"keg": 0.6}, "table": {"stool": 0.46, "bench": 0.46},
    "tree": {"stump": 0.55, "sapling": 2.8}, "house": {"hut": 4.5, "shack": 4.5},
}  # fmt: skip

# Measured from the ground up.
_HEIGHTS_M = {
    "helmet": 0.3, "chest_armour": 0.6, "leg_armour": 0.9, "boots": 0.3, "potion": 0.18,
    "crate": 0.8, "barrel": 0.95, "table": 0.75, "tree": 6.0, "house": 6.0,
    "tower": 12.0,
}  # fmt: skip
# Measured along the longest side.
_LENGTHS_M = {
    "bow": 1.5, "shield": 0.8, "gloves": 0.28, "food": 0.2, "ring": 0.025, "amulet": 0.25,
    "coin": 0.025, "gem": 0.04, "ore": 0.15, "log": 0.6, "key": 0.09, "scroll": 0.3, "book": 0.25,
    "rock": 1.0, "treasure_chest": 0.9, **WEAPON_LENGTHS_M,
}  # fmt: skip

# For what no word names. Of a type that is not here nobody knows the size.
_BY_TYPE = {
    "weapon": (Frame.WEAPON, 0.9, Measure.LONGEST),
    "tool": (Frame.GROUND, 0.7, Measure.LONGEST),
    "armor": (Frame.GROUND, 0.4, Measure.HEIGHT),
    "armour": (Frame.GROUND, 0.4, Measure.HEIGHT),
    "consumable": (Frame.GROUND, 0.2, Measure.LONGEST),
    "food": (Frame.GROUND, 0.2, Measure.LONGEST),
    "resource": (Frame.GROUND, 0.2, Measure.LONGEST),
    "decoration": (Frame.GROUND, 0.8, Measure.LONGEST),
    "building": (Frame.GROUND, 6.0, Measure.HEIGHT),
}
_CHARACTER_TYPES = frozenset({"character", "npc", "humanoid", "creature", "avatar"})
_ANY_WEAPON = frozenset({"weapon", "weapons", "melee", "ranged", "weapon-part"})


def placement_of(
    *,
    type: str,  # noqa: A002 - the wire's word
    subtype: str,
    name: str,
    generation_type: GenerationType | None = None,
    height_m: float | None = None,
) -> Placement:
    """Say how a model is wanted that is called so; a `height_m` that was asked for wins.

    For weapons the height is their length, as everywhere in this service.
    """
    type_ = type.lower()
    kind = kind_in_subtype(subtype, type_)
    if kind is None:
        named = kind_in_text(name, type_)
        # A name says less than a type: the Sword Inn is a building.
        kind = named if named is not None and _fits(type_, named) else None
    is_character = type_ in _CHARACTER_TYPES
    if generation_type is GenerationType.AVATAR or (is_character and kind in (None, "humanoid")):
        source = SizeSource.KIND if height_m is None else SizeSource.ASKED
        height_m = DEFAULT_CHARACTER_HEIGHT_M if height_m is None else height_m
        return Placement(Frame.CHARACTER, "humanoid", height_m, Measure.HEIGHT, source)
    if kind == "humanoid":  # "king's throne": words for people are often whose a thing is
        kind = None
    if kind is None and type_ == "weapon":
        kind = _nearest_weapon(subtype)
    if kind is None:
        frame, size_m, measure = _BY_TYPE.get(type_, (Frame.GROUND, None, Measure.HEIGHT))
        source_ = SizeSource.TYPE if size_m is not None else None
    else:
        frame, size_m, measure = _of_kind(kind)
        size_m = _size_by_name(kind, subtype) or _size_by_name(kind, name) or size_m
        source_ = SizeSource.KIND
    if height_m is not None:
        size_m, source_ = height_m, SizeSource.ASKED
    return Placement(frame, kind, size_m, measure, source_)


def placement_of_base(base: Mapping[str, Any]) -> Placement | None:
    """Return how the variant of a base is wanted, by the base's metadata: just as the base is.

    None when the base was left as it came, or does not say how large it is. A maker that goes by
    its own task paints the model as it was before it was placed.
    """
    if base.get("normalized") is not True:
        return None
    recorded = base.get("normalization")
    if recorded is None:
        # Older records: characters alone were placed.
        dimensions = base.get("dimensions")
        size_m = _length(dimensions.get("height") if isinstance(dimensions, dict) else None)
        measured = Placement(Frame.CHARACTER, None, size_m, Measure.HEIGHT, SizeSource.BASE)
        return None if size_m is None else measured
    try:
        frame, measure = Frame(recorded["frame"]), Measure(recorded["measure"])
        kind, size = recorded.get("kind"), recorded.get("size")
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
    size_m = _length(size)
    if size_m is None and size is not None:
        return None
    named = kind if isinstance(kind, str) else None
    return Placement(frame, named, size_m, measure, None if size is None else SizeSource.BASE)


def _length(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < TALLEST_M else None


def _of_kind(kind: str) -> tuple[Frame, float | None, Measure]:
    if kind in _HEIGHTS_M:
        return Frame.GROUND, _HEIGHTS_M[kind], Measure.HEIGHT
    frames = {
        "bow": Frame.BOW,
        "shield": Frame.SHIELD,
        **dict.fromkeys(WEAPON_LENGTHS_M, Frame.WEAPON),
    }
    return frames.get(kind, Frame.GROUND), _LENGTHS_M.get(kind), Measure.LONGEST


def _fits(type_: str, kind: str) -> bool:
    """Tell whether a thing of a type can be of a kind."""
    is_held = kind in WEAPON_LENGTHS_M or kind in ("bow", "shield")
    if type_ == "weapon":
        return is_held
    if type_ == "building":
        return kind in ("house", "tower")
    if type_ in ("armor", "armour"):
        return kind == "shield" or not is_held
    return not is_held or type_ == "tool" or type_ not in _BY_TYPE


def _nearest_weapon(subtype: str) -> str | None:
    words = [word for word in words_of(subtype.replace("_", " ")) if word not in _ANY_WEAPON]
    near = last_kind(NEAREST, words, "weapon")
    return near if near in WEAPON_LENGTHS_M else None


def _size_by_name(kind: str, text: str) -> float | None:
    """Return the length of the last thing in a text whose name alone says how long it is."""
    sizes = _LENGTHS_BY_NAME_M.get(kind, {})
    words = words_of(text.replace("_", " "))
    for end in range(len(words), 0, -1):
        for name in ("-".join(words[max(end - 2, 0) : end]), words[end - 1]):
            if name in sizes:
                return sizes[name]
    return None
