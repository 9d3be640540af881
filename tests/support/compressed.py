"""GLBs with their geometry compressed as exporters do it, from GLBs without.

The meshopt encoder here is a small one after the specification; what the real one writes stands in
`tests.support.meshopt_samples`.
"""

from typing import Any

import DracoPy
import numpy as np
from numpy.typing import NDArray

from asset_forge.glb.accessors import accessor_layout, read_accessor
from asset_forge.glb.compact import compact
from asset_forge.glb.document import GlbDocument

DRACO = "KHR_draco_mesh_compression"
MESHOPT = "EXT_meshopt_compression"


def with_draco(data: bytes, *, bits: int = 14, sequential: bool = False) -> bytes:
    """Compress every primitive with Draco; vertices get another order unless `sequential`."""
    document = GlbDocument.parse(data)
    binary = bytearray(document.binary)
    source = GlbDocument.parse(data)
    for mesh in document.json["meshes"]:
        for primitive in mesh["primitives"]:
            stream, unique_ids = _draco_stream(source, primitive, bits, sequential)
            view = _append(document, binary, stream)
            _rewire(document, primitive, stream, unique_ids)
            primitive["extensions"] = {DRACO: {"bufferView": view, "attributes": unique_ids}}
    _require(document, DRACO)
    return _finished(document, binary)


def _draco_stream(
    document: GlbDocument, primitive: dict[str, Any], bits: int, sequential: bool
) -> tuple[bytes, dict[str, int]]:
    values = {
        name: read_accessor(document, index) for name, index in primitive["attributes"].items()
    }
    faces = read_accessor(document, primitive["indices"]).reshape(-1, 3).astype(np.uint32)
    positions = values.pop("POSITION")
    unique_ids = {name: number for number, name in enumerate(values)}
    stream = DracoPy.encode(
        positions,
        faces,
        quantization_bits=bits,
        preserve_order=sequential,
        generic_attributes={unique_ids[name]: values[name] for name in values},
    )
    decoded = DracoPy.decode(stream).attributes
    unique_ids["POSITION"] = next(a["unique_id"] for a in decoded if a["attribute_type"] == 0)
    return stream, unique_ids


def _rewire(
    document: GlbDocument, primitive: dict[str, Any], stream: bytes, unique_ids: dict[str, int]
) -> None:
    """Let the accessors say what is in the stream, and where no bytes are any more."""
    decoded = DracoPy.decode(stream)
    accessors = document.json["accessors"]
    for name in unique_ids:
        accessor = accessors[primitive["attributes"][name]]
        accessor.pop("bufferView", None)
        accessor.pop("byteOffset", None)
        accessor["count"] = len(decoded.points)
        if name == "POSITION":
            accessor["min"] = [float(value) for value in decoded.points.min(axis=0)]
            accessor["max"] = [float(value) for value in decoded.points.max(axis=0)]
    indices = accessors[primitive["indices"]]
    indices.pop("bufferView", None)
    indices.pop("byteOffset", None)
    indices["count"] = decoded.faces.size


def with_meshopt(data: bytes, *, filters: bool = False, extension: str = MESHOPT) -> bytes:
    """Compress all buffer views of accessors; with `filters`, as gltfpack would.

    Then normals are octahedral and quantized, float positions and times exponential, and rotations
    of clips quaternions of 16 bits.
    """
    document = GlbDocument.parse(data)
    source = GlbDocument.parse(data)
    binary = bytearray(document.binary)
    uses = _uses(document)
    if filters:
        _quantize(document, source, binary, uses)
    views = document.json["bufferViews"]
    original = bytes(binary)
    compressed = bytearray()
    placeholder_size = 0
    for index, accessor in enumerate(document.json["accessors"]):
        view = views[accessor["bufferView"]]
        if extension in view.get("extensions", {}):
            continue
        layout = accessor_layout(accessor)
        stride = view.get("byteStride", layout.element_bytes)
        content = original[view.get("byteOffset", 0) :][: view["byteLength"]]
        mode = uses.get(index, "ATTRIBUTES")
        if mode == "ATTRIBUTES" and stride % 4:
            continue
        stream = _encode(content, stride, mode)
        view["extensions"] = {
            extension: {
                "buffer": 0,
                "byteOffset": len(original) + len(compressed),
                "byteLength": len(stream),
                "byteStride": stride,
                "count": len(content) // stride,
                "mode": mode,
                **({"filter": view.pop("filter")} if "filter" in view else {}),
            }
        }
        compressed += stream + bytes(-len(stream) % 4)
        view["buffer"] = 1
        view["byteOffset"] = placeholder_size
        placeholder_size += len(content) + -len(content) % 4
    tag = {extension: {"fallback": True}}
    document.json["buffers"].append({"byteLength": placeholder_size, "extensions": tag})
    _require(document, extension)
    binary = bytearray(original + compressed)
    return _finished(document, binary)


