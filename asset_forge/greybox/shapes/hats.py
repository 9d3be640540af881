"""What is worn on the head and is no helmet: crowns, pointed hats, hoods and coifs."""

from typing import Literal

import numpy as np

from asset_forge.greybox import words
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes import armoury, trappings
from asset_forge.greybox.shapes.shells import (
    borders,
    joined,
    rim_parts,
    sheet,
    shell_part,
)
from asset_forge.greybox.solids import curve, ellipsoid, loft

Hat = Literal["crown", "pointed", "hood"]

_DEPTH = 1.16  # a head is deeper than wide
_CROWNS = ("crown", "circlet", "tiara", "diadem", "coronet")
_POINTED = ("wizard hat", "wizard's hat", "witch hat", "witch's hat", "mage hat", "mage's hat",
            "pointed hat", "pointy hat", "sorcerer's hat", "sorcerer hat")  # fmt: skip
_STONES = ("gem", "gems", "jewel", "jewels", "stones")
_PLURALS = {"rubies": "ruby", "sapphires": "sapphire", "emeralds": "emerald",
            "amethysts": "amethyst", "diamonds": "diamond", "pearls": "ivory"}  # fmt: skip
_HOODS = ("hood", "cowl", "coif")


def hat_of(brief: Brief) -> Hat | None:
    """Return what other than a helmet the words ask for, or None for a helmet."""
    if words.has(brief, *_CROWNS):
        return "crown"
    if words.has(brief, *_POINTED):
        return "pointed"
    return "hood" if words.has(brief, *_HOODS) else None


def build(brief: Brief, hat: Hat) -> Shape:
    """Build a hat facing +Z that stands on y = 0, its axis over the origin."""
    make = {"crown": _crown, "pointed": _pointed, "hood": _hood}[hat]
    parts, surfaces = make(brief)
    factor = words.size_factor(brief) * float(brief.rng("hat size").uniform(0.97, 1.03))
    return armoury.finished("helmet", brief, parts, surfaces, factor)


def _ring(radius: float, y: float, angle: np.ndarray) -> np.ndarray:
    return np.stack(
        [radius * np.sin(angle), np.full(angle.shape, y), _DEPTH * radius * np.cos(angle)], axis=-1
    )


def _crown(brief: Brief) -> tuple[list[Part], dict[str, str]]:
    """Make a band with points, balls on them, stones around it and a cap of velvet inside."""
    rng = brief.rng("crown")
    low = words.has(brief, "circlet", "tiara", "diadem")
    tines = int(rng.choice([6, 8, 10]))
    base, tall = (0.022, 0.030) if low else (0.045, float(rng.uniform(0.045, 0.075)))
    flare, columns = float(rng.uniform(1.02, 1.14)), tines * 4
    angle = np.arange(columns) * (2 * np.pi / columns)
    wave = np.array([1.0, 0.34, 0.0, 0.34])[np.arange(columns) % 4]
    if low:
        # Highest over the brow.
        wave = wave * (0.35 + 0.65 * np.clip(np.cos(angle), 0.0, 1.0) ** 2)
    top = base + tall * wave
    radius = 0.094
    rows = []
    for share in (1.0, 0.55, 0.0):
        y = base + (top - base) * share if share else np.full(columns, base)
        grown = radius * (1 + (flare - 1) * y / (base + tall))
        rows.append(np.stack([grown * np.sin(angle), y, _DEPTH * grown * np.cos(angle)], axis=1))
    rows.append(_ring(radius, 0.0, angle))
    made = sheet(np.array(rows), wrap=True, patches=2)
    velvet = f"{rng.choice(['crimson', 'purple', 'navy'])} cloth"
    surfaces = {
        "body": words.surface_for(
            brief, _CROWNS, "gold", ("metal", "bone", "wood", "gem", "stone"), main=True
        ),
        "trim": "silver" if words.has(brief, "gold", "golden") else "gold",
        "gem": words.surface_for(brief, _STONES, _stone(brief, rng), ("gem",), anywhere=True),
        "cap": words.surface_for(brief, ("cap", "lining", "velvet"), velvet, ("cloth",)),
    }  # fmt: skip
    parts = [shell_part(made, 0.004, "band", "body", inside=0.7, crease_deg=40)]
    parts += rim_parts(borders(joined(made))[-1:], 0.0045, "foot", "trim")
    stones, balls = [], []
    for k in range(tines):
        turn = angle[k * 4]
        way = np.array([np.sin(turn), 0.0, np.cos(turn)])
        place = _ring(radius * 1.012, 0.52 * base, np.array([turn]))[0]
        size = 0.75 if low else 1.0
        stone = trappings.pointing(ellipsoid(0.009, 0.005, 0.011, sides=8, rows=4), way)
        stones.append(stone.scaled(size, size, size).moved(*(place + way * 0.002)))
        tip = rows[0][k * 4]
        balls.append(ellipsoid(0.0075, 0.0075, 0.0075, sides=7, rows=5).moved(*tip))
    parts += [to_part(s, f"stone {k}", "gem", chart="stones") for k, s in enumerate(stones)]
    if not low:
        parts += [to_part(b, f"ball {k}", "trim", chart="balls", crease_deg=70)
                  for k, b in enumerate(balls)]  # fmt: skip
        if words.has(brief, "royal", "king", "king's", "queen", "queen's", "velvet", "imperial"):
            puff = ellipsoid(0.093, 0.068, 0.093 * _DEPTH, sides=18, rows=9).moved(y=base + 0.004)
            parts.append(to_part(puff, "cap", "cap", crease_deg=70))
    return parts, surfaces


