"""The comparison sees a moved part and a changed colour, and no rounding noise."""

import numpy as np
import pytest
from PIL import Image

from tests.golden.comparing import compare, side_by_side
from tests.golden.drawing import GROUND, VIEW_PX, Pixels

BLADE, GRIP = (190, 194, 200), (96, 60, 36)


def sword(*, grip: tuple[int, int, int] = GRIP, guard_y: int = 44) -> Pixels:
    """A blade, a guard and a grip, drawn smoothly from eight times the size."""
    large = np.full((8 * VIEW_PX, 8 * VIEW_PX, 3), GROUND, np.uint8)
    for left, top, right, bottom, colour in (
        (30, 4, 35, 46, BLADE),
        (22, guard_y, 43, guard_y + 3, (170, 130, 50)),
        (30, 47, 34, 60, grip),
    ):
        large[8 * top : 8 * bottom, 8 * left : 8 * right] = colour
    small = Image.fromarray(large).resize((VIEW_PX, VIEW_PX), Image.Resampling.BOX)
    return np.asarray(small)


def test_same_picture_differs_in_nothing() -> None:
    difference = compare(sword(), sword())
    assert (difference.worst, difference.mean) == (0, 0)
    assert difference.alike == pytest.approx(1)
    assert not difference.is_seen


@pytest.mark.parametrize("seed", range(5))
def test_rounding_noise_is_not_seen(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(-2, 3, sword().shape)
    noisy = (sword().astype(np.int64) + noise).clip(0, 255).astype(np.uint8)
    assert not compare(sword(), noisy).is_seen


def test_one_sample_of_an_edge_more_is_not_seen() -> None:
    other = sword().copy()
    for row in (10, 25, 40):
        other[row, 35] = (7 * other[row, 35].astype(int) + np.array(BLADE)) // 8
    assert not compare(sword(), other).is_seen


def test_part_moved_by_two_pixels_is_seen() -> None:
    assert compare(sword(), sword(guard_y=42)).is_seen


def test_changed_colour_of_a_small_part_is_seen() -> None:
    assert compare(sword(), sword(grip=(60, 84, 40))).is_seen


def test_part_that_is_gone_is_seen() -> None:
    assert compare(sword(), sword(grip=GROUND)).is_seen


def test_slightly_darker_picture_is_seen() -> None:
    darker = (sword().astype(np.float64) * 0.96).astype(np.uint8)
    assert compare(sword(), darker).is_seen


def test_difference_is_shown_under_both_pictures() -> None:
    golden, drawn = sword(), sword(guard_y=40)
    shown = side_by_side(golden, drawn, compare(golden, drawn))
    assert shown.size == (4 * VIEW_PX, 12 * VIEW_PX)
    heat = np.asarray(shown)[8 * 4 * VIEW_PX // 4 :]
    assert heat.max() > 200
