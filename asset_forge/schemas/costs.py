"""What was spent, and the caps on it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from asset_forge.domain.costs import Sum
from asset_forge.pipeline.budget import Caps
from asset_forge.services.costs import CostReport


class CapsAnswer(BaseModel):
    """The caps and what is left of them, in Meshy credits; null where there is no cap.

    A day begins at midnight UTC. What running pipelines may still spend is taken from what is left.
    """

    perDay: float | None  # noqa: N815  wire name
    perPipeline: float | None  # noqa: N815  wire name
    spentToday: float  # noqa: N815  wire name
    reservedByRunning: float  # noqa: N815  wire name
    leftToday: float | None  # noqa: N815  wire name

    @classmethod
    def of(cls, caps: Caps) -> "CapsAnswer":
        return cls(
            perDay=caps.per_day,
            perPipeline=caps.per_pipeline,
            spentToday=caps.spent_today,
            reservedByRunning=caps.reserved_by_running,
            leftToday=caps.left_today,
        )


class CostSum(BaseModel):
    """Paid calls added up.

    `credits` are Meshy's, and `estimatedCredits` is the part of them that the provider has not
    confirmed. `usage` counts tokens under OpenAI's own names. `usd` is what the tokens cost by
    OpenAI's price list; null when no price is known. `uncertainCalls` are those whose cost is
    not certain, such as a call whose answer was lost.
    """

    calls: int
    credits: float
    estimatedCredits: float  # noqa: N815  wire name
    usage: dict[str, int]
    usd: float | None
    uncertainCalls: int  # noqa: N815  wire name


class DayCosts(CostSum):
    day: str


class ProviderCosts(CostSum):
    provider: str
    model: str | None


class AssetCosts(CostSum):
    """`assetId` is null for what belongs to no asset, such as a look at a weapon."""

    assetId: str | None  # noqa: N815  wire name


_EXAMPLE_SUM: dict[str, JsonValue] = {
    "calls": 3,
    "credits": 30,
    "estimatedCredits": 0,
    "usage": {"input_tokens": 212, "output_tokens": 1568, "total_tokens": 2391},
    "usd": 0.0483,
    "uncertainCalls": 0,
}


class Costs(BaseModel):
    """The same charges added up four times: in all, by day, by provider and model, by asset."""

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "from": "2026-10-24",
                    "to": "2026-11-22",
                    "timeZone": "UTC",
                    "total": _EXAMPLE_SUM,
                    "byDay": [{"day": "2026-11-22", **_EXAMPLE_SUM}],
                    "byProvider": [
                        {
                            "provider": "meshy",
                            "model": "meshy-7.1",
                            **_EXAMPLE_SUM,
                            "calls": 1,
                            "usage": {},
                            "usd": None,
                        }
                    ],
                    "byAsset": [{"assetId": "polished-steel-longsword", **_EXAMPLE_SUM}],
                    "assetCount": 1,
                    "caps": {
                        "perDay": 200,
                        "perPipeline": None,
                        "spentToday": 30,
                        "reservedByRunning": 10,
                        "leftToday": 160,
                    },
                }
            ]
        },
    )

    from_: str = Field(alias="from")
    to: str
    timeZone: Literal["UTC"] = "UTC"  # noqa: N815  wire name
    total: CostSum
    byDay: list[DayCosts]  # noqa: N815  wire name
    byProvider: list[ProviderCosts]  # noqa: N815  wire name
    byAsset: list[AssetCosts]  # noqa: N815  wire name
    assetCount: int  # noqa: N815  wire name
    caps: CapsAnswer

    @classmethod
    def of(cls, report: CostReport) -> "Costs":
        spending = report.spending
        return cls(
            from_=report.since,
            to=report.until,
            total=CostSum(**_amounts(spending.total)),
            byDay=[DayCosts(day=day, **_amounts(one)) for day, one in spending.by_day],
            byProvider=[
                ProviderCosts(provider=provider, model=model, **_amounts(one))
                for provider, model, one in spending.by_provider
            ],
            byAsset=[
                AssetCosts(assetId=asset_id, **_amounts(one)) for asset_id, one in spending.by_asset
            ],
            assetCount=spending.asset_count,
            caps=CapsAnswer.of(report.caps),
        )


def _amounts(one: Sum) -> dict[str, Any]:
    return {
        "calls": one.calls,
        "credits": one.credits,
        "estimatedCredits": one.estimated_credits,
        "usage": dict(one.usage),
        "usd": one.usd,
        "uncertainCalls": one.uncertain_calls,
    }
