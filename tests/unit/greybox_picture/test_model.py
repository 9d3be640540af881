"""The whole way from a picture's bytes to a GLB: closed, in metres, upright, clean textures."""

import functools
import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from asset_forge.errors import BadPicture, Refused
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.meshes import DrawnMesh, drawn_meshes
from asset_forge.greybox.picture import PictureModel, model_from_picture
from asset_forge.greybox.picture.inflate import is_closed
from tests.unit.greybox_picture import pictures

Floats = npt.NDArray[np.float64]


@functools.cache
def made(name: str, ground: str = "alpha") -> PictureModel:
    picture = pictures.encode(pictures.on_ground(pictures.FIGURES[name](256), ground))
    return model_from_picture(picture, kind=name, face_budget=1500, texture_px=512)


def mesh_of(model: PictureModel) -> DrawnMesh:
    (mesh,) = drawn_meshes(GlbDocument.parse(model.glb))
    return mesh


def texture_of(model: PictureModel) -> Image.Image:
    document = GlbDocument.parse(model.glb)
    view = document.json["bufferViews"][document.json["images"][0]["bufferView"]]
    start = view.get("byteOffset", 0)
    return Image.open(io.BytesIO(document.binary[start : start + view["byteLength"]]))


def welded(mesh: DrawnMesh) -> npt.NDArray[np.int64]:
    rounded = np.round(mesh.positions, 6)
    _, numbers = np.unique(rounded, axis=0, return_inverse=True)
    return numbers.reshape(-1)[mesh.triangles]


def depth_between(mesh: DrawnMesh, low: float, high: float) -> float:
    """Depth in metres of what lies between two shares of the height."""
    y = mesh.positions[:, 1] / mesh.positions[:, 1].max()
    return float(np.ptp(mesh.positions[(y >= low) & (y <= high), 2]))


def width_between(mesh: DrawnMesh, low: float, high: float) -> float:
    y = mesh.positions[:, 1] / mesh.positions[:, 1].max()
    return float(np.ptp(mesh.positions[(y >= low) & (y <= high), 0]))


@pytest.mark.parametrize("name", pictures.FIGURES)
def test_model_of_a_figure_is_closed_and_keeps_its_budget(name: str) -> None:
    model = made(name)
    mesh = mesh_of(model)
    assert is_closed(welded(mesh))
    assert len(mesh.triangles) == model.triangle_count <= 1500


@pytest.mark.parametrize(
    ("name", "height_m"),
    [("sword", 1.0), ("humanoid", 1.8), ("helmet", 0.3), ("crate", 0.6), ("potion", 0.22)],
)
def test_model_of_a_kind_has_its_size_and_stands_on_the_floor(name: str, height_m: float) -> None:
    positions = mesh_of(made(name)).positions
    assert positions[:, 1].min() == pytest.approx(0.0, abs=1e-6)
    assert positions[:, 1].max() == pytest.approx(height_m, rel=1e-5)
    assert abs(positions[:, 0].min() + positions[:, 0].max()) < 0.01 * height_m


@pytest.mark.parametrize("name", pictures.FIGURES)
def test_model_of_a_figure_is_solid_and_faces_outwards(name: str) -> None:
    mesh = mesh_of(made(name))
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0
    assert mesh.normals is not None
    faces = np.cross(b - a, c - a)
    agree = np.einsum("ij,ij->i", faces, mesh.normals[mesh.triangles].sum(axis=1)) > 0
    assert agree.mean() > 0.99


def test_model_of_a_sword_has_a_flat_blade_and_a_round_grip() -> None:
    mesh = mesh_of(made("sword"))
    assert depth_between(mesh, 0.5, 0.7) < 0.4 * width_between(mesh, 0.5, 0.7)
    assert depth_between(mesh, 0.1, 0.2) == pytest.approx(width_between(mesh, 0.1, 0.2), rel=0.3)
    assert depth_between(mesh, 0.26, 0.3) > 1.1 * depth_between(mesh, 0.1, 0.2)
    assert depth_between(mesh, 0.0, 0.06) > 0.7 * width_between(mesh, 0.0, 0.06)


def test_model_of_an_axe_thins_out_to_its_edge() -> None:
    positions = mesh_of(made("axe")).positions
    edge = positions[positions[:, 0] > positions[:, 0].max() - 0.01]
    assert np.ptp(edge[:, 2]) < 0.4 * np.ptp(positions[:, 2])


def test_model_of_a_hammer_has_a_head_much_deeper_than_its_haft() -> None:
    mesh = mesh_of(made("hammer"))
    assert depth_between(mesh, 0.8, 0.95) > 2.5 * depth_between(mesh, 0.1, 0.5)


def test_model_of_a_spear_has_a_flat_point() -> None:
    mesh = mesh_of(made("spear"))
    assert depth_between(mesh, 0.82, 0.95) < 0.5 * width_between(mesh, 0.82, 0.95)


def test_model_of_a_potion_is_turned() -> None:
    mesh = mesh_of(made("potion"))
    assert np.ptp(mesh.positions[:, 2]) == pytest.approx(np.ptp(mesh.positions[:, 0]), rel=0.1)


def test_model_of_a_crate_is_as_deep_as_wide() -> None:
    mesh = mesh_of(made("crate"))
    assert np.ptp(mesh.positions[:, 2]) == pytest.approx(np.ptp(mesh.positions[:, 0]), rel=0.05)


def test_model_of_a_shield_is_thin_and_bulges_forward() -> None:
    positions = mesh_of(made("shield")).positions
    middle = np.abs(positions[:, 0]) < 0.03
    rim = np.abs(positions[:, 0]) > 0.9 * positions[:, 0].max()
    assert positions[middle, 2].mean() > positions[rim, 2].max()
    assert np.ptp(positions[:, 2]) < 0.35 * np.ptp(positions[:, 0])


