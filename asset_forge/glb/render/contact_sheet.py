"""Many small pictures on one sheet, in labelled rows."""

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from asset_forge.errors import BadInput, BadPicture
from asset_forge.glb.render.sprites import png_bytes

# Pictures in a row before it goes on below, and rows a sheet may have in all.
COLUMNS: Final = 8
MAX_ROWS: Final = 100

_MARGIN_PX: Final = 28
_GAP_PX: Final = 12
_ROW_GAP_PX: Final = 24
_LABEL_SIZE_PX: Final = 18
_TITLE_SIZE_PX: Final = 28
_CORNER_PX: Final = 8
_PAPER: Final = (247, 247, 248)
_CARD: Final = (228, 230, 233)
_INK: Final = (42, 46, 52)
_PALE_INK: Final = (196, 200, 205)

Picture = Image.Image | bytes


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Picture]]],
    *,
    title: str = "",
    thumbnail_px: int = 192,
) -> bytes:
    """Arrange rows of (label, pictures or PNG bytes) as one PNG.

    Each picture is shrunk, never enlarged, into a square card of `thumbnail_px`. Raises BadInput
    without any picture, BadPicture for bytes that are no picture.
    """
    if not any(pictures for _, pictures in rows):
        raise BadInput("A contact sheet needs at least one picture.")
    columns = min(COLUMNS, max(len(pictures) for _, pictures in rows))
    line_count = sum(max(1, -(-len(pictures) // columns)) for _, pictures in rows)
    if line_count > MAX_ROWS:
        raise BadInput(f"A contact sheet can have {MAX_ROWS} rows, not {line_count}.")
    step = thumbnail_px + _GAP_PX
    label_height = _LABEL_SIZE_PX + _GAP_PX
    title_height = _TITLE_SIZE_PX + _ROW_GAP_PX if title else 0
    width = 2 * _MARGIN_PX + columns * step - _GAP_PX
    height = 2 * _MARGIN_PX + title_height - _ROW_GAP_PX
    height += len(rows) * (label_height + _ROW_GAP_PX - _GAP_PX) + line_count * step
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    y = _MARGIN_PX
    if title:
        _write(draw, (_MARGIN_PX, y), title, _TITLE_SIZE_PX, width)
        y += title_height
    for label, pictures in rows:
        _write(draw, (_MARGIN_PX, y), label, _LABEL_SIZE_PX, width)
        label_width = int(draw.textlength(label, font=ImageFont.load_default(_LABEL_SIZE_PX)))
        line_start = _MARGIN_PX + label_width + _GAP_PX
        if line_start < width - _MARGIN_PX:
            middle = y + _LABEL_SIZE_PX // 2 + 2
            draw.line((line_start, middle, width - _MARGIN_PX, middle), fill=_PALE_INK)
        y += label_height
        for first in range(0, max(1, len(pictures)), columns):
            for column, picture in enumerate(pictures[first : first + columns]):
                card = _card(picture, thumbnail_px)
                sheet.paste(card, (_MARGIN_PX + column * step, y), _rounded(thumbnail_px))
            y += step
        y += _ROW_GAP_PX - _GAP_PX
    return png_bytes(sheet)


def _card(picture: Picture, size_px: int) -> Image.Image:
    """Put a picture in the middle of a square card, over the card's colour where it is clear."""
    shown = _opened(picture)
    shown.thumbnail((size_px, size_px), Image.Resampling.LANCZOS)
    card = Image.new("RGB", (size_px, size_px), _CARD)
    place = ((size_px - shown.width) // 2, (size_px - shown.height) // 2)
    card.paste(shown, place, shown.getchannel("A"))
    return card


def _opened(picture: Picture) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture.convert("RGBA") if picture.mode != "RGBA" else picture.copy()
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            return opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadPicture(f"A picture of the contact sheet cannot be read: {error}") from error


def _rounded(size_px: int) -> Image.Image:
    """Mask of a card with round corners, smoothed by drawing it four times as large."""
    large = Image.new("L", (4 * size_px, 4 * size_px), 0)
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, 4 * size_px - 1, 4 * size_px - 1), radius=4 * _CORNER_PX, fill=255
    )
    return large.resize((size_px, size_px), Image.Resampling.BOX)


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size_px: int, sheet_width: int
) -> None:
    """Write one line; what does not fit ends in dots."""
    font = ImageFont.load_default(size_px)
    line = " ".join(text.split())
    shown = line
    while shown and draw.textlength(shown, font=font) > sheet_width - place[0] - _MARGIN_PX:
        line = line[:-1]
        shown = line.rstrip() + "…"
    draw.text(place, shown, font=font, fill=_INK)
