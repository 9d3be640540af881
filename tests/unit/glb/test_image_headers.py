"""Sizes of pictures from their headers."""

import io
import struct

import pytest
from PIL import Image

from asset_forge.glb.image_headers import read_image_header


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (37, 21)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (encoded("PNG"), "image/png"),
        (encoded("JPEG"), "image/jpeg"),
        (encoded("JPEG", progressive=True, exif=b"Exif\0\0" + bytes(5000)), "image/jpeg"),
        (encoded("WEBP"), "image/webp"),
        (encoded("WEBP", lossless=True), "image/webp"),
        (encoded("WEBP", "RGBA", exif=b"Exif\0\0II*\0"), "image/webp"),
        (b"\xabKTX 20\xbb\r\n\x1a\n" + struct.pack("<IIIII", 0, 1, 37, 21, 0), "image/ktx2"),
    ],
)
def test_header_gives_kind_and_size_and_cut_off_it_gives_nothing_wrong(
    data: bytes, mime_type: str
) -> None:
    assert read_image_header(data) == (mime_type, 37, 21)
    for end in range(len(data)):
        assert read_image_header(data[:end]) in (None, (mime_type, 37, 21))


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(40), b"\xff\xd8\xff\xda" + b"\0" * 40])
def test_unknown_picture_has_no_header(data: bytes) -> None:
    assert read_image_header(data) is None
