"""Who else wants to hear of what the engine does: metrics, by way of the wiring."""

from typing import Protocol

from asset_forge.domain.costs import Charge


class PipelineObserver(Protocol):
    """Is told of things as they happen; must neither wait nor raise."""

    def stage_ended(self, stage: str, status: str, seconds: float) -> None: ...

    def pipeline_ended(self, kind: str, status: str) -> None: ...

    def charged(self, charge: Charge) -> None:
        """Hear of an amount that is certain."""
        ...


class NoObserver:
    """Fulfils PipelineObserver by doing nothing."""

    def stage_ended(self, stage: str, status: str, seconds: float) -> None: ...

    def pipeline_ended(self, kind: str, status: str) -> None: ...

    def charged(self, charge: Charge) -> None: ...
