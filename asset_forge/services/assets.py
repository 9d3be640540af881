"""AssetService: what may be done with assets, and in which words it is refused."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_forge.domain.clock import iso_now
from asset_forge.domain.ids import AssetId, asset_id_from_name, parse_asset_id
from asset_forge.errors import BadInput, ForgeError, NotFound
from asset_forge.pictures import decode_data_url, to_png
from asset_forge.services.sprites import sheet_of_uploads
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.index import AssetEntry
from asset_forge.workers import WorkerPool

Claim = Callable[[Iterable[AssetId], str], AbstractContextManager[None]]

LARGEST_SPRITE_BYTES = 25 * 1024 * 1024
LARGEST_SPRITE_PIXELS = 4096 * 4096
_LONGEST_ECHO = 120


@dataclass(frozen=True)
class SpriteUpload:
    """A sprite that a caller rendered: seen from `angle_deg`, as a data URL."""

    angle_deg: float
    data_url: str


@dataclass(frozen=True)
class AssetChanges:
    """What to change; None leaves a thing as it is. `metadata` is merged key by key."""

    name: str | None = None
    type: str | None = None
    metadata: Mapping[str, Any] | None = None


class AssetService:
    """Lists, serves, changes and deletes assets.

    `claim` keeps pipelines away from assets while they are renamed or deleted, or raises Conflict
    when one needs them; it is called on the event loop. Ids come as callers sent them: one that
    cannot be is an asset that is not there.
    """

    def __init__(self, *, store: AssetStore, claim: Claim, workers: WorkerPool) -> None:
        self._store = store
        self._claim = claim
        self._workers = workers

    async def list_assets(self) -> list[AssetEntry]:
        """Return all assets, newest first. Raises StorageUnavailable when the root is missing."""
        return await asyncio.to_thread(self._store.index.list)

    async def get_asset(self, asset_id: str) -> AssetEntry:
        """Return one asset. Raises NotFound."""
        with _not_found_as(_named(asset_id)):
            return await asyncio.to_thread(self._store.index.entry, parse_asset_id(asset_id))

    async def model_file(self, asset_id: str) -> Path:
        """Return the file that is the asset's model. Raises NotFound."""
        with _not_found_as(_named(asset_id), keep="model_not_found"):
            return await asyncio.to_thread(self._store.model_path, parse_asset_id(asset_id))

    async def file(self, asset_id: str, relative: str) -> Path:
        """Return a file of an asset by its path below the folder. Raises NotFound."""
        with _not_found_as("File not found"):
            known = parse_asset_id(asset_id)
            return await asyncio.to_thread(self._store.root.file, known, relative)

    async def update_asset(self, asset_id: str, changes: AssetChanges) -> AssetEntry:
        """Change an asset's metadata, and its id when another name is given; return it.

        Raises NotFound, BadInput for a name that is no id, and Conflict when the name is taken or
        a running pipeline needs the asset or one of its variants under its name.
        """
        with _not_found_as("Asset not found"):
            known = parse_asset_id(asset_id)
            before = await asyncio.to_thread(self._store.read_metadata, known)
        new_id = _new_id(known, before.get("name"), changes.name)
        now = iso_now()

        def change(metadata: dict[str, Any]) -> None:
            metadata.update(changes.metadata or {})
            if changes.type is not None:
                metadata["type"] = changes.type
            if changes.name is not None:
                metadata["name"] = changes.name
            metadata["lastModified"] = metadata["updatedAt"] = now

        with _not_found_as("Asset not found"):
            if new_id is None:
                return await asyncio.to_thread(self._store.edit_metadata, known, change)
            with ExitStack() as claims:
                claims.enter_context(self._claim([new_id], "used as a name"))
                await self._claim_with_variants(known, "renamed", claims)
                return await asyncio.to_thread(self._store.rename, known, new_id, change)

    async def delete_asset(self, asset_id: str, *, include_variants: bool = False) -> list[AssetId]:
        """Delete an asset, with its variants when wanted; return what was deleted.

        Raises NotFound, and Conflict when a running pipeline needs one of them.
        """
        with _not_found_as("Asset not found"), ExitStack() as claims:
            known = parse_asset_id(asset_id)
            if include_variants:
                await self._claim_with_variants(known, "deleted", claims)
            else:
                claims.enter_context(self._claim([known], "deleted"))
            return await asyncio.to_thread(
                self._store.delete, known, include_variants=include_variants
            )

    async def save_sprites(
        self, asset_id: str, sprites: Sequence[SpriteUpload], config: Mapping[str, Any]
    ) -> list[str]:
        """Replace an asset's sprites, all or none; return the names of the files in sprites/.

        They are put on a sprite sheet too, if they fit on one. Raises NotFound, and BadInput when
        an angle or a picture cannot be used.
        """
        with _not_found_as("Asset not found"):
            known = parse_asset_id(asset_id)
            await asyncio.to_thread(self._store.read_metadata, known)
            _check_angles(sprites)
            pictures = await asyncio.to_thread(_sprite_pictures, sprites)
            sheet = await sheet_of_uploads(self._workers, pictures, f"sprite sheet of {known}")
            return await asyncio.to_thread(
                self._store.save_sprites, known, pictures, config, sheet=sheet
            )

    async def _claim_with_variants(self, base_id: AssetId, verb: str, claims: ExitStack) -> None:
        # With the base claimed no new variant can come while its variants are looked up.
        claims.enter_context(self._claim([base_id], verb))
        variants = await asyncio.to_thread(self._store.variants_of, base_id)
        claims.enter_context(self._claim(variants, verb))


