"""ReportService: what a model is like, and what may disappoint about it.

Looking at a model is work for a worker process; a report is kept as long as its file stays the
same, and one is made at a time, so that pipelines keep the other workers.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_forge.domain.findings import Expected
from asset_forge.domain.ids import parse_asset_id
from asset_forge.domain.quality import PROFILES, GenerationType, Quality
from asset_forge.domain.sizes import TALLEST_M, placement_of
from asset_forge.errors import BadGlb, BadInput, Conflict, NotFound, Refused, UnusableModel
from asset_forge.glb.jobs import report_on_model
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.atomic import storage_errors
from asset_forge.workers import WorkerPool

REPORT_TIMEOUT_S = 30.0
"""Limit for one report; 15,000 triangles take 0.1 s."""
MOST_KEPT = 256
_ATTEMPTS = 2
# A model that was brought to its size is held to it; another may differ from the usual.
_TOLERANCE_OF_PLACED, _TOLERANCE_OF_KIND = 1.5, 3.0


@dataclass(frozen=True)
class ModelFile:
    """A model of an asset: its path, its path below the asset's folder, what is expected of it."""

    path: Path
    name: str
    expected: Expected

    def state(self) -> tuple[str, int, int, Expected]:
        """Return what a report holds for. Raises NotFound when the file is gone."""
        with storage_errors("look at a model"):
            try:
                found = self.path.stat()
            except FileNotFoundError:
                raise NotFound("Model file not found", code="model_not_found") from None
        return str(self.path), found.st_size, found.st_mtime_ns, self.expected


class ReportService:
    """Reports on the models of assets. Ids come as callers sent them."""

    def __init__(self, *, store: AssetStore, workers: WorkerPool) -> None:
        self._store = store
        self._workers = workers
        self._kept: OrderedDict[tuple[Any, ...], dict[str, Any]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def report(self, asset_id: str, file: str | None = None) -> dict[str, Any]:
        """Describe the asset's model, or another GLB of its folder.

        Raises NotFound, BadInput when `file` is no GLB, UnusableModel, and Conflict when the file
        is replaced all the while.
        """
        model = await asyncio.to_thread(find_model_file, self._store, asset_id, file)
        state = await asyncio.to_thread(model.state)
        report = self._kept.get(state)
        if report is None:
            async with self._turn:
                report = await self._made(model)
        else:
            self._kept.move_to_end(state)
        return {"assetId": asset_id, "file": model.name, **report}

    async def _made(self, model: ModelFile) -> dict[str, Any]:
        for _ in range(_ATTEMPTS):
            state = await asyncio.to_thread(model.state)
            if state in self._kept:  # somebody else has asked for the same
                return self._kept[state]
            report = await self._look(model)
            # A report on half of one file and half of the next is none.
            if await asyncio.to_thread(model.state) == state:
                self._kept[state] = report
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
                return report
        raise Conflict(f"{model.name} is being replaced; ask again", code="asset_changed")

    async def _look(self, model: ModelFile) -> dict[str, Any]:
        try:
            return await self._workers.run(
                report_on_model,
                str(model.path),
                model.expected,
                timeout_s=REPORT_TIMEOUT_S,
                label=f"report on {model.name}",
            )
        except FileNotFoundError:
            raise NotFound("Model file not found", code="model_not_found") from None
        except (BadGlb, Refused) as error:
            raise UnusableModel(f"{model.name}: {error.message}") from None


def find_model_file(store: AssetStore, asset_id: str, file: str | None = None) -> ModelFile:
    """Return the file that stands for an asset, or another GLB of its folder by its path. Blocking.

    Raises NotFound, and BadInput when `file` is no GLB.
    """
    try:
        known = parse_asset_id(asset_id)
    except BadInput:
        raise NotFound(f"Asset {asset_id[:120]} not found", code="asset_not_found") from None
    folder = store.root.existing_folder(known)
    if file is None:
        path = store.model_path(known)
    elif file.lower().endswith(".glb"):
        path = store.root.file(known, file)
    else:
        raise BadInput("file has to name a GLB of the asset, such as t-pose.glb")
    metadata = _metadata(store, known)
    name = path.relative_to(store.root.path.resolve() / folder.name).as_posix()
    # What the maker delivered lies as the maker had it.
    is_raw = path.name.lower().endswith("_raw.glb")
    base = _metadata(store, str(metadata.get("parentBaseModel") or known))
    return ModelFile(path, name, _expected(metadata, base, is_placed=not is_raw))


def _metadata(store: AssetStore, asset_id: str) -> dict[str, Any]:
    """Return the metadata, or nothing when it cannot be read: a report can be made all the same."""
    try:
        return store.read_metadata(asset_id)
    except (NotFound, BadInput):
        return {}


def _expected(metadata: Mapping[str, Any], base: Mapping[str, Any], *, is_placed: bool) -> Expected:
    """Say what is expected of a model; a variant has its quality from its base."""
    quality = metadata.get("quality", base.get("quality"))
    budget = PROFILES[Quality(quality)].face_budget if quality in list(Quality) else None
    if not metadata or not is_placed:
        return Expected(budget)
    size_m = _recorded_size(metadata)
    avatar = base.get("generationType") == GenerationType.AVATAR
    placement = placement_of(
        type=str(metadata.get("type") or ""),
        subtype=str(metadata.get("subtype") or ""),
        name=str(metadata.get("displayName") or metadata.get("name") or ""),
        generation_type=GenerationType.AVATAR if avatar else None,
        height_m=size_m,
    )
    return Expected(
        budget, placement, _TOLERANCE_OF_KIND if size_m is None else _TOLERANCE_OF_PLACED
    )


def _recorded_size(metadata: Mapping[str, Any]) -> float | None:
    """Return the size that the model was brought to, or a character's height, in metres."""
    placed = metadata.get("normalization")
    of_placed = placed.get("size") if isinstance(placed, dict) else None
    for size in (of_placed, metadata.get("characterHeight")):
        if isinstance(size, int | float) and not isinstance(size, bool) and 0 < size < TALLEST_M:
            return float(size)
    return None
