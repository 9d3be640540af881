"""Data URLs and pictures from outside."""

import base64
import io
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asset_forge.errors import BadPicture, PayloadTooLarge
from asset_forge.pictures import (
    check_picture,
    decode_data_url,
    encode_data_url,
    to_png,
    to_small_jpeg,
)

LIMIT = 1_000_000


def encoded(file_format: str, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format=file_format)
    return out.getvalue()


def png_claiming(width_px: int, height_px: int) -> bytes:
    """A PNG header that promises more pixels than there are."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 64)
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@given(st.binary(min_size=1, max_size=200))
def test_data_url_round_trip_keeps_every_byte(data: bytes) -> None:
    assert decode_data_url(encode_data_url(data, "image/png"), max_bytes=LIMIT) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "iVBORw0KGgo=",
        "data:image/png,abc",
        "data:text/html;base64,aGFsbG8=",
        "data:image/png;base64,",
        "data:image/png;base64,aGFs bG8=",
        "data:image/png;base64,aGFsbG8",
        "data:image/png;base64,aGFs\nbG8=",
        "data:image/png;base64,a*Fs",
        "data:image/png;base64,äöü=",
        "x" * 5000,
    ],
)
def test_data_url_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadPicture):
        decode_data_url(text, max_bytes=LIMIT)


def test_data_url_with_parameters_and_capitals_is_read() -> None:
    url = "DATA:image/PNG;charset=utf-8;base64," + base64.b64encode(b"abc").decode()
    assert decode_data_url(url, max_bytes=3) == b"abc"


@pytest.mark.parametrize("size_bytes", [11, 12, 13, 1000])
def test_data_url_above_the_limit_is_too_large(size_bytes: int) -> None:
    with pytest.raises(PayloadTooLarge):
        decode_data_url(encode_data_url(b"x" * size_bytes, "image/png"), max_bytes=10)


@pytest.mark.parametrize("size_bytes", [8, 9, 10])
def test_data_url_at_the_limit_is_read(size_bytes: int) -> None:
    data = b"x" * size_bytes
    assert decode_data_url(encode_data_url(data, "image/png"), max_bytes=10) == data


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_check_of_a_real_picture_tells_size_and_format(file_format: str) -> None:
    info = check_picture(encoded(file_format), max_pixels=24)
    assert (info.width_px, info.height_px, info.format) == (6, 4, file_format)
    assert info.mime_type == f"image/{file_format.lower()}"


@pytest.mark.parametrize("file_format", ["GIF", "BMP", "TIFF"])
def test_check_of_another_format_is_refused(file_format: str) -> None:
    with pytest.raises(BadPicture, match="no PNG, JPEG or WebP"):
        check_picture(encoded(file_format), max_pixels=LIMIT)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_check_of_a_cut_off_picture_is_refused(file_format: str) -> None:
    data = encoded(file_format, (64, 64))
    with pytest.raises(BadPicture):
        check_picture(data[: len(data) // 2], max_pixels=LIMIT)


def test_check_reads_the_pixel_bound_before_decoding() -> None:
    with pytest.raises(BadPicture, match="9000 by 9000"):
        check_picture(png_claiming(9000, 9000), max_pixels=LIMIT)


@pytest.mark.parametrize("edge_px", [10_000, 60_000])
def test_check_of_a_decompression_bomb_is_refused(edge_px: int) -> None:
    with pytest.raises(BadPicture, match="far too many"):
        check_picture(png_claiming(edge_px, edge_px), max_pixels=LIMIT)


def test_check_of_a_png_with_missing_pixels_is_refused() -> None:
    with pytest.raises(BadPicture, match="damaged"):
        check_picture(png_claiming(300, 300), max_pixels=LIMIT)


@given(st.binary(max_size=300))
def test_check_of_any_bytes_after_a_signature_raises_nothing_else(tail: bytes) -> None:
    for signature in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP"):
        with pytest.raises(BadPicture):
            check_picture(signature + tail, max_pixels=LIMIT)


def test_to_png_leaves_a_png_as_it_is() -> None:
    data = encoded("PNG")
    assert to_png(data) is data


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_to_png_of_a_cut_off_or_too_large_picture_is_refused(file_format: str) -> None:
    data = encoded(file_format, (64, 64))
    for bad, most in ((data[: len(data) // 2], LIMIT), (data, 64 * 63)):
        with pytest.raises(BadPicture):
            to_png(bad, max_pixels=most)


@pytest.mark.parametrize(("file_format", "mode"), [("JPEG", "CMYK"), ("WEBP", "RGBA")])
def test_to_png_of_another_format_is_a_png_of_the_same_size(file_format: str, mode: str) -> None:
    info = check_picture(to_png(encoded(file_format, mode=mode)), max_pixels=24)
    assert (info.width_px, info.height_px, info.format) == (6, 4, "PNG")


def test_to_png_turns_the_picture_as_its_exif_says() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (6, 4)).save(out, format="JPEG", exif=exif)
    info = check_picture(to_png(out.getvalue()), max_pixels=24)
    assert (info.width_px, info.height_px) == (4, 6)


def test_to_small_jpeg_fits_and_puts_transparency_on_white() -> None:
    noise = Image.effect_noise((256, 256), 90).convert("RGBA")
    noise.putalpha(Image.new("L", (256, 256), 0))
    out = io.BytesIO()
    noise.save(out, format="PNG")
    small = to_small_jpeg(out.getvalue(), max_bytes=20_000)
    assert len(small) <= 20_000
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.format == "JPEG"
        assert picture.convert("RGB").getpixel((100, 100)) == (255, 255, 255)


def test_to_small_jpeg_shrinks_what_quality_alone_cannot() -> None:
    noise = Image.effect_noise((256, 256), 90)
    out = io.BytesIO()
    noise.save(out, format="PNG")
    small = to_small_jpeg(out.getvalue(), max_bytes=5_000)
    assert len(small) <= 5_000
    assert check_picture(small, max_pixels=LIMIT).width_px < 256


def test_to_small_jpeg_into_nothing_is_refused() -> None:
    with pytest.raises(BadPicture):
        to_small_jpeg(encoded("PNG"), max_bytes=10)


# --- pictures that mean harm, or are only odd ---


def png_with(*chunks: tuple[bytes, bytes], depth: int = 8, pixels: bytes = bytes(200)) -> bytes:
    """A PNG of 8 x 8 pixels (RGB) with more chunks between its header and its pixels."""
    header = struct.pack(">IIBBBBB", 8, 8, depth, 2, 0, 0, 0)
    every = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in every
    )


def animated(file_format: str) -> bytes:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, format=file_format, save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    "chunk",
    [
        (b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000))),
        (b"iCCP", b"a\0\0" + zlib.compress(bytes(100_000_000))),
        (b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(100_000_000))),
    ],
    ids=["zTXt", "iCCP", "iTXt"],
)
def test_check_of_a_png_whose_notes_unpack_without_end_is_refused(
    chunk: tuple[bytes, bytes],
) -> None:
    data = png_with(chunk)
    tracemalloc.start()

    with pytest.raises(BadPicture):
        check_picture(data, max_pixels=LIMIT)

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 20_000_000


def test_check_of_a_png_with_many_packed_notes_is_refused() -> None:
    note = (b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(1_000_000)))

    with pytest.raises(BadPicture, match="memory"):
        check_picture(png_with(*[note] * 80), max_pixels=LIMIT)


@pytest.mark.parametrize(
    "data",
    [
        png_with((b"tEXt", b"a\0" + b"x" * 3_000_000)),
        png_with(pixels=bytes(50_000_000)),
        png_with(depth=16, pixels=bytes(400)),
    ],
    ids=["long note", "more pixels than said", "16 bits"],
)
def test_check_of_an_odd_png_reads_its_pixels_alone(data: bytes) -> None:
    assert check_picture(data, max_pixels=LIMIT).width_px == 8


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_animated_picture_is_its_first_frame(file_format: str) -> None:
    data = animated(file_format)

    assert check_picture(data, max_pixels=LIMIT).format == file_format
    with Image.open(io.BytesIO(to_png(data))) as shown:
        red, green, _blue = shown.convert("RGB").getpixel((2, 2))  # type: ignore[misc]
    assert red > 200 > green


def test_photo_of_two_jpegs_in_one_file_is_a_jpeg() -> None:
    data = animated("MPO")

    assert check_picture(data, max_pixels=LIMIT).mime_type == "image/jpeg"
    assert check_picture(to_png(data), max_pixels=LIMIT).format == "PNG"


def test_check_of_an_endless_edge_is_refused_before_decoding() -> None:
    with pytest.raises(BadPicture, match="an edge may have 16,384"):
        check_picture(png_claiming(20_000, 1), max_pixels=LIMIT)


def test_picture_with_broken_exif_keeps_its_pixels() -> None:
    out = io.BytesIO()
    broken = b"Exif\0\0XX*\0" + b"\xff" * 40
    Image.new("RGB", (6, 4)).save(out, format="JPEG", exif=broken)

    assert check_picture(to_png(out.getvalue()), max_pixels=LIMIT).width_px == 6


@pytest.mark.parametrize(("mode", "level", "seen"), [("I;16", 30_000, 116), ("CMYK", 0, 255)])
def test_to_small_jpeg_keeps_the_brightness_of_other_modes(
    mode: str, level: int, seen: int
) -> None:
    out = io.BytesIO()
    colour: float | tuple[int, ...] = (level,) * 4 if mode == "CMYK" else level
    Image.new(mode, (16, 16), colour).save(out, format="JPEG" if mode == "CMYK" else "PNG")

    with Image.open(io.BytesIO(to_small_jpeg(out.getvalue(), max_bytes=LIMIT))) as small:
        assert small.mode == "RGB"
        shown = small.getpixel((8, 8))
    assert isinstance(shown, tuple)
    assert all(abs(channel - seen) <= 3 for channel in shown)
