"""Writes golden pictures anew: python -m tests.golden.write [kind …], all kinds without a name.

Look at what git shows as changed before it is committed.
"""

import sys

from PIL import Image

from asset_forge.greybox.shapes import EXAMPLES
from tests.golden.comparing import compare
from tests.golden.drawing import PICTURES, draw, golden_path, read_golden


def main(kinds: list[str]) -> None:
    PICTURES.mkdir(exist_ok=True)
    for kind in kinds or EXAMPLES:
        drawn = draw(kind)
        path = golden_path(kind)
        if path.exists() and not compare(read_golden(kind), drawn).is_seen:
            continue  # a picture that looks the same would only fill the history
        Image.fromarray(drawn).save(path, optimize=True)
        print(path)  # noqa: T201 - a command
    for path in PICTURES.glob("*.png"):
        if path.stem not in EXAMPLES:
            path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
