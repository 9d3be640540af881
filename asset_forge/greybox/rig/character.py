"""From a GLB to rigged GLBs: measure, place, weigh, animate, write."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from asset_forge.errors import Refused
from asset_forge.glb.builder import AnimationChannel, GlbBuilder, Primitive
from asset_forge.glb.compact import compact
from asset_forge.glb.decompress import decoded
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import DrawnMesh, drawn_meshes
from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.rig.apose import raised_arms, turned_about_z
from asset_forge.greybox.rig.clips import Clip, make_clip
from asset_forge.greybox.rig.gait import RUN, SKIRTED_STEP, WALK
from asset_forge.greybox.rig.landmarks import (
    Landmarks,
    faces_backwards,
    find_landmarks,
    quarter_turns,
)
from asset_forge.greybox.rig.skeleton import JOINTS, PARENTS, PREFIX, Skeleton
from asset_forge.greybox.rig.weights import skin_weights

# Attributes that the rig writes itself or that would be wrong after it.
_REPLACED = ("POSITION", "NORMAL", "TANGENT", "JOINTS_", "WEIGHTS_")
# Parts of a document that describe the old scene.
_OLD_SCENE = ("scene", "scenes", "nodes", "meshes", "skins", "animations", "cameras")
# A model with more vertices than this would take minutes to weigh.
MAX_VERTICES = 400_000


@dataclass(frozen=True)
class RiggedCharacter:
    """A rigged character, and the same with one clip each; every one a whole GLB.

    confidence: 0..1, how well the model fits what a T-pose looks like.
    """

    rigged: bytes
    walking: bytes
    running: bytes
    joint_count: int
    confidence: float


def rig_character(glb: bytes, *, height_m: float = 1.7) -> RiggedCharacter:
    """Rig a biped in T-pose, scaled to `height_m`, feet on y = 0, facing +Z.

    Arms that hang down in an A-pose are raised first, and are level in the result's bind pose.
    Raises Refused with the reason when the model is no biped in T-pose, BadGlb when the bytes are
    no readable GLB. About a second of CPU for 10,000 vertices.
    """
    if not 0.01 <= height_m <= 1000:
        raise Refused(f"A character cannot be {height_m!r} m high.")
    document = decoded(GlbDocument.parse(glb))
    drawn = [mesh for mesh in drawn_meshes(document) if len(mesh.triangles)]
    if not drawn:
        raise Refused("The model cannot be rigged: it holds no triangles.")
    positions = np.concatenate([mesh.positions for mesh in drawn])
    if len(positions) > MAX_VERTICES:
        raise Refused(f"The model cannot be rigged: {len(positions)} vertices are too many.")
    triangles = _joined_triangles(drawn)
    used = positions[np.unique(triangles)]
    turn = _facing_turn(used)
    drawn = [_turned(mesh, turn) for mesh in drawn]
    positions, turns, landmarks = _in_t_pose(positions @ turn.T, triangles)
    used = positions[np.unique(triangles)]
    scale, shift = _placement(used, landmarks.skeleton, height_m)
    skeleton = landmarks.skeleton.moved(np.eye(3), scale, shift)
    placed = scale * positions + shift
    hem_y, walk, run = None, WALK, RUN
    if landmarks.hem_y is not None:
        hem_y = scale * landmarks.hem_y + float(shift[1])
        walk, run = WALK.shortened(SKIRTED_STEP), RUN.shortened(SKIRTED_STEP)
    joints, weights = skin_weights(placed, triangles, skeleton, hem_y=hem_y)
    base, nodes = _skinned(document, drawn, turns, placed, joints, weights, skeleton)
    return RiggedCharacter(
        rigged=base.to_bytes(),
        walking=_animated(base, nodes, make_clip(walk, skeleton)).to_bytes(),
        running=_animated(base, nodes, make_clip(run, skeleton)).to_bytes(),
        joint_count=len(JOINTS),
        confidence=landmarks.confidence,
    )


def _joined_triangles(drawn: Sequence[DrawnMesh]) -> Ints:
    offsets = np.cumsum([0, *(len(mesh.positions) for mesh in drawn)])
    pairs = zip(drawn, offsets, strict=False)
    return np.concatenate([mesh.triangles + offset for mesh, offset in pairs])


def _facing_turn(points: Floats) -> Floats:
    """Rotation (3, 3) about +Y that brings the arms onto X and the toes to +Z."""
    turn = np.eye(3)
    if quarter_turns(points):
        turn = _about_y(90.0)
    if faces_backwards(points @ turn.T):
        turn = _about_y(180.0) @ turn
    return turn


def _turned(mesh: DrawnMesh, turn: Floats) -> DrawnMesh:
    normals = None if mesh.normals is None else mesh.normals @ turn.T
    return replace(mesh, positions=mesh.positions @ turn.T, normals=normals)


def _in_t_pose(positions: Floats, triangles: Ints) -> tuple[Floats, Floats, Landmarks]:
    """Return positions (V, 3) in T-pose, how far each was turned about +Z for it, and landmarks."""
    found = raised_arms(positions, triangles)
    if found is None:
        return positions, np.zeros(len(positions)), find_landmarks(positions, triangles)
    raised, turns = found
    try:
        return raised, turns, find_landmarks(raised, triangles)
    except Refused:
        # What is wrong with the model itself says more than what is wrong with the attempt.
        find_landmarks(positions, triangles)
        raise


def _about_y(degrees: float) -> Floats:
    cos, sin = round(np.cos(np.radians(degrees))), round(np.sin(np.radians(degrees)))
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])


def _placement(points: Floats, skeleton: Skeleton, height_m: float) -> tuple[float, Floats]:
    """Scale and shift to the asked height: feet on y = 0, standing over the origin."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height_m / float(high[1] - low[1])
    feet = (skeleton.places["LeftFoot"] + skeleton.places["RightFoot"]) / 2
    return scale, -scale * np.array([(low[0] + high[0]) / 2, low[1], feet[2]])


