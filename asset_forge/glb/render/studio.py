"""The light of the studio: what comes from where.

Directions are those of the stage: x to the right, y up, z towards the camera. A bright card stands
above and left of the camera (key), a weak one to the right (fill), two narrow ones behind the model
(rim), and the room is light above and dark below the horizon. Metals need something to mirror:
dark and bright places side by side are what makes steel look like steel.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render.arrays import Floats


@dataclass(frozen=True)
class Card:
    """A rectangular light, seen from the model.

    towards: direction to its middle. half_width, half_height: sines of the angles to its sides.
    colour: linear light, may be above one.
    """

    towards: tuple[float, float, float]
    half_width: float
    half_height: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """Light on dull surfaces. wrap: how far it reaches around the edge of the lit half, 0…1."""

    towards: tuple[float, float, float]
    colour: tuple[float, float, float]
    wrap: float


KEY = Lamp((-0.50, 0.72, 0.62), (1.02, 0.99, 0.94), 0.15)
FILL = Lamp((0.85, 0.20, 0.55), (0.17, 0.19, 0.22), 0.5)
RIM = Lamp((0.45, 0.45, -0.80), (0.42, 0.44, 0.48), 0.1)

CARDS: Final = (
    Card((-0.62, 0.62, 0.48), 0.34, 0.42, (4.2, 4.1, 3.95)),
    Card((0.90, 0.18, 0.38), 0.16, 0.75, (1.25, 1.32, 1.45)),
    Card((0.72, 0.30, -0.66), 0.14, 0.80, (3.2, 3.3, 3.5)),
    Card((-0.80, 0.15, -0.58), 0.12, 0.80, (2.4, 2.45, 2.5)),
    Card((0.10, 0.30, 1.00), 0.55, 0.30, (0.55, 0.55, 0.55)),
)
SKY: Final = (0.62, 0.64, 0.68)
HORIZON: Final = (0.30, 0.30, 0.31)
GROUND: Final = (0.15, 0.14, 0.13)
# Ambient light from above and below on dull surfaces.
AMBIENT_SKY: Final = (0.46, 0.47, 0.50)
AMBIENT_GROUND: Final = (0.22, 0.21, 0.20)


def mirrored_light(directions: Floats, roughness: Floats) -> Floats:
    """Light (N, 3) that a mirror of the given roughness collects from unit directions (N, 3).

    Roughness widens the edges of each card as a blur of that width would, so a rough metal shows
    one soft glow and a polished one the cards themselves.
    """
    blur = np.float32(0.035) + np.float32(0.95) * roughness**2
    inverse = np.float32(1) / blur
    up = directions[:, 1]
    above = np.tanh(np.maximum(up, 0) * 1.6 / (0.45 + blur))
    below = np.tanh(np.maximum(-up, 0) * 1.8 / (0.18 + blur))
    horizon, sky, ground = (np.array(c, np.float32) for c in (HORIZON, SKY, GROUND))
    light: Floats = horizon + above[:, None] * (sky - horizon) + below[:, None] * (ground - horizon)
    for card in CARDS:
        axis, right, top = _card_axes(card)
        share = np.float32(0.5) * (1 + np.tanh((directions @ axis) * inverse))
        share *= _between(directions @ right, card.half_width, inverse)
        share *= _between(directions @ top, card.half_height, inverse)
        light += share[:, None] * np.array(card.colour, np.float32)
    return light


def ambient_light(normals: Floats) -> Floats:
    """Light (N, 3) from the whole room on dull surfaces with unit normals (N, 3)."""
    share = (0.5 + 0.5 * normals[:, 1])[:, None]
    sky, ground = np.array(AMBIENT_SKY, np.float32), np.array(AMBIENT_GROUND, np.float32)
    mixed: Floats = ground + share * (sky - ground)
    return mixed


def lamp_light(normals: Floats, lamp: Lamp) -> Floats:
    """Light (N, 3) of one lamp on dull surfaces with unit normals (N, 3)."""
    towards = _unit(lamp.towards)
    lit = np.maximum((normals @ towards + lamp.wrap) / np.float32(1 + lamp.wrap), 0)
    coloured: Floats = lit[:, None] * np.array(lamp.colour, np.float32)
    return coloured


def _between(position: Floats, half_width: float, inverse_blur: Floats) -> Floats:
    inside = np.tanh((position + np.float32(half_width)) * inverse_blur)
    inside -= np.tanh((position - np.float32(half_width)) * inverse_blur)
    inside *= np.float32(0.5)
    return inside


def _card_axes(card: Card) -> tuple[Floats, Floats, Floats]:
    axis = _unit(card.towards)
    right = np.cross(np.array([0, 1, 0], np.float32), axis)
    right = right / np.linalg.norm(right)
    return axis, right.astype(np.float32), np.cross(axis, right).astype(np.float32)


def _unit(vector: tuple[float, float, float]) -> Floats:
    unit: Floats = (np.array(vector) / np.linalg.norm(vector)).astype(np.float32)
    return unit
