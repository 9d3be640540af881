"""What a word says about a pictured thing: how deep it is made and how large it is in the world.

A new word is one line in `_TABLE`. The depth of each form is worked out in `inflate`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How depth is given to a silhouette."""

    BLADE = "blade"  # flat blade, deep guard, round grip and pommel
    WEDGE = "wedge"  # round haft with a flat head that thins out sideways: axes
    BLOCK = "block"  # round haft with a head as deep as it is high: hammers
    BALL = "ball"  # round haft with a round head: maces, staffs
    SPEAR = "spear"  # round haft with a flat point
    ROD = "rod"  # round all along: bows, wands, tools
    PLATE = "plate"  # thin and bulging: shields
    TURNED = "turned"  # turned about its upright axis: potions, barrels
    BOX = "box"  # straight sides: crates, books
    FLAT = "flat"  # thin with two even sides: coins, keys
    ROUND = "round"  # as deep as wide wherever it is narrow: stones, logs, food
    HEAD = "head"  # deeper than wide, nothing to see at the back: helmets
    BODY = "body"  # a biped seen from the front
    SOFT = "soft"  # anything else: evenly rounded, wide parts flattened


LONG_FORMS = frozenset({
    Form.BLADE, Form.WEDGE, Form.BLOCK, Form.BALL, Form.SPEAR, Form.ROD,
})  # fmt: skip


@dataclass(frozen=True)
class PictureKind:
    """size_m: metres of the height, or of the length for forms in LONG_FORMS.

    depth: strength of the relief, 1 = the form's own measure. metallic, roughness: 0..1.
    """

    name: str
    form: Form
    size_m: float
    depth: float = 1.0
    metallic: float = 0.0
    roughness: float = 0.75


_METAL = (0.35, 0.45)
_TABLE: tuple[tuple[str, Form, float, float, tuple[float, float]], ...] = (
    # words (the first is the kind's name), form, size in metres, depth, (metallic, roughness)
    ("sword longsword shortsword broadsword blade rapier katana scimitar sabre saber falchion",
     Form.BLADE, 1.0, 1.0, _METAL),
    ("greatsword claymore zweihander", Form.BLADE, 1.4, 1.0, _METAL),
    ("dagger dirk stiletto", Form.BLADE, 0.35, 1.2, _METAL),
    ("knife cleaver machete sickle", Form.BLADE, 0.32, 1.0, _METAL),
    ("hatchet tomahawk", Form.WEDGE, 0.4, 1.0, _METAL),
    ("axe battleaxe waraxe", Form.WEDGE, 0.8, 1.0, _METAL),
    ("greataxe poleaxe halberd glaive scythe", Form.WEDGE, 1.6, 1.0, _METAL),
    ("hammer mallet", Form.BLOCK, 0.4, 1.0, _METAL),
    ("warhammer maul sledgehammer", Form.BLOCK, 0.95, 1.0, _METAL),
    ("mace morningstar flail club cudgel sceptre scepter", Form.BALL, 0.75, 1.0, _METAL),
    ("staff stave quarterstaff", Form.BALL, 1.7, 1.0, (0.0, 0.7)),
    ("torch", Form.BALL, 0.5, 1.0, (0.0, 0.8)),
    ("spear lance pike javelin trident", Form.SPEAR, 2.0, 1.0, _METAL),
    ("arrow bolt dart", Form.SPEAR, 0.75, 1.0, _METAL),
    ("bow longbow shortbow", Form.ROD, 1.4, 1.0, (0.0, 0.65)),
    ("crossbow", Form.SOFT, 0.8, 0.8, (0.0, 0.6)),
    ("wand baton", Form.ROD, 0.35, 1.0, (0.0, 0.6)),
    ("pickaxe pick", Form.ROD, 0.8, 1.0, _METAL),
    ("tool shovel spade hoe rake", Form.ROD, 0.9, 1.0, _METAL),
    ("fishing-rod fishing-pole rod", Form.ROD, 1.6, 1.0, (0.0, 0.6)),
    ("shield buckler", Form.PLATE, 0.8, 1.0, _METAL),
    ("coin medal token", Form.FLAT, 0.1, 1.0, _METAL),
    ("key", Form.FLAT, 0.12, 1.2, _METAL),
    ("plate", Form.PLATE, 0.25, 0.6, _METAL),
    ("potion flask vial bottle elixir tonic", Form.TURNED, 0.22, 1.0, (0.0, 0.25)),
    ("barrel keg cask", Form.TURNED, 0.9, 1.0, (0.0, 0.75)),
    ("vase pot jar urn cup goblet chalice mug bowl", Form.TURNED, 0.35, 1.0, (0.0, 0.5)),
    ("lantern lamp candle", Form.TURNED, 0.35, 1.0, (0.0, 0.5)),
    ("orb ball sphere apple fruit egg", Form.TURNED, 0.2, 1.0, (0.0, 0.5)),
    ("food bread loaf meat steak cheese pie cake carrot vegetable meal", Form.ROUND, 0.2, 0.9,
     (0.0, 0.75)),
    ("log timber firewood branch stump", Form.ROUND, 0.4, 1.0, (0.0, 0.85)),
    ("scroll parchment map letter", Form.ROUND, 0.28, 1.0, (0.0, 0.8)),
    ("tower pillar column", Form.TURNED, 3.0, 1.0, (0.0, 0.85)),
    ("helmet helm cap hood mask hat", Form.HEAD, 0.3, 1.0, _METAL),
    ("crown circlet", Form.HEAD, 0.16, 1.0, _METAL),
    ("crate box", Form.BOX, 0.6, 1.0, (0.0, 0.8)),
    ("treasure-chest chest trunk strongbox coffer", Form.BOX, 0.6, 0.65, (0.0, 0.75)),
    ("book tome grimoire", Form.BOX, 0.3, 0.22, (0.0, 0.8)),
    ("door gate wall", Form.BOX, 2.2, 0.08, (0.0, 0.8)),
    ("house building hut cottage shop barn temple", Form.BOX, 4.5, 0.8, (0.0, 0.85)),
    ("table bench bed anvil stall", Form.BOX, 0.8, 0.6, (0.0, 0.75)),
    ("chair throne stool", Form.BOX, 1.1, 0.9, (0.0, 0.75)),
    ("armor armour chestplate breastplate cuirass chainmail tunic robe", Form.SOFT, 0.65, 1.25,
     _METAL),
    ("chest-armour chest-armor body-armour chest-plate platebody chainbody hauberk jerkin vest",
     Form.SOFT, 0.65, 1.25, _METAL),
    ("leg-armour leg-armor legs platelegs chainlegs leggings trousers tassets plateskirt",
     Form.SOFT, 0.95, 1.2, _METAL),
    ("boots boot shoes shoe greaves sabatons", Form.SOFT, 0.45, 1.2, (0.0, 0.7)),
    ("gloves gauntlet gauntlets bracers", Form.SOFT, 0.3, 1.0, (0.0, 0.6)),
    ("ring signet", Form.ROUND, 0.1, 1.0, _METAL),
    ("amulet necklace pendant talisman locket jewelry", Form.SOFT, 0.2, 0.8, _METAL),
    ("gem gemstone crystal diamond ruby sapphire emerald jewel", Form.ROUND, 0.15, 0.9,
     (0.0, 0.2)),
    ("ore nugget coal", Form.ROUND, 0.25, 0.9, (0.2, 0.7)),
    ("ingot bar", Form.BOX, 0.12, 0.5, _METAL),
    ("rock stone boulder", Form.ROUND, 1.0, 0.9, (0.0, 0.9)),
    ("tree oak pine birch palm", Form.TURNED, 4.0, 1.0, (0.0, 0.9)),
    ("bush plant flower mushroom", Form.TURNED, 0.8, 1.0, (0.0, 0.9)),
    ("humanoid character avatar human man woman knight wizard mage warrior archer zombie npc",
     Form.BODY, 1.8, 1.0, (0.0, 0.8)),
    ("humanoid hero villager guard elf orc king queen soldier priest rogue ranger monk robot",
     Form.BODY, 1.8, 1.0, (0.0, 0.8)),
    ("humanoid skeleton", Form.BODY, 1.8, 0.8, (0.0, 0.8)),
    ("dwarf goblin gnome kobold imp child", Form.BODY, 1.25, 1.1, (0.0, 0.8)),
    ("giant troll ogre golem", Form.BODY, 2.8, 1.1, (0.0, 0.85)),
    ("creature beast animal monster wolf dog cat bear horse deer cow boar lion", Form.SOFT, 1.2,
     1.2, (0.0, 0.85)),
    ("dragon wyvern griffin", Form.SOFT, 3.0, 1.0, (0.0, 0.8)),
    ("chicken rat rabbit bird fish frog spider bat", Form.SOFT, 0.4, 1.3, (0.0, 0.85)),
)  # fmt: skip

