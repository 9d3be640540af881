"""Which models are gone, by date, and what Meshy's cost in credits."""

import datetime as dt

import pytest

from asset_forge.providers.base import TaskKind
from asset_forge.providers.meshy_models import credits_at_most, retirement_warnings
from asset_forge.providers.openai_models import (
    ListedModel,
    listing_warnings,
    shutdown_date,
    shutdown_warnings,
)

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    "model",
    ["gpt-6-luna", "gpt-image-2.6-flare", "gpt-image-2", "gpt-5.6-luna", "llama3.2-vision", ""],
)
def test_openai_living_model_gets_no_warning(model: str) -> None:
    assert shutdown_warnings([model], TODAY) == []


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gpt-4", "is shut down since 2026-10-23; use gpt-6-luna"),
        ("gpt-image-1", "is shut down since 2026-10-23; use gpt-image-2.6-flare"),
        ("dall-e-3", "is shut down since 2026-05-12; use gpt-image-2.6-flare"),
        ("gpt-4o-mini", "will be shut down on 2027-01-14; use gpt-6-luna"),
        ("gpt-4o-mini-2024-07-18", "will be shut down on 2027-01-14; use gpt-6-luna"),
        ("chatgpt-image-latest", "will be shut down on 2026-12-01; use gpt-image-2.6-flare"),
    ],
)
def test_openai_dying_model_gets_a_warning_with_a_successor(model: str, said: str) -> None:
    assert shutdown_warnings([model, model], TODAY) == [f"OpenAI's model {model!r} {said}"]


def test_openai_snapshot_with_a_date_of_its_own_has_that_date() -> None:
    assert shutdown_date("gpt-4o-2024-05-13") == dt.date(2026, 10, 23)


def test_openai_last_day_counts_as_shut_down() -> None:
    assert "is shut down" in shutdown_warnings(["gpt-5"], dt.date(2026, 12, 11))[0]


def test_openai_listing_dates_come_before_the_table() -> None:
    listed = [ListedModel("gpt-6-luna", dt.date(2027, 6, 1)), ListedModel("gpt-image-2")]

    warnings = listing_warnings(["gpt-6-luna", "gpt-image-2", "gpt-7"], listed, TODAY)

    assert warnings == [
        "OpenAI's model 'gpt-6-luna' will be shut down on 2027-06-01; use gpt-6-luna",
        "OpenAI does not list the model 'gpt-7' for this key",
    ]


@pytest.mark.parametrize("model", ["meshy-7.1", "meshy-6", "meshy-t2.5", "latest", "meshy-9"])
def test_meshy_living_model_gets_no_warning(model: str) -> None:
    assert retirement_warnings([model], TODAY) == []


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("meshy-5", "is retired since 2026-10-10; use meshy-7.1"),
        ("meshy-4", "is retired since 2026-03-20; use meshy-7.1"),
        ("meshy-t1", "is retired since 2026-10-30; use meshy-t2.5"),
    ],
)
def test_meshy_retired_model_gets_a_warning(model: str, said: str) -> None:
    assert retirement_warnings([model, "meshy-7.1"], TODAY) == [f"Meshy's model {model!r} {said}"]


def test_meshy_deprecated_model_gets_a_warning() -> None:
    assert "deprecated since 2026-09-18" in retirement_warnings(["meshy-7"], TODAY)[0]


def test_meshy_model_is_no_warning_before_its_last_day() -> None:
    assert retirement_warnings(["meshy-5"], dt.date(2026, 10, 9)) == []


@pytest.mark.parametrize(
    ("model", "texture_px", "expected"),
    [
        ("meshy-7.1", 2048, 30),
        ("meshy-7.1", 4096, 30),
        ("meshy-7.1", 8192, 35),
        ("meshy-6", 2048, 30),
        ("latest", 2048, 30),
        ("meshy-99", 2048, 30),
        ("meshy-6-lite", 2048, 15),
        ("meshy-6-lite", 8192, 15),
        ("meshy-t2.5", 2048, 15),
        ("meshy-t2", 8192, 20),
        ("meshy-n1", 2048, 30),
    ],
)
def test_meshy_shape_credits_are_those_of_the_price_list(
    model: str, texture_px: int, expected: float
) -> None:
    assert credits_at_most(TaskKind.IMAGE_TO_3D, model, texture_px) == expected


def test_meshy_other_kinds_cost_what_the_price_list_says() -> None:
    assert credits_at_most(TaskKind.RETEXTURE, "meshy-7.1", 4096) == 10
    assert credits_at_most(TaskKind.RETEXTURE, "meshy-7.1", 8192) == 15
    assert credits_at_most(TaskKind.RETEXTURE, "meshy-6-lite", 8192) == 15
    assert credits_at_most(TaskKind.RIGGING, "meshy-7.1", 2048) == 5
