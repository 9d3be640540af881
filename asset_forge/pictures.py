"""Pictures that came from outside: data URLs in, checked bytes out.

What is a real picture and how it is re-encoded lives here; where pictures are kept does not.
Everything is synchronous and decodes on the CPU: call it in a thread.
"""

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_forge.errors import BadPicture, PayloadTooLarge

if TYPE_CHECKING:
    from PIL.Image import Image

_DATA_URL_HEAD = re.compile(
    r"data:image/[a-z0-9.+-]+(;[a-z0-9_.+-]+=[^;,]*)*;base64,", re.IGNORECASE
)
_LONGEST_HEAD = 200
MOST_PIXELS = 64_000_000
"""Pixels of a picture that is taken when nothing stricter is said: 256 MB when decoded."""
LONGEST_EDGE_PX = 16_384
"""Longer edges fit into no JPEG or WebP, and no maker takes them."""
_MIME_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
# Photos of telephones are often two JPEGs in one file, which Pillow calls by another name.
_FORMATS = {"MPO": "JPEG"}
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})


@dataclass(frozen=True)
class PictureInfo:
    """What the header of a decoded picture says; `format` is PNG, JPEG or WEBP."""

    width_px: int
    height_px: int
    format: str

    @property
    def mime_type(self) -> str:
        return _MIME_TYPES[self.format]


def decode_data_url(text: str, *, max_bytes: int) -> bytes:
    """Return the bytes of a base64 data URL of an image, such as data:image/png;base64,iVBOR….

    The base64 is read strictly: no blanks, no missing padding. Whether the bytes are a picture is
    not looked at. Raises BadPicture, or PayloadTooLarge above `max_bytes`, before decoding.
    """
    import pybase64  # noqa: PLC0415 - bottom layer: only those who decode pay for the import

    head = _DATA_URL_HEAD.match(text[:_LONGEST_HEAD])
    if head is None:
        raise BadPicture(
            f"Not a base64 data URL of an image: it starts with {text[:40]!r}, "
            "expected data:image/png;base64,…"
        )
    payload_chars = len(text) - head.end()
    if payload_chars * 3 // 4 - 2 > max_bytes:
        raise PayloadTooLarge(
            f"The picture has about {payload_chars * 3 // 4:,} bytes, allowed are {max_bytes:,}",
            code="picture_too_large",
        )
    try:
        data = pybase64.b64decode(text[head.end() :], validate=True)
    except ValueError as error:
        raise BadPicture(f"The picture's base64 cannot be decoded: {error}") from None
    if not data:
        raise BadPicture("The picture is empty")
    if len(data) > max_bytes:
        raise PayloadTooLarge(
            f"The picture has {len(data):,} bytes, allowed are {max_bytes:,}",
            code="picture_too_large",
        )
    return data


def encode_data_url(data: bytes, mime_type: str) -> str:
    """Write bytes as a base64 data URL."""
    import pybase64  # noqa: PLC0415 - see decode_data_url

    return f"data:{mime_type};base64,{pybase64.b64encode_as_string(data)}"


def check_picture(data: bytes, *, max_pixels: int) -> PictureInfo:
    """Decode a PNG, JPEG or WebP to its last pixel and say what it is.

    The size is read from the header and held against `max_pixels` before anything is decoded.
    Of an animation only the first frame is decoded. Raises BadPicture.
    """
    picture = _open(data)
    file_format = picture.format or ""
    info = PictureInfo(picture.width, picture.height, _FORMATS.get(file_format, file_format))
    if max(info.width_px, info.height_px) > LONGEST_EDGE_PX:
        raise BadPicture(
            f"The picture has {info.width_px} by {info.height_px} pixels, "
            f"an edge may have {LONGEST_EDGE_PX:,}"
        )
    if info.width_px * info.height_px > max_pixels:
        raise BadPicture(
            f"The picture has {info.width_px} by {info.height_px} pixels, "
            f"allowed are {max_pixels:,} in all"
        )
    try:
        picture.verify()
        # A verified picture is used up: Pillow wants it opened again to read the pixels.
        _open(data).load()
    except BadPicture:
        raise
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever a broken file trips over
        raise BadPicture(f"The {info.format} is damaged: {error}") from None
    return info


def to_png(data: bytes, *, max_pixels: int = MOST_PIXELS) -> bytes:
    """Check a picture and re-encode it as PNG, turned as its EXIF says; a PNG stays as it is.

    Raises BadPicture as `check_picture` does.
    """
    if check_picture(data, max_pixels=max_pixels).format == "PNG":
        return data
    upright = _upright(data)
    if upright.mode not in _PNG_MODES:
        upright = upright.convert("RGB")
    out = io.BytesIO()
    # A profile made for CMYK or grey would lie about converted pixels, so it is left behind.
    upright.save(out, format="PNG", compress_level=6, icc_profile=None)
    return out.getvalue()


def to_small_jpeg(data: bytes, *, max_bytes: int) -> bytes:
    """Re-encode a checked picture as a JPEG of at most `max_bytes`, transparent parts on white.

    First the quality goes down to 70, then the edges, by a fifth at a time.
    """
    picture = _opaque(_upright(data))
    while True:
        for quality in (92, 85, 70):
            out = io.BytesIO()
            picture.save(out, format="JPEG", quality=quality)
            if out.tell() <= max_bytes:
                return out.getvalue()
        if min(picture.size) < 16:
            raise BadPicture(f"The picture does not fit into {max_bytes:,} bytes")
        width, height = picture.size
        picture = picture.resize((width * 4 // 5, height * 4 // 5))


def _upright(data: bytes) -> "Image":
    """Decode a checked picture and turn it as its EXIF says, where the EXIF can be read."""
    from PIL import ImageOps  # noqa: PLC0415 - the web process starts without Pillow

    picture = _open(data)
    try:
        # In place: a large picture is a quarter of a gigabyte.
        ImageOps.exif_transpose(picture, in_place=True)
    except Exception:  # noqa: BLE001 - Pillow raises whatever a broken note trips over
        picture = _open(data)
    return picture


def _opaque(picture: "Image") -> "Image":
    """Return a picture as RGB, transparent parts on white."""
    from PIL import Image  # noqa: PLC0415 - see _upright

    if picture.has_transparency_data:
        see_through = picture.convert("RGBA")
        picture = Image.new("RGB", see_through.size, "white")
        picture.paste(see_through, mask=see_through.getchannel("A"))
    if picture.mode.startswith("I"):
        # 16 bits a pixel: Pillow cuts them off at 255 instead of scaling them.
        picture = picture.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _open(data: bytes) -> "Image":
    """Read a picture's header. Raises BadPicture."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - the web process starts without Pillow

    try:
        return Image.open(io.BytesIO(data), formats=tuple(_MIME_TYPES))
    except UnidentifiedImageError:
        raise BadPicture("The bytes are no PNG, JPEG or WebP picture") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture("The picture has far too many pixels") from None
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever a broken file trips over
        raise BadPicture(f"The picture cannot be read: {error}") from None
