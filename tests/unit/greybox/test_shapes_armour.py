"""Armour: hollow, whole, at human size; words and seeds act."""

import functools

import numpy as np
import pytest

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.kinds import kind_of
from asset_forge.greybox.mesh import Floats, Part, Shape
from asset_forge.greybox.presets import replaced_slots
from asset_forge.greybox.shapes import build_shape
from asset_forge.greybox.surfaces import parse_surface
from tests.unit.greybox.meshes import brief, closed, volume_m3

KINDS = ("chest_armour", "leg_armour", "boots", "gloves")
SEEDS = (1, 2, 3)
WORDS = {
    "chest_armour": ("steel breastplate", "chainbody", "ornate winged platebody"),
    "leg_armour": ("platelegs", "leather leggings", "ornate winged plateskirt"),
    "boots": ("leather boots", "wizard's shoes", "ornate winged sabatons"),
    "gloves": ("leather gloves", "wool mittens", "ornate winged gauntlets"),
}
# Height in metres, least and most.
HEIGHTS = {
    "chest_armour": (0.50, 0.98),
    "leg_armour": (0.90, 1.10),
    "boots": (0.12, 0.65),
    "gloves": (0.24, 0.36),
}


@functools.cache
def shape_of(kind: str, words: str, seed: int) -> Shape:
    return build_shape(kind, brief(words, kind, seed=seed))


def shapes_of(kind: str) -> list[Shape]:
    return [shape_of(kind, words, seed) for words in WORDS[kind] for seed in SEEDS[:2]]


def points_of(shape: Shape, name: str = "") -> Floats:
    return np.concatenate([p.positions for p in shape.parts if p.name.startswith(name)])


def height_m(shape: Shape) -> float:
    low, high = shape.bounds_m
    return float(high[1] - low[1])


@pytest.mark.parametrize("kind", KINDS)
def test_armour_every_part_is_closed_and_right_side_out(kind: str) -> None:
    for shape in shapes_of(kind):
        for part in shape.parts:
            assert volume_m3(part) > 0, part.name
            if not part.name.endswith("right") and not part.name.startswith("rivet"):
                assert closed(part), part.name


@pytest.mark.parametrize("kind", KINDS)
def test_armour_default_budget_is_met_with_all_its_rivets(kind: str) -> None:
    for words in (WORDS[kind][-1], "spiked studded leather armour"):
        for seed in SEEDS:
            whole = build_shape(kind, brief(words, kind, seed=seed, face_budget=100_000))
            assert 300 <= whole.triangle_count <= 6000, words


@pytest.mark.parametrize("kind", KINDS)
def test_armour_stands_on_the_ground_centred_at_human_size(kind: str) -> None:
    least, most = HEIGHTS[kind]
    for shape in shapes_of(kind):
        low, high = shape.bounds_m
        assert low[1] == pytest.approx(0.0, abs=1e-6)
        assert low[0] + high[0] == pytest.approx(0.0, abs=0.01)
        assert low[2] + high[2] == pytest.approx(0.0, abs=0.01)
        assert least <= height_m(shape) <= most


@pytest.mark.parametrize("kind", KINDS)
def test_armour_height_asked_for_is_its_height(kind: str) -> None:
    shape = build_shape(kind, brief(WORDS[kind][0], kind, seed=3, height_m=0.8))
    assert height_m(shape) == pytest.approx(0.8)


@pytest.mark.parametrize("kind", KINDS)
def test_armour_same_brief_gives_the_same_bytes(kind: str) -> None:
    first, second = (build_shape(kind, brief(WORDS[kind][0], kind)) for _ in range(2))
    assert first.surfaces == second.surfaces
    for one, other in zip(first.parts, second.parts, strict=True):
        assert one.positions.tobytes() == other.positions.tobytes()
        assert one.uvs.tobytes() == other.uvs.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_armour_another_seed_gives_other_proportions(kind: str) -> None:
    sizes = [np.ptp(shape_of(kind, WORDS[kind][0], seed).bounds_m, axis=0) for seed in SEEDS]
    assert not np.allclose(sizes[0], sizes[1], rtol=0.005)
    assert not np.allclose(sizes[1], sizes[2], rtol=0.005)


@pytest.mark.parametrize("kind", KINDS)
def test_armour_size_words_change_its_size(kind: str) -> None:
    usual, huge = (build_shape(kind, brief(f"{w}iron armour", kind, seed=4)) for w in ("", "huge "))
    assert height_m(huge) > 1.2 * height_m(usual)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("word", "slot"), [("winged", "wing"), ("horned", "horn")])
