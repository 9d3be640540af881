"""Stripping animations loses animations and nothing else."""

import numpy as np
import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import drawn_meshes
from asset_forge.glb.tpose import strip_animations
from tests.support.glbs import UNKNOWN_EXTENSION, png_bytes, skinned_bar, textured_box


def test_strip_removes_clips_and_their_bytes_only() -> None:
    data = skinned_bar()
    old, new = GlbDocument.parse(data), GlbDocument.parse(strip_animations(data))
    assert "animations" not in new.json
    # Five arrays of keys went: two times, shared, and two outputs of 2 x 4 and 2 x 3 floats.
    assert len(old.binary) - len(new.binary) == 8 + 32 + 24
    for key in ("asset", "nodes", "materials", "textures", "samplers", "scenes", "extensionsUsed"):
        assert new.json[key] == old.json[key]
    assert new.json["materials"][0]["extensions"] == {UNKNOWN_EXTENSION: {"grain": 0.25}}
    assert new.json["materials"][0]["extras"] == {"dye": "madder"}
    assert new.image_bytes(0) == png_bytes()


def test_strip_keeps_skin_and_mesh_bit_for_bit() -> None:
    data = skinned_bar()
    old, new = GlbDocument.parse(data), GlbDocument.parse(strip_animations(data))
    old_part, new_part = (
        {
            **document.json["meshes"][0]["primitives"][0]["attributes"],
            "inverse": document.json["skins"][0]["inverseBindMatrices"],
            "indices": document.json["meshes"][0]["primitives"][0]["indices"],
        }
        for document in (old, new)
    )
    assert old_part.keys() == new_part.keys()
    for name, index in old_part.items():
        before, after = read_accessor(old, index), read_accessor(new, new_part[name])
        assert before.dtype == after.dtype
        assert before.tobytes() == after.tobytes()
    np.testing.assert_array_equal(drawn_meshes(old)[0].positions, drawn_meshes(new)[0].positions)


def test_strip_of_a_file_without_animations_changes_no_byte() -> None:
    data = textured_box()
    assert strip_animations(data) == data
    assert strip_animations(strip_animations(skinned_bar())) == strip_animations(skinned_bar())


def test_strip_with_unknown_references_keeps_all_data() -> None:
    document = GlbDocument.parse(skinned_bar())
    document.json["extensions"] = {"VENDOR_sound": {"keys": 3}}
    stripped = GlbDocument.parse(strip_animations(document.to_bytes()))
    assert "animations" not in stripped.json
    assert stripped.binary == document.binary


def test_strip_of_bytes_that_are_no_glb_is_refused() -> None:
    with pytest.raises(BadGlb):
        strip_animations(b"not a model")
