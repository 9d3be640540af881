"""Pictures that are cut off, lie about their size, or become far more than they are."""

import io
import struct
import zlib

from PIL import Image


def png(
    width: int,
    height: int,
    rows: bytes,
    *,
    depth: int = 8,
    colour: int = 2,
    interlaced: bool = False,
    before: bytes = b"",
    compressed: bytes | None = None,
) -> bytes:
    """Write a PNG from filtered rows, whatever its head says."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    body = zlib.compress(rows, 9) if compressed is None else compressed
    chunks = chunk(b"IHDR", head) + before + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def saved(
    file_format: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), **how: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format=file_format, **how)
    return out.getvalue()


def _jpeg_of_size(width: int, height: int) -> bytes:
    data = bytearray(saved("JPEG"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _webp_of_size(width: int, height: int) -> bytes:
    data = bytearray(saved("WEBP", lossless=True))
    bits = int.from_bytes(data[21:25], "little") & ~0xFFFFFFF | (width - 1) | (height - 1) << 14
    data[21:25] = bits.to_bytes(4, "little")
    return bytes(data)


def _bomb() -> bytes:
    """A quarter of a gigabyte of zeros in a quarter of a megabyte."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(256)) + packer.flush()


_BOMB = _bomb()
_SMALL = bytes(1 + 3 * 4) * 4

PICTURES = {
    "empty": b"",
    "magic alone": b"\x89PNG\r\n\x1a\n",
    "head alone": png(4, 4, b"")[:33],
    "no rows": png(4, 4, b""),
    "cut in the middle": saved("PNG", size=(200, 200))[:150],
    "2**31 by 2**31": png(2**31 - 1, 2**31 - 1, _SMALL),
    "0 by 0": png(0, 0, b""),
    "30,000 by 30,000 of nothing": png(30_000, 30_000, _SMALL),
    "8,000 by 8,000 of nothing": png(8_000, 8_000, _SMALL),
    "1 by 2**30": png(1, 2**30, _SMALL),
    "zeros behind one pixel": png(1, 1, b"", compressed=_BOMB),
    "text bomb": png(4, 4, _SMALL, before=chunk(b"zTXt", b"note\0\0" + _BOMB)),
    "profile bomb": png(4, 4, _SMALL, before=chunk(b"iCCP", b"rgb\0\0" + _BOMB)),
    "international text bomb": png(4, 4, _SMALL, before=chunk(b"iTXt", b"n\0\1\0\0\0" + _BOMB)),
    "chunk of 4 GiB": b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIHDR" + bytes(30),
    "wrong checksum": png(4, 4, _SMALL)[:-20] + bytes(20),
    "bad filters": png(4, 4, b"\x09" * 52),
    "not deflated": png(4, 4, b"", compressed=b"\xff" * 50),
    "depth 3": png(4, 4, _SMALL, depth=3),
    "kind 5": png(4, 4, _SMALL, colour=5),
    "palette without a palette": png(4, 4, bytes(20), colour=3),
    "16 bits": png(4, 4, bytes(100), depth=16),
    "16 bits grey": png(4, 4, bytes(36), depth=16, colour=0),
    "16 bits grey and alpha": png(4, 4, bytes(68), depth=16, colour=4),
    "interlaced": png(4, 4, bytes(100), interlaced=True),
    "interlaced and cut off": png(64, 64, bytes(200), interlaced=True),
    "animated": saved("PNG", save_all=True, append_images=[Image.new("RGB", (64, 48))] * 3),
    "JPEG cut off": saved("JPEG", size=(200, 200))[:400],
    "JPEG head alone": saved("JPEG")[:180],
    "JPEG of 65,000 by 65,000": _jpeg_of_size(65_000, 65_000),
    "JPEG of 0 by 0": _jpeg_of_size(0, 0),
    "JPEG of 3,000 by 3,000": _jpeg_of_size(3_000, 3_000),
    "JPEG of four colours": saved("JPEG", mode="CMYK"),
    "JPEG progressive and cut off": saved("JPEG", size=(300, 300), progressive=True)[:500],
    "JPEG of fillers": b"\xff\xd8" + b"\xff" * 100_000,
    "JPEG of empty segments": b"\xff\xd8" + b"\xff\xe0\0\2" * 50_000,
    "WebP cut off": saved("WEBP")[:40],
    "WebP of 16,384 by 16,384": _webp_of_size(16_384, 16_384),
    "WebP with a wrong size": b"RIFF\xff\xff\xff\xffWEBPVP8L" + bytes(40),
    "GIF": saved("GIF"),
    "TIFF": saved("TIFF"),
    "BMP of 2**31": saved("BMP")[:18] + b"\xff\xff\xff\x7f" * 2 + saved("BMP")[26:],
    "ICO": saved("ICO"),
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
}  # fmt: skip
