"""What is asked of greybox: one brief, its words, and the seeded randomness derived from them.

Knows nothing of shapes or surfaces; what a word means is decided in `words` and in each shape.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_WORD = re.compile(r"[a-z0-9']+")


@dataclass(frozen=True)
class Brief:
    """What to make, in words.

    height_m: metres, height of a humanoid or length of a weapon; None lets the shape decide.
    face_budget: triangles, an upper bound. texture_px: edge of the square textures in pixels.
    """

    name: str
    type: str
    subtype: str
    description: str = ""
    style: str = ""
    generation_type: str = "item"
    seed: int | None = None
    height_m: float | None = None
    face_budget: int = 6000
    texture_px: int = 1024

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every word of the brief, lower case, in reading order (name, subtype, type, rest)."""
        text = " ".join((self.name, self.subtype, self.type, self.description, self.style)).lower()
        return tuple(_WORD.findall(text))

    @cached_property
    def effective_seed(self) -> int:
        """The given seed, or one derived from the words: equal briefs are equal assets."""
        if self.seed is not None:
            return self.seed & 0xFFFF_FFFF_FFFF_FFFF
        return int.from_bytes(hashlib.sha256(" ".join(self.words).encode()).digest()[:8], "big")

    def rng(self, purpose: str) -> np.random.Generator:
        """Return a generator seeded by (effective_seed, purpose), independent of call order."""
        tag = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
        return np.random.default_rng([self.effective_seed, tag])
