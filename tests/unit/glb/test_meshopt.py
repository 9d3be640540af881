"""Streams of the library's own encoders come back as the arrays that went in."""

import base64
import zlib

import numpy as np
import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.meshopt import decode_meshopt
from asset_forge.glb.meshopt_filters import undo_filter
from tests.support import meshopt_samples as samples
from tests.support.compressed import (
    encode_attributes,
    encode_sequence,
    encode_triangles,
    exponential,
    octahedral,
    quaternions,
)


def stream(text: str) -> bytes:
    return zlib.decompress(base64.b85decode(text))


def lowest_first(triangles: np.ndarray) -> np.ndarray:
    """Turn each triangle so that its lowest index comes first; encoders may turn them."""
    starts = triangles.argmin(axis=1)[:, np.newaxis]
    return np.take_along_axis(triangles, (starts + np.arange(3)) % 3, axis=1)


@pytest.mark.parametrize("text", [samples.ATTRIBUTES_VERSION_0, samples.ATTRIBUTES_VERSION_1])
def test_attributes_of_both_versions_come_back_bit_for_bit(text: str) -> None:
    rows = samples.smooth_rows()
    extension = {"count": len(rows), "byteStride": rows.shape[1], "mode": "ATTRIBUTES"}
    assert decode_meshopt(stream(text), extension) == rows.tobytes()


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize(
    ("text", "mode"), [(samples.TRIANGLES, "TRIANGLES"), (samples.INDICES, "INDICES")]
)
def test_indices_come_back_in_both_widths(text: str, mode: str, stride: int) -> None:
    expected = samples.grid_triangles()
    content = decode_meshopt(
        stream(text), {"count": len(expected), "byteStride": stride, "mode": mode}
    )
    dtype = np.dtype("<u2" if stride == 2 else "<u4")
    indices = np.frombuffer(content, dtype).reshape(-1, 3)
    wanted = expected.astype(dtype).reshape(-1, 3)
    if mode == "TRIANGLES":
        indices, wanted = lowest_first(indices), lowest_first(wanted)
    np.testing.assert_array_equal(indices, wanted)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 256, 257, 700])
@pytest.mark.parametrize("stride", [4, 12, 64, 256])
def test_attributes_of_any_size_survive(count: int, stride: int) -> None:
    random = np.random.default_rng(count * stride)
    reach = np.resize([0, 1, 3, 9, 127], stride)
    rows = np.cumsum(random.integers(-reach, reach + 1, (count, stride)), axis=0).astype(np.uint8)
    extension = {"count": count, "byteStride": stride, "mode": "ATTRIBUTES"}
    assert decode_meshopt(encode_attributes(rows), extension) == rows.tobytes()


def test_explicit_indices_survive() -> None:
    indices = np.random.default_rng(3).integers(0, 2**31, 300)
    for encoded, mode in (
        (encode_triangles(indices), "TRIANGLES"),
        (encode_sequence(indices % 2**28), "INDICES"),
    ):
        content = decode_meshopt(encoded, {"count": 300, "byteStride": 4, "mode": mode})
        expected = indices if mode == "TRIANGLES" else indices % 2**28
        np.testing.assert_array_equal(np.frombuffer(content, "<u4"), expected)


def test_triangles_that_name_an_edge_never_seen_have_an_impossible_index() -> None:
    data = b"\xe1" + b"\x10" + bytes(16)
    content = decode_meshopt(data, {"count": 3, "byteStride": 4, "mode": "TRIANGLES"})
    assert np.frombuffer(content, "<u4").tolist() == [2**32 - 1, 2**32 - 1, 0]


def test_octahedral_filter_gives_unit_vectors_back() -> None:
    vectors = np.random.default_rng(1).normal(size=(500, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result = undo_filter(octahedral(vectors).view(np.uint8), "OCTAHEDRAL")
    assert result is not None
    np.testing.assert_allclose(result[:, :3] / 127, vectors, atol=0.025)


def test_quaternion_filter_gives_rotations_back() -> None:
    rotations = np.random.default_rng(2).normal(size=(500, 4))
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    result = undo_filter(quaternions(rotations).view(np.uint8), "QUATERNION")
    assert result is not None
    values = result / 32767
    signs = np.sign((values * rotations).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(values * signs, rotations, atol=1e-3)


def test_exponential_filter_gives_floats_back() -> None:
    values = np.array([[0.0, 1.0, -1.0], [1e-6, 12345.678, -0.1], [3e8, -2.5e-9, 0.3333]])
    packed = np.ascontiguousarray(exponential(values)).view(np.uint8)
    result = undo_filter(packed, "EXPONENTIAL")
    assert result is not None
    np.testing.assert_allclose(result, values, rtol=1e-6)


def test_colour_filter_gives_colours_back() -> None:
    """Seven bits of luma 64, orange +10 and green -6, and six of alpha, all ones."""
    packed = np.array([[64, 10, 250, 0x7F]], np.uint8)
    result = undo_filter(packed, "COLOR")
    assert result is not None
    expected = np.array([64 + 10 + 6, 64 - 6, 64 - 10 + 6, 127]) * 255 / 127
    np.testing.assert_allclose(result[0], expected, atol=0.51)


def test_filter_on_another_stride_is_refused() -> None:
    for name, stride in (("QUATERNION", 4), ("OCTAHEDRAL", 12), ("COLOR", 16), ("NO", 4)):
        assert undo_filter(np.zeros((3, stride), np.uint8), name) is None


@pytest.mark.parametrize("cut", [0, 1, 2, 20, 33])
def test_stream_of_another_length_is_a_bad_glb(cut: int) -> None:
    rows = samples.smooth_rows()
    extension = {"count": len(rows), "byteStride": rows.shape[1], "mode": "ATTRIBUTES"}
    for text in (samples.ATTRIBUTES_VERSION_0, samples.ATTRIBUTES_VERSION_1):
        data = stream(text)
        with pytest.raises(BadGlb):
            decode_meshopt(data[:cut], extension)
        with pytest.raises(BadGlb):
            decode_meshopt(data[:-40] + data[-40 - cut :][: 40 + cut] + b"\0", extension)
