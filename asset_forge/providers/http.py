"""Sends requests to outside makers: timeouts, bounded answers, safe repeats.

What an answer means lives in `http_answers`. A request that costs money is never repeated after
it may have been carried out; only a 429, which says that nothing was done, lets it leave again.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
    ProviderNotConfigured,
    ProviderTimeout,
    ProviderUnreachable,
)
from asset_forge.providers.bodies import BodyTooLong, body_pieces
from asset_forge.providers.http_answers import (
    Answer,
    Limit,
    error_for,
    error_for_transport,
    json_object,
    json_value,
    limit_of,
    named,
    retry_after_s,
)
from asset_forge.providers.rate_limit import Clock, RequestRate, Sleep
from asset_forge.providers.redaction import without_secrets

OnError = Callable[[str, str], None]
"""Is told the provider and the error code of every exchange that failed, tolerated ones too."""

MAX_JSON_BYTES = 8 * 1024 * 1024
_WORTH_ANOTHER_GET = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


def make_client(
    *,
    connect_timeout_s: float = 10.0,
    read_timeout_s: float = 60.0,
    max_connections: int = 64,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Make the client that one provider keeps for as long as the service runs.

    It follows no redirects and keeps no cookies. Connections are dropped after three idle seconds:
    a request on one that the other side has just closed would look like a lost, billed request.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s, pool=connect_timeout_s),
        limits=httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections // 2,
            keepalive_expiry=3.0,
        ),
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "asset-forge", "Accept-Encoding": "gzip"},
        follow_redirects=False,
        transport=transport,
    )


@dataclass(frozen=True)
class Patience:
    """How often and how long something is tried again. Pauses double from `first_pause_s`."""

    attempts: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 20.0
    deadline_s: float = 90.0

    def pause_s(self, attempt: int, asked_s: float | None, rng: random.Random) -> float:
        """Return the pause after the `attempt`-th try (from 1), at least what was asked for."""
        backoff_s = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (attempt - 1))
        jittered_s = backoff_s * (0.5 + rng.random() / 2)
        return max(jittered_s, asked_s or 0.0)


class ProviderHttp:
    """One provider's HTTP: its address, its key, its limits.

    `key_variable` is the setting that is named when the key is refused. An empty key sends no
    Authorization header, which is what local servers want. Raises ProviderNotConfigured when the
    key cannot be one.
    """

    def __init__(
        self,
        *,
        provider: str,
        client: httpx.AsyncClient,
        base_url: str,
        api_key: str,
        key_variable: str,
        rate: RequestRate | None = None,
        patience: Patience | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
        on_error: OnError | None = None,
    ) -> None:
        api_key = api_key.strip()
        if not (api_key.isascii() and api_key.isprintable()):
            raise ProviderNotConfigured(f"{key_variable} holds characters that no key has")
        self.provider = provider
        self.base_url = base_url.rstrip("/")
        self._client = client
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._secrets = (api_key,) if api_key else ()
        self._key_variable = key_variable
        self._rate = rate
        self.patience = patience or Patience()
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()  # noqa: S311 - spreads pauses, decides nothing
        self._on_error = on_error

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, timeout_s: float = 30.0
    ) -> tuple[Any, Answer]:
        """GET a JSON value, with repeats. Returns it with its answer. Raises ProviderError."""
        give_up_at = self._clock() + self.patience.deadline_s
        attempt = 0
        while True:
            attempt += 1
            asked_s = None
            try:
                answer = await self._exchange("GET", path, params=params, timeout_s=timeout_s)
            except (ProviderUnreachable, ProviderTimeout) as error:
                failure: ProviderError = error
            else:
                if answer.is_success:
                    return self._value(answer), answer
                failure = self.error(answer, billed=False)
                if answer.status not in _WORTH_ANOTHER_GET or (
                    answer.status == 429 and limit_of(answer) is not Limit.REQUEST_RATE
                ):
                    raise failure
                asked_s = retry_after_s(answer.headers)
            pause_s = self.patience.pause_s(attempt, asked_s, self._rng)
            if attempt >= self.patience.attempts or self._clock() + pause_s > give_up_at:
                raise failure
            await self._sleep(pause_s)

    async def post_billed(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        timeout_s: float,
        max_bytes: int = MAX_JSON_BYTES,
    ) -> Answer:
        """POST something that costs money and return the answer, whatever its status.

        Sent again only after a 429 about the request rate, which says that nothing was done.
        Raises ProviderUnreachable or ProviderTimeout, with `may_have_charged` unless it never left.
        """
        give_up_at = self._clock() + self.patience.deadline_s
        attempt = 0
        while True:
            attempt += 1
            answer = await self._exchange(
                "POST", path, json=body, timeout_s=timeout_s, max_bytes=max_bytes
            )
            if answer.status != 429 or limit_of(answer) is not Limit.REQUEST_RATE:
                return answer
            asked_s = retry_after_s(answer.headers)
            pause_s = self.patience.pause_s(attempt, asked_s, self._rng)
            if attempt >= self.patience.attempts or self._clock() + pause_s > give_up_at:
                return answer
            await self._sleep(pause_s)

    async def delete(self, path: str, *, timeout_s: float = 30.0) -> Answer:
        """DELETE once and return the answer, whatever its status. Raises ProviderError."""
        return await self._exchange("DELETE", path, timeout_s=timeout_s)

    def error(self, answer: Answer, *, billed: bool) -> ProviderError:
        """Return the error for an answer that is no success."""
        return error_for(
            answer,
            provider=self.provider,
            key_variable=self._key_variable,
            billed=billed,
            secrets=self._secrets,
        )

    def object_of(self, answer: Answer) -> dict[str, Any]:
        """Return the JSON object of a billed request's answer. Raises ProviderError."""
        if not answer.is_success:
            raise self.error(answer, billed=True)
        with self.told():
            return json_object(answer, provider=self.provider, billed=True, secrets=self._secrets)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell `on_error` of a ProviderError that leaves this block, and take the key out of it."""
        try:
            yield
        except ProviderError as error:
            error.message = without_secrets(error.message, self._secrets)
            error.args = (error.message,)
            self._tell(error)
            raise

    def _tell(self, error: ProviderError) -> None:
        if self._on_error is not None:
            self._on_error(self.provider, error.error_code)

    def _value(self, answer: Answer) -> Any:
        with self.told():
            return json_value(answer, provider=self.provider, billed=False, secrets=self._secrets)

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float,
        max_bytes: int = MAX_JSON_BYTES,
    ) -> Answer:
        """Send one request and read its answer, at most `max_bytes` of it."""
        billed = method == "POST"
        if self._rate is not None:
            await self._rate.wait_for_turn()
        with self.told():
            answer = await self._send(
                method,
                path,
                json=json,
                params=params,
                timeout_s=timeout_s,
                billed=billed,
                max_bytes=max_bytes,
            )
        if not answer.is_success:
            self._tell(self.error(answer, billed=billed))
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
        timeout_s: float,
        billed: bool,
        max_bytes: int,
    ) -> Answer:
        request = self._client.build_request(
            method,
            self.base_url + path,
            json=json,
            params=params,
            headers=self._headers,
            timeout=self._timeout(timeout_s),
        )
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client.send(request, stream=True)
                try:
                    return await self._read(response, billed=billed, max_bytes=max_bytes)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise ProviderTimeout(
                f"{named(self.provider)} did not answer within {timeout_s:g} s",
                provider=self.provider,
                may_have_charged=billed,
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise error_for_transport(
                error, provider=self.provider, billed=billed, secrets=self._secrets
            ) from None

    async def _read(self, response: httpx.Response, *, billed: bool, max_bytes: int) -> Answer:
        body = bytearray()
        try:
            async for piece in body_pieces(response, max_bytes=max_bytes):
                body += piece
        except BodyTooLong:
            raise BadProviderAnswer(
                f"{named(self.provider)}'s answer is longer than {max_bytes:,} bytes",
                provider=self.provider,
                upstream_status=response.status_code,
                may_have_charged=billed,
            ) from None
        return Answer(response.status_code, response.headers, bytes(body))

    def _timeout(self, timeout_s: float) -> httpx.Timeout:
        return httpx.Timeout(
            timeout_s,
            connect=self._client.timeout.connect,
            pool=self._client.timeout.pool,
        )
