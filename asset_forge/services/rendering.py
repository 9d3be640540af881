"""RenderingService: pictures of assets that are there, for the answer or into the asset."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from asset_forge.domain.ids import AssetId, parse_asset_id
from asset_forge.domain.rendering import RenderOptions
from asset_forge.errors import BadGlb, BadInput, NotFound, Refused, Unavailable, UnusableModel
from asset_forge.services.sprites import (
    models_to_render,
    read_rendering,
    render_into,
    sheet_urls,
)
from asset_forge.storage.assets import AssetStore
from asset_forge.threads import run_to_end
from asset_forge.workers import WorkerPool

Claim = Callable[[Iterable[AssetId], str], AbstractContextManager[None]]

RENDER_TIMEOUT_S = 120.0
MOST_AT_ONCE = 16
"""Renderings under way and in line; pipelines need the workers too."""
# What numpy raises for numbers that no check has foreseen.
_FAULTS = (RuntimeError, ValueError, ArithmeticError, LookupError, TypeError)

log = structlog.get_logger()


@dataclass(frozen=True)
class SavedSprites:
    """Sprites that were rendered into an asset; `sheet` as results of the stage show it."""

    names: list[str]
    sheet: dict[str, Any]


class RenderingService:
    """Renders assets in worker processes. `claim` as for AssetService."""

    def __init__(self, *, store: AssetStore, claim: Claim, workers: WorkerPool) -> None:
        self._store = store
        self._claim = claim
        self._workers = workers
        self._under_way = 0

    async def picture(self, asset_id: str, options: RenderOptions) -> bytes:
        """Return one picture of an asset as PNG. Raises as `save_sprites` does, but no Conflict."""
        options.check()
        if options.picture_count != 1:
            raise BadInput(
                f"A single PNG is of one angle and one frame, not of {options.picture_count}; ask "
                'for "format": "sprites"'
            )
        known = _known(asset_id)
        async with self._rendered(known, options) as (pictures, _, _):
            png: bytes = pictures[0][1]
            return png

    async def save_sprites(
        self, asset_id: str, options: RenderOptions, config: dict[str, Any]
    ) -> SavedSprites:
        """Replace the sprites of an asset by new ones; `config` is what metadata keeps of them.

        Raises NotFound, BadInput, UnusableModel when the model cannot be drawn, Conflict when a
        running pipeline needs the asset, Unavailable when too much is asked for at once.
        """
        options.check()
        known = _known(asset_id)
        with self._claim([known], "rendered"):
            async with self._rendered(known, options) as (pictures, sheet, urls):
                names = await run_to_end(
                    self._store.save_sprites, known, pictures, config, sheet=sheet
                )
        return SavedSprites(names, urls)

    @asynccontextmanager
    async def _rendered(self, asset_id: AssetId, options: RenderOptions) -> AsyncIterator[Any]:
        """Yield the pictures, their sheet and its URLs."""
        models = await asyncio.to_thread(models_to_render, self._store, asset_id, options.animation)
        if self._under_way >= MOST_AT_ONCE:
            raise Unavailable(
                f"{MOST_AT_ONCE} renderings are under way or in line; try again later",
                code="too_many_renderings",
            )
        self._under_way += 1
        try:
            with tempfile.TemporaryDirectory(prefix="asset-forge-") as folder:
                try:
                    rendered = await render_into(
                        Path(folder),
                        models,
                        options,
                        workers=self._workers,
                        label=f"rendering of {asset_id}",
                        timeout_s=RENDER_TIMEOUT_S,
                    )
                except (BadGlb, Refused) as error:
                    raise UnusableModel(
                        f"The model of {asset_id} cannot be drawn: {error.message}"
                    ) from None
                except _FAULTS as error:
                    log.warning("model_not_drawn", asset_id=asset_id, error=str(error))
                    raise UnusableModel(
                        f"The model of {asset_id} cannot be drawn: it is damaged"
                    ) from None
                pictures, sheet = await asyncio.to_thread(read_rendering, rendered, Path(folder))
            yield pictures, sheet, sheet_urls(asset_id, rendered.packed)
        finally:
            self._under_way -= 1


def _known(asset_id: str) -> AssetId:
    try:
        return parse_asset_id(asset_id)
    except BadInput:
        raise NotFound(f"Asset {asset_id[:120]} not found", code="asset_not_found") from None
