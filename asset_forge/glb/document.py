"""A GLB file as its JSON and its binary chunk, read and written without loss.

Only the container lives here: header, chunks, buffer views and embedded pictures. Buffer views
under meshopt compression are decoded when their bytes are asked for; the file itself stays as it
is. What the numbers mean is the business of `accessors`, `nodes` and `meshes`. Format: glTF 2.0,
chapter 4 (GLB) and chapter 3.6 (binary data),
https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, 2026-11.
"""

import binascii
import json
import math
import struct
from dataclasses import dataclass, field
from typing import Any

from asset_forge.errors import BadGlb
from asset_forge.glb import fields

MAGIC = b"glTF"
HEADER = struct.Struct("<4sII")
CHUNK_HEADER = struct.Struct("<II")
JSON_CHUNK = 0x4E4F534A
BINARY_CHUNK = 0x004E4942

# Parsed JSON can take 25 times its text in memory; real files stay far below this.
MAX_JSON_BYTES = 16 * 1024 * 1024
# Lists and objects in all; what walks over them takes seconds beyond. Real files have thousands.
MAX_JSON_PARTS = 500_000
# Deeper JSON than this would break the recursive writer of the standard library.
MAX_JSON_DEPTH = 100
# A file needs two; without a limit, millions of empty chunks would fill the memory.
MAX_CHUNKS = 64
# What compressed data of one file may become; 1 KB can claim gigabytes.
MAX_DECODED_BYTES = 192 * 1024 * 1024
MESHOPT_EXTENSIONS = ("EXT_meshopt_compression", "KHR_meshopt_compression")


