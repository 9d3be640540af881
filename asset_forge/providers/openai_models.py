"""OpenAI's models that are shut down or will be, and what to use in their place.

Source: developers.openai.com/api/docs/deprecations and the types of the openai package 3.54.0,
read on 22 November 2026. A model that is not in the table is taken to be alive. Prices are in
`openai_prices`.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

TEXT_SUCCESSOR = "gpt-6-luna"
IMAGE_SUCCESSOR = "gpt-image-2.6-flare"

_SHUTDOWN_DATES: dict[dt.date, tuple[str, ...]] = {
    dt.date(2026, 5, 12): ("dall-e-2", "dall-e-3"),
    dt.date(2026, 10, 23): (
        "gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-4.1-nano", "o1", "o3-mini", "o4-mini",
        "gpt-4o-2024-05-13", "gpt-image-1",
    ),
    dt.date(2026, 12, 1): ("gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"),
    dt.date(2026, 12, 11): ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"),
    dt.date(2027, 1, 14): ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"),
    dt.date(2027, 4, 1): ("gpt-5.1", "gpt-5.4-nano"),
}  # fmt: skip
_SHUTDOWN_OF = {model: date for date, models in _SHUTDOWN_DATES.items() for model in models}
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class ListedModel:
    """A model as GET /v1/models lists it. `shutdown_date` is None when none is announced."""

    id: str
    shutdown_date: dt.date | None = None


def without_date(model: str) -> str:
    """Return the model of a dated snapshot, which goes when its model goes and costs the same."""
    return _SNAPSHOT.sub("", model)


def shutdown_date(model: str) -> dt.date | None:
    """Return the day from which a model no longer answers; None when none is known."""
    return _SHUTDOWN_OF.get(model) or _SHUTDOWN_OF.get(without_date(model))


def shutdown_warnings(models: Iterable[str], today: dt.date) -> list[str]:
    """Return a sentence for each model that is shut down or has a date for it."""
    warnings = []
    for model in dict.fromkeys(models):
        date = shutdown_date(model)
        if date is not None:
            warnings.append(_sentence(model, date, today))
    return warnings


def listing_warnings(
    models: Iterable[str], listed: Iterable[ListedModel], today: dt.date
) -> list[str]:
    """Return a sentence for each model that the server's own list lacks or gives a last day.

    Being listed does not prove that the key may use a model.
    """
    by_id = {model.id: model for model in listed}
    warnings = []
    for model in dict.fromkeys(models):
        found = by_id.get(model)
        date = found.shutdown_date if found and found.shutdown_date else shutdown_date(model)
        if date is not None:
            warnings.append(_sentence(model, date, today))
        elif found is None:
            warnings.append(f"OpenAI does not list the model {model!r} for this key")
    return warnings


def _sentence(model: str, date: dt.date, today: dt.date) -> str:
    is_image = "image" in model or model.startswith("dall-e")
    successor = IMAGE_SUCCESSOR if is_image else TEXT_SUCCESSOR
    state = "is shut down since" if date <= today else "will be shut down on"
    return f"OpenAI's model {model!r} {state} {date.isoformat()}; use {successor}"
