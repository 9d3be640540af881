"""The registry of kinds: one file a kind, each with `build(brief) -> Shape`.

A new kind is a new file here and one line in `EXAMPLES`. Which words mean which kind is decided in
`asset_forge.greybox.kinds`.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Shape

Build = Callable[[Brief], Shape]

# Every kind, with words that show what it can do: docs, tests and benchmarks are made of them.
EXAMPLES = {
    "sword": "polished steel longsword with a leather grip",
    "dagger": "steel dagger with a brass guard",
    "mace": "flanged steel mace with an oak shaft",
    "hammer": "steel warhammer with a spike",
    "spear": "steel spear with an ash shaft",
    "axe": "bearded steel axe with an oak haft",
    "staff": "wizard's staff with a blue crystal",
    "wand": "mahogany wand with a blue crystal",
    "bow": "willow longbow",
    "crossbow": "oak crossbow with steel limbs",
    "arrow": "steel broadhead arrow with white feathers",
    "pickaxe": "iron pickaxe with an oak handle",
    "hatchet": "steel hatchet with an ash handle",
    "fishing_rod": "mahogany fishing rod with a brass reel and a red float",
    "shield": "round wooden shield with an iron rim",
    "helmet": "iron helmet with a nose guard",
    "chest_armour": "steel breastplate with pauldrons and brass trim",
    "leg_armour": "steel platelegs with gold trim",
    "boots": "brown leather boots with brass buckles",
    "gloves": "steel gauntlets with brass trim",
    "crate": "oak crate with iron corners",
    "potion": "red healing potion in a round glass flask with a cork",
    "ring": "gold ring with a ruby",
    "gem": "brilliant cut sapphire gem",
    "ore": "gold ore",
    "log": "oak log",
    "coin": "gold coin",
    "key": "ornate brass key",
    "amulet": "gold amulet with a ruby on a chain",
    "scroll": "parchment scroll with a red ribbon and a seal",
    "book": "red leather-bound book with brass corners",
    "food": "loaf of bread",
    "treasure_chest": "open treasure chest full of gold",
    "barrel": "oak barrel with iron hoops",
    "table": "round oak tavern table",
    "tree": "old oak tree",
    "rock": "mossy boulder",
    "house": "timber-framed cottage with a thatched roof",
    "tower": "round stone tower with battlements",
    "humanoid": "ranger in a green tunic and leather boots",
}


def example_brief(
    kind: str, words: str = "", *, seed: int = 1, face_budget: int = 6_000, texture_px: int = 1024
) -> Brief:
    """Return the brief of an example: the kind's own words, or others."""
    is_avatar = kind == "humanoid"
    return Brief(
        name=words or EXAMPLES[kind],
        type="character" if is_avatar else "item",
        subtype=kind,
        generation_type="avatar" if is_avatar else "item",
        seed=seed,
        face_budget=face_budget,
        texture_px=texture_px,
    )


# Pieces that a shape can do without, by the beginning of their names, first to go first.
_DISPENSABLE = (
    "rivet",
    "edge bead",
    "visor lip",
    "serving",
    "binding",
    "guides",
    "collars",
    "corners",
)


def kinds() -> tuple[str, ...]:
    """Names of every kind that can be built."""
    return tuple(EXAMPLES)


def build_shape(kind: str, brief: Brief) -> Shape:
    """Build one kind from a brief; the file of that kind is imported on first use.

    Raises ValueError for a kind that is not registered.
    """
    if kind not in EXAMPLES:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(EXAMPLES)}")
    build: Build = import_module(f"{__name__}.{kind}").build
    return _within_budget(build(brief), brief.face_budget)


def _within_budget(shape: Shape, face_budget: int) -> Shape:
    """Leave out small pieces, the smallest first, until the budget holds or none is left."""
    parts = list(shape.parts)
    for prefix in _DISPENSABLE:
        if sum(len(part.triangles) for part in parts) <= face_budget:
            break
        parts = [part for part in parts if not part.name.startswith(prefix)]
    return shape if len(parts) == len(shape.parts) else replace(shape, parts=tuple(parts))
