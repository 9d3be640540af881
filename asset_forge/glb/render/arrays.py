"""Names for the array types that the renderer's files pass to each other, and small helpers.

Vectors lie in columns throughout the renderer: N directions are an array (3, N). numpy is fast on
long rows and slow on rows of three.
"""

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


def column(values: tuple[float, ...]) -> Floats:
    """Turn K numbers into a column (K, 1), to be combined with (K, N)."""
    return np.array(values, np.float32)[:, None]


def dots(first: Floats, second: Floats) -> Floats:
    """Multiply the columns of (3, N) with each other: (N,) scalar products."""
    products: Floats = first[0] * second[0]
    products += first[1] * second[1]
    products += first[2] * second[2]
    return products


def crosses(first: Floats, second: Floats) -> Floats:
    """Return the cross products (3, N) of the columns of (3, N)."""
    return np.stack(
        [
            first[1] * second[2] - first[2] * second[1],
            first[2] * second[0] - first[0] * second[2],
            first[0] * second[1] - first[1] * second[0],
        ]
    )


def units(vectors: Floats) -> Floats:
    """Scale the columns of (3, N) to length one; zero columns stay zero."""
    lengths: Floats = np.sqrt(dots(vectors, vectors))
    np.maximum(lengths, np.float32(1e-20), out=lengths)
    scaled: Floats = vectors / lengths
    return scaled
