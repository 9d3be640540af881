"""Cutting meshes: nothing opens, nothing flips, borders lie where they should."""

import numpy as np

from asset_forge.greybox.body.fields import Ellipsoid, Layer
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.body.regions import Cutter, cut_layers, layer_distances
from asset_forge.greybox.body.surface import Lens, mirror_half
from asset_forge.greybox.mesh import Floats, Ints


def sphere(steps: int = 12) -> tuple[Floats, Ints]:
    """A closed sphere of radius 0.3 around (0.4, 0.5, 0)."""
    angle = np.linspace(0, np.pi, steps + 1)[1:-1]
    turn = np.arange(2 * steps) * np.pi / steps
    rings = np.stack(
        [
            np.outer(np.sin(angle), np.cos(turn)),
            np.outer(np.cos(angle), np.ones_like(turn)),
            np.outer(np.sin(angle), -np.sin(turn)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    points = np.concatenate([rings, [(0, 1, 0), (0, -1, 0)]]) * 0.3 + (0.4, 0.5, 0.0)
    n, top, bottom = 2 * steps, len(rings), len(rings) + 1
    faces = []
    for k in range(n):
        after = (k + 1) % n
        faces += [(top, k, after), (bottom, top - n + after, top - n + k)]
        for r in range(steps - 2):
            a, b = r * n + k, r * n + after
            faces += [(a, a + n, b), (b, a + n, b + n)]
    return points, np.array(faces)


def volume(positions: Floats, triangles: Ints) -> float:
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def is_closed(triangles: Ints) -> bool:
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    return bool((np.unique(edges, axis=0, return_counts=True)[1] == 2).all())


def test_cut_keeps_a_mesh_closed_and_its_volume() -> None:
    positions, triangles = sphere()
    before = volume(positions, triangles)
    cutter = Cutter(positions, triangles)

    def tilted(points: Floats) -> Floats:
        return np.asarray(points @ np.array([0.3, 1.0, 0.2]) - 0.66, np.float64)

    cutter.cut(tilted, tilted(cutter.positions))
    assert is_closed(cutter.triangles)
    assert abs(volume(cutter.positions, cutter.triangles) / before - 1) < 0.02
    assert len(cutter.triangles) > len(triangles)


def test_cut_leaves_no_triangle_on_both_sides() -> None:
    cutter = Cutter(*sphere())

    def wavy(points: Floats) -> Floats:
        return np.asarray(points[:, 1] - 0.5 - 0.03 * np.sin(9 * points[:, 0]), np.float64)

    cutter.cut(wavy, wavy(cutter.positions))
    side = wavy(cutter.positions)
    side[np.abs(side) < 1e-3] = 0
    low, high = side[cutter.triangles].min(axis=1), side[cutter.triangles].max(axis=1)
    assert not ((low < 0) & (high > 0)).any()


def test_cut_reports_where_each_triangle_comes_from() -> None:
    positions, triangles = sphere()
    cutter = Cutter(positions, triangles)
    origin = cutter.cut_plane(1, 0.57, lambda points: np.ones(len(points), bool))
    assert len(origin) == len(cutter.triangles)
    assert set(origin.tolist()) == set(range(len(triangles)))


def test_cut_plane_outside_the_mesh_changes_nothing() -> None:
    positions, triangles = sphere()
    cutter = Cutter(positions, triangles)
    origin = cutter.cut_plane(1, 2.0, lambda points: np.ones(len(points), bool))
    assert np.array_equal(origin, np.arange(len(triangles)))
    assert np.array_equal(cutter.positions, positions)


def test_layers_meet_where_their_distances_are_equal() -> None:
    skin = Layer("skin", [(Ellipsoid((0.4, 0.5, 0.0), (0.3, 0.3, 0.3)), 0.0)])
    cap = Layer("cap", [(Ellipsoid((0.4, 0.62, 0.0), (0.28, 0.2, 0.28)), 0.0)])
    cutter = Cutter(*sphere())
    labels = cut_layers(cutter, [skin, cap])
    assert set(labels.tolist()) == {0, 1}
    border = np.intersect1d(cutter.triangles[labels == 0], cutter.triangles[labels == 1])
    distances = layer_distances(cutter.positions[border], [skin, cap])
    assert np.abs(distances[0] - distances[1]).max() < 5e-3


def test_mirroring_shares_the_mid_line() -> None:
    positions = np.array([[0.0, 0, 0], [0.0, 1, 0], [1.0, 0, 0]])
    both, triangles, twin = mirror_half(positions, np.array([[0, 1, 2]]))
    assert len(both) == 4
    assert twin.tolist() == [0, 1, 3, 2]
    assert triangles.tolist() == [[0, 1, 2], [3, 1, 0]]


def test_lens_undoes_itself() -> None:
    plan = BodyPlan()
    rng = np.random.default_rng(3)
    trunk = rng.uniform((0, 0, -0.15), (0.2, 1.0, 0.15), (500, 3))
    arm = rng.uniform((0.2, -0.04, -0.05), (0.5, 0.04, 0.05), (500, 3))
    arm[:, 1] += plan.shoulder_y
    points = np.concatenate([trunk, arm])
    lens = Lens(plan)
    assert np.abs(lens.shrink(lens.enlarge(points)) - points).max() < 1e-9
