"""Distance fields: zero on the surface, right sign, the same on grids and at points."""

import numpy as np
import pytest

from asset_forge.greybox.body.fields import (
    Array,
    Capsule,
    Cut,
    Ellipsoid,
    Field,
    Layer,
    Loft,
    open_grid,
    smooth_max,
    smooth_min,
)

SOLIDS: list[Field] = [
    Capsule((0.1, 0.2, 0.0), (0.3, 0.25, 0.05), 0.05, 0.03),
    Ellipsoid((0.2, 0.2, 0.0), (0.1, 0.05, 0.07), (20, -30, 15)),
    Loft("y", [(0.1, 0.2, 0.0, 0.05, 0.06), (0.3, 0.21, 0.01, 0.04, 0.04)]),
    Loft("x", [(0.1, 0.2, 0.0, 0.05, 0.06), (0.3, 0.21, 0.01, 0.04, 0.04)], 3.0),
]


def points(count: int = 4000) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(7)
    x, y, z = rng.uniform((0.0, 0.0, -0.2), (0.45, 0.45, 0.2), (count, 3)).astype(np.float32).T
    return x, y, z


@pytest.mark.parametrize("solid", SOLIDS)
def test_points_inside_a_solid_lie_in_its_box(solid: Field) -> None:
    x, y, z = points()
    inside = solid.distance(x, y, z) < 0
    assert inside.any()
    low, high = np.array(solid.box) + np.array([[-1e-6], [1e-6]])
    within = np.stack([x, y, z], axis=1)[inside]
    assert (within >= low).all()
    assert (within <= high).all()


@pytest.mark.parametrize("solid", SOLIDS)
def test_distance_near_the_surface_is_nearly_metric(solid: Field) -> None:
    x, y, z = points()
    distance = solid.distance(x, y, z)
    near = np.abs(distance) < 0.01
    step = np.float32(1e-3)
    moved = [
        solid.distance(x + dx, y + dy, z + dz) - distance
        for dx, dy, dz in ((step, 0, 0), (0, step, 0), (0, 0, step))
    ]
    slope = np.linalg.norm(np.stack(moved)[:, near], axis=0) / step
    assert np.median(slope) == pytest.approx(1.0, abs=0.15)


def test_smooth_union_is_below_both_and_equal_far_from_the_seam() -> None:
    a = np.array([0.0, 0.01, 0.5], np.float32)
    b = np.array([0.0, 0.02, 0.1], np.float32)
    union = smooth_min(a, b, 0.04)
    assert (union <= np.minimum(a, b)).all()
    assert union[2] == b[2]
    assert (smooth_max(a, b, 0.04) >= np.maximum(a, b)).all()


def test_layer_on_a_grid_equals_layer_at_points() -> None:
    layer = Layer(
        "cloth",
        [(SOLIDS[0], 0.0), (SOLIDS[1], 0.02)],
        grow=0.01,
        cuts=[Cut((1.0, 0.0, 0.0), 0.25)],
        carved=[(Capsule((0.2, 0.2, 0.1), (0.2, 0.2, 0.2), 0.04, 0.04), 0.01)],
    )
    axes = tuple(
        np.linspace(a, b, 23, dtype=np.float32) for a, b in ((0, 0.4), (0, 0.4), (-0.2, 0.2))
    )
    grid = (axes[0], axes[1], axes[2])
    window, values = layer.sample(grid)
    whole = np.ones((23, 23, 23), np.float32)
    whole[window] = values
    x, y, z = (np.broadcast_to(a, whole.shape).reshape(-1) for a in open_grid(grid))
    flat = layer.distance(x, y, z).reshape(whole.shape)
    near = np.abs(flat) < 0.02
    assert near.any()
    assert whole[near] == pytest.approx(flat[near], abs=1e-5)
