"""Reports on GLBs: counts, bounds, pictures, clips and warnings."""

import json
from typing import Any

import numpy as np
import pytest

from asset_forge.domain.findings import MEANINGS, Expected
from asset_forge.domain.sizes import placement_of
from asset_forge.errors import BadGlb
from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import GlbReport, inspect_glb
from tests.support.glbs import box_arrays, rare_features, rewritten, skinned_bar, textured_box


def codes(report: GlbReport) -> list[str]:
    return [warning.code for warning in report.warnings]


def changed_box(**primitive_changes: Any) -> bytes:
    """Return the box with changed attributes; None removes one."""
    document = GlbDocument.parse(textured_box())
    attributes = document.json["meshes"][0]["primitives"][0]["attributes"]
    for name, value in primitive_changes.items():
        if value is None:
            del attributes[name]
        else:
            attributes[name] = value
    return document.to_bytes()


def test_report_of_a_box_is_complete() -> None:
    data = textured_box(size=(1, 2, 3), center=(0, 1, 0))
    assert inspect_glb(data).to_json() == {
        "triangleCount": 12,
        "vertexCount": 24,
        "nodeCount": 1,
        "meshCount": 1,
        "jointCount": 0,
        "bounds": {"min": [-0.5, 0, -1.5], "max": [0.5, 2, 1.5]},
        "dimensions": {"width": 1, "height": 2, "depth": 3},
        "materials": ["crate"],
        "textures": [{"width": 4, "height": 4, "mimeType": "image/png", "sizeBytes": 73}],
        "skins": [],
        "clips": [],
        "fileSizeBytes": len(data),
        "extensions": [],
        "compression": [],
        "isClosed": True,
        "warnings": [],
    }


def test_report_of_a_skinned_bar_measures_the_skin_and_the_clip() -> None:
    report = inspect_glb(skinned_bar())
    assert (report.skins[0].name, report.skins[0].joint_count) == ("bones", 2)
    assert (report.clips[0].name, report.clips[0].seconds) == ("bend", 1.0)
    assert report.dimensions.height_m == 2
    assert report.extensions == ("VENDOR_material_grain",)
    assert report.warnings == ()


def test_report_counts_strips_fans_and_instances() -> None:
    report = inspect_glb(rare_features())
    assert (report.triangle_count, report.vertex_count) == (5, 11)
    document = GlbDocument.parse(textured_box())
    document.json["nodes"].append({"mesh": 0, "translation": [3, 0, 0]})
    document.json["scenes"][0]["nodes"] = [0, 1]
    twice = inspect_glb(document.to_bytes())
    assert (twice.triangle_count, twice.vertex_count) == (24, 48)


def test_report_counts_vertices_shared_by_primitives_once() -> None:
    document = GlbDocument.parse(textured_box())
    document.json["meshes"][0]["primitives"] *= 2
    report = inspect_glb(document.to_bytes())
    assert (report.triangle_count, report.vertex_count) == (24, 24)


def test_report_on_an_empty_scene_has_no_bounds() -> None:
    report = inspect_glb(rewritten(textured_box(), scenes=[{}]))
    assert report.to_json()["bounds"] is None
    assert report.to_json()["dimensions"] == {"width": 0, "height": 0, "depth": 0}
    assert codes(report) == ["draws_nothing"]
    assert report.is_closed is None


def test_parts_without_names_are_called_by_their_number() -> None:
    report = inspect_glb(rewritten(textured_box(), materials=[{"name": 5}]))
    assert report.materials == ("materials[0]",)


def opened_box() -> bytes:
    document = GlbDocument.parse(textured_box())
    index = document.json["meshes"][0]["primitives"][0]["indices"]
    document.json["accessors"][index]["count"] = 33
    return document.to_bytes()


def doubled_box() -> bytes:
    document = GlbDocument.parse(textured_box())
    document.json["meshes"][0]["primitives"] *= 2
    return document.to_bytes()


def box_of(triangles: Any) -> bytes:
    """Return a box with a material whose triangles were changed."""
    arrays = box_arrays()
    builder = GlbBuilder()
    material = builder.add_material("plain")
    changed = Primitive(
        arrays["positions"],
        triangles(arrays["triangles"]),
        arrays["normals"],
        arrays["uvs"],
        material=material,
    )
    builder.set_scene([builder.add_node("box", mesh=builder.add_mesh("box", [changed]))])
    return builder.build().to_bytes()


def with_many_joints() -> bytes:
    document = GlbDocument.parse(skinned_bar())
    attributes = document.json["meshes"][0]["primitives"][0]["attributes"]
    attributes |= {"JOINTS_1": attributes["JOINTS_0"], "WEIGHTS_1": attributes["WEIGHTS_0"]}
    return document.to_bytes()


def without_material() -> bytes:
    document = GlbDocument.parse(textured_box())
    del document.json["meshes"][0]["primitives"][0]["material"]
    return document.to_bytes()


def mirrored_box() -> bytes:
    document = GlbDocument.parse(textured_box())
    document.json["nodes"][0]["scale"] = [-1, 1, 1]
    return document.to_bytes()


