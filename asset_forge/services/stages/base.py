"""What every stage is given, and what a stage says of itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId
from asset_forge.pipeline.context import JsonObject, StageContext
from asset_forge.services.tools import Tools


@dataclass(frozen=True)
class GenerationJob:
    """One generation, as its stages see it.

    `replaces_asset` is true when the asset is there already and its model is to be replaced.
    `reference_path` is the caller's picture as PNG, in the workspace of the run.
    """

    config: GenerationConfig
    tools: Tools
    started_at: str
    replaces_asset: bool = False
    reference_path: Path | None = None

    @property
    def asset_id(self) -> AssetId:
        return self.config.asset_id


class StageFunction(Protocol):
    """A stage: one function that can run again."""

    def __call__(self, ctx: StageContext, job: GenerationJob) -> Awaitable[JsonObject]: ...


@dataclass(frozen=True)
class StageSpec:
    """A stage's place in a pipeline.

    `wanted` says whether the stage is listed for a request; `progress_after` is the pipeline's
    progress in percent when it has ended. When an `essential` stage fails, the pipeline fails.
    `why_skipped` tells why there is nothing to do for a request; None when there is.
    """

    name: str
    run: StageFunction
    wanted: Callable[[GenerationConfig], bool]
    progress_after: Callable[[GenerationConfig], float]
    essential: bool = False
    why_skipped: Callable[[GenerationConfig], str | None] = lambda _: None
