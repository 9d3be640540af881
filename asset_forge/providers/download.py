"""Brings files from addresses to disk or memory: bounded, checked, whole or not at all.

Redirects are followed by hand, so that every step is checked, and the connection goes to the very
address that was checked: a name that leads elsewhere a moment later changes nothing.
"""

import asyncio
import contextlib
import hashlib
import os
import struct
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Literal

import aiofiles
import httpx

from asset_forge.errors import (
    BadInput,
    BadPicture,
    BadProviderAnswer,
    ForgeError,
    PayloadTooLarge,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
)
from asset_forge.providers.addresses import AddressNotAllowed, AddressRules, host_name
from asset_forge.providers.base import Fetched
from asset_forge.providers.bodies import BodyTooLong, body_pieces
from asset_forge.providers.disk import discard_parts, disk_trouble, part_beside, put_in_place
from asset_forge.providers.http_answers import named, retry_after_s
from asset_forge.providers.redaction import redact, redact_url

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING_TROUBLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_GLB_HEAD = struct.Struct("<4sII")

FileKind = Literal["glb", "picture"]
Reason = Literal["address", "status", "transport", "deadline", "too_large", "content"]


class FetchFailed(Exception):
    """A file that could not be brought. `status` is the HTTP status when that was the reason."""

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def may_pass(self) -> bool:
        """True when trying again can help."""
        return self.reason == "transport" or self.status in _PASSING_TROUBLE

    def as_provider_error(self, provider: str) -> ProviderError:
        """Return the error for a file that a provider named."""
        sentence = f"{named(provider)}'s file: {self.message}"
        if self.reason == "transport":
            return ProviderUnreachable(sentence, provider=provider)
        if self.reason == "deadline":
            return ProviderTimeout(sentence, provider=provider)
        if self.reason == "status":
            return ProviderError(sentence, provider=provider, upstream_status=self.status)
        return BadProviderAnswer(sentence, provider=provider)

    def as_input_error(self) -> ForgeError:
        """Return the error for a file that a caller named."""
        if self.reason == "too_large":
            return PayloadTooLarge(self.message, code="picture_too_large")
        if self.reason == "content":
            return BadPicture(self.message)
        if self.reason == "address":
            hint = "FORGE_FETCH_ALLOW_PRIVATE=1 allows private addresses"
            return BadInput(f"{self.message}; {hint}", code="address_not_allowed")
        return BadInput(self.message, code="picture_not_fetched")


async def download(
    client: httpx.AsyncClient,
    url: str,
    destination: Path,
    *,
    max_bytes: int,
    kind: FileKind,
    rules: AddressRules,
    provider: str,
    deadline_s: float = 600.0,
    attempts: int = 3,
    pause_s: float = 1.0,
) -> Fetched:
    """Bring one file of a provider to `destination`, replacing what is there.

    It is written beside the destination, checked to be a `kind`, synced and renamed; on failure
    nothing is left behind, nor of a run before this one that was killed. Pauses between attempts
    double. Raises ProviderError (with the HTTP status when there is one), or StorageUnavailable
    when the disk is at fault and not the provider.
    """
    try:
        await asyncio.to_thread(discard_parts, destination)
        async with asyncio.timeout(deadline_s):
            for attempt in range(1, attempts + 1):
                try:
                    return await _download_once(client, url, destination, max_bytes, kind, rules)
                except FetchFailed as failure:
                    if attempt == attempts or not failure.may_pass:
                        raise
                    asked_s = failure.retry_after_s or 0.0
                await asyncio.sleep(max(pause_s * 2 ** (attempt - 1), asked_s))
            raise AssertionError("the last attempt returns or raises")
    except TimeoutError:
        late = FetchFailed("deadline", f"not complete after {deadline_s:g} s")
        raise late.as_provider_error(provider) from None
    except FetchFailed as failure:
        raise failure.as_provider_error(provider) from None
    except OSError as error:
        raise disk_trouble(f"write {destination.name}", error) from error


async def fetch_bytes(
    client: httpx.AsyncClient,
    url: str,
    *,
    max_bytes: int,
    rules: AddressRules,
    deadline_s: float = 60.0,
) -> tuple[bytes, str]:
    """Bring a picture into memory. Returns its bytes and MIME type. Raises FetchFailed."""
    body = bytearray()
    try:
        async with (
            asyncio.timeout(deadline_s),
            _opened(client, url, max_bytes, rules) as response,
        ):
            async for piece in _pieces(response, max_bytes):
                body += piece
    except TimeoutError:
        raise FetchFailed("deadline", f"not complete after {deadline_s:g} s") from None
    mime_type = picture_type(bytes(body[:16]))
    if mime_type is None:
        raise FetchFailed("content", f"{redact_url(url)} is no PNG, JPEG or WebP picture")
    return bytes(body), mime_type


async def fetch_picture(
    client: httpx.AsyncClient,
    url: str,
    *,
    max_bytes: int,
    allow_private: bool = False,
    allow_hosts: Collection[str] = (),
) -> tuple[bytes, str]:
    """Bring a picture that a caller named, such as a reference image. Returns (bytes, MIME type).

    Raises BadInput, BadPicture or PayloadTooLarge with what is wrong with it.
    """
    rules = AddressRules(allow_private=allow_private, allow_hosts=allow_hosts)
    try:
        return await fetch_bytes(client, url, max_bytes=max_bytes, rules=rules)
    except FetchFailed as failure:
        raise failure.as_input_error() from None


