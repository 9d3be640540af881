"""Every kind looks as its golden picture does."""

from pathlib import Path

import pytest

from asset_forge.greybox.shapes import EXAMPLES
from tests.golden.comparing import compare, side_by_side
from tests.golden.drawing import PICTURES, draw, golden_path, read_golden

WRITE = "python -m tests.golden.write"


@pytest.mark.parametrize("kind", EXAMPLES)
def test_kind_looks_as_its_golden_picture(kind: str, tmp_path: Path) -> None:
    assert golden_path(kind).is_file(), f"no golden picture of {kind}: {WRITE} {kind}"
    golden, drawn = read_golden(kind), draw(kind)
    difference = compare(golden, drawn)
    if difference.is_seen:
        shown = tmp_path / f"{kind}-golden-drawn-difference.png"
        side_by_side(golden, drawn, difference).save(shown)
        pytest.fail(f"{kind}: {difference}; see {shown}, or, if it is meant, {WRITE} {kind}")


def test_every_golden_picture_is_of_a_kind() -> None:
    assert {path.stem for path in PICTURES.glob("*.png")} <= set(EXAMPLES)
