"""Which kind of shape a brief asks for, by its words, and what to say when it is only the nearest.

The shapes themselves are in `shapes`, one kind a file.
"""

from asset_forge.greybox.brief import Brief

# The first kind whose word appears wins; the subtype is asked first, then name and description.
_WORDS: dict[str, frozenset[str]] = {
    "sword": frozenset({
        "sword", "swords", "longsword", "shortsword", "broadsword", "greatsword", "2h-sword",
        "dagger", "scimitar", "sabre", "saber", "katana", "claymore", "rapier", "cutlass",
        "falchion", "gladius", "knife", "dirk", "stiletto", "blade", "zweihander",
    }),
    "axe": frozenset({
        "axe", "axes", "battleaxe", "hatchet", "greataxe", "waraxe", "tomahawk", "halberd",
        "poleaxe", "cleaver",
    }),
    "shield": frozenset({"shield", "shields", "buckler", "kiteshield", "sqshield", "targe"}),
    "staff": frozenset({
        "staff", "staves", "stave", "wand", "scepter", "sceptre", "rod", "cane", "crook",
    }),
    "bow": frozenset({"bow", "bows", "longbow", "shortbow", "recurve"}),
    "helmet": frozenset({
        "helmet", "helm", "helmets", "hat", "cap", "coif", "mask", "crown", "hood", "head",
    }),
    "crate": frozenset({
        "crate", "crates", "box", "chest", "container", "trunk", "case", "cargo", "barrel",
    }),
    "humanoid": frozenset({
        "humanoid", "human", "character", "npc", "avatar", "person", "man", "woman", "knight",
        "goblin", "orc", "elf", "dwarf", "warrior", "wizard", "mage", "guard", "villager",
        "skeleton", "zombie", "bandit", "soldier", "hero", "player", "king", "queen", "creature",
    }),
}  # fmt: skip

# What comes nearest when no word names a kind: by the words below, then by the type.
_NEAREST: dict[str, frozenset[str]] = {
    "staff": frozenset({
        "spear", "lance", "pike", "trident", "pole", "polearm", "broom", "torch", "fishing",
        "flute", "stick", "club", "mace", "hammer", "warhammer", "flail", "maul", "shovel", "hoe",
    }),
    "axe": frozenset({"pickaxe", "pick", "scythe", "sickle", "mattock"}),
    "sword": frozenset({"claw", "claws", "fang", "needle", "whip", "weapon", "melee"}),
    "bow": frozenset({"ranged", "gun", "crossbow", "slingshot", "harp"}),
    "shield": frozenset({
        "body", "platebody", "chainbody", "chest", "chestplate", "breastplate", "legs",
        "platelegs", "boots", "gloves", "cape", "amulet", "ring", "plate", "door", "coin",
    }),
    "helmet": frozenset({"armor", "armour", "skull", "bowl", "pot", "cauldron", "bell"}),
    "humanoid": frozenset({"statue", "monster", "beast", "golem", "animal", "dragon", "pet"}),
}  # fmt: skip

_BY_TYPE = {
    "weapon": "sword", "armor": "helmet", "armour": "helmet", "tool": "axe",
    "character": "humanoid", "npc": "humanoid", "humanoid": "humanoid", "creature": "humanoid",
    "avatar": "humanoid",
}  # fmt: skip


def kind_of(brief: Brief) -> tuple[str, str | None]:
    """Return the kind to build, and a sentence about it when it is only the nearest one."""
    subtype = brief.subtype.lower().replace("_", "-")
    asked = brief.subtype or brief.name
    parts = [subtype, *subtype.replace("-", " ").split()]
    exact = _first(_WORDS, parts)
    if exact is not None:
        return exact, None
    if brief.generation_type == "avatar":
        return "humanoid", None
    near = _first(_NEAREST, parts)
    if near is None:
        named = _first(_WORDS, list(brief.words))
        if named is not None:
            return named, None
        near = _first(_NEAREST, list(brief.words)) or _BY_TYPE.get(brief.type.lower(), "crate")
    return near, f"greybox has no maker for {asked!r} and made the nearest it has: a {near}."


def _first(table: dict[str, frozenset[str]], words: list[str]) -> str | None:
    """Return the kind of the last word that any kind knows: in "sword rack" the rack decides."""
    for word in words:
        for kind, names in table.items():
            if word in names:
                return kind
    return None
