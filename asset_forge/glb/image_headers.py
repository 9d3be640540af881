"""Kind and size of encoded pictures from their first bytes, without decoding them.

PNG, JPEG, WebP and KTX2, the kinds that glTF textures have. Anything else is None, not an error.
"""

import struct
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_KTX2 = b"\xabKTX 20\xbb\r\n\x1a\n"
# Start-of-frame markers C0…CF carry the size; C4, C8 and CC in between are something else.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


class ImageHeader(NamedTuple):
    mime_type: str
    width_px: int
    height_px: int


def read_image_header(data: bytes) -> ImageHeader | None:
    """Return the kind and size of a picture, or None when they cannot be told."""
    if data.startswith(_PNG) and len(data) >= 24:
        return ImageHeader("image/png", *struct.unpack_from(">II", data, 16))
    if data.startswith(_KTX2) and len(data) >= 28:
        return ImageHeader("image/ktx2", *struct.unpack_from("<II", data, 20))
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp(data)
    return None


def _jpeg(data: bytes) -> ImageHeader | None:
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a filler byte
            position += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            position += 2
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return ImageHeader("image/jpeg", width, height)
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None


def _webp(data: bytes) -> ImageHeader | None:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageHeader("image/webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return ImageHeader("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return ImageHeader("image/webp", width, int.from_bytes(data[27:30], "little") + 1)
    return None
