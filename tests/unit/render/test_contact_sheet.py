"""The labelled grid of pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from asset_forge.errors import BadInput, BadPicture
from asset_forge.glb.render import contact_sheet, png_bytes


def square(colour: tuple[int, ...], size_px: int = 64) -> Image.Image:
    return Image.new("RGBA", (size_px, size_px), colour)


def opened(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as picture:
        return picture.convert("RGB")


def test_sheet_is_as_wide_as_its_longest_row() -> None:
    short, long = ("one", [square((255, 0, 0, 255))]), ("three", [square((0, 255, 0, 255))] * 3)
    one = opened(contact_sheet([short], thumbnail_px=64))
    both = opened(contact_sheet([short, long], thumbnail_px=64))
    assert one.size == (28 + 64 + 28, one.height)
    assert both.width == 28 + 3 * 64 + 2 * 12 + 28
    assert both.height == 2 * one.height - 2 * 28 + 24


def test_title_adds_a_line() -> None:
    rows = [("one", [square((255, 0, 0, 255))])]
    with_title, without = contact_sheet(rows, title="Longsword"), contact_sheet(rows)
    assert opened(with_title).height > opened(without).height + 28


def test_row_longer_than_a_line_goes_on_below() -> None:
    eight = opened(contact_sheet([("row", [square((1, 2, 3, 255))] * 8)], thumbnail_px=20))
    nine = opened(contact_sheet([("row", [square((1, 2, 3, 255))] * 9)], thumbnail_px=20))
    assert nine.width == eight.width
    assert nine.height == eight.height + 20 + 12


def test_pictures_keep_their_order_and_colours() -> None:
    row: list[Image.Image | bytes] = [square((255, 0, 0, 255)), png_bytes(square((0, 0, 255, 255)))]
    sheet = opened(contact_sheet([("", row)], thumbnail_px=64))
    middle = sheet.height - 28 - 32
    assert sheet.getpixel((28 + 32, middle)) == (255, 0, 0)
    assert sheet.getpixel((28 + 64 + 12 + 32, middle)) == (0, 0, 255)


def test_clear_picture_shows_the_card() -> None:
    sheet = opened(contact_sheet([("", [square((255, 0, 0, 0))])], thumbnail_px=64))
    assert sheet.getpixel((60, sheet.height - 60)) == (228, 230, 233)


def test_wide_picture_is_shrunk_without_bending() -> None:
    wide = Image.new("RGB", (200, 100), (0, 128, 0))
    sheet = np.asarray(opened(contact_sheet([("", [wide])], thumbnail_px=60)))
    green = np.argwhere((sheet == (0, 128, 0)).all(axis=2))
    height, width = np.ptp(green, axis=0) + 1
    assert (height, width) == (30, 60)


def test_label_is_written_and_fits() -> None:
    rows = [("mithril " * 40, [square((255, 0, 0, 255))])]
    sheet = np.asarray(opened(contact_sheet(rows, thumbnail_px=200)))
    dark = np.argwhere(sheet[:50].max(axis=2) < 100)
    assert len(dark) > 100
    assert dark[:, 1].min() >= 28 - 2
    assert dark[:, 1].max() <= sheet.shape[1] - 28


def test_sheet_is_the_same_bytes_every_time() -> None:
    rows = [("row", [square((9, 8, 7, 200))] * 3)]
    assert contact_sheet(rows) == contact_sheet(rows)


@pytest.mark.parametrize("rows", [[], [("empty", [])]])
def test_sheet_without_pictures_is_refused(rows: list[tuple[str, list[Image.Image]]]) -> None:
    with pytest.raises(BadInput, match="at least one picture"):
        contact_sheet(rows)


def test_broken_picture_is_refused() -> None:
    with pytest.raises(BadPicture, match="cannot be read"):
        contact_sheet([("row", [b"\x89PNG nothing"])])
