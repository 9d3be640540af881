"""What Prometheus is told: counters, gauges and histograms of one application.

Each application has a registry of its own, so that several in one process do not mix. Names and
labels are listed in docs/operations.md; every label takes few values, whatever clients send.
"""

from collections.abc import Callable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    Metric,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from asset_forge import __version__
from asset_forge.domain.costs import Charge

_STAGE_BUCKETS_S = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_TOKENS = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
}
"""OpenAI's names for what is sent and what is answered; sums and details are left out."""


class _WithoutBirthdays(Collector):
    """A registry without the time at which each series was made, which would double them all."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample for sample in metric.samples if not sample.name.endswith("_created")
            ]
            yield metric


class Metrics:
    """Counts what happens. Fulfils PipelineObserver; nothing here waits or raises."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        Info("asset_forge_build", "Version that runs.", registry=self.registry).info(
            {"version": __version__}
        )
        self._stage_seconds = Histogram(
            "asset_forge_stage_seconds",
            "Seconds that one attempt at a stage took.",
            ["stage", "status"],
            buckets=_STAGE_BUCKETS_S,
            registry=self.registry,
        )
        self._pipelines_ended = self._counter(
            "asset_forge_pipelines_ended", "Pipelines that came to a last state.", "kind", "status"
        )
        self._provider_errors = self._counter(
            "asset_forge_provider_errors",
            "Exchanges with a provider that failed, those that were tried again too.",
            "provider",
            "code",
        )
        self._credits = self._counter(
            "asset_forge_spent_credits", "Credits that a provider has billed.", "provider", "model"
        )
        self._tokens = self._counter(
            "asset_forge_spent_tokens",
            "Tokens that a provider has billed.",
            "provider",
            "model",
            "direction",
        )
        self._usd = self._counter(
            "asset_forge_spent_usd",
            "Dollars that tokens came to by the price list.",
            "provider",
            "model",
        )
        self._requests = self._counter(
            "asset_forge_http_requests", "Requests answered.", "route", "method", "status"
        )
        self._request_seconds = Histogram(
            "asset_forge_http_request_seconds",
            "Seconds from a request to the end of its answer; event streams are left out.",
            ["route", "method"],
            buckets=_REQUEST_BUCKETS_S,
            registry=self.registry,
        )
        self._listeners = Gauge(
            "asset_forge_event_listeners", "Open event streams.", registry=self.registry
        )
        # Looking a child up takes a lock and builds texts; a request is counted without.
        self._request_children: dict[tuple[str, str, int], Counter] = {}
        self._seconds_children: dict[tuple[str, str], Histogram] = {}

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(name, documentation, labels, registry=self.registry)

    def read_at_scrape(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is looked up whenever somebody asks."""
        Gauge(name, documentation, registry=self.registry).set_function(read)

    def rendered(self, accept: str) -> tuple[bytes, str]:
        """Return everything in the format that an Accept header asks for, with its media type."""
        encode, content_type = choose_encoder(accept)
        return encode(_WithoutBirthdays(self.registry)), content_type

    # --- what the engine tells (PipelineObserver) ---

    def stage_ended(self, stage: str, status: str, seconds: float) -> None:
        self._stage_seconds.labels(stage, status).observe(seconds)

    def pipeline_ended(self, kind: str, status: str) -> None:
        self._pipelines_ended.labels(kind, status).inc()

    def charged(self, charge: Charge) -> None:
        model = charge.model or "unknown"
        if charge.credits:
            self._credits.labels(charge.provider, model).inc(max(0.0, charge.credits))
        if charge.usd:
            self._usd.labels(charge.provider, model).inc(max(0.0, charge.usd))
        for name, direction in _TOKENS.items():
            count = charge.usage.get(name, 0)
            if count > 0:
                self._tokens.labels(charge.provider, model, direction).inc(count)

    # --- what providers tell ---

    def provider_failed(self, provider: str, code: str) -> None:
        self._provider_errors.labels(provider, code).inc()

    # --- what the middleware tells ---

    def request_ended(self, route: str, method: str, status: int, seconds: float | None) -> None:
        """Count a request. `route` is a template of ours or "other"; `seconds` may be unknown."""
        method = method if method in _METHODS else "other"
        counter = self._request_children.get((route, method, status))
        if counter is None:
            counter = self._requests.labels(route, method, str(status))
            self._request_children[route, method, status] = counter
        counter.inc()
        if seconds is None:
            return
        histogram = self._seconds_children.get((route, method))
        if histogram is None:
            histogram = self._request_seconds.labels(route, method)
            self._seconds_children[route, method] = histogram
        histogram.observe(seconds)

    def listener_came(self) -> None:
        self._listeners.inc()

    def listener_left(self) -> None:
        self._listeners.dec()
