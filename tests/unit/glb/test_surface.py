"""Samples of a surface are even, and turns turn what they should."""

import numpy as np
import pytest

from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import drawn_meshes
from asset_forge.glb.surface import (
    SAMPLE_COUNT,
    Surface,
    nearest_turn,
    principal_axes,
    sample_surface,
    smallest_turn,
    turn_deg,
)
from tests.support.weapons import Box, moved, of_boxes


def surface_of(boxes: list[Box], **move: object) -> Surface:
    data = moved(of_boxes(boxes), **move)  # type: ignore[arg-type]
    found = sample_surface(drawn_meshes(GlbDocument.parse(data)))
    assert found is not None
    return found


def test_samples_lie_on_the_surface_in_proportion_to_its_area() -> None:
    samples = surface_of([((1, 1, 1), (0, 0, 0)), ((2, 2, 2), (5, 0, 0))]).samples
    assert samples.shape == (SAMPLE_COUNT, 3)
    is_small = samples[:, 0] < 2
    assert is_small.mean() == pytest.approx(6 / 30, abs=0.001)
    small = samples[is_small]
    assert np.abs(np.abs(small).max(axis=1) - 0.5).max() < 1e-9
    top = small[small[:, 1] > 0.499999]
    assert len(top) / len(small) == pytest.approx(1 / 6, abs=0.005)
    assert np.abs(top[:, (0, 2)].mean(axis=0)).max() < 0.01


def test_samples_move_with_the_model() -> None:
    here = surface_of([((1, 2, 3), (0, 0, 0))]).samples
    there = surface_of([((1, 2, 3), (0, 0, 0))], scale=2.0, translation=(1, 2, 3)).samples
    assert np.abs(there - (here * 2 + [1, 2, 3])).max() < 1e-9


def test_surface_without_area_is_none() -> None:
    for size in ((0, 0, 0), (1, 0, 0)):
        assert (
            sample_surface(drawn_meshes(GlbDocument.parse(of_boxes([(size, (0, 0, 0))])))) is None
        )
    assert sample_surface([]) is None


def test_principal_axes_come_longest_first() -> None:
    variances, rows = principal_axes(surface_of([((1, 5, 2), (0, 0, 0))]).samples)
    assert variances[0] > variances[1] > variances[2]
    assert np.abs(rows).argmax(axis=1).tolist() == [1, 2, 0]


@pytest.mark.parametrize("target", [(0, 1, 0), (0, -1, 0), (1, 0, 0), (0.6, 0, 0.8)])
def test_smallest_turn_brings_one_direction_onto_the_other(
    target: tuple[float, float, float],
) -> None:
    source, goal = np.array([0.0, 1.0, 0.0]), np.array(target)
    turn = smallest_turn(source, goal)
    assert np.abs(turn @ source - goal).max() < 1e-12
    assert np.linalg.det(turn) == pytest.approx(1)
    assert turn_deg(turn) == pytest.approx(np.degrees(np.arccos(source @ goal)))


def test_nearest_turn_is_the_smallest_of_all() -> None:
    half = np.diag([-1.0, 1.0, -1.0])
    assert nearest_turn([half, np.eye(3)]).tolist() == np.eye(3).tolist()