def test_armour_with_wings_or_horns_carries_a_pair_of_them(kind: str, word: str, slot: str) -> None:
    shape = build_shape(kind, brief(f"{word} plate armour", kind, seed=2))
    bare = build_shape(kind, brief("plate armour", kind, seed=2))
    carried = [part for part in shape.parts if part.slot == slot]
    sides = sorted(float(part.positions[:, 0].mean()) for part in carried)
    assert len(sides) == 2
    assert sides[0] == pytest.approx(-sides[1])
    assert not any(part.slot == slot for part in bare.parts)


@pytest.mark.parametrize("kind", KINDS)
def test_armour_spiked_and_ornate_add_spikes_and_gold(kind: str) -> None:
    spiked = build_shape(kind, brief("spiked steel armour", kind, seed=2))
    ornate = build_shape(kind, brief("ornate steel armour", kind, seed=2))
    assert any("spike" in part.name for part in spiked.parts)
    assert ornate.surfaces["trim"] == "gold"
    assert "gem" in ornate.surfaces


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("words", "family", "pattern"),
    [
        ("bronze plate armour", "metal", ""),
        ("bronze chainmail armour", "metal", "rings"),
        ("bronze scale armour", "metal", "scales"),
        ("red leather armour", "leather", ""),
        ("blue wool armour", "cloth", ""),
    ],
)
def test_armour_words_choose_how_it_is_made(
    kind: str, words: str, family: str, pattern: str
) -> None:
    shape = build_shape(kind, brief(words, kind, seed=5))
    worn = {part.slot for part in shape.parts}
    surfaces = [parse_surface(words) for slot, words in shape.surfaces.items() if slot in worn]
    assert any((s.family, s.pattern) == (family, pattern) for s in surfaces)
    if family == "metal":
        assert parse_surface(shape.surfaces["body"]).material == "bronze"


@pytest.mark.parametrize(("kind", "name"), [("boots", "boot"), ("gloves", "cuff")])
def test_pair_is_two_mirrored_pieces_that_do_not_touch(kind: str, name: str) -> None:
    for shape in shapes_of(kind):
        pieces = {part.name: part for part in shape.parts}
        left, right = pieces[name].positions, pieces[f"{name} right"].positions
        assert left[:, 0].min() > 0.0 > right[:, 0].max()
        assert np.allclose(left * (-1.0, 1.0, 1.0), right)


def test_boots_toes_point_forward() -> None:
    boots = points_of(shape_of("boots", "leather boots", 1), "boot")
    toes = boots[boots[:, 1] < 0.04]
    mouth = boots[boots[:, 1] > 0.25]
    assert toes[:, 2].max() > mouth[:, 2].max() + 0.08


def test_boots_high_are_taller_than_shoes() -> None:
    tall = build_shape("boots", brief("high leather boots", "boots", seed=2))
    low = build_shape("boots", brief("leather shoes", "boots", seed=2))
    assert height_m(tall) > 2.0 * height_m(low)


def test_gloves_have_five_fingers_and_mittens_two() -> None:
    gloves = shape_of("gloves", "leather gloves", 1)
    mittens = shape_of("gloves", "wool mittens", 1)
    assert shells(next(p for p in gloves.parts if p.name == "fingers")) == 4
    assert any(part.name == "thumb" for part in gloves.parts)
    assert shells(next(p for p in mittens.parts if p.name == "mitten")) == 1


@pytest.mark.parametrize("words", ["steel breastplate", "leather vest", "chainbody"])
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_chest_armour_is_hollow_and_open_at_neck_arms_and_waist(words: str, seed: int) -> None:
    shape = build_shape("chest_armour", brief(words, "chest_armour", seed=seed))
    body = next(part for part in shape.parts if part.name == "body")
    low, high = body.positions.min(axis=0), body.positions.max(axis=0)
    assert volume_m3(body) < 0.12 * float(np.prod(high - low))
    # A line down through the neck and one along the arms meet no wall.
    middle = body.positions[:, [0, 2]].mean(axis=0)
    assert crossings(body, (float(middle[0]), float(middle[1])), axes=(0, 2)) == 0
    if words != "chainbody":
        shoulder = high[1] - 0.165 * (high[1] - low[1])
        assert any(
            crossings(body, (float(y), float(middle[1])), axes=(1, 2)) == 0
            for y in np.linspace(shoulder - 0.12, shoulder + 0.03, 9)
        )


