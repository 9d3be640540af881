"""The pictures inside a GLB, decoded with care: they come from strangers.

Only the kinds that glTF knows are tried, since each further decoder is one more that a file can
attack. What the pixels mean is the business of those who ask.
"""

import io
import warnings

import numpy as np
from PIL import Image, UnidentifiedImageError

from asset_forge.errors import BadGlb, BadPicture

# A picture of 8192² takes 200 MB while it is decoded; larger ones are taken for an attack.
MAX_IMAGE_PIXELS = 8192 * 8192
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")


def decode_picture(data: bytes, where: str, *, limit_px: int) -> Image.Image:
    """Return a decoded picture of any mode; a JPEG may come smaller, not below `limit_px`.

    Raises BadGlb for a picture that is too large, before anything is decoded, and BadPicture for
    one that cannot be read. `where` names it in errors.
    """
    picture = _opened(data, where)
    width, height = picture.size
    if width * height > MAX_IMAGE_PIXELS:
        raise BadGlb(
            f"The picture {where} of the GLB is too large: {width} by {height} pixels, "
            f"{MAX_IMAGE_PIXELS} pixels are the limit."
        )
    try:
        picture.draft("RGB", (limit_px, limit_px))  # JPEG: decode at a fraction of the size
        picture.load()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - Pillow raises whatever a broken file trips over
        raise _unreadable(where, error) from None
    return picture


def to_rgb(picture: Image.Image, where: str) -> Image.Image:
    """Turn a picture of any mode into RGB, or RGBA where it is transparent. Raises BadPicture."""
    try:
        if picture.mode.startswith("I"):  # 16 bits a channel; Pillow would cut them off at 255
            high_bytes = (np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8)
            return Image.fromarray(high_bytes).convert("RGB")
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _unreadable(where, error) from None


def _opened(data: bytes, where: str) -> Image.Image:
    Image.init()
    known = [name for name in _FORMATS if name in Image.OPEN]
    try:
        with warnings.catch_warnings():
            # The size is checked by our own limit, and damage shows when pixels are read.
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(data), formats=known)
    except Image.DecompressionBombError:
        raise BadGlb(f"The picture {where} of the GLB is too large to be decoded.") from None
    except UnidentifiedImageError:
        raise BadPicture(f"{where} is no picture of a known kind") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _unreadable(where, error) from None


def _unreadable(where: str, error: Exception) -> BadPicture:
    reason = str(error) or type(error).__name__
    return BadPicture(f"{where} cannot be read: {ascii(reason[:200])[1:-1]}")
