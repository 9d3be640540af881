"""Which kind of thing words name: for who makes shapes and for who measures them.

A kind is what something is called for short: "claymore" is a sword. Tables and look-ups alone;
which kinds can be made, and how large they are, is decided elsewhere.
"""

import re
from collections.abc import Container, Iterator, Sequence


def _by_name(names: dict[str, str]) -> dict[str, str]:
    """Turn a table round: each name, also in the plural, to its kind."""
    table: dict[str, str] = {}
    for kind, text in names.items():
        for name in text.split():
            for form in (name, f"{name}s", f"{name}es"):
                table.setdefault(form, kind)
    return table


# What a kind is called. Names of two words win over names of one: a fishing rod is no rod.
NAMES = _by_name({
    "sword": "sword longsword shortsword broadsword greatsword 2h-sword scimitar sabre saber katana"
    " claymore rapier cutlass falchion gladius zweihander blade",
    "dagger": "dagger knife dirk stiletto kris tanto jambiya seax",
    "axe": "axe battleaxe greataxe waraxe halberd poleaxe cleaver battle-axe",
    "mace": "mace club morningstar morning-star cudgel bludgeon",
    "hammer": "hammer warhammer war-hammer maul mallet sledgehammer sledge battle-hammer",
    "spear": "spear lance pike trident javelin",
    "staff": "staff stave staves scepter sceptre rod cane crook quarterstaff",
    "wand": "wand magic-wand",
    "bow": "bow longbow shortbow recurve",
    "crossbow": "crossbow arbalest",
    "arrow": "arrow bolt quarrel",
    "shield": "shield buckler kiteshield sqshield targe",
    "helmet": "helmet helm hat cap coif mask crown hood cowl circlet tiara diadem coronet head",
    "chest_armour": "platebody chainbody chestplate breastplate cuirass hauberk jerkin vest"
    " body-armour body-armor chest-armour chest-armor chest-piece chest-plate body torso gambeson"
    " chainmail chain-mail ring-mail scale-mail plate-mail scalemail platemail",
    "leg_armour": "legs platelegs chainlegs greaves leggings trousers plateskirt tassets"
    " leg-armour leg-armor plate-legs plate-skirt chaps cuisses chausses",
    "boots": "boot shoe sabaton slipper feet",
    "gloves": "glove gauntlet mitten vambrace hands",
    "pickaxe": "pickaxe pick mattock",
    "hatchet": "hatchet tomahawk",
    "fishing_rod": "fishing-rod fishing-pole",
    "potion": "potion bottle vial flask elixir phial",
    "food": "food bread loaf baguette apple meat drumstick fish trout salmon cheese pie",
    "ring": "ring signet",
    "amulet": "amulet necklace pendant talisman locket medallion",
    "coin": "coin coins money",
    "gem": "gem gemstone jewel diamond ruby sapphire emerald crystal",
    "ore": "ore nugget",
    "log": "log logs firewood timber",
    "key": "key",
    "scroll": "scroll parchment",
    "book": "book tome grimoire spellbook journal diary",
    "treasure_chest": "chest treasure-chest trunk strongbox coffer chest-box",
    "crate": "crate box container case cargo",
    "barrel": "barrel keg cask",
    "table": "table desk workbench stool bench",
    "tree": "tree oak-tree pine-tree birch-tree palm-tree stump sapling",
    "rock": "rock boulder stone",
    "house": "house cottage hut cabin home shack farmhouse",
    "tower": "tower watchtower keep",
    "humanoid": "humanoid human character npc avatar person man woman child boy girl knight goblin"
    " orc elf dwarf warrior wizard mage guard villager skeleton zombie bandit soldier hero player"
    " king queen creature",
})  # fmt: skip

# What comes nearest when no word names a kind.
NEAREST = _by_name({
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
    "helmet": "skull bell",
    "chest_armour": "armor armour cape cloak robe shirt tunic coat pauldron spaulder",
    "amulet": "brooch medal earring",
    "potion": "jar jug vase lantern lamp candle",
    "food": "egg cake carrot mushroom vegetable fruit meal",
    "coin": "token badge",
    "ore": "ingot bar coal",
    "log": "bone bones plank branch",
    "book": "letter note map",
    "barrel": "bucket pot cauldron bowl urn",
    "table": "chair bed altar anvil forge",
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

BY_TYPE = {
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


def kind_in_subtype(subtype: str, type_: str, known: Container[str] | None = None) -> str | None:
    return last_kind(NAMES, words_of(subtype.replace("_", " ")), type_, known)


def kind_in_text(text: str, type_: str, known: Container[str] | None = None) -> str | None:
    """Return the kind that running text names: by its first phrase, then by the others.

    In a phrase the last name counts: "a shield stand with a sword" asks for no sword.
    """
    for words in _phrases(text):
        telling = [word for word in words if word not in _MATERIALS or word is words[-1]]
        if (kind := last_kind(NAMES, telling, type_, known)) is not None:
            return kind
    return None


def last_kind(
    names: dict[str, str], words: Sequence[str], type_: str, known: Container[str] | None = None
) -> str | None:
    """Return the kind whose name stands last among the words, longer names first.

    `type_` in lower case. Kinds that are not `known` are passed over.
    """
    for end in range(len(words), 0, -1):
        for length in (2, 1):
            name = "-".join(words[max(end - length, 0) : end])
            kind = _BY_TYPE_AND_WORD.get((type_, name)) or names.get(name)
            if kind is not None and (known is None or kind in known):
                return kind
    return None


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _phrases(text: str) -> Iterator[list[str]]:
    for phrase in _ASIDE.split(text.lower()):
        yield words_of(phrase)
