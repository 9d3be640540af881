"""Which listed task is the lost one: the rules, without a list to read."""

from typing import Any

import httpx
import pytest

from asset_forge.errors import BadProviderAnswer
from asset_forge.providers.meshy_lost import (
    Likeness,
    Sought,
    Verdict,
    candidates,
    date_ms,
    is_telling,
    judge,
    likeness_of,
    tasks_in,
)

NOW_MS = 1_795_338_000_000
STYLE = {"text_style_prompt": "aged bronze, warm brown patina"}
NAME = {"name": "3f9a1c2b4d5e Steel Longsword"}


def verdict(*tasks: dict[str, Any], fields: dict[str, str] = NAME, known: Any = ()) -> Verdict:
    sought = Sought(fields, NOW_MS, NOW_MS + 60_000)
    found = candidates(tasks, sought, known)
    return judge(found, is_telling=is_telling(tasks, fields))


def task(task_id: str, **more: Any) -> dict[str, Any]:
    return {"id": task_id, "created_at": NOW_MS + 10, "status": "IN_PROGRESS", **more}


@pytest.mark.parametrize(
    ("said", "likeness"),
    [
        ({}, Likeness.SILENT),
        ({"name": None}, Likeness.SILENT),
        ({"name": " "}, Likeness.SILENT),
        ({"name": 7}, Likeness.SILENT),
        ({"name": "3f9a1c2b4d5e Steel Longsword"}, Likeness.OURS),
        ({"name": "3f9a1c2b4d5e Steel"}, Likeness.OURS),
        ({"name": "3F9A1C2B4D5E steel longsword (2)"}, Likeness.OURS),
        ({"name": "3f9a1c"}, Likeness.SILENT),
        ({"name": "aaaaaaaaaaaa Steel Longsword"}, Likeness.OTHER),
        ({"name": "Shield"}, Likeness.OTHER),
    ],
)
def test_likeness_of_a_name_goes_by_its_mark(said: dict[str, Any], likeness: Likeness) -> None:
    assert likeness_of(said, NAME) is likeness


@pytest.mark.parametrize(
    ("said", "likeness"),
    [
        ("aged bronze, warm brown patina", Likeness.SAME),
        ("Aged bronze,  warm\nbrown patina ", Likeness.SAME),
        ("aged bronze, warm", Likeness.SILENT),
        ("aged bronze, warm brown patina, high quality", Likeness.SILENT),
        ("polished steel", Likeness.OTHER),
    ],
)
def test_likeness_of_a_style_is_the_whole_text(said: str, likeness: Likeness) -> None:
    assert likeness_of({"text_style_prompt": said}, STYLE) is likeness


def test_judge_named_task_beats_silent_ones() -> None:
    assert verdict(task("a"), task("b", **NAME)) == Verdict("b", is_sure=True)


def test_judge_name_is_sure_at_any_time() -> None:
    assert verdict(task("a", **NAME, created_at=5)) == Verdict("a", is_sure=True)


def test_judge_named_task_in_time_beats_an_older_one() -> None:
    old = task("old", **NAME, created_at=5)

    assert verdict(old, task("new", **NAME)) == Verdict("new", is_sure=True)


def test_judge_two_named_tasks_are_a_doubt() -> None:
    assert "2 tasks" in verdict(task("a", **NAME), task("b", **NAME)).doubt


def test_judge_named_task_that_was_refunded_is_nothing_for_sure() -> None:
    failed = task("a", **NAME, status="FAILED", consumed_credits=0)

    assert verdict(failed) == Verdict(is_sure=True)
    assert verdict(failed, task("b", **NAME)) == Verdict("b", is_sure=True)


@pytest.mark.parametrize("said", [None, 30, "0"])
def test_judge_failed_task_that_may_have_cost_something_is_taken(said: Any) -> None:
    failed = task("a", **NAME, status="FAILED", consumed_credits=said)

    assert verdict(failed).task_id == "a"


def test_judge_silent_and_only_one_is_taken_but_not_for_sure() -> None:
    assert verdict(task("a"), fields={}) == Verdict("a")


def test_judge_silent_and_refunded_beside_another_is_a_doubt() -> None:
    failed = task("a", status="FAILED", consumed_credits=0)

    assert verdict(failed, fields={}) == Verdict()
    assert verdict(failed, task("b"), fields={}).doubt


def test_judge_silent_where_others_are_named_is_a_doubt() -> None:
    other = task("other", name="aaaaaaaaaaaa Shield")

    assert verdict(task("a"), other).doubt
    assert verdict(other) == Verdict()


@pytest.mark.parametrize("created_at", [None, 0, "soon", True])
def test_judge_task_that_does_not_say_when_it_was_made_may_be_it(created_at: Any) -> None:
    assert verdict(task("a", created_at=created_at), fields={}) == Verdict("a")


@pytest.mark.parametrize("created_at", [NOW_MS - 1, NOW_MS + 60_001])
def test_judge_task_of_another_time_is_not_it(created_at: int) -> None:
    assert verdict(task("a", created_at=created_at), fields={}) == Verdict()
    assert verdict(task("a", **STYLE, created_at=created_at), fields=STYLE) == Verdict()


def test_judge_known_task_is_not_it() -> None:
    assert verdict(task("a", **NAME), known={"a"}) == Verdict()


@pytest.mark.parametrize("listing", [[{"id": "a"}], {"result": [{"id": "a"}]}])
def test_tasks_in_both_shapes_of_a_list(listing: Any) -> None:
    assert tasks_in(listing) == [{"id": "a"}]


@pytest.mark.parametrize(
    "listing", [None, {}, {"result": None}, {"data": []}, "x", [1], [None], [{}], [{"id": 5}]]
)
def test_tasks_in_anything_else_is_no_empty_list(listing: Any) -> None:
    with pytest.raises(BadProviderAnswer, match="cannot be read"):
        tasks_in(listing)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], None),
        ([("date", "yesterday")], None),
        ([("date", "Sun, 22 Nov 2026 09:00:00 GMT")], NOW_MS + 500),
        ([("date", "?"), ("date", "Sun, 22 Nov 2026 09:00:00 GMT")], NOW_MS + 500),
    ],
)
def test_date_of_an_answer_is_read(headers: list[tuple[str, str]], expected: float | None) -> None:
    assert date_ms(httpx.Headers(headers)) == expected
