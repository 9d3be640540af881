"""The services with makers of this test alone: no network, no processes, every call counted."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asset_forge.domain.generation import GenerationConfig, Subject
from asset_forge.domain.quality import Quality
from asset_forge.errors import BadInput, ProviderError
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.database import Database
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.records import PipelineRecord
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner
from asset_forge.providers.base import (
    Cost,
    DrawnPicture,
    Fetched,
    Job,
    Receipt,
    RetextureJob,
    RigJob,
    TaskKind,
    TaskState,
    TaskStatus,
    WrittenText,
)
from asset_forge.schemas.generation import GenerationRequest, parse_recorded_request
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.generation import GENERATION, GenerationService
from asset_forge.services.pipelines import PipelineService
from asset_forge.services.prompt_files import PromptFiles
from asset_forge.services.prompts import PromptService
from asset_forge.services.retexture import RETEXTURE, RetextureService
from asset_forge.services.tools import Tools
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from asset_forge.workers import WorkerPool
from tests.fakes import models, pictures
from tests.fakes.workers import ThreadWorkers, quick_renderers
from tests.support.service import words

PICTURE = pictures.png(size_px=32)
BOX = models.textured_box()
LONGEST_RUN_S = 60.0


class Writer:
    """A maker of words."""

    name = "openai"

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None

    def text_estimate(self) -> Receipt:
        return Receipt("openai", "gpt-test", cost=Cost(usd=0.001))

    async def write(self, *, system: str, user: str) -> WrittenText:
        self.calls += 1
        if self.error:
            raise self.error
        receipt = Receipt("openai", "gpt-test", cost=Cost(usage={"total_tokens": 7}))
        return WrittenText("a splendid sword", receipt)


class Artist:
    """A maker of pictures."""

    name = "openai"

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def picture_estimate(self) -> Receipt:
        return Receipt("openai", "image-test", cost=Cost(usd=0.04))

    async def draw(self, *, prompt: str, subject: Subject) -> DrawnPicture:
        self.prompts.append(prompt)
        receipt = Receipt("openai", "image-test", cost=Cost(usage={"total_tokens": 9}))
        return DrawnPicture(PICTURE, "image/png", "32x32", "medium", receipt)


class Maker:
    """A maker of shapes, surfaces and rigs; `hold` keeps its tasks from ending while it is set.

    A material whose preset id is in `broken` fails, one in `faulty` meets a mistake of this maker;
    so does a rig when "rig" is in `broken`. `cancels` is what comes of calling a task off.
    """

    poll_interval_s = 0.0

    def __init__(self, name: str, *, model: bytes = BOX) -> None:
        self.name = name
        self.model = model
        self.rig_outputs: tuple[str, ...] = ("rigged", "walking", "running")
        self.jobs: list[Job] = []
        self.cancelled: list[str] = []
        self.broken: set[str] = set()
        self.faulty: set[str] = set()
        self.hold = False
        self.submitted = asyncio.Event()
        self.error: ProviderError | None = None
        self.known: set[str] = set()
        self.lost: str | None = None
        self.cancels: bool | Exception = True

    def deadline_s(self, job: Job) -> float:
        return LONGEST_RUN_S

    def model_for(self, kind: TaskKind, quality: Quality = Quality.STANDARD) -> str | None:
        return "model-test"

    def estimate_credits(
        self, kind: TaskKind, *, texture_px: int = 2048, quality: Quality = Quality.STANDARD
    ) -> float:
        return 10.0

    async def submit(self, job: Job) -> str:
        if self.error:
            raise self.error
        self.jobs.append(job)
        self.submitted.set()
        return f"{self.name}-{len(self.jobs)}"

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        await asyncio.sleep(0)
        job = self.jobs[int(task_id.rpartition("-")[2]) - 1]
        preset_id = job.preset.id if isinstance(job, RetextureJob) else ""
        if isinstance(job, RigJob):
            preset_id = "rig"
        if preset_id in self.faulty:
            raise KeyError("a mistake")
        if preset_id in self.broken:
            return TaskStatus(TaskState.FAILED, error="the surface tore")
        if self.hold:
            return TaskStatus(TaskState.RUNNING, progress=50)
        names = self.rig_outputs if isinstance(job, RigJob) else ("model",)
        receipt = Receipt(self.name, "model-test", task_id, Cost(credits=10))
        outputs = {name: f"{task_id}/{name}" for name in names}
        return TaskStatus(TaskState.SUCCEEDED, 100, outputs, receipt)

    async def fetch(self, output: str, destination: Path) -> Fetched:
        name = output.rpartition("/")[2]
        data = self.model if name == "model" else models.rigged_figure(name)
        await asyncio.to_thread(destination.write_bytes, data)
        return Fetched(destination, len(data), hashlib.sha256(data).hexdigest())

    def know(self, task_id: str) -> None:
        self.known.add(task_id)

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        return self.lost

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        self.cancelled.append(task_id)
        if isinstance(self.cancels, Exception):
            raise self.cancels
        return self.cancels

    def presets(self) -> list[str]:
        """Return the ids of the materials that were ordered."""
        return [job.preset.id for job in self.jobs if isinstance(job, RetextureJob)]


@dataclass
class Workshop:
    """Services over one folder; None in the place of a maker means that it has no key."""

    root: Path
    writer: Writer | None = field(default_factory=Writer)
    artist: Artist | None = field(default_factory=Artist)
    meshy: Maker | None = None
    greybox: Maker | None = None
    fetched: list[str] = field(default_factory=list)
    instead: dict[str, Any] = field(default_factory=quick_renderers)
    credits_per_day: float | None = None
    credits_per_pipeline: float | None = None
    max_active: int = 20

    def __post_init__(self) -> None:
        asset_root = AssetRoot(self.root)
        self.store = AssetStore(asset_root)
        self.ai = AICreationService(
            text=self.writer,
            pictures=self.artist,
            sight=None,
            tasks=self.meshy,
            greybox_pictures=None,
            greybox_sight=None,
            greybox_tasks=self.greybox,
        )
        self.prompt_folder = self.root.parent / "prompts"
        self.tools = Tools(
            ai=self.ai,
            prompts=PromptService(files=PromptFiles(self.prompt_folder)),
            store=self.store,
            workers=_workers(self.instead),
        )
        self.registry = PipelineRegistry()
        self.database = Database(asset_root.state_dir / "journal.db")
        self.journal = Journal(self.database, root=self.root)
        self.ledger = Ledger(self.database, find=self.registry.find)
        self.budget = Budget(
            ledger=self.ledger,
            registry=self.registry,
            per_day=self.credits_per_day,
            per_pipeline=self.credits_per_pipeline,
        )
        self.runner = PipelineRunner(
            registry=self.registry,
            journal=self.journal,
            ledger=self.ledger,
            budget=self.budget,
            workspaces=asset_root.state_dir / "work",
            max_active=self.max_active,
        )
        self.generation = GenerationService(
            tools=self.tools,
            registry=self.registry,
            budget=self.budget,
            runner=self.runner,
            fetch_picture=self._fetch,
            parse_request=parse_recorded_request,
        )
        self.retexture = RetextureService(
            tools=self.tools, registry=self.registry, budget=self.budget, runner=self.runner
        )
        self.pipelines = PipelineService(
            tools=self.tools,
            registry=self.registry,
            journal=self.journal,
            ledger=self.ledger,
            budget=self.budget,
            runner=self.runner,
            planners={GENERATION: self.generation, RETEXTURE: self.retexture},
        )

    async def order(self, **fields: Any) -> PipelineRecord:
        """Start a generation whose shape is ordered and not finished before `hold` is taken off."""
        assert self.meshy is not None
        self.meshy.hold = True
        self.meshy.submitted.clear()
        record = await self.generation.start(config(**fields))
        async with asyncio.timeout(LONGEST_RUN_S):
            await self.meshy.submitted.wait()
            while record.task_of("image3D/model.submit") is None:
                await asyncio.sleep(0)
        return record

    async def close(self) -> None:
        """Stop as the service does."""
        await self.runner.close()
        await self.database.close()

    async def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if "gone" in url:
            raise BadInput("no such picture")
        return PICTURE

    async def generate(self, **fields: Any) -> PipelineRecord:
        """Start a generation by a request and wait for its end."""
        return await self.end(await self.generation.start(config(**fields)))

    async def end(self, record: PipelineRecord) -> PipelineRecord:
        await asyncio.wait_for(record.finished.wait(), LONGEST_RUN_S)
        return record

    def put(self, asset_id: str, **metadata: Any) -> Path:
        """Put an asset with a model into the library."""
        folder = self.root / asset_id
        folder.mkdir()
        (folder / "metadata.json").write_text(json.dumps({"name": asset_id, **metadata}))
        (folder / f"{asset_id}.glb").write_bytes(BOX)
        return folder

    def metadata(self, asset_id: str) -> dict[str, Any]:
        return self.store.read_metadata(asset_id)

    def assets(self) -> set[str]:
        return {path.name for path in self.root.iterdir() if not path.name.startswith(".")}

    def workspaces(self) -> list[str]:
        work = self.root / ".forge" / "work"
        return sorted(path.name for path in work.iterdir()) if work.is_dir() else []

    @property
    def paid_calls(self) -> int:
        makers = (self.meshy, self.greybox)
        return (
            (self.writer.calls if self.writer else 0)
            + (len(self.artist.prompts) if self.artist else 0)
            + sum(len(maker.jobs) for maker in makers if maker)
        )


@asynccontextmanager
async def workshop(folder: Path, **makers: Any) -> AsyncIterator[Workshop]:
    """Open a workshop with Meshy, unless told otherwise, and stop its pipelines at the end."""
    root = folder / "gdd-assets"
    root.mkdir(exist_ok=True)
    shop = Workshop(root, **{"meshy": Maker("meshy"), **makers})
    try:
        yield shop
    finally:
        await shop.close()


def config(**fields: Any) -> GenerationConfig:
    """Read a request as the endpoint does."""
    return GenerationRequest.model_validate(words(**fields)).to_config()


def _workers(instead: dict[str, Any]) -> WorkerPool:
    threads: Any = ThreadWorkers(instead=instead)
    pool: WorkerPool = threads
    return pool