def _skinned(
    document: GlbDocument,
    drawn: Sequence[DrawnMesh],
    turns: Floats,
    positions: Floats,
    joints: Ints,
    weights: npt.NDArray[np.float32],
    skeleton: Skeleton,
) -> tuple[GlbDocument, list[int]]:
    """Return the document with one skinned mesh and the skeleton, and the nodes of the joints."""
    stripped = GlbDocument(
        {key: value for key, value in document.json.items() if key not in _OLD_SCENE},
        document.binary,
        document.other_chunks,
    )
    builder = GlbBuilder(stripped)
    primitives, start = [], 0
    for mesh in drawn:
        rows = slice(start, start + len(mesh.positions))
        start = rows.stop
        primitives.append(
            Primitive(
                positions=positions[rows],
                triangles=mesh.triangles,
                normals=None if mesh.normals is None else turned_about_z(mesh.normals, turns[rows]),
                joints=joints[rows],
                weights=weights[rows],
            )
        )
    mesh_index = builder.add_mesh("body", primitives)
    nodes = [builder.add_node(PREFIX + n, translation=skeleton.offset(n).tolist()) for n in JOINTS]
    for index, name in enumerate(JOINTS):
        children = [nodes[k] for k, other in enumerate(JOINTS) if PARENTS[other] == name]
        if children:
            builder.set_children(nodes[index], children)
    inverse = np.tile(np.eye(4), (len(JOINTS), 1, 1))
    inverse[:, :3, 3] = [-skeleton.places[name] for name in JOINTS]
    skin = builder.add_skin("Armature", nodes, inverse, skeleton=nodes[0])
    body = builder.add_node("body", mesh=mesh_index, skin=skin)
    builder.set_scene([body, builder.add_node("Armature", children=[nodes[0]])])
    built = builder.build()
    _keep_looks(built, mesh_index, drawn)
    return compact(built), nodes


def _keep_looks(document: GlbDocument, mesh_index: int, drawn: Sequence[DrawnMesh]) -> None:
    """Give the new primitives the material, texture coordinates and colours of the old ones."""
    for new, old in zip(document.json["meshes"][mesh_index]["primitives"], drawn, strict=True):
        for key in ("material", "extensions", "extras"):
            if key in old.primitive:
                new[key] = copy.deepcopy(old.primitive[key])
        for name, accessor in old.primitive.get("attributes", {}).items():
            if not name.startswith(_REPLACED):
                new["attributes"][name] = accessor


def _animated(base: GlbDocument, nodes: Sequence[int], clip: Clip) -> GlbDocument:
    """Return the rigged document with one clip."""
    builder = GlbBuilder(base)
    channels = [
        AnimationChannel(node, "rotation", clip.times_s, clip.rotations[name])
        for node, name in zip(nodes, JOINTS, strict=True)
    ]
    channels.append(AnimationChannel(nodes[0], "translation", clip.times_s, clip.hips))
    index = builder.add_animation(clip.name, channels)
    document = builder.build()
    # For engines that move the character: how fast the ground passes under its feet.
    document.json["animations"][index]["extras"] = {
        "groundSpeedMetersPerSecond": round(clip.ground_speed_m_s, 4)
    }
    return document
