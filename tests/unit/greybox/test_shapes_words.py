"""Words of style on swords, axes, staffs and bows: each of them can be measured."""

import functools

import numpy as np
import pytest

from asset_forge.greybox.mesh import Floats, Shape
from asset_forge.greybox.shapes import build_shape
from tests.unit.greybox.meshes import brief, closed, volume_m3

KINDS = ("sword", "axe", "staff", "bow")
STYLES = ("broad", "slim", "curved", "ornate", "jagged", "two-handed", "simple")


@functools.cache
def shape_of(kind: str, words: str) -> Shape:
    return build_shape(kind, brief(words, kind, seed=3))


def size_m(shape: Shape) -> Floats:
    low, high = shape.bounds_m
    return high - low


def part_size_m(shape: Shape, name: str) -> Floats:
    size: Floats = np.ptp(next(p for p in shape.parts if p.name == name).positions, axis=0)
    return size


@pytest.mark.parametrize("kind", KINDS)
def test_style_all_words_at_once_stay_closed_and_in_budget(kind: str) -> None:
    for words in (*STYLES, "ornate jagged curved broad two-handed"):
        shape = shape_of(kind, f"{words} {kind}")
        assert shape.triangle_count <= 6000
        for part in shape.parts:
            assert closed(part), (words, part.name)
            assert volume_m3(part) > 0, (words, part.name)


@pytest.mark.parametrize(
    ("kind", "name", "axis"),
    [("sword", "blade", 0), ("axe", "head", 0), ("staff", "grip", 0), ("bow", "upper limb", 2)],
)
def test_style_broad_is_broader_and_slim_slimmer(kind: str, name: str, axis: int) -> None:
    plain, broad, slim = (
        part_size_m(shape_of(kind, f"{word} {kind}".strip()), name)[axis]
        for word in ("", "broad", "slim")
    )
    assert broad > 1.1 * plain
    assert slim < 0.92 * plain


@pytest.mark.parametrize("kind", KINDS)
def test_style_two_handed_is_longer(kind: str) -> None:
    plain, great = shape_of(kind, kind), shape_of(kind, f"two-handed {kind}")
    assert size_m(great)[1] > 1.1 * size_m(plain)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_style_ornate_has_gold_and_a_gem(kind: str) -> None:
    ornate = shape_of(kind, f"ornate {kind}")
    assert {part.slot for part in ornate.parts} >= {"gem"}
    assert "gold" in ornate.surfaces.values()
    assert "gold" not in shape_of(kind, f"simple {kind}").surfaces.values()


def test_style_two_handed_sword_has_flukes_above_its_guard() -> None:
    flukes = part_size_m(shape_of("sword", "two-handed sword"), "flukes")
    blade = part_size_m(shape_of("sword", "two-handed sword"), "blade")
    assert flukes[0] > 1.5 * blade[0]


def test_style_curved_axe_is_a_crescent() -> None:
    def lead_m(words: str) -> float:
        head = next(p for p in shape_of("axe", words).parts if p.name == "head").positions
        top = head[head[:, 1] > head[:, 1].max() - 0.004, 0].max()
        return float(head[:, 0].max() - top)

    assert lead_m("curved axe") > lead_m("axe") + 0.01


def test_style_curved_staff_is_a_crook() -> None:
    crook = shape_of("staff", "curved staff")
    assert any(part.name == "crook" for part in crook.parts)
    assert crook.bounds_m[1][0] > 0.12


def test_style_curved_bow_bends_further_forward_at_its_tips() -> None:
    plain, curved = (size_m(shape_of("bow", words))[0] for words in ("bow", "curved bow"))
    assert curved > 1.15 * plain


@pytest.mark.parametrize(("kind", "name"), [("staff", "thorns"), ("bow", "tips")])
def test_style_jagged_adds_spikes(kind: str, name: str) -> None:
    jagged = shape_of(kind, f"jagged {kind}")
    spikes = sum(len(p.triangles) for p in jagged.parts if p.name == name)
    plain = sum(len(p.triangles) for p in shape_of(kind, kind).parts if p.name == name)
    assert spikes > plain + 100