def _uses(document: GlbDocument) -> dict[int, str]:
    """Tell for each index accessor how it is compressed: every second one as a sequence."""
    modes = ("TRIANGLES", "INDICES")
    parts = [part for mesh in document.json["meshes"] for part in mesh["primitives"]]
    return {part["indices"]: modes[n % 2] for n, part in enumerate(parts) if "indices" in part}


def _quantize(
    document: GlbDocument, source: GlbDocument, binary: bytearray, uses: dict[int, str]
) -> None:
    names = {
        index: name
        for mesh in document.json["meshes"]
        for part in mesh["primitives"]
        for name, index in part["attributes"].items()
    }
    clips = document.json.get("animations", [])
    for clip in clips:
        for channel in clip["channels"]:
            output = clip["samplers"][channel["sampler"]]["output"]
            names[output] = channel["target"]["path"]
    for index, accessor in enumerate(document.json["accessors"]):
        name = names.get(index, "")
        if index in uses:
            continue
        packed: NDArray[Any]
        if name == "NORMAL":
            packed, kind = octahedral(read_accessor(source, index)), "OCTAHEDRAL"
            accessor["componentType"], accessor["normalized"] = 5120, True
        elif name == "rotation":
            packed, kind = quaternions(read_accessor(source, index)), "QUATERNION"
            accessor["componentType"], accessor["normalized"] = 5122, True
        elif accessor["componentType"] == 5126:
            packed, kind = exponential(read_accessor(source, index)), "EXPONENTIAL"
        else:
            continue
        view = _append(document, binary, packed.tobytes())
        if name == "NORMAL":
            document.json["bufferViews"][view]["byteStride"] = 4
        accessor["bufferView"] = view
        accessor.pop("byteOffset", None)
        document.json["bufferViews"][view]["filter"] = kind
    document.json.setdefault("extensionsUsed", []).append("KHR_mesh_quantization")
    document.json.setdefault("extensionsRequired", []).append("KHR_mesh_quantization")


def octahedral(normals: NDArray[Any]) -> NDArray[np.int8]:
    """Pack (N, 3) unit vectors into (N, 4) signed bytes of eight bits."""
    flat = normals / np.abs(normals).sum(axis=1, keepdims=True)
    folded = (1 - np.abs(flat[:, [1, 0]])) * np.where(flat[:, :2] >= 0, 1, -1)
    places = np.where(flat[:, 2:] >= 0, flat[:, :2], folded)
    packed = np.zeros((len(normals), 4), np.int8)
    packed[:, :2] = np.round(places * 127)
    packed[:, 2] = 127
    return packed


def quaternions(rotations: NDArray[Any]) -> NDArray[np.int16]:
    """Pack (N, 4) unit quaternions into (N, 4) signed words of twelve bits."""
    largest = np.abs(rotations).argmax(axis=1)
    signs = np.sign(np.take_along_axis(rotations, largest[:, np.newaxis], axis=1))
    order = (largest[:, np.newaxis] + np.arange(1, 4)) % 4
    rest = np.take_along_axis(rotations * signs, order, axis=1) * np.sqrt(2)
    packed = np.zeros((len(rotations), 4), np.int16)
    packed[:, :3] = np.round(rest * 2047)
    packed[:, 3] = 2047 & ~3 | largest
    return packed


