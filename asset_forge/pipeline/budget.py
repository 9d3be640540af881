"""The caps on spending: what would break one is refused before anything is sent."""

from dataclasses import dataclass

from asset_forge.errors import CapReached
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.pipeline.registry import PipelineRegistry


@dataclass(frozen=True)
class Caps:
    """The caps and what is left of them, in credits; None where there is no cap."""

    per_day: float | None
    per_pipeline: float | None
    spent_today: float
    reserved_by_running: float
    left_today: float | None


class Budget:
    """Caps in credits, None for no cap. A day is one in UTC.

    What running pipelines may still spend counts as spent, so that several that fit one by one
    cannot break the cap together.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        registry: PipelineRegistry,
        per_day: float | None = None,
        per_pipeline: float | None = None,
    ) -> None:
        self._ledger = ledger
        self._registry = registry
        self.per_day = per_day
        self.per_pipeline = per_pipeline

    @property
    def reserved_credits(self) -> float:
        """Credits that running pipelines may still spend."""
        return sum(record.reserved_credits for record in self._registry.active())

    @property
    def left_today(self) -> float | None:
        """Credits that a new pipeline may cost today; None without a cap."""
        left = self._left_today()
        return None if left is None else max(0.0, left)

    async def ready(self) -> None:
        """Know what was spent today before anything is admitted. Raises StorageUnavailable."""
        await self._ledger.ready()

    @property
    def caps(self) -> Caps:
        return Caps(
            per_day=self.per_day,
            per_pipeline=self.per_pipeline,
            spent_today=self._ledger.credits_today,
            reserved_by_running=self.reserved_credits,
            left_today=self.left_today,
        )

    def refusal_of(self, estimated_credits: float) -> str | None:
        """Say why a new pipeline that may cost so much would be refused; None when it would not."""
        try:
            self.admit(estimated_credits)
        except CapReached as error:
            return error.message
        return None

    def admit(self, estimated_credits: float, *, already_reserved: float = 0.0) -> None:
        """Raise CapReached for a pipeline that may cost more than is left.

        `already_reserved` is what of it the registry counts already.
        """
        if estimated_credits <= 0:
            return
        if self.per_pipeline is not None and estimated_credits > self.per_pipeline:
            raise CapReached(
                f"This would cost up to {estimated_credits:g} credits, and one pipeline may cost "
                f"{self.per_pipeline:g} (FORGE_MAX_CREDITS_PER_PIPELINE); ask for less at once"
            )
        left = self._left_today(already_reserved)
        if left is not None and estimated_credits > left:
            raise CapReached(
                f"This would cost up to {estimated_credits:g} credits, and of today's "
                f"{self.per_day:g} (FORGE_MAX_CREDITS_PER_DAY) {max(0.0, left):g} are left; "
                "the next day begins at midnight UTC"
            )

    def _left_today(self, without: float = 0.0) -> float | None:
        """Return what is left beside reservations of `without`; less than 0 when it is too much."""
        if self.per_day is None:
            return None
        return self.per_day - self._ledger.credits_today - self.reserved_credits + without

    def authorise(self, record: PipelineRecord, most_credits: float) -> None:
        """Raise CapReached for a paid call of a running pipeline that would break a cap."""
        if most_credits <= 0:
            return
        spent = record.spent_credits
        if self.per_pipeline is not None and spent + most_credits > self.per_pipeline:
            raise CapReached(
                f"This call costs up to {most_credits:g} credits, and the pipeline has spent "
                f"{spent:g} of the {self.per_pipeline:g} it may (FORGE_MAX_CREDITS_PER_PIPELINE)"
            )
        today = self._ledger.credits_today
        if self.per_day is not None and today + most_credits > self.per_day:
            raise CapReached(
                f"This call costs up to {most_credits:g} credits, and {today:g} of today's "
                f"{self.per_day:g} (FORGE_MAX_CREDITS_PER_DAY) are spent; retry the "
                "pipeline after midnight UTC, or raise the cap"
            )
