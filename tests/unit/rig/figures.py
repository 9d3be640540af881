"""Small GLBs for the rig's tests: bipeds from boxes, and things that are none."""

from collections.abc import Sequence

import numpy as np

from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.mesh import Floats, Ints

Box = tuple[tuple[float, float, float], tuple[float, float, float]]

# A mannequin 1.8 m high from separate boxes: low and high corners.
BODY: dict[str, Box] = {
    "head": ((-0.10, 1.52, -0.11), (0.10, 1.80, 0.12)),
    "neck": ((-0.06, 1.44, -0.06), (0.06, 1.56, 0.06)),
    "trunk": ((-0.17, 0.84, -0.11), (0.17, 1.50, 0.11)),
    "left arm": ((0.15, 1.36, -0.05), (0.72, 1.46, 0.05)),
    "right arm": ((-0.72, 1.36, -0.05), (-0.15, 1.46, 0.05)),
    "left hand": ((0.70, 1.38, -0.05), (0.88, 1.44, 0.07)),
    "right hand": ((-0.88, 1.38, -0.05), (-0.70, 1.44, 0.07)),
    "left leg": ((0.04, 0.06, -0.07), (0.17, 0.90, 0.07)),
    "right leg": ((-0.17, 0.06, -0.07), (-0.04, 0.90, 0.07)),
    "left foot": ((0.04, 0.0, -0.08), (0.17, 0.09, 0.20)),
    "right foot": ((-0.17, 0.0, -0.08), (-0.04, 0.09, 0.20)),
}


