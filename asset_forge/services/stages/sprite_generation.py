"""Renders the model from all sides into sprites/, with a sprite sheet beside it."""

import asyncio

from asset_forge.domain.sprite_sheets import SHEET_IMAGE
from asset_forge.domain.stages import SPRITE_GENERATION
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.services.publishing import artifacts_in, fresh_folder
from asset_forge.services.sprites import (
    models_to_render,
    read_rendering,
    render_into,
    sheet_urls,
    sprite_results,
)
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.storage.sprites import SPRITES_FOLDER
from asset_forge.threads import run_to_end


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    store, sprites = job.tools.store, job.config.sprites
    options = sprites.to_options()
    models = await asyncio.to_thread(models_to_render, store, job.asset_id, options.animation)
    folder = ctx.workspace / "sprites"
    await asyncio.to_thread(fresh_folder, folder)
    ctx.progress(5)
    rendered = await render_into(
        folder, models, options, workers=job.tools.workers, label=f"sprites of {job.asset_id}"
    )
    ctx.progress(90)

    def save() -> list[str]:
        pictures, sheet = read_rendering(rendered, folder)
        return store.save_sprites(job.asset_id, pictures, sprites.to_json(), sheet=sheet)

    names = await run_to_end(save)
    home = store.root.folder(job.asset_id)
    # The JSON files of the sheet are not noted: they change when the asset is renamed.
    sheet_names = [SHEET_IMAGE] if rendered.packed is not None else []
    for file in [
        *await asyncio.to_thread(artifacts_in, home / SPRITES_FOLDER, names),
        *await asyncio.to_thread(artifacts_in, home, sheet_names),
    ]:
        await ctx.save(file)
    return {
        "status": "completed",
        "sprites": sprite_results(job.asset_id, rendered.shots),
        **sheet_urls(job.asset_id, rendered.packed),
    }


SPEC = StageSpec(
    name=SPRITE_GENERATION,
    run=run,
    wanted=lambda config: config.make_sprites,
    progress_after=lambda _: 95,
)
