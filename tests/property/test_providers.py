"""Whatever an outside maker says, reading it does not raise and shows no secret."""

import json
import math
import string
from typing import Any

import httpx
from hypothesis import assume, given
from hypothesis import strategies as st

from asset_forge.errors import ProviderError
from asset_forge.providers.base import TaskKind, TaskStatus
from asset_forge.providers.http_answers import Answer, error_for, retry_after_s
from asset_forge.providers.meshy_requests import clipped
from asset_forge.providers.meshy_tasks import lost_candidates, read_status, tasks_in
from asset_forge.providers.openai_answers import read_grip, read_orientation
from asset_forge.providers.redaction import redact

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
def test_lost_candidates_any_listing_is_read(listing: Any) -> None:
    lost_candidates(tasks_in(listing), since_ms=0, echoed={"name": "x"}, not_these=())


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