def picture_type(head: bytes) -> str | None:
    """Return the MIME type that the first 16 bytes of a file show; None when it is no picture."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


async def _download_once(
    client: httpx.AsyncClient,
    url: str,
    destination: Path,
    max_bytes: int,
    kind: FileKind,
    rules: AddressRules,
) -> Fetched:
    part = part_beside(destination)
    check = _ContentCheck(kind, redact_url(url))
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        async with _opened(client, url, max_bytes, rules) as response:
            async with aiofiles.open(part, "xb") as file:
                async for piece in _pieces(response, max_bytes):
                    check.look_at(piece)
                    digest.update(piece)
                    size_bytes += len(piece)
                    await file.write(piece)
                check.finish(size_bytes)
                await file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            await asyncio.to_thread(put_in_place, part, destination)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(destination, size_bytes, digest.hexdigest())


@contextlib.asynccontextmanager
async def _opened(
    client: httpx.AsyncClient, url: str, max_bytes: int, rules: AddressRules
) -> AsyncIterator[httpx.Response]:
    """Send the GET, follow redirects, and hand out a 200 whose body has not been read."""
    try:
        target = httpx.URL(url)
        for _ in range(MAX_REDIRECTS + 1):
            response = await _send(client, target, rules)
            try:
                if response.status_code not in _REDIRECTS:
                    _check_head(response, target, max_bytes)
                    yield response
                    return
                target = target.join(response.headers.get("location", ""))
            finally:
                await response.aclose()
    except AddressNotAllowed as error:
        shown = redact_url(str(target))
        raise FetchFailed("address", f"{shown} may not be fetched: {error}") from None
    except (httpx.InvalidURL, UnicodeError) as error:  # UnicodeError: a host name of odd Punycode
        raise FetchFailed("address", f"the address cannot be read: {redact(str(error))}") from None
    except httpx.HTTPError as error:
        said = redact(str(error)) or type(error).__name__
        raise FetchFailed(
            "transport", f"{redact_url(str(target))} cannot be fetched: {said}"
        ) from None
    raise FetchFailed("status", f"more than {MAX_REDIRECTS} redirects")


async def _send(client: httpx.AsyncClient, url: httpx.URL, rules: AddressRules) -> httpx.Response:
    try:
        addresses = await rules.addresses(url)
    except OSError:
        raise FetchFailed(
            "transport", f"{redact_url(str(url))}: the host cannot be found"
        ) from None
    # Compressed bodies could be far longer than their Content-Length.
    headers = {"Accept-Encoding": "identity"}
    if addresses is None:
        request = client.build_request("GET", url, headers=headers)
        return await client.send(request, stream=True, auth=None, follow_redirects=False)
    # A connection made for one host must not serve another one at the same address.
    headers |= {"Host": url.netloc.decode("ascii"), "Connection": "close"}
    host = host_name(url)
    failure: httpx.HTTPError | None = None
    for address in addresses:
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers=headers,
            # The certificate has to be the host's, although the address is called by number.
            extensions={} if address == host else {"sni_hostname": host},
        )
        try:
            return await client.send(request, stream=True, auth=None, follow_redirects=False)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
    assert failure is not None
    raise failure


def _check_head(response: httpx.Response, url: httpx.URL, max_bytes: int) -> None:
    if response.status_code != 200:
        raise FetchFailed(
            "status",
            f"{redact_url(str(url))} answered {response.status_code}",
            status=response.status_code,
            retry_after_s=retry_after_s(response.headers),
        )
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise FetchFailed(
            "too_large", f"it has {int(announced):,} bytes, allowed are {max_bytes:,}"
        )


async def _pieces(response: httpx.Response, max_bytes: int) -> AsyncIterator[bytes]:
    try:
        async for piece in body_pieces(response, max_bytes=max_bytes):
            yield piece
    except BodyTooLong:
        raise FetchFailed(
            "too_large", f"it is longer than the {max_bytes:,} bytes allowed"
        ) from None


class _ContentCheck:
    """Looks at a file while it comes, so that a web page is refused at its first bytes."""

    def __init__(self, kind: FileKind, shown: str) -> None:
        self._kind = kind
        self._shown = shown
        self._head = b""

    def look_at(self, chunk: bytes) -> None:
        if len(self._head) < 16:
            self._head += chunk[: 16 - len(self._head)]
            if len(self._head) == 16:
                self._check_head()

    def finish(self, size_bytes: int) -> None:
        self._check_head()
        if self._kind == "glb":
            _magic, _version, length = _GLB_HEAD.unpack_from(self._head)
            if length != size_bytes:
                raise self._failure(f"is a GLB of {length:,} bytes, but {size_bytes:,} came")

    def _check_head(self) -> None:
        if self._kind == "picture":
            if picture_type(self._head) is None:
                raise self._failure("is no PNG, JPEG or WebP picture")
            return
        if len(self._head) < _GLB_HEAD.size or self._head[:4] != b"glTF":
            raise self._failure(f"is no GLB: it starts with {self._head[:12]!r}")
        version = _GLB_HEAD.unpack_from(self._head)[1]
        if version != 2:
            raise self._failure(f"is a GLB of version {version}, wanted is 2")

    def _failure(self, what: str) -> FetchFailed:
        return FetchFailed("content", f"{self._shown} {what}")
