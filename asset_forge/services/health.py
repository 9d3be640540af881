"""What the health endpoint tells: worked out once at start, since settings do not change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HealthFacts:
    """Which makers can be used, and what wants attention."""

    meshy: bool
    openai: bool
    greybox: bool
    version: str
    warnings: tuple[str, ...] = ()
