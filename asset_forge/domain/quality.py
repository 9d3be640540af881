"""Quality levels: what they cost in faces and texture, and which one a request gets."""

import re
from dataclasses import dataclass
from enum import StrEnum


class GenerationType(StrEnum):
    ITEM = "item"
    AVATAR = "avatar"


class Quality(StrEnum):
    STANDARD = "standard"
    HIGH = "high"
    ULTRA = "ultra"


@dataclass(frozen=True)
class QualityProfile:
    face_budget: int
    texture_px: int
    pbr: bool


PROFILES = {
    Quality.STANDARD: QualityProfile(face_budget=6_000, texture_px=2048, pbr=False),
    Quality.HIGH: QualityProfile(face_budget=12_000, texture_px=2048, pbr=True),
    Quality.ULTRA: QualityProfile(face_budget=20_000, texture_px=4096, pbr=True),
}

_HIGH_QUALITY_WORDS = re.compile(
    r"\b(ultra|aaa|4k|8k|photo-?realistic|realistic|cinematic|hyper-?detailed|highly detailed|"
    r"high[- ]quality|hi-?res|high[- ]res(olution)?|next[- ]gen)\b",
    re.IGNORECASE,
)


def choose_quality(generation_type: GenerationType, style: str) -> Quality:
    """Pick the quality of a request that names none: ultra for avatars and demanding styles."""
    if generation_type is GenerationType.AVATAR or _HIGH_QUALITY_WORDS.search(style):
        return Quality.ULTRA
    return Quality.STANDARD
