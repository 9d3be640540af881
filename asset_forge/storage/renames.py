"""What changes when an asset gets an id or another one: names of files, whatever refers to it."""

import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from asset_forge.errors import Conflict

_PATH_KEYS = ("Path", "Url", "File")


def renamed_files(folder: Path, old_id: str, new_id: str) -> dict[str, str]:
    """Map the GLBs in a folder that carry the asset's id to their new names.

    `<id>.glb`, `<id>_rigged.glb` and `<id>-lod1.glb` carry it; a longer word does not. A new name
    may be the old one of another. Raises Conflict when one is taken by a file that stays.
    """
    present = {path.name for path in folder.iterdir()}
    moves = {}
    for name in sorted(present):
        tail = unicodedata.normalize("NFC", name).removeprefix(old_id)
        carries_id = unicodedata.normalize("NFC", name) == old_id + tail
        if carries_id and name.lower().endswith(".glb") and tail.startswith((".", "_", "-")):
            moves[name] = new_id + tail
    for new_name in moves.values():
        if new_name in present and new_name not in moves:
            raise Conflict(
                f"Asset {old_id} has a file {new_name} that is in the way of the new name",
                code="name_taken",
            )
    return {old: new for old, new in moves.items() if old != new}


def rename_in_metadata(
    metadata: dict[str, Any],
    *,
    old_id: str,
    new_id: str,
    files: Mapping[str, str],
    root_name: str,
) -> None:
    """Give an asset's own metadata its new id and the new names of its files."""
    metadata["name"] = new_id
    metadata["gameId"] = new_id
    for key in ("id", "assetId"):
        if metadata.get(key) == old_id:
            metadata[key] = new_id
    rename = _PathRename(old_id, new_id, files, root_name)
    for key, value in metadata.items():
        if key.endswith(_PATH_KEYS) or key == "animations":
            metadata[key] = rename.inside(value)


def list_in_base(metadata: dict[str, Any], variant_id: str, now: str) -> None:
    """Let a base list a variant, once."""
    variants = metadata.get("variants")
    variants = list(variants) if isinstance(variants, list) else []
    if variant_id not in variants:
        variants.append(variant_id)
    metadata["variants"] = variants
    metadata["variantCount"] = len(variants)
    metadata["lastVariantGenerated"] = variant_id
    metadata["updatedAt"] = now


def rename_in_base(metadata: dict[str, Any], old_id: str, new_id: str) -> None:
    """Let a base list a variant under its new id."""
    variants = metadata.get("variants")
    if isinstance(variants, list):
        metadata["variants"] = [new_id if v == old_id else v for v in variants]
    if metadata.get("lastVariantGenerated") == old_id:
        metadata["lastVariantGenerated"] = new_id


def forget_in_base(metadata: dict[str, Any], gone: Collection[str]) -> None:
    """Let a base forget variants that are deleted."""
    variants = metadata.get("variants")
    kept = [v for v in variants if v not in gone] if isinstance(variants, list) else []
    metadata["variants"] = kept
    metadata["variantCount"] = len(kept)
    if metadata.get("lastVariantGenerated") in gone:
        metadata["lastVariantGenerated"] = kept[-1] if kept else None


class _PathRename:
    """Rewrites paths and URLs on this service; addresses elsewhere stay."""

    def __init__(self, old_id: str, new_id: str, files: Mapping[str, str], root_name: str) -> None:
        self._old_id = old_id
        self._new_id = new_id
        self._files = files
        # Below these names the next one is an asset's id.
        self._parents = {"assets", root_name, "gdd-assets"}

    def inside(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.inside(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.inside(each) for each in value]
        if isinstance(value, str) and "://" not in value and not value.startswith("data:"):
            return self._path(value)
        return value

    def _path(self, path: str) -> str:
        parts = path.split("/")
        for number, part in enumerate(parts):
            before = parts[number - 1] if number else ""
            if before in self._parents and unquote(part) == self._old_id:
                parts[number] = self._new_id if part == self._old_id else quote(self._new_id)
        parts[-1] = self._files.get(parts[-1], parts[-1])
        return "/".join(parts)
