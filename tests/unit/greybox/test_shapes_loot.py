"""Loot: potions, food, rings, amulets, coins, gems, ore, logs, keys, scrolls and books."""

import functools

import numpy as np
import pytest

from asset_forge.greybox.mesh import Part, Shape
from asset_forge.greybox.model import make_model
from asset_forge.greybox.shapes import build_shape
from asset_forge.greybox.surfaces import parse_surface
from tests.support.gltf_validator import assert_valid_glbs
from tests.unit.greybox.meshes import brief, closed, volume_m3

SEEDS = (1, 2, 3)
WORDS = {
    "potion": ("potion", "ornate potion", "tall vial with a label", "square potion with a collar"),
    "food": ("bread", "round bread", "apple", "meat on the bone", "drumstick", "fish",
             "cheese wedge", "wheel of cheese", "cherry pie", "meat pie", "bread on a plate"),
    "ring": ("ring", "ornate emerald ring", "signet ring", "twisted ring", "plain ring",
             "spiked ring", "pearl ring"),
    "amulet": ("amulet", "ornate amulet", "heart locket", "moon amulet", "cross amulet",
               "fang amulet", "teardrop amulet"),
    "coin": ("coin", "ancient coin", "stack of coins", "pile of coins", "coin with a hole"),
    "gem": ("gem", "emerald", "crystal cluster", "teardrop ruby", "cabochon", "oval gem"),
    "ore": ("ore", "ruby ore", "gold nugget"),
    "log": ("log", "birch logs", "firewood"),
    "key": ("key", "simple key", "skeleton key", "heart key", "ornate key", "trefoil key"),
    "scroll": ("scroll", "open scroll", "simple scroll", "ornate open scroll"),
    "book": ("book", "open book", "grimoire", "simple journal", "tome with a crown"),
}  # fmt: skip
# Metres of the longest side.
SIZES_M = {
    "potion": (0.12, 0.25), "food": (0.07, 0.55), "ring": (0.02, 0.035), "amulet": (0.18, 0.32),
    "coin": (0.02, 0.16), "gem": (0.03, 0.15), "ore": (0.04, 0.22), "log": (0.5, 0.75),
    "key": (0.07, 0.12), "scroll": (0.25, 0.36), "book": (0.2, 0.45),
}  # fmt: skip
KINDS = tuple(WORDS)


@functools.cache
def shapes_of(kind: str) -> list[Shape]:
    briefs = [brief(w, kind, seed=s) for w in WORDS[kind] for s in (SEEDS if w == kind else (2,))]
    return [build_shape(kind, b) for b in briefs]


def built(words: str, kind: str, seed: int = 4, **more: object) -> Shape:
    return build_shape(kind, brief(words, kind, seed=seed, **more))


def extent_m(shape: Shape) -> np.ndarray:
    low, high = shape.bounds_m
    return high - low


def points_of(shape: Shape, slot: str) -> np.ndarray:
    return np.concatenate([part.positions for part in shape.parts if part.slot == slot])


def named(shape: Shape, beginning: str) -> list[Part]:
    return [part for part in shape.parts if part.name.startswith(beginning)]


@pytest.mark.parametrize("kind", KINDS)
def test_loot_every_part_is_closed_and_right_side_out(kind: str) -> None:
    for shape in shapes_of(kind):
        for part in shape.parts:
            assert closed(part), (part.name, shape.surfaces)
            assert volume_m3(part) > 0, part.name


@pytest.mark.parametrize("kind", KINDS)
def test_loot_normals_follow_the_faces(kind: str) -> None:
    for shape in shapes_of(kind)[:4]:
        for part in shape.parts:
            a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
            face = np.cross(b - a, c - a)
            along = np.einsum("ij,ij->i", face, part.normals[part.triangles].sum(axis=1))
            assert (along > -1e-12).mean() > 0.97, part.name


@pytest.mark.parametrize("kind", KINDS)
def test_loot_keeps_the_default_budget(kind: str) -> None:
    for shape in shapes_of(kind):
        assert 80 <= shape.triangle_count <= 6000, [part.name for part in shape.parts]


@pytest.mark.parametrize("kind", KINDS)
def test_loot_lies_on_the_ground_over_the_origin_at_its_real_size(kind: str) -> None:
    least, most = SIZES_M[kind]
    for shape in shapes_of(kind):
        low, high = shape.bounds_m
        assert low[1] == pytest.approx(0.0, abs=1e-9)
        assert np.allclose((low + high)[[0, 2]], 0.0, atol=1e-9)
        assert least <= (high - low).max() <= most, shape.surfaces


