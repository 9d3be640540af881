"""What a paid call came to, in the units its provider counts in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Charge:
    """One entry of the ledger.

    `credits` are Meshy's, `usage` are tokens as OpenAI counts them, `usd` is dollars by a price
    list where there is one. `is_certain` is false as long as the amount is an estimate: the
    provider has not said yet, or it is not known whether the call was billed at all. `day` is the
    date in UTC on which the ledger first took it in.
    """

    provider: str
    model: str | None = None
    task_id: str | None = None
    credits: float | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    usd: float | None = None
    is_certain: bool = True
    day: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return what is shown of it; amounts that nobody named are left out."""
        shown: dict[str, Any] = {"provider": self.provider}
        if self.model is not None:
            shown["model"] = self.model
        if self.task_id is not None:
            shown["taskId"] = self.task_id
        if self.credits is not None:
            shown["credits"] = self.credits
        if self.usage:
            shown["usage"] = dict(self.usage)
        if self.usd is not None:
            shown["usd"] = self.usd
        if not self.is_certain:
            shown["estimated"] = True
        return shown


@dataclass(frozen=True)
class Sum:
    """Charges added up. `usd` is None when none of them has a price that is known.

    `estimated_credits` is the part of `credits` that is not certain, and `uncertain_calls` counts
    the charges that are not: a call that may have been billed has no amount at all.
    """

    calls: int = 0
    credits: float = 0.0
    estimated_credits: float = 0.0
    uncertain_calls: int = 0
    usage: Mapping[str, int] = field(default_factory=dict)
    usd: float | None = None


@dataclass(frozen=True)
class Spending:
    """What was spent, four times the same: in all, by day, by provider and model, and by asset.

    Days are dates in UTC, oldest first; assets are the dearest first, None for what belongs to no
    asset, and `asset_count` says how many there are.
    """

    total: Sum
    by_day: Sequence[tuple[str, Sum]]
    by_provider: Sequence[tuple[str, str | None, Sum]]
    by_asset: Sequence[tuple[str | None, Sum]]
    asset_count: int


def total_of(charges: Iterable[Charge]) -> dict[str, Any]:
    """Return what is shown of charges added up: credits, tokens and dollars where there are any.

    `estimated` is there when some of it is not certain.
    """
    credit_count, usd, usage, is_certain = 0.0, None, dict[str, int](), True
    for charge in charges:
        credit_count += charge.credits or 0.0
        usd = usd if charge.usd is None else (usd or 0.0) + charge.usd
        for name, count in charge.usage.items():
            usage[name] = usage.get(name, 0) + count
        is_certain = is_certain and charge.is_certain
    total: dict[str, Any] = {"credits": credit_count}
    if usage:
        total["usage"] = usage
    if usd is not None:
        total["usd"] = round(usd, 6)
    if not is_certain:
        total["estimated"] = True
    return total


def charge_of(receipt: Mapping[str, Any], *, is_certain: bool = True) -> Charge:
    """Read a charge from a receipt as stages keep it (provider, model, taskId, credits, usage)."""
    usage = receipt.get("usage")
    return Charge(
        provider=str(receipt.get("provider") or "unknown"),
        model=_text(receipt.get("model")),
        task_id=_text(receipt.get("taskId")),
        credits=_number(receipt.get("credits")),
        usage=dict(usage) if isinstance(usage, Mapping) else {},
        usd=_number(receipt.get("usd")),
        is_certain=is_certain,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
