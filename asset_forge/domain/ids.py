"""Ids of assets and pipelines: what they may look like and how they are made."""

import re
import secrets
import unicodedata
from typing import NewType

from asset_forge.errors import BadInput

AssetId = NewType("AssetId", str)
PipelineId = NewType("PipelineId", str)

MAX_ASSET_ID_BYTES = 100
# No text of more characters comes to so few bytes in NFC, and to bring one of megabytes there can
# take minutes: marks are sorted, which takes the square of their number.
_MOST_CHARACTERS = 4 * MAX_ASSET_ID_BYTES
_PUNCTUATION = frozenset("-_.'()&+,!")
# Windows opens a device when a file has one of these names, with or without an extension.
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def _may_stand_in_id(character: str) -> bool:
    # Marks (M) belong to the letters of many scripts, such as Devanagari vowel signs.
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "LNM"


def parse_asset_id(text: str) -> AssetId:
    """Check an asset id and bring it to NFC.

    Allowed are 1 to 100 bytes of UTF-8: letters and digits of any script and - _ . ' ( ) & + , !
    Raises BadInput with the rule that was broken.
    """
    try:
        is_long = len(text) > _MOST_CHARACTERS
        candidate = text if is_long else unicodedata.normalize("NFC", text)
        size_bytes = len(candidate.encode())
    except UnicodeEncodeError:
        raise BadInput(f"Asset id {text!r} is not valid Unicode", code="bad_asset_id") from None
    reason = _what_is_wrong(candidate, size_bytes)
    if reason:
        raise BadInput(f"Asset id {text[:120]!r} {reason}", code="bad_asset_id")
    return AssetId(candidate)


def _what_is_wrong(candidate: str, size_bytes: int) -> str | None:
    if not candidate:
        return "is empty"
    if size_bytes > MAX_ASSET_ID_BYTES:
        return f"is longer than {MAX_ASSET_ID_BYTES} bytes"
    for character in candidate:
        if not _may_stand_in_id(character):
            return f"must not contain {character!r}; use letters, digits and - _ . ' ( ) & + , !"
    if candidate[0] in ".-":
        return f"must not start with {candidate[0]!r}"
    if unicodedata.category(candidate[0])[0] == "M":
        return "must not start with a combining mark"
    if candidate[-1] == ".":
        return "must not end with '.'"
    if ".." in candidate:
        return "must not contain '..'"
    if _WINDOWS_DEVICE.fullmatch(candidate):
        return "is a device name on Windows"
    return None


def caseless(name: str) -> str:
    """Fold a name as disks do that ignore case (Unicode, "canonical caseless matching")."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def asset_id_from_name(name: str) -> AssetId:
    """Make an asset id from free text: "Knight's Sword" becomes knight's-sword.

    Raises BadInput when nothing usable is left.
    """
    text = unicodedata.normalize("NFC", name[:_MOST_CHARACTERS]).lower()
    text = "".join("-" if c.isspace() or not _may_stand_in_id(c) else c for c in text)
    text = re.sub(r"\.{2,}", ".", re.sub(r"-{2,}", "-", text)).strip("-.")
    while text and unicodedata.category(text[0])[0] == "M":
        text = text[1:].lstrip("-.")
    while len(text.encode()) > MAX_ASSET_ID_BYTES:
        text = text[:-1].rstrip("-.")
    if not text:
        raise BadInput(
            f"No asset id can be made from the name {name[:120]!r}; give one as assetId",
            code="bad_asset_id",
        )
    return parse_asset_id(text)


def variant_id_for(base_id: AssetId, preset_id: str) -> AssetId:
    """Return the default id of a variant: the base without "-base", a dash, the preset.

    Raises BadInput when that is no id, such as when it is too long.
    """
    return parse_asset_id(f"{base_id.removesuffix('-base')}-{preset_id}")


def new_pipeline_id(now_ms: int) -> PipelineId:
    """Return pipeline-<milliseconds>-<9 characters of base 36>."""
    tail = "".join(secrets.choice(_BASE36) for _ in range(9))
    return PipelineId(f"pipeline-{now_ms}-{tail}")