def test_chest_armour_pauldrons_widen_it() -> None:
    bare = build_shape("chest_armour", brief("breastplate", "chest_armour", seed=6))
    broad = build_shape("chest_armour", brief("breastplate with pauldrons", "chest_armour", seed=6))
    assert np.ptp(points_of(broad)[:, 0]) > 1.2 * np.ptp(points_of(bare)[:, 0])


def test_leg_armour_has_two_legs_below_one_waist() -> None:
    legs = points_of(shape_of("leg_armour", "platelegs", 1), "trousers")
    ankles, waist = legs[legs[:, 1] < 0.3], legs[legs[:, 1] > 0.93]
    assert np.abs(ankles[:, 0]).min() > 0.03
    assert np.abs(waist[:, 0]).min() < 0.01


def test_leg_armour_skirt_is_wider_than_tassets() -> None:
    skirt, legs = (
        build_shape("leg_armour", brief(words, "leg_armour", seed=3))
        for words in ("steel plateskirt", "steel platelegs")
    )
    assert np.ptp(points_of(skirt)[:, 0]) > 1.25 * np.ptp(points_of(legs)[:, 0])


def test_helmet_usual_ones_stay_under_four_thousand_triangles() -> None:
    for words in ("helmet", "full knight helm", "viking helmet", "plumed helmet", "winged helmet"):
        for seed in SEEDS:
            assert build_shape("helmet", brief(words, "helmet", seed=seed)).triangle_count < 4000


def shells(part: Part) -> int:
    """Count the separate pieces that a part consists of."""
    _, weld = np.unique(np.round(part.positions, 6), axis=0, return_inverse=True)
    triangles = weld.reshape(-1)[part.triangles]
    label = np.arange(int(weld.max()) + 1)
    for _ in range(len(label)):
        least = label[triangles].min(axis=1)
        new = label.copy()
        np.minimum.at(new, triangles.reshape(-1), np.repeat(least, 3))
        if (new == label).all():
            break
        label = new
    return len(np.unique(label[triangles]))


def crossings(part: Part, place: tuple[float, float], *, axes: tuple[int, int]) -> int:
    """Count the triangles that a line square to two axes meets at a place."""
    corners = part.positions[part.triangles][:, :, list(axes)] - np.array(place)
    after = np.roll(corners, -1, axis=1)
    # The place lies inside where it is on the same side of all three edges.
    side = np.sign(corners[..., 0] * after[..., 1] - corners[..., 1] * after[..., 0])
    return int((np.abs(side.sum(axis=1)) == 3).sum())


@pytest.mark.parametrize(
    ("words", "name"),
    [("gold crown with emeralds", "stone 0"), ("wizard's hat", "hat"), ("green hood", "hood"),
     ("chainmail coif", "hood")],
)  # fmt: skip
@pytest.mark.parametrize("seed", SEEDS)
def test_helmet_words_for_other_hats_make_them(words: str, name: str, seed: int) -> None:
    shape = build_shape("helmet", brief(words, "helmet", seed=seed))
    low, high = shape.bounds_m
    assert shape.kind == "helmet"
    assert any(part.name == name for part in shape.parts)
    assert all(closed(part) and volume_m3(part) > 0 for part in shape.parts)
    assert low[1] == pytest.approx(0.0, abs=1e-6)
    assert 0.08 < high[1] < 0.6


@pytest.mark.parametrize(
    ("words", "kind"),
    [("Rune plate legs", "leg_armour"), ("steel plate skirt", "leg_armour"),
     ("chainmail", "chest_armour"), ("padded gambeson", "chest_armour"),
     ("silver tiara", "helmet"), ("leather cowl", "helmet"), ("red slippers", "boots")],
)  # fmt: skip
def test_kind_of_armour_by_its_everyday_name(words: str, kind: str) -> None:
    assert kind_of(Brief(name=words, type="armor", subtype="")) == (kind, None)


def test_kind_of_armour_without_a_name_is_for_the_chest_and_says_so() -> None:
    kind, note = kind_of(Brief(name="leather armour", type="armor", subtype=""))
    assert kind == "chest_armour"
    assert note is not None


def test_new_metal_leaves_mail_its_rings() -> None:
    slots = {"body": parse_surface("linked iron"), "strap": parse_surface("leather")}
    new = replaced_slots(slots, {"body": 0.9, "strap": 0.1}, parse_surface("bronze"))
    assert (new["body"].material, new["body"].pattern) == ("bronze", "rings")
