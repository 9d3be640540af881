"""Put a model where games expect it: at its real size, the right way up, at its place.

The old scene gets one new root node that moves, turns and scales it; meshes, skins and clips keep
their bytes, and skins follow because their joints move too. +Y is up, metres. How a model is
wanted is said by a `Placement`; how it stands is found in weapon_axis, bow_and_shield and facing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.domain.sizes import Frame, Measure, Placement, conventions
from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.bow_and_shield import find_bow_stance, find_shield_stance
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.facing import LEAST_TURN_DEG, find_yaw_deg
from asset_forge.glb.meshes import drawn_meshes, scene_bounds
from asset_forge.glb.nodes import matrix_quaternion, quaternion_matrix, scene_roots
from asset_forge.glb.surface import (
    Stance,
    Surface,
    Vectors,
    principal_axes,
    sample_surface,
    turn_deg,
)
from asset_forge.glb.weapon_axis import find_weapon_stance

ROOT_NAME = "normalised"
# Below a thousandth of a millimetre a model is flat, and scaling it would only blow up noise.
MIN_HEIGHT_M = 1e-6
MIN_CONFIDENCE = 0.5
# What is turned by less stands as it should: its maker put it so, and measuring is not finer.
_LEAST_WEAPON_TURN_DEG = 2.5
# As a share of the size: a model that is this near to its place stays the file that it is.
_IN_PLACE = 1e-4


@dataclass(frozen=True)
class Normalised:
    """A placed model. `facts` go into metadata.json; without `is_placed` the bytes are unchanged.

    problem: why a model was left as it came, or was not turned, in a sentence; else None.
    """

    data: bytes
    is_placed: bool
    facts: dict[str, Any]
    problem: str | None = None


@dataclass(frozen=True, eq=False)
class _Move:
    """A point p goes to scale * rotation @ (p - origin)."""

    rotation: Vectors
    origin: Vectors
    scale: float
    facts: dict[str, Any]
    problem: str | None = None
    is_kept: bool = False


def normalise(data: bytes, placement: Placement) -> Normalised:
    """Place a model as its placement says; by a new root node alone, or not at all.

    A weapon whose direction is not clear keeps its own, centred on the origin. Geometry that
    cannot be measured is left as it came, with a problem. Raises BadGlb for a damaged file, and
    for a character without height.
    """
    document = GlbDocument.parse(data)
    if placement.frame in (Frame.CHARACTER, Frame.GROUND):
        move = _standing(document, placement)
    else:
        move = _held(document, placement)
    if move is None:
        problem = f"This {_called(placement)} could not be measured, so it was left as it came."
        return Normalised(data, False, {}, problem)
    facts: dict[str, Any] = {
        "conventions": conventions(placement.frame, is_kept=move.is_kept),
        "normalization": {
            **placement.to_json(),
            "scale": round(move.scale, 6),
            "turnedDegrees": round(turn_deg(move.rotation), 1),
            **move.facts,
            **({"note": move.problem} if move.problem else {}),
        },
    }
    if placement.frame in (Frame.WEAPON, Frame.BOW) and not move.is_kept:
        facts["grip"] = [0.0, 0.0, 0.0]
    if not _is_in_place(move, placement.size_m or 1.0):
        is_turned = turn_deg(move.rotation) > 0
        add_root(
            document,
            translation=-move.scale * (move.rotation @ move.origin),
            rotation=list(matrix_quaternion(move.rotation)) if is_turned else None,
            scale=move.scale,
        )
        data = document.to_bytes()
    return Normalised(data, True, facts, move.problem)


def normalise_character(data: bytes, height_m: float) -> bytes:
    """Return the GLB with feet on y = 0, centred in x and z, scaled to a height in metres.

    Measured on the rest pose, with skins applied; not turned. Raises BadGlb for a model without
    height.
    """
    if not 0 < height_m < 1e6:
        raise ValueError(f"a character cannot be {height_m!r} m high")
    document = GlbDocument.parse(data)
    low, high = _bounds(document)
    scale = height_m / _height(low, high)
    add_root(document, translation=-scale * _ground_point(low, high), scale=scale)
    return document.to_bytes()


def ground(data: bytes) -> bytes:
    """Return the GLB unscaled, with its lowest point on y = 0 and centred in x and z."""
    document = GlbDocument.parse(data)
    add_root(document, translation=-_ground_point(*_bounds(document)))
    return document.to_bytes()


def add_root(
    document: GlbDocument,
    *,
    translation: Sequence[float] | NDArray[np.float64] = (0.0, 0.0, 0.0),
    rotation: Sequence[float] | None = None,
    scale: float = 1.0,
) -> int:
    """Put one new node above the roots of the default scene; return its index.

    Changes the document. rotation is a unit quaternion x y z w. Other scenes that draw one of the
    old roots draw the new one instead, since a node with a parent cannot be a root.
    """
    old_roots = scene_roots(document)
    node: fields.JsonObject = {
        "name": ROOT_NAME,
        "translation": [float(value) + 0.0 for value in translation],  # + 0.0 turns -0.0 into 0.0
        "scale": [float(scale)] * 3,
        "children": list(old_roots),
    }
    if rotation is not None:
        node["rotation"] = [float(value) for value in rotation]
    nodes = document.json.setdefault("nodes", [])
    nodes.append(node)
    new_root = len(nodes) - 1
    if not fields.objects(document.json, "scenes"):
        document.json["scenes"] = [{"nodes": list(old_roots)}]
        document.json["scene"] = 0
    moved = set(old_roots)
    for scene in fields.objects(document.json, "scenes"):
        roots = fields.integers(scene, "nodes")
        if moved.intersection(roots):
            scene["nodes"] = [*(root for root in roots if root not in moved), new_root]
    return new_root


# --- how a model has to move ---


def _standing(document: GlbDocument, placement: Placement) -> _Move | None:
    low, high = _bounds(document)
    rotation, facts = np.eye(3), dict[str, Any]()
    if placement.frame is Frame.CHARACTER:
        _height(low, high)
        surface = _surface(document)
        yaw_deg = find_yaw_deg(surface) if surface is not None else None
        facts["facing"] = "toes" if yaw_deg is not None else "kept"
        if surface is not None and yaw_deg is not None and abs(yaw_deg) >= LEAST_TURN_DEG:
            rotation = _about_up(yaw_deg)
            turned = surface.points @ rotation.T
            low, high = turned.min(axis=0), turned.max(axis=0)
    sizes = high - low
    measured = float(sizes[1] if placement.measure is Measure.HEIGHT else sizes.max())
    scale = 1.0
    if placement.size_m is not None:
        if measured < MIN_HEIGHT_M:
            return None
        scale = placement.size_m / measured
    origin = rotation.T @ _ground_point(low, high)
    return _Move(rotation, origin, scale, facts)


def _held(document: GlbDocument, placement: Placement) -> _Move | None:
    surface = _surface(document)
    if surface is None:
        return None
    stance = _stance(surface, placement)
    is_kept = stance.confidence < MIN_CONFIDENCE
    if is_kept:
        # Its length is that along its own longest direction, however it lies.
        directions = principal_axes(surface.samples)[1]
        rotation, middle = np.eye(3), (surface.points.min(axis=0) + surface.points.max(axis=0)) / 2
        stance = Stance(rotation, middle, stance.confidence, stance.note)
    else:
        directions = np.eye(3)
        if turn_deg(stance.rotation) < _LEAST_WEAPON_TURN_DEG:
            stance = Stance(np.eye(3), stance.origin, stance.confidence, stance.note)
    turned = (surface.points @ stance.rotation.T) @ directions.T
    length = float(np.ptp(turned, axis=0).max())
    if length < MIN_HEIGHT_M:
        return None
    problem = None
    if stance.note:
        what = "Its direction was kept" if is_kept else "It was placed with doubts"
        problem = f"{what}: {stance.note}."
    return _Move(
        stance.rotation,
        stance.origin,
        1.0 if placement.size_m is None else placement.size_m / length,
        {
            "orientation": "kept" if is_kept else "measured",
            "confidence": round(stance.confidence, 2),
        },
        problem,
        is_kept,
    )


def _stance(surface: Surface, placement: Placement) -> Stance:
    if placement.frame is Frame.BOW:
        return find_bow_stance(surface)
    if placement.frame is Frame.SHIELD:
        return find_shield_stance(surface)
    return find_weapon_stance(surface, placement.kind)


def _surface(document: GlbDocument) -> Surface | None:
    """Sample what is drawn; None when it cannot be read triangle by triangle, or has no area."""
    _bounds(document)
    try:
        return sample_surface(drawn_meshes(document))
    except BadGlb:
        return None


def _is_in_place(move: _Move, size_m: float) -> bool:
    return (
        turn_deg(move.rotation) == 0
        and abs(move.scale - 1) < _IN_PLACE
        and float(np.abs(move.origin).max()) < _IN_PLACE * size_m
    )


def _about_up(yaw_deg: float) -> Vectors:
    half = np.radians(yaw_deg) / 2
    return quaternion_matrix((0.0, float(np.sin(half)), 0.0, float(np.cos(half))))


def _called(placement: Placement) -> str:
    return (placement.kind or "model").replace("_", " ")


def _bounds(document: GlbDocument) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    bounds = scene_bounds(document)
    if bounds is None:
        raise BadGlb("The scene of this GLB draws nothing, so it cannot be placed.")
    return bounds


def _height(low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    height = float(high[1] - low[1])
    if height < MIN_HEIGHT_M:
        raise BadGlb("The model of this GLB is flat, so it cannot be scaled to a height.")
    return height


def _ground_point(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of the underside of a box."""
    middle = (low + high) / 2
    return np.array([middle[0], low[1], middle[2]])
