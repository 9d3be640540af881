"""Draws the concept art, or takes the caller's reference image in its place."""

import asyncio
import json
import shutil
from pathlib import Path

from asset_forge.domain.clock import iso_now
from asset_forge.domain.costs import charge_of
from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.metadata import CONCEPT_ART
from asset_forge.domain.stages import IMAGE_GENERATION, PROMPT_OPTIMIZATION
from asset_forge.domain.urls import asset_file_url
from asset_forge.pictures import to_png
from asset_forge.pipeline.context import JsonObject, StageContext, StageSkipped
from asset_forge.services.stages.base import GenerationJob, StageSpec
from asset_forge.storage.atomic import write_bytes, write_json

_ABOUT_PICTURE = "concept-art.json"
_NO_MODEL = "enableGeneration is false"
_GIVEN = "a reference image was given"


def why_skipped(config: GenerationConfig) -> str | None:
    if not config.make_model:
        return _NO_MODEL
    return None if config.reference_image is None else _GIVEN


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    config = job.config
    picture_path = ctx.workspace / CONCEPT_ART
    url = f"/api/generation/pipeline/{ctx.pipeline_id}/{CONCEPT_ART}"
    if not config.make_model:
        raise StageSkipped(
            _NO_MODEL,
            result={
                "source": "existing",
                "imageUrl": asset_file_url(job.asset_id, CONCEPT_ART),
            },
        )
    if job.reference_path is not None:
        await asyncio.to_thread(shutil.copyfile, job.reference_path, picture_path)
        result = {"source": "user-provided", "imageUrl": url}
        raise StageSkipped(_GIVEN, result=result)

    described = ctx.results.get(PROMPT_OPTIMIZATION, {}).get("optimizedPrompt")
    prompt = await job.tools.prompts.image_prompt(config, described or config.description)
    artist = job.tools.ai.pictures(config.provider)

    async def draw() -> JsonObject:
        drawn = await artist.draw(prompt=prompt, subject=config.subject)
        told = {
            "by": artist.name,
            "receipt": drawn.receipt.to_json(),
            "resolution": drawn.resolution,
            "quality": drawn.quality,
            "timestamp": iso_now(),
        }
        await asyncio.to_thread(_keep, ctx.workspace, drawn.data, told)
        return told

    drawn = await asyncio.to_thread(_kept, ctx.workspace)
    if drawn is None and artist.name == "greybox":
        # It costs nothing, so there is nothing to be careful of.
        drawn = await ctx.keep("draw", draw)
    elif drawn is None:
        drawn = await ctx.once("draw", draw, provider=artist.name)
    if drawn["by"] != "greybox":
        await ctx.charge("draw", charge_of(drawn["receipt"]))
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


def _keep(workspace: Path, data: bytes, told: JsonObject) -> None:
    """Keep a picture and what is known of it: what is told is there before the picture is."""
    write_json(workspace / _ABOUT_PICTURE, told)
    write_bytes(workspace / CONCEPT_ART, to_png(data))


def _kept(workspace: Path) -> JsonObject | None:
    """Return what is known of a picture that an earlier run of this stage has kept."""
    try:
        told: JsonObject = json.loads((workspace / _ABOUT_PICTURE).read_bytes())
    except FileNotFoundError:
        return None
    return told if (workspace / CONCEPT_ART).is_file() else None


SPEC = StageSpec(
    name=IMAGE_GENERATION,
    run=run,
    wanted=lambda _: True,
    progress_after=lambda config: 20 if config.reference_image else 25,
    essential=True,
    why_skipped=why_skipped,
)
