"""The GLB container: lossless round trips, and refusals of damaged files."""

import json
import struct
from typing import Any

import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.document import MAX_JSON_DEPTH, GlbDocument
from tests.support.glbs import png_bytes, rare_features, skinned_bar, textured_box

JSON_CHUNK, BINARY_CHUNK, OTHER_CHUNK = 0x4E4F534A, 0x004E4942, 0x12345678


def glb(*chunks: tuple[int, bytes], version: int = 2, size: int | None = None) -> bytes:
    body = b"".join(struct.pack("<II", len(data), kind) + data for kind, data in chunks)
    return struct.pack("<4sII", b"glTF", version, size or 12 + len(body)) + body


def json_chunk(**parts: Any) -> tuple[int, bytes]:
    text = json.dumps({"asset": {"version": "2.0"}, **parts})
    return JSON_CHUNK, text.encode() + b" " * (-len(text) % 4)


def test_document_written_again_has_the_same_bytes() -> None:
    for data in (textured_box(), skinned_bar(), rare_features()):
        assert GlbDocument.parse(data).to_bytes() == data


def test_document_with_unknown_chunk_keeps_it_after_the_binary_chunk() -> None:
    buffers = json_chunk(buffers=[{"byteLength": 4}])
    data = glb(buffers, (BINARY_CHUNK, b"abcd"), (OTHER_CHUNK, b"wxyz"))
    document = GlbDocument.parse(data)
    assert document.binary == b"abcd"
    assert document.other_chunks == ((OTHER_CHUNK, b"wxyz"),)
    written = document.to_bytes()
    assert written.endswith(struct.pack("<II", 4, OTHER_CHUNK) + b"wxyz")
    assert GlbDocument.parse(written) == document


def test_document_with_unknown_json_keeps_extensions_extras_and_text() -> None:
    parts = {"extensions": {"VENDOR_x": {"a": [1, 2.5, None, True, "ü\ud800"]}}, "extras": [{}, []]}
    document = GlbDocument.parse(glb(json_chunk(**parts)))
    again = GlbDocument.parse(document.to_bytes())
    assert {key: again.json[key] for key in parts} == parts


def test_document_followed_by_other_bytes_reads_only_its_own() -> None:
    data = textured_box()
    assert GlbDocument.parse(data + b"rubbish") == GlbDocument.parse(data)


def test_document_without_binary_chunk_is_read() -> None:
    assert GlbDocument.parse(glb(json_chunk())).binary == b""


def test_image_bytes_come_from_buffer_views_and_data_uris() -> None:
    assert GlbDocument.parse(textured_box()).image_bytes(0) == png_bytes()
    assert GlbDocument.parse(rare_features()).image_bytes(0) == png_bytes()


def test_buffer_with_data_uri_is_decoded() -> None:
    buffers = [{"byteLength": 3, "uri": "data:application/octet-stream;base64,AAEC"}]
    views = [{"buffer": 0, "byteOffset": 1, "byteLength": 2}]
    document = GlbDocument.parse(glb(json_chunk(buffers=buffers, bufferViews=views)))
    assert document.view_bytes(0) == b"\x01\x02"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "only 0 bytes"),
        (b"glTF\x02\0\0\0", "only 8 bytes"),
        (b"PK\x03\x04" + bytes(40), "does not start with 'glTF'"),
        (glb(json_chunk(), version=1), "version 1"),
        (glb(json_chunk(), size=2**32 - 1), "cut off"),
        (glb(json_chunk(), size=12), "first chunk is not JSON"),
        (glb((BINARY_CHUNK, b"abcd"), json_chunk()), "first chunk is not JSON"),
        (glb((JSON_CHUNK, b"{]  ")), "cannot be read"),
        (glb((JSON_CHUNK, b'{"a":"\xff"}')), "cannot be read"),
        (glb((JSON_CHUNK, b'{"a":NaN}')), "not a finite number"),
        (glb((JSON_CHUNK, b'{"a":1e999}')), "not a finite number"),
        (glb((JSON_CHUNK, b'{"a":' + b"9" * 5000 + b"}")), "cannot be read"),
        (glb((JSON_CHUNK, b"[1, 2, 3]")), "not an object"),
        (glb((JSON_CHUNK, b"{}")), "version ''"),
        (glb(json_chunk(asset={"version": "1.0"})), "version '1.0'"),
        (glb(json_chunk(buffers=[{"byteLength": 4}])), "cut off"),
        (glb(json_chunk(buffers=[{"byteLength": -1}])), "out of range"),
        (glb(json_chunk(buffers={})), "list of objects"),
        (glb(json_chunk(), *[(OTHER_CHUNK, b"")] * 100), "chunks"),
    ],
)
def test_damaged_file_is_refused_with_a_reason(data: bytes, sentence: str) -> None:
    with pytest.raises(BadGlb) as caught:
        GlbDocument.parse(data)
    assert sentence in caught.value.message


