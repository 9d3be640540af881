"""Draws the concept art, or takes the caller's reference image in its place."""

import asyncio
import shutil
from pathlib import Path

from asset_forge.domain.clock import iso_now
from asset_forge.domain.metadata import CONCEPT_ART
from asset_forge.domain.stages import IMAGE_GENERATION, PROMPT_OPTIMIZATION
from asset_forge.domain.urls import asset_file_url
from asset_forge.pictures import to_png
from asset_forge.pipeline.context import JsonObject, StageContext, StageSkipped
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.storage.atomic import write_bytes


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    config = job.config
    picture_path = ctx.workspace / CONCEPT_ART
    url = f"/api/generation/pipeline/{ctx.pipeline_id}/{CONCEPT_ART}"
    if not config.make_model:
        raise StageSkipped(
            "enableGeneration is false",
            result={
                "source": "existing",
                "imageUrl": asset_file_url(job.asset_id, CONCEPT_ART),
            },
        )
    if job.reference_path is not None:
        await asyncio.to_thread(shutil.copyfile, job.reference_path, picture_path)
        result = {"source": "user-provided", "imageUrl": url}
        raise StageSkipped("a reference image was given", result=result)

    described = ctx.results.get(PROMPT_OPTIMIZATION, {}).get("optimizedPrompt")
    prompt = await job.tools.prompts.image_prompt(config, described or config.description)
    artist = job.tools.ai.pictures(config.provider)

    async def draw() -> JsonObject:
        drawn = await artist.draw(prompt=prompt, subject=config.subject)
        await asyncio.to_thread(_write_png, picture_path, drawn.data)
        return {
            "by": artist.name,
            "receipt": drawn.receipt.to_json(),
            "resolution": drawn.resolution,
            "quality": drawn.quality,
            "timestamp": iso_now(),
        }

    drawn = await ctx.once("draw", draw)
    return {
        "imageUrl": url,
        "prompt": prompt,
        "source": drawn["by"],
        "metadata": {
            "model": drawn["receipt"]["model"],
            "resolution": drawn["resolution"],
            "quality": drawn["quality"],
            "timestamp": drawn["timestamp"],
        },
        "cost": drawn["receipt"],
    }


def _write_png(path: Path, data: bytes) -> None:
    write_bytes(path, to_png(data))


SPEC = StageSpec(
    name=IMAGE_GENERATION,
    run=run,
    wanted=lambda _: True,
    progress_after=lambda config: 20 if config.reference_image else 25,
    essential=True,
)
