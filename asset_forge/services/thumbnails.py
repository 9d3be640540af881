"""The small picture of each asset: drawn before a model is published, or when first asked for."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

import structlog

from asset_forge.domain.ids import AssetId, parse_asset_id
from asset_forge.domain.metadata import THUMBNAIL
from asset_forge.errors import BadInput, Conflict, ForgeError, NotFound
from asset_forge.glb.jobs import render_thumbnail_file
from asset_forge.storage.assets import AssetStore
from asset_forge.workers import WorkerPool

THUMBNAIL_PX = 256
THUMBNAIL_TIMEOUT_S = 60.0
# Models that cannot be drawn are not tried again; of more than these some are.
_MOST_FAILURES = 10_000

log = structlog.get_logger()

# A file as it was: its time and size, and which one it is.
Stamp = tuple[int, int, int]


async def draw_thumbnail(
    workers: WorkerPool, asset_id: str, model: Path, folder: Path
) -> dict[str, Any]:
    """Draw `thumbnail.png` into a folder that is about to be published.

    Nothing is lost for want of it: returned is what metadata shall say, which is nothing unless it
    could not be drawn.
    """
    try:
        await _draw(workers, asset_id, model, folder / THUMBNAIL)
    except (ForgeError, RuntimeError, ValueError, ArithmeticError, LookupError) as error:
        (folder / THUMBNAIL).unlink(missing_ok=True)
        log.warning("thumbnail_not_drawn", asset_id=asset_id, error=str(error))
        return {"thumbnailError": str(error)}
    return {}


class ThumbnailService:
    """Finds the thumbnail of an asset, and draws it once for those made before there were any."""

    def __init__(self, *, store: AssetStore, workers: WorkerPool) -> None:
        self._store = store
        self._workers = workers
        self._drawing: dict[AssetId, asyncio.Lock] = {}
        self._failed: dict[AssetId, Stamp] = {}

    async def file(self, asset_id: str) -> Path:
        """Return the thumbnail's file. Raises NotFound when there is none and none can be drawn."""
        try:
            known = parse_asset_id(asset_id)
            if found := await asyncio.to_thread(self._find, known):
                return found
            lock = self._drawing.setdefault(known, asyncio.Lock())
            try:
                async with lock:
                    return await asyncio.to_thread(self._find, known) or await self._make(known)
            finally:
                if not lock.locked():
                    self._drawing.pop(known, None)
        except (BadInput, NotFound) as error:
            if error.error_code in ("asset_not_found", "thumbnail_not_found"):
                raise
            raise _no_thumbnail(asset_id) from None

    def _find(self, asset_id: AssetId) -> Path | None:
        try:
            return self._store.root.file(asset_id, THUMBNAIL)
        except NotFound as error:
            if error.error_code == "asset_not_found":
                raise
            return None

    async def _make(self, asset_id: AssetId) -> Path:
        model = await asyncio.to_thread(self._store.model_path, asset_id)
        stamp = _stamp(model)
        if self._failed.get(asset_id) == stamp:
            raise _no_thumbnail(asset_id)
        with tempfile.TemporaryDirectory(prefix="asset-forge-") as folder:
            if await draw_thumbnail(self._workers, asset_id, model, Path(folder)):
                if len(self._failed) < _MOST_FAILURES:
                    self._failed[asset_id] = stamp
                raise _no_thumbnail(asset_id)
            data = await asyncio.to_thread((Path(folder) / THUMBNAIL).read_bytes)

        def check(_: Path) -> None:
            # A pipeline may have published another mesh meanwhile, with a thumbnail of its own.
            if _stamp(self._store.model_path(asset_id)) != stamp:
                raise Conflict(f"The model of {asset_id} has just been replaced")

        with contextlib.suppress(Conflict):
            await asyncio.to_thread(self._store.put_file, asset_id, THUMBNAIL, data, check=check)
        return await asyncio.to_thread(self._store.root.file, asset_id, THUMBNAIL)


async def _draw(workers: WorkerPool, asset_id: str, model: Path, picture: Path) -> None:
    await workers.run(
        render_thumbnail_file,
        str(model),
        str(picture),
        THUMBNAIL_PX,
        timeout_s=THUMBNAIL_TIMEOUT_S,
        label=f"thumbnail of {asset_id}",
    )


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise NotFound("Model file not found", code="model_not_found") from None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _no_thumbnail(asset_id: str) -> NotFound:
    return NotFound(f"Asset {asset_id[:120]} has no thumbnail", code="thumbnail_not_found")
