"""Any valid GLB is read and written without loss, and what changes it touches nothing else."""

import json
import struct
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.compact import compact
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.normalise import add_root
from asset_forge.glb.references import root_references
from asset_forge.glb.tpose import strip_animations

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)

WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
DTYPES = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}

names = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e9, 1e9) | names
extras = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


class Maker:
    """Puts a GLB together from what hypothesis draws; valid, though no exporter would write it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.binary = bytearray(draw(st.binary(max_size=5)))
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0"}, "accessors": [], "bufferViews": [],
        }  # fmt: skip

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def dressed(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Add a name, extras or an extension that nobody knows."""
        if self.chance():
            entry["name"] = self.draw(names)
        if self.chance():
            entry["extras"] = self.draw(extras)
        if self.chance():
            entry["extensions"] = {"VENDOR_words": {"text": self.draw(names), "share": 0.5}}
        return entry

    def view(self, content: bytes, stride: int | None = None) -> int:
        """Put bytes at a multiple of four with any padding before them."""
        self.binary += bytes(-len(self.binary) % 4) + bytes(4 * self.draw(st.integers(0, 3)))
        view = {"buffer": 0, "byteLength": len(content)}
        if self.binary or self.chance():
            view["byteOffset"] = len(self.binary)
        if stride is not None:
            view["byteStride"] = stride
        self.binary += content
        self.json["bufferViews"].append(self.dressed(view))
        return len(self.json["bufferViews"]) - 1

    def accessor(self, values: np.ndarray, kind: str, component: int) -> int:
        """Add an accessor: tight, interleaved with gaps, or sparse on top of zeros or bytes."""
        rows = np.asarray(values, DTYPES[component]).reshape(-1, WIDTHS[kind])
        entry: dict[str, Any] = {"componentType": component, "count": len(rows), "type": kind}
        way = self.draw(st.sampled_from(["tight", "gaps", "sparse"]))
        size = rows.shape[1] * rows.itemsize
        if way == "gaps" and kind != "SCALAR":
            stride = size + -size % 4 + 4 * self.draw(st.integers(0, 4))
            lead = 4 * self.draw(st.integers(0, 2))
            if stride - size >= lead:
                gap = self.draw(st.integers(0, 255))
                content = np.full((len(rows), stride), gap, np.uint8)
                content[:, lead : lead + size] = rows.view(np.uint8).reshape(len(rows), size)
                entry["bufferView"] = self.view(content.tobytes(), stride)
                entry["byteOffset"] = lead
                return self._added(entry)
        entry["bufferView"] = self.view(rows.tobytes())
        if way == "sparse":
            entry["sparse"] = {
                "count": 1,
                "indices": {"bufferView": self.view(struct.pack("<I", len(rows) - 1)),
                            "componentType": 5125},
                "values": {"bufferView": self.view(rows[:1].tobytes())},
            }  # fmt: skip
        return self._added(entry)

    def _added(self, entry: dict[str, Any]) -> int:
        self.json["accessors"].append(self.dressed(entry))
        return len(self.json["accessors"]) - 1

    def floats(self, rows: int, kind: str) -> int:
        seed = self.draw(st.integers(0, 2**32 - 1))
        values = np.random.default_rng(seed).random((rows, WIDTHS[kind]))
        return self.accessor(values, kind, 5126)