@pytest.mark.parametrize("kind", KINDS)
def test_loot_same_brief_gives_the_same_bytes_and_another_seed_others(kind: str) -> None:
    first, again, other = (built(kind, kind, seed=seed) for seed in (7, 7, 8))
    for one, same in zip(first.parts, again.parts, strict=True):
        assert one.name == same.name
        assert one.positions.tobytes() == same.positions.tobytes()
        assert one.uvs.tobytes() == same.uvs.tobytes()
    assert not np.allclose(extent_m(first), extent_m(other), rtol=0.005)


@pytest.mark.parametrize("kind", KINDS)
def test_loot_height_asked_for_is_kept(kind: str) -> None:
    shape = built(kind, kind, height_m=0.5)
    size = extent_m(shape)
    assert (size[1] if kind == "potion" else size.max()) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_loot_large_is_larger(kind: str) -> None:
    plain, large = built(kind, kind), built(f"large {kind}", kind)
    assert extent_m(large).max() == pytest.approx(1.15 * extent_m(plain).max(), rel=0.02)


def test_loot_in_its_other_forms_is_valid_gltf() -> None:
    forms = {"scroll": "open scroll", "book": "open book", "coin": "pile of coins",
             "log": "firewood", "food": "cherry pie"}  # fmt: skip
    assert_valid_glbs(
        {words: make_model(brief(words, kind, seed=3)).glb for kind, words in forms.items()}
    )


@pytest.mark.parametrize(
    ("words", "colour"),
    [("red potion", 0), ("healing potion", 0), ("poison", 1), ("potion of mana", 2)],
)
def test_potion_liquid_has_the_colour_of_its_words(words: str, colour: int) -> None:
    liquid = parse_surface(built(words, "potion").surfaces["liquid"])
    assert liquid.family == "liquid"
    assert int(np.argmax(liquid.colour)) == colour


def test_potion_tall_is_slimmer_than_round_and_half_full_is_lower() -> None:
    tall, round_ = (extent_m(built(f"{form} potion", "potion")) for form in ("tall", "round"))
    assert tall[0] / tall[1] < 0.75 * round_[0] / round_[1]
    full, half = (points_of(built(f"{how} potion", "potion"), "liquid") for how in ("full", "half"))
    assert half[:, 1].max() < 0.75 * full[:, 1].max()


def test_potion_glowing_shines_more() -> None:
    shape = built("glowing potion", "potion")
    assert "glowing" in parse_surface(shape.surfaces["liquid"]).finishes


@pytest.mark.parametrize(
    ("words", "slot"),
    [("thing", "bread"), ("green apple", "fruit"), ("roast meat", "meat"), ("trout", "fish"),
     ("piece of cheese", "cheese"), ("apple pie", "crust")],
)  # fmt: skip
def test_food_is_what_its_words_say(words: str, slot: str) -> None:
    assert slot in built(words, "food").surfaces


def test_food_baguette_is_longer_than_a_round_loaf_for_its_width() -> None:
    long, round_ = (extent_m(built(words, "food")) for words in ("baguette", "round bread"))
    assert long[0] / long[2] > 2.5 * round_[0] / round_[2]


def test_ring_plain_has_no_stone_and_an_ornate_one_several() -> None:
    assert "gem" not in built("plain gold ring", "ring").surfaces
    ornate = built("ornate gold ring with a ruby", "ring")
    assert ornate.surfaces["gem"] == "ruby"
    assert len([part for part in ornate.parts if part.slot == "gem"]) > 4


def test_ring_hole_is_open() -> None:
    for words in ("ring", "twisted ring", "plain ring"):
        band = named(built(words, "ring"), "band")[0].positions
        middle = (band.min(axis=0) + band.max(axis=0)) / 2
        away = np.linalg.norm(band - middle, axis=1)
        assert away.min() > 0.3 * np.ptp(band[:, 1])


def test_amulet_fang_hangs_on_a_cord_and_a_locket_on_a_chain() -> None:
    fang, locket = built("fang amulet", "amulet"), built("heart locket", "amulet")
    assert "cord" in fang.surfaces
    assert not named(fang, "link")
    assert len(named(locket, "link")) > 30


