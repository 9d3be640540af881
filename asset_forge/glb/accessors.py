"""Accessors of a GLB as numpy arrays.

Only reading: writing is in `builder`. Handles strides, sparse values, padded matrix columns,
normalized integers, and accessors that only Draco data stands behind.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.draco import draco_meshes

COMPONENT_DTYPES: dict[int, np.dtype[Any]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
# Columns and rows of one element.
TYPE_SHAPES = {
    "SCALAR": (1, 1),
    "VEC2": (1, 2),
    "VEC3": (1, 3),
    "VEC4": (1, 4),
    "MAT2": (2, 2),
    "MAT3": (3, 3),
    "MAT4": (4, 4),
}
# An accessor without a buffer view means zeros: no bytes of the file stand behind its count.
MAX_ZEROS_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class AccessorLayout:
    """How the elements of one accessor lie in memory."""

    count: int
    columns: int
    rows: int
    dtype: np.dtype[Any]

    @property
    def column_bytes(self) -> int:
        """Size of a column; columns of matrices start at multiples of four bytes."""
        size = self.rows * self.dtype.itemsize
        return size if self.columns == 1 else size + (-size % 4)

    @property
    def element_bytes(self) -> int:
        return self.columns * self.column_bytes


def accessor_layout(accessor: dict[str, Any]) -> AccessorLayout:
    """Count, type and component type of an accessor's JSON. Raises BadGlb when unknown."""
    dtype = COMPONENT_DTYPES.get(fields.integer(accessor, "componentType"))
    if dtype is None:
        raise BadGlb(f"The GLB is damaged: unknown componentType {accessor['componentType']!r}.")
    shape = TYPE_SHAPES.get(fields.text(accessor, "type"))
    if shape is None:
        raise BadGlb(f"The GLB is damaged: unknown accessor type {accessor.get('type')!r:.40}.")
    return AccessorLayout(fields.integer(accessor, "count", minimum=1), *shape, dtype)


def read_accessor(document: GlbDocument, index: int) -> NDArray[Any]:
    """Read the values of one accessor, copied: (count,) for SCALAR, else (count, n).

    Draco data may hold fewer indices than the accessor counts. Matrices come column after column,
    as glTF stores them (n = 4, 9 or 16). Normalized integers become float32, everything else keeps
    its component type. Raises BadGlb when the accessor does not fit into its buffer; nothing is
    allocated before that is known.
    """
    accessor = fields.item(document.json, "accessors", index)
    layout = accessor_layout(accessor)
    view_index = fields.optional_integer(accessor, "bufferView")
    if view_index is None:
        values = _read_without_view(document, layout, index)
    else:
        offset = fields.integer(accessor, "byteOffset", default=0)
        values = _read_elements(document, view_index, offset, layout, f"accessors[{index}]")
    if "sparse" in accessor:
        _apply_sparse(document, fields.mapping(accessor, "sparse"), layout, values, index)
    values = values.reshape(len(values), layout.columns * layout.rows)
    if accessor.get("normalized") is True and layout.dtype.kind in "iu":
        values = normalised_floats(values)
    return values[:, 0] if values.shape[1] == 1 else values


def normalised_floats(values: NDArray[Any]) -> NDArray[np.float32]:
    """Turn normalized integers into float32 of 0…1 (unsigned) or -1…1 (signed)."""
    scale = np.float32(np.iinfo(values.dtype).max)
    floats: NDArray[np.float32] = values.astype(np.float32) / scale
    return np.maximum(floats, np.float32(-1), out=floats)


def raw_draco_values(
    document: GlbDocument, layout: AccessorLayout, index: int
) -> NDArray[Any] | None:
    """Return what Draco data holds for an accessor, (at most count, columns, rows), or None."""
    compressed = draco_meshes(document).values(index)
    if compressed is None:
        return None
    if len(compressed) > layout.count or compressed.shape[1] != layout.columns * layout.rows:
        raise BadGlb(f"The GLB is damaged: accessors[{index}] does not fit its Draco data.")
    with np.errstate(invalid="ignore"):
        values = compressed.astype(layout.dtype)
    return values.reshape(len(values), layout.columns, layout.rows)


def _read_without_view(document: GlbDocument, layout: AccessorLayout, index: int) -> NDArray[Any]:
    """Read an accessor that Draco data fills, or else the zeros that glTF means."""
    values = raw_draco_values(document, layout, index)
    if values is not None:
        return values
    if layout.count * layout.element_bytes > MAX_ZEROS_BYTES:
        raise BadGlb(f"The GLB is damaged: accessors[{index}] has a count without bytes.")
    return np.zeros((layout.count, layout.columns, layout.rows), layout.dtype)


def _read_elements(
    document: GlbDocument, view_index: int, offset: int, layout: AccessorLayout, where: str
) -> NDArray[Any]:
    """Copy a (count, columns, rows) array out of a buffer view."""
    view = fields.item(document.json, "bufferViews", view_index)
    content = document.view_memory(view_index)
    stride = fields.integer(view, "byteStride", default=layout.element_bytes)
    if stride < layout.element_bytes:
        raise BadGlb(f"The GLB is damaged: the byteStride of {where} is smaller than one element.")
    end = offset + stride * (layout.count - 1) + layout.element_bytes
    if end > len(content):
        raise BadGlb(
            f"The GLB is damaged: {where} needs {end} bytes, its buffer view has {len(content)}."
        )
    strided: NDArray[Any] = np.ndarray(
        (layout.count, layout.columns, layout.rows),
        layout.dtype,
        content,
        offset,
        (stride, layout.column_bytes, layout.dtype.itemsize),
    )
    return strided.copy()


def _apply_sparse(
    document: GlbDocument,
    sparse: dict[str, Any],
    layout: AccessorLayout,
    values: NDArray[Any],
    index: int,
) -> None:
    """Overwrite single elements of `values` in place."""
    where = f"accessors[{index}].sparse"
    count = fields.integer(sparse, "count", minimum=1)
    places = fields.mapping(sparse, "indices")
    place_dtype = COMPONENT_DTYPES.get(fields.integer(places, "componentType"))
    if place_dtype is None or place_dtype.kind != "u" or count > layout.count:
        raise BadGlb(f"The GLB is damaged: {where} has wrong indices.")
    indices = _read_elements(
        document,
        fields.integer(places, "bufferView"),
        fields.integer(places, "byteOffset", default=0),
        AccessorLayout(count, 1, 1, place_dtype),
        where,
    ).reshape(count)
    if int(indices.max()) >= len(values):
        raise BadGlb(f"The GLB is damaged: {where} points behind the end of the accessor.")
    replacements = fields.mapping(sparse, "values")
    values[indices] = _read_elements(
        document,
        fields.integer(replacements, "bufferView"),
        fields.integer(replacements, "byteOffset", default=0),
        AccessorLayout(count, layout.columns, layout.rows, layout.dtype),
        where,
    )
