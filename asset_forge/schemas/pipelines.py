"""Answers about pipelines: started, planned, listed."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from asset_forge.domain.quality import PROFILES, Quality
from asset_forge.domain.stages import PipelineStatus
from asset_forge.schemas.costs import CapsAnswer
from asset_forge.services.planning import Plan


class PipelineStarted(BaseModel):
    """Where to look for a pipeline that has just been started."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "pipelineId": "pipeline-1795340000000-k3v9x0q2a",
                    "status": "initializing",
                    "message": "Pipeline started successfully",
                    "assetId": "polished-steel-longsword",
                }
            ]
        }
    )

    pipelineId: str  # noqa: N815  wire name
    status: PipelineStatus
    message: str
    assetId: str  # noqa: N815  wire name
    retryOf: str | None = None  # noqa: N815  wire name


class PlannedCalls(BaseModel):
    """Calls of one kind to one provider; `credits` is what all of them cost at the most.

    `usd` is an estimate by OpenAI's price list; null where no price is known and for what is paid
    in credits.
    """

    stage: str
    provider: str
    model: str | None
    calls: int
    credits: float
    usd: float | None


class SkippedStage(BaseModel):
    """A stage that would have nothing to do."""

    stage: str
    reason: str


class WrittenAsset(BaseModel):
    """An asset that would be written; one that `exists` would be changed or replaced."""

    assetId: str  # noqa: N815  wire name
    exists: bool


class PlannedQuality(BaseModel):
    """What would be asked of the maker: most triangles, and pixels of a texture's edge."""

    level: Quality
    faceBudget: int  # noqa: N815  wire name
    texturePx: int  # noqa: N815  wire name
    pbr: bool


class PipelinePlan(BaseModel):
    """What a request would do. Nothing was sent, written or reserved.

    `allowed` is false when it would be refused for its cost, and `refusal` says why.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dryRun": True,
                    "assetId": "polished-steel-longsword",
                    "allowed": True,
                    "refusal": None,
                    "estimatedCredits": 40,
                    "estimatedUsd": 0.0483,
                    "calls": [
                        {
                            "stage": "imageGeneration",
                            "provider": "openai",
                            "model": "gpt-image-2.6-flare",
                            "calls": 1,
                            "credits": 0,
                            "usd": 0.0483,
                        },
                        {
                            "stage": "image3D",
                            "provider": "meshy",
                            "model": "meshy-7.1",
                            "calls": 1,
                            "credits": 30,
                            "usd": None,
                        },
                        {
                            "stage": "textureGeneration",
                            "provider": "meshy",
                            "model": "meshy-7.1",
                            "calls": 1,
                            "credits": 10,
                            "usd": None,
                        },
                    ],
                    "skipped": [
                        {
                            "stage": "promptOptimization",
                            "reason": "metadata.useGPT4Enhancement is false",
                        }
                    ],
                    "writes": [
                        {"assetId": "polished-steel-longsword", "exists": False},
                        {"assetId": "polished-steel-longsword-bronze", "exists": False},
                    ],
                    "quality": {
                        "level": "standard",
                        "faceBudget": 6000,
                        "texturePx": 2048,
                        "pbr": False,
                    },
                    "caps": {
                        "perDay": 200,
                        "perPipeline": None,
                        "spentToday": 30,
                        "reservedByRunning": 0,
                        "leftToday": 170,
                    },
                }
            ]
        }
    )

    dryRun: bool = True  # noqa: N815  wire name
    assetId: str  # noqa: N815  wire name
    allowed: bool
    refusal: str | None
    estimatedCredits: float  # noqa: N815  wire name
    estimatedUsd: float | None  # noqa: N815  wire name
    calls: list[PlannedCalls]
    skipped: list[SkippedStage]
    writes: list[WrittenAsset]
    quality: PlannedQuality | None
    """Null when no model is made."""
    caps: CapsAnswer

    @classmethod
    def of(cls, plan: Plan) -> "PipelinePlan":
        return cls(
            assetId=plan.asset_id,
            allowed=plan.refusal is None,
            refusal=plan.refusal,
            estimatedCredits=plan.estimated_credits,
            estimatedUsd=plan.estimated_usd,
            calls=[
                PlannedCalls(
                    stage=call.stage,
                    provider=call.provider,
                    model=call.model,
                    calls=call.count,
                    credits=call.credits,
                    usd=call.usd,
                )
                for call in plan.calls
            ],
            skipped=[
                SkippedStage(stage=name, reason=reason) for name, reason in plan.skipped.items()
            ],
            writes=[
                WrittenAsset(assetId=asset.asset_id, exists=asset.exists) for asset in plan.writes
            ],
            quality=_quality(plan.quality),
            caps=CapsAnswer.of(plan.caps),
        )


def _quality(quality: Quality | None) -> PlannedQuality | None:
    if quality is None:
        return None
    profile = PROFILES[quality]
    return PlannedQuality(
        level=quality,
        faceBudget=profile.face_budget,
        texturePx=profile.texture_px,
        pbr=profile.pbr,
    )


class PipelineList(BaseModel):
    """Pipelines, newest first: each as its status, without stages and results."""

    pipelines: list[dict[str, Any]]