def test_chunk_longer_than_the_file_is_refused() -> None:
    data = bytearray(glb(json_chunk(), (BINARY_CHUNK, b"abcd")))
    for position in (12, len(data) - 12):  # the lengths of both chunks
        damaged = data.copy()
        damaged[position : position + 4] = b"\xff\xff\xff\xff"
        with pytest.raises(BadGlb, match="does not fit"):
            GlbDocument.parse(bytes(damaged))


def test_file_cut_anywhere_is_refused() -> None:
    data = textured_box()
    json_size = struct.unpack_from("<I", data, 12)[0]
    boundaries = {0, 4, 8, 12, 16, 20, 20 + json_size, 24 + json_size, 28 + json_size}
    for end in sorted(boundaries | set(range(0, len(data), 97)) | {len(data) - 1}):
        with pytest.raises(BadGlb):
            GlbDocument.parse(data[:end])


def test_file_cut_between_chunks_with_a_fitting_length_is_refused() -> None:
    data = textured_box()
    end = 20 + struct.unpack_from("<I", data, 12)[0]
    cut = data[:8] + struct.pack("<I", end) + data[12:end]
    with pytest.raises(BadGlb, match="0 are there"):
        GlbDocument.parse(cut)


@pytest.mark.parametrize("depth", [MAX_JSON_DEPTH + 10, 5_000, 500_000])
def test_deeply_nested_json_is_refused(depth: int) -> None:
    text = b'{"asset":{"version":"2.0"},"extras":' + b"[" * depth + b"]" * depth + b"}"
    with pytest.raises(BadGlb):
        GlbDocument.parse(glb((JSON_CHUNK, text)))


@pytest.mark.parametrize(
    "view",
    [
        {"buffer": 0, "byteLength": 5},
        {"buffer": 0, "byteLength": 0},
        {"buffer": 0, "byteLength": 2**52, "byteOffset": 2**52},
        {"buffer": 0, "byteLength": 1, "byteOffset": 4},
        {"buffer": 0, "byteLength": 1, "byteOffset": -1},
        {"buffer": 1, "byteLength": 1},
        {"buffer": 2, "byteLength": 1},
        {"buffer": 3, "byteLength": 1},
        {"buffer": True, "byteLength": 1},
        {"byteLength": 1},
    ],
)
def test_buffer_view_outside_its_buffer_is_refused(view: dict[str, Any]) -> None:
    buffers = [{"byteLength": 4}, {"byteLength": 4}, {"byteLength": 4, "uri": "other.bin"}]
    parts = json_chunk(buffers=buffers, bufferViews=[view])
    document = GlbDocument.parse(glb(parts, (BINARY_CHUNK, b"abcd")))
    with pytest.raises(BadGlb):
        document.view_bytes(0)
    for index in (-1, 1):
        with pytest.raises(BadGlb):
            document.view_bytes(index)


@pytest.mark.parametrize(
    "uri",
    [None, 7, "wood.png", "https://example.com/wood.png", "data:image/png,abc", "data:;base64,A"],
)
def test_image_that_is_not_in_the_file_is_refused(uri: object) -> None:
    document = GlbDocument.parse(glb(json_chunk(images=[{"uri": uri}])))
    with pytest.raises(BadGlb):
        document.image_bytes(0)


def test_document_that_json_cannot_hold_is_not_written() -> None:
    document = GlbDocument({"asset": {"version": "2.0"}, "extras": float("nan")}, b"")
    with pytest.raises(BadGlb, match="cannot be written"):
        document.to_bytes()
