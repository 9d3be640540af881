"""Names for the array types that the renderer's files pass to each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Keys = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
AnyArray = NDArray[Any]


def unit_rows(vectors: Floats) -> Floats:
    """Scale the rows of (N, 3) to length one; zero rows stay zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    scaled: Floats = vectors / np.maximum(lengths, np.float32(1e-20))[:, None]
    return scaled


def least_of_three(rows: Floats) -> Floats:
    """Return the least value of each row of (N, 3); much faster than a reduction over so few."""
    return np.minimum(np.minimum(rows[:, 0], rows[:, 1]), rows[:, 2])


def greatest_of_three(rows: Floats) -> Floats:
    """Return the greatest value of each row of (N, 3)."""
    return np.maximum(np.maximum(rows[:, 0], rows[:, 1]), rows[:, 2])
