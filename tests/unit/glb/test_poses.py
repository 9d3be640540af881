"""Clips at a moment: the three interpolations, and keys that do not fit."""

from typing import Any

import numpy as np
import pytest

from asset_forge.errors import BadGlb
from asset_forge.glb.builder import AnimationChannel, GlbBuilder
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.poses import clip_seconds, pose_at
from tests.support.glbs import rare_features, skinned_bar


def clip(path: Any, times: Any, values: Any, interpolation: Any = "LINEAR") -> GlbDocument:
    builder = GlbBuilder()
    node = builder.add_node("node")
    builder.add_animation("clip", [AnimationChannel(node, path, times, values, interpolation)])
    return builder.build()


@pytest.mark.parametrize(
    ("time_s", "expected"), [(-1, 1), (1, 1), (1.5, 2), (2, 3), (3, 7), (4, 11), (9, 11)]
)
def test_linear_keys_are_mixed_and_held_outside(time_s: float, expected: float) -> None:
    document = clip("translation", [1, 2, 4], [[1, 0, 0], [3, 0, 0], [11, 0, 0]])
    assert pose_at(document, 0, time_s)[0]["translation"] == pytest.approx([expected, 0, 0])


@pytest.mark.parametrize(("time_s", "expected"), [(0, 1), (0.99, 1), (1, 2), (5, 2)])
def test_step_keys_hold_until_the_next(time_s: float, expected: float) -> None:
    document = clip("scale", [0, 1], [[1, 1, 1], [2, 2, 2]], "STEP")
    assert pose_at(document, 0, time_s)[0]["scale"] == [expected] * 3


def test_rotation_turns_evenly_and_the_short_way() -> None:
    quarter = [0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4)]
    for end in (quarter, [-value for value in quarter]):
        document = clip("rotation", [0, 1], [[0, 0, 0, 1], end])
        rotation = pose_at(document, 0, 1 / 3)[0]["rotation"]
        expected = [0, 0, np.sin(np.pi / 12), np.cos(np.pi / 12)]
        assert rotation == pytest.approx(expected, abs=1e-6)


def test_rotation_between_almost_equal_keys_stays_finite() -> None:
    document = clip("rotation", [0, 1], [[0, 0, 0, 1], [0, 0, 1e-5, 1]])
    assert pose_at(document, 0, 0.5)[0]["rotation"] == pytest.approx([0, 0, 5e-6, 1], abs=1e-9)


def test_cubic_spline_follows_its_values_and_tangents() -> None:
    document = GlbDocument.parse(rare_features())
    sampled = [pose_at(document, 0, time_s)[0]["translation"][0] for time_s in (0, 0.5, 1, 2)]
    assert sampled == pytest.approx([1, 1 + 2 * (3 / 16 - 2 / 64), 2, 3])
    rows = np.repeat([[0], [0], [1], [1], [0], [0]], 3, axis=1)
    curved = clip("translation", [0, 2], rows, "CUBICSPLINE")
    # h10(1/2) = 1/8 and h11(1/2) = -1/8; tangents count per second, the gap is two seconds.
    assert pose_at(curved, 0, 1)[0]["translation"] == pytest.approx([2 * (1 / 8 - 1 / 8)] * 3)
    assert pose_at(curved, 0, 0.5)[0]["translation"] == pytest.approx([2 * (9 / 64 - 3 / 64)] * 3)


def test_morph_weights_are_sampled_for_all_targets() -> None:
    document = clip("weights", [0, 1], [[0, 1], [1, 0]])
    assert pose_at(document, 0, 0.25)[0]["weights"] == pytest.approx([0.25, 0.75])


def test_channel_of_an_extension_is_left_out() -> None:
    document = clip("translation", [0, 1], np.zeros((2, 3)))
    document.json["animations"][0]["channels"][0]["target"] = {"path": "pointer"}
    assert pose_at(document, 0, 0.5) == {}


def test_clip_seconds_is_the_last_key() -> None:
    assert clip_seconds(GlbDocument.parse(skinned_bar()), 0) == 1
    assert clip_seconds(clip("scale", [1, 3.5], np.ones((2, 3))), 0) == 3.5


@pytest.mark.parametrize(
    "damage",
    [
        {"input": 1},
        {"output": 0},
        {"input": 9},
        {"output": None},
        {"interpolation": "CUBICSPLINE"},
    ],
)
def test_keys_that_do_not_fit_are_refused(damage: dict[str, Any]) -> None:
    document = clip("translation", [0, 1], np.zeros((2, 3)))
    document.json["animations"][0]["samplers"][0].update(damage)
    with pytest.raises(BadGlb):
        pose_at(document, 0, 0.5)


def test_clip_or_node_that_does_not_exist_is_refused() -> None:
    document = clip("translation", [0, 1], np.zeros((2, 3)))
    with pytest.raises(BadGlb):
        pose_at(document, 1, 0)
    document.json["animations"][0]["channels"][0]["target"]["node"] = 1
    with pytest.raises(BadGlb):
        pose_at(document, 0, 0)
