"""Renders the model from all sides into sprites/."""

import asyncio
from pathlib import Path

from asset_forge.domain.generation import SpriteConfig
from asset_forge.domain.ids import AssetId
from asset_forge.domain.stages import SPRITE_GENERATION
from asset_forge.domain.urls import asset_file_url
from asset_forge.glb.jobs import render_sprite_files
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.services.publishing import artifacts_in, fresh_folder
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.sprites import SPRITES_FOLDER
from asset_forge.threads import run_to_end

RENDER_TIMEOUT_S = 300.0


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    store, sprites = job.tools.store, job.config.sprites
    model_path = await asyncio.to_thread(store.model_path, job.asset_id)
    folder = ctx.workspace / "sprites"
    await asyncio.to_thread(fresh_folder, folder)
    ctx.progress(5)
    rendered = await job.tools.workers.run(
        render_sprite_files,
        str(model_path),
        str(folder),
        sprites.angles,
        sprites.resolution_px,
        sprites.background,
        timeout_s=RENDER_TIMEOUT_S,
        label=f"sprites of {job.asset_id}",
    )
    ctx.progress(90)
    names = await run_to_end(_save, store, job.asset_id, rendered, sprites)
    saved = store.root.folder(job.asset_id) / SPRITES_FOLDER
    for file in await asyncio.to_thread(artifacts_in, saved, names):
        await ctx.save(file)
    return {
        "status": "completed",
        "sprites": [
            {"angle": angle, "imageUrl": asset_file_url(job.asset_id, f"sprites/{name}")}
            for (angle, _), name in zip(rendered, names, strict=True)
        ],
    }


def _save(
    store: AssetStore,
    asset_id: AssetId,
    rendered: list[tuple[float, str]],
    sprites: SpriteConfig,
) -> list[str]:
    pictures = [(angle, Path(path).read_bytes()) for angle, path in rendered]
    return store.save_sprites(asset_id, pictures, sprites.to_json())


SPEC = StageSpec(
    name=SPRITE_GENERATION,
    run=run,
    wanted=lambda config: config.make_sprites,
    progress_after=lambda _: 95,
)
