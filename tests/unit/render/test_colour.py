"""Encoding, tone mapping and the names of backgrounds."""

import numpy as np
import pytest

from asset_forge.glb.render.colour import (
    linear_to_srgb_bytes,
    parse_background,
    srgb_to_linear,
    tone_map,
)


def test_srgb_bytes_survive_the_way_to_linear_and_back() -> None:
    values = np.arange(256, dtype=np.float32)
    assert (linear_to_srgb_bytes(srgb_to_linear(values / np.float32(255))) == values).all()


def test_tone_map_keeps_ordinary_colours() -> None:
    colours = np.array([[0.6], [0.3], [0.1]], np.float32)
    assert np.abs(tone_map(colours) - colours).max() <= 0.041


def test_tone_map_keeps_order_and_stays_below_one() -> None:
    light = np.tile(np.geomspace(0.01, 100, 200).astype(np.float32), (3, 1))
    mapped = tone_map(light)[0]
    assert (np.diff(mapped) > 0).all()
    assert mapped[-1] <= 1


def test_tone_map_bleaches_strong_colours() -> None:
    red = np.array([[50.0], [1.0], [1.0]], np.float32)
    mapped = tone_map(red)[:, 0]
    assert mapped[1] > 0.7


@pytest.mark.parametrize(
    ("text", "expected"),
    [("transparent", None), ("#000000", (0, 0, 0)), ("#FFcc01", (255, 204, 1))],
)
def test_background_is_read(text: str, expected: tuple[int, int, int] | None) -> None:
    assert parse_background(text) == expected
