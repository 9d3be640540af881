"""Takes out of a text what must not reach an error or a log: keys, pictures, signed addresses.

Every word that an outside maker says passes through here before anyone reads it.
"""

import re
from collections.abc import Iterable

LONGEST_TEXT = 400

# OpenAI answers a wrong key with part of it, masked: "Incorrect API key provided: sk-ab***yz".
_KEY = re.compile(r"\b(sk|msy|rk|sess)[-_][A-Za-z0-9*_-]{4,}")
_CREDENTIALS = re.compile(
    r"\b(?:(bearer|client-id)\s+[\"']?[^\s\"',;]+|(basic)\s+[A-Za-z0-9+/=]{12,})", re.IGNORECASE
)
_DATA_URI = re.compile(r"data:([a-z0-9.+/-]{0,60})[^,\s\"']{0,60},[^\s\"'<>)]*", re.IGNORECASE)
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{120,}={0,2}")
_USER_INFO = re.compile(r"(https?://)[^\s/@\"']+@", re.IGNORECASE)
_URL_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


def redact(text: str, *, secrets: Iterable[str] = (), limit: int = LONGEST_TEXT) -> str:
    """Return `text` on one line without keys, data URIs and URL queries, at most `limit` long.

    `secrets` are values known to be secret, such as the configured key, whatever they look like.
    """
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "[key]")
    # Nothing beyond this can be shown, and the patterns need not walk through megabytes.
    text = text[: limit * 50]
    text = _DATA_URI.sub(r"data:\1,[…]", text)
    text = _CREDENTIALS.sub(r"\1\2 [key]", text)
    text = _KEY.sub("[key]", text)
    text = _USER_INFO.sub(r"\1", text)
    text = _URL_QUERY.sub(r"\1?[…]", text)
    text = _BASE64_RUN.sub("[…]", text)
    text = _BLANKS.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def redact_url(url: str) -> str:
    """Return an address without user, query and fragment, so that it can be shown."""
    return redact(url.split("?", 1)[0].split("#", 1)[0], limit=200)
