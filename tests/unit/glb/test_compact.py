"""Compacting: what is unused goes, what is used keeps its bytes, what is unclear stays."""

from typing import Any

import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.compact import compact
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import drawn_meshes
from tests.support.glbs import png_bytes, rare_features, skinned_bar, textured_box


def counts(document: GlbDocument) -> dict[str, int]:
    kinds = ("accessors", "bufferViews", "images", "textures", "samplers")
    return {kind: len(document.json.get(kind, ())) for kind in kinds}


def test_document_without_waste_is_only_copied() -> None:
    for data in (textured_box(), skinned_bar(), rare_features()):
        document = GlbDocument.parse(data)
        result = compact(document)
        assert result.to_bytes() == data
        assert result.json is not document.json


def test_unused_texture_takes_its_image_sampler_and_bytes_along() -> None:
    document = GlbDocument.parse(textured_box())
    before = [mesh.positions.tolist() for mesh in drawn_meshes(document)]
    size = len(document.binary)
    del document.json["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    result = compact(document)
    assert counts(result) == {
        "accessors": 4,
        "bufferViews": 4,
        "images": 0,
        "textures": 0,
        "samplers": 0,
    }
    assert "images" not in result.json
    assert len(result.binary) <= size - len(png_bytes())
    assert [mesh.positions.tolist() for mesh in drawn_meshes(result)] == before
    assert counts(document)["images"] == 1


def test_references_are_renumbered_and_values_stay() -> None:
    document = GlbDocument.parse(skinned_bar())
    kept = document.json["animations"][0]["samplers"].pop(0)
    document.json["animations"][0]["channels"] = []
    document.json["animations"][0]["samplers"] = [kept]
    expected = read_accessor(document, kept["output"]).tolist()
    del document.json["meshes"][0]["primitives"][0]["attributes"]["NORMAL"]
    result = compact(document)
    assert counts(result)["accessors"] == counts(document)["accessors"] - 2
    sampler = result.json["animations"][0]["samplers"][0]
    assert sampler["output"] < kept["output"]
    assert read_accessor(result, sampler["output"]).tolist() == expected


@pytest.mark.parametrize(
    ("owner", "extensions"),
    [
        ("material", {"KHR_materials_clearcoat": {"clearcoatTexture": {"index": 0}}}),
        ("texture", {"KHR_texture_basisu": {"source": 1}}),
        ("texture", {"EXT_texture_webp": {"source": 1}}),
        ("node", {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 4}}}),
        ("primitive", {"KHR_draco_mesh_compression": {"bufferView": 5, "attributes": {}}}),
    ],
)
def test_what_known_extensions_use_stays(owner: str, extensions: dict[str, Any]) -> None:
    document = GlbDocument.parse(textured_box())
    top = document.json
    view = {"buffer": 0, "byteOffset": 0, "byteLength": 12}
    top["bufferViews"].append(view)
    top["images"].append({"bufferView": 0, "mimeType": "image/png"})
    top["accessors"].append({**top["accessors"][1]})
    owners = {
        "material": top["materials"][0],
        "texture": top["textures"][0],
        "node": top["nodes"][0],
        "primitive": top["meshes"][0]["primitives"][0],
    }
    if owner == "material":
        del top["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    without = counts(compact(document))
    owners[owner]["extensions"] = extensions
    assert sum(counts(compact(document)).values()) > sum(without.values())


def test_unknown_extension_with_numbers_keeps_everything() -> None:
    document = GlbDocument.parse(textured_box())
    document.json["extensions"] = {"VENDOR_decals": {"pictures": [0]}}
    del document.json["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    assert compact(document).to_bytes() == document.to_bytes()


def test_meshopt_ranges_move_with_their_bytes() -> None:
    document = GlbDocument.parse(textured_box())
    top = document.json
    twin = {**top["bufferViews"][1], "mode": "ATTRIBUTES", "count": 1, "byteStride": 12}
    bytes_before = document.view_bytes(1)
    top["buffers"].append({"byteLength": 9999})
    top["bufferViews"][1].update(buffer=1, byteOffset=64)
    top["bufferViews"][1]["extensions"] = {"EXT_meshopt_compression": twin}
    del top["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    result = compact(document)
    view = result.json["bufferViews"][0]
    assert (view["buffer"], view["byteOffset"]) == (1, 64)
    moved = view["extensions"]["EXT_meshopt_compression"]
    assert moved["byteOffset"] < twin["byteOffset"]
    start = moved["byteOffset"]
    assert result.binary[start : start + moved["byteLength"]] == bytes_before


def test_overlapping_views_are_not_copied_twice() -> None:
    document = GlbDocument.parse(textured_box())
    document.json["bufferViews"] = [
        {"buffer": 0, "byteLength": len(document.binary)} for _ in range(5)
    ]
    assert compact(document).binary == document.binary


def test_document_without_any_use_of_its_buffer_loses_it() -> None:
    document = GlbDocument.parse(textured_box())
    for key in ("meshes", "materials", "nodes", "scenes", "scene"):
        del document.json[key]
    result = compact(document)
    assert result.binary == b""
    assert set(result.json) == {"asset"}


def test_buffer_before_others_keeps_its_place() -> None:
    document = GlbDocument.parse(textured_box())
    for key in ("meshes", "materials", "nodes", "scenes", "scene"):
        del document.json[key]
    document.json["buffers"].append({"byteLength": 3, "uri": "data:;base64,AAEC"})
    result = compact(document)
    assert len(result.json["buffers"]) == 2
    assert result.json["buffers"][0]["byteLength"] == len(result.binary) == 4


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("textures", []),
        ("textures", [{"source": 7}]),
        ("textures", [{"source": 0, "sampler": -1}]),
        ("images", [{"bufferView": "0"}]),
        ("bufferViews", [{"buffer": 0, "byteLength": 2**40}] * 5),
        ("bufferViews", [{"byteLength": 1}] * 5),
        ("materials", [{"normalTexture": {"index": None}}]),
        ("meshes", [{"primitives": [{"attributes": {"POSITION": {}}}]}]),
    ],
)
def test_reference_that_leads_nowhere_is_refused(key: str, value: object) -> None:
    document = GlbDocument.parse(textured_box())
    document.json[key] = value
    with pytest.raises(BadGlb):
        compact(document)
