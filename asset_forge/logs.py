"""How the service logs: events as snake_case verbs with data as keys, through structlog.

Everything goes to standard error in one format, what libraries and Python's warnings say too. What
must not be shown is taken out last, whoever has put it in.
"""

import asyncio
import contextlib
import json
import logging
import re
import sys
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
SHORTEST_SECRET = 4
"""A shorter one is found by trying, and would blank out half of every line."""
_HIDDEN = "[secret]"
_URL_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)\?[^\s\"'<>]+", re.IGNORECASE)
_USER_INFO = re.compile(r"(https?://)[^\s/@\"']+@", re.IGNORECASE)
_DATA_URI = re.compile(r"(data:[a-z0-9.+/-]{1,60};base64),[A-Za-z0-9+/=_-]+", re.IGNORECASE)


def configure_logging(level: str, *, as_json: bool, secrets: Iterable[str] = ()) -> None:
    """Send logs to standard error: one JSON object a line, or readable text.

    `secrets` are values that never appear in a line, such as the keys of providers.
    """
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # As text, so that secrets are taken out of tracebacks too; without values of locals.
            structlog.processors.format_exc_info,
            Redaction(secrets),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=_Output(sys.stderr)),  # type: ignore[arg-type]  # only written to
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=_LEVELS[level], handlers=[_FromLibraries()], force=True)
    logging.captureWarnings(True)
    # httpx names every URL at INFO, and those of providers are signed.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    if level != "debug":
        # uvicorn tells each step of its start and end, for each of the two servers.
        logging.getLogger("uvicorn").setLevel(logging.WARNING)


class Redaction:
    """A processor that takes secrets, the queries of URLs and pictures out of an event.

    A secret is found as it is, and as JSON, `repr` and URLs write it.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= SHORTEST_SECRET:
                forms |= _forms_of(secret)
        # The longest first: one may be part of another.
        found = sorted((form for form in forms if form), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {self._text(key): self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            shown = self._text(str(value))
            return value if shown == str(value) else shown
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(item) for item in value]
        return self._text(repr(value))

    def _text(self, text: str) -> str:
        if self._secrets is not None:
            text = self._secrets.sub(_HIDDEN, text)
        if "://" in text:
            text = _URL_QUERY.sub(r"\1?[…]", _USER_INFO.sub(r"\1", text))
        if "base64," in text:
            text = _DATA_URI.sub(r"\1,[…]", text)
        return text


def _forms_of(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(secret.encode())[2:-1],
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
    }


class _FromLibraries(logging.Handler):
    """Passes on what libraries log through Python's own logging."""

    def __init__(self) -> None:
        super().__init__()
        self._log = structlog.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
            return  # an answer that was cut off because the service stops: told by who did it
        with contextlib.suppress(Exception):  # as logging itself does
            self._log.log(
                record.levelno,
                "library_message",
                logger=record.name,
                message=record.getMessage().strip(),
                **({"exc_info": record.exc_info} if record.exc_info else {}),
            )


class _Output:
    """A stream that never stops anybody's work: a line that cannot be written is lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()