_THING = PictureKind("thing", Form.SOFT, 0.6)
_TYPES = {
    "weapon": "sword", "character": "humanoid", "avatar": "humanoid", "armor": "armor",
    "armour": "armor", "consumable": "potion", "building": "house", "tool": "tool",
}  # fmt: skip
# A chest that is worn is no box.
_WORN = {"chest": "chest-armour", "body": "chest-armour", "trunk": "chest-armour"}
_LETTERS = re.compile(r"[a-z]+")


def _read_table() -> dict[str, PictureKind]:
    found = {}
    for words, form, size_m, depth, (metallic, roughness) in _TABLE:
        names = words.split()
        kind = PictureKind(names[0].replace("-", "_"), form, size_m, depth, metallic, roughness)
        found.update(dict.fromkeys(names, kind))
    return found


_KINDS = _read_table()
_ENDINGS = sorted((word for word in _KINDS if len(word) >= 3), key=lambda word: -len(word))


def find_kind(kind: str, type_: str = "") -> PictureKind:
    """Return the kind that words such as "steel longsword" name; a plain thing when none does.

    kind may hold several texts with commas between: the first that names a kind counts. In a text
    the last known word before an "of" counts ("crystal staff of the dragon" is a staff), then words
    that end in a known one ("stormblade"). Without any, the type decides ("weapon" is a sword).
    """
    for text in kind.lower().split(","):
        words = _LETTERS.findall(text.split(" of ")[0])[::-1]
        if type_.lower() in ("armor", "armour"):
            words = [_WORN.get(word, word) for word in words]
        for after, word in enumerate(words, start=1):
            # "Leg armour" is more than any armour: names of two words come first.
            pair = f"{words[after]}-{word}" if after < len(words) else word
            for form in (pair, pair.removesuffix("s"), word, word.removesuffix("s")):
                if form in _KINDS:
                    return _KINDS[form]
        for word in words:
            for ending in _ENDINGS:
                if word.endswith(ending):
                    return _KINDS[ending]
    for word in _LETTERS.findall(type_.lower()):
        if word in _TYPES or word in _KINDS:
            return _KINDS[_TYPES.get(word, word)]
    return _THING
