"""Which way bipeds look, by their toes; and what has none is not turned."""

import numpy as np
import pytest

from asset_forge.domain.sizes import placement_of
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.normalise import Normalised, normalise
from tests.support.weapons import Box, moved, of_boxes, points_of

# A figure in T-pose that looks to +Z; its feet reach forward of its legs.
FIGURE: list[Box] = [
    ((0.36, 0.62, 0.22), (0, 1.15, 0)),
    ((0.2, 0.3, 0.22), (0, 1.61, 0)),
    ((0.65, 0.1, 0.1), (0.5, 1.4, 0)),
    ((0.65, 0.1, 0.1), (-0.5, 1.4, 0)),
    ((0.14, 0.8, 0.14), (0.1, 0.45, 0)),
    ((0.14, 0.8, 0.14), (-0.1, 0.45, 0)),
]
FEET: list[Box] = [((0.1, 0.06, 0.26), (x, 0.03, 0.07)) for x in (0.1, -0.1)]


def placed(data: bytes) -> Normalised:
    wanted = placement_of(type="character", subtype="humanoid", name="", height_m=1.76)
    return normalise(data, wanted)


def turned(data: bytes, yaw_deg: float) -> bytes:
    half = np.radians(yaw_deg) / 2
    return moved(data, rotation=(0, np.sin(half), 0, np.cos(half)), translation=(4, 2, -3))


@pytest.mark.parametrize("yaw_deg", [20, 90, 180, -135])
def test_character_is_turned_to_the_front_by_its_toes(yaw_deg: float) -> None:
    standing = of_boxes([*FIGURE, *FEET])
    reference = points_of(placed(standing).data)
    found = placed(turned(standing, yaw_deg))
    assert found.facts["normalization"]["facing"] == "toes"
    assert abs(found.facts["normalization"]["turnedDegrees"]) == pytest.approx(abs(yaw_deg), abs=1)
    assert np.abs(points_of(found.data) - reference).max() < 0.02


def test_character_that_is_turned_a_little_is_left_so() -> None:
    found = placed(turned(of_boxes([*FIGURE, *FEET]), 8))
    assert found.facts["normalization"]["turnedDegrees"] == 0


@pytest.mark.parametrize(
    "boxes",
    [
        FIGURE,
        [*FIGURE, FEET[0]],
        [*FIGURE, FEET[0], ((0.1, 0.06, 0.26), (-0.1, 0.03, -0.07))],
        [((1, 2, 1), (0, 1, 0))],
        [((0.5, 1.0, 0.5), (0, 1, 0)), ((0.1, 0.06, 0.26), (0, 0.03, 0.07))],
    ],
    ids=["no feet", "one foot", "feet apart", "a block", "one leg"],
)
def test_character_whose_toes_tell_nothing_is_not_turned(boxes: list[Box]) -> None:
    found = placed(turned(of_boxes(boxes), 90))
    assert found.facts["normalization"]["facing"] == "kept"
    assert found.facts["normalization"]["turnedDegrees"] == 0
    report = inspect_glb(found.data)
    assert report.bounds_min_m is not None
    assert report.bounds_min_m[1] == pytest.approx(0, abs=1e-6)
    assert report.dimensions.height_m == pytest.approx(1.76, abs=1e-5)
