"""Skin weights by heat: every bone warms the surface next to it, and the warmth spreads.

After Baran and Popović, "Automatic Rigging and Animation of 3D Characters" (2007): solve
(L + H) w = H p with the surface's Laplacian L, p = 1 at the nearest bone, H = heat / distance².
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from asset_forge.greybox.mesh import Floats, Ints
from asset_forge.greybox.rig.skeleton import JOINTS, Skeleton

INFLUENCES = 4
# Smaller shares are dropped; they cost an influence and are not seen.
MIN_WEIGHT = 0.02
# Larger keeps bones apart more sharply.
HEAT = 1.0
# Vertices nearer than this share of the height are one vertex.
WELD = 2e-5
# Pieces up to this share of the height (eyes, buckles) move rigidly with what they sit on.
RIGID_SIZE = 0.09
# How far below the height that was found for it a hem may reach.
HEM_WIDTH = 0.02
# Separate pieces this near to each other are held together.
NEIGHBOUR_REACH = 0.02


def skin_weights(
    positions: Floats, triangles: Ints, skeleton: Skeleton, *, hem_y: float | None = None
) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Weights of every vertex: joint indices (V, 4) into `JOINTS`, weights (V, 4) adding up to 1.

    positions: (V, 3) metres, in the frame of the skeleton. hem_y: height in metres of the hem of
    what hides the legs; above it feet move nothing.
    """
    size = skeleton.height_m
    cells = np.round(positions / (size * WELD)).astype(np.int64)
    _, first, welded = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    welded = welded.reshape(-1)
    points = positions[first] / size
    faces = welded[triangles]
    faces = faces[
        (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    ]
    laplacian, area = _laplacian(points, faces)
    piece_count, piece = connected_components(laplacian, directed=False)
    distance = bone_distances(points, skeleton)
    if hem_y is not None:
        in_cloth = np.flatnonzero(points[:, 1] > hem_y / size - HEM_WIDTH)
        for index, name in enumerate(JOINTS):
            if name.endswith(("Foot", "ToeBase")):
                distance[in_cloth, index] += 1.0
    nearest = distance.argmin(axis=1)
    _calm_small_pieces(points, piece, piece_count, distance, nearest)
    laplacian = laplacian + _bridges(points, piece, laplacian.diagonal())
    close = np.maximum(distance[np.arange(len(points)), nearest], 0.012)
    heat = HEAT * area / close**2 + 1e-9
    sources = np.zeros((len(points), len(JOINTS)))
    sources[np.arange(len(points)), nearest] = 1.0
    solved = splu((laplacian + diags(heat)).tocsc()).solve(sources * heat[:, None])
    _make_rigid(points, piece, piece_count, solved)
    joints, weights = _strongest(np.maximum(solved, 0.0))
    return joints[welded], weights[welded]


def bone_distances(points: Floats, skeleton: Skeleton) -> Floats:
    """Distance of points (V, 3), in heights, to every bone that may move them, (V, 22) heights.

    Bones of the other side, legs above the hips and arms inside the chest are put far away: in a
    T-pose they are never what moves a point.
    """
    size = skeleton.height_m
    starts, ends = (part / size for part in skeleton.bones())
    places = {name: place / size for name, place in skeleton.places.items()}
    way = ends - starts
    share = np.einsum("vbk,bk->vb", points[:, None] - starts, way)
    share = np.clip(share / np.maximum((way**2).sum(axis=1), 1e-12), 0, 1)
    distance: Floats = np.linalg.norm(points[:, None] - (starts + share[..., None] * way), axis=2)

    middle = places["Hips"][0]
    out = points[:, 0] - middle
    hip_y = places["LeftUpLeg"][1]
    crotch_y = hip_y - 0.035
    chest = abs(places["LeftArm"][0] - middle)
    arm_y = places["LeftArm"][1]
    # Below the armpit the arm begins further out the lower one looks.
    beside = np.abs(out) - 0.95 * chest
    in_arm = (np.abs(out) > 0.80 * chest) & (arm_y - points[:, 1] < 0.03 + 1.1 * beside)
    legs = ("UpLeg", "Leg", "Foot", "ToeBase")
    for index, name in enumerate(JOINTS):
        part = name.removeprefix("Left").removeprefix("Right")
        if name.startswith("Left"):
            distance[out < -0.004, index] += 1.0
        elif name.startswith("Right"):
            distance[out > 0.004, index] += 1.0
        if part in legs:
            # The hip joint sits inside the flesh: the fold runs down towards the crotch.
            distance[points[:, 1] > hip_y + 0.6 * (np.abs(out) - 0.05), index] += 1.0
        elif part in ("Arm", "ForeArm", "Hand"):
            distance[~in_arm, index] += 1.0
        elif part == "Shoulder":
            low = points[:, 1] < arm_y - 0.045
            distance[low | (np.abs(out) < 0.20 * chest), index] += 1.0
        else:
            distance[points[:, 1] < crotch_y - 0.02, index] += 1.0
            if part != "Hips":
                distance[points[:, 1] < hip_y, index] += 1.0
            distance[np.abs(out) > 1.35 * chest, index] += 1.0 if part != "Head" else 0.0
    return distance


def _laplacian(points: Floats, faces: Ints) -> tuple[csr_matrix, Floats]:
    """Cotangent Laplacian (V, V), positive on the diagonal, and the area around each vertex."""
    count = len(points)
    area = np.zeros(count)
    rows, columns, values = [], [], []
    for k in range(3):
        a, b, c = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        u, v = points[a] - points[c], points[b] - points[c]
        double = np.linalg.norm(np.cross(u, v), axis=1)
        cotangent = np.einsum("ij,ij->i", u, v) / np.maximum(double, 1e-12)
        # Slivers would make weights negative or endless.
        half = np.clip(cotangent, 0.02, 5.0) / 2
        rows += [a, b]
        columns += [b, a]
        values += [half, half]
        np.add.at(area, c, double / 6)
    links = coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count, count)
    ).tocsr()
    degree = np.asarray(links.sum(axis=1)).reshape(-1)
    return (diags(degree) - links).tocsr(), np.maximum(area, 1e-8)


