"""Which kind of shape a brief asks for, by its words, and what to say when it is only the nearest.

The shapes themselves are in `shapes`, one kind a file; a new kind also gets its names here.
"""

import re

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.shapes import kinds


def _by_name(names: dict[str, str]) -> dict[str, str]:
    """Turn a table round: each name, also in the plural, to its kind."""
    table: dict[str, str] = {}
    for kind, text in names.items():
        for name in text.split():
            for form in (name, f"{name}s", f"{name}es"):
                table.setdefault(form, kind)
    return table


# What a kind is called. Names of two words win over names of one: a fishing rod is no rod.
_NAMES = _by_name({
    "sword": "sword longsword shortsword broadsword greatsword 2h-sword scimitar sabre saber katana"
    " claymore rapier cutlass falchion gladius zweihander blade",
    "dagger": "dagger knife dirk stiletto kris tanto",
    "axe": "axe battleaxe greataxe waraxe halberd poleaxe cleaver battle-axe",
    "mace": "mace club morningstar morning-star cudgel",
    "hammer": "hammer warhammer war-hammer maul mallet sledgehammer sledge",
    "spear": "spear lance pike trident javelin",
    "staff": "staff stave staves scepter sceptre rod cane crook quarterstaff",
    "wand": "wand magic-wand",
    "bow": "bow longbow shortbow recurve",
    "crossbow": "crossbow arbalest",
    "arrow": "arrow bolt",
    "shield": "shield buckler kiteshield sqshield targe",
    "helmet": "helmet helm hat cap coif mask crown hood head",
    "chest_armour": "platebody chainbody chestplate breastplate cuirass hauberk jerkin vest"
    " body-armour body-armor chest-armour chest-armor chest-piece chest-plate body torso",
    "leg_armour": "legs platelegs chainlegs greaves leggings trousers plateskirt tassets"
    " leg-armour leg-armor",
    "boots": "boot shoe sabaton feet",
    "gloves": "glove gauntlet mitten vambrace hands",
    "pickaxe": "pickaxe pick mattock",
    "hatchet": "hatchet tomahawk",
    "fishing_rod": "fishing-rod fishing-pole",
    "potion": "potion bottle vial flask elixir phial",
    "food": "food bread loaf apple meat fish cheese pie",
    "ring": "ring signet",
    "amulet": "amulet necklace pendant talisman locket",
    "coin": "coin coins money",
    "gem": "gem gemstone jewel diamond ruby sapphire emerald crystal",
    "ore": "ore nugget",
    "log": "log logs firewood timber",
    "key": "key",
    "scroll": "scroll parchment",
    "book": "book tome grimoire spellbook",
    "treasure_chest": "chest treasure-chest trunk strongbox coffer chest-box",
    "crate": "crate box container case cargo",
    "barrel": "barrel keg cask",
    "table": "table desk workbench",
    "tree": "tree oak-tree pine-tree birch-tree",
    "rock": "rock boulder stone",
    "house": "house cottage hut cabin home",
    "tower": "tower watchtower keep",
    "humanoid": "humanoid human character npc avatar person man woman child boy girl knight goblin"
    " orc elf dwarf warrior wizard mage guard villager skeleton zombie bandit soldier hero player"
    " king queen creature",
})  # fmt: skip

# What comes nearest when no word names a kind.
_NEAREST = _by_name({
    "spear": "polearm glaive harpoon pitchfork",
    "staff": "pole broom torch flute stick shovel spade hoe rake",
    "mace": "flail whip",
    "pickaxe": "scythe sickle",
    "dagger": "claw fang needle chisel weapon-part",
    "sword": "weapon melee",
    "hatchet": "saw",
    "bow": "ranged slingshot sling harp",
    "crossbow": "gun rifle pistol",
    "shield": "door plate",
    "helmet": "skull bell armor armour",
    "chest_armour": "cape cloak robe shirt",
    "amulet": "brooch medal earring",
    "potion": "jar jug vase lantern lamp candle",
    "food": "egg cake carrot mushroom vegetable fruit meal",
    "coin": "token badge",
    "ore": "ingot bar coal",
    "log": "bone bones plank branch",
    "book": "letter note map",
    "barrel": "bucket pot cauldron bowl urn",
    "table": "chair bench stool bed altar anvil forge",
    "crate": "cart wagon shelf cabinet wardrobe cage",
    "tree": "bush plant flower cactus",
    "house": "barn shop temple church building tent",
    "tower": "castle wall gate pillar column lighthouse",
    "humanoid": "statue monster beast golem animal dragon pet",
})  # fmt: skip

# Words that mean another kind on an asset of some type.
_BY_TYPE_AND_WORD = {
    ("armor", "chest"): "chest_armour",
    ("armour", "chest"): "chest_armour",
    ("tool", "rod"): "fishing_rod",
    ("tool", "axe"): "hatchet",
}

_BY_TYPE = {
    "weapon": "sword", "armor": "helmet", "armour": "helmet", "tool": "hatchet",
    "character": "humanoid", "npc": "humanoid", "humanoid": "humanoid", "creature": "humanoid",
    "avatar": "humanoid", "building": "house", "consumable": "potion", "food": "food",
    "resource": "ore", "decoration": "crate",
}  # fmt: skip

# After these a phrase tells about the thing, and no longer what it is.
_ASIDE = re.compile(r"\b(?:of|with|for|from|in|on|and|that|which|made|covered|full)\b|[,;.:()]")
_WORD = re.compile(r"[a-z0-9]+")
# In running text these are what something is made of.
_MATERIALS = frozenset({"stone", "crystal", "gem", "diamond", "ruby", "sapphire", "emerald"})


def kind_of(brief: Brief) -> tuple[str, str | None]:
    """Return the kind to build, and a sentence about it when it is only the nearest one.

    The subtype decides, then the name, then the description; in each the last word of the first
    phrase ("a shield stand with a sword" asks for no sword).
    """
    type_ = brief.type.lower()
    asked = brief.subtype or brief.name
    subtype = _phrase_words(brief.subtype.replace("_", " "))
    exact = _last(_NAMES, subtype, type_)
    if exact is not None:
        return exact, None
    if brief.generation_type == "avatar":
        return "humanoid", None
    near = _last(_NEAREST, subtype, type_)
    if near is None:
        for text in (brief.name, brief.description):
            if (named := _in_text(text, type_)) is not None:
                return named, None
        words = list(brief.words)
        near = _last(_NEAREST, words, type_) or _BY_TYPE.get(type_, "crate")
    label = near.replace("_", " ")
    return near, f"greybox has no maker for {asked!r} and made the nearest it has: a {label}."


def _in_text(text: str, type_: str) -> str | None:
    """Return the kind that running text names: by its first phrase, then by the others."""
    for phrase in _ASIDE.split(text.lower()):
        words = _phrase_words(phrase)
        words = [word for word in words if word not in _MATERIALS or word is words[-1]]
        if (kind := _last(_NAMES, words, type_)) is not None:
            return kind
    return None


def _phrase_words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _last(names: dict[str, str], words: list[str], type_: str) -> str | None:
    """Return the kind whose name stands last among the words, longer names first."""
    for end in range(len(words), 0, -1):
        for length in (2, 1):
            name = "-".join(words[max(end - length, 0) : end])
            kind = _BY_TYPE_AND_WORD.get((type_, name)) or names.get(name)
            if kind is not None and kind in kinds():
                return kind
    return None