@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        (changed_box(TEXCOORD_0=None), "no_uvs", "1 of 1 primitives have no UVs"),
        (changed_box(NORMAL=None), "no_normals", "no normals"),
        (without_material(), "no_material", "no material"),
        (textured_box(texture_px=5), "not_power_of_two", "5 x 5 pixels"),
        (textured_box(texture_px=8192), "large_texture", "8192 x 8192 pixels"),
        (
            rewritten(textured_box(), images=[{"uri": "wood.png"}]),
            "picture_unreadable",
            "separate file",
        ),
        (
            rewritten(textured_box(), images=[{"uri": "data:;base64,AAAA"}]),
            "picture_unknown",
            "unknown kind",
        ),
        (opened_box(), "open_edges", "3 edges have one triangle"),
        (doubled_box(), "doubled_triangles", "12 triangles lie on top of others"),
        (box_of(lambda t: t[:, ::-1]), "inside_out", "inwards"),
        (
            box_of(lambda t: np.concatenate([t[:1, ::-1], t[1:]])),
            "mixed_winding",
            "At 3 edges",
        ),
        (
            box_of(lambda t: np.concatenate([t, [[0, 0, 1]]])),
            "degenerate_triangles",
            "1 triangles have no area",
        ),
        (with_many_joints(), "many_influences", "more than four joints"),
        (textured_box(size=(1e-3, 1e-3, 1e-3)), "size_not_believable", "0.001 m long"),
        (textured_box(size=(1, 900, 1)), "size_not_believable", "900 m long"),
    ],
)
def test_report_warns_about_what_may_disappoint(data: bytes, code: str, part: str) -> None:
    (warning,) = inspect_glb(data).warnings
    assert warning.code == code
    assert code in MEANINGS
    assert part in warning.message


def test_report_tells_of_edges_with_three_triangles() -> None:
    corners = box_arrays()["positions"]
    far = int(np.flatnonzero((corners == -corners[0]).all(axis=1))[0])
    fin = box_of(lambda triangles: np.concatenate([triangles, [[0, 1, far]]]))
    warnings = {warning.code: warning.message for warning in inspect_glb(fin).warnings}
    assert set(warnings) == {"open_edges", "crowded_edges"}
    assert "shared by more than two" in warnings["crowded_edges"]


def test_report_on_bodies_that_touch_is_closed() -> None:
    document = GlbDocument.parse(textured_box())
    beside = box_arrays(center=(1, 1, 0))
    (mesh,) = document.json["meshes"]
    builder = GlbBuilder(document)
    added = builder.add_mesh("beside", [Primitive(**beside, material=0)])
    document = builder.build()
    mesh = document.json["meshes"][0]
    mesh["primitives"] += document.json["meshes"][added]["primitives"]
    report = inspect_glb(document.to_bytes())
    assert (report.triangle_count, report.is_closed, report.warnings) == (24, True, ())


def test_report_on_a_mirrored_model_is_not_inside_out() -> None:
    assert inspect_glb(mirrored_box()).warnings == ()


def test_report_warns_above_the_face_budget_only() -> None:
    assert inspect_glb(textured_box(), Expected(face_budget=12)).warnings == ()
    (warning,) = inspect_glb(textured_box(), Expected(face_budget=11)).warnings
    assert warning.code == "over_face_budget"
    assert "budget of 11" in warning.message


@pytest.mark.parametrize(
    ("height_m", "bottom_m", "found"),
    [
        (1.8, 0.0, []),
        (1.8, 0.02, []),
        (1.8, 0.3, ["not_on_ground"]),
        (1.8, -0.9, ["not_on_ground"]),
        (0.4, 0.0, ["size_not_believable"]),
        (18.0, 0.0, ["size_not_believable"]),
    ],
)
def test_report_holds_a_character_against_what_is_expected(
    height_m: float, bottom_m: float, found: list[str]
) -> None:
    wanted = placement_of(type="character", subtype="humanoid", name="")
    data = textured_box(size=(1, height_m, 1), center=(0, bottom_m + height_m / 2, 0))
    assert codes(inspect_glb(data, Expected(placement=wanted))) == found


def test_report_expects_no_ground_below_a_sword() -> None:
    wanted = placement_of(type="weapon", subtype="sword", name="", height_m=1.0)
    sword = textured_box(size=(0.1, 1, 0.1), center=(0, 0.3, 0))
    assert inspect_glb(sword, Expected(placement=wanted)).warnings == ()
    (warning,) = inspect_glb(textured_box(size=(0.1, 4, 0.1)), Expected(placement=wanted)).warnings
    assert warning.message == "The model is 4 m long; 1 m were asked for."


def test_report_names_how_a_file_is_compressed() -> None:
    used = ["KHR_mesh_quantization", "EXT_meshopt_compression", "KHR_materials_unlit"]
    report = inspect_glb(rewritten(textured_box(), extensionsUsed=used))
    assert report.compression == ("quantization", "meshopt")


def test_report_holds_only_text_that_json_can_carry() -> None:
    data = rewritten(textured_box(), materials=[{"name": "half \ud800"}], extensionsUsed=["\udfff"])
    text = json.dumps(inspect_glb(data).to_json(), ensure_ascii=False, allow_nan=False)
    assert "half ?" in text.encode().decode()


@pytest.mark.parametrize(
    "parts",
    [
        {"extensionsUsed": {}},
        {"extensionsUsed": [1]},
        {"images": {}},
        {"images": [{}] * 5000},
        {"skins": [{"joints": 7}]},
        {"animations": [{"samplers": [{"input": 0}]}]},
        {"accessors": []},
    ],
)
def test_damaged_file_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(BadGlb):
        inspect_glb(rewritten(textured_box(), **parts))
