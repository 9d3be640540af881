"""What a request will do and cost at the most, before anything is sent.

Who does what follows the rules of the stages themselves. Whether it may be spent is decided in
`pipeline/budget`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId, variant_id_for
from asset_forge.domain.quality import Quality
from asset_forge.domain.stages import (
    IMAGE_GENERATION,
    IMAGE_TO_3D,
    PROMPT_OPTIMIZATION,
    RIGGING,
    TEXTURE_GENERATION,
)
from asset_forge.pipeline.budget import Budget, Caps
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.providers.base import Receipt, TaskKind, TaskProvider
from asset_forge.services.stages import STAGES
from asset_forge.services.tools import Tools
from asset_forge.services.variants import pick_retexturer


@dataclass(frozen=True)
class PlannedCall:
    """Calls of one kind to one provider; `keys` are what the journal will know each of them by.

    `credits_each` is what one costs at the most. `usd_each` is what it costs by a price list; None
    where no price is known, as for all that is paid in credits.
    """

    stage: str
    provider: str
    model: str | None
    keys: tuple[str, ...]
    credits_each: float = 0.0
    usd_each: float | None = None

    @property
    def count(self) -> int:
        return len(self.keys)

    @property
    def credits(self) -> float:
        return self.count * self.credits_each

    @property
    def usd(self) -> float | None:
        return None if self.usd_each is None else self.count * self.usd_each


@dataclass(frozen=True)
class PlannedAsset:
    """An asset that would be written; one that `exists` would be changed or replaced."""

    asset_id: AssetId
    exists: bool


@dataclass(frozen=True)
class Plan:
    """All that a request would do. `refusal` says why it would not be started for its cost."""

    asset_id: AssetId
    calls: Sequence[PlannedCall]
    skipped: Mapping[str, str]
    """Why, by the stages that would have nothing to do."""
    writes: Sequence[PlannedAsset]
    quality: Quality | None
    """None when no model is made."""
    caps: Caps
    refusal: str | None

    @property
    def estimated_credits(self) -> float:
        return estimated_credits(self.calls)

    @property
    def estimated_usd(self) -> float | None:
        """Dollars for what has a price; None when nothing has one."""
        known = [call.usd for call in self.calls if call.usd is not None]
        return round(sum(known), 6) if known else None


def plan_generation(
    config: GenerationConfig,
    calls: Sequence[PlannedCall],
    existing: Collection[AssetId],
    budget: Budget,
) -> Plan:
    """Put together the plan of a generation; `existing` are those of its assets that are there."""
    return Plan(
        asset_id=config.asset_id,
        calls=calls,
        skipped=skipped_stages(config),
        writes=[PlannedAsset(id_, id_ in existing) for id_ in written_assets(config)],
        quality=config.quality if config.make_model else None,
        caps=budget.caps,
        refusal=budget.refusal_of(estimated_credits(calls)),
    )


def plan_retexture(maker: TaskProvider, variant_id: AssetId, budget: Budget) -> Plan:
    """Put together the plan of a retexture, whose variant is not there yet."""
    calls = [retexture_call(maker, variant_id)]
    return Plan(
        asset_id=variant_id,
        calls=calls,
        skipped={},
        writes=[PlannedAsset(variant_id, exists=False)],
        quality=None,
        caps=budget.caps,
        refusal=budget.refusal_of(estimated_credits(calls)),
    )


def planned_calls(
    tools: Tools, config: GenerationConfig, *, stages: Collection[str] | None = None
) -> list[PlannedCall]:
    """Return the provider calls of a generation in their order, or of some of its stages. Blocking.

    A model that is not to be made has to be there. Raises NotFound, Conflict when its maker cannot
    paint it, ProviderNotConfigured.
    """
    wanted = [
        spec.name
        for spec in STAGES
        if spec.wanted(config)
        and spec.why_skipped(config) is None
        and (stages is None or spec.name in stages)
    ]
    calls = []
    if PROMPT_OPTIMIZATION in wanted and (writer := tools.ai.text(config.provider)) is not None:
        calls.append(_one_call(PROMPT_OPTIMIZATION, "write", writer.text_estimate()))
    if IMAGE_GENERATION in wanted:
        artist = tools.ai.pictures(config.provider)
        calls.append(_one_call(IMAGE_GENERATION, "draw", artist.picture_estimate()))
    if IMAGE_TO_3D in wanted:
        calls.append(_shape_call(tools, config))
    if TEXTURE_GENERATION in wanted:
        calls.append(_paint_calls(tools, config, is_new=IMAGE_TO_3D in wanted))
    if RIGGING in wanted:
        maker = tools.ai.tasks(config.provider)
        calls.append(_task_calls(RIGGING, maker, TaskKind.RIGGING, ["rig"]))
    return calls


def retexture_call(maker: TaskProvider, variant_id: AssetId) -> PlannedCall:
    """Return the call that makes one variant of a base that is there."""
    return _task_calls(TEXTURE_GENERATION, maker, TaskKind.RETEXTURE, [variant_id])


def skipped_stages(config: GenerationConfig) -> dict[str, str]:
    """Return the listed stages that would have nothing to do for a request, and why."""
    reasons = {spec.name: spec.why_skipped(config) for spec in STAGES if spec.wanted(config)}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def written_assets(config: GenerationConfig) -> list[AssetId]:
    """Return the ids of the base and its variants."""
    presets = config.material_presets if config.make_variants else ()
    variants = (variant_id_for(config.asset_id, preset.id) for preset in presets)
    return [config.asset_id, *variants]


def estimated_credits(calls: Sequence[PlannedCall]) -> float:
    return sum(call.credits for call in calls)


def remaining_credits(calls: Sequence[PlannedCall], record: PipelineRecord) -> float:
    """Return what planned calls cost at the most, without those that a pipeline has made already.

    A call whose answer was lost may have to be made again.
    """
    return sum(
        call.credits_each
        for call in calls
        for key in call.keys
        if (made := record.calls.get(key)) is None or made.result is None
    )


def _one_call(stage: str, key: str, estimate: Receipt) -> PlannedCall:
    usd = estimate.cost.usd
    return PlannedCall(stage, estimate.provider, estimate.model, (f"{stage}/{key}",), usd_each=usd)


def _shape_call(tools: Tools, config: GenerationConfig) -> PlannedCall:
    maker, kind = tools.ai.tasks(config.provider), TaskKind.IMAGE_TO_3D
    credits_each = maker.estimate_credits(
        kind, texture_px=config.profile.texture_px, quality=config.quality
    )
    model = maker.model_for(kind, config.quality)
    keys = (f"{IMAGE_TO_3D}/model.submit",)
    return PlannedCall(IMAGE_TO_3D, maker.name, model, keys, credits_each)


def _paint_calls(tools: Tools, config: GenerationConfig, *, is_new: bool) -> PlannedCall:
    if is_new:
        # Who has just made the base can paint it.
        maker = tools.ai.tasks(config.provider)
    else:
        base = tools.store.read_metadata(config.asset_id)
        maker, _ = pick_retexturer(tools, config.provider, base, config.asset_id)
    variants = written_assets(config)[1:]
    return _task_calls(TEXTURE_GENERATION, maker, TaskKind.RETEXTURE, variants)


def _task_calls(
    stage: str, maker: TaskProvider, kind: TaskKind, names: Sequence[str]
) -> PlannedCall:
    keys = tuple(f"{stage}/{name}.submit" for name in names)
    return PlannedCall(stage, maker.name, maker.model_for(kind), keys, maker.estimate_credits(kind))