@st.composite
def glbs(draw: st.DrawFn) -> bytes:
    """Draw a GLB with meshes, a skin, clips, materials, pictures, extras and odd chunks."""
    maker = Maker(draw)
    count = draw(st.integers(3, 9))
    attributes = {"POSITION": maker.floats(count, "VEC3")}
    if maker.chance():
        attributes["TEXCOORD_0"] = maker.floats(count, "VEC2")
    bone_count = draw(st.integers(0, 3))
    if bone_count:
        joints = np.arange(count * 4).reshape(count, 4) % bone_count
        attributes["JOINTS_0"] = maker.accessor(joints, "VEC4", 5121)
        attributes["WEIGHTS_0"] = maker.floats(count, "VEC4")
    primitive = maker.dressed({"attributes": attributes})
    if maker.chance():
        corners = np.arange(6) % count
        primitive["indices"] = maker.accessor(
            corners, "SCALAR", draw(st.sampled_from([5123, 5125]))
        )
    if maker.chance():
        primitive["targets"] = [{"POSITION": maker.floats(count, "VEC3")}]
    nodes = [maker.dressed({"mesh": 0}), *(maker.dressed({}) for _ in range(bone_count))]
    top = maker.json
    top["meshes"] = [maker.dressed({"primitives": [primitive]})]
    if bone_count:
        skin: dict[str, Any] = {"joints": list(range(1, bone_count + 1))}
        if maker.chance():
            skin["inverseBindMatrices"] = maker.floats(bone_count, "MAT4")
        top["skins"] = [maker.dressed(skin)]
        nodes[0]["skin"] = 0
    if maker.chance():
        top["images"] = [maker.dressed({"bufferView": maker.view(draw(st.binary(min_size=1))),
                                        "mimeType": "image/png"})]  # fmt: skip
        top["textures"] = [maker.dressed({"source": 0})]
        base = {"baseColorTexture": {"index": 0}, "roughnessFactor": draw(st.floats(0, 1))}
        top["materials"] = [maker.dressed({"pbrMetallicRoughness": base})]
        primitive["material"] = 0
    top["animations"] = [
        maker.dressed({
            "channels": [{"sampler": 0, "target": {"node": 0, "path": "translation"}}],
            "samplers": [{"input": maker.accessor(np.arange(2), "SCALAR", 5126),
                          "output": maker.floats(2, "VEC3")}],
        })
        for _ in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    if not top["animations"]:
        del top["animations"]
    top["nodes"] = nodes
    if maker.chance():
        top["scenes"] = [maker.dressed({"nodes": list(range(len(nodes)))})]
        top["scene"] = 0
    top["buffers"] = [maker.dressed({"byteLength": len(maker.binary)})]
    return written(draw, maker)


def written(draw: st.DrawFn, maker: Maker) -> bytes:
    """Write the file as other programs might: other blanks, escapes, padding and chunks."""
    text = json.dumps(
        maker.dressed(maker.json),
        indent=draw(st.sampled_from([None, 0, 3])),
        ensure_ascii=maker.chance(),
    ).encode("utf-8", "surrogatepass")
    text += b" " * (-len(text) % 4 + 4 * draw(st.integers(0, 3)))
    padding = -len(maker.binary) % 4
    chunks = [(0x4E4F534A, text), (0x004E4942, bytes(maker.binary) + bytes(padding))]
    chunks += draw(st.lists(st.tuples(st.integers(2**8, 2**9), st.just(b"odd chunk..."))))[:3]
    body = b"".join(struct.pack("<II", len(data), kind) + data for kind, data in chunks)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def contents(document: GlbDocument) -> list[tuple[str, str, bytes]]:
    """List what meshes, skins and materials point to, in their order: key, type and bytes."""
    found = []
    for reference in root_references(document.json):
        if reference.kind == "accessors":
            values = read_accessor(document, reference.index)
            found.append((reference.key, str(values.dtype), values.tobytes()))
        else:
            texture = document.json["textures"][reference.index]
            found.append((reference.key, "", document.image_bytes(texture["source"])))
    return found


@calm
@given(data=glbs())
def test_any_file_survives_reading_and_writing(data: bytes) -> None:
    document = GlbDocument.parse(data)
    again = GlbDocument.parse(document.to_bytes())
    length = struct.unpack_from("<I", data, 12)[0]
    assert again.json == json.loads(data[20 : 20 + length])
    assert again.binary in data
    assert again.binary == document.binary
    assert again.other_chunks == document.other_chunks
    assert again.to_bytes() == document.to_bytes()


@calm
@given(data=glbs())
def test_new_root_leaves_everything_else_as_it_was(data: bytes) -> None:
    old, new = GlbDocument.parse(data), GlbDocument.parse(data)
    root = add_root(new, translation=(1, 2, 3), scale=2)
    new = GlbDocument.parse(new.to_bytes())
    assert new.binary == old.binary
    assert new.other_chunks == old.other_chunks
    assert new.json["nodes"][:-1] == old.json["nodes"]
    assert root == len(old.json["nodes"])
    for key in (old.json.keys() | new.json.keys()) - {"nodes", "scenes", "scene"}:
        assert new.json[key] == old.json[key]
    for scene, old_scene in zip(new.json["scenes"], old.json.get("scenes", []), strict=False):
        assert scene == {**old_scene, "nodes": [root]}


@calm
@given(data=glbs())
def test_stripped_file_keeps_the_bytes_of_all_that_stays(data: bytes) -> None:
    old, stripped = GlbDocument.parse(data), GlbDocument.parse(strip_animations(data))
    assert "animations" not in stripped.json
    expected = GlbDocument.parse(data)
    expected.json.pop("animations", None)
    assert contents(stripped) == contents(expected)
    assert stripped.other_chunks == old.other_chunks
    renumbered = {"animations", "accessors", "bufferViews", "buffers", "images", "meshes", "skins"}
    for key in old.json.keys() - renumbered:
        assert stripped.json[key] == old.json[key]
    assert len(stripped.binary) <= len(old.binary) + 3
    assert GlbDocument.parse(strip_animations(stripped.to_bytes())) == stripped


@calm
@given(data=glbs())
def test_compacting_twice_is_compacting_once(data: bytes) -> None:
    once = compact(GlbDocument.parse(data))
    assert contents(once) == contents(GlbDocument.parse(data))
    assert compact(once) == once
