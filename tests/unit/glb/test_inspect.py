"""Reports on GLBs: counts, bounds, pictures, clips and warnings."""

import json
from typing import Any

import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from tests.support.glbs import rare_features, rewritten, skinned_bar, textured_box


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
        "bounds": {"min": [-0.5, 0, -1.5], "max": [0.5, 2, 1.5]},
        "dimensions": {"width": 1, "height": 2, "depth": 3},
        "materials": ["crate"],
        "textures": [{"width": 4, "height": 4, "mimeType": "image/png", "sizeBytes": 73}],
        "skins": [],
        "clips": [],
        "fileSizeBytes": len(data),
        "extensions": [],
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
    assert report.warnings == ("The scene draws no triangles.",)


def test_parts_without_names_are_called_by_their_number() -> None:
    report = inspect_glb(rewritten(textured_box(), materials=[{"name": 5}]))
    assert report.materials == ("materials[0]",)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (changed_box(TEXCOORD_0=None), "no UVs"),
        (changed_box(NORMAL=None), "no normals"),
        (textured_box(texture_px=5), "5 x 5 pixels"),
        (rewritten(textured_box(), images=[{"uri": "wood.png"}]), "separate file"),
        (rewritten(textured_box(), images=[{"uri": "data:;base64,AAAA"}]), "unknown kind"),
    ],
)
def test_report_warns_about_what_may_disappoint(data: bytes, part: str) -> None:
    (warning,) = inspect_glb(data).warnings
    assert part in warning


def test_report_warns_above_the_face_budget_only() -> None:
    assert inspect_glb(textured_box(), face_budget=12).warnings == ()
    (warning,) = inspect_glb(textured_box(), face_budget=11).warnings
    assert "budget of 11" in warning


def test_report_warns_about_open_and_crowded_edges() -> None:
    document = GlbDocument.parse(textured_box())
    index = document.json["meshes"][0]["primitives"][0]["indices"]
    document.json["accessors"][index]["count"] = 33
    (warning,) = inspect_glb(document.to_bytes()).warnings
    assert "3 edges have one triangle" in warning
    document = GlbDocument.parse(textured_box())
    document.json["meshes"][0]["primitives"] *= 2
    (warning,) = inspect_glb(document.to_bytes()).warnings
    assert "18 edges are shared" in warning


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