def test_amulet_links_reach_into_their_neighbours() -> None:
    links = [part.positions for part in named(built("amulet", "amulet"), "link")]
    middles = np.array([link.mean(axis=0) for link in links])
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    long = max(float(np.linalg.norm(np.ptp(link, axis=0))) for link in links)
    assert steps.max() < long


def test_coin_stack_is_taller_and_a_pile_is_wider_than_a_coin_is_thick() -> None:
    coin, stack, pile = (built(w, "coin") for w in ("coin", "stack of coins", "pile of coins"))
    assert len(named(stack, "coin")) > 6
    assert len(named(pile, "coin")) > 18
    assert extent_m(coin)[1] > 0.8 * extent_m(coin).max()
    assert extent_m(pile)[0] > 4 * extent_m(coin)[0]


def test_gem_crystals_grow_out_of_rock() -> None:
    cluster = built("amethyst crystal cluster", "gem")
    assert cluster.surfaces["gem"] == "amethyst"
    rock = points_of(cluster, "rock")
    for crystal in named(cluster, "crystal"):
        assert crystal.positions[:, 1].min() < rock[:, 1].max()
        assert crystal.positions[:, 1].max() > rock[:, 1].max()


def test_ore_holds_what_its_words_say() -> None:
    assert built("copper ore", "ore").surfaces["ore"] == "copper"
    assert parse_surface(built("ruby ore", "ore").surfaces["ore"]).family == "gem"
    assert set(built("gold nugget", "ore").surfaces) == {"ore"}


def test_ore_grains_touch_the_rock() -> None:
    shape = built("gold ore", "ore")
    rock = points_of(shape, "rock")
    for part in named(shape, "nugget") + named(shape, "vein"):
        gap = np.linalg.norm(part.positions[:, None] - rock[None], axis=2).min()
        assert gap < 0.012, part.name


def test_log_birch_has_white_bark_and_logs_are_several() -> None:
    assert "birchbark" in built("birch log", "log").surfaces["bark"]
    assert len(named(built("log", "log"), "bark")) == 1
    assert len(named(built("oak logs", "log"), "bark")) >= 3
    assert named(built("firewood", "log"), "wood")


def test_key_simple_has_fewer_faces_and_broad_is_wider() -> None:
    simple, ornate = built("simple key", "key"), built("ornate key", "key")
    assert simple.triangle_count < ornate.triangle_count
    assert "gem" in ornate.surfaces
    slim, broad = (extent_m(built(f"{how} iron key", "key")) for how in ("slim", "broad"))
    assert broad[0] / broad[1] > 1.2 * slim[0] / slim[1]


def test_scroll_open_shows_its_text_to_the_front() -> None:
    shape = built("open scroll", "scroll")
    page = named(shape, "page")[0]
    assert parse_surface(shape.surfaces["text"]).pattern == "written"
    is_front = page.normals[:, 2] > 0.7
    # The text lies on the front alone: the rest takes a scrap of its texture.
    assert np.ptp(page.uvs[is_front], axis=0).min() > 0.7
    upper = page.positions[is_front & (page.uvs[:, 1] < 0.2), 1].mean()
    lower = page.positions[is_front & (page.uvs[:, 1] > 0.7), 1].mean()
    assert upper > lower


def test_scroll_rolled_has_its_ribbon_and_seal() -> None:
    surfaces = built("scroll with a blue ribbon", "scroll").surfaces
    assert "blue" in surfaces["ribbon"]
    assert "seal" in surfaces


def test_book_cover_takes_the_words_and_its_pages_stay_inside() -> None:
    shape = built("red leather-bound book with brass corners", "book")
    assert shape.surfaces["cover"] == "red leather"
    assert shape.surfaces["metal"] == "brass"
    pages, cover = points_of(shape, "pages"), points_of(shape, "cover")
    assert (pages.min(axis=0) > cover.min(axis=0)).all()
    assert (pages.max(axis=0) < cover.max(axis=0)).all()


def test_book_open_lies_and_tome_is_thicker_than_journal() -> None:
    opened = extent_m(built("open book", "book"))
    assert opened[1] < 0.35 * min(opened[0], opened[2])
    tome, journal = (named(built(w, "book"), "pages")[0].positions for w in ("tome", "journal"))
    assert volume_of(tome) > 1.4 * volume_of(journal)


def volume_of(points: np.ndarray) -> float:
    return float(np.prod(np.ptp(points, axis=0)))
