"""Reading a brief: sizes, styles, and which words describe which piece of the asset.

"A rusty steel sword with a red leather-wrapped grip" gives the blade to steel and the grip to red
leather. Nothing here knows geometry; what a surface word means is in `surfaces`.
"""

import re
from collections.abc import Collection, Iterable

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.surfaces import (
    COLOURS,
    FINISHES,
    Family,
    describes,
    material_of,
)

# Pieces that a description may name; words before one of them belong to it, not to the whole.
PIECES = frozenset({
    "blade", "guard", "crossguard", "quillon", "quillons", "hilt", "grip", "handle", "pommel",
    "haft", "shaft", "head", "edge", "string", "limb", "limbs", "rim", "boss", "strap",
    "straps", "gem", "crystal", "orb", "stone", "jewel", "claw", "trim", "band", "bands",
    "binding", "nail", "nails", "frame", "brace", "braces", "plank", "planks", "emblem",
    "cross", "field", "face", "horn", "horns", "crest", "plume", "visor", "nasal", "hair",
    "eyes", "tip", "tips", "wrap", "wrapping", "ornament", "ornaments", "collar", "accents",
    "inlay", "details", "fittings", "hardware", "studs", "rivets", "corners", "lining",
    "tunic", "shirt", "trousers", "pants", "boots", "gloves", "belt", "cloak", "cape", "hood",
    "robe", "robes", "armor", "armour", "vest", "jerkin", "skin", "beard", "leggings", "shoes",
    "gauntlets", "cuirass", "roof", "wall", "walls", "door", "window", "windows", "chimney",
    "shutters", "beams", "leaves", "foliage", "needles", "trunk", "bark", "lid", "lock", "hoop",
    "hoops", "stave", "staves", "top", "tabletop", "leg", "legs", "drawers", "fletching",
    "fletchings", "feathers", "vanes", "nock", "reel", "line", "float", "bobber", "hook", "stock",
    "prod", "stirrup", "trigger", "prongs", "spikes", "flanges", "point", "tassel", "cord",
    "stripe", "stripes",
    "wing", "wings", "spike", "buckle", "buckles", "sole", "soles", "laces", "cuff", "cuffs",
    "pauldron", "pauldrons", "spaulders", "knees", "cops", "palm", "palms",
    "cork", "stopper", "label", "tag", "ribbon", "seal", "pages", "clasp", "clasps", "cover",
    "rind", "filling", "pendant", "setting", "rods", "rock",
})  # fmt: skip
_STOPS = frozenset({
    "with", "and", "a", "an", "the", "of", "featuring", "has", "having", "its", "on", "in",
    "plus", "but", "for", "by", "to",
})  # fmt: skip
_LASTING = frozenset({"ancient", "rusty", "burnt", "frosted", "mossy", "bloody"})
_WORD = re.compile(r"[a-z]+")

_SIZES = {
    "tiny": 0.7, "small": 0.85, "little": 0.85, "short": 0.85, "large": 1.15, "big": 1.15,
    "long": 1.12, "tall": 1.12, "huge": 1.3, "giant": 1.35, "massive": 1.3, "great": 1.15,
}  # fmt: skip


def has(brief: Brief, *words: str) -> bool:
    """Tell whether any of the words is in the brief; "two handed" asks for both in a row."""
    text = f" {' '.join(brief.words)} "
    return any(f" {word} " in text for word in words)


def size_factor(brief: Brief) -> float:
    """Return how much larger (> 1) or smaller than usual the brief wants the asset."""
    return next((_SIZES[word] for word in said(brief) if word in _SIZES), 1.0)


def said(brief: Brief) -> list[str]:
    """Return the words of name and description; style words name an art direction, not a part."""
    # The "and" keeps the end of the name from describing the beginning of the description.
    return _WORD.findall(f"{brief.name} and {brief.description}".lower())


def piece_words(brief: Brief, names: Collection[str]) -> list[str]:
    """Return the surface words that stand with any of a piece's names, in reading order."""
    words = said(brief)
    found: list[str] = []
    for at, word in enumerate(words):
        if word in names:
            found += [words[i] for i in _before(words, at)]
            found += _after(words, at)
    return found


def surface_for(
    brief: Brief,
    names: Collection[str],
    default: str,
    allowed: Iterable[Family],
    *,
    main: bool = False,
    anywhere: bool = False,
) -> str:
    """Return the surface words for one piece, such as "rusty dark iron".

    names: what the piece is called. allowed: families that a material may come from. main: the
    piece also takes what is said about the asset as a whole. anywhere: without words of its own
    the piece takes the first fitting material of the text, for what only it can be made of.
    """
    families = frozenset(allowed)
    words = [word for word in piece_words(brief, names) if _fits(word, families)]
    named = any(material_of(word) for word in words)
    if main and not named:
        words += [word for word in _unclaimed(brief) if _fits(word, families)]
        named = any(material_of(word) for word in words)
        words.sort(key=said(brief).index)
    if anywhere and not named:
        words += [w for w in said(brief) if material_of(w) is not None and _fits(w, families)]
    if main and not named and "dragon" in _unclaimed(brief) and "metal" in families:
        # A dragon's hide makes no blade; its colour and scales on metal do.
        words.append("dragonsteel")
    general = [w for w in said(brief) if w in FINISHES and (main or FINISHES[w] in _LASTING)]
    words += [word for word in general if word not in words]
    colours = [w for w in words if w in COLOURS][:1]
    materials = [w for w in words if material_of(w) is not None][:1]
    manner = [w for w in dict.fromkeys(words) if w in FINISHES or _is_leather_kind(w)]
    return " ".join([*manner, *colours, *(materials or [default])])


def _fits(word: str, families: frozenset[Family]) -> bool:
    material = material_of(word)
    return describes(word) and (material is None or material.family in families)


def _is_leather_kind(word: str) -> bool:
    return word in ("hard", "hardened", "boiled", "studded")


def _before(words: list[str], at: int) -> list[int]:
    """Return the places of the surface words right before words[at], over two others at most."""
    found: list[int] = []
    strangers = 0
    for place in range(at - 1, max(at - 7, -1), -1):
        word = words[place]
        if word in _STOPS or (word in PIECES and material_of(word) is None):
            break
        if describes(word):
            found.append(place)
        else:
            # In "steel axe, oak handle" the steel lies beyond a noun of its own.
            strangers += 1
            if strangers > 2 or any(material_of(words[i]) for i in found):
                break
    return found[::-1]


def _after(words: list[str], at: int) -> list[str]:
    """Return the surface words in "blade (made) of dark steel"."""
    rest = words[at + 1 : at + 6]
    if rest[:1] == ["made"]:
        rest = rest[1:]
    if rest[:1] not in (["of"], ["from"]):
        return []
    found = []
    for word in rest[1:]:
        if not describes(word):
            break
        found.append(word)
    return found


def _unclaimed(brief: Brief) -> list[str]:
    """Return the surface words that do not stand before the name of a piece."""
    words = said(brief)
    claimed: set[int] = set()
    for at, word in enumerate(words):
        if word in PIECES:
            claimed.update(_before(words, at))
            claimed.add(at)
    return [w for i, w in enumerate(words) if i not in claimed and describes(w)]
