"""Compressed geometry is read as what it was before, and the file stays as it is."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from asset_forge.errors import BadGlb
from asset_forge.glb.decompress import decoded
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.meshes import DrawnMesh, drawn_meshes, pose_at, scene_bounds
from asset_forge.glb.normalise import normalise_character
from asset_forge.glb.render import render_concept
from asset_forge.glb.tpose import strip_animations
from asset_forge.greybox.retexture import retexture
from asset_forge.greybox.rig import rig_character
from tests.support.compressed import DRACO, MESHOPT, with_draco, with_meshopt
from tests.support.glbs import rewritten, skinned_bar, textured_box
from tests.support.gltf_validator import assert_valid_glb
from tests.unit.rig import figures

Compress = Callable[[bytes], bytes]


def draco_in_order(data: bytes) -> bytes:
    return with_draco(data, sequential=True)


def filtered_meshopt(data: bytes) -> bytes:
    return with_meshopt(data, filters=True)


def khronos_meshopt(data: bytes) -> bytes:
    return with_meshopt(data, extension="KHR_meshopt_compression")


WAYS = [with_draco, draco_in_order, with_meshopt, filtered_meshopt, khronos_meshopt]
# Of 1 m: 14 bits of position leave a step of 2 m / 2**14.
TOLERANCE_M = 2e-4
# The validator knows neither extension, and cannot look into what they hold.
UNKNOWN = ("UNSUPPORTED_EXTENSION", "NODE_SKINNED_MESH_NON_ROOT", "UNDECLARED_EXTENSION")


def corner_rows(mesh: DrawnMesh) -> np.ndarray:
    """Position and normal of every corner, in an order that does not depend on the file's."""
    assert mesh.normals is not None
    rows = np.concatenate([mesh.positions, mesh.normals], axis=1)[mesh.triangles.reshape(-1)]
    return rows[np.lexsort(np.round(rows, 2).T)]


@pytest.mark.parametrize("make", [textured_box, skinned_bar])
@pytest.mark.parametrize("compress", WAYS)
def test_drawn_triangles_are_those_of_the_original(
    make: Callable[[], bytes], compress: Compress
) -> None:
    plain, packed = GlbDocument.parse(make()), GlbDocument.parse(compress(make()))
    for pose in (None, 0.4) if "animations" in plain.json else (None,):
        before, after = (
            drawn_meshes(document, None if pose is None else pose_at(document, 0, pose))
            for document in (plain, packed)
        )
        assert len(before) == len(after) == 1
        np.testing.assert_allclose(
            corner_rows(before[0])[:, :3], corner_rows(after[0])[:, :3], atol=TOLERANCE_M * 5
        )
        np.testing.assert_allclose(
            corner_rows(before[0])[:, 3:], corner_rows(after[0])[:, 3:], atol=0.02
        )


@pytest.mark.parametrize("compress", WAYS)
def test_pictures_of_compressed_models_look_alike(compress: Compress) -> None:
    before, after = (
        np.asarray(Image.open(io.BytesIO(render_concept(data, size_px=96))).convert("RGB"), float)
        for data in (skinned_bar(), compress(skinned_bar()))
    )
    assert before.std() > 10
    assert np.abs(before - after).mean() < 1.0


@pytest.mark.parametrize("compress", WAYS)
def test_report_counts_and_measures_as_without_compression(compress: Compress) -> None:
    before, after = inspect_glb(skinned_bar()), inspect_glb(compress(skinned_bar()))
    assert after.triangle_count == before.triangle_count == 12
    assert after.vertex_count == before.vertex_count
    assert after.dimensions.height_m == pytest.approx(before.dimensions.height_m, abs=1e-3)
    assert after.clips == before.clips
    assert after.warnings == before.warnings


