"""Finding the figure: on every kind of ground, and the pictures that are refused."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from asset_forge.errors import BadPicture, Refused
from asset_forge.greybox.picture.mask import MAX_PICTURE_PIXELS, find_figure, open_picture
from tests.unit.greybox_picture import pictures

Bools = npt.NDArray[np.bool_]


def true_mask(figure: Image.Image) -> Bools:
    return np.asarray(figure)[..., 3] > 127


def overlap(found: Bools, wanted: Bools) -> float:
    return float((found & wanted).sum() / (found | wanted).sum())


def find(image: Image.Image, image_format: str = "PNG") -> Bools:
    return find_figure(open_picture(pictures.encode(image, image_format))).inside


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and has one chunk of pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("ground", ["plain", "noisy", "alpha"])
@pytest.mark.parametrize("name", ["sword", "axe", "potion", "humanoid", "bow"])
def test_find_figure_on_a_ground_matches_what_was_drawn(name: str, ground: str) -> None:
    figure = pictures.FIGURES[name](256)
    found = find(pictures.on_ground(figure, ground))
    assert overlap(found, true_mask(figure)) > (
        0.75 if name == "bow" else 0.96
    )  # its string is 2 px wide


@pytest.mark.parametrize("seed", range(12))
def test_find_figure_on_any_smooth_ground_matches_what_was_drawn(seed: int) -> None:
    """Grounds of any pale or dark colour, with a gradient in any direction and some grain."""
    rng = np.random.default_rng(seed)
    size_px = 224
    figure = pictures.FIGURES[("sword", "axe", "potion", "humanoid")[seed % 4]](size_px)
    rows, columns = np.mgrid[0:size_px, 0:size_px] / size_px - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(angle) * columns + np.sin(angle) * rows)[..., None]
    base = rng.uniform(205, 250) if seed % 3 else rng.uniform(4, 26)
    ground = base + rng.uniform(-8, 8, 3) + rng.uniform(0, 26) * slope
    ground += rng.normal(0, rng.uniform(0, 4), ground.shape)
    sheet = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    sheet.paste(figure, (0, 0), figure)
    assert overlap(find(sheet), true_mask(figure)) > 0.93


@pytest.mark.parametrize("name", ["axe", "shield", "humanoid", "crate"])
def test_find_figure_on_a_gradient_matches_what_was_drawn(name: str) -> None:
    figure = pictures.FIGURES[name](256)
    assert overlap(find(pictures.on_ground(figure, "gradient")), true_mask(figure)) > 0.99


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
def test_find_figure_in_a_lossy_picture_leaves_no_ripples(image_format: str) -> None:
    figure = pictures.humanoid(256)
    found = find(pictures.on_ground(figure, "plain"), image_format)
    assert overlap(found, true_mask(figure)) > 0.97


def test_find_figure_with_a_soft_shadow_leaves_the_shadow_out() -> None:
    figure = pictures.humanoid(256, pose="a")
    assert overlap(find(pictures.with_shadow(figure)), true_mask(figure)) > 0.98


def test_find_figure_sees_the_ground_through_a_bow() -> None:
    found = find(pictures.on_ground(pictures.bow(256), "plain"))
    assert not found[128, 128]


def test_find_figure_keeps_white_eyes_before_white() -> None:
    figure = pictures.humanoid(256)
    found = find(pictures.on_ground(figure, "plain"))
    assert found[20:40, 120:136].all()


def test_find_figure_drops_a_speck_beside_it() -> None:
    image = pictures.on_ground(pictures.potion(256), "plain")
    image.paste((20, 20, 20), (10, 10, 18, 18))
    assert not find(image)[:30, :30].any()


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (pictures.plain(200), "Nothing stands out"),
        (Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "Nothing stands out"),
        (pictures.noisy(200, strength=90), "too busy"),
        (pictures.plain(200).convert("RGBA").crop((-2, -2, 202, 202)), "fills the picture"),
    ],
)
def test_find_figure_without_a_figure_is_refused(image: Image.Image, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        find(image)


def test_find_figure_in_random_alpha_is_refused() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (120, 160, 4), dtype=np.uint8)
    with pytest.raises(Refused, match="falls to pieces"):
        find(Image.fromarray(pixels))


def test_find_figure_of_a_few_pixels_is_refused() -> None:
    image = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (25, 25, 33, 33))
    with pytest.raises(Refused, match="too small"):
        find(image)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (15, 15), (6000, 40)])
def test_find_figure_in_a_sliver_of_a_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="too"):
        find(Image.new("RGB", size, (200, 200, 200)))


def test_open_picture_of_other_bytes_is_a_bad_picture() -> None:
    with pytest.raises(BadPicture, match="no PNG"):
        open_picture(b"glTF" + bytes(64))


def test_open_picture_of_nothing_is_a_bad_picture() -> None:
    with pytest.raises(BadPicture):
        open_picture(b"")


@pytest.mark.parametrize("edge", [int(MAX_PICTURE_PIXELS**0.5) + 100, 12_000, 60_000])
def test_open_picture_with_too_many_pixels_is_refused_by_its_header(edge: int) -> None:
    with pytest.raises(BadPicture, match="40 megapixels"):
        open_picture(png_header(edge, edge))


def test_open_picture_that_breaks_off_is_a_bad_picture() -> None:
    data = pictures.encode(pictures.noisy(200))
    with pytest.raises(BadPicture, match="breaks off"):
        open_picture(data[: len(data) // 2])


@pytest.mark.parametrize("image_format", ["GIF", "PNG", "WEBP"])
def test_open_picture_with_several_frames_is_a_bad_picture(image_format: str) -> None:
    frames = [pictures.plain(40, colour) for colour in ((255, 0, 0), (0, 255, 0))]
    buffer = io.BytesIO()
    frames[0].save(buffer, image_format, save_all=True, append_images=frames[1:])
    with pytest.raises(BadPicture, match="animated"):
        open_picture(buffer.getvalue())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_open_picture_of_any_mode_gives_rgba(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((8, 6), 32768, dtype=np.uint16))
    else:
        image = pictures.plain(8, (128, 128, 128)).resize((6, 8)).convert(mode)
    opened = open_picture(pictures.encode(image))
    assert (opened.mode, opened.size) == ("RGBA", (6, 8))
    if mode == "I;16":
        assert abs(int(np.asarray(opened)[0, 0, 0]) - 127) <= 1


def test_open_picture_turned_by_exif_is_upright() -> None:
    image = pictures.plain(40).resize((40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    assert open_picture(buffer.getvalue()).size == (20, 40)
