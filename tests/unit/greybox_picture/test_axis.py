"""The long axis and the parts along it, upright, upside down and turned."""

import numpy as np
import pytest

from asset_forge.greybox.picture.axis import Build, find_anatomy, find_long_axis
from asset_forge.greybox.picture.mask import Bools
from tests.unit.greybox_picture import pictures

EXPECTED = {"sword": Build.GUARDED, "axe": Build.HEADED, "staff": Build.HEADED, "bow": Build.BOWED}


def silhouette(name: str, turned_degrees: float = 0.0) -> Bools:
    figure = pictures.turned(pictures.FIGURES[name](256), turned_degrees)
    return np.asarray(figure)[..., 3] > 127


@pytest.mark.parametrize("turned_degrees", [0, 25, -60, 90])
@pytest.mark.parametrize("name", EXPECTED)
def test_find_long_axis_of_a_turned_weapon_finds_the_turn(name: str, turned_degrees: int) -> None:
    axis = find_long_axis(silhouette(name, turned_degrees))
    difference = (axis.degrees + turned_degrees + 90) % 180 - 90
    assert abs(difference) <= 2.0


@pytest.mark.parametrize("turned_degrees", [0, 40])
@pytest.mark.parametrize("name", EXPECTED)
def test_find_anatomy_of_a_weapon_names_its_build(name: str, turned_degrees: int) -> None:
    axis = find_long_axis(silhouette(name, turned_degrees))
    assert find_anatomy(axis).build is EXPECTED[name]


@pytest.mark.parametrize("name", ["sword", "axe", "staff"])
def test_find_anatomy_upright_and_upside_down_differ_in_the_handles_end(name: str) -> None:
    ends = [find_anatomy(find_long_axis(silhouette(name, turn))).handle_at_end for turn in (0, 180)]
    assert ends == [1, 0]


@pytest.mark.parametrize("name", ["shield", "potion", "crate", "humanoid", "helmet"])
def test_find_anatomy_of_what_is_not_long_is_compact_and_unsure(name: str) -> None:
    anatomy = find_anatomy(find_long_axis(silhouette(name)))
    assert anatomy.build is Build.COMPACT
    assert anatomy.confidence < 0.5


def test_find_anatomy_of_a_sword_measures_guard_and_grip() -> None:
    anatomy = find_anatomy(find_long_axis(silhouette("sword")))
    assert anatomy.guard is not None
    # Drawn: guard at 0.71, pommel from 0.90 to 0.97, tip at 0.03 of the picture.
    assert (anatomy.guard[0] + anatomy.guard[1]) / 2 == pytest.approx(0.28, abs=0.03)
    assert anatomy.handle[0] == pytest.approx(0.065, abs=0.03)
    assert anatomy.handle[1] < anatomy.guard[0] + 0.01
