"""What figures and clothes look like, measured on their layers before any meshing."""

import numpy as np
import pytest

from asset_forge.greybox.body.anatomy import make_anatomy
from asset_forge.greybox.body.fields import Layer
from asset_forge.greybox.body.figures import FIGURES
from asset_forge.greybox.body.headwear import hair
from asset_forge.greybox.body.outfit import Outfit, make_layers
from asset_forge.greybox.body.plan import BodyPlan
from asset_forge.greybox.body.wardrobe import dressed
from asset_forge.greybox.brief import Brief

NAMES = ("man", "woman", "child", "dwarf", "goblin", "orc", "skeleton")


def brief(words: str) -> Brief:
    return Brief(name=words, type="character", subtype="humanoid", generation_type="avatar")


def layers_of(words: str, figure: str = "man") -> dict[str, Layer]:
    start = FIGURES[figure]
    outfit = dressed(brief(words), start.outfit, is_woman=figure == "woman")
    return {
        layer.slot: layer for layer in make_layers(start.plan, make_anatomy(start.plan), outfit)
    }


def half_width(layers: list[Layer], share: float) -> float:
    """Half the width of the outline at a height, in heights."""
    x, z = np.meshgrid(
        np.linspace(0.0, 0.25, 101, dtype=np.float32), np.linspace(-0.2, 0.2, 81, dtype=np.float32)
    )
    flat_x, flat_z = x.reshape(-1), z.reshape(-1)
    inside = np.zeros(len(flat_x), bool)
    for layer in layers:
        inside |= layer.distance(flat_x, np.full_like(flat_x, share), flat_z) < 0
    return float(flat_x[inside].max(initial=0.0))


def reach_z(layer: Layer, x: float, y: float) -> tuple[float, float]:
    """Where a layer begins and ends in depth at a place; (inf, -inf) where it is not."""
    z = np.linspace(-0.3, 0.3, 601, dtype=np.float32)
    inside = layer.distance(np.full_like(z, x), np.full_like(z, y), z) < 0
    return float(z[inside].min(initial=np.inf)), float(z[inside].max(initial=-np.inf))


def test_figures_differ_in_their_outline() -> None:
    """Half widths at ankles, thighs, waist and head: no two figures share them."""
    outlines = {}
    for name in NAMES:
        figure = FIGURES[name]
        outfit = dressed(brief(name), figure.outfit, is_woman=name == "woman")
        layers = make_layers(figure.plan, make_anatomy(figure.plan), outfit)
        outlines[name] = [half_width(layers, s) for s in (0.15, 0.25, 0.40, 0.55, 0.88, 0.95)]
    for first in NAMES:
        for second in NAMES[: NAMES.index(first)]:
            gap = np.abs(np.subtract(outlines[first], outlines[second])).sum()
            assert gap > 0.05, (first, second)


def test_robe_reads_as_a_skirt_that_is_closed_in_front() -> None:
    robe = layers_of("wizard in a robe")["shirt"]
    assert half_width([robe], 0.10) > 1.3 * half_width([robe], 0.62)
    for height in (0.10, 0.20, 0.30, 0.40):
        assert reach_z(robe, 0.0, height)[1] > 0.05


@pytest.mark.parametrize(
    ("words", "hem_y"),
    [("villager", 0.45), ("woman", 0.13), ("woman in a robe", 0.07), ("huntress", 0.45)],
)
def test_hem_is_where_the_garment_ends(words: str, hem_y: float) -> None:
    figure = "man" if words == "villager" else "woman"
    shirt = layers_of(words, figure).get("shirt")
    assert shirt is not None
    middle_z = 0.03
    heights = np.linspace(0.03, 0.6, 300, dtype=np.float32)
    x = np.full_like(heights, 0.05)
    inside = shirt.distance(x, heights, np.full_like(heights, middle_z)) < 0
    assert heights[inside].min() == pytest.approx(hem_y, abs=0.05)


def test_cloak_hangs_behind_and_leaves_the_front_open() -> None:
    layers = layers_of("man with a red cloak")
    for height in (0.15, 0.30, 0.50):
        low, high = reach_z(layers["cloak"], 0.04, height)
        assert low < -0.08
        assert high < 0.0
    assert reach_z(layers["cloak"], 0.04, 0.05) == (np.inf, -np.inf)


def test_hood_covers_the_head_and_leaves_the_face() -> None:
    layers = layers_of("hooded thief")
    face_y = 1 - 0.148 * 0.55
    low, high = reach_z(layers["cloak"], 0.0, face_y)
    skin_low, skin_high = reach_z(layers["skin"], 0.0, face_y)
    assert low < skin_low - 0.01
    assert high < skin_high
    assert half_width([layers["cloak"]], 0.99) > half_width([layers["hair"]], 0.99)


def test_ponytail_hangs_behind_the_head() -> None:
    plan = BodyPlan()
    tail, short = (hair(plan, style) for style in ("ponytail", "short"))
    nape_y = plan.chin_y
    assert reach_z(tail, 0.0, nape_y)[0] < -0.06
    assert reach_z(short, 0.0, nape_y) == (np.inf, -np.inf)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bald man with a long beard", Outfit(hair="none", beard=True, beard_length=0.55)),
        ("clean shaven man in shorts", Outfit(breeches=True)),
        ("barefoot man with a belt", Outfit(boots=False)),
        ("man with a hooded cape", Outfit(cloak=True, hood=True)),
        ("man with a ponytail and gloves", Outfit(hair="ponytail", gloves=True)),
    ],
)
def test_words_dress_and_groom(words: str, expected: Outfit) -> None:
    assert dressed(brief(words), Outfit(), is_woman=False) == expected


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize(
    "clothes",
    ["in a robe", "in heavy plate armour", "in a tunic with a belt", "with a hood and a cloak",
     "in a skirt and boots", "guard in mail with gloves and shorts", "with a ponytail and a beard"],
)  # fmt: skip
def test_every_figure_can_wear_everything(figure: str, clothes: str) -> None:
    start = FIGURES[figure]
    is_woman = figure == "woman"
    outfit = dressed(brief(f"{figure} {clothes}"), start.outfit, is_woman=is_woman)
    rng = np.random.default_rng(1)
    x, y, z = (rng.uniform((0, 0, -0.15), (0.5, 1.1, 0.15), (400, 3)).astype(np.float32)).T
    for layer in make_layers(start.plan, make_anatomy(start.plan), outfit):
        assert np.isfinite(layer.distance(x, y, z)).all()