def exponential(values: NDArray[Any]) -> NDArray[np.int32]:
    """Pack floats into words of 8 bits exponent and 24 bits mantissa."""
    flat = np.asarray(values, np.float64).reshape(len(values), -1)
    mantissas, exponents = np.frexp(flat)
    words = np.round(np.ldexp(mantissas, 22)).astype(np.int64) & 0xFF_FFFF
    words |= ((exponents - 22) & 0xFF) << 24
    return words.astype(np.uint32).view(np.int32)


def _encode(content: bytes, stride: int, mode: str) -> bytes:
    if mode == "ATTRIBUTES":
        return encode_attributes(np.frombuffer(content, np.uint8).reshape(-1, stride))
    indices = np.frombuffer(content, "<u2" if stride == 2 else "<u4").astype(np.int64)
    return encode_triangles(indices) if mode == "TRIANGLES" else encode_sequence(indices)


def encode_attributes(rows: NDArray[np.uint8]) -> bytes:
    """Write version 0, each group of 16 with the fewest bits."""
    count, stride = rows.shape
    before = np.concatenate([rows[:1], rows[:-1]])
    differences = (rows - before).astype(np.int8)
    codes = (differences << 1 ^ differences >> 7).view(np.uint8)
    block_size = min((8192 // stride) & ~15, 256)
    out = bytearray([0xA0])
    for first in range(0, count, block_size):
        block = codes[first : first + block_size]
        block = np.concatenate([block, np.zeros((-len(block) % 16, stride), np.uint8)])
        for column in range(stride):
            groups = [_encode_group(group) for group in block[:, column].reshape(-1, 16)]
            header = bytearray(-(-len(groups) // 4))
            for number, (code, _) in enumerate(groups):
                header[number // 4] |= code << number % 4 * 2
            out += header + b"".join(body for _, body in groups)
    out += bytes(max(32 - stride, 0))
    first_row: bytes = rows[0].tobytes()
    return bytes(out) + first_row


def _encode_group(group: NDArray[np.uint8]) -> tuple[int, bytes]:
    if not group.any():
        return 0, b""
    options = [(3, group.tobytes())]
    for code, bits in ((1, 2), (2, 4)):
        sentinel = (1 << bits) - 1
        fields = np.minimum(group, sentinel).reshape(-1, 8 // bits).astype(np.uint8)
        shifts = np.arange(0, 8, bits, dtype=np.uint8)[::-1]
        packed = np.bitwise_or.reduce(fields << shifts, axis=1).astype(np.uint8)
        options.append((code, packed.tobytes() + group[group >= sentinel].tobytes()))
    return min(options, key=lambda option: len(option[1]))


def encode_triangles(indices: NDArray[np.int64]) -> bytes:
    """Write every triangle with three explicit indices."""
    differences = np.diff(indices, prepend=0)
    out = bytearray([0xE1]) + b"\xff" * (len(indices) // 3)
    for corner, difference in enumerate(differences):
        if corner % 3 == 0:
            out.append(0xFF)
        out += varint(zigzag(int(difference)))
    return bytes(out) + bytes(16)


def encode_sequence(indices: NDArray[np.int64]) -> bytes:
    """Write each index as its difference to the one before of the same parity of place."""
    out = bytearray([0xD1])
    last = [0, 0]
    for place, index in enumerate(indices.tolist()):
        out += varint(zigzag(index - last[place % 2]) << 1 | place % 2)
        last[place % 2] = index
    return bytes(out) + bytes(4)


def zigzag(value: int) -> int:
    return (value << 1 ^ value >> 31) & 0xFFFF_FFFF


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _append(document: GlbDocument, binary: bytearray, content: bytes) -> int:
    binary += bytes(-len(binary) % 4)
    views: list[Any] = document.json["bufferViews"]
    views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(content)})
    binary += content
    return len(views) - 1


def _require(document: GlbDocument, extension: str) -> None:
    for key in ("extensionsUsed", "extensionsRequired"):
        document.json.setdefault(key, []).append(extension)


def _finished(document: GlbDocument, binary: bytearray) -> bytes:
    document.binary = bytes(binary)
    document.json["buffers"][0]["byteLength"] = len(binary)
    return compact(document).to_bytes()