def invalid_sprites(detail: str) -> BadInput:
    """Refuse sprites in the words that clients know; `detail` says what is wrong."""
    return BadInput("Invalid sprites data", code="invalid_sprites", detail=detail)


def _check_angles(sprites: Iterable[SpriteUpload]) -> None:
    seen = set()
    for sprite in sprites:
        if not 0 <= sprite.angle_deg < 360:  # false for NaN too
            raise invalid_sprites(f"angle {sprite.angle_deg} is not from 0 to below 360")
        if sprite.angle_deg in seen:
            raise invalid_sprites(f"angle {sprite.angle_deg} is there twice")
        seen.add(sprite.angle_deg)
    if not seen:
        raise invalid_sprites("sprites is empty")


def _sprite_pictures(sprites: Iterable[SpriteUpload]) -> list[tuple[float, bytes]]:
    pictures = []
    for sprite in sprites:
        try:
            data = decode_data_url(sprite.data_url, max_bytes=LARGEST_SPRITE_BYTES)
            pictures.append((sprite.angle_deg, to_png(data, max_pixels=LARGEST_SPRITE_PIXELS)))
        except ForgeError as error:
            raise invalid_sprites(
                f"the sprite at angle {sprite.angle_deg:g}: {error.message}"
            ) from None
    return pictures


def _new_id(asset_id: AssetId, old_name: object, name: str | None) -> AssetId | None:
    """Return the id that a name asks for, or None when it asks for no change."""
    # A client that edits something else sends the name it was shown along with it.
    if name is None or name in (asset_id, old_name):
        return None
    try:
        new_id = parse_asset_id(name)
    except BadInput as error:
        raise BadInput(f"{error.message}{_suggestion(name)}", code=error.error_code) from None
    return None if new_id == asset_id else new_id


def _suggestion(name: str) -> str:
    try:
        return f"; {asset_id_from_name(name)!r} would do"
    except BadInput:
        return ""


def _named(asset_id: str) -> str:
    return f"Asset {asset_id[:_LONGEST_ECHO]} not found"


@contextmanager
def _not_found_as(text: str, *, keep: str | None = None) -> Iterator[None]:
    """Say in a route's own words that there is no such asset; `keep` is a code that stays.

    An id in a URL that cannot be one names nothing, so it is not found as well.
    """
    try:
        yield
    except NotFound as error:
        if keep is not None and error.error_code == keep:
            raise
        raise NotFound(text, code=error.error_code) from None
    except BadInput as error:
        if error.error_code != "bad_asset_id":
            raise
        raise NotFound(text, code="asset_not_found") from None
