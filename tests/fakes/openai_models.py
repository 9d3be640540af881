"""Which OpenAI models there are, until when, and what they can do.

As of 22 November 2026, from the deprecations page, the model pages and the published types.
"""

import re
from dataclasses import dataclass
from datetime import date

_MODEL_VERSION = re.compile(r"^gpt-(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class ChatModel:
    """A model of POST /v1/chat/completions. `shutdown` is its first day without answers."""

    shutdown: date | None = None
    reasoning: bool = True


@dataclass(frozen=True)
class ImageModel:
    """A model of POST /v1/images/generations. `sizes` None means any WIDTHxHEIGHT in bounds."""

    shutdown: date | None = None
    qualities: tuple[str, ...] = ("auto", "low", "medium", "high")
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    sizes: tuple[str, ...] | None = None

    @property
    def takes_complexity(self) -> bool:
        """Only the 2.6 family, the one that also writes SVG, knows `complexity`."""
        return "svg" in self.formats


_OCTOBER_2026 = date(2026, 10, 23)
_NEXT_JANUARY = date(2027, 1, 14)
_DECEMBER_FIRST = date(2026, 12, 1)
_DECEMBER = date(2026, 12, 11)
_APRIL = date(2027, 4, 1)
_DALL_E_END = date(2026, 5, 12)

CHAT_MODELS: dict[str, ChatModel] = {
    **{
        name: ChatModel()
        for name in (
            "gpt-6.2-astra",
            "gpt-6.2-sol",
            "gpt-6.1-sol",
            "gpt-6.1-terra",
            "gpt-6-astra",
            "gpt-6-sol",
            "gpt-6-luna",
            "gpt-5.6-sol",
            "gpt-5.6-terra",
            "gpt-5.6-luna",
            "gpt-5.5",
            "gpt-5.4-mini",
        )
    },
    "gpt-5.4-nano": ChatModel(_APRIL),
    "gpt-5.1": ChatModel(_APRIL),
    **{
        name: ChatModel(_NEXT_JANUARY, reasoning=False)
        for name in ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini")
    },
    **{name: ChatModel(_DECEMBER) for name in ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3")},
    **{
        name: ChatModel(_OCTOBER_2026, reasoning=False)
        for name in ("gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-4.1-nano", "gpt-4o-2024-05-13")
    },
    **{name: ChatModel(_OCTOBER_2026) for name in ("o1", "o3-mini", "o4-mini")},
}

_FINE_QUALITIES = ("auto", "low", "medium", "high", "xhigh", "max")
_OLD_SIZES = ("auto", "1024x1024", "1536x1024", "1024x1536")
_MOVING_FORMATS = ("png", "jpeg", "webp", "gif", "svg")

IMAGE_MODELS: dict[str, ImageModel] = {
    "gpt-image-2.6-sunburst": ImageModel(qualities=_FINE_QUALITIES, formats=_MOVING_FORMATS),
    "gpt-image-2.6-flare": ImageModel(qualities=_FINE_QUALITIES, formats=_MOVING_FORMATS),
    "gpt-image-2.5-sunburst": ImageModel(qualities=_FINE_QUALITIES),
    "gpt-image-2.5-flare": ImageModel(qualities=_FINE_QUALITIES),
    "gpt-image-2": ImageModel(),
    "gpt-image-1.5": ImageModel(_DECEMBER_FIRST, sizes=_OLD_SIZES),
    "gpt-image-1-mini": ImageModel(_DECEMBER_FIRST, sizes=_OLD_SIZES),
    "chatgpt-image-latest": ImageModel(_DECEMBER_FIRST, sizes=_OLD_SIZES),
    "gpt-image-1": ImageModel(_OCTOBER_2026, sizes=_OLD_SIZES),
    "dall-e-3": ImageModel(_DALL_E_END),
    "dall-e-2": ImageModel(_DALL_E_END),
}


def refused_efforts(model: str) -> frozenset[str]:
    """Values of `reasoning_effort` that a reasoning model refuses.

    "none" came with gpt-5.1, "minimal" went with gpt-5.6.
    """
    match = _MODEL_VERSION.match(model)
    version = (int(match[1]), int(match[2] or 0)) if match else (0, 0)
    if version < (5, 1):
        return frozenset({"none"})
    return frozenset({"minimal"}) if version >= (5, 6) else frozenset()


def is_shut_down(model: ChatModel | ImageModel, today: date) -> bool:
    """Say whether the model has stopped answering."""
    return model.shutdown is not None and model.shutdown <= today
