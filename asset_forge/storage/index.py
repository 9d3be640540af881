"""The list behind GET /api/assets: one look at every folder, parsing only what has changed.

Blocking: call it in a thread. Nothing is written here.
"""

import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from asset_forge.domain.ids import AssetId, parse_asset_id
from asset_forge.domain.metadata import CONCEPT_ART, THUMBNAIL
from asset_forge.domain.urls import asset_file_url, model_url, thumbnail_url
from asset_forge.errors import BadInput, NotFound
from asset_forge.storage.atomic import storage_errors
from asset_forge.storage.metadata import MetadataUnreadable, load_metadata
from asset_forge.storage.models import find_model, is_file_below
from asset_forge.storage.paths import METADATA_FILE, AssetRoot

StatKey = tuple[int, int, int, int]
# Two writes within one tick of the file system's clock can leave the same key behind, so a file
# is only taken as unchanged when it was this old when it was read.
_SETTLED_NS = 2_000_000_000
# A clock that jumps can bring the same time, and with it the same key, a second time. Then nothing
# is taken as unchanged any more. Slewing moves the monotonic clock along, so it does not count.
_JUMP_NS = 500_000_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AssetEntry:
    """An asset as the list shows it. `metadata` is shared with the index: read it only."""

    id: AssetId
    metadata: dict[str, Any]
    model_file: str | None
    """Path of the model below the asset's folder."""
    has_concept_art: bool
    has_thumbnail: bool = False

    @property
    def generated_at(self) -> datetime | None:
        """When the asset was made, or None when metadata says nothing usable."""
        return _as_time(self.metadata.get("generatedAt"))

    def to_json(self) -> dict[str, Any]:
        """Return one element of the list; `modelFile` and `generatedAt` only when there are any."""
        element: dict[str, Any] = {
            "id": self.id,
            "name": _text(self.metadata, "name", self.id),
            "description": _text(self.metadata, "description", ""),
            "type": _text(self.metadata, "type", "unknown"),
            "subtype": _text(self.metadata, "subtype", ""),
            "metadata": self.metadata,
            "hasModel": self.model_file is not None,
            "modelUrl": model_url(self.id) if self.model_file else None,
            "conceptArtUrl": (
                asset_file_url(self.id, CONCEPT_ART) if self.has_concept_art else None
            ),
            "hasThumbnail": self.has_thumbnail,
            # A model without one gets it when it is first asked for.
            "thumbnailUrl": (
                thumbnail_url(self.id) if self.has_thumbnail or self.model_file else None
            ),
        }
        if self.model_file is not None:
            element["modelFile"] = self.model_file
        if _text(self.metadata, "generatedAt", ""):
            element["generatedAt"] = self.metadata["generatedAt"]
        return element


@dataclass(frozen=True)
class _Parsed:
    key: StatKey
    settled: bool
    metadata: dict[str, Any]


class AssetIndex:
    """Knows the assets below a root. Threads may share it."""

    def __init__(self, root: AssetRoot) -> None:
        self._root = root
        self._guard = threading.Lock()
        self._parsed: dict[str, _Parsed] = {}
        self._warned: dict[str, str] = {}
        self._clock_offset_ns = _clock_offset_ns()

    def list(self) -> list[AssetEntry]:
        """Return all assets, newest `generatedAt` first, those without one last, by id.

        What is no asset is left out: dot names, files, folders whose name is no id or whose
        metadata cannot be read; the latter two with one warning each time their state changes.
        Raises StorageUnavailable when the root is missing.
        """
        self._root.require()
        with storage_errors("list the assets"), self._guard:
            self._forget_after_a_jump()
            names = sorted(_visible_folders(self._root.path))
            found = [entry for name in names if (entry := self._look(name)) is not None]
            for known in (self._parsed, self._warned):
                for gone in known.keys() - set(names):
                    del known[gone]
        return sorted(found, key=_newest_first)

    def entry(self, asset_id: str) -> AssetEntry:
        """Return one asset. Raises BadInput, StorageUnavailable, or NotFound."""
        folder = self._root.existing_folder(asset_id)
        with storage_errors("read the asset"), self._guard:
            self._forget_after_a_jump()
            entry = self._look(folder.name)
        if entry is None:
            raise NotFound(f"Asset {asset_id} not found", code="asset_not_found")
        return entry

    def _forget_after_a_jump(self) -> None:
        offset_ns = _clock_offset_ns()
        if abs(offset_ns - self._clock_offset_ns) > _JUMP_NS:
            self._clock_offset_ns = offset_ns
            self._parsed.clear()

    def _look(self, name: str) -> AssetEntry | None:
        folder = self._root.path / name
        try:
            asset_id = parse_asset_id(name)
            metadata = self._metadata(folder)
            model = find_model(folder, asset_id, metadata)
            has_concept_art = is_file_below(folder, CONCEPT_ART)
            has_thumbnail = is_file_below(folder, THUMBNAIL)
        except (MetadataUnreadable, BadInput) as error:
            self._warn_once(name, str(error))
            return None
        except (FileNotFoundError, NotADirectoryError):
            return None  # deleted or renamed while we were looking
        self._warned.pop(name, None)
        model_file = None
        if model is not None:
            base = folder if model.is_relative_to(folder) else folder.resolve()
            model_file = model.relative_to(base).as_posix()
        return AssetEntry(
            id=asset_id,
            metadata=metadata,
            model_file=model_file,
            has_concept_art=has_concept_art,
            has_thumbnail=has_thumbnail,
        )

    def _metadata(self, folder: Path) -> dict[str, Any]:
        now_ns = time.time_ns()
        try:
            key, newest_ns = _stat_key(folder / METADATA_FILE)
        except (FileNotFoundError, NotADirectoryError):
            if not folder.is_dir():
                raise
            raise MetadataUnreadable("metadata.json is missing") from None
        known = self._parsed.get(folder.name)
        if known is not None and known.settled and known.key == key:
            return known.metadata
        metadata = load_metadata(folder)
        settled = now_ns - newest_ns > _SETTLED_NS
        self._parsed[folder.name] = _Parsed(key, settled, metadata)
        return metadata

    def _warn_once(self, name: str, reason: str) -> None:
        if self._warned.get(name) != reason:
            self._warned[name] = reason
            _log.warning("asset_left_out", folder=name, reason=reason)


def _clock_offset_ns() -> int:
    return time.time_ns() - time.monotonic_ns()


def _visible_folders(root: Path) -> list[str]:
    with os.scandir(root) as entries:
        return [
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
        ]


def _stat_key(path: Path) -> tuple[StatKey, int]:
    """Return what changes when a file does, and its latest time in nanoseconds."""
    found = path.lstat()
    key = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
    return key, max(found.st_mtime_ns, found.st_ctime_ns)


def _text(metadata: dict[str, Any], key: str, default: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) and value else default


def _as_time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _newest_first(entry: AssetEntry) -> tuple[bool, float, str]:
    moment = entry.generated_at
    return (moment is None, -_seconds(moment) if moment else 0.0, entry.id)


def _seconds(moment: datetime) -> float:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