def test_model_of_a_humanoid_has_a_deep_head_and_feet_that_point_forward() -> None:
    mesh = mesh_of(made("humanoid"))
    assert depth_between(mesh, 0.86, 1.0) > 0.8 * width_between(mesh, 0.9, 0.95)
    feet = mesh.positions[mesh.positions[:, 1] < 0.08]
    assert feet[:, 2].max() > 1.4 * -feet[:, 2].min()


def test_model_of_a_humanoid_has_no_face_on_its_back() -> None:
    texture = np.asarray(texture_of(made("humanoid")).convert("RGB"), dtype=np.float64)
    front, back = np.array_split(texture, 2, axis=int(np.argmax(texture.shape[:2])))
    middle = slice(round(front.shape[1] * 0.47), round(front.shape[1] * 0.53))
    face = slice(round(front.shape[0] * 0.09), round(front.shape[0] * 0.12))
    hair = np.array(pictures.HAIR)
    assert np.abs(back[face, middle].mean(axis=(0, 1)) - hair).max() < 30
    assert np.abs(front[face, middle].mean(axis=(0, 1)) - hair).max() > 60


@pytest.mark.parametrize("name", ["sword", "axe", "humanoid"])
def test_texture_of_a_figure_shows_nothing_of_its_ground(name: str) -> None:
    figure = pictures.FIGURES[name](320)
    sheet = Image.new("RGB", figure.size, (0, 255, 0))
    sheet.paste(figure, (0, 0), figure)
    model = model_from_picture(pictures.encode(sheet), kind=name, face_budget=1000, texture_px=256)
    pixels = np.asarray(texture_of(model).convert("RGB")).astype(int)
    greenish = pixels[..., 1] - np.maximum(pixels[..., 0], pixels[..., 2])
    assert greenish.max() < 40


def test_texture_fits_the_size_that_was_asked_for() -> None:
    assert max(texture_of(made("sword")).size) <= 512


def test_model_of_a_tilted_sword_stands_upright_and_says_so() -> None:
    tilted = pictures.encode(pictures.turned(pictures.sword(384), 130))
    model = model_from_picture(tilted, kind="sword", face_budget=2000, texture_px=256)
    mesh = mesh_of(model)
    upright = mesh_of(made("sword"))
    for low, high in ((0.1, 0.2), (0.27, 0.31), (0.6, 0.7)):
        assert width_between(mesh, low, high) == pytest.approx(
            width_between(upright, low, high), rel=0.15
        )
    assert any("upright" in note for note in model.notes)
    assert any("upside down" in note for note in model.notes)


def test_model_with_a_height_takes_it() -> None:
    picture = pictures.encode(pictures.humanoid(256))
    model = model_from_picture(
        picture, kind="goblin", height_m=1.1, face_budget=1500, texture_px=128
    )
    assert mesh_of(model).positions[:, 1].max() == pytest.approx(1.1, rel=1e-5)


def test_model_of_an_unknown_thing_is_made_all_the_same() -> None:
    picture = pictures.encode(pictures.on_ground(pictures.potion(256), "gradient"))
    model = model_from_picture(picture, kind="gizmo", face_budget=800, texture_px=128)
    assert model.kind == "thing"
    assert is_closed(welded(mesh_of(model)))


def test_model_of_a_cut_off_figure_says_so() -> None:
    figure = pictures.humanoid(256).crop((0, 0, 256, 128))
    model = model_from_picture(
        pictures.encode(figure), kind="humanoid", face_budget=1000, texture_px=128
    )
    assert any("cut off" in note for note in model.notes)


def test_model_from_the_same_picture_twice_has_the_same_bytes() -> None:
    picture = pictures.encode(pictures.on_ground(pictures.axe(256), "noisy"))
    twice = [
        model_from_picture(picture, kind="axe", face_budget=1000, texture_px=128).glb
        for _ in range(2)
    ]
    assert twice[0] == twice[1]


def test_model_from_a_picture_without_a_figure_is_refused() -> None:
    with pytest.raises(Refused):
        model_from_picture(pictures.encode(pictures.plain(128)), kind="sword")


def test_model_from_no_picture_is_a_bad_picture() -> None:
    with pytest.raises(BadPicture):
        model_from_picture(b"not a picture", kind="sword")


@pytest.mark.parametrize(
    "wrong", [{"height_m": 0.0}, {"height_m": float("nan")}, {"face_budget": 3}, {"texture_px": 9}]
)
def test_model_with_sizes_out_of_range_is_a_value_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        model_from_picture(pictures.encode(pictures.sword(128)), kind="sword", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "drawn", "deep_share"),
    [("coin", "potion", 0.09), ("key", "crate", 0.10), ("book", "crate", 0.25)],
)
def test_model_of_a_flat_kind_is_flat(kind: str, drawn: str, deep_share: float) -> None:
    picture = pictures.encode(pictures.FIGURES[drawn](256))
    mesh = mesh_of(model_from_picture(picture, kind=kind, face_budget=1500, texture_px=256))
    wide, high, deep = np.ptp(mesh.positions, axis=0)
    assert deep < deep_share * max(wide, high)


@pytest.mark.parametrize("kind", ["rock", "gem", "food"])
def test_model_of_a_round_kind_is_nearly_as_deep_as_wide(kind: str) -> None:
    picture = pictures.encode(pictures.FIGURES["shield"](256))
    mesh = mesh_of(model_from_picture(picture, kind=kind, face_budget=1500, texture_px=256))
    wide, _, deep = np.ptp(mesh.positions, axis=0)
    assert 0.7 < deep / wide < 1.1
