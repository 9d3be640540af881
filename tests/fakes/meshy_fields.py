"""Reading one field of a Meshy request after the other, refusing what Meshy refuses.

What was never read at the end is unknown to Meshy, which takes it and does nothing with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.data_uris import (
    BadDataUri,
    check_picture,
    is_private_host,
    read_data_uri,
    url_host,
)

JsonObject = dict[str, Any]
DATA_URI_MAX_BYTES = 10_000_000


class Refused(Exception):
    """A request that Meshy answers with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Note:
    """A field of an accepted request that had no effect, or that should have been sent."""

    kind: str
    field: str
    why: str


@dataclass
class Fields:
    """A request body being read. Null counts as absent."""

    kind: str
    body: JsonObject
    ignored: list[Note] = field(default_factory=list)
    forgotten: list[Note] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        return self.body.get(name) is not None

    def value(self, name: str) -> Any:
        self._read.add(name)
        return self.body.get(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise Refused(400, f"{name} must be a boolean")
        return value

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.value(name)
        if value is None:
            return default
        if value not in allowed:
            raise Refused(400, f"{name} must be one of [{', '.join(allowed)}]")
        return str(value)

    def integer(self, name: str, low: int, high: int) -> int | None:
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refused(400, f"{name} must be an integer")
        if not low <= value <= high:
            raise Refused(400, f"{name} must be between {low} and {high}")
        return value

    def text(self, name: str, max_characters: int = 600) -> str | None:
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Refused(400, f"{name} must be a string")
        if len(value) > max_characters:
            raise Refused(400, f"{name} must be at most {max_characters} characters")
        return value

    def choices(self, name: str, allowed: Sequence[str], default: Sequence[str]) -> list[str]:
        value = self.value(name)
        if value is None:
            return list(default)
        if not isinstance(value, list) or not value or any(v not in allowed for v in value):
            raise Refused(400, f"{name} must be an array with values of [{', '.join(allowed)}]")
        return [str(v) for v in value]

    def picture(self, name: str, formats: tuple[str, ...] = ("PNG", "JPEG")) -> str | None:
        value = self.value(name)
        if value is None:
            return None
        check_picture_source(name, value, formats)
        return str(value)

    def pictures(self, name: str, max_count: int = 4) -> list[str] | None:
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, list) or not 1 <= len(value) <= max_count:
            raise Refused(400, f"{name} must be an array of 1 to {max_count} images")
        for index, item in enumerate(value):
            check_picture_source(f"{name}[{index}]", item, ("PNG", "JPEG"))
        return value

    def ignore(self, why: str, *names: str) -> None:
        """Note the names that were sent although they do nothing."""
        for name in names:
            self._read.add(name)
            if self.has(name):
                self.ignored.append(Note(self.kind, name, why))

    def expect(self, name: str, why: str) -> None:
        """Note a name that was not sent although it should be."""
        if not self.has(name):
            self.forgotten.append(Note(self.kind, name, why))

    def close(self) -> None:
        """Note everything that no rule has read."""
        self.ignore("unknown field", *(name for name in self.body if name not in self._read))


def check_picture_source(name: str, source: Any, formats: tuple[str, ...]) -> None:
    """Refuse what is neither a public URL nor a data URI of a true picture."""
    content = _content_of(name, source)
    if content is None:
        return
    mime_type, data = content
    try:
        check_picture(data, formats=formats, mime_type=mime_type)
    except BadDataUri as error:
        raise Refused(400, f"{name}: {error}") from error


def read_model_source(name: str, source: Any) -> bytes | None:
    """Refuse what is neither a public URL nor a data URI of a GLB; None for a URL."""
    content = _content_of(name, source)
    if content is None:
        return None
    mime_type, data = content
    if mime_type != "application/octet-stream":
        raise Refused(400, f"{name} must be data:application/octet-stream;base64")
    if not data.startswith(b"glTF"):
        raise Refused(400, f"{name} is not a supported 3D file (the fake reads GLB only)")
    return data


def _content_of(name: str, source: Any) -> tuple[str, bytes] | None:
    if not isinstance(source, str) or not source:
        raise Refused(400, f"{name} must be a URL or a data URI")
    if not source.startswith("data:"):
        host = url_host(source)
        if host is None or is_private_host(host):
            raise Refused(400, f"{name}: {source[:80]} cannot be downloaded")
        return None
    if len(source) * 3 // 4 > DATA_URI_MAX_BYTES + 100:
        raise Refused(413, "Request Entity Too Large")
    try:
        return read_data_uri(source)
    except BadDataUri as error:
        raise Refused(400, f"{name}: {error}") from error
