"""Who may start what costs money, and how often; nobody while the service is being stopped."""

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from asset_forge.middleware.answers import send_error, send_stopped

START_ROUTES = (
    "/api/generation/pipeline",
    "/api/generation/pipeline/{pipelineId}/retry",
    "/api/retexture",
    "/api/regenerate-base/{baseAssetId}",
    "/api/weapon-handle-detect",
    "/api/weapon-orientation-detect",
)
"""POSTs that can spend: those that start a pipeline, and the two that look at a picture."""

MOST_CLIENTS = 10_000
"""Those who have been silent longest are forgotten first; about 200 bytes each."""

_PATTERNS = [
    (re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), template) for template in START_ROUTES
]


@dataclass
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimit:
    """A token bucket for each client: a minute's worth at once, then as they come back.

    per_minute: starts, at least 1. `clock` counts seconds.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str) -> float:
        """Take one start; return 0, or the seconds until there is one to take."""
        now_s = self._clock()
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = _Bucket(self.per_minute, now_s)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(client)
        came_back = (now_s - bucket.filled_at_s) * self.per_minute / 60
        bucket.tokens = min(self.per_minute, bucket.tokens + came_back)
        bucket.filled_at_s = now_s
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * 60 / self.per_minute
        bucket.tokens -= 1
        return 0.0


class Starts:
    """Refuses starts before their body is read: 503 while stopping, 429 when there are too many.

    per_minute: starts for each client, 0 for no limit. What only plans (`dryRun`) counts too: it is
    checked as thoroughly as what is carried out.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        per_minute: int,
        is_stopping: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.is_stopping = is_stopping
        self.limit = RateLimit(per_minute, clock=clock) if per_minute else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        template = start_route(scope["path"])
        if template is None:
            await self.app(scope, receive, send)
            return
        if self.is_stopping():
            scope["forge.route"] = template
            await send_stopped(scope, send)
            return
        wait_s = self.limit.take(client_of(scope)) if self.limit is not None else 0.0
        if self.limit is None or not wait_s:
            await self.app(scope, receive, send)
            return
        scope["forge.route"] = template
        pause_s = math.ceil(wait_s)
        await send_error(
            scope,
            send,
            429,
            f"One client may start {self.limit.per_minute} a minute (FORGE_STARTS_PER_MINUTE); "
            f"wait {pause_s} s and send this again",
            "rate_limited",
            [(b"retry-after", b"%d" % pause_s)],
        )


def start_route(path: str) -> str | None:
    """Return the template of a route that can spend, None for another path."""
    for pattern, template in _PATTERNS:
        if pattern.fullmatch(path):
            return template
    return None


def client_of(scope: Scope) -> str:
    """Name who is calling: an IPv4 address, or the network that one subscriber of IPv6 has."""
    client = scope.get("client")
    if not client:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))
