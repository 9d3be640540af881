"""Takes out of a text what must not reach an error or a log: keys, pictures, signed addresses.

Every word that an outside maker says passes through here before anyone reads it.
"""

import base64
import re
import string
from collections.abc import Iterable
from functools import lru_cache

LONGEST_TEXT = 400
SHORTEST_PART = 8
"""This many characters of a secret in a row are taken out as well."""

# OpenAI answers a wrong key with part of it, masked: "Incorrect API key provided: sk-ab***yz".
_KEY = re.compile(r"\b(sk|msy|rk|sess)[-_][A-Za-z0-9*_-]{4,}")
_CREDENTIALS = re.compile(
    r"\b(?:(bearer|client-id)\s+[\"']?[^\s\"',;]+|(basic)\s+[A-Za-z0-9+/=]{12,})", re.IGNORECASE
)
_NAMED_SECRET = re.compile(
    r"\b((?:x-)?api[-_ ]?key|access[-_]token|token|secret|password|signature)"
    r"([\"']?\s*[:=]\s*[\"']?)[^\s\"',;&<>]{4,}",
    re.IGNORECASE,
)
_DATA_URI = re.compile(r"data:([a-z0-9.+/-]{0,60})[^,\s\"']{0,60},[^\s\"'<>)]*", re.IGNORECASE)
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{120,}={0,2}")
_USER_INFO = re.compile(r"(https?://)[^\s/@\"']+@", re.IGNORECASE)
_URL_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*", re.IGNORECASE)
# Letter by letter: str.casefold makes two of some, and places in the text would shift.
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


def redact(text: str, *, secrets: Iterable[str] = (), limit: int = LONGEST_TEXT) -> str:
    """Return `text` on one line without keys, data URIs and URL queries, at most `limit` long.

    `secrets` are values known to be secret, such as the configured key, whatever they look like;
    parts of them go too, and what base64 makes of them.
    """
    # Nothing beyond this can be shown, and the patterns need not walk through megabytes.
    text = without_secrets(text[: limit * 50], secrets)
    text = _DATA_URI.sub(r"data:\1,[…]", text)
    text = _CREDENTIALS.sub(r"\1\2 [key]", text)
    text = _KEY.sub("[key]", text)
    text = _NAMED_SECRET.sub(r"\1\2[key]", text)
    text = _USER_INFO.sub(r"\1", text)
    text = _URL_QUERY.sub(r"\1?[…]", text)
    text = _BASE64_RUN.sub("[…]", text)
    text = _BLANKS.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def redact_url(url: str) -> str:
    """Return an address without user, query and fragment, so that it can be shown."""
    return redact(url.split("?", 1)[0].split("#", 1)[0], limit=200)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without values known to be secret, and as it is otherwise."""
    for secret in secrets:
        text = _without(text, secret)
    return text


def _without(text: str, secret: str) -> str:
    """Take out a secret, its longer parts and its base64, in capitals or not."""
    if len(secret) < SHORTEST_PART:
        return text.replace(secret, "[key]") if len(secret) >= 4 else text
    parts = _parts_of(secret)
    folded = text.translate(_SMALL)
    kept: list[str] = []
    shown_until = 0
    for start in range(len(text) - SHORTEST_PART + 1):
        if folded[start : start + SHORTEST_PART] in parts:
            if start > shown_until or not kept:
                kept += [text[shown_until:start], "[key]"]
            shown_until = max(shown_until, start + SHORTEST_PART)
    return "".join([*kept, text[shown_until:]])


@lru_cache(maxsize=16)
def _parts_of(secret: str) -> frozenset[str]:
    """Return all pieces of SHORTEST_PART characters of a secret and of its base64."""
    forms = {secret.translate(_SMALL)}
    raw = secret.encode()
    for before in range(3):
        # A key may stand anywhere in what was encoded; the first and last letters depend on that.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(bytes(before) + raw).decode().rstrip("=")
            forms.add(encoded[4 if before else 0 : -2].translate(_SMALL))
    return frozenset(
        form[start : start + SHORTEST_PART]
        for form in forms
        for start in range(len(form) - SHORTEST_PART + 1)
    )
