"""docs/greybox.md shows every kind that there is, drawn from the words that it says."""

import functools
import re

import pytest

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Shape
from asset_forge.greybox.shapes import EXAMPLES, build_shape
from asset_forge.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "greybox.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def test_page_lists_every_kind_with_the_words_of_its_pictures() -> None:
    rows = {kind: words for kind, words, _ in ROW.findall(PAGE.read_text())}
    assert rows == EXAMPLES


def test_page_shows_pictures_that_are_there() -> None:
    shown = re.findall(r"\]\((pictures/[\w-]+\.png)\)", PAGE.read_text())
    assert shown
    there = {f"pictures/{path.name}" for path in (PAGE.parent / "pictures").glob("*.png")}
    assert set(shown) == there


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (kind, word)
        for kind, _, more in ROW.findall(PAGE.read_text())
        if kind != "humanoid"
        for word in re.split(r"[,;] ", more)
    ],
)
def test_word_of_the_page_changes_what_is_made(kind: str, word: str) -> None:
    name = kind.replace("_", " ")
    # Some seeds make by chance what the word asks for.
    assert any(
        looks(built(kind, f"{word} {name}", seed)) != plain(kind, seed) for seed in range(1, 7)
    )


@functools.cache
def plain(kind: str, seed: int) -> tuple[object, ...]:
    return looks(built(kind, kind.replace("_", " "), seed))


def built(kind: str, words: str, seed: int) -> Shape:
    return build_shape(kind, Brief(name=words, type="item", subtype=kind, seed=seed))


def looks(shape: Shape) -> tuple[object, ...]:
    return (*(part.positions.tobytes() for part in shape.parts), *shape.surfaces.items())
