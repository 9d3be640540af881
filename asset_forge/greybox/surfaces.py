"""Surface words: which material a phrase such as "rusty dark iron" means, its colour and finish.

Numbers only; the painting is in `swatches`. A new material is one line in `MATERIALS`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Family = Literal[
    "metal", "wood", "leather", "cloth", "scale", "stone", "bone", "gem", "skin", "hair", "plain",
    "bark", "leaf", "thatch", "liquid", "paper", "food",
]  # fmt: skip
Colour = tuple[float, float, float]
HARD_FAMILIES: frozenset[Family] = frozenset({"metal", "stone", "bone", "gem"})


@dataclass(frozen=True)
class Surface:
    """One material in one colour and finish.

    colour: sRGB 0..1. roughness, metallic: 0..1. finishes: names out of `FINISHES`.
    pattern: what the family's painter shall add ("studded", "hammered", "hardened", ...).
    """

    material: str
    family: Family
    colour: Colour
    roughness: float
    metallic: float = 0.0
    pattern: str = ""
    finishes: frozenset[str] = frozenset()


def _rgb(code: str) -> Colour:
    r, g, b = bytes.fromhex(code)
    return r / 255, g / 255, b / 255


def _metal(name: str, code: str, roughness: float, pattern: str = "") -> Surface:
    return Surface(name, "metal", _rgb(code), roughness, 1.0, pattern)


MATERIALS: dict[str, Surface] = {
    surface.material: surface
    for surface in (
        _metal("steel", "c8ccd2", 0.30),
        _metal("iron", "8d8d8f", 0.48, "hammered"),
        _metal("bronze", "cb9050", 0.34),
        _metal("brass", "d4ae64", 0.30),
        _metal("copper", "c98a6c", 0.32),
        _metal("gold", "f0c468", 0.22),
        _metal("silver", "e6e6e2", 0.20),
        _metal("mithril", "b2cbdc", 0.18, "etched"),
        _metal("adamant", "5f8468", 0.32),
        _metal("rune", "5aa3b0", 0.26),
        _metal("blacksteel", "54565c", 0.34),
        _metal("lead", "76787e", 0.60),
        _metal("dragonsteel", "74302d", 0.34, "scales"),
        Surface("wood", "wood", _rgb("836041"), 0.72),
        Surface("oak", "wood", _rgb("9c7a52"), 0.70),
        Surface("willow", "wood", _rgb("b39a68"), 0.74),
        Surface("yew", "wood", _rgb("99633f"), 0.62),
        Surface("maple", "wood", _rgb("b78f63"), 0.60),
        Surface("ash", "wood", _rgb("a48a66"), 0.70),
        Surface("ebony", "wood", _rgb("3c2e28"), 0.50),
        Surface("mahogany", "wood", _rgb("713a26"), 0.52),
        Surface("pine", "wood", _rgb("b39468"), 0.76),
        Surface("endgrain", "wood", _rgb("c8a474"), 0.78, 0.0, "rings"),
        Surface("leather", "leather", _rgb("6c4a33"), 0.62),
        Surface("hard leather", "leather", _rgb("5b3520"), 0.44, 0.0, "hardened"),
        Surface("studded leather", "leather", _rgb("4e3224"), 0.58, 0.0, "studded"),
        Surface("hide", "leather", _rgb("7a5a3c"), 0.85, 0.0, "hardened"),
        Surface("cloth", "cloth", _rgb("8c8272"), 0.92),
        Surface("linen", "cloth", _rgb("c8b898"), 0.92),
        Surface("wool", "cloth", _rgb("7c7468"), 0.96),
        Surface("silk", "cloth", _rgb("b04a5a"), 0.45),
        Surface("rope", "cloth", _rgb("b09468"), 0.90, 0.0, "twisted"),
        Surface("string", "cloth", _rgb("d2c6a8"), 0.80, 0.0, "twisted"),
        Surface("dragon", "scale", _rgb("6a2420"), 0.42),
        Surface("scales", "scale", _rgb("3f6a4a"), 0.45),
        Surface("stone", "stone", _rgb("8a8780"), 0.88),
        Surface("granite", "stone", _rgb("7a7476"), 0.80),
        Surface("marble", "stone", _rgb("dcd8d0"), 0.35, 0.0, "veined"),
        Surface("obsidian", "stone", _rgb("26222c"), 0.14, 0.0, "glassy"),
        Surface("slate", "stone", _rgb("5a6470"), 0.72),
        Surface("sandstone", "stone", _rgb("c2a478"), 0.88),
        Surface("clay", "stone", _rgb("915845"), 0.82),
        Surface("brick", "stone", _rgb("8a5646"), 0.86, 0.0, "bricks"),
        Surface("plaster", "stone", _rgb("ddd0b4"), 0.92, 0.0, "plaster"),
        Surface("bark", "bark", _rgb("725a44"), 0.90),
        Surface("birchbark", "bark", _rgb("dcd8cc"), 0.78, 0.0, "papery"),
        Surface("palmbark", "bark", _rgb("8d7657"), 0.90, 0.0, "ringed"),
        Surface("leaves", "leaf", _rgb("5b8a38"), 0.80),
        Surface("needles", "leaf", _rgb("3c6b44"), 0.84, 0.0, "needles"),
        Surface("moss", "leaf", _rgb("5b6a38"), 0.96, 0.0, "moss"),
        Surface("thatch", "thatch", _rgb("a58d5c"), 0.95),
        Surface("bone", "bone", _rgb("d8cba8"), 0.62),
        Surface("ivory", "bone", _rgb("e8dfc4"), 0.45),
        Surface("horn", "bone", _rgb("6a5644"), 0.50),
        Surface("crystal", "gem", _rgb("8fd0f0"), 0.08),
        Surface("gem", "gem", _rgb("4a8ae0"), 0.08),
        Surface("ruby", "gem", _rgb("c8203c"), 0.08),
        Surface("sapphire", "gem", _rgb("2450c8"), 0.08),
        Surface("emerald", "gem", _rgb("1f9c58"), 0.08),
        Surface("amethyst", "gem", _rgb("8a48c4"), 0.08),
        Surface("topaz", "gem", _rgb("e8a028"), 0.08),
        Surface("diamond", "gem", _rgb("dceaf4"), 0.05),
        Surface("glass", "gem", _rgb("c0dad6"), 0.06, 0.0, "clear"),
        Surface("liquid", "liquid", _rgb("b8242e"), 0.06),
        Surface("parchment", "paper", _rgb("dcc594"), 0.88),
        Surface("manuscript", "paper", _rgb("dcc594"), 0.88, 0.0, "written"),
        Surface("paper", "paper", _rgb("e8dec6"), 0.90),
        Surface("pages", "paper", _rgb("e2d2aa"), 0.92, 0.0, "pages"),
        Surface("crust", "food", _rgb("c98a48"), 0.72, 0.0, "crust"),
        Surface("crumb", "food", _rgb("ecd8ac"), 0.90, 0.0, "crumb"),
        Surface("fruit", "food", _rgb("b4222a"), 0.26, 0.0, "fruit"),
        Surface("cheese", "food", _rgb("eab94c"), 0.50, 0.0, "cheese"),
        Surface("meat", "food", _rgb("94502c"), 0.38, 0.0, "meat"),
        Surface("fishskin", "food", _rgb("90a4ae"), 0.28, 0.0, "fish"),
        Surface("jam", "food", _rgb("8a1830"), 0.18, 0.0, "jam"),
        Surface("wax", "food", _rgb("a4201e"), 0.34, 0.0, "wax"),
        Surface("skin", "skin", _rgb("d8a684"), 0.58),
        Surface("hair", "hair", _rgb("5a3a22"), 0.55),
        Surface("feather", "hair", _rgb("ddd6c8"), 0.75),
        Surface("plain", "plain", _rgb("9a968e"), 0.70),
    )
}

SYNONYMS: dict[str, str] = {
    "metal": "steel", "metallic": "steel", "chrome": "steel", "golden": "gold", "gilded": "gold",
    "gilt": "gold", "silvered": "silver", "wooden": "wood", "timber": "wood", "oaken": "oak",
    "birch": "ash", "walnut": "mahogany", "rosewood": "mahogany", "cedar": "mahogany",
    "magic": "gem", "fur": "hide", "pelt": "hide", "suede": "leather", "fabric": "cloth",
    "cotton": "linen", "velvet": "cloth", "scaled": "scales", "scaly": "scales",
    "dragonhide": "dragon", "dragonscale": "dragon", "rock": "stone", "stony": "stone",
    "basalt": "obsidian", "jade": "emerald", "jewel": "gem", "gemstone": "gem", "pearl": "ivory",
    "crystalline": "crystal", "ice": "crystal", "adamantine": "adamant", "adamantite": "adamant",
    "runite": "rune", "mithral": "mithril", "antler": "horn", "skull": "bone", "titanium": "steel",
    "thatched": "thatch", "straw": "thatch", "plastered": "plaster", "bricks": "brick",
    "terracotta": "clay", "limestone": "sandstone", "foliage": "leaves", "vellum": "parchment",
    "papyrus": "parchment",
}  # fmt: skip

COLOURS: dict[str, Colour] = {
    name: _rgb(code)
    for name, code in {
        "red": "94261f", "crimson": "8f1a2a", "scarlet": "c22f20", "maroon": "641c20",
        "orange": "cc6a22", "amber": "d8901e", "yellow": "d9b838", "green": "3f7a3a",
        "olive": "6c6c34", "lime": "7fb83a", "teal": "2a7c7a", "turquoise": "3aa8a0",
        "cyan": "3ab0c8", "blue": "2f56a6", "navy": "24315e", "azure": "4a8ad0",
        "indigo": "3c3480", "purple": "693a8c", "violet": "7a48a8", "magenta": "b03a8a",
        "pink": "d07a9a", "brown": "6c4428", "tan": "96703f", "beige": "cdbb96",
        "white": "e2ded4", "grey": "85858a", "gray": "85858a", "black": "2c2a2c",
        "blonde": "c8a050", "blond": "c8a050", "ginger": "b0562a", "auburn": "6f3420",
        "cream": "e0d4b4",
    }.items()
}  # fmt: skip

FINISHES: dict[str, str] = {
    "rusty": "rusty", "rusted": "rusty", "corroded": "rusty", "polished": "polished",
    "shiny": "polished", "gleaming": "polished", "pristine": "polished", "ancient": "ancient",
    "old": "ancient", "weathered": "ancient", "worn": "ancient", "battered": "ancient",
    "burnt": "burnt", "burned": "burnt", "charred": "burnt", "scorched": "burnt",
    "glowing": "glowing", "enchanted": "glowing", "magical": "glowing", "luminous": "glowing",
    "frost": "frosted", "frozen": "frosted", "icy": "frosted", "mossy": "mossy",
    "bloody": "bloody", "bloodstained": "bloody", "painted": "painted", "dirty": "ancient",
    "hammered": "hammered", "damascus": "damascus", "dark": "dark", "light": "light",
    "pale": "light", "bright": "light", "deep": "dark",
    "masonry": "masonry", "overgrown": "mossy", "ruined": "ancient", "snowy": "frosted",
}  # fmt: skip

# How small pieces of metal make a garment; kinds put these words before a metal's own.
WEAVES: dict[str, str] = {"linked": "rings", "lamellar": "scales"}

_WORD = re.compile(r"[a-z]+")


def describes(word: str) -> bool:
    """Tell whether a word says something about a surface."""
    return (
        word in MATERIALS
        or word in SYNONYMS
        or word in COLOURS
        or word in FINISHES
        or (word in ("hard", "hardened", "studded"))
    )


def material_of(word: str) -> Surface | None:
    """Return the material that a single word names, if it names one."""
    return MATERIALS.get(SYNONYMS.get(word, word))


def parse_surface(phrase: str, *, default: str = "plain") -> Surface:
    """Read surface words in any order; the last material named wins, the first colour tints it."""
    words = _WORD.findall(phrase.lower())
    named = [m for m in (material_of(word) for word in words) if m is not None]
    surface = named[-1] if named else MATERIALS[default]
    if surface.material == "leather" and {"hard", "hardened", "boiled"} & set(words):
        surface = MATERIALS["hard leather"]
    if surface.material in ("leather", "hard leather") and "studded" in words:
        surface = MATERIALS["studded leather"]
    if surface.material == "dragon" and {"metal", "steel"} & set(words):
        surface = MATERIALS["dragonsteel"]
    weave = next((WEAVES[word] for word in words if word in WEAVES), None)
    if surface.family == "metal" and weave is not None:
        surface = replace(surface, pattern=weave)
    colour = next((COLOURS[word] for word in words if word in COLOURS), None)
    finishes = frozenset(FINISHES[word] for word in words if word in FINISHES)
    if colour is not None:
        surface = tinted(surface, colour)
    if "dark" in finishes:
        surface = replace(surface, colour=_shaded(surface.colour, 0.55))
    if "light" in finishes:
        surface = replace(surface, colour=_shaded(surface.colour, 1.0, lift=0.3))
    return replace(surface, finishes=finishes)


def surface_to_json(surface: Surface) -> dict[str, Any]:
    """Return a surface as plain JSON."""
    return {
        "material": surface.material,
        "colour": [round(value, 4) for value in surface.colour],
        "roughness": round(surface.roughness, 4),
        "metallic": surface.metallic,
        "pattern": surface.pattern,
        "finishes": sorted(surface.finishes),
    }


def surface_from_json(content: Mapping[str, Any]) -> Surface:
    """Read what `surface_to_json` wrote. Raises KeyError, TypeError or ValueError when damaged."""
    r, g, b = (float(value) for value in content["colour"])
    return replace(
        MATERIALS[content["material"]],
        colour=(r, g, b),
        roughness=float(content["roughness"]),
        metallic=float(content["metallic"]),
        pattern=str(content["pattern"]),
        finishes=frozenset(str(name) for name in content["finishes"]),
    )


def tinted(surface: Surface, colour: Colour) -> Surface:
    """Return the surface dyed, painted or blued in a colour, as far as its family takes colour."""
    strength = {"metal": 0.72, "wood": 0.6, "bone": 0.45, "stone": 0.55, "skin": 0.3}.get(
        surface.family, 0.92
    )
    old = surface.colour
    mixed = (
        old[0] + (colour[0] - old[0]) * strength,
        old[1] + (colour[1] - old[1]) * strength,
        old[2] + (colour[2] - old[2]) * strength,
    )
    return replace(surface, colour=mixed)


def colour_from_hex(text: str | None) -> Colour | None:
    """Read "#rrggbb"; None for anything else."""
    match = re.fullmatch(r"#?([0-9a-fA-F]{6})", text.strip()) if text else None
    return _rgb(match[1]) if match else None


def families(words: Iterable[str]) -> frozenset[Family]:
    """Return the families of every material named."""
    return frozenset(m.family for m in map(material_of, words) if m is not None)


def _shaded(colour: Colour, factor: float, *, lift: float = 0.0) -> Colour:
    r, g, b = (c * factor + (1.0 - c * factor) * lift for c in colour)
    return r, g, b
