"""What the builder writes comes back as it was given, and wrong arrays are refused."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.builder import AnimationChannel, GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from tests.support.glbs import box_arrays, png_bytes, skinned_bar, textured_box

TRIANGLE = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
FACE = np.array([[0, 1, 2]])


def built(builder: GlbBuilder) -> GlbDocument:
    return GlbDocument.parse(builder.build().to_bytes())


def primitive_arrays(primitive: Primitive) -> dict[str, NDArray[Any]]:
    builder = GlbBuilder()
    builder.add_mesh("mesh", [primitive])
    document = built(builder)
    written = document.json["meshes"][0]["primitives"][0]
    arrays = {name: read_accessor(document, index) for name, index in written["attributes"].items()}
    arrays["indices"] = read_accessor(document, written["indices"])
    return arrays


def test_empty_builder_writes_the_generator_and_no_empty_lists() -> None:
    assert built(GlbBuilder()).json == {"asset": {"version": "2.0", "generator": "Asset Forge"}}


def test_primitive_comes_back_as_it_was_given() -> None:
    box = box_arrays((1, 2, 3))
    arrays = primitive_arrays(Primitive(**box))
    np.testing.assert_allclose(arrays["POSITION"], box["positions"])
    np.testing.assert_allclose(arrays["NORMAL"], box["normals"])
    np.testing.assert_allclose(arrays["TEXCOORD_0"], box["uvs"])
    assert arrays["indices"].tolist() == box["triangles"].reshape(-1).tolist()
    assert arrays["indices"].dtype == np.uint16


def test_position_bounds_are_those_of_the_stored_floats() -> None:
    builder = GlbBuilder()
    builder.add_mesh("mesh", [Primitive(TRIANGLE + 0.1, FACE)])
    accessor = built(builder).json["accessors"][0]
    assert accessor["min"] == [float(np.float32(0.1))] * 3
    assert accessor["max"] == [
        float(np.float32(1.1)),
        float(np.float32(1.1)),
        float(np.float32(0.1)),
    ]


@pytest.mark.parametrize(("vertex_count", "dtype"), [(65_535, np.uint16), (65_536, np.uint32)])
def test_indices_are_short_only_below_the_restart_value(vertex_count: int, dtype: type) -> None:
    positions = np.zeros((vertex_count, 3))
    last = np.array([[0, 1, vertex_count - 1]])
    arrays = primitive_arrays(Primitive(positions, last))
    assert arrays["indices"].dtype == dtype
    assert arrays["indices"].tolist() == last[0].tolist()


def test_normals_are_written_with_length_one() -> None:
    normals = np.array([[0, 0, 5], [1e-3, 0, 0], [0, 0, 0]])
    written = primitive_arrays(Primitive(TRIANGLE, FACE, normals=normals))["NORMAL"]
    assert written.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_weights_add_up_to_one_and_unused_joints_are_zero() -> None:
    joints = np.array([[3, 9, 9, 9], [1, 2, 3, 4], [0, 5, 0, 7]])
    weights = np.array([[2.0, 0, 0, 0], [1, 1, 1, 1], [0, 3, 0, 1]])
    arrays = primitive_arrays(Primitive(TRIANGLE, FACE, joints=joints, weights=weights))
    assert arrays["JOINTS_0"].dtype == np.uint8
    assert arrays["JOINTS_0"].tolist() == [[3, 0, 0, 0], [1, 2, 3, 4], [0, 5, 0, 7]]
    np.testing.assert_allclose(
        arrays["WEIGHTS_0"], np.array([[1, 0, 0, 0], [0.25] * 4, [0, 0.75, 0, 0.25]]), atol=1e-7
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"positions": np.zeros((0, 3))},
        {"positions": np.zeros((3, 2))},
        {"positions": TRIANGLE * np.nan},
        {"triangles": np.array([[0, 1, 3]])},
        {"triangles": np.array([[0, 1, -1]])},
        {"triangles": np.array([[0.0, 1.0, 2.0]])},
        {"triangles": np.zeros((0, 3), int)},
        {"normals": np.ones((2, 3))},
        {"uvs": np.ones((3, 3))},
        {"joints": np.zeros((3, 4), int)},
        {"joints": np.full((3, 4), 256), "weights": np.ones((3, 4))},
        {"joints": np.zeros((3, 4), int), "weights": np.ones((3, 4))},
        {"joints": np.zeros((3, 4), int), "weights": np.zeros((3, 4))},
        {"joints": np.zeros((3, 4), int), "weights": -np.ones((3, 4))},
    ],
)
def test_primitive_with_arrays_that_do_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    arrays = {"positions": TRIANGLE, "triangles": FACE, **wrong}
    with pytest.raises(ValueError):
        GlbBuilder().add_mesh("mesh", [Primitive(**arrays)])


def test_mesh_without_primitives_is_refused() -> None:
    with pytest.raises(ValueError, match="no primitives"):
        GlbBuilder().add_mesh("mesh", [])


def test_material_holds_textures_and_extras() -> None:
    builder = GlbBuilder()
    image = builder.add_image(png_bytes())
    texture, other = builder.add_texture(image), builder.add_texture(image)
    builder.add_material(
        "steel",
        base_color=(0.5, 0.5, 0.5, 1),
        base_color_texture=texture,
        metallic=0.9,
        roughness=0.2,
        metallic_roughness_texture=other,
        occlusion=True,
        normal_texture=texture,
        double_sided=True,
        extras={"kind": "metal"},
    )
    document = built(builder)
    assert document.json["materials"] == [
        {
            "name": "steel",
            "pbrMetallicRoughness": {
                "baseColorFactor": [0.5, 0.5, 0.5, 1],
                "baseColorTexture": {"index": 0},
                "metallicFactor": 0.9,
                "roughnessFactor": 0.2,
                "metallicRoughnessTexture": {"index": 1},
            },
            "occlusionTexture": {"index": 1},
            "normalTexture": {"index": 0},
            "doubleSided": True,
            "extras": {"kind": "metal"},
        }
    ]
    assert len(document.json["samplers"]) == 1
    assert document.image_bytes(0) == png_bytes()


def test_builder_on_a_document_leaves_the_old_content_and_the_old_document() -> None:
    old = GlbDocument.parse(skinned_bar())
    before = old.to_bytes()
    builder = GlbBuilder(old)
    mesh = builder.add_mesh("more", [Primitive(TRIANGLE, FACE)])
    node = builder.add_node("more", mesh=mesh)
    builder.set_scene([*old.json["scenes"][0]["nodes"], node])
    new = built(builder)
    assert old.to_bytes() == before
    assert new.binary[: len(old.binary)] == old.binary
    assert new.json["meshes"][0] == old.json["meshes"][0]
    assert new.json["asset"] == old.json["asset"]
    for index in range(len(old.json["accessors"])):
        assert read_accessor(new, index).tolist() == read_accessor(old, index).tolist()


def test_builder_on_a_document_with_a_data_uri_moves_its_bytes_into_the_chunk() -> None:
    buffer = {"byteLength": 3, "uri": "data:application/octet-stream;base64,AAEC"}
    views = [{"buffer": 0, "byteLength": 3}]
    old = {"asset": {"version": "2.0"}, "buffers": [buffer], "bufferViews": views}
    builder = GlbBuilder(GlbDocument(old, b""))
    image = builder.add_image(b"picture")
    new = built(builder)
    assert new.view_bytes(0) == b"\0\x01\x02"
    assert new.image_bytes(image) == b"picture"
    assert "uri" not in new.json["buffers"][0]


def test_builder_can_go_on_after_a_build() -> None:
    builder = GlbBuilder(GlbDocument.parse(textured_box()))
    first = builder.build()
    builder.add_image(png_bytes(8, 8))
    assert len(first.json["images"]) == 1
    assert built(builder).image_bytes(1) == png_bytes(8, 8)


def test_skin_stores_matrices_column_after_column() -> None:
    builder = GlbBuilder()
    joint = builder.add_node("joint")
    matrix = np.eye(4)
    matrix[:3, 3] = (1, 2, 3)
    skin = builder.add_skin("skin", [joint], matrix[np.newaxis], skeleton=joint)
    document = built(builder)
    written = document.json["skins"][skin]
    assert (written["joints"], written["skeleton"]) == ([joint], joint)
    values = read_accessor(document, written["inverseBindMatrices"])
    assert values.tolist() == [[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 1]]


def test_skin_with_wrong_matrices_is_refused() -> None:
    builder = GlbBuilder()
    for matrices in (np.tile(np.eye(4), (2, 1, 1)), np.ones((1, 4, 4))):
        with pytest.raises(ValueError):
            builder.add_skin("skin", [0], matrices)


def test_channels_with_the_same_times_share_an_accessor() -> None:
    builder = GlbBuilder()
    node = builder.add_node("node")
    times = [0.0, 0.5, 1.0]
    channels = [
        AnimationChannel(node, "translation", times, np.zeros((3, 3))),
        AnimationChannel(node, "rotation", times, np.tile([0, 0, 0, 2.0], (3, 1)), "STEP"),
    ]
    clip = builder.add_animation("clip", channels)
    document = built(builder)
    samplers = document.json["animations"][clip]["samplers"]
    assert samplers[0]["input"] == samplers[1]["input"]
    accessor = document.json["accessors"][samplers[0]["input"]]
    assert (accessor["min"], accessor["max"]) == ([0.0], [1.0])
    assert read_accessor(document, samplers[1]["output"]).tolist() == [[0, 0, 0, 1]] * 3


@pytest.mark.parametrize(
    ("path", "times", "values"),
    [
        ("translation", [0, 0], np.zeros((2, 3))),
        ("translation", [1, 0], np.zeros((2, 3))),
        ("translation", [-1, 0], np.zeros((2, 3))),
        ("translation", [], np.zeros((0, 3))),
        ("translation", [0, 1], np.zeros((3, 3))),
        ("rotation", [0, 1], np.zeros((2, 3))),
        ("scale", [0, 1], np.full((2, 3), np.inf)),
        ("weights", [0, 1], np.zeros(3)),
    ],
)
def test_animation_with_keys_that_do_not_fit_is_refused(path: Any, times: Any, values: Any) -> None:
    with pytest.raises(ValueError):
        GlbBuilder().add_animation("clip", [AnimationChannel(0, path, times, values)])
    with pytest.raises(ValueError, match="no channels"):
        GlbBuilder().add_animation("clip", [])


def test_set_children_and_scene_replace_what_was_there() -> None:
    builder = GlbBuilder()
    parent, child = builder.add_node("parent"), builder.add_node("child", scale=(2, 2, 2))
    builder.set_scene([parent, child])
    builder.set_children(parent, [child])
    builder.set_scene([parent])
    document = built(builder)
    assert document.json["nodes"][parent] == {"name": "parent", "children": [child]}
    assert document.json["scenes"] == [{"nodes": [parent]}]


def test_accessor_of_an_unknown_kind_is_refused() -> None:
    for array in (np.zeros(3), np.zeros((3, 5), np.float32), np.zeros((0, 3), np.float32)):
        with pytest.raises(ValueError, match="no accessor"):
            GlbBuilder().add_accessor(array)
