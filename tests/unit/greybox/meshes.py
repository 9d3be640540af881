"""Helpers for tests of shapes: briefs by kind, and what a closed part is."""

import numpy as np

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Ints, Part
from asset_forge.greybox.solids import is_closed

KINDS = ("sword", "axe", "shield", "staff", "bow", "helmet", "crate")


def brief(words: str, kind: str, *, seed: int | None = None, **more: object) -> Brief:
    """Return a brief with small textures."""
    fields: dict[str, object] = {"texture_px": 256, **more}
    return Brief(name=words, type="item", subtype=kind, seed=seed, **fields)  # type: ignore[arg-type]


def welded_triangles(part: Part) -> Ints:
    """Return the part's triangles over welded positions."""
    _, weld = np.unique(np.round(part.positions, 6), axis=0, return_inverse=True)
    welded: Ints = weld.reshape(-1)[part.triangles]
    return welded


def closed(part: Part) -> bool:
    return is_closed(welded_triangles(part))


def volume_m3(part: Part) -> float:
    a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def width_m(parts: tuple[Part, ...], slot: str, axis: int) -> float:
    """Return the extent of all parts of a slot along an axis."""
    points = np.concatenate([part.positions for part in parts if part.slot == slot])
    return float(np.ptp(points[:, axis]))
