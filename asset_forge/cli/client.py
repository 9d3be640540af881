"""The service as a command sees it: over HTTP, errors as sentences."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from asset_forge.errors import ForgeError

POLL_INTERVAL_S = 0.2
_FINAL = frozenset({"completed", "failed", "cancelled"})


class ForgeClient:
    """Calls the service at an address. Every method raises ForgeError with what it answered."""

    def __init__(self, address: str, *, token: str = "") -> None:
        self.address = address
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=60.0)

    def __enter__(self) -> "ForgeClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, query: Mapping[str, str | None] | None = None) -> Any:
        """Ask for something; what of the query is None or empty is left out."""
        params = {name: value for name, value in (query or {}).items() if value}
        return self._answer("GET", path, params=params)

    def post(self, path: str, body: Any) -> Any:
        return self._answer("POST", path, json=body)

    def file(self, path: str) -> bytes:
        """Return the bytes of a file that the service answers at `path`."""
        return self._send("GET", path).content

    def follow(self, pipeline_id: str, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Poll a pipeline to its end; `tell` sees each status. Returns the last one."""
        for status in self._statuses(pipeline_id):
            tell(status)
            if status["status"] in _FINAL:
                return status
        raise AssertionError("statuses never end")

    def _statuses(self, pipeline_id: str) -> Iterator[dict[str, Any]]:
        while True:
            yield self.get(f"/api/generation/pipeline/{pipeline_id}")
            time.sleep(POLL_INTERVAL_S)

    def _answer(self, method: str, path: str, **more: Any) -> Any:
        response = self._send(method, path, **more)
        try:
            return response.json()
        except ValueError:
            raise ForgeError(f"{path} answered with something that is no JSON") from None

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise ForgeError(f"The service cannot be reached: {error}") from None
        except ValueError as error:
            raise ForgeError(f"This cannot be asked for: {error}") from None
        if response.is_error:
            raise ForgeError(_error_text(response))
        return response


def _error_text(response: httpx.Response) -> str:
    try:
        text = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        text = response.text[:200]
    return f"{text} (HTTP {response.status_code})"