def grid_box(box: Box, step: float = 0.04) -> tuple[Floats, Ints]:
    """A closed box with its faces divided into cells of about `step` metres, welded."""
    low, high = np.array(box[0]), np.array(box[1])
    points: list[Floats] = []
    faces: list[Ints] = []
    start = 0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for outside in (0, 1):
            count_u = max(round((high[u] - low[u]) / step), 1)
            count_v = max(round((high[v] - low[v]) / step), 1)
            grid_u, grid_v = np.meshgrid(
                np.linspace(low[u], high[u], count_u + 1),
                np.linspace(low[v], high[v], count_v + 1),
                indexing="ij",
            )
            face = np.empty((grid_u.size, 3), np.float64)
            face[:, u], face[:, v] = grid_u.reshape(-1), grid_v.reshape(-1)
            face[:, axis] = (low, high)[outside][axis]
            points.append(face)
            i, j = np.meshgrid(np.arange(count_u), np.arange(count_v), indexing="ij")
            a = (i * (count_v + 1) + j).reshape(-1) + start
            b, c, d = a + count_v + 1, a + count_v + 2, a + 1
            pair = [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
            faces += pair if outside else [t[:, ::-1] for t in pair]
            start += len(face)
    corners = np.concatenate(points).round(9)
    _, first, welded = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    triangles: Ints = welded.reshape(-1)[np.concatenate(faces)].astype(np.int64)
    return corners[first], triangles


def glb_of(pieces: Sequence[tuple[Floats, Ints]]) -> bytes:
    """A GLB with one node and one mesh per piece, without materials."""
    builder = GlbBuilder()
    nodes = [
        builder.add_node(f"piece {k}", mesh=builder.add_mesh(f"piece {k}", [Primitive(p, t)]))
        for k, (p, t) in enumerate(pieces)
    ]
    builder.set_scene(nodes)
    return builder.build().to_bytes()


def mannequin(turn: Floats | None = None, scale: float = 1.0, *, without: str = "") -> bytes:
    """The mannequin as a GLB of separate meshes, turned (3, 3) and scaled."""
    matrix = np.eye(3) if turn is None else turn
    pieces = []
    for name, box in BODY.items():
        if not (without and without in name):
            positions, triangles = grid_box(box)
            pieces.append((scale * positions @ matrix.T, triangles))
    return glb_of(pieces)


def about_y(degrees: float) -> Floats:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def about_z(degrees: float) -> Floats:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def sphere() -> bytes:
    positions, triangles = grid_box(((-1, -1, -1), (1, 1, 1)), 0.2)
    return glb_of([(positions / np.linalg.norm(positions, axis=1, keepdims=True), triangles)])


def box() -> bytes:
    return glb_of([grid_box(((-0.5, 0, -0.5), (0.5, 1, 0.5)), 0.1)])


def sword() -> bytes:
    parts: list[Box] = [
        ((-0.03, 0.2, -0.006), (0.03, 1.0, 0.006)),
        ((-0.12, 0.17, -0.02), (0.12, 0.2, 0.02)),
        ((-0.015, 0.0, -0.015), (0.015, 0.17, 0.015)),
    ]
    return glb_of([grid_box(part) for part in parts])


def tree() -> bytes:
    ball, triangles = grid_box(((-1, -1, -1), (1, 1, 1)), 0.2)
    ball = ball / np.linalg.norm(ball, axis=1, keepdims=True)
    crown = ball * (1.0, 0.7, 1.0) + (0, 1.7, 0)
    return glb_of([(crown, triangles), grid_box(((-0.12, 0, -0.12), (0.12, 1.2, 0.12)))])


def quadruped() -> bytes:
    parts: list[Box] = [
        ((-0.16, 0.45, -0.55), (0.16, 0.85, 0.5)),
        ((-0.12, 0.8, 0.4), (0.12, 1.1, 0.7)),
    ]
    parts += [
        ((x - 0.05, 0.0, z - 0.05), (x + 0.05, 0.5, z + 0.05))
        for x in (-0.1, 0.1)
        for z in (-0.45, 0.4)
    ]
    return glb_of([grid_box(part) for part in parts])


def winged_quadruped() -> bytes:
    """Spans like a T-pose and has a gap below, but stands on four feet."""
    parts: list[Box] = [
        ((-0.16, 0.55, -0.5), (0.16, 1.05, 0.5)),
        ((-0.10, 1.0, 0.3), (0.10, 1.3, 0.55)),
        ((-0.65, 0.90, -0.1), (-0.1, 0.96, 0.1)),
        ((0.1, 0.90, -0.1), (0.65, 0.96, 0.1)),
    ]
    parts += [
        ((x - 0.05, 0.0, z - 0.05), (x + 0.05, 0.6, z + 0.05))
        for x in (-0.1, 0.1)
        for z in (-0.4, 0.4)
    ]
    return glb_of([grid_box(part) for part in parts])


def a_pose(lowered_deg: float = 50.0, right_deg: float | None = None) -> bytes:
    """The mannequin with its arms lowered; right_deg: the right one by another angle."""
    pieces = []
    for name, corners in BODY.items():
        positions, triangles = grid_box(corners)
        if "arm" in name or "hand" in name:
            sign = 1 if "left" in name else -1
            root = np.array([sign * 0.17, 1.41, 0.0])
            degrees = lowered_deg if sign > 0 or right_deg is None else right_deg
            positions = (positions - root) @ about_z(-degrees * sign).T + root
        pieces.append((positions, triangles))
    return glb_of(pieces)


def robe(hem_m: float = 0.02) -> bytes:
    """The mannequin in a robe that hides its legs down to the hem."""
    pieces = [grid_box(corners) for corners in BODY.values()]
    pieces.append(grid_box(((-0.25, hem_m, -0.15), (0.25, 1.0, 0.15))))
    return glb_of(pieces)


def two_figures() -> bytes:
    """Two mannequins side by side, hand in hand."""
    pieces = []
    for shift in (-0.85, 0.85):
        for corners in BODY.values():
            positions, triangles = grid_box(corners)
            pieces.append((positions + np.array([shift, 0.0, 0.0]), triangles))
    return glb_of(pieces)


def table() -> bytes:
    parts: list[Box] = [((-0.6, 0.75, -0.35), (0.6, 0.8, 0.35))]
    parts += [
        ((x - 0.04, 0.0, z - 0.04), (x + 0.04, 0.78, z + 0.04))
        for x in (-0.5, 0.5)
        for z in (-0.3, 0.3)
    ]
    return glb_of([grid_box(part) for part in parts])


def parsed(data: bytes) -> GlbDocument:
    return GlbDocument.parse(data)
