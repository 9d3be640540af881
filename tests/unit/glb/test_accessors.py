"""Accessors as arrays: layouts that real files use, and counts that lie."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument


def document(
    binary: bytes, accessor: dict[str, Any], *, view: dict[str, Any] | None = None
) -> GlbDocument:
    views = [{"buffer": 0, "byteLength": len(binary), **(view or {})}]
    content = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": views,
        "accessors": [{"bufferView": 0, **accessor}],
    }
    return GlbDocument(content, binary)


def read(binary: bytes, view: dict[str, Any] | None = None, **accessor: Any) -> NDArray[Any]:
    return read_accessor(document(binary, accessor, view=view), 0)


def test_scalar_accessor_has_one_dimension() -> None:
    values = read(np.arange(5, dtype="<u2").tobytes(), componentType=5123, count=5, type="SCALAR")
    assert values.dtype == np.uint16
    assert values.tolist() == [0, 1, 2, 3, 4]


def test_vector_accessor_has_rows() -> None:
    rows = np.arange(6, dtype="<f4").reshape(2, 3)
    values = read(rows.tobytes(), componentType=5126, count=2, type="VEC3")
    assert values.tolist() == rows.tolist()


def test_interleaved_accessor_follows_the_stride() -> None:
    table = np.arange(15, dtype="<f4").reshape(3, 5)
    values = read(
        table.tobytes(),
        {"byteStride": 20},
        componentType=5126,
        count=3,
        type="VEC2",
        byteOffset=12,
    )
    assert values.tolist() == table[:, 3:].tolist()


def test_matrix_accessor_skips_the_padding_of_columns() -> None:
    columns = bytes([1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0])
    values = read(columns, componentType=5121, count=1, type="MAT3")
    assert values.tolist() == [[1, 2, 3, 4, 5, 6, 7, 8, 9]]


@pytest.mark.parametrize(
    ("component_type", "stored", "expected"),
    [
        (5121, np.array([0, 51, 255], "<u1"), [0, 0.2, 1]),
        (5120, np.array([-128, -127, 127], "<i1"), [-1, -1, 1]),
        (5123, np.array([0, 13107, 65535], "<u2"), [0, 0.2, 1]),
        (5122, np.array([-32768, 0, 32767], "<i2"), [-1, 0, 1]),
    ],
)
def test_normalized_integers_become_floats(
    component_type: int, stored: NDArray[Any], expected: list[float]
) -> None:
    values = read(
        stored.tobytes(), componentType=component_type, count=3, type="SCALAR", normalized=True
    )
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, atol=1e-7)


def sparse_document(indices: list[int], count: int = 4, sparse_count: int = 2) -> GlbDocument:
    binary = np.array(indices, "<u2").tobytes() + np.array([7, 8], "<f4").tobytes()
    sparse = {
        "count": sparse_count,
        "indices": {"bufferView": 0, "componentType": 5123},
        "values": {"bufferView": 0, "byteOffset": 4},
    }
    accessor = {"componentType": 5126, "count": count, "type": "SCALAR", "sparse": sparse}
    result = document(binary, accessor)
    del result.json["accessors"][0]["bufferView"]
    return result


def test_sparse_accessor_without_base_changes_zeros() -> None:
    assert read_accessor(sparse_document([1, 3]), 0).tolist() == [0, 7, 0, 8]


def test_sparse_accessor_with_base_leaves_the_document_alone() -> None:
    sparse = sparse_document([0, 1])
    sparse.json["accessors"][0].update(bufferView=0, count=3)
    before = sparse.binary
    values = read_accessor(sparse, 0)
    assert values[:2].tolist() == [7, 8]
    assert sparse.binary == before


@pytest.mark.parametrize(("indices", "sparse_count"), [([1, 4], 2), ([0, 1], 5), ([0, 1], 3)])
def test_sparse_accessor_with_lies_is_refused(indices: list[int], sparse_count: int) -> None:
    with pytest.raises(BadGlb):
        read_accessor(sparse_document(indices, sparse_count=sparse_count), 0)


@pytest.mark.parametrize(
    "lie",
    [
        {"count": 4},
        {"count": 2**50},
        {"count": 0},
        {"count": -3},
        {"count": 1.5},
        {"count": "3"},
        {"byteOffset": 4},
        {"byteOffset": 2**52},
        {"byteOffset": -4},
        {"componentType": 5124},
        {"componentType": None},
        {"type": "VEC5"},
        {"type": ["VEC3"]},
        {"type": "MAT4"},
        {"bufferView": 1},
        {"bufferView": -1},
        {"bufferView": None},
        {"sparse": {}},
        {"sparse": {"count": 1, "indices": {}, "values": {}}},
    ],
)
def test_accessor_with_a_lie_is_refused(lie: dict[str, Any]) -> None:
    honest: dict[str, Any] = {"componentType": 5126, "count": 3, "type": "VEC3"}
    assert len(read(bytes(36), **honest)) == 3
    with pytest.raises(BadGlb):
        read(bytes(36), **{**honest, **lie})


@pytest.mark.parametrize("stride", [0, 4, 16, 2**40, -12, "12"])
def test_accessor_with_a_wrong_stride_is_refused(stride: object) -> None:
    with pytest.raises(BadGlb):
        read(bytes(36), {"byteStride": stride}, componentType=5126, count=3, type="VEC3")


def test_count_without_bytes_is_refused_before_memory_is_taken() -> None:
    zeros = document(b"\0", {"componentType": 5126, "count": 2**40, "type": "MAT4"})
    del zeros.json["accessors"][0]["bufferView"]
    with pytest.raises(BadGlb, match="without bytes"):
        read_accessor(zeros, 0)


def test_index_outside_the_accessors_is_refused() -> None:
    for index in (-1, 1):
        with pytest.raises(BadGlb):
            read_accessor(document(b"\0", {}), index)
