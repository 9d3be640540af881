"""Makers in the test's own process that outlive the service, and count like the fakes do."""

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from asset_forge.domain.quality import Quality
from asset_forge.errors import ProviderError
from asset_forge.providers.base import (
    Cost,
    Fetched,
    Job,
    Receipt,
    RigJob,
    ShapeJob,
    TaskKind,
    TaskState,
    TaskStatus,
)
from tests.crash.invariants import CREDITS
from tests.fakes import models

CREDITS_EACH = 10
BOX, FIGURE = models.textured_box(), models.tpose_figure()
RIGGED = {name: models.rigged_figure(name) for name in ("walking", "running")}
RIGGED["rigged"] = models.rigged_figure()


@dataclass
class RemoteTask:
    """A task over there. It runs as long as its maker holds it."""

    id: str
    job: Job
    fails: bool = False
    status: str = "RUNNING"
    credits: int = CREDITS_EACH

    @property
    def kind(self) -> str:
        return self.job.kind


@dataclass
class RemoteMaker:
    """Fulfils TaskProvider; `known` is what the present run of the service was told of.

    While `holds` is set no task ends. The next `failures` tasks will fail, which costs nothing.
    """

    name: str = "meshy"
    poll_interval_s: float = 0.0
    credits: int = CREDITS
    tasks: dict[str, RemoteTask] = field(default_factory=dict)
    created: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    holds: bool = False
    failures: int = 0

    def deadline_s(self, job: Job) -> float:
        return 3600.0

    def model_for(self, kind: TaskKind, quality: Quality = Quality.STANDARD) -> str | None:
        return "model-test"

    def estimate_credits(
        self, kind: TaskKind, *, texture_px: int = 2048, quality: Quality = Quality.STANDARD
    ) -> float:
        return CREDITS_EACH

    async def submit(self, job: Job) -> str:
        await asyncio.sleep(0)  # on its way there
        number = self.created.total() + 1
        task = RemoteTask(f"{self.name}-{number}", job, fails=self.failures > 0)
        self.failures = max(0, self.failures - 1)
        self.tasks[task.id] = task
        self.created[task.kind] += 1
        self.credits -= task.credits
        await asyncio.sleep(0)  # and back
        self.known.add(task.id)
        return task.id

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        await asyncio.sleep(0)
        task = self.tasks.get(task_id)
        if task is None:
            raise ProviderError("Task not found", provider=self.name, upstream_status=404)
        if self.holds:
            return TaskStatus(TaskState.RUNNING, progress=50)
        if task.fails:
            if task.status != "FAILED":
                task.status = "FAILED"
                self.credits += task.credits
            receipt = Receipt(self.name, "model-test", task_id, Cost(credits=0))
            return TaskStatus(TaskState.FAILED, receipt=receipt, error="the surface tore")
        task.status = "SUCCEEDED"
        names = ("rigged", "walking", "running") if isinstance(task.job, RigJob) else ("model",)
        receipt = Receipt(self.name, "model-test", task_id, Cost(credits=CREDITS_EACH))
        outputs = {name: f"{task_id}/{name}" for name in names}
        return TaskStatus(TaskState.SUCCEEDED, 100, outputs, receipt)

    async def fetch(self, output: str, destination: Path) -> Fetched:
        task_id, _, name = output.partition("/")
        job = self.tasks[task_id].job
        is_figure = isinstance(job, ShapeJob) and job.t_pose
        data = RIGGED.get(name) or (FIGURE if is_figure else BOX)
        await asyncio.to_thread(destination.write_bytes, data)
        return Fetched(destination, len(data), hashlib.sha256(data).hexdigest())

    def know(self, task_id: str) -> None:
        self.known.add(task_id)

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        await asyncio.sleep(0)
        for task in self.tasks.values():
            if task.job == job and task.id not in self.known and task.status != "FAILED":
                self.known.add(task.id)
                return task.id
        return None

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        await asyncio.sleep(0)
        task = self.tasks.get(task_id)
        if task is None or task.status != "RUNNING":
            return False
        del self.tasks[task_id]
        self.credits += task.credits
        return True
