"""How the service logs: one format for all, no secret in any line, and no line that stops work."""

import asyncio
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from asset_forge.logs import Redaction, configure_logging

SECRETS = ('sk-live-"quoted"\\back', "tökén-密码", "msy_plain_0123456789", "Bearer's own & more=1")
Say = Callable[[], None]


@pytest.fixture
def untouched() -> Iterator[None]:
    """Put the logging of the tests back afterwards."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "uvicorn")}
    yield
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level
    for name, value in levels.items():
        logging.getLogger(name).setLevel(value)
    logging.captureWarnings(False)


def written(capfd: pytest.CaptureFixture[str], say: Say, *, as_json: bool = True) -> str:
    """What comes out on standard error when something is said."""
    configure_logging("debug", as_json=as_json, secrets=SECRETS)
    say()
    return capfd.readouterr().err


def log() -> Any:
    return structlog.get_logger()


@pytest.mark.usefixtures("untouched")
def test_event_is_one_json_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    text = written(capfd, lambda: log().info("thing_done", asset_id="schön\nzwei", count=2))
    (line,) = text.splitlines()
    event = json.loads(line)
    assert (event["event"], event["asset_id"], event["count"]) == ("thing_done", "schön\nzwei", 2)
    assert event["level"] == "info"
    assert event["timestamp"].endswith("Z")


class Odd:
    """Something whose `repr` tells a secret."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"<Odd {self.secret!r}>"


def fail(error: BaseException) -> None:
    raise error


def log_failure(secret: str) -> None:
    try:
        fail(ValueError(f"refused: {secret}"))
    except ValueError:
        log().exception("thing_failed")


ATTACKS: dict[str, Callable[[str], None]] = {
    "value": lambda secret: log().info("e", header=secret),
    "event": lambda secret: log().info(f"sent {secret}"),
    "key": lambda secret: log().info("e", **{secret: 1}),
    "within a text": lambda secret: log().info("e", text=f"a{secret}b{secret}c"),
    "deep": lambda secret: log().info("e", data={"a": [{"b": (secret, {secret: secret})}]}),
    "set": lambda secret: log().info("e", data={secret}),
    "bytes": lambda secret: log().info("e", data=secret.encode()),
    "object": lambda secret: log().info("e", data=Odd(secret)),
    "error": lambda secret: log().info("e", error=ValueError(secret)),
    "traceback": log_failure,
    "json in a text": lambda secret: log().info("e", body=json.dumps({"key": secret})),
    "repr in a text": lambda secret: log().info("e", body=repr({"key": secret})),
    "bound": lambda secret: log().bind(key=secret).info("e"),
    "library": lambda secret: logging.getLogger("some.package").error("header %s", secret),
    "warning": lambda secret: warnings.warn(f"odd key {secret}", UserWarning, stacklevel=1),
    "path": lambda secret: log().info("e", path=Path("/keys") / secret.replace("/", "")),
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_secret_appears_in_no_line_however_it_came_there(
    attack: str, secret: str, as_json: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    text = written(capfd, lambda: ATTACKS[attack](secret), as_json=as_json)
    assert "[secret]" in text
    for form in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], repr(secret.encode())[2:-1]):
        assert form not in text
    if as_json:
        (line,) = text.splitlines()
        assert form not in str(json.loads(line))


@pytest.mark.usefixtures("untouched")
def test_secret_in_a_url_is_hidden_encoded_too(capfd: pytest.CaptureFixture[str]) -> None:
    text = written(capfd, lambda: log().info("e", path="/x/t%C3%B6k%C3%A9n-%E5%AF%86%E7%A0%81/y"))
    assert json.loads(text)["path"] == "/x/[secret]/y"


def test_number_that_is_a_secret_is_hidden_and_others_stay_numbers() -> None:
    clean = Redaction(["123456"])
    event = clean(None, "", {"a": 123456, "b": 12345, "c": 0.5, "d": True, "e": None})
    assert event == {"a": "[secret]", "b": 12345, "c": 0.5, "d": True, "e": None}


def test_longer_secret_is_hidden_whole_when_another_is_part_of_it() -> None:
    event = Redaction(["abcd", "abcdefgh"])(None, "", {"a": "abcdefgh"})
    assert event == {"a": "[secret]"}


@pytest.mark.parametrize("secrets", [(), ("",), ("abc",)])
def test_without_a_usable_secret_nothing_is_changed(secrets: tuple[str, ...]) -> None:
    assert Redaction(secrets)(None, "", {"event": "abc abc"}) == {"event": "abc abc"}


def test_signed_addresses_users_and_pictures_are_cut() -> None:
    event = Redaction([])(
        None,
        "",
        {
            "url": "see https://cdn.example/a.glb?Signature=abc&Expires=1 there",
            "user": "http://me:pw@host.example/v1",
            "picture": "data:image/png;base64,iVBORw0KGgo=",
        },
    )
    assert event["url"] == "see https://cdn.example/a.glb?[…] there"
    assert event["user"] == "http://host.example/v1"
    assert event["picture"] == "data:image/png;base64,[…]"


@pytest.mark.usefixtures("untouched")
def test_libraries_and_warnings_are_told_in_the_same_format(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def say() -> None:
        logging.getLogger("uvicorn.error").error("broken %d\nin two lines", 3)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("an old thing", DeprecationWarning, stacklevel=1)

    first, second = map(json.loads, written(capfd, say).splitlines())
    assert first["event"] == second["event"] == "library_message"
    assert (first["logger"], first["level"]) == ("uvicorn.error", "error")
    assert first["message"] == "broken 3\nin two lines"
    assert second["logger"] == "py.warnings"
    assert "an old thing" in second["message"]


@pytest.mark.usefixtures("untouched")
def test_request_that_was_cut_off_is_no_fault(capfd: pytest.CaptureFixture[str]) -> None:
    def say() -> None:
        try:
            fail(asyncio.CancelledError())
        except asyncio.CancelledError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI")

    assert written(capfd, say) == ""


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "error", [BrokenPipeError(), OSError(28, "No space left"), ValueError("I/O on closed file")]
)
def test_line_that_cannot_be_written_stops_nobody(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def isatty(self) -> bool:
            return False

        def write(self, _: str) -> None:
            raise error

        def flush(self) -> None:
            raise error

    monkeypatch.setattr(sys, "stderr", Broken())
    configure_logging("info", as_json=True)
    log().info("thing_done")
    logging.getLogger("some.package").error("a thing")


@pytest.mark.usefixtures("untouched")
def test_level_decides_what_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning", as_json=True)
    log().info("thing_done")
    logging.getLogger("some.package").info("a thing")
    logging.getLogger("httpx").warning("a thing of weight")
    (line,) = capfd.readouterr().err.splitlines()
    assert json.loads(line)["logger"] == "httpx"
