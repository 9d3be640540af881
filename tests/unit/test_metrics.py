"""What Prometheus is told, read back with Prometheus's own parser."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from asset_forge.domain.costs import Charge
from asset_forge.metrics import Metrics


def samples(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample by name and values of its labels, the latter in the order of their names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    text = metrics.rendered("")[0].decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_metrics_of_two_applications_do_not_mix() -> None:
    first, second = Metrics(), Metrics()
    first.pipeline_ended("generation", "completed")
    assert "asset_forge_pipelines_ended_total" in samples(first)
    assert "asset_forge_pipelines_ended_total" not in samples(second)


def test_stage_is_measured_by_name_and_status() -> None:
    metrics = Metrics()
    metrics.stage_ended("image3D", "completed", 42.0)
    metrics.stage_ended("image3D", "failed", 1.0)
    found = samples(metrics)
    assert found["asset_forge_stage_seconds_sum"] == {
        ("image3D", "completed"): 42.0,
        ("image3D", "failed"): 1.0,
    }
    assert found["asset_forge_stage_seconds_bucket"]["60.0", "image3D", "completed"] == 1
    assert found["asset_forge_stage_seconds_bucket"]["30.0", "image3D", "completed"] == 0


def test_charge_is_counted_in_all_that_it_names() -> None:
    metrics = Metrics()
    metrics.charged(Charge("meshy", "meshy-7.1", credits=20.0))
    usage = {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130}
    metrics.charged(Charge("openai", "gpt-6-luna", usage=usage, usd=0.01))
    metrics.charged(Charge("openai", "gpt-6-luna", usage={"input_tokens": 5}, usd=0.5))
    found = samples(metrics)
    assert found["asset_forge_spent_credits_total"] == {("meshy-7.1", "meshy"): 20.0}
    assert found["asset_forge_spent_usd_total"] == {("gpt-6-luna", "openai"): 0.51}
    assert found["asset_forge_spent_tokens_total"] == {
        ("input", "gpt-6-luna", "openai"): 105.0,
        ("output", "gpt-6-luna", "openai"): 30.0,
    }


@pytest.mark.parametrize("charge", [Charge("meshy", credits=-5.0), Charge("x"), Charge("x", usd=0)])
def test_charge_of_nothing_or_less_counts_nothing(charge: Charge) -> None:
    metrics = Metrics()
    metrics.charged(charge)
    assert not sum(samples(metrics).get("asset_forge_spent_credits_total", {}).values())


def test_errors_of_providers_are_counted_by_code() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.provider_failed("meshy", "provider_unreachable")
    assert samples(metrics)["asset_forge_provider_errors_total"] == {
        ("provider_unreachable", "meshy"): 3.0
    }


def test_requests_of_a_stranger_make_no_names() -> None:
    metrics = Metrics()
    for number in range(100):
        metrics.request_ended("other", f"METHOD{number}", 405, 0.01)
    assert samples(metrics)["asset_forge_http_requests_total"] == {("other", "other", "405"): 100}


def test_request_without_a_length_is_counted_and_not_measured() -> None:
    metrics = Metrics()
    metrics.request_ended("/events", "GET", 200, None)
    metrics.request_ended("/assets", "GET", 200, 0.2)
    metrics.request_ended("/assets", "GET", 200, 0.2)
    found = samples(metrics)
    assert found["asset_forge_http_requests_total"]["GET", "/events", "200"] == 1
    assert found["asset_forge_http_request_seconds_count"] == {("GET", "/assets"): 2}


def test_listeners_come_and_leave() -> None:
    metrics = Metrics()
    metrics.listener_came()
    metrics.listener_came()
    metrics.listener_left()
    assert samples(metrics)["asset_forge_event_listeners"] == {(): 1}


def test_gauge_is_read_when_somebody_asks() -> None:
    metrics, values = Metrics(), [7.0]
    metrics.read_at_scrape("asset_forge_something", "A thing.", lambda: values[0])
    assert samples(metrics)["asset_forge_something"] == {(): 7}
    values[0] = 8.0
    assert samples(metrics)["asset_forge_something"] == {(): 8}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text"),
    ],
)
def test_format_is_the_one_that_was_asked_for(accept: str, media_type: str) -> None:
    metrics = Metrics()
    metrics.pipeline_ended("generation", "completed")
    content, given = metrics.rendered(accept)
    assert given.startswith(media_type)
    assert b"asset_forge_pipelines_ended_total" in content
    assert b"_created" not in content


def test_names_carry_the_prefix_or_are_of_the_process() -> None:
    metrics = Metrics()
    names = {family.name for family in metrics.registry.collect()}
    assert {"asset_forge_http_requests", "process_cpu_seconds", "python_info"} <= names
    prefixes = ("asset_forge_", "process_", "python_")
    assert all(name.startswith(prefixes) for name in names)
