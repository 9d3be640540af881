"""What holds for every kind of the registry, whoever adds one.

Each kind is made of three seeds in two materials, painted anew, placed, and rigged if it can be.
"""

import functools
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from asset_forge.domain.sizes import Placement, placement_of
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.normalise import normalise
from asset_forge.glb.render import render_sprites
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.kinds import kind_of
from asset_forge.greybox.model import make_model
from asset_forge.greybox.retexture import retexture
from asset_forge.greybox.rig import rig_character
from asset_forge.greybox.shapes import EXAMPLES, build_shape, example_brief
from tests.support.gltf_validator import assert_valid_glbs
from tests.unit.greybox.meshes import closed, volume_m3

SEEDS = (1, 2, 3)
MATERIALS = ("", "red rusty ornate ")
# Of 255, in the mean over what either picture shows.
LEAST_DIFFERENCE = 3.0


def brief(kind: str, seed: int, words: str) -> Brief:
    faces = 12_000 if kind == "humanoid" else 6_000
    return example_brief(kind, words, seed=seed, face_budget=faces, texture_px=256)


@functools.cache
def made(kind: str) -> dict[str, bytes]:
    """Return a kind's GLBs by the words and seed that they are made of."""
    return {
        f"{words}{kind} {seed}": make_model(brief(kind, seed, words + EXAMPLES[kind])).glb
        for words in MATERIALS
        for seed in SEEDS
    }


@pytest.mark.parametrize("kind", EXAMPLES)
def test_kind_by_its_own_name_is_that_kind(kind: str) -> None:
    assert kind_of(brief(kind, 1, "thing")) == (kind, None)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_kind_of_three_seeds_in_two_materials_is_valid(kind: str) -> None:
    files = dict(made(kind))
    for name, glb in made(kind).items():
        painted = retexture(glb, preset_id="bronze", style_prompt="warm bronze", category="metal")
        # Twice its size, so that there is something to place.
        files[f"{name} in bronze"] = normalise(painted, placement(kind, glb)).data
    assert_valid_glbs(files)


def placement(kind: str, glb: bytes) -> Placement:
    wanted = placement_of(type="item", subtype=kind, name="thing")
    size = inspect_glb(glb).dimensions
    return replace(wanted, size_m=2 * max(size.width_m, size.height_m, size.depth_m))


@pytest.mark.parametrize("seed", SEEDS)
def test_humanoid_with_a_rig_is_valid(seed: int) -> None:
    files = {}
    for words in MATERIALS:
        character = rig_character(made("humanoid")[f"{words}humanoid {seed}"], height_m=1.8)
        files[f"{words}{seed} rigged"] = character.rigged
        files[f"{words}{seed} walking"] = character.walking
        files[f"{words}{seed} running"] = character.running
    # A moving mesh leaves its tangents to the program that shows it.
    assert_valid_glbs(files, allowed=["MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"])


@pytest.mark.parametrize("kind", EXAMPLES)
def test_kind_of_another_seed_looks_different(kind: str) -> None:
    pictures = [looked_at(made(kind)[f"{kind} {seed}"]) for seed in SEEDS]
    for one, other in itertools.combinations(pictures, 2):
        is_shown = (one[..., 3] > 0) | (other[..., 3] > 0)
        assert np.abs(one - other)[is_shown].mean() > LEAST_DIFFERENCE


def looked_at(glb: bytes) -> NDArray[np.float64]:
    (sprite,) = render_sprites(glb, angle_count=1, size_px=96)
    with Image.open(io.BytesIO(sprite.png)) as picture:
        return np.asarray(picture.convert("RGBA"), np.float64)


# The lips of a humanoid meet at their corners, where no edge can tell them apart.
@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if kind != "humanoid"])
def test_kind_has_closed_parts_only(kind: str) -> None:
    shape = build_shape(kind, brief(kind, 1, EXAMPLES[kind]))
    assert shape.kind == kind
    for part in shape.parts:
        assert part.open or (closed(part) and volume_m3(part) > 0), part.name