@dataclass
class GlbDocument:
    """The JSON and the binary chunk of one GLB file.

    `json` may be edited in place. Unknown chunks, extensions and extras are kept as they came.
    """

    json: dict[str, Any]
    binary: bytes
    other_chunks: tuple[tuple[int, bytes], ...] = ()
    _decoded_buffers: dict[int, bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _decoded_views: dict[int, bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _decoded_bytes: int = field(default=0, init=False, repr=False, compare=False)
    kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What readers of this document keep with it, such as decoded meshes."""

    @classmethod
    def parse(cls, data: bytes) -> "GlbDocument":
        """Read a GLB file. Raises BadGlb when the bytes are no whole GLB of version 2."""
        chunks = _split_chunks(data)
        if not chunks or chunks[0][0] != JSON_CHUNK:
            raise BadGlb("The GLB is damaged: its first chunk is not JSON.")
        binary = b""
        others = []
        for position, (kind, body) in enumerate(chunks[1:]):
            if kind == BINARY_CHUNK and position == 0:
                binary = body
            else:
                others.append((kind, body))
        document = cls(_parse_json(chunks[0][1]), binary, tuple(others))
        document._check_embedded_buffer()
        return document

    def to_bytes(self) -> bytes:
        """Write the file: JSON, binary chunk, then the unknown chunks in their old order."""
        try:
            text = json.dumps(self.json, separators=(",", ":"), allow_nan=False).encode("ascii")
        except (RecursionError, ValueError) as error:
            raise BadGlb(f"The GLB cannot be written: {error}.") from error
        chunks = [_chunk(JSON_CHUNK, text, b" ")]
        if self.binary:
            chunks.append(_chunk(BINARY_CHUNK, self.binary, b"\0"))
        chunks += [_chunk(kind, body, b"\0") for kind, body in self.other_chunks]
        size = HEADER.size + sum(len(chunk) for chunk in chunks)
        if size >= 2**32:
            raise BadGlb("The GLB cannot be written: it would be larger than 4 GiB.")
        return b"".join([HEADER.pack(MAGIC, 2, size), *chunks])

    def buffer_bytes(self, index: int) -> bytes:
        """Return the bytes of one buffer: the binary chunk, or the data URI it holds."""
        buffer = fields.item(self.json, "buffers", index)
        if "uri" in buffer:
            if index not in self._decoded_buffers:
                self._decoded_buffers[index] = decode_data_uri(buffer["uri"], f"buffers[{index}]")
            return self._decoded_buffers[index]
        if index == 0:
            return self.binary
        raise BadGlb(f"The GLB holds no bytes for buffers[{index}].")

    def view_bytes(self, index: int) -> bytes:
        """Return the bytes of one buffer view. Raises BadGlb when it lies outside its buffer."""
        return bytes(self.view_memory(index))

    def view_memory(self, index: int) -> memoryview:
        """Like `view_bytes` without a copy. Compressed views are decoded, once for a document."""
        view = fields.item(self.json, "bufferViews", index)
        compressed = self._compressed_part(view)
        if compressed is None:
            return self._range(view, f"bufferViews[{index}]")
        if index not in self._decoded_views:
            self._decoded_views[index] = self._decode_view(view, compressed, index)
        return memoryview(self._decoded_views[index])

    def allow_decoded(self, size_bytes: int) -> None:
        """Count bytes that decompression will give. Raises BadGlb before they are too many."""
        self._decoded_bytes += size_bytes
        if self._decoded_bytes > MAX_DECODED_BYTES:
            raise BadGlb(
                f"The compressed data of the GLB would become more than {MAX_DECODED_BYTES} bytes."
            )

    def is_compressed_view(self, index: int) -> bool:
        """Tell whether a buffer view is only there as meshopt data."""
        view = fields.item(self.json, "bufferViews", index)
        return self._compressed_part(view) is not None

    def _compressed_part(self, view: fields.JsonObject) -> fields.JsonObject | None:
        """Return the extension that holds a view's bytes, None when the view itself has them."""
        extensions = fields.mapping(view, "extensions")
        found = next((name for name in MESHOPT_EXTENSIONS if name in extensions), None)
        if found is None:
            return None
        buffer_index = fields.integer(view, "buffer")
        # A buffer without bytes is a placeholder for readers that do not know the extension.
        if buffer_index == 0 or "uri" in fields.item(self.json, "buffers", buffer_index):
            return None
        return fields.mapping(extensions, found)

    def _decode_view(
        self, view: fields.JsonObject, compressed: fields.JsonObject, index: int
    ) -> bytes:
        from asset_forge.glb.meshopt import decode_meshopt  # noqa: PLC0415 - loads numpy

        size = fields.integer(view, "byteLength", minimum=1)
        count = fields.integer(compressed, "count", minimum=1)
        if count * fields.integer(compressed, "byteStride", minimum=1) != size:
            raise BadGlb(f"The GLB is damaged: bufferViews[{index}] has two different sizes.")
        self.allow_decoded(size)
        content = self._range(compressed, f"bufferViews[{index}].extensions")
        return decode_meshopt(bytes(content), compressed)

    def _range(self, place: fields.JsonObject, where: str) -> memoryview:
        content = self.buffer_bytes(fields.integer(place, "buffer"))
        start = fields.integer(place, "byteOffset", default=0)
        length = fields.integer(place, "byteLength", minimum=1)
        if start + length > len(content):
            raise BadGlb(
                f"The GLB is damaged: {where} ends at byte {start + length}, "
                f"its buffer has {len(content)}."
            )
        return memoryview(content)[start : start + length]

    def image_bytes(self, index: int) -> bytes:
        """Return the encoded bytes (PNG, JPEG, …) of one image, embedded or a data URI."""
        return bytes(self.image_memory(index))

    def image_memory(self, index: int) -> memoryview:
        """Like `image_bytes` without a copy of embedded pictures."""
        image = fields.item(self.json, "images", index)
        if "bufferView" in image:
            return self.view_memory(fields.integer(image, "bufferView"))
        return memoryview(decode_data_uri(image.get("uri"), f"images[{index}]"))

    def _check_embedded_buffer(self) -> None:
        buffers = fields.objects(self.json, "buffers")
        if not buffers or "uri" in buffers[0]:
            return
        size = fields.integer(buffers[0], "byteLength", minimum=1)
        if size > len(self.binary):
            raise BadGlb(
                f"The GLB is cut off: its buffer should have {size} bytes, "
                f"{len(self.binary)} are there."
            )


def decode_data_uri(uri: object, where: str) -> bytes:
    """Decode a base64 data URI. Raises BadGlb for links to files or the network."""
    if not isinstance(uri, str) or not uri.startswith("data:"):
        raise BadGlb(f"The GLB is not self-contained: {where} points to a separate file.")
    head, comma, body = uri.partition(",")
    if not comma or not head.endswith(";base64"):
        raise BadGlb(f"The GLB is damaged: the data URI of {where} is not base64.")
    try:
        return binascii.a2b_base64(body)
    except ValueError as error:
        raise BadGlb(f"The GLB is damaged: the data URI of {where} is not base64.") from error


def _split_chunks(data: bytes) -> list[tuple[int, bytes]]:
    if len(data) < HEADER.size:
        raise BadGlb(f"This is not a GLB file: it has only {len(data)} bytes.")
    magic, version, size = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BadGlb("This is not a GLB file: it does not start with 'glTF'.")
    if version != 2:
        raise BadGlb(f"This GLB has version {version}; only version 2 can be read.")
    if size > len(data):
        raise BadGlb(f"The GLB is cut off: {size} bytes are announced, {len(data)} are there.")
    chunks: list[tuple[int, bytes]] = []
    position = HEADER.size
    while position < size:
        if position + CHUNK_HEADER.size > size:
            raise BadGlb("The GLB is damaged: bytes are left over after the last chunk.")
        length, kind = CHUNK_HEADER.unpack_from(data, position)
        position += CHUNK_HEADER.size
        if position + length > size:
            raise BadGlb(
                f"The GLB is damaged: a chunk of {length} bytes does not fit into the file."
            )
        if len(chunks) == MAX_CHUNKS:
            raise BadGlb(f"The GLB has more than {MAX_CHUNKS} chunks.")
        chunks.append((kind, bytes(data[position : position + length])))
        position += length
    return chunks


def _parse_json(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_JSON_BYTES:
        raise BadGlb(f"The JSON of the GLB has {len(body)} bytes; {MAX_JSON_BYTES} is the limit.")
    try:
        # RecursionError: deep nesting. ValueError: bad JSON, bad UTF-8, NaN, endless numbers.
        parsed = json.loads(
            body.decode("utf-8"), parse_float=_finite_float, parse_constant=_finite_float
        )
    except (RecursionError, ValueError) as error:
        raise BadGlb(f"The JSON of the GLB cannot be read: {error}.") from error
    if not isinstance(parsed, dict):
        raise BadGlb("The GLB is damaged: its JSON is not an object.")
    _check_extent(parsed)
    version = fields.text(fields.mapping(parsed, "asset"), "version")
    if not version.startswith("2."):
        raise BadGlb(f"This file says glTF version {version!r:.40}; only version 2 can be read.")
    return parsed


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is not a finite number")
    return value


def _check_extent(parsed: dict[str, Any]) -> None:
    level: list[Any] = [parsed]
    part_count = 0
    for _ in range(MAX_JSON_DEPTH):
        part_count += len(level)
        if part_count > MAX_JSON_PARTS:
            raise BadGlb(f"The JSON of the GLB has more than {MAX_JSON_PARTS} lists and objects.")
        below: list[Any] = []
        for container in level:
            values = container.values() if isinstance(container, dict) else container
            below.extend(value for value in values if isinstance(value, dict | list))
        if not below:
            return
        level = below
    raise BadGlb(f"The JSON of the GLB is nested deeper than {MAX_JSON_DEPTH} levels.")


def _chunk(kind: int, body: bytes, filler: bytes) -> bytes:
    padding = filler * (-len(body) % 4)
    return CHUNK_HEADER.pack(len(body) + len(padding), kind) + body + padding
