"""Sprites of an asset, between the renderer in a worker and the files in the asset's folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from asset_forge.domain.ids import AssetId
from asset_forge.domain.rendering import RenderOptions
from asset_forge.domain.sprite_sheets import (
    SHEET_ASEPRITE,
    SHEET_HASH,
    SHEET_IMAGE,
    PackedSheet,
    SpriteShot,
)
from asset_forge.domain.urls import asset_file_url
from asset_forge.errors import ForgeError, NotFound
from asset_forge.glb.jobs import pack_sprite_sheet, render_sprite_files
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.sprites import SPRITES_FOLDER, SpriteSheet
from asset_forge.workers import WorkerPool

RENDER_TIMEOUT_S = 300.0
PACK_TIMEOUT_S = 60.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Rendering:
    """Pictures that a worker has rendered: what each shows with its file, and their sheet."""

    sprites: Sequence[tuple[SpriteShot, Path]]
    packed: PackedSheet | None

    @property
    def shots(self) -> list[SpriteShot]:
        return [shot for shot, _ in self.sprites]


def models_to_render(store: AssetStore, asset_id: AssetId, animation: str | None) -> list[Path]:
    """Return the asset's model, and the file of its own that a clip may have. Raises NotFound."""
    found = [store.model_path(asset_id)]
    animations = store.read_metadata(asset_id).get("animations") if animation else None
    basic = animations.get("basic") if isinstance(animations, dict) else None
    for name, path in basic.items() if isinstance(basic, dict) else ():
        if name.casefold() == str(animation).casefold() and isinstance(path, str):
            try:
                found.append(store.root.file(asset_id, path))
            except NotFound:
                log.warning("clip_not_found", asset_id=asset_id, clip=name)
    return found


async def render_into(
    folder: Path,
    models: Sequence[Path],
    options: RenderOptions,
    *,
    workers: WorkerPool,
    label: str,
    timeout_s: float = RENDER_TIMEOUT_S,
) -> Rendering:
    """Render in a worker into an empty folder. Raises BadGlb, BadInput and Refused."""
    written, packed = await workers.run(
        render_sprite_files,
        [str(model) for model in models],
        str(folder),
        options,
        timeout_s=timeout_s,
        label=label,
    )
    return Rendering([(shot, Path(path)) for shot, path in written], packed)


def read_rendering(
    rendered: Rendering, folder: Path
) -> tuple[list[tuple[float | SpriteShot, bytes]], SpriteSheet | None]:
    """Read what `render_into` has written, as the store takes it. Blocking."""
    pictures: list[tuple[float | SpriteShot, bytes]] = [
        (shot, path.read_bytes()) for shot, path in rendered.sprites
    ]
    if rendered.packed is None:
        return pictures, None
    return pictures, SpriteSheet(rendered.packed, (folder / SHEET_IMAGE).read_bytes())


async def sheet_of_uploads(
    workers: WorkerPool, sprites: Sequence[tuple[float, bytes]], label: str
) -> SpriteSheet | None:
    """Pack sprites that a caller has sent; those that cannot be packed have no sheet."""
    try:
        packed = await workers.run(
            pack_sprite_sheet,
            [(SpriteShot(angle_deg), png) for angle_deg, png in sprites],
            timeout_s=PACK_TIMEOUT_S,
            label=label,
        )
    except ForgeError as error:
        log.warning("sprites_not_packed", job=label, error=error.message)
        return None
    return None if packed is None else SpriteSheet(*packed)


def sprite_results(asset_id: AssetId, shots: Sequence[SpriteShot]) -> list[dict[str, Any]]:
    """Return angle and URL of each sprite, as results of the stage show them."""
    return [
        {
            "angle": shot.angle_deg,
            "imageUrl": asset_file_url(asset_id, f"{SPRITES_FOLDER}/{shot.file_name}"),
            **({"animation": shot.animation, "frame": shot.frame} if shot.animation else {}),
        }
        for shot in shots
    ]


def sheet_urls(asset_id: AssetId, packed: PackedSheet | None) -> dict[str, Any]:
    """Return `spriteSheet` with the URLs of its files; nothing without one."""
    if packed is None:
        return {}
    return {
        "spriteSheet": {
            "imageUrl": asset_file_url(asset_id, SHEET_IMAGE),
            "dataUrl": asset_file_url(asset_id, SHEET_HASH),
            "asepriteUrl": asset_file_url(asset_id, SHEET_ASEPRITE),
            "width": packed.width,
            "height": packed.height,
            "frameCount": len(packed.frames),
        }
    }
