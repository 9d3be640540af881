"""docs/greybox.md shows every kind that there is, drawn from the words that it says."""

import re

from asset_forge.greybox.shapes import EXAMPLES
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
