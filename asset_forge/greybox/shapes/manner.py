"""Words of style that mean the same for all weapons and tools: broad, curved, ornate, jagged, …

What each kind makes of them is decided in its own file.
"""

from collections.abc import Collection
from dataclasses import dataclass

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.surfaces import material_of

_BROAD = ("broad", "wide", "thick", "heavy", "fat", "stout")
_SLIM = ("slim", "thin", "slender", "narrow", "delicate")
_CURVED = ("curved", "bent", "crooked", "curving", "hooked")
_ORNATE = (
    "ornate", "royal", "decorated", "engraved", "noble", "king's", "kings", "king", "queen's",
    "elven", "ceremonial", "fancy", "jewelled", "jeweled", "exquisite",
)  # fmt: skip
_JAGGED = (
    "jagged", "serrated", "spiked", "spiky", "barbed", "cruel", "orcish", "orc", "goblin", "savage",
    "demonic",
)  # fmt: skip
_GREAT = ("two handed", "twohanded", "two hander", "2h", "2 handed", "great")
_SIMPLE = ("simple", "plain", "crude", "primitive", "basic", "training", "rough")


@dataclass(frozen=True)
class Manner:
    """How a brief wants its thing. breadth: factor on widths, 1 without a word for it."""

    breadth: float
    curved: bool
    ornate: bool
    jagged: bool
    great: bool
    simple: bool


def manner(brief: Brief) -> Manner:
    """Read the words of style out of a brief."""
    broad, slim = words.has(brief, *_BROAD), words.has(brief, *_SLIM)
    ornate = words.has(brief, *_ORNATE)
    return Manner(
        breadth=1.35 if broad else 0.72 if slim else 1.0,
        curved=words.has(brief, *_CURVED),
        ornate=ornate,
        jagged=words.has(brief, *_JAGGED),
        great=words.has(brief, *_GREAT),
        simple=words.has(brief, *_SIMPLE) and not ornate,
    )


def haft_surface(brief: Brief, names: Collection[str], default: str) -> str:
    """Return the surface of a haft: what is said of it, else the first wood of the brief.

    "An oak spear" has an oak shaft; only "a steel shaft" is one of steel.
    """
    if any(material_of(word) for word in words.piece_words(brief, names)):
        return words.surface_for(brief, names, default, ("wood", "bone", "metal", "stone", "gem"))
    return words.surface_for(brief, names, default, ("wood",), anywhere=True)
