"""GenerationService: checks a request to its end, then starts the pipeline that fulfils it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from asset_forge.domain.clock import now_ms
from asset_forge.domain.generation import GenerationConfig, ReferenceImage
from asset_forge.domain.ids import AssetId, new_pipeline_id
from asset_forge.domain.metadata import CONCEPT_ART
from asset_forge.domain.stages import (
    IMAGE_GENERATION,
    IMAGE_TO_3D,
    TEXT_INPUT,
    TEXTURE_GENERATION,
    StageStatus,
)
from asset_forge.errors import BadInput, Conflict, ForgeError, NotFound
from asset_forge.pictures import decode_data_url, to_png
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.records import PipelineRecord, StageRecord
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage
from asset_forge.services.generation_checks import check_generation, check_places_for_variants
from asset_forge.services.idempotency import RequestKey
from asset_forge.services.planning import (
    Plan,
    estimated_credits,
    plan_generation,
    planned_calls,
    remaining_credits,
    written_assets,
)
from asset_forge.services.stages import STAGES
from asset_forge.services.stages.base import GenerationJob
from asset_forge.services.tools import Tools
from asset_forge.storage.atomic import storage_errors, write_bytes

LARGEST_REFERENCE_BYTES = 25 * 1024 * 1024
REFERENCE_PICTURE = "reference.png"
GENERATION = "generation"
_MOST_DECODED_AT_ONCE = 2

FetchPicture = Callable[[str], Awaitable[bytes]]
ParseRequest = Callable[[Mapping[str, Any]], GenerationConfig]
FindReference = Callable[[GenerationConfig], Awaitable[bytes | None]]


class GenerationService:
    """Starts generations, and plans them again after a restart.

    `fetch_picture` brings the bytes of a reference image from a URL, safely; `parse_request` reads
    a recorded request the way the endpoint reads a new one.
    """

    def __init__(
        self,
        *,
        tools: Tools,
        registry: PipelineRegistry,
        budget: Budget,
        runner: PipelineRunner,
        fetch_picture: FetchPicture,
        parse_request: ParseRequest,
    ) -> None:
        self._tools = tools
        self._registry = registry
        self._budget = budget
        self._runner = runner
        self._fetch_picture = fetch_picture
        self._parse_request = parse_request
        self._decoding = asyncio.Semaphore(_MOST_DECODED_AT_ONCE)

    async def start(
        self, config: GenerationConfig, *, key: RequestKey | None = None
    ) -> PipelineRecord:
        """Check everything that can be checked before money is spent, and start the pipeline.

        `key` is written down with it. Raises BadInput, BadPicture, Conflict, CapReached,
        ProviderNotConfigured, StorageUnavailable or Unavailable; nothing is written or paid for
        then.
        """
        return await self._launch(config, self._given_reference, key)

    async def plan(self, config: GenerationConfig) -> Plan:
        """Check a request as `start` does and return what it would do. Sends and writes nothing.

        It holds no asset, and one that is over a cap is planned too. A reference image is decoded,
        but one that lies elsewhere is not fetched.
        """
        image = config.reference_image
        is_at_hand = image is not None and image.data_url is not None
        return await self._plan(config, self._given_reference if is_at_hand else None)

    async def plan_regeneration(self, base_id: AssetId) -> Plan:
        """Check and plan as `regenerate` would do."""
        return await self._plan(await self._config_of(base_id), self._kept_reference)

    async def regenerate(
        self, base_id: AssetId, *, key: RequestKey | None = None
    ) -> PipelineRecord:
        """Make a base again from its recorded request; the old model stays until the new is there.

        The variants that were asked for with it are made again too, since those of the old mesh
        would fit no more. Raises NotFound, Conflict when the asset has no recorded request, and
        what `start` raises.
        """
        return await self._launch(await self._config_of(base_id), self._kept_reference, key)

    async def present_metadata(self, asset_id: AssetId) -> dict[str, Any]:
        """Return the metadata of an asset as it is now. Raises NotFound."""
        return await asyncio.to_thread(self._tools.store.read_metadata, asset_id)

    async def plan_again(self, record: PipelineRecord) -> list[PlannedStage]:
        """Build the stages of a pipeline of an earlier run. Raises ForgeError."""
        return planned_stages(self._job(record))

    async def check_retry(self, record: PipelineRecord) -> float:
        """Raise what stands in the way of going on with a pipeline that had ended.

        Returns what going on may cost, in credits.
        """
        return await asyncio.to_thread(self._check_retry, record)

    def _check_retry(self, record: PipelineRecord) -> float:
        job = self._job(record)
        config = job.config
        is_drawn = record.stages[IMAGE_GENERATION].status.is_final
        if job.reference_path is not None and not is_drawn and not job.reference_path.is_file():
            raise Conflict(
                f"The reference image of {record.retry_of} is gone; start a new pipeline",
                code="too_late_to_retry",
            )
        self._check_asset_of_retry(record, config)
        still_to_do = [name for name, stage in record.stages.items() if not stage.status.is_final]
        calls = planned_calls(self._tools, config, stages=still_to_do)
        return remaining_credits(calls, record)

    def _check_asset_of_retry(self, record: PipelineRecord, config: GenerationConfig) -> None:
        is_made = record.stages[IMAGE_TO_3D].status.is_final
        if not config.make_model and is_made:
            self._tools.store.read_metadata(record.asset_id)
        elif self._has_published(record):
            pass
        elif is_made:
            raise Conflict(
                f"Asset {record.asset_id} is not the one that {record.retry_of} has made any more; "
                "start a new pipeline",
                code="asset_changed",
            )
        else:
            check_generation(self._tools, config)
        if config.make_variants and not record.stages[TEXTURE_GENERATION].status.is_final:
            made = {variant for variant in record.writes if self._has_made(record, variant)}
            check_places_for_variants(self._tools.store, config, made=made)

    def _has_made(self, record: PipelineRecord, variant_id: AssetId) -> bool:
        """Tell whether a variant that is there comes from this pipeline or one it retries."""
        task_id = record.task_of(f"{TEXTURE_GENERATION}/{variant_id}.submit")
        return task_id is not None and self._recorded(variant_id, "retextureTaskId") == task_id

    def _has_published(self, record: PipelineRecord) -> bool:
        """Tell whether the model that is there comes from this pipeline or one it retries."""
        task_id = record.task_of(f"{IMAGE_TO_3D}/model.submit")
        return task_id is not None and self._recorded(record.asset_id, "providerTaskId") == task_id

    def _recorded(self, asset_id: AssetId, key: str) -> object:
        try:
            return self._tools.store.read_metadata(asset_id).get(key)
        except NotFound:
            return None

    def _job(self, record: PipelineRecord) -> GenerationJob:
        plan = record.plan
        config = replace(
            self._parse_request({**plan["request"], "assetId": record.asset_id}),
            overwrite=plan["overwrite"],
            make_model=plan["makeModel"],
        )
        reference_path = self._runner.workspace(record) / REFERENCE_PICTURE
        return GenerationJob(
            config=config,
            tools=self._tools,
            started_at=record.created_at,
            replaces_asset=plan["replacesAsset"],
            reference_path=reference_path if plan["hasReference"] else None,
        )

    # --- where a reference image comes from ---

    async def _given_reference(self, config: GenerationConfig) -> bytes | None:
        reference = config.reference_image
        if reference is None or not config.make_model:
            return None
        fetched = None if reference.data_url else await self._fetch_picture(reference.url or "")
        # Decoded a picture takes many times its size, so only a few are at a time.
        async with self._decoding:
            return await asyncio.to_thread(_picture_of, reference, fetched)

    async def _kept_reference(self, config: GenerationConfig) -> bytes | None:
        """Take the concept art: the pixels of a reference image are not recorded elsewhere."""
        if config.reference_image is None:
            return None
        root = self._tools.store.root
        try:
            return await asyncio.to_thread(
                lambda: to_png(root.file(config.asset_id, CONCEPT_ART).read_bytes())
            )
        except (OSError, ForgeError):
            raise Conflict(
                f"The reference image of {config.asset_id} is gone: there is no readable "
                f"{CONCEPT_ART}",
                code="no_recorded_configuration",
            ) from None

    async def _config_of(self, base_id: AssetId) -> GenerationConfig:
        metadata = await asyncio.to_thread(self._tools.store.read_metadata, base_id)
        return self._recorded_config(base_id, metadata.get("generationConfig"))

    def _recorded_config(self, base_id: AssetId, recorded: object) -> GenerationConfig:
        if not isinstance(recorded, dict):
            raise Conflict(
                f"Asset {base_id} has no recorded configuration to make it from again; "
                "start a new pipeline with overwrite: true",
                code="no_recorded_configuration",
            )
        try:
            config = self._parse_request({**recorded, "assetId": base_id})
        except BadInput as error:
            raise Conflict(
                f"The recorded configuration of {base_id} cannot be used: {error.message}",
                code="no_recorded_configuration",
            ) from None
        return replace(config, overwrite=True, make_model=True)

    # --- the pipeline ---

    async def _plan(self, config: GenerationConfig, find_reference: FindReference | None) -> Plan:
        self._registry.require_free(_new_record(config))
        await asyncio.to_thread(check_generation, self._tools, config)
        await self._tools.prompts.require_readable()
        if find_reference is not None:
            await find_reference(config)
        calls = await asyncio.to_thread(planned_calls, self._tools, config)
        existing = await asyncio.to_thread(self._existing, written_assets(config))
        await self._budget.ready()
        return plan_generation(config, calls, existing, self._budget)

    def _existing(self, asset_ids: Collection[AssetId]) -> set[AssetId]:
        return {asset_id for asset_id in asset_ids if self._tools.store.exists(asset_id)}

    async def _launch(
        self,
        config: GenerationConfig,
        find_reference: FindReference,
        key: RequestKey | None,
    ) -> PipelineRecord:
        self._runner.require_open()
        record = _new_record(config)
        workspace = self._runner.workspace(record)
        try:
            with self._registry.reserved(record):
                exists = await asyncio.to_thread(check_generation, self._tools, config)
                await self._tools.prompts.require_readable()
                calls = await asyncio.to_thread(planned_calls, self._tools, config)
                await self._budget.ready()
                record.estimated_credits = estimated_credits(calls)
                self._budget.admit(
                    record.estimated_credits, already_reserved=record.reserved_credits
                )
                reference = await find_reference(config)
                if reference is not None:
                    await asyncio.to_thread(_write, workspace / REFERENCE_PICTURE, reference)
                # The plan holds no pixels: what the stages need of them lies in the workspace.
                record.plan = {
                    "request": dict(config.request),
                    "overwrite": config.overwrite,
                    "makeModel": config.make_model,
                    "replacesAsset": exists,
                    "hasReference": reference is not None,
                }
                await self._runner.start(
                    record,
                    planned_stages(self._job(record)),
                    key=key.key if key else None,
                    fingerprint=key.fingerprint if key else "",
                )
        except Exception:
            shutil.rmtree(workspace, ignore_errors=True)  # one small folder, if there is any
            raise
        return record


def _picture_of(reference: ReferenceImage, fetched: bytes | None) -> bytes:
    data = fetched
    if data is None:
        data = decode_data_url(reference.data_url or "", max_bytes=LARGEST_REFERENCE_BYTES)
    return to_png(data)


def planned_stages(job: GenerationJob) -> list[PlannedStage]:
    """Return the stages that a request wants, bound to it."""
    return [
        PlannedStage(
            name=spec.name,
            run=partial(spec.run, job=job),
            progress_after=spec.progress_after(job.config),
            essential=spec.essential,
        )
        for spec in STAGES
        if spec.wanted(job.config)
    ]


def _new_record(config: GenerationConfig) -> PipelineRecord:
    text_input = StageRecord(
        status=StageStatus.COMPLETED, progress=100, result={"description": config.description}
    )
    stages = {TEXT_INPUT: text_input}
    stages.update((spec.name, StageRecord()) for spec in STAGES if spec.wanted(config))
    return PipelineRecord(
        id=new_pipeline_id(now_ms()),
        asset_id=config.asset_id,
        stages=stages,
        kind=GENERATION,
        writes=frozenset(written_assets(config)),
    )


def _write(path: Path, data: bytes) -> None:
    with storage_errors("keep the reference image"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
