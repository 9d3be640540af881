"""The profiles that depth is made of, on silhouettes whose depth can be worked out by hand."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from asset_forge.greybox.picture.inflate import is_closed
from asset_forge.greybox.picture.relief import Sheet

Floats = npt.NDArray[np.float64]


def distance_of(inside: npt.NDArray[np.bool_]) -> Floats:
    inner = ndimage.distance_transform_edt(inside)
    outer = ndimage.distance_transform_edt(~inside)
    return np.asarray(np.where(inside, inner - 0.5, 0.5 - outer), dtype=np.float64)


def strip(half_width: int = 10) -> Sheet:
    inside = np.zeros((120, 60), dtype=bool)
    inside[4:116, 30 - half_width : 30 + half_width] = True
    return Sheet(distance_of(inside))


def disc(radius: float = 30.0) -> Sheet:
    rows, columns = np.mgrid[0:80, 0:80] - 39.5
    return Sheet(distance_of(np.hypot(rows, columns) < radius))


def half_depth(half_sq: Floats) -> float:
    return float(np.sqrt(half_sq.max()))


def test_rounded_strip_is_a_round_rod() -> None:
    assert half_depth(strip(10).rounded()[50:70]) == pytest.approx(10, rel=0.08)


def test_rounded_strip_wider_than_the_limit_stays_flatter() -> None:
    assert half_depth(strip(20).rounded(widest=6.0)) < 9.5


def test_rounded_disc_by_rows_is_a_ball_and_else_a_lens() -> None:
    assert half_depth(disc().rounded(upright=0.02)) == pytest.approx(30, rel=0.1)
    assert half_depth(disc().rounded()) == pytest.approx(30 / np.sqrt(2), rel=0.1)


def test_rounded_with_flat_ends_keeps_its_depth_to_the_end() -> None:
    free = strip().rounded(upright=0.5, flat_ends=True)
    held = strip().rounded(upright=0.5)
    assert half_depth(free[110:112]) > 1.15 * half_depth(held[110:112])


def test_rounded_is_negative_outside_and_positive_inside() -> None:
    sheet = disc()
    relief = sheet.rounded()
    assert (relief[sheet.inside] > 0).all()
    assert (relief[~sheet.inside] <= 0).all()


def test_slab_is_flat_inside_and_falls_at_the_rim() -> None:
    relief = strip(20).slab(5.0, 4.0)
    assert relief[60, 30] == pytest.approx(25.0)
    assert relief[60, 10] < 10.0


def test_diamond_rises_to_its_ridge() -> None:
    row = np.sqrt(strip(20).diamond(6.0, 0.01)[60, 12:30])
    assert row[-1] == pytest.approx(6.0, rel=0.05)
    assert (np.diff(row) > 0).all()


@pytest.mark.parametrize(
    ("triangles", "expected"),
    [
        ([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], True),
        ([[0, 2, 1], [0, 1, 3], [1, 2, 3]], False),
        ([[0, 1, 2], [0, 1, 3], [1, 2, 3], [2, 0, 3]], False),
    ],
)
def test_is_closed_wants_every_edge_twice_both_ways(
    triangles: list[list[int]], expected: bool
) -> None:
    assert is_closed(np.array(triangles)) is expected
