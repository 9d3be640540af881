"""Normalising puts models on the ground at their height and keeps their content."""

from typing import Any

import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.meshes import pose_at, scene_bounds
from asset_forge.glb.normalise import ROOT_NAME, add_root, ground, normalise_character
from tests.support.glbs import rare_features, rewritten, skinned_bar, textured_box


def bounds(data: bytes) -> tuple[Any, Any]:
    report = inspect_glb(data)
    return report.bounds_min_m, report.bounds_max_m


def test_character_gets_its_height_and_stands_in_the_middle() -> None:
    data = normalise_character(textured_box(size=(1, 4, 2), center=(5, 7, -3)), 1.8)
    assert bounds(data) == ((-0.225, 0, -0.45), (0.225, 1.8, 0.45))


def test_skinned_character_follows_with_skin_and_clip() -> None:
    data = normalise_character(skinned_bar(), 1.0)
    assert bounds(data) == ((-0.05, 0, -0.05), (0.05, 1, 0.05))
    document = GlbDocument.parse(data)
    posed = scene_bounds(document, pose_at(document, 0, 1.0))
    assert posed is not None
    assert posed[0].tolist() == pytest.approx([-0.5, 0, -0.05])
    assert posed[1].tolist() == pytest.approx([0.05, 0.55, 0.05])


def test_normalising_adds_one_node_and_no_byte_of_data() -> None:
    old, new = (
        GlbDocument.parse(data) for data in (skinned_bar(), normalise_character(skinned_bar(), 1.8))
    )
    assert new.binary == old.binary
    assert new.json["nodes"][:-1] == old.json["nodes"]
    assert new.json["nodes"][-1]["name"] == ROOT_NAME
    assert new.json["nodes"][-1]["children"] == old.json["scenes"][0]["nodes"]
    assert new.json["scenes"] == [{"nodes": [len(old.json["nodes"])]}]
    untouched = set(old.json) - {"nodes", "scenes"}
    assert {key: new.json[key] for key in untouched} == {key: old.json[key] for key in untouched}


def test_ground_moves_and_does_not_scale() -> None:
    data = ground(textured_box(size=(1, 2, 3), center=(4, 5, 6)))
    assert bounds(data) == ((-0.5, 0, -1.5), (0.5, 2, 1.5))
    assert GlbDocument.parse(data).json["nodes"][-1]["translation"] == [-4, -4, -6]


def test_normalising_twice_ends_at_the_last_height() -> None:
    data = normalise_character(normalise_character(skinned_bar(), 3.0), 1.7)
    assert bounds(data)[1][1] == 1.7


def test_other_scenes_draw_the_new_root_too() -> None:
    document = GlbDocument.parse(ground(rare_features()))
    assert document.json["scenes"] == [{"nodes": [3]}, {"nodes": [3]}]


def test_file_without_scenes_gets_one() -> None:
    document = GlbDocument.parse(textured_box())
    del document.json["scenes"], document.json["scene"]
    grounded = GlbDocument.parse(ground(document.to_bytes()))
    assert (grounded.json["scene"], grounded.json["scenes"]) == (0, [{"nodes": [1]}])


def test_added_root_can_turn_the_model() -> None:
    document = GlbDocument.parse(textured_box(size=(1, 2, 4)))
    half = 0.5**0.5
    add_root(document, rotation=(0, half, 0, half))
    found = scene_bounds(document)
    assert found is not None
    assert found[1].tolist() == pytest.approx([2, 1, 0.5])


def test_model_without_height_or_triangles_is_refused() -> None:
    with pytest.raises(BadGlb, match="flat"):
        normalise_character(textured_box(size=(1, 0, 1)), 1.8)
    with pytest.raises(BadGlb, match="draws nothing"):
        ground(rewritten(textured_box(), scenes=[{}]))


@pytest.mark.parametrize("height_m", [0, -1, float("nan"), float("inf")])
def test_height_that_no_character_has_is_refused(height_m: float) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        normalise_character(textured_box(), height_m)
