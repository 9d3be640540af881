"""Food by its name: bread, an apple, meat on the bone, a fish, cheese, a pie; bread by default."""

from dataclasses import dataclass

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.shapes import meals
from asset_forge.greybox.shapes.manner import manner
from asset_forge.greybox.shapes.placing import bounds, finished

_DISHES = {
    "pie": ("pie", "tart", "pastry", "cake"),
    "cheese": ("cheese", "cheddar", "gouda", "brie"),
    "fish": ("fish", "trout", "salmon", "herring", "tuna", "cod", "carp", "bass", "sardine"),
    "meat": ("meat", "drumstick", "ham", "chicken", "beef", "haunch", "turkey", "steak", "pork",
             "mutton", "roast", "leg"),
    "apple": ("apple", "fruit"),
    "bread": ("bread", "loaf", "baguette", "bun", "roll", "food"),
}  # fmt: skip
_SKINS = {"trout": "olive", "salmon": "pink", "tuna": "navy", "carp": "tan", "herring": "azure"}


@dataclass(frozen=True)
class _Meal:
    """Parts in any unit, what they are made of, and the longest side in metres."""

    parts: list[Part]
    surfaces: dict[str, str]
    size_m: float


def build(brief: Brief) -> Shape:
    """Build food that lies on the ground."""
    dish = next((name for name, said in _DISHES.items() if words.has(brief, *said)), "bread")
    meal = _MAKERS[dish](brief)
    parts = meal.parts
    surfaces = dict(meal.surfaces)
    if words.has(brief, "plate", "dish", "platter") and dish != "pie":
        low, high = bounds(parts)
        parts = meals.on_plate(parts, 0.62 * float((high - low)[[0, 2]].max()))
        surfaces["plate"] = words.surface_for(
            brief, ("plate", "platter"), "wood", ("wood", "metal", "stone")
        )
    size = meal.size_m * float(brief.rng("food size").uniform(0.92, 1.08))
    return Shape("food", finished(brief, parts, size), surfaces)


def _surface(brief: Brief, names: tuple[str, ...], default: str) -> str:
    return words.surface_for(brief, names, default, ("food",), main=True)


def _bread(brief: Brief) -> _Meal:
    rng = brief.rng("food bread")
    form = str(rng.choice(["loaf", "loaf", "round"]))
    if words.has(brief, "baguette", "french", "long"):
        form = "baguette"
    elif words.has(brief, "round", "bun", "roll", "boule", "sourdough"):
        form = "round"
    elif words.has(brief, "loaf"):
        form = "loaf"
    size = {"loaf": 0.24, "round": 0.20, "baguette": 0.50}[form]
    default = "dark crust" if words.has(brief, "rye") else "crust"
    parts = meals.bread(rng, form, manner(brief).breadth)
    return _Meal(parts, {"bread": _surface(brief, ("bread", "loaf", "crust"), default)}, size)


def _apple(brief: Brief) -> _Meal:
    rng = brief.rng("food apple")
    colour = str(rng.choice(["red", "red", "green", "yellow"]))
    surfaces = {
        "fruit": _surface(brief, ("apple", "fruit", "skin"), f"{colour} fruit"),
        "stem": "dark wood",
        "leaf": "leaves",
    }
    return _Meal(meals.apple(rng), surfaces, 0.092)


def _meat(brief: Brief) -> _Meal:
    rng = brief.rng("food meat")
    form = str(rng.choice(["haunch", "drumstick"]))
    if words.has(brief, "drumstick", "chicken", "turkey", "leg"):
        form = "drumstick"
    elif words.has(brief, "ham", "haunch", "beef", "pork", "mutton", "bone"):
        form = "haunch"
    raw = words.has(brief, "raw", "fresh", "bloody")
    surfaces = {
        "meat": _surface(brief, ("meat", "ham"), "crimson meat" if raw else "meat"),
        "bone": words.surface_for(brief, ("bone",), "ivory", ("bone",)),
    }
    return _Meal(meals.meat(rng, form), surfaces, 0.26 if form == "haunch" else 0.19)


def _fish(brief: Brief) -> _Meal:
    rng = brief.rng("food fish")
    kind = next((colour for name, colour in _SKINS.items() if words.has(brief, name)), None)
    colour = kind or str(rng.choice(["", "azure", "olive", "orange", "teal"]))
    cooked = words.has(brief, "cooked", "fried", "grilled", "roasted", "smoked")
    default = "brown fishskin" if cooked else f"{colour} fishskin".strip()
    skin = _surface(brief, ("fish", "skin", "scales"), default)
    surfaces = {"fish": skin, "fins": skin, "eye": "ivory", "pupil": "obsidian"}
    return _Meal(meals.fish(rng), surfaces, 0.30)


def _cheese(brief: Brief) -> _Meal:
    rng = brief.rng("food cheese")
    form = "wheel" if words.has(brief, "wheel", "round", "whole") else "wedge"
    rind = str(rng.choice(["red wax", "orange wax", "amber wax", "wax"]))
    surfaces = {
        "cheese": _surface(brief, ("cheese",), "cheese"),
        "rind": words.surface_for(brief, ("rind", "wax", "crust"), rind, ("food",)),
    }
    return _Meal(meals.cheese(rng, form), surfaces, 0.16 if form == "wedge" else 0.28)


def _pie(brief: Brief) -> _Meal:
    rng = brief.rng("food pie")
    form = str(rng.choice(["lattice", "closed"]))
    if words.has(brief, "meat", "closed", "pot", "savoury", "steak", "chicken", "fish"):
        form = "closed"
    elif words.has(brief, "lattice", "cherry", "berry", "apple", "fruit", "blueberry", "tart"):
        form = "lattice"
    fruit = {"blueberry": "indigo jam", "apple": "amber jam", "pumpkin": "orange jam"}
    filling = next((jam for name, jam in fruit.items() if words.has(brief, name)), None)
    if filling is None:
        filling = "brown jam" if form == "closed" else str(rng.choice(["jam", "jam", "indigo jam"]))
    surfaces = {
        "crust": words.surface_for(brief, ("crust", "pastry"), "light crust", ("food",)),
        "filling": words.surface_for(brief, ("filling",), filling, ("food",)),
        "dish": words.surface_for(
            brief, ("dish", "tin", "pan"), str(rng.choice(["clay", "steel", "white plaster"])),
            ("metal", "stone", "wood"),
        ),
    }  # fmt: skip
    return _Meal(meals.pie(rng, form), surfaces, 0.24)


_MAKERS = {
    "bread": _bread,
    "apple": _apple,
    "meat": _meat,
    "fish": _fish,
    "cheese": _cheese,
    "pie": _pie,
}
