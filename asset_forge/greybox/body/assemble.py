"""Putting a body together: layers to triangles, borders cut, joints given edge loops, parts made.

This is the one place where body heights become metres.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from asset_forge.greybox.body.anatomy import make_anatomy
from asset_forge.greybox.body.bones import bone_shells
from asset_forge.greybox.body.face import FacePiece, make_face
from asset_forge.greybox.body.fields import Layer
from asset_forge.greybox.body.outfit import Outfit, make_layers
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.body.regions import Cutter, cut_layers
from asset_forge.greybox.body.surface import march_half, mirror_half
from asset_forge.greybox.body.unwrap import body_part
from asset_forge.greybox.mesh import Floats, Ints, Part
from asset_forge.greybox.parts import to_part

# Half the span of the central difference that gives normals, in body heights.
NORMAL_STEP = 8e-4
# Below this cosine between a face and its smooth normal the face is shaded flat.
FLAT_BELOW = 0.35
# Bodies poorer than this get no edge loops and no face shells.
MIN_DETAILED_FACES = 2200
# Bones have ribs in any case, and teeth from here on.
MIN_DETAILED_BONES = 4200


def make_body(
    plan: BodyPlan, outfit: Outfit, *, face_budget: int, open_eyes: float = 1.0
) -> list[Part]:
    """All parts of a body in metres, feet on y = 0, exactly `plan.height_m` tall.

    At most `face_budget` triangles, but never fewer than what the borders of clothes need.
    """
    layers = make_layers(plan, make_anatomy(plan), outfit)
    detailed = face_budget >= (MIN_DETAILED_BONES if plan.bones else MIN_DETAILED_FACES)
    pieces: list[FacePiece] = []
    if plan.bones:
        is_bare = not (outfit.shirt or outfit.cuirass or outfit.vest)
        pieces = bone_shells(plan, ribs=is_bare, detailed=detailed)
    elif detailed:
        pieces = make_face(plan, layers[0], open_eyes=open_eyes)
    left = face_budget - sum(len(piece.solid.triangles) for piece in pieces)
    positions, triangles, labels = _cut_body(plan, layers, left, loops=detailed)
    normals = _corner_normals(positions, triangles, labels, layers)

    low, high = float(positions[:, 1].min()), float(positions[:, 1].max())
    scale = plan.height_m / (high - low)

    def metres(points: Floats) -> Floats:
        return np.asarray((points - (0.0, low, 0.0)) * scale, np.float64)

    parts = []
    slots = [layer.slot for layer in layers]
    for slot in dict.fromkeys(slots):
        members = [index for index, name in enumerate(slots) if name == slot]
        mine = np.isin(labels, members)
        if mine.any():
            vertices, local = np.unique(triangles[mine], return_inverse=True)
            part = body_part(
                slot, slot, metres(positions[vertices]), local.reshape(-1, 3), normals[mine], plan
            )
            parts.append(part)
    for piece in pieces:
        solid = piece.solid.bent(metres(piece.solid.positions))
        parts.append(to_part(solid, piece.name, piece.slot, crease_deg=60.0))
    return parts


def _cut_body(
    plan: BodyPlan, layers: Sequence[Layer], face_budget: int, *, loops: bool
) -> tuple[Floats, Ints, Ints]:
    """Mesh and cut the whole body: positions, triangles, and the layer of each triangle."""
    dense = march_half(layers, plan)
    # Cuts add triangles, how many shows only afterwards.
    target = int(0.40 * face_budget)
    for _ in range(6):
        cutter = Cutter(*dense.simplified(target))
        labels = cut_layers(cutter, layers)
        if loops:
            labels = _cut_loops(cutter, labels, plan)
        points, faces, labels = _welded(cutter, labels)
        excess = len(faces) - face_budget // 2
        if excess <= 0 and _is_sound(faces):
            break
        # Cuts that met in one point are rare, and gone with a few triangles less.
        target -= max(excess, 0) + 20
        if target < 200:
            break
    positions, triangles, _ = mirror_half(points, faces)
    return positions, triangles, np.concatenate([labels, labels])


def _welded(cutter: Cutter, labels: Ints) -> tuple[Floats, Ints, Ints]:
    """Make vertices at one place one; triangles without area go, and their labels."""
    _, first, place = np.unique(
        np.round(cutter.positions, 6), axis=0, return_index=True, return_inverse=True
    )
    faces = place.reshape(-1)[cutter.triangles]
    a, b, c = faces.T
    keep = (a != b) & (b != c) & (c != a)
    return cutter.positions[first], faces[keep], labels[keep]


def _is_sound(faces: Ints) -> bool:
    """Tell whether no edge has more than two faces."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, uses = np.unique(edges[:, 0] << 32 | edges[:, 1], return_counts=True)
    return bool((uses <= 2).all())


