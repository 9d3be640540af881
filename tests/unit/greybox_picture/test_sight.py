"""Grip and orientation of weapons by their silhouette."""

import pytest
from PIL import Image

from asset_forge.errors import BadPicture
from asset_forge.greybox.sight import GripFinding, find_grip, find_orientation
from tests.unit.greybox_picture import pictures


def look(figure: Image.Image, ground: str = "alpha") -> GripFinding:
    return find_grip(pictures.encode(pictures.on_ground(figure, ground)))


def is_accepted_by_the_front_end(grip: GripFinding) -> bool:
    return (
        grip.min_y > 200
        and grip.max_y < 500
        and grip.max_x - grip.min_x < 150
        and grip.max_y - grip.min_y < 150
    )


@pytest.mark.parametrize("ground", ["alpha", "plain", "noisy"])
@pytest.mark.parametrize("name", ["sword", "axe", "staff", "bow"])
def test_find_grip_of_an_upright_weapon_is_usable_and_named(name: str, ground: str) -> None:
    grip = look(pictures.FIGURES[name](256), ground)
    assert is_accepted_by_the_front_end(grip)
    assert grip.weapon_type == name
    assert grip.confidence >= 0.6


@pytest.mark.parametrize("name", ["hammer", "mace", "spear"])
def test_find_grip_of_a_hafted_weapon_names_it_by_its_head(name: str) -> None:
    grip = look(pictures.FIGURES[name](256))
    assert is_accepted_by_the_front_end(grip)
    assert grip.weapon_type == name


def test_find_grip_of_a_double_axe_names_it_an_axe() -> None:
    assert look(pictures.double_axe(256)).weapon_type == "axe"


def test_find_grip_of_a_sword_lies_between_guard_and_pommel() -> None:
    grip = look(pictures.sword(512))
    # Drawn: guard down to 0.73, pommel from 0.90, grip 0.044 wide around 0.5.
    assert 0.70 * 512 < grip.min_y < 0.76 * 512
    assert 0.88 * 512 < grip.max_y < 0.93 * 512
    assert grip.min_x == pytest.approx(0.478 * 512, abs=6)
    assert grip.max_x == pytest.approx(0.522 * 512, abs=6)
    assert set(grip.parts) == {"blade", "handle", "guard"}


def test_find_grip_scales_to_the_frame_whatever_the_pictures_size() -> None:
    small, large = look(pictures.sword(256)), look(pictures.sword(600))
    for name in ("min_x", "min_y", "max_x", "max_y"):
        assert getattr(small, name) == pytest.approx(getattr(large, name), abs=8)


def test_find_grip_in_a_wide_picture_fills_the_frame_both_ways() -> None:
    wide = Image.new("RGBA", (512, 256), (0, 0, 0, 0))
    wide.paste(pictures.sword(256), (128, 0))
    grip = look(wide)
    assert grip.min_x == pytest.approx(250, abs=8)
    assert 0.70 * 512 < grip.min_y < 0.76 * 512


def test_find_grip_of_an_upside_down_sword_is_at_the_top() -> None:
    grip = look(pictures.turned(pictures.sword(), 180))
    assert grip.max_y < 200
    assert "top" in grip.description


def test_find_grip_of_a_lying_sword_names_the_side() -> None:
    assert "right" in look(pictures.turned(pictures.sword(), 90)).description
    assert "left" in look(pictures.turned(pictures.sword(), -90)).description


@pytest.mark.parametrize("name", ["crate", "potion", "shield"])
def test_find_grip_of_what_is_no_weapon_to_swing_is_unsure(name: str) -> None:
    assert look(pictures.FIGURES[name]()).confidence < 0.5


@pytest.mark.parametrize("image", [pictures.plain(200), pictures.noisy(200, strength=90)])
def test_find_grip_without_a_figure_has_no_confidence(image: Image.Image) -> None:
    grip = find_grip(pictures.encode(image))
    assert (grip.confidence, grip.weapon_type) == (0.0, "unknown")


def test_find_grip_in_no_picture_is_a_bad_picture() -> None:
    with pytest.raises(BadPicture):
        find_grip(b"nothing")


@pytest.mark.parametrize("name", ["sword", "axe", "staff"])
@pytest.mark.parametrize("ground", ["alpha", "plain"])
def test_find_orientation_flips_only_what_stands_on_its_head(name: str, ground: str) -> None:
    figure = pictures.FIGURES[name](256)
    upright = find_orientation(pictures.encode(pictures.on_ground(figure, ground)))
    upside_down = pictures.on_ground(pictures.turned(figure, 180), ground)
    flipped = find_orientation(pictures.encode(upside_down))
    assert (upright.needs_flip, upright.current_orientation) == (False, "upright")
    assert (flipped.needs_flip, flipped.current_orientation) == (True, "upside-down")
    assert "top" in flipped.reason


@pytest.mark.parametrize(
    ("image", "orientation"),
    [
        (pictures.turned(pictures.sword(256), 90), "sideways"),
        (pictures.bow(), "upright"),
        (pictures.shield(), "upright"),
        (pictures.plain(200), "unknown"),
    ],
)
def test_find_orientation_in_doubt_does_not_flip(image: Image.Image, orientation: str) -> None:
    found = find_orientation(pictures.encode(image))
    assert (found.needs_flip, found.current_orientation) == (False, orientation)
    assert found.reason.endswith(".")
