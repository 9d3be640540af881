"""CostService: what was spent in some days, and what is left of the caps. It spends nothing."""

import datetime as dt
import re
from dataclasses import dataclass

from asset_forge.domain.costs import Spending
from asset_forge.domain.ids import AssetId
from asset_forge.errors import BadInput
from asset_forge.pipeline import ledger as ledgers
from asset_forge.pipeline.budget import Budget, Caps
from asset_forge.pipeline.ledger import Ledger

DAYS_UNLESS_TOLD = 30
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class CostReport:
    """Sums from one day to another, both included and in UTC, and the caps as they stand now."""

    since: str
    until: str
    spending: Spending
    caps: Caps


class CostService:
    def __init__(self, *, ledger: Ledger, budget: Budget) -> None:
        self._ledger = ledger
        self._budget = budget

    async def report(
        self, *, since: str | None, until: str | None, asset_id: AssetId | None = None
    ) -> CostReport:
        """Add up what was spent, on one asset or on all.

        Days are YYYY-MM-DD; without `until` it ends today, without `since` it begins 29 days
        before. Raises BadInput, StorageUnavailable.
        """
        first, last = _period(since, until, today=ledgers.today())
        await self._budget.ready()
        spending = await self._ledger.spending(since=first, until=last, asset_id=asset_id)
        return CostReport(first, last, spending, self._budget.caps)


def _period(since: str | None, until: str | None, *, today: str) -> tuple[str, str]:
    first = _day("from", since) if since else None
    last = _day("to", until) if until else dt.date.fromisoformat(today)
    if first is None:
        first = dt.date.fromordinal(max(1, last.toordinal() - DAYS_UNLESS_TOLD + 1))
    if first > last:
        ending = f"to={last}" if until else f"today, {last} in UTC"
        raise BadInput(f"from={first} is after {ending}; give the earlier day as from")
    return first.isoformat(), last.isoformat()


def _day(name: str, text: str) -> dt.date:
    try:
        if _DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise BadInput(f"{name} has to be a day as YYYY-MM-DD, such as 2026-11-22, not {text[:40]!r}")
