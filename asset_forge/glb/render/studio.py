"""The light of the studio: what comes from where.

Directions are those of the stage: x to the right, y up, z towards the camera. A bright card stands
above and left of the camera (key), a weak one to the right (fill), two narrow ones behind the model
(rim), and the room is light above and dark below the horizon. Metals need something to mirror:
dark and bright places side by side are what makes steel look like steel.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render.arrays import Floats, column, units


@dataclass(frozen=True)
class Card:
    """A rectangular light, seen from the model.

    towards: direction to its middle. half_width, half_height: sines of the angles to its sides.
    colour: linear light, may be above one. softness: width of its edges in a perfect mirror.
    """

    towards: tuple[float, float, float]
    half_width: float
    half_height: float
    colour: tuple[float, float, float]
    softness: float = 0.0


@dataclass(frozen=True)
class Lamp:
    """Light on dull surfaces. wrap: how far it reaches around the edge of the lit half, 0…1."""

    towards: tuple[float, float, float]
    colour: tuple[float, float, float]
    wrap: float


KEY = Lamp((-0.50, 0.68, 0.70), (1.00, 0.97, 0.92), 0.12)
FILL = Lamp((0.85, 0.20, 0.55), (0.17, 0.19, 0.22), 0.5)
RIM = Lamp((0.45, 0.45, -0.80), (0.42, 0.44, 0.48), 0.1)

CARDS: Final = (
    Card((-0.62, 0.62, 0.48), 0.34, 0.42, (3.0, 2.95, 2.88)),
    Card((0.90, 0.18, 0.38), 0.16, 0.75, (1.25, 1.32, 1.45)),
    Card((0.72, 0.30, -0.66), 0.14, 0.80, (3.2, 3.3, 3.5)),
    Card((-0.80, 0.15, -0.58), 0.12, 0.80, (2.4, 2.45, 2.5)),
    Card((0.12, -0.22, 1.00), 0.58, 0.30, (0.40, 0.40, 0.40), softness=0.22),
)
SKY: Final = (0.60, 0.62, 0.66)
HORIZON: Final = (0.36, 0.36, 0.37)
GROUND: Final = (0.15, 0.14, 0.13)
# Ambient light from above and below on dull surfaces.
AMBIENT_SKY: Final = (0.38, 0.39, 0.42)
AMBIENT_GROUND: Final = (0.20, 0.19, 0.18)


def mirrored_light(directions: Floats, roughness: Floats) -> Floats:
    """Light (3, N) that a mirror of the given roughness collects from unit directions (3, N).

    Roughness widens the edges of each card as a blur of that width would, so a rough metal shows
    one soft glow and a polished one the cards themselves.
    """
    blur = np.float32(0.035) + np.float32(0.95) * roughness**2
    up = directions[1]
    above = np.tanh(np.maximum(up, 0) * np.float32(1.6) / (np.float32(0.45) + blur))
    below = np.tanh(np.maximum(-up, 0) * np.float32(1.3) / (np.float32(0.4) + blur))
    horizon, sky, ground = column(HORIZON), column(SKY), column(GROUND)
    light: Floats = horizon + above * (sky - horizon) + below * (ground - horizon)
    for card in CARDS:
        inverse = np.float32(1) / (blur + np.float32(card.softness))
        facing, across, along = _facing_axes(card.towards) @ directions
        share = np.tanh(facing * inverse)
        share += 1
        share *= np.float32(0.5)
        share *= _between(across, card.half_width, inverse)
        share *= _between(along, card.half_height, inverse)
        light += share * column(card.colour)
    return light


def ambient_light(normals: Floats) -> Floats:
    """Light (3, N) from the whole room on dull surfaces with unit normals (3, N)."""
    sky, ground = column(AMBIENT_SKY), column(AMBIENT_GROUND)
    light: Floats = (sky + ground) / 2 + normals[1] * ((sky - ground) / 2)
    return light


def lamp_light(normals: Floats, lamp: Lamp) -> Floats:
    """Light (3, N) of one lamp on dull surfaces with unit normals (3, N)."""
    lit = _unit(lamp.towards) @ normals
    lit += np.float32(lamp.wrap)
    np.maximum(lit, 0, out=lit)
    lit /= np.float32(1 + lamp.wrap)
    light: Floats = lit * column(lamp.colour)
    return light


def lamp_axes(lamp: Lamp) -> Floats:
    """Directions right, up and towards the lamp, as it looks at the stage: rows (3, 3)."""
    towards, right, up = _facing_axes(lamp.towards)
    return np.stack([right, up, towards])


def _between(position: Floats, half_width: float, inverse_blur: Floats) -> Floats:
    inside: Floats = np.tanh((position + np.float32(half_width)) * inverse_blur)
    inside -= np.tanh((position - np.float32(half_width)) * inverse_blur)
    inside *= np.float32(0.5)
    return inside


def _facing_axes(direction: tuple[float, float, float]) -> Floats:
    """Return unit directions along it, to its right and to its top, as rows (3, 3)."""
    axis = _unit(direction)
    right = _unit((float(axis[2]), 0.0, -float(axis[0])))
    return np.stack([axis, right, np.cross(axis, right).astype(np.float32)])


def _unit(vector: tuple[float, float, float]) -> Floats:
    return units(column(vector)).reshape(3)