def _stone(brief: Brief, rng: np.random.Generator) -> str:
    """Return the stone that is named in the plural, or one that the seed picks."""
    named = (word for stone, word in _PLURALS.items() if words.has(brief, stone))
    return next(named, str(rng.choice(["ruby", "sapphire", "emerald", "amethyst"])))


def _pointed(brief: Brief) -> tuple[list[Part], dict[str, str]]:
    """Make a wizard's hat: a drooping cone on a wide brim, with a band and a buckle."""
    rng = brief.rng("pointed hat")
    tall, brim = float(rng.uniform(0.30, 0.40)), float(rng.uniform(0.10, 0.15))
    sway, lean = float(rng.uniform(0.05, 0.11)), float(rng.uniform(-0.9, 0.9))
    angle = np.arange(24) * (2 * np.pi / 24)
    wave = 0.012 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.008 * np.sin(3 * angle)
    line = curve(
        [(0, 0, 0), (0, 0.35 * tall, -0.01), (0.3 * sway * lean, 0.7 * tall, -0.3 * sway),
         (sway * lean, tall, -sway)], 8,
    )  # fmt: skip
    radii = np.array([0.100, 0.090, 0.076, 0.060, 0.047, 0.033, 0.018, 0.004])
    rows = [
        _ring(float(r), 0.0, angle) * (1.0, 0.0, 1.0) + point
        for r, point in zip(radii, line, strict=True)
    ][::-1]
    # Folds: every second ring is drawn in a little.
    for k in range(2, 7, 2):
        middle = rows[k].mean(axis=0)
        rows[k] = middle + (rows[k] - middle) * 0.93 - np.array([0.0, 0.010, 0.0])
    for share in (0.35, 1.0):
        ring = _ring(0.100 + brim * share, -0.012 * share, angle)
        ring[:, 1] += wave * share
        rows.append(ring)
    made = sheet(np.array(rows), wrap=True, patches=2)
    cloth = str(rng.choice(["navy wool", "purple cloth", "brown wool", "black wool"]))
    body = words.surface_for(brief, ("hat", "cap"), cloth, ("cloth", "leather"), main=True)
    surfaces = {
        "body": body,
        "band": words.surface_for(brief, ("band", "ribbon"), "brown leather", ("leather", "cloth")),
        "trim": words.surface_for(brief, ("buckle", "trim"), "gold", ("metal",)),
    }
    band = np.array([
        _ring(radius, y, angle) * (1.0, 1.0, 1.0)
        for radius, y in ((0.104, 0.002), (0.100, 0.034), (0.094, 0.034), (0.096, 0.002))
    ])  # fmt: skip
    frame = (
        trappings.buckle(0.040, 0.042).rotated("x", -8).moved(0.0, 0.018, _DEPTH * 0.102 + 0.006)
    )
    tip = ellipsoid(0.006, 0.006, 0.006, sides=8, rows=5).moved(*line[-1])
    parts = [
        shell_part(made, 0.005, "hat", "body", crease_deg=70),
        to_part(tip, "tip", "body", crease_deg=70),
        to_part(loft(band, wrap=True), "band", "band", crease_deg=50),
        to_part(frame, "buckle", "trim", crease_deg=50),
    ]
    edge = max(borders(made), key=lambda loop: float(np.ptp(loop[0][:, 0])))
    return [*parts, *rim_parts([edge], 0.004, "brim edge", "body")], surfaces