@pytest.mark.parametrize("compress", WAYS)
def test_normalised_compressed_model_keeps_its_compressed_bytes(compress: Compress) -> None:
    data = compress(skinned_bar())
    old, new = GlbDocument.parse(data), GlbDocument.parse(normalise_character(data, 1.8))
    assert new.binary == old.binary
    for key in old.json.keys() - {"nodes", "scenes"}:
        assert new.json[key] == old.json[key]
    bounds = scene_bounds(new)
    assert bounds is not None
    np.testing.assert_allclose([bounds[0][1], bounds[1][1]], [0, 1.8], atol=1e-6)


@pytest.mark.parametrize("compress", WAYS)
def test_stripped_compressed_model_keeps_its_compressed_views(compress: Compress) -> None:
    data = compress(skinned_bar())
    stripped = strip_animations(data)
    assert len(stripped) < len(data)
    assert "animations" not in GlbDocument.parse(stripped).json
    old, new = (drawn_meshes(GlbDocument.parse(each))[0].positions for each in (data, stripped))
    np.testing.assert_array_equal(old, new)
    assert_valid_glb(stripped, allowed=UNKNOWN)


@pytest.mark.parametrize("compress", WAYS)
def test_decoded_document_holds_the_same_without_compression(compress: Compress) -> None:
    packed = GlbDocument.parse(compress(skinned_bar()))
    before = packed.to_bytes()
    plain = decoded(packed)
    assert packed.to_bytes() == before
    text = str(plain.json)
    assert DRACO not in text
    assert MESHOPT not in text
    assert "meshopt" not in text
    assert len(plain.json["buffers"]) == 1
    assert_valid_glb(plain.to_bytes(), allowed=("NODE_SKINNED_MESH_NON_ROOT",))
    for old, new in zip(drawn_meshes(packed), drawn_meshes(plain), strict=True):
        np.testing.assert_array_equal(old.positions, new.positions)
        np.testing.assert_array_equal(old.triangles, new.triangles)
    np.testing.assert_array_equal(
        drawn_meshes(packed, pose_at(packed, 0, 0.5))[0].positions,
        drawn_meshes(plain, pose_at(plain, 0, 0.5))[0].positions,
    )


def test_decoded_of_a_plain_document_is_that_document() -> None:
    document = GlbDocument.parse(skinned_bar())
    assert decoded(document) is document


def test_decoded_of_a_document_with_odd_extension_names_is_a_bad_glb() -> None:
    document = GlbDocument.parse(with_draco(textured_box()))
    document.json["extensionsRequired"] = 3
    with pytest.raises(BadGlb, match="extensionsRequired"):
        decoded(document)


@pytest.mark.parametrize("compress", WAYS)
def test_retextured_compressed_model_can_be_drawn(compress: Compress) -> None:
    painted = retexture(compress(textured_box()), preset_id="steel", style_prompt="steel")
    assert len(drawn_meshes(GlbDocument.parse(painted))[0].triangles) == 12
    assert inspect_glb(painted).textures[0].width_px


@pytest.mark.parametrize("compress", [with_draco, filtered_meshopt])
def test_compressed_character_is_rigged_as_a_plain_one(compress: Compress) -> None:
    rigged = rig_character(compress(figures.mannequin()), height_m=1.75)
    assert_valid_glb(rigged.walking, allowed=UNKNOWN)
    document = GlbDocument.parse(rigged.walking)
    assert not {DRACO, MESHOPT}.intersection(document.json.get("extensionsRequired", []))
    bounds = scene_bounds(document)
    assert bounds is not None
    assert bounds[1][1] - bounds[0][1] == pytest.approx(1.75, abs=0.01)


def test_draco_beside_uncompressed_bytes_is_not_needed() -> None:
    """Exporters may leave the plain accessors there for readers that do not know Draco."""
    document = GlbDocument.parse(textured_box())
    primitive = document.json["meshes"][0]["primitives"][0]
    primitive["extensions"] = {DRACO: {"bufferView": 0, "attributes": {"POSITION": 0}}}
    broken = document.to_bytes()
    assert inspect_glb(broken).triangle_count == 12
    assert len(drawn_meshes(GlbDocument.parse(broken))) == 1


