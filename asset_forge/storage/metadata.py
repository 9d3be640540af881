"""Reading metadata.json, which people edit by hand: what cannot be used is said, never guessed."""

from pathlib import Path
from typing import Any

from asset_forge.domain.strict_json import parse_strict_json
from asset_forge.storage.opening import read_real
from asset_forge.storage.paths import METADATA_FILE


class MetadataUnreadable(ValueError):
    """A metadata.json that is missing, no JSON, or no object."""


def load_metadata(folder: Path) -> dict[str, Any]:
    """Read the metadata.json of an asset's folder. Raises MetadataUnreadable or OSError."""
    try:
        data = read_real(folder, METADATA_FILE)
    except FileNotFoundError:
        is_there = (folder / METADATA_FILE).is_symlink() or (folder / METADATA_FILE).exists()
        reason = "no plain file" if is_there else "missing"
        raise MetadataUnreadable(f"metadata.json is {reason}") from None
    except PermissionError as error:
        raise MetadataUnreadable(f"metadata.json: {error.strerror}") from None
    return parse_metadata(data)


def parse_metadata(data: bytes) -> dict[str, Any]:
    """Parse metadata. Raises MetadataUnreadable for all that could not be sent on as JSON."""
    try:
        value = parse_strict_json(data)
    except ValueError as error:
        raise MetadataUnreadable(f"metadata.json is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise MetadataUnreadable("metadata.json is no JSON object")
    return value


def listed_variants(metadata: dict[str, Any]) -> list[str]:
    """Return the ids in a base's `variants`, leaving out what is no text."""
    variants = metadata.get("variants")
    return [v for v in variants if isinstance(v, str)] if isinstance(variants, list) else []
