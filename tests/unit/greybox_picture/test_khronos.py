"""Models from pictures before the Khronos validator."""

import pytest

from asset_forge.greybox.picture import model_from_picture
from tests.support.gltf_validator import validate_glb
from tests.unit.greybox_picture import pictures


@pytest.mark.parametrize("name", ["sword", "humanoid", "crate"])
def test_model_from_a_picture_has_no_errors_and_no_warnings(name: str) -> None:
    picture = pictures.encode(pictures.on_ground(pictures.FIGURES[name](256), "plain"))
    model = model_from_picture(picture, kind=name, face_budget=1500, texture_px=256)
    issues = validate_glb(model.glb)["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]
