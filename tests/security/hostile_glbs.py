"""GLBs that are damaged, contradict themselves, or promise far more than they hold."""

import copy
import random
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from asset_forge.glb.document import GlbDocument
from tests.security.hostile_pictures import PICTURES
from tests.support.compressed import DRACO, MESHOPT, with_draco, with_meshopt
from tests.support.glbs import rare_features, skinned_bar, textured_box

Json = dict[str, Any]

ODD_NUMBERS: list[Any] = [
    -1, 0, 1, 2, 255, 65_535, 2**31 - 1, 2**31, 2**32, 2**53, 10**18, 10**400, 0.5, -1e300, 1e308,
    1e-320, True, None, "", "7", "\ud800", "x" * 5000, [], {}, [[]], [None], [0] * 16, [1e308] * 16,
    5121, 5123, 5125, 5126, "SCALAR", "VEC3", "MAT4", "data:;base64,AAAA", "data:image/png;base64,",
    {"extensions": {"VENDOR_x": 1}}, {"bufferView": 0}, {"index": 0},
]  # fmt: skip


def changed(data: bytes, change: Callable[[Json], object]) -> bytes:
    document = GlbDocument.parse(data)
    change(document.json)
    return document.to_bytes()


def raw_glb(text: bytes, binary: bytes = b"") -> bytes:
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    if binary:
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def _update(kind: str, change: Json, json: Json) -> None:
    json[kind][0].update(change)