def _cut_loops(cutter: Cutter, labels: Ints, plan: BodyPlan) -> Ints:
    """Give elbows, knees, wrists, hips and the waist edge loops, so that they bend smoothly."""
    bent = 0.020
    arm = 0.06

    def in_arm(points: Floats) -> npt.NDArray[np.bool_]:
        near = np.abs(points[:, 1] - plan.shoulder_y) < arm
        return np.asarray((points[:, 0] > plan.shoulder_x) & near)

    def below_hips(points: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray((points[:, 1] < plan.hip_y) & (points[:, 0] < 2.4 * plan.stance_x))

    def in_trunk(points: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray(points[:, 0] < plan.shoulder_x * 0.98)

    planes: list[tuple[int, float, Callable[[Floats], npt.NDArray[np.bool_]]]] = [
        (0, plan.elbow_x - bent, in_arm),
        (0, plan.elbow_x, in_arm),
        (0, plan.elbow_x + bent, in_arm),
        (0, plan.shoulder_x + 0.20 * plan.arm, in_arm),
        (0, plan.wrist_x, in_arm),
        (1, plan.knee_y - 1.2 * bent, below_hips),
        (1, plan.knee_y, below_hips),
        (1, plan.knee_y + 1.2 * bent, below_hips),
        (1, plan.knee_y + 0.6 * (plan.crotch_y - plan.knee_y), below_hips),
        (1, plan.torso_y(0.55), in_trunk),
        (1, plan.torso_y(0.72), in_trunk),
    ]
    for axis, place, where in planes:
        labels = labels[cutter.cut_plane(axis, place, where)]
    return labels


def _corner_normals(
    positions: Floats, triangles: Ints, labels: Ints, layers: Sequence[Layer]
) -> Floats:
    """Return unit normals per triangle corner (T, 3, 3): smooth on a layer, sharp between layers.

    Smooth normals are gradients of the layer's own field, so they do not show the triangles.
    """
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    face /= np.maximum(np.linalg.norm(face, axis=1, keepdims=True), 1e-15)
    normals = np.empty((len(triangles), 3, 3))
    for index, layer in enumerate(layers):
        mine = np.flatnonzero(labels == index)
        vertices, local = np.unique(triangles[mine], return_inverse=True)
        if len(vertices):
            smooth = _gradients(positions[vertices], layer.untrimmed())
            normals[mine] = smooth[local.reshape(-1, 3)]
    bad = np.einsum("tkc,tc->tk", normals, face) < FLAT_BELOW
    return np.where(bad[..., None], face[:, None], normals)


def _gradients(points: Floats, layer: Layer) -> Floats:
    """Return unit gradients of a layer's distance at points (V, 3), mirrored where x < 0."""
    mirrored = np.where(points[:, 0] < 0, -1.0, 1.0)
    middle = np.abs(points[:, 0]) < 1e-9
    base = np.abs(points[:, 0])
    columns = []
    for axis in range(3):
        pair = []
        for sign in (1.0, -1.0):
            moved = np.stack([base, points[:, 1], points[:, 2]], axis=1)
            moved[:, axis] += sign * NORMAL_STEP
            x, y, z = moved.astype(np.float32).T
            pair.append(layer.distance(x, y, z).astype(np.float64))
        columns.append(pair[0] - pair[1])
    gradient = np.stack(columns, axis=1)
    gradient[:, 0] *= mirrored
    gradient[middle, 0] = 0.0
    length = np.linalg.norm(gradient, axis=1, keepdims=True)
    unit: Floats = gradient / np.maximum(length, 1e-12)
    return unit
