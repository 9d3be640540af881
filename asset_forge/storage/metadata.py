"""Reading metadata.json, which people edit by hand: what cannot be used is said, never guessed."""

import json
from pathlib import Path
from typing import Any, NoReturn

from asset_forge.storage.paths import METADATA_FILE


class MetadataUnreadable(ValueError):
    """A metadata.json that is missing, no JSON, or no object."""


def load_metadata(folder: Path) -> dict[str, Any]:
    """Read the metadata.json of an asset's folder. Raises MetadataUnreadable or OSError."""
    path = folder / METADATA_FILE
    if path.is_symlink():
        raise MetadataUnreadable("metadata.json is a symlink")
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise MetadataUnreadable("metadata.json is missing") from None
    except (IsADirectoryError, PermissionError) as error:
        raise MetadataUnreadable(f"metadata.json: {error.strerror}") from None
    return parse_metadata(data)


def parse_metadata(data: bytes) -> dict[str, Any]:
    """Parse metadata. Raises MetadataUnreadable for all that could not be sent on as JSON."""
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            # \ud800 parses into a lone surrogate, which no answer could carry.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MetadataUnreadable(f"metadata.json is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise MetadataUnreadable("metadata.json is no JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def listed_variants(metadata: dict[str, Any]) -> list[str]:
    """Return the ids in a base's `variants`, leaving out what is no text."""
    variants = metadata.get("variants")
    return [v for v in variants if isinstance(v, str)] if isinstance(variants, list) else []