def _bridges(points: Floats, piece: npt.NDArray[np.int32], degree: Floats) -> csr_matrix:
    """Laplacian of links between separate pieces that touch, so that they move alike."""
    count = len(points)
    tree = cKDTree(points)
    reached, neighbours = tree.query(
        points, k=range(1, min(8, count) + 1), distance_upper_bound=NEIGHBOUR_REACH
    )
    near = np.asarray(neighbours, np.int64)
    found = np.isfinite(reached)
    foreign = found & (piece[np.where(found, near, 0)] != piece[:, None])
    rows = np.flatnonzero(foreign.any(axis=1))
    if not len(rows):
        return csr_matrix((count, count))
    columns = near[rows, foreign[rows].argmax(axis=1)]
    strength = 0.5 * np.minimum(degree[rows], degree[columns]) + 1e-6
    links = coo_matrix((strength, (rows, columns)), (count, count)).tocsr()
    links = links.maximum(links.T)
    bridges: csr_matrix = (diags(np.asarray(links.sum(axis=1)).reshape(-1)) - links).tocsr()
    return bridges


def _small_pieces(
    points: Floats, piece: npt.NDArray[np.int32], piece_count: int
) -> npt.NDArray[np.bool_]:
    """Which pieces are small enough to be rigid, (pieces,)."""
    low = np.full((piece_count, 3), np.inf)
    high = np.full((piece_count, 3), -np.inf)
    np.minimum.at(low, piece, points)
    np.maximum.at(high, piece, points)
    return np.asarray((high - low).max(axis=1) < RIGID_SIZE)


def _calm_small_pieces(
    points: Floats,
    piece: npt.NDArray[np.int32],
    piece_count: int,
    distance: Floats,
    nearest: npt.NDArray[np.int64],
) -> None:
    """Give every vertex of a small piece the bone that is nearest to the piece, in place."""
    small = _small_pieces(points, piece, piece_count)
    rows = np.flatnonzero(small[piece])
    if not len(rows):
        return
    total = np.zeros((piece_count, distance.shape[1]))
    np.add.at(total, piece[rows], distance[rows])
    nearest[rows] = total.argmin(axis=1)[piece[rows]]


def _make_rigid(
    points: Floats, piece: npt.NDArray[np.int32], piece_count: int, solved: Floats
) -> None:
    """Give small pieces one set of weights, the mean of their own, in place."""
    small = _small_pieces(points, piece, piece_count)
    rows = np.flatnonzero(small[piece])
    if not len(rows):
        return
    total = np.zeros((piece_count, solved.shape[1]))
    np.add.at(total, piece[rows], solved[rows])
    members = np.maximum(np.bincount(piece[rows], minlength=piece_count), 1)
    solved[rows] = (total / members[:, None])[piece[rows]]


def _strongest(weights: Floats) -> tuple[Ints, npt.NDArray[np.float32]]:
    """Pick the strongest influences of each vertex, small ones dropped, adding up to one."""
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    best = np.take_along_axis(weights, joints, axis=1)
    best /= np.maximum(best.sum(axis=1, keepdims=True), 1e-12)
    best[best < MIN_WEIGHT] = 0.0
    best /= np.maximum(best.sum(axis=1, keepdims=True), 1e-12)
    joints[best == 0] = 0
    return joints.astype(np.int64), best.astype(np.float32)
