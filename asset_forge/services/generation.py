"""GenerationService: checks a request to its end, then starts the pipeline that fulfils it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from asset_forge.domain.clock import now_ms
from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId, new_pipeline_id, variant_id_for
from asset_forge.domain.metadata import CONCEPT_ART
from asset_forge.domain.stages import TEXT_INPUT, PipelineStatus, StageStatus
from asset_forge.errors import BadInput, Conflict, ForgeError, NotFound
from asset_forge.pictures import decode_data_url, to_png
from asset_forge.pipeline.context import JsonObject
from asset_forge.pipeline.registry import PipelineRecord, PipelineRegistry, StageRecord
from asset_forge.pipeline.runner import PipelineRunner, PlannedStage
from asset_forge.services.generation_checks import check_generation
from asset_forge.services.stages import STAGES
from asset_forge.services.stages.base import GenerationJob
from asset_forge.services.tools import Tools
from asset_forge.storage.atomic import storage_errors

LARGEST_REFERENCE_BYTES = 25 * 1024 * 1024
REFERENCE_PICTURE = "reference.png"

FetchPicture = Callable[[str], Awaitable[bytes]]
ParseRequest = Callable[[Mapping[str, Any]], GenerationConfig]
FindReference = Callable[[GenerationConfig], Awaitable[bytes | None]]


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

        Raises BadInput, BadPicture, Conflict, ProviderNotConfigured or StorageUnavailable;
        nothing is written or paid for then.
        """
        return await self._launch(config, self._given_reference)

    async def regenerate(self, base_id: AssetId) -> tuple[PipelineRecord, dict[str, Any]]:
        """Make a base again from its recorded request; the old model stays until the new is there.

        The variants that were asked for with it are made again too, since those of the old mesh
        would fit no more. Returns the pipeline and the asset's present metadata. Raises NotFound,
        Conflict when the asset has no recorded request, and what `start` raises.
        """
        metadata = await asyncio.to_thread(self._tools.store.read_metadata, base_id)
        config = self._recorded_config(base_id, metadata.get("generationConfig"))
        return await self._launch(config, self._kept_reference), metadata

    def status(self, pipeline_id: str) -> JsonObject:
        """Tell how a pipeline stands, from memory alone. Raises NotFound."""
        return self._registry.get(pipeline_id).to_json()

    async def picture(self, pipeline_id: str) -> Path:
        """Return where the concept art of a pipeline lies. Raises NotFound."""
        return await asyncio.to_thread(self._find_picture, self._registry.get(pipeline_id))

    def _find_picture(self, record: PipelineRecord) -> Path:
        folders = [self._runner.workspace(record)]
        # Until it has ended well, what lies in the asset's folder is the picture of an older run.
        if record.status is PipelineStatus.COMPLETED:
            folders.append(self._tools.store.root.folder(record.asset_id))
        for folder in folders:
            if (folder / CONCEPT_ART).is_file():
                return folder / CONCEPT_ART
        raise NotFound("File not found", code="file_not_found")

    # --- where a reference image comes from ---

    async def _given_reference(self, config: GenerationConfig) -> bytes | None:
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

    async def _kept_reference(self, config: GenerationConfig) -> bytes | None:
        """Take the concept art: the pixels of a reference image are not recorded elsewhere."""
        if config.reference_image is None:
            return None
        path = self._tools.store.root.folder(config.asset_id) / CONCEPT_ART
        try:
            return await asyncio.to_thread(lambda: to_png(path.read_bytes()))
        except (OSError, ForgeError):
            raise Conflict(
                f"The reference image of {config.asset_id} is gone: there is no readable "
                f"{CONCEPT_ART}",
                code="no_recorded_configuration",
            ) from None

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

    async def _launch(
        self, config: GenerationConfig, find_reference: FindReference
    ) -> PipelineRecord:
        record = _new_record(config)
        workspace = self._runner.workspace(record)
        try:
            with self._registry.reserved(record):
                exists = await asyncio.to_thread(check_generation, self._tools, config)
                await self._tools.prompts.require_readable()
                reference = await find_reference(config)
                reference_path = None
                if reference is not None:
                    reference_path = workspace / REFERENCE_PICTURE
                    await asyncio.to_thread(_write, reference_path, reference)
                # The stages get no pixels: what they need lies in the workspace.
                image = config.reference_image
                kept = replace(image, data_url=None) if image else None
                job = GenerationJob(
                    config=replace(config, reference_image=kept),
                    tools=self._tools,
                    started_at=record.created_at,
                    replaces_asset=exists,
                    reference_path=reference_path,
                )
                self._runner.start(record, planned_stages(job))
        except BaseException:
            shutil.rmtree(workspace, ignore_errors=True)  # one small folder, if there is any
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
    presets = config.material_presets if config.make_variants else ()
    text_input = StageRecord(
        status=StageStatus.COMPLETED, progress=100, result={"description": config.description}
    )
    stages = {TEXT_INPUT: text_input}
    stages.update((spec.name, StageRecord()) for spec in STAGES if spec.wanted(config))
    return PipelineRecord(
        id=new_pipeline_id(now_ms()),
        asset_id=config.asset_id,
        stages=stages,
        writes=frozenset(
            {config.asset_id, *(variant_id_for(config.asset_id, preset.id) for preset in presets)}
        ),
    )


def _write(path: Path, data: bytes) -> None:
    with storage_errors("keep the reference image"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
