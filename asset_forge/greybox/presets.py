"""From a material preset to surfaces: what the preset means, and which slots it replaces."""

import re
from collections.abc import Mapping
from dataclasses import replace

from asset_forge.greybox.surfaces import (
    FINISHES,
    MATERIALS,
    WEAVES,
    Colour,
    Family,
    Surface,
    colour_from_hex,
    describes,
    material_of,
    parse_surface,
)

_WORD = re.compile(r"[a-z]+")
_BY_CATEGORY = {
    "metal": "steel", "leather": "leather", "wood": "wood", "cloth": "cloth", "fabric": "cloth",
    "stone": "stone", "bone": "bone", "gem": "crystal", "crystal": "crystal", "scale": "scales",
}  # fmt: skip
# Finishes that a style prompt may ask for; the rest of its prose is mood.
_ASKED = frozenset({"polished", "rusty", "ancient", "burnt", "frosted", "mossy", "damascus"})
# What belongs to a body or to the dark inside and is never made of another material.
_KEPT_FAMILIES: frozenset[Family] = frozenset({"skin", "hair", "gem", "liquid"})
_KEPT_SLOTS = frozenset({
    "inside", "lining", "string", "serving", "gem", "eyes", "irises", "pupils", "lips", "mouth",
    "brows", "tusks",
})  # fmt: skip
# What continues the main body in another shade and follows it into the new material.
_WITH_MAIN_SLOTS = ("field",)
_SOFT: frozenset[Family] = frozenset({"leather", "cloth", "scale"})
# A preset's own colour moves a known material this far towards it.
_COLOUR_PULL = 0.45
_MINOR_SHARE = 0.25


def surface_of_preset(
    preset_id: str, style_prompt: str, category: str, color: str | None
) -> Surface:
    """Read a preset: its id names the material, else its words, else its category.

    color: "#rrggbb"; a known material leans towards it, an unknown one takes it over.
    """
    id_words = _WORD.findall(preset_id.lower())
    prompt_words = _WORD.findall(style_prompt.lower())
    asked = [word for word in prompt_words if FINISHES.get(word) in _ASKED]
    known = " ".join(word for word in id_words if describes(word))
    named = any(material_of(word) for word in id_words)
    if not named:
        material = next((word for word in prompt_words if material_of(word)), None)
        named = material is not None
        fallback = _BY_CATEGORY.get(category.lower(), "plain")
        known = f"{known} {material or fallback}"
    surface = parse_surface(f"{' '.join(asked)} {known}")
    own = colour_from_hex(color)
    if own is not None:
        pull = _COLOUR_PULL if named else 1.0
        surface = replace(surface, colour=_between(surface.colour, own, pull))
    return surface


def replaced_slots(
    slots: Mapping[str, Surface], areas: Mapping[str, float], target: Surface
) -> dict[str, Surface]:
    """Return the new surface of every slot that the target material replaces.

    slots: in the shape's order, main body first. areas: share of the surface by slot. Metals take
    the metal parts; other materials take the main body. Something always stays as it was when
    there is more than one slot to choose from. Mail and scales of metal stay mail and scales.
    """
    new = _replaced(slots, areas, target)
    return {slot: _woven(surface, slots[slot]) for slot, surface in new.items()}


def _woven(surface: Surface, old: Surface) -> Surface:
    is_woven = old.family == surface.family == "metal" and old.pattern in WEAVES.values()
    return replace(surface, pattern=old.pattern) if is_woven else surface


def _replaced(
    slots: Mapping[str, Surface], areas: Mapping[str, float], target: Surface
) -> dict[str, Surface]:
    free = {
        slot: surface
        for slot, surface in slots.items()
        if surface.family not in _KEPT_FAMILIES and slot not in _KEPT_SLOTS
    }
    if not free:
        free = dict(slots)
    first = next(iter(slots))
    main = first if first in free else max(free, key=lambda slot: areas.get(slot, 0.0))
    old_main = slots[main]
    body = _fitting(target, old_main)
    if target.family == "metal":
        metals = [slot for slot, surface in free.items() if surface.family == "metal"]
        if main not in metals and sum(areas.get(slot, 0.0) for slot in metals) >= _MINOR_SHARE:
            lead = max(metals, key=lambda slot: areas.get(slot, 0.0))
        else:
            lead = main
        follow = [*metals, *(_followers(free) if lead == main else ())]
        new = {slot: _companion(target) for slot in follow if slot != lead}
        return {lead: target, **new}
    new = {main: body, **{slot: _companion(body) for slot in _followers(free)}}
    if target.family not in _SOFT:
        alike = [s for s, surface in free.items() if surface.family == old_main.family]
        left = [s for s in slots if s not in alike]
        if left:
            new.update({slot: _companion(body) for slot in alike if slot != main})
    elif old_main.family == target.family:
        new.update(
            {
                slot: _companion(body)
                for slot, surface in free.items()
                if slot != main
                and surface.family == old_main.family
                and areas.get(slot, 0.0) > _MINOR_SHARE
            }
        )
    return new


def _followers(slots: Mapping[str, Surface]) -> list[str]:
    return [slot for slot in _WITH_MAIN_SLOTS if slot in slots]


def _fitting(target: Surface, old: Surface) -> Surface:
    """Return the target as it is on what it replaces: a dragon blade is metal, not hide."""
    if target.material == "dragon" and old.family in ("metal", "stone"):
        metal = MATERIALS["dragonsteel"]
        return replace(
            metal, colour=_between(metal.colour, target.colour, 0.5), finishes=target.finishes
        )
    return target


def _companion(surface: Surface) -> Surface:
    """Return the darker, duller neighbour of a surface, for the lesser parts."""
    r, g, b = surface.colour
    return replace(
        surface,
        colour=(r * 0.72, g * 0.70, b * 0.70),
        roughness=min(surface.roughness + 0.10, 1.0),
    )


def _between(a: Colour, b: Colour, share: float) -> Colour:
    return (
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    )