def _hood(brief: Brief) -> tuple[list[Part], dict[str, str]]:
    """Make a hood, or a coif of mail: around the head, open at the face, over the shoulders."""
    rng = brief.rng("hood")
    style = armoury.style_of(brief, ("hood", "cowl", "coif"), ("cloth",))
    is_mail = style.make in ("mail", "scale") or words.has(brief, "coif")
    peak = 0.0 if is_mail else float(rng.uniform(0.03, 0.07))
    # y, radius, how far the middle lies back and half the opening's angle, from the crown down.
    rows = [
        (0.348, 0.000, -0.012, 0.3), (0.338, 0.048, -0.010, 0.3), (0.314, 0.083, -0.006, 0.32),
        (0.290, 0.099, -0.002, 0.40), (0.240, 0.110, 0.000, 0.74), (0.178, 0.108, -0.001, 0.74),
        (0.126, 0.095, -0.006, 0.42), (0.096, 0.094, -0.010, 0.40), (0.055, 0.145, -0.008, 0.4),
        (0.000, 0.205, -0.004, 0.4),
    ]  # fmt: skip
    points = []
    for y, radius, back, half in rows:
        around = np.linspace(half, 2 * np.pi - half, 20)[1:-1]
        angle = np.concatenate([np.linspace(-half, half, 7), around])
        ring = _ring(radius, y, angle)
        wide = 1.0 + 0.28 * max(0.0, 0.08 - y) / 0.08
        ring[:, 0] *= wide
        ring[:, 2] /= wide**1.4
        ring[:, 2] += back
        # The tip hangs back, and the opening stands forward of the face.
        ring[:, 2] -= peak * max(y - 0.16, 0.0) / 0.16 * np.clip(-np.cos(angle), 0, 1) ** 1.5
        ring[:, 2] += 0.010 * np.exp(-((angle / 0.8) ** 2) - ((y - 0.21) / 0.09) ** 2)
        points.append(ring)
    grid = np.array(points)
    grid[0] = grid[0].mean(axis=0)
    if not is_mail:
        grid[-1, :, 1] += 0.010 * np.sin(4 * angle)
    keep = np.ones((len(rows) - 1, grid.shape[1]), bool)
    keep[3:6, :6] = False
    made = joined(sheet(grid, wrap=True, keep=keep, patches=1))
    default = (
        "iron"
        if is_mail
        else str(rng.choice(["olive wool", "brown wool", "navy wool", "grey linen"]))
    )
    body = words.surface_for(
        brief, _HOODS, default, ("metal",) if is_mail else ("cloth", "leather", "scale"), main=True
    )
    surfaces = {
        "body": ("linked " if is_mail and style.make != "scale" else "lamellar " if is_mail else "")
        + body,
        "strap": armoury.strap_surface(brief),
    }
    return [
        shell_part(made, 0.006, "hood", "body", crease_deg=70),
        *rim_parts(borders(made), 0.0055, "edge", "strap", lift=-0.003),
    ], surfaces
