"""GenerationService: checks a request to its end, then starts the pipeline that fulfils it."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from asset_forge.domain.clock import iso_now, now_ms
from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId, new_pipeline_id, parse_asset_id
from asset_forge.domain.metadata import CONCEPT_ART, variant_id_for
from asset_forge.domain.stages import TEXT_INPUT, StageStatus
from asset_forge.errors import BadInput, Conflict, ForgeError, NotFound, StorageUnavailable
from asset_forge.pictures import decode_data_url, to_png
from asset_forge.pipeline.context import JsonObject
from asset_forge.pipeline.registry import PipelineRecord, PipelineRegistry, StageRecord
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage
from asset_forge.services.stages import STAGES
from asset_forge.services.stages.base import GenerationJob
from asset_forge.services.tools import Tools

NEEDED_DISK_BYTES = 256 * 1024 * 1024
LARGEST_REFERENCE_BYTES = 25 * 1024 * 1024
REFERENCE_PICTURE = "reference.png"

FetchPicture = Callable[[str], Awaitable[bytes]]
ParseRequest = Callable[[Mapping[str, Any]], GenerationConfig]


class GenerationService:
    """Starts generations and tells how they stand.

    `fetch_picture` brings the bytes of a reference image from a URL, safely; `parse_request` reads
    a recorded request the way the endpoint reads a new one.
    """

    def __init__(
        self,
        *,
        tools: Tools,
        registry: PipelineRegistry,
        runner: PipelineRunner,
        fetch_picture: FetchPicture,
        parse_request: ParseRequest,
    ) -> None:
        self._tools = tools
        self._registry = registry
        self._runner = runner
        self._fetch_picture = fetch_picture
        self._parse_request = parse_request

    async def start(self, config: GenerationConfig) -> PipelineRecord:
        """Check everything that can be checked before money is spent, and start the pipeline.

        Raises BadInput, BadPicture, Conflict, NotFound, ProviderNotConfigured or
        StorageUnavailable; nothing is written or paid for then.
        """
        replaces = await asyncio.to_thread(self._check_target, config)
        await self._tools.prompts.require_readable()
        reference = await self._reference_png(config)
        return await self._launch(config, reference=reference, replaces=replaces)

    async def regenerate(self, base_id: AssetId) -> tuple[PipelineRecord, dict[str, Any]]:
        """Make a base again from its recorded request; the old model stays until the new is there.

        Returns the pipeline and the asset's present metadata. Raises NotFound, or Conflict when
        the asset has no recorded request.
        """
        metadata = await asyncio.to_thread(self._tools.store.read_metadata, base_id)
        recorded = metadata.get("generationConfig")
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
        config = replace(config, overwrite=True, make_model=True)
        reference = None
        if config.reference_image is not None:
            # The pixels of a reference image are not recorded: it lives on as the concept art.
            reference = await asyncio.to_thread(self._kept_reference, base_id)
        record = await self._launch(config, reference=reference, replaces=True)
        return record, metadata

    def status(self, pipeline_id: str) -> JsonObject:
        """Tell how a pipeline stands, from memory alone. Raises NotFound."""
        return self._registry.get(pipeline_id).to_json()

    async def picture(self, pipeline_id: str) -> Path:
        """Return where the concept art of a pipeline lies. Raises NotFound."""
        return await asyncio.to_thread(self._find_picture, self._registry.get(pipeline_id))

    def _find_picture(self, record: PipelineRecord) -> Path:
        for folder in (
            self._runner.workspace(record),
            self._tools.store.root.folder(record.asset_id),
        ):
            if (folder / CONCEPT_ART).is_file():
                return folder / CONCEPT_ART
        raise NotFound("File not found")

    # --- checks before the first paid call ---

    def _check_target(self, config: GenerationConfig) -> bool:
        store, ai = self._tools.store, self._tools.ai
        _check_disk(store.root.path)
        if config.make_model:
            ai.tasks(config.provider)
            if config.reference_image is None:
                ai.pictures(config.provider)
        exists = store.exists(config.asset_id)
        if not config.make_model and not exists:
            raise BadInput(
                "enableGeneration is false, so assetId must name an asset that exists; "
                f"there is no {config.asset_id}"
            )
        if config.make_model and exists and not config.overwrite:
            raise Conflict(
                f"Asset {config.asset_id} already exists; send overwrite: true to replace it",
                code="asset_exists",
            )
        if exists:
            self._check_readable(config.asset_id)
        else:
            store.require_free(config.asset_id)
        for preset in config.material_presets if config.make_variants else ():
            self._check_variant(variant_id_for(config.asset_id, preset.id), config.overwrite)
        return exists

    def _check_variant(self, variant_id: str, overwrite: bool) -> None:
        store = self._tools.store
        if not store.exists(parse_asset_id(variant_id)):
            store.require_free(variant_id)
        elif not overwrite:
            raise Conflict(
                f"Variant {variant_id} already exists; send overwrite: true to replace it",
                code="asset_exists",
            )
        else:
            self._check_readable(variant_id)

    def _check_readable(self, asset_id: str) -> None:
        try:
            self._tools.store.read_metadata(asset_id)
        except NotFound:
            raise Conflict(
                f"The metadata.json of {asset_id} cannot be read, so nothing can be put there; "
                "mend it, or delete the asset",
                code="metadata_unreadable",
            ) from None

    async def _reference_png(self, config: GenerationConfig) -> bytes | None:
        reference = config.reference_image
        if reference is None or not config.make_model:
            return None
        if reference.data_url is not None:
            data = await asyncio.to_thread(
                decode_data_url, reference.data_url, max_bytes=LARGEST_REFERENCE_BYTES
            )
        else:
            data = await self._fetch_picture(reference.url or "")
        return await asyncio.to_thread(to_png, data)

    def _kept_reference(self, base_id: AssetId) -> bytes:
        path = self._tools.store.root.folder(base_id) / CONCEPT_ART
        try:
            return to_png(path.read_bytes())
        except (OSError, ForgeError):
            raise Conflict(
                f"The reference image of {base_id} is gone: there is no readable {CONCEPT_ART}",
                code="no_recorded_configuration",
            ) from None

    # --- the pipeline ---

    async def _launch(
        self, config: GenerationConfig, *, reference: bytes | None, replaces: bool
    ) -> PipelineRecord:
        record = _new_record(config)
        reference_path = None
        if reference is not None:
            workspace = self._runner.workspace(record)
            reference_path = workspace / REFERENCE_PICTURE
            await asyncio.to_thread(_write_reference, reference_path, reference)
        # The stages get no pixels: what they need lies in the workspace.
        image = config.reference_image
        kept = replace(config, reference_image=replace(image, data_url=None) if image else None)
        job = GenerationJob(
            config=kept,
            tools=self._tools,
            started_at=record.created_at,
            replaces_asset=replaces,
            reference_path=reference_path,
        )
        try:
            self._runner.start(record, planned_stages(job))
        except Conflict:
            await asyncio.to_thread(
                shutil.rmtree, self._runner.workspace(record), ignore_errors=True
            )
            raise
        return record


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
    variants = {
        parse_asset_id(variant_id_for(config.asset_id, preset.id))
        for preset in config.material_presets
        if config.make_variants
    }
    text_input = StageRecord(
        status=StageStatus.COMPLETED, progress=100, result={"description": config.description}
    )
    stages = {TEXT_INPUT: text_input}
    stages.update((spec.name, StageRecord()) for spec in STAGES if spec.wanted(config))
    return PipelineRecord(
        id=new_pipeline_id(now_ms()),
        asset_id=config.asset_id,
        stages=stages,
        writes=frozenset({config.asset_id} | variants),
        created_at=iso_now(),
    )


def _write_reference(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _check_disk(root: Path) -> None:
    try:
        free_bytes = shutil.disk_usage(root).free
    except OSError as error:
        raise StorageUnavailable(f"The asset folder cannot be used: {error.strerror}") from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise StorageUnavailable("The asset folder cannot be written by this service")
    if free_bytes < NEEDED_DISK_BYTES:
        raise StorageUnavailable(
            f"Only {free_bytes // 2**20} MB are free where the assets are kept; "
            f"{NEEDED_DISK_BYTES // 2**20} MB are needed to start a generation",
            code="disk_full",
        )
