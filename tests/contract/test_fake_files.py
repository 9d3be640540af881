"""The files that the fakes hand out are true GLBs and pictures."""

import io

import pytest
from PIL import Image

from tests.fakes import models, pictures
from tests.fakes.pictures import Subject
from tests.support.gltf_validator import assert_valid_glb


@pytest.mark.parametrize(
    "glb",
    [
        pytest.param(models.textured_box(), id="box"),
        pytest.param(models.textured_box(textured=False), id="plain_box"),
        pytest.param(models.tpose_figure(), id="figure"),
        pytest.param(models.rigged_figure(), id="rigged"),
        pytest.param(models.rigged_figure("walking", "running"), id="walking"),
    ],
)
def test_fake_model_khronos_validator_finds_nothing(glb: bytes) -> None:
    assert_valid_glb(glb)


def test_rigged_figure_has_a_skin_and_the_clips_asked_for() -> None:
    document = models.document_of(models.rigged_figure("walking", "running"))
    assert [clip["name"] for clip in document["animations"]] == ["walking", "running"]
    assert len(document["skins"][0]["joints"]) == 7
    assert "animations" not in models.document_of(models.rigged_figure())
    assert "skins" not in models.document_of(models.tpose_figure())


@pytest.mark.parametrize("subject", Subject)
def test_fake_picture_subject_stands_out_from_a_plain_ground(subject: Subject) -> None:
    with Image.open(io.BytesIO(pictures.png(subject))) as image:
        assert image.format == "PNG"
        edges = {image.getpixel((x, y)) for x in (0, 128, 255) for y in (0, 255)}
        assert len(edges) == 1
        assert image.getpixel((128, 60)) not in edges


def test_fake_picture_transparent_has_a_clear_ground() -> None:
    content = pictures.picture(transparent=True)
    with Image.open(io.BytesIO(content)) as image:
        assert image.getpixel((0, 0)) == (0, 0, 0, 0)


def test_noisy_png_is_at_least_as_long_as_asked() -> None:
    content = pictures.noisy_png(300_000)
    assert 300_000 <= len(content) < 600_000
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
