"""Reading what callers hand to a provider by value: data URIs of pictures and models.

A data URI is really decoded and a picture really opened, so a wrong one is refused as the true
providers refuse it.
"""

import binascii
import io
import ipaddress
from base64 import b64decode
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError


class BadDataUri(ValueError):
    """The text is no base64 data URI, or its content is not what it should be."""


def read_data_uri(uri: str) -> tuple[str, bytes]:
    """Split a base64 data URI into its lower-case mime type and its bytes."""
    head, comma, payload = uri.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise BadDataUri("this is no base64 data URI")
    mime_type = head.removeprefix("data:").removesuffix(";base64").split(";")[0].lower()
    try:
        return mime_type, b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadDataUri("the base64 is broken") from error


def read_picture_uri(uri: str, *, formats: tuple[str, ...] = ("PNG", "JPEG")) -> bytes:
    """Decode a picture; BadDataUri unless it opens, is whole, and is what its mime type says."""
    mime_type, content = read_data_uri(uri)
    check_picture(content, formats=formats, mime_type=mime_type)
    return content


def check_picture(content: bytes, *, formats: tuple[str, ...], mime_type: str | None) -> None:
    """Open a picture of one of Pillow's `formats`; BadDataUri when it is none."""
    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            found = image.format or ""
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadDataUri(f"the content is no {' or '.join(formats)} picture") from error
    said = {"image/jpg": "image/jpeg"}.get(mime_type or "", mime_type)
    if said is not None and said != f"image/{found.lower()}":
        raise BadDataUri(f"the content is {found}, not {mime_type}")


def is_private_host(host: str | None) -> bool:
    """Say whether a host cannot be reached from the internet (no name is looked up)."""
    if not host or host == "localhost" or host.endswith((".local", ".internal", ".localhost")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host


def url_host(url: str) -> str | None:
    """The host of an http or https URL, None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None
