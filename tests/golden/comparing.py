"""Whether two small pictures look alike to people, and a picture of where they do not.

Both are blurred a little first, so that a sample more or less at an edge, as other processors give
it, does not count. Colours are compared as CIELAB distances, shapes as structural similarity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab
from skimage.metrics import structural_similarity

from tests.golden.drawing import Pixels

BLUR_PX = 1.0
# About what people see side by side is 2.3 (Mahy et al., 1994), for plain patches.
MOST_ANYWHERE = 6.0
MOST_ON_AVERAGE = 0.6
LEAST_ALIKE = 0.985

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """worst and mean: CIELAB distances of the blurred pictures. alike: 1 for the same shapes.

    everywhere: (rows, columns) the distances.
    """

    worst: float
    mean: float
    alike: float
    everywhere: Numbers

    @property
    def is_seen(self) -> bool:
        return self.worst > MOST_ANYWHERE or self.mean > MOST_ON_AVERAGE or self.alike < LEAST_ALIKE

    def __str__(self) -> str:
        return (
            f"colours differ by {self.worst:.1f} at worst (limit {MOST_ANYWHERE:g}) and "
            f"{self.mean:.2f} on average ({MOST_ON_AVERAGE:g}), shapes are {self.alike:.3f} alike "
            f"({LEAST_ALIKE:g})"
        )


def compare(golden: Pixels, drawn: Pixels) -> Difference:
    """Compare two pictures (rows, columns, 3) of one size."""
    before, after = _blurred_lab(golden), _blurred_lab(drawn)
    distances: Numbers = np.sqrt(((before - after) ** 2).sum(axis=2))
    alike = structural_similarity(
        before[..., 0], after[..., 0], data_range=100.0, gaussian_weights=True, sigma=1.5
    )
    return Difference(float(distances.max()), float(distances.mean()), float(alike), distances)


def side_by_side(golden: Pixels, drawn: Pixels, difference: Difference) -> Image.Image:
    """Show the golden picture, the drawn one, and where they differ, four times as large."""
    heat = np.clip(difference.everywhere / (2 * MOST_ANYWHERE) * 255, 0, 255).astype(np.uint8)
    rows = np.concatenate([golden, drawn, np.repeat(heat[..., None], 3, axis=2)], axis=0)
    picture = Image.fromarray(rows)
    return picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST)


def _blurred_lab(pixels: Pixels) -> Numbers:
    lab: Numbers = rgb2lab(pixels)
    return gaussian_filter(lab, sigma=(BLUR_PX, BLUR_PX, 0))
