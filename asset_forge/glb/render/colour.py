"""From encoded to linear colours and back, and from endless light to what a picture can show.

Everything between decoding a texture and writing a PNG is linear light with the primaries of sRGB.
"""

import numpy as np

from asset_forge.errors import BadInput
from asset_forge.glb.render.arrays import Bytes, Floats


def srgb_to_linear(values: Floats) -> Floats:
    """Decode sRGB values of 0…1 (IEC 61966-2-1)."""
    curve = ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, curve).astype(np.float32)


def linear_to_srgb_bytes(values: Floats) -> Bytes:
    """Encode linear values as sRGB bytes; what lies outside 0…1 is clipped."""
    clipped = np.clip(values, 0, 1)
    curve = 1.055 * clipped ** np.float32(1 / 2.4) - 0.055
    encoded = np.where(clipped <= 0.0031308, clipped * 12.92, curve)
    return (encoded * 255 + 0.5).astype(np.uint8)


def parse_background(background: str) -> tuple[int, int, int] | None:
    """Read "transparent" (None) or "#rrggbb". Raises BadInput for anything else."""
    if background == "transparent":
        return None
    digits = background.removeprefix("#")
    if len(digits) == 6 and len(background) == 7 and digits.isascii():
        try:
            red, green, blue = bytes.fromhex(digits)
        except ValueError:
            pass
        else:
            return red, green, blue
    raise BadInput(
        f"The background {background!r} is neither 'transparent' nor a colour like '#ffcc00'."
    )


def tone_map(light: Floats) -> Floats:
    """Bring (3, N) linear light into 0…1 without touching ordinary colours.

    The Khronos PBR Neutral curve (github.com/KhronosGroup/ToneMapping, 2024-05): colours below
    0.8 keep hue and saturation, so that a texture looks like itself; only highlights are pressed
    together and drift towards white.
    """
    start, desaturation = np.float32(0.76), np.float32(0.15)
    low = light.min(axis=0)
    offset = np.where(low < 0.08, low - 6.25 * low * low, np.float32(0.04))
    mapped: Floats = light - offset
    peaks = mapped.max(axis=0)
    bright = np.flatnonzero(peaks > start)
    peak, room = peaks[bright], 1 - start
    pressed = 1 - room * room / (peak + room - start)
    keep = 1 / (desaturation * (peak - pressed) + 1)
    mapped[:, bright] = mapped[:, bright] * (pressed / peak * keep) + pressed * (1 - keep)
    return mapped
