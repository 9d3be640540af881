"""Reading clothes, hair and beard out of a brief: words to an `Outfit`.

What the garments look like is in `outfit`, `robe`, `cloak` and `headwear`.
"""

from dataclasses import replace

from asset_forge.greybox.body.outfit import Outfit
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.surfaces import material_of
from asset_forge.greybox.words import PIECES, has, piece_words, said

# Whose plate goes without saying, and what plate is called.
_PLATED = ("knight", "paladin", "crusader", "templar", "plate", "platemail", "armored", "armoured",
           "cuirass", "breastplate", "chestplate", "pauldrons")  # fmt: skip
ARMOUR = frozenset({"armor", "armour"})
_WATCH = ("guard", "guardsman", "soldier", "sentry", "watchman", "footman", "infantryman",
          "militiaman")  # fmt: skip
_MAIL = ("mail", "chainmail", "hauberk")
_HELMED = ("knight", "paladin", "crusader", "templar", "helmet", "helm", *_WATCH)
GARB = ("tunic", "shirt", "robe", "robes", "dress", "gown", "tabard", "surcoat")
_LONG = ("robe", "robes", "dress", "gown", "mage", "wizard", "sorcerer", "sorceress", "priest",
         "priestess", "warlock", "necromancer", "witch", "monk")  # fmt: skip
_LIGHT = ("ranger", "rogue", "thief", "bandit", "archer", "hunter", "huntress", "scout", "vest",
          "assassin", "pirate", "blacksmith", "smith", "jerkin")  # fmt: skip
_LEARNED = ("mage", "wizard", "sorcerer", "sorceress", "priest", "priestess", "monk", "cleric",
            "robe", "robes", "witch", "warlock", "necromancer", "king", "queen")  # fmt: skip
_HEAVY_FEATURES = frozenset({"brow", "brows", "build", "body", "jaw", "hands", "set", "dress"})
_BARE = ("barbarian", "shirtless", "gladiator", "berserker")
_TROUSERS = ("trousers", "pants", "leggings")
# Women of these trades wear what the trade wears.
_NO_DRESS = (*_PLATED, *_WATCH, *_MAIL, *_LIGHT, *_BARE, "warrior", "fighter", "adventurer", "hero",
             "heroine", "mercenary", "elf", "dwarf", "orc", "goblin", "skeleton")  # fmt: skip


# Words of a piece that is worn or not, and what they set. Later rows win.
_PIECES: tuple[tuple[tuple[str, ...], dict[str, bool | float]], ...] = (
    (("sleeveless",), {"sleeve": 0.0}),
    (("helmet", "helm"), {"helmet": True}),
    (("bareheaded", "no helmet", "without helmet"), {"helmet": False}),
    (("gloves", "gauntlets"), {"gloves": True}),
    (("boots", "shoes"), {"boots": True}),
    (("barefoot", "barefooted"), {"boots": False}),
    (("skirt",), {"shirt": True, "dress": True}),
    (("shorts", "breeches"), {"trousers": True, "breeches": True}),
    (_TROUSERS, {"trousers": True, "breeches": False}),
    (("belt",), {"belt": True}),
    (("no belt", "without belt"), {"belt": False}),
    (("cloak", "cape", "cloaked"), {"cloak": True}),
    (("hood", "hooded", "cowl", "assassin", "necromancer"), {"hood": True}),
)


def dressed(brief: Brief, outfit: Outfit, *, is_woman: bool) -> Outfit:
    """Return what the words put on: clothes by trade, then by what is named."""
    if is_woman and not has(brief, *_NO_DRESS, *_TROUSERS, *GARB, *ARMOUR):
        outfit = replace(outfit, dress=True)
    outfit = _by_trade(brief, outfit)
    if has(brief, *GARB):
        long = has(brief, "robe", "robes", "dress", "gown")
        outfit = replace(
            outfit, shirt=True, robe=long or (outfit.robe and not has(brief, "tunic", "shirt"))
        )
    return _groomed(brief, _with_pieces(brief, outfit), is_woman=is_woman)


def _with_pieces(brief: Brief, outfit: Outfit) -> Outfit:
    """Put on and take off what is named."""
    for words, changes in _PIECES:
        if has(brief, *words):
            outfit = replace(outfit, **changes)  # type: ignore[arg-type]
    return outfit


def _by_trade(brief: Brief, outfit: Outfit) -> Outfit:
    """Dress someone by who they are and by the armour that is named."""
    # Who says tunic means cloth, whatever is worn over it.
    mail = not has(brief, *GARB) or has(brief, "mail shirt", "chainmail shirt")
    if _is_plated(brief):
        return replace(outfit, shirt=True, vest=False, cuirass=True, sleeve=1.0, gloves=True,
                       boots=True, mail=mail, helmet=has(brief, *_HELMED))  # fmt: skip
    if has(brief, *_WATCH, *_MAIL):
        jerkin = has(brief, *_LIGHT) or not has(brief, *GARB, *_MAIL)
        return replace(outfit, shirt=True, vest=jerkin, sleeve=1.0, gloves=True, boots=True,
                       mail=mail, helmet=has(brief, *_HELMED))  # fmt: skip
    if has(brief, *_LIGHT, *ARMOUR):
        return replace(outfit, vest=True, sleeve=1.0 if outfit.shirt else 0.0)
    if has(brief, *_LEARNED):
        return replace(outfit, shirt=True, vest=False, sleeve=1.0, robe=has(brief, *_LONG))
    if has(brief, *_BARE):
        return replace(outfit, shirt=False, vest=False)
    return outfit


def _is_plated(brief: Brief) -> bool:
    """Tell whether the words ask for plate; armour of leather or hide is none."""
    if has(brief, *_PLATED):
        return True
    soft = {material_of(word) for word in piece_words(brief, ARMOUR)}
    if has(brief, *ARMOUR):
        return not any(m is not None and m.family in ("leather", "cloth") for m in soft)
    words = said(brief)
    # A heavy cloak or heavy boots are worn without plate.
    return any(
        word == "heavy" and (after not in PIECES and after not in _HEAVY_FEATURES)
        for word, after in zip(words, [*words[1:], ""], strict=True)
    )


def _groomed(brief: Brief, outfit: Outfit, *, is_woman: bool) -> Outfit:
    if has(brief, "bald", "hairless", "shaved head"):
        outfit = replace(outfit, hair="none")
    elif has(brief, "ponytail", "pony tail"):
        outfit = replace(outfit, hair="ponytail")
    elif has(brief, "long hair", "long haired") or _hair_is(brief, "long"):
        outfit = replace(outfit, hair="long")
    elif _hair_is(brief, "short") or (outfit.hair == "none" and has(brief, "hair")):
        outfit = replace(outfit, hair="short")
    if has(brief, "beard", "bearded") or (
        has(brief, "wizard", "king") and not is_woman and outfit.hair != "none"
    ):
        outfit = replace(outfit, beard=True)
    if has(brief, "long beard", "long bearded", "wizard"):
        outfit = replace(outfit, beard_length=max(outfit.beard_length, 0.55))
    elif has(brief, "short beard", "trimmed beard", "stubble"):
        outfit = replace(outfit, beard_length=0.0)
    if has(brief, "beardless", "shaved", "clean shaven"):
        outfit = replace(outfit, beard=False)
    return outfit


def _hair_is(brief: Brief, manner: str) -> bool:
    """Tell whether "long" stands up to two words before "hair"."""
    words = said(brief)
    places = [at for at, word in enumerate(words) if word == "hair"]
    return any(manner in words[max(at - 3, 0) : at] for at in places)