def test_meshopt_with_a_fallback_buffer_reads_the_fallback() -> None:
    document = GlbDocument.parse(with_meshopt(textured_box()))
    for view in document.json["bufferViews"]:
        view.pop("extensions", None)
    original = GlbDocument.parse(textured_box())
    sizes = [view["byteLength"] for view in document.json["bufferViews"]]
    assert sorted(sizes) == sorted(v["byteLength"] for v in original.json["bufferViews"])
    with pytest.raises(BadGlb, match="no bytes"):
        drawn_meshes(document)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"count": 10**6}, "two different sizes"),
        ({"byteStride": 3, "count": 96}, "do not fit"),
        ({"mode": "MAGIC"}, "do not fit"),
        ({"filter": "QUATERNION"}, "do not fit"),
        ({"byteLength": 40}, "cannot be decompressed"),
        ({"buffer": 1}, "no bytes"),
    ],
)
def test_meshopt_view_that_contradicts_itself_is_a_bad_glb(
    change: dict[str, object], reason: str
) -> None:
    document = GlbDocument.parse(with_meshopt(textured_box()))
    position = document.json["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    view = document.json["bufferViews"][document.json["accessors"][position]["bufferView"]]
    view["extensions"][MESHOPT].update(change)
    with pytest.raises(BadGlb, match=reason):
        drawn_meshes(document)


def test_compressed_data_that_would_become_huge_is_a_bad_glb() -> None:
    document = GlbDocument.parse(with_meshopt(textured_box()))
    for view in document.json["bufferViews"]:
        if MESHOPT in view.get("extensions", {}):
            view["extensions"][MESHOPT]["count"] = 2**29
            view["byteLength"] = 2**29 * view["extensions"][MESHOPT]["byteStride"]
    with pytest.raises(BadGlb, match="would become more"):
        drawn_meshes(document)


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"DRACO\2\2\1\1\0\0\0" + b"\xff\xff\xff\xff\7" * 2 + bytes(20), "too large"),
        (b"DRACO\2\2\1\0\0\0" + b"\xff\xff\xff\xff\7" * 2 + bytes(20), "too large"),
        (b"DRACO\2\2\1\1\0\0\0\x18\x0d" + bytes(20), "13 triangles"),
        (b"DRACO\2\2\1\0\0\0\x0c\x7f" + bytes(20), "127 vertices"),
        (b"DRACO\2\2\1\1\0\0\0\x18\x0c" + bytes(20), "cannot be read"),
        (b"DRACO\2\2\0\1\0\0" + bytes(20), "no Draco mesh"),
        (b"DRACO\1\1\1\1\0\0" + bytes(20), "version 1.1"),
        (b"DRACO\2\2\1\7\0\0" + bytes(20), "method"),
        (b"DRACO\2\2\1\1\0\x80" + b"\xff" * 20, "cannot be read"),
        (b"DRACO\2\2\1\1\0\0\0\xff", "ends too early"),
        (b"DRACO", "too short"),
    ],
)
def test_draco_stream_that_cannot_be_is_a_bad_glb(stream: bytes, reason: str) -> None:
    document = GlbDocument.parse(with_draco(textured_box()))
    extension = document.json["meshes"][0]["primitives"][0]["extensions"][DRACO]
    document.json["bufferViews"][extension["bufferView"]] = {
        "buffer": 0,
        "byteOffset": len(document.binary),
        "byteLength": len(stream),
    }
    document.binary += stream
    for use in (drawn_meshes, decoded):
        with pytest.raises(BadGlb, match=reason):
            use(GlbDocument(document.json, document.binary))


def test_report_on_a_model_whose_draco_data_lacks_an_attribute_is_a_bad_glb() -> None:
    document = GlbDocument.parse(with_draco(textured_box()))
    part = document.json["meshes"][0]["primitives"][0]
    part["extensions"][DRACO]["attributes"]["POSITION"] = 77
    with pytest.raises(BadGlb, match="is not in it"):
        inspect_glb(rewritten(document.to_bytes()))
