"""The filters of meshopt compression, undone: what makes numbers out of decoded attributes.

After appendix B of KHR_meshopt_compression, which holds those of EXT_meshopt_compression too:
KhronosGroup/glTF, extensions/2.0, 2026-11. Results may differ by one unit from other decoders.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def undo_filter(rows: Bytes, name: str) -> NDArray[Any] | None:
    """Undo a filter on (count, stride) bytes; None when there is none of that name and stride."""
    stride = rows.shape[1]
    with np.errstate(all="ignore"):
        if name == "NONE":
            return rows
        if name == "EXPONENTIAL":
            return _exponential(rows.view("<i4"))
        if name == "QUATERNION" and stride == 8:
            return _quaternion(rows.view("<i2"))
        if name == "OCTAHEDRAL" and stride in {4, 8}:
            return _octahedral(rows.view("<i1" if stride == 4 else "<i2"))
        if name == "COLOR" and stride in {4, 8}:
            return _colour(rows.view("<u1" if stride == 4 else "<u2"))
    return None


def _exponential(words: NDArray[np.int32]) -> NDArray[np.float32]:
    mantissas = words << np.int32(8) >> np.int32(8)
    values: NDArray[np.float32] = np.ldexp(mantissas.astype(np.float32), words >> np.int32(24))
    return values.astype("<f4")


def _octahedral(values: NDArray[Any]) -> NDArray[Any]:
    floats = values[:, :3].astype(np.float32)
    x, y = floats[:, 0] / floats[:, 2], floats[:, 1] / floats[:, 2]
    z = np.float32(1) - np.abs(x) - np.abs(y)
    below = np.minimum(z, np.float32(0))
    vectors = np.stack([x - np.copysign(below, x), y - np.copysign(below, y), z], axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result = values.copy()
    result[:, :3] = _rounded(vectors, values.dtype)
    return result


def _quaternion(values: NDArray[np.int16]) -> NDArray[np.int16]:
    one = (values[:, 3:] | np.int16(3)).astype(np.float32)
    small = values[:, :3].astype(np.float32) / one * np.float32(np.sqrt(0.5))
    largest = np.sqrt(np.maximum(np.float32(0), 1 - (small**2).sum(axis=1, keepdims=True)))
    # The order after the largest is cyclic: it is put first and everything turned to its place.
    ordered = np.concatenate([largest, small], axis=1)
    places = (np.arange(4) - (values[:, 3:] & 3)) % 4
    return _rounded(np.take_along_axis(ordered, places, axis=1), values.dtype)


def _colour(values: NDArray[Any]) -> NDArray[Any]:
    signed = values.view(values.dtype.str.replace("u", "i")).astype(np.int32)
    alpha = values[:, 3].astype(np.int32)
    bit_length = np.frexp(np.maximum(alpha, 1).astype(np.float64))[1]
    largest = (1 << bit_length) - 1
    luma = values[:, 0].astype(np.int32)
    orange, green = signed[:, 1], signed[:, 2]
    alpha &= largest >> 1
    channels = [
        luma + orange - green,
        luma + green,
        luma - orange - green,
        alpha << 1 | alpha & 1,
    ]
    limit = np.iinfo(values.dtype).max
    scaled = np.stack(channels, axis=1) * (limit / largest)[:, np.newaxis]
    return np.floor(scaled + 0.5).clip(0, limit).astype(values.dtype)


def _rounded(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Turn -1…1 into signed normalized integers, halves away from zero."""
    limit = np.float32(np.iinfo(dtype).max)
    scaled = np.nan_to_num(values, posinf=0, neginf=0) * limit
    away = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
    result: NDArray[Any] = away.clip(-limit, limit).astype(dtype)
    return result