def containers() -> dict[str, bytes]:
    """Headers and chunks that lie about their sizes, and JSON that is too deep, wide or odd."""
    good = textured_box()
    deep = b"[" * 60_000 + b"]" * 60_000
    files = {
        "empty": b"",
        "only the magic": b"glTF",
        "header alone": good[:12],
        "version 1": good[:4] + b"\1\0\0\0" + good[8:],
        "size of 4 GiB": good[:8] + b"\xff" * 4 + good[12:],
        "size of 0": good[:8] + bytes(4) + good[12:],
        "size without the end": good[:8] + struct.pack("<I", len(good) - 5) + good[12:],
        "chunk of 4 GiB": good[:12] + b"\xff" * 4 + good[16:],
        "chunk of 0 bytes": good[:12] + bytes(4) + good[16:],
        "binary chunk first": good[:16] + b"BIN\0" + good[20:],
        "a million empty chunks": b"glTF"
        + struct.pack("<II", 2, 12 + 8 * 1_000_000)
        + bytes(8) * 1_000_000,
        "deep lists": raw_glb(b'{"asset":{"version":"2.0"},"extras":' + deep + b"}"),
        "deep objects": raw_glb(
            b'{"asset":{"version":"2.0"},"extras":' + b'{"a":' * 5000 + b"1" + b"}" * 5001
        ),
        "long number": raw_glb(b'{"asset":{"version":"2.0"},"scene":' + b"9" * 200_000 + b"}"),
        "NaN": raw_glb(b'{"asset":{"version":"2.0"},"scene":NaN}'),
        "infinite number": raw_glb(b'{"asset":{"version":"2.0"},"scene":1e999}'),
        "same key a thousand times": raw_glb(
            b'{"asset":{"version":"2.0"}' + b',"nodes":[{}]' * 1000 + b"}"
        ),
        "not UTF-8": raw_glb(b'{"asset":{"version":"2.0","generator":"\xff\xfe"}}'),
        "a list": raw_glb(b"[1,2,3]"),
        "JSON with zeros behind": raw_glb(b'{"asset":{"version":"2.0"}}\0\0\0\0'),
    }
    for share in (1, 3, 7, 9):
        files[f"cut at {share}0 %"] = good[: len(good) * share // 10]
    return files


def trees() -> dict[str, bytes]:
    """Nodes in cycles, chains and crowds."""
    box = textured_box()

    def nodes(entries: list[Json], roots: list[int]) -> bytes:
        def change(json: Json) -> None:
            json["nodes"] = entries
            json["scenes"] = [{"nodes": roots}]

        return changed(box, change)

    chain: list[Json] = [{"children": [n + 1], "scale": [0.5] * 3} for n in range(2000)]
    return {
        "node is its own child": nodes([{"children": [0], "mesh": 0}], [0]),
        "two nodes hold each other": nodes([{"children": [1]}, {"children": [0]}], [0]),
        "cycle beside the scene": nodes([{"mesh": 0}, {"children": [1]}], [0]),
        "chain of 2,000 nodes": nodes([*chain, {"mesh": 0}], [0]),
        "chain of 500 nodes": nodes([*chain[:500], {"mesh": 0}], [0]),
        "million nodes": nodes([{}] * 1_000_000, [0]),
        "root twice": nodes([{"mesh": 0}], [0, 0]),
        "12,000 nodes with one mesh": nodes([{"mesh": 0}] * 12_000, list(range(12_000))),
        "child that is not there": nodes([{"children": [9]}], [0]),
        "root that is not there": nodes([{"mesh": 0}], [2**52]),
        "100,000 roots": nodes([{"mesh": 0}], [0] * 100_000),
        "endless scales": nodes([{"mesh": 0, "scale": [1e300] * 3}], [0]),
        "flat": nodes([{"mesh": 0, "scale": [0, 0, 0]}], [0]),
        "matrix of huge numbers": nodes([{"mesh": 0, "matrix": [1e299] * 16}], [0]),
    }


def numbers() -> dict[str, bytes]:
    """Accessors, views and clips that point elsewhere, overflow, or hold no numbers."""
    files: dict[str, bytes] = {}

    def add(name: str, base: bytes, change: Callable[[Json], object]) -> None:
        files[name] = changed(base, change)

    box, bar, rare = textured_box(), skinned_bar(), rare_features()
    for key in ("count", "byteOffset", "bufferView", "componentType"):
        for value in (-1, 2**31, 2**52, 10**30):
            add(f"{key} {value}", box, partial(_update, "accessors", {key: value}))
    for key in ("byteOffset", "byteLength", "byteStride", "buffer"):
        for value in (-1, 0, 2**52):
            add(
                f"view {key} {value}",
                box,
                partial(_update, "bufferViews", {key: value}),
            )
    zeros = {"componentType": 5126, "type": "VEC3", "min": [0] * 3, "max": [1] * 3}
    add("2**31 zeros", box, lambda j: j["accessors"].__setitem__(0, {**zeros, "count": 2**31}))
    add("a million zeros", box, lambda j: j["accessors"].__setitem__(0, {**zeros, "count": 10**6}))
    add("index of 2**31 zeros", box, lambda j: j["accessors"].__setitem__(
        j["meshes"][0]["primitives"][0]["indices"],
        {"componentType": 5125, "type": "SCALAR", "count": 2**31},
    ))  # fmt: skip
    sparse = {
        "count": 2**31,
        "indices": {"bufferView": 0, "componentType": 5125},
        "values": {"bufferView": 0},
    }
    for count in (-1, 0, 3, 2**31):
        add(
            f"sparse {count}",
            box,
            partial(_update, "accessors", {"sparse": {**sparse, "count": count}}),
        )
    add("mesh drawn with itself", rare, lambda j: j["meshes"][0]["primitives"].extend(
        j["meshes"][0]["primitives"] * 300
    ))  # fmt: skip
    add("1,000 targets", rare, lambda j: j["meshes"][1]["primitives"][0].update(
        targets=j["meshes"][1]["primitives"][0]["targets"] * 1000
    ))  # fmt: skip
    add("100,000 weights", rare, lambda j: j["meshes"][1].update(weights=[1.0] * 100_000))
    add("100,000 joints", bar, lambda j: j["skins"][0].update(joints=[0] * 100_000))
    add("joint that is not there", bar, lambda j: j["skins"][0].update(joints=[10**6]))
    add("no joints", bar, lambda j: j["skins"][0].update(joints=[]))
    add("2,000 channels", bar, lambda j: j["animations"][0].update(
        channels=j["animations"][0]["channels"] * 1000
    ))  # fmt: skip
    add(
        "keys that are positions",
        bar,
        lambda j: j["animations"][0]["samplers"][0].update(input=0, output=0),
    )
    add(
        "all vertices are NaN",
        box,
        lambda j: j["accessors"][0].update(componentType=5126, byteOffset=0),
    )
    for pattern in (
        b"\xff\xff\xff\x7f",
        b"\x00\x00\x80\x7f",
        b"\x00\x00\x80\xff",
        b"\xff\xff\x7f\x7f",
    ):
        document = GlbDocument.parse(bar)
        document.binary = (pattern * len(document.binary))[: len(document.binary)]
        files[f"binary of {pattern.hex()}"] = document.to_bytes()
    return files


def compressed() -> dict[str, bytes]:
    """Draco and meshopt data that claims more than it holds."""
    files: dict[str, bytes] = {}
    draco, packed = with_draco(skinned_bar()), with_meshopt(skinned_bar(), filters=True)
    for value in (-1, 0, 1, 10**6, 2**31, 2**52):
        for key in ("count", "byteStride", "byteLength"):
            document = GlbDocument.parse(packed)
            for view in document.json["bufferViews"]:
                if MESHOPT in view.get("extensions", {}):
                    extension = view["extensions"][MESHOPT]
                    extension[key] = value
                    size = extension["count"] * extension["byteStride"]
                    view["byteLength"] = size if 0 < size < 2**53 else view["byteLength"]
            files[f"meshopt {key} {value}"] = document.to_bytes()
    document = GlbDocument.parse(packed)
    for view in document.json["bufferViews"]:
        if MESHOPT in view.get("extensions", {}):
            extension = view["extensions"][MESHOPT]
            extension.update(count=10**6, filter="NONE")
            view["byteLength"] = 10**6 * extension["byteStride"]
    document.binary = b"\xa1" + b"\xaa" * (len(document.binary) - 1)
    files["meshopt of endless zeros"] = document.to_bytes()
    for name, head in (
        ("2**31 faces", b"DRACO\2\2\1\1\0\0\0\x18\xff\xff\xff\xff\7"),
        ("2**31 points", b"DRACO\2\2\1\1\0\0\0\xff\xff\xff\xff\7\x0c"),
        ("2**31 points in order", b"DRACO\2\2\1\0\0\0\x0c\xff\xff\xff\xff\7"),
        ("endless metadata", b"DRACO\2\2\1\1\0\x80" + b"\xff" * 9 + b"\1"),
        ("nothing but a head", b"DRACO\2\2\1\1\0\0\0\x18\x0c"),
    ):
        document = GlbDocument.parse(draco)
        extension = document.json["meshes"][0]["primitives"][0]["extensions"][DRACO]
        view = document.json["bufferViews"][extension["bufferView"]]
        start = view.get("byteOffset", 0)
        binary = bytearray(document.binary)
        binary[start : start + len(head)] = head
        document.binary = bytes(binary)
        files[f"draco with {name}"] = document.to_bytes()
    return files


def pictures() -> dict[str, bytes]:
    """A good model with a hostile picture on it."""
    files = {}
    for name, picture in PICTURES.items():
        document = GlbDocument.parse(textured_box())
        view = document.json["images"][0]["bufferView"]
        document.json["bufferViews"][view] = {
            "buffer": 0,
            "byteOffset": len(document.binary),
            "byteLength": max(len(picture), 1),
        }
        document.binary += picture + bytes(-len(picture) % 4 or 4)
        document.json["buffers"][0]["byteLength"] = len(document.binary)
        files[f"picture: {name}"] = document.to_bytes()
    return files


def mutants(count: int, seed: int) -> list[tuple[str, bytes]]:
    """Make files by small changes of JSON and bytes to good ones, always the same for a seed."""
    chance = random.Random(seed)
    bases = [
        textured_box(), skinned_bar(), rare_features(), with_draco(skinned_bar()),
        with_draco(textured_box(), sequential=True), with_meshopt(skinned_bar(), filters=True),
        with_meshopt(textured_box(), extension="KHR_meshopt_compression"),
    ]  # fmt: skip
    files = []
    for number in range(count):
        base = number % len(bases)
        document = GlbDocument.parse(bases[base])
        binary = bytearray(document.binary)
        for _ in range(chance.randint(0, 3)):
            _mutate_json(document.json, chance)
        for _ in range(chance.randint(0, 4)):
            binary[chance.randrange(len(binary))] = chance.choice([0, 1, 127, 128, 255])
        document.binary = bytes(binary)
        data = document.to_bytes() if document.json else b""
        if chance.random() < 0.1:
            data = data[: chance.randrange(len(data) + 1)]
        files.append((f"mutant {number} of base {base}, seed {seed}", data))
    return files


def _mutate_json(top: Json, chance: random.Random) -> None:
    places = _places(top)
    if not places:
        return
    owner, key = chance.choice(places)
    action = chance.randrange(5)
    if action == 0:
        del owner[key]
    elif action == 1:
        other, other_key = chance.choice(places)
        owner[key] = copy.deepcopy(other[other_key])
    elif action == 2 and isinstance(owner[key], int | float):
        owner[key] += chance.choice([-1, 1, 2, 1000])
    else:
        owner[key] = copy.deepcopy(chance.choice(ODD_NUMBERS))


def _places(top: Json) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []
    waiting: list[Any] = [top]
    while waiting:
        owner = waiting.pop()
        keys = list(owner) if isinstance(owner, dict) else range(len(owner))
        places += [(owner, key) for key in keys]
        waiting += [owner[key] for key in keys if isinstance(owner[key], dict | list)]
    return places
