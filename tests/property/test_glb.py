"""Any bytes and any damage give a result or BadGlb, and round trips lose nothing."""

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asset_forge.domain.sizes import Frame, Placement
from asset_forge.errors import BadGlb
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.compact import compact
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.meshes import drawn_meshes, pose_at, scene_bounds
from asset_forge.glb.normalise import ground, normalise, normalise_character
from asset_forge.glb.tpose import strip_animations
from tests.support.glbs import rare_features, skinned_bar

# The first example pays for imports and warm-up, so a time for each would only be noise.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SAMPLES = [skinned_bar(), rare_features()]

ODD_VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 3, 4, 5, 6, 0.5, 5121, 5126, 2**53, 10**18, 10**400),
    *(1e308, -1e300, 1e-320, "", "x", "\ud800", "VEC3", "MAT4", "data:;base64,AAAA"),
    *([], {}, [None], [[]], [0] * 16, [1e308] * 16, {"extensions": {"V": 1}}),
]

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def answers(data: bytes) -> None:
    """Do everything with a file; anything but a result or BadGlb fails the test."""
    for use in USES:
        with contextlib.suppress(BadGlb):
            use(data)


def report_as_json(data: bytes) -> None:
    json.dumps(inspect_glb(data).to_json(), ensure_ascii=False, allow_nan=False).encode()


def draw_posed(data: bytes) -> None:
    document = GlbDocument.parse(data)
    drawn_meshes(document, pose_at(document, 0, 0.3))


def place_in_every_frame(data: bytes) -> None:
    for frame in (Frame.CHARACTER, Frame.WEAPON, Frame.BOW, Frame.SHIELD):
        with contextlib.suppress(BadGlb):
            GlbDocument.parse(normalise(data, Placement(frame, None, 1.5)).data)


USES: list[Callable[[bytes], object]] = [
    report_as_json,
    draw_posed,
    strip_animations,
    ground,
    lambda data: drawn_meshes(GlbDocument.parse(data)),
    lambda data: GlbDocument.parse(normalise_character(data, 1.8)),
    place_in_every_frame,
    lambda data: compact(GlbDocument.parse(data)).to_bytes(),
    lambda data: GlbDocument.parse(data).image_bytes(0),
]


@calm
@given(st.binary(max_size=200))
def test_any_bytes_give_an_answer(tail: bytes) -> None:
    answers(tail)
    answers(b"glTF\x02\0\0\0" + tail)
    size = 20 + len(tail)
    header = b"glTF\x02\0\0\0" + size.to_bytes(4, "little")
    answers(header + len(tail).to_bytes(4, "little") + b"JSON" + tail)


@calm
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(
        st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=8
    ),
)
def test_changed_bytes_give_an_answer(sample: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(sample)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    answers(bytes(damaged))


@calm
@given(sample=st.sampled_from(SAMPLES), data=st.data())
def test_changed_json_gives_an_answer(sample: bytes, data: st.DataObject) -> None:
    document = GlbDocument.parse(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        places = all_places(document.json)
        owner, key = places[data.draw(st.integers(0, len(places) - 1))]
        action = data.draw(st.sampled_from(["odd", "odd", "other", "delete"]))
        if action == "delete":
            del owner[key]
        elif action == "odd":
            owner[key] = copy.deepcopy(data.draw(st.sampled_from(ODD_VALUES)))
        else:
            other_owner, other_key = places[data.draw(st.integers(0, len(places) - 1))]
            owner[key] = copy.deepcopy(other_owner[other_key])
        if not document.json:
            return
    answers(document.to_bytes())


def all_places(top: dict[str, Any]) -> list[tuple[Any, Any]]:
    """List every (container, key) of a JSON tree."""
    places: list[tuple[Any, Any]] = []
    waiting: list[Any] = [top]
    while waiting:
        owner = waiting.pop()
        keys = list(owner) if isinstance(owner, dict) else range(len(owner))
        places += [(owner, key) for key in keys]
        waiting += [owner[key] for key in keys if isinstance(owner[key], dict | list)]
    return places


@calm
@given(
    extras=json_values,
    extension=json_values,
    binary=st.binary(max_size=64),
    others=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=16)), max_size=3),
)
def test_round_trip_keeps_json_bytes_and_chunks(
    extras: Any, extension: Any, binary: bytes, others: list[tuple[int, bytes]]
) -> None:
    padded = binary + bytes(-len(binary) % 4)
    content = {
        "asset": {"version": "2.0", "extras": extras},
        "extensions": {"VENDOR_any": extension},
        **({"buffers": [{"byteLength": len(binary)}]} if binary else {}),
    }
    kinds = [kind for kind, _ in others]
    if not binary and kinds[:1] == [0x004E4942]:
        return  # then the first other chunk would be the binary one
    chunks = tuple((kind, body + bytes(-len(body) % 4)) for kind, body in others)
    again = GlbDocument.parse(GlbDocument(content, binary, chunks).to_bytes())
    assert again.json == content
    assert again.binary == padded
    assert again.other_chunks == chunks
    assert GlbDocument.parse(again.to_bytes()) == again


coordinates = st.floats(-1e6, 1e6, width=32)


@calm
@given(
    points=st.lists(st.tuples(coordinates, coordinates, coordinates), min_size=3, max_size=30),
    data=st.data(),
)
def test_built_mesh_comes_back_and_can_be_normalised(
    points: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    positions = np.array(points, np.float32)
    corner = st.integers(0, len(points) - 1)
    triangles = np.array(
        data.draw(st.lists(st.tuples(corner, corner, corner), min_size=1, max_size=20))
    )
    builder = GlbBuilder()
    mesh = builder.add_mesh("mesh", [Primitive(positions, triangles, normals=positions)])
    builder.set_scene([builder.add_node("node", mesh=mesh)])
    written = builder.build().to_bytes()
    document = GlbDocument.parse(written)
    primitive = document.json["meshes"][0]["primitives"][0]
    assert (read_accessor(document, primitive["attributes"]["POSITION"]) == positions).all()
    assert (read_accessor(document, primitive["indices"]) == triangles.reshape(-1)).all()
    height = float(np.ptp(positions[:, 1]))
    if height < 1e-3:
        return
    bounds = scene_bounds(GlbDocument.parse(normalise_character(written, 1.8)))
    assert bounds is not None
    low, high = bounds
    np.testing.assert_allclose([low[1], high[1]], [0, 1.8], atol=1e-5)
    np.testing.assert_allclose((low + high)[[0, 2]], [0, 0], atol=1e-5)
