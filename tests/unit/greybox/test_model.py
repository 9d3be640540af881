"""Finished models: valid GLB, deterministic, textures present."""

import io

import numpy as np
import pytest
from PIL import Image

from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.concept import draw_concept
from asset_forge.greybox.model import make_model, texture_size
from tests.support.gltf_validator import assert_valid_glb
from tests.unit.greybox.meshes import KINDS, brief


@pytest.mark.parametrize("kind", [*KINDS, "humanoid"])
def test_model_passes_the_khronos_validator(kind: str) -> None:
    model = make_model(brief(f"fine {kind}", kind, seed=1))
    assert_valid_glb(model.glb)
    assert model.kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_model_same_words_and_seed_give_the_same_bytes(kind: str) -> None:
    first, again, other = (make_model(brief(kind, kind, seed=s)).glb for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_model_textures_have_the_asked_size_and_differ_by_words() -> None:
    plain = make_model(brief("steel sword", "sword", seed=1, texture_px=512))
    rusty = make_model(brief("rusty steel sword", "sword", seed=1, texture_px=512))
    pictures = []
    for model in (plain, rusty):
        document = GlbDocument.parse(model.glb)
        with Image.open(io.BytesIO(document.image_bytes(0))) as picture:
            assert picture.size == (512, 512)
            pictures.append(np.asarray(picture, np.int64))
    assert np.abs(pictures[0] - pictures[1]).mean() > 2


@pytest.mark.parametrize(("wanted", "made"), [(100, 256), (1024, 1024), (1500, 1024), (4096, 2048)])
def test_texture_size_is_a_power_of_two_in_range(wanted: int, made: int) -> None:
    assert texture_size(wanted) == made


def test_model_mesh_is_one_primitive_in_range_of_its_texture() -> None:
    document = GlbDocument.parse(make_model(brief("sword", "sword")).glb)
    assert len(document.json["meshes"]) == len(document.json["materials"]) == 1
    primitives = document.json["meshes"][0]["primitives"]
    assert len(primitives) == 1
    uvs = read_accessor(document, primitives[0]["attributes"]["TEXCOORD_0"])
    assert uvs.min() >= 0
    assert uvs.max() <= 1


def test_model_gem_shines_by_itself() -> None:
    document = GlbDocument.parse(make_model(brief("claw staff", "staff", seed=1)).glb)
    assert document.json["materials"][0]["emissiveFactor"] == [1.0, 1.0, 1.0]


def test_model_unknown_subtype_is_noted() -> None:
    model = make_model(brief("iron harpoon", "harpoon"))
    assert model.kind == "spear"
    assert model.note is not None
    assert "harpoon" in model.note


def test_concept_is_a_square_png_with_something_on_it() -> None:
    with Image.open(io.BytesIO(draw_concept(brief("steel sword", "sword")))) as picture:
        assert picture.format == "PNG"
        assert picture.size == (1024, 1024)
        assert np.asarray(picture.convert("L")).std() > 5
