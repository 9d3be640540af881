"""Turns the caller's words into a prompt that image makers understand well."""

import re

from asset_forge.domain.costs import charge_of
from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.stages import PROMPT_OPTIMIZATION
from asset_forge.errors import ForgeError
from asset_forge.pipeline.context import JsonObject, StageContext, StageSkipped
from asset_forge.services.stages.base import GenerationJob, StageSpec

_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from has have in into is it its of on or that the their this "
        "to with without against background plain view single centered",
    )
)
MOST_KEYWORDS = 12


def why_skipped(config: GenerationConfig) -> str | None:
    if not config.enhance_prompt:
        return "metadata.useGPT4Enhancement is false"
    return None if config.make_model else "enableGeneration is false"


async def run(ctx: StageContext, job: GenerationJob) -> JsonObject:
    config = job.config
    if reason := why_skipped(config):
        raise StageSkipped(reason)
    original = config.description or config.name
    writer = job.tools.ai.text(config.provider)
    if writer is None:
        text = await job.tools.prompts.template_prompt(config)
        return _result(original, text, model="template")
    system, user = await job.tools.prompts.enhancement_messages(config)

    async def write() -> JsonObject:
        written = await writer.write(system=system, user=user)
        return {"text": written.text, "receipt": written.receipt.to_json()}

    try:
        answer = await ctx.once("write", write, provider=writer.name)
    except ForgeError as error:
        # The words of the caller are enough to go on, so a failing writer stops nothing.
        text = await job.tools.prompts.template_prompt(config)
        return {**_result(original, text, model="template"), "error": error.message}
    receipt = answer["receipt"]
    await ctx.charge("write", charge_of(receipt))
    return {**_result(original, answer["text"], model=receipt["model"]), "cost": receipt}


def _result(original: str, optimized: str, *, model: str) -> JsonObject:
    return {
        "originalPrompt": original,
        "optimizedPrompt": optimized,
        "model": model,
        # A template adds words that say nothing of this asset.
        "keywords": keywords(original if model == "template" else optimized),
    }


def keywords(text: str) -> list[str]:
    """Return the first distinct telling words of a text, in their order."""
    words = re.findall(r"[^\W\d_][\w'-]{2,}", text.lower())
    return [word for word in dict.fromkeys(words) if word not in _SMALL_WORDS][:MOST_KEYWORDS]


SPEC = StageSpec(
    name=PROMPT_OPTIMIZATION,
    run=run,
    wanted=lambda _: True,
    progress_after=lambda _: 10,
    why_skipped=why_skipped,
)
