"""Whatever an outside maker says, reading it does not raise and shows no secret."""

import json
import math
import string
from typing import Any

import httpx
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from asset_forge.errors import BadProviderAnswer, ProviderError
from asset_forge.providers.base import TaskKind, TaskStatus
from asset_forge.providers.http_answers import Answer, error_for, retry_after_s
from asset_forge.providers.meshy_lost import Sought, candidates, is_telling, judge, tasks_in
from asset_forge.providers.meshy_requests import clipped
from asset_forge.providers.meshy_tasks import read_status
from asset_forge.providers.openai_answers import read_grip, read_orientation
from asset_forge.providers.redaction import redact

# The first text that is drawn builds a table of all characters, which takes a second or two.
settings.register_profile("slow start", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slow start")

KEY_CHARACTERS = string.ascii_letters + string.digits
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
task_fields = st.dictionaries(
    st.sampled_from(
        ["id", "status", "progress", "model_urls", "result", "task_error", "texture_urls",
         "consumed_credits", "created_at", "name", "face_count"]
    ),
    json_values,
)  # fmt: skip


@given(st.text())
def test_read_findings_any_text_is_read_or_none(text: str) -> None:
    read_grip(text)
    read_orientation(text)


@given(st.dictionaries(st.sampled_from(["minX", "minY", "maxX", "maxY", "confidence"]), scalars))
def test_read_grip_any_numbers_come_into_range(fields: dict[str, Any]) -> None:
    grip = read_grip(json.dumps(fields))

    if grip is not None:
        assert 0 <= grip.min_x < grip.max_x <= 512
        assert 0 <= grip.min_y < grip.max_y <= 512
        assert 0 <= grip.confidence <= 1


@given(st.sampled_from(list(TaskKind)), task_fields)
def test_read_status_any_task_object_is_a_status(kind: TaskKind, task: dict[str, Any]) -> None:
    status = read_status(kind, "t", task, model=None, retry_after_s=None)

    assert isinstance(status, TaskStatus)
    assert 0 <= status.progress <= 100
    assert not math.isnan(status.progress)


@given(json_values | st.lists(task_fields))
def test_judge_any_listing_is_read_or_refused(listing: Any) -> None:
    fields = {"name": "3f9a1c2b4d5e Sword"}
    try:
        tasks = tasks_in(listing)
    except BadProviderAnswer:
        return

    found = candidates(tasks, Sought(fields, 0, 1e12), ())
    verdict = judge(found, is_telling=is_telling(tasks, fields))

    assert verdict.task_id is None or not verdict.doubt


listed_tasks = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from("abcdef"), "created_at": st.sampled_from([None, 10, 50, 99])},
        optional={
            "name": st.sampled_from(["mark Sword", "mark", "Sword", "other Sword", "", "m"]),
            "status": st.sampled_from(["SUCCEEDED", "FAILED", "PENDING", "EXPIRED", "?"]),
            "consumed_credits": st.sampled_from([0, 30, None]),
        },
    ),
    unique_by=lambda task: task["id"],
    max_size=6,
)


@given(listed_tasks)
def test_judge_none_is_never_said_of_a_task_that_could_be_it(tasks: list[dict[str, Any]]) -> None:
    fields = {"name": "mark Sword"}
    found = candidates(tasks, Sought(fields, 40, 60), ())

    verdict = judge(found, is_telling=is_telling(tasks, fields))

    nothing = verdict.task_id is None and not verdict.doubt
    sure = [one for one in found if one.likeness.name == "OURS"]
    assert nothing is all(one.is_free for one in (sure or found))


@given(
    st.integers(300, 599),
    st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()),
)
def test_error_for_any_answer_is_a_bounded_error(status: int, body: bytes) -> None:
    answer = Answer(status, httpx.Headers({"content-type": "text/html"}), body)

    error = error_for(answer, provider="openai", key_variable="OPENAI_API_KEY", billed=True)

    assert isinstance(error, ProviderError)
    assert len(error.message) < 700
    assert "\n" not in error.message


@given(st.text(max_size=40))
def test_retry_after_any_text_is_a_pause_or_none(value: str) -> None:
    seconds = retry_after_s(httpx.Headers([(b"retry-after", value.encode())]))

    assert seconds is None or 0 <= seconds < math.inf


@given(
    st.text(max_size=60), st.text(KEY_CHARACTERS, min_size=12, max_size=60), st.text(max_size=60)
)
def test_redact_key_between_any_words_is_gone(before: str, secret: str, after: str) -> None:
    assume(secret not in before + after)
    for written in (f"sk-{secret}", f"msy_{secret}", f"Bearer {secret}"):
        assert secret not in redact(f"{before} {written} {after}")
    assert secret not in redact(f"{before}{secret}{after}", secrets=(secret,))


@given(st.text(), st.integers(1, 50))
def test_redact_and_clipped_keep_to_their_limits(text: str, limit: int) -> None:
    assert len(redact(text, limit=limit)) <= limit
    assert len(clipped(text, limit)) <= limit
