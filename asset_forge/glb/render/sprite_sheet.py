"""Many sprites on one picture, trimmed and packed in rows, for engines to load at once."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from asset_forge.domain.sprite_sheets import PackedFrame, PackedSheet, SpriteShot
from asset_forge.errors import BadPicture

PADDING_PX: Final = 2
# What every graphics card of a phone can hold, and 256 MB of memory while it is put together.
LARGEST_SIDE_PX: Final = 8192
LARGEST_SHEET_PIXELS: Final = 1 << 26
_SMALLEST_SIDE_PX: Final = 16

Box = tuple[int, int, int, int]


def pack_sprites(
    sprites: Sequence[tuple[SpriteShot, bytes | Path]],
) -> tuple[PackedSheet, Image.Image] | None:
    """Put sprites on a sheet whose sides are powers of two; None when they do not fit on one.

    `sprites` are shots with a PNG or the path of one. What is clear around a sprite is left out;
    frames are PADDING_PX apart from each other and from the edge, and in the order of `SpriteShot`.
    Only one sprite is decoded at a time. Raises BadPicture.
    """
    ordered = sorted(sprites, key=lambda sprite: sprite[0].order)
    outlines = [_outline(source) for _, source in ordered]
    sizes = [(box[2] - box[0], box[3] - box[1]) for box, _ in outlines]
    packed = _smallest(sizes)
    if packed is None:
        return None
    (width, height), places = packed
    sheet = Image.new("RGBA", (width, height))
    frames = []
    for (shot, source), (box, source_size), place in zip(ordered, outlines, places, strict=True):
        sheet.paste(_opened(source).crop(box), place)
        frames.append(
            PackedFrame(
                shot, *place, box[2] - box[0], box[3] - box[1], box[0], box[1], *source_size
            )
        )
    return PackedSheet(width, height, tuple(frames)), sheet


def _outline(source: bytes | Path) -> tuple[Box, tuple[int, int]]:
    """Return the box of what can be seen of a picture, one pixel when nothing can, and its size."""
    picture = _opened(source)
    return picture.getchannel("A").getbbox() or (0, 0, 1, 1), picture.size


def _opened(source: bytes | Path) -> Image.Image:
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
            return picture.convert("RGBA")
    except (SyntaxError, ValueError, Image.DecompressionBombError, OSError) as error:
        raise BadPicture(f"A sprite cannot be read: {error}") from error


def _smallest(
    sizes: Sequence[tuple[int, int]],
) -> tuple[tuple[int, int], list[tuple[int, int]]] | None:
    """Choose the sheet of the fewest pixels, of these the one nearest to a square."""
    found = []
    width = _SMALLEST_SIDE_PX
    while width <= LARGEST_SIDE_PX:
        if width >= max(size[0] for size in sizes) + 2 * PADDING_PX:
            places, used = _in_rows(sizes, width)
            height = max(_SMALLEST_SIDE_PX, 1 << (used - 1).bit_length())
            if height <= LARGEST_SIDE_PX and width * height <= LARGEST_SHEET_PIXELS:
                found.append((width * height, abs(width - height), (width, height), places))
        width *= 2
    if not found:
        return None
    _, _, size, places = min(found)
    return size, places


def _in_rows(sizes: Sequence[tuple[int, int]], width: int) -> tuple[list[tuple[int, int]], int]:
    """Put sizes into rows, the tallest first; return where each goes, and the height used."""
    places = [(0, 0)] * len(sizes)
    x = y = PADDING_PX
    row_height = 0
    for number in sorted(range(len(sizes)), key=lambda n: (-sizes[n][1], n)):
        wide, tall = sizes[number]
        if x + wide + PADDING_PX > width:
            x, y = PADDING_PX, y + row_height + PADDING_PX
            row_height = 0
        places[number] = (x, y)
        x += wide + PADDING_PX
        row_height = max(row_height, tall)
    return places, y + row_height + PADDING_PX
