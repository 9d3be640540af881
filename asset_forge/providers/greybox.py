"""The embedded maker behind the same protocols as the outside ones.

Tasks run in worker processes; their orders and results are files in a scratch folder, so that a
restart finds what is done and does again what is not: greybox costs nothing and makes the same
bytes for the same order. What a worker does is in `greybox_work`, the files in `greybox_scratch`.
"""

import asyncio
import contextlib
import re
import secrets
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog

from asset_forge.domain.generation import Subject
from asset_forge.domain.quality import Quality
from asset_forge.errors import (
    ForgeError,
    ProviderError,
    ProviderTimeout,
    Refused,
    StorageUnavailable,
    Unavailable,
)
from asset_forge.greybox import jobs
from asset_forge.providers import greybox_work
from asset_forge.providers.base import (
    DrawnPicture,
    Fetched,
    GripFinding,
    Job,
    Look,
    OrientationFinding,
    Receipt,
    TaskKind,
    TaskState,
    TaskStatus,
)
from asset_forge.providers.greybox_scratch import Scratch
from asset_forge.providers.http import OnError

log = structlog.get_logger()
T = TypeVar("T")

MODEL = "greybox-1"
_OUTPUT_NAME = re.compile(r"[a-z]+")


class JobPool(Protocol):
    """Runs top-level functions in worker processes."""

    async def run(
        self, function: Callable[..., T], *args: Any, timeout_s: float, label: str
    ) -> T: ...


class GreyboxProvider:
    """Fulfils PictureProvider, SightProvider and TaskProvider, without keys and without a bill.

    `scratch` is a folder of its own, on any file system; it may hold orders of an earlier run.
    """

    name = "greybox"

    def __init__(
        self,
        *,
        pool: JobPool,
        scratch: Path,
        timeout_s: float = 180.0,
        poll_interval_s: float = 0.1,
        carry_out: Callable[[dict[str, Any], str], dict[str, Any]] = greybox_work.carry_out,
        on_error: OnError | None = None,
    ) -> None:
        self.poll_interval_s = poll_interval_s
        self._pool = pool
        self._scratch = Scratch(scratch)
        self._timeout_s = timeout_s
        self._carry_out = carry_out
        self._on_error = on_error
        self._running: dict[str, asyncio.Task[None]] = {}
        self._not_fetched: dict[str, set[str]] = {}
        # What stopped a task without ending it, such as a full disk: told to whoever asks next.
        self._stopped_by: dict[str, Unavailable] = {}

    # --- pictures and sight ---

    async def draw(self, *, prompt: str, subject: Subject) -> DrawnPicture:
        """Draw the subject by its words; the prompt is for makers that read prose."""
        del prompt
        data = await self._pool.run(
            jobs.draw_concept_job,
            greybox_work.brief_fields(subject),
            timeout_s=self._timeout_s,
            label="draw concept art",
        )
        width_px, height_px = struct.unpack_from(">II", data, 16)  # the header of every PNG
        return DrawnPicture(
            data=data,
            mime_type="image/png",
            resolution=f"{width_px}x{height_px}",
            quality="standard",
            receipt=Receipt(self.name, MODEL),
        )

    def picture_estimate(self) -> Receipt:
        """Return what a picture costs: nothing."""
        return Receipt(self.name, MODEL)

    async def find_grip(self, *, picture: bytes, instruction: str) -> Look[GripFinding]:
        """Find the grip by the weapon's silhouette; the instruction is for models that read."""
        del instruction
        found = await self._pool.run(
            jobs.grip_job, picture, timeout_s=self._timeout_s, label="find grip"
        )
        return Look(GripFinding(**found), Receipt(self.name, MODEL))

    async def find_orientation(
        self, *, picture: bytes, instruction: str
    ) -> Look[OrientationFinding]:
        """Say whether a weapon is upside down, by its silhouette."""
        del instruction
        found = await self._pool.run(
            jobs.orientation_job,
            picture,
            timeout_s=self._timeout_s,
            label="find orientation",
        )
        return Look(OrientationFinding(**found), Receipt(self.name, MODEL))

    # --- tasks ---

    def deadline_s(self, job: Job) -> float:
        """Seconds after which a task is given up, the wait for a free worker included."""
        return self._timeout_s * 5

    def model_for(self, kind: TaskKind, quality: Quality = Quality.STANDARD) -> str | None:
        """Name greybox's only model."""
        return MODEL

    def estimate_credits(
        self, kind: TaskKind, *, texture_px: int = 2048, quality: Quality = Quality.STANDARD
    ) -> float:
        """Return 0: greybox is free."""
        return 0.0

    async def submit(self, job: Job) -> str:
        """Start a task and return its id. Free. Raises StorageUnavailable."""
        task_id = f"greybox-{job.kind}-{secrets.token_hex(8)}"
        order = greybox_work.order_for(job)
        await asyncio.to_thread(self._scratch.sweep, set(self._running))
        await asyncio.to_thread(self._scratch.write_order, task_id, order)
        self._start(task_id, order)
        return task_id

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        """Look at a task; one that a restart, or a full disk, has stopped is started again.

        Raises StorageUnavailable, once, when the disk has stopped it.
        """
        if task_id in self._running:
            return TaskStatus(TaskState.RUNNING, progress=50.0)
        if stopped_by := self._stopped_by.pop(task_id, None):
            raise stopped_by
        ended = await asyncio.to_thread(self._scratch.read_end, task_id)
        if ended is not None:
            return _status_of(task_id, ended)
        await self._go_on(task_id)
        return TaskStatus(TaskState.RUNNING, progress=0.0)

    async def fetch(self, output: str, destination: Path) -> Fetched:
        """Copy one output to `destination`, whole or not at all.

        When it has been brought away before, and given up with all others, it is made again.
        Raises ProviderError, StorageUnavailable.
        """
        task_id, _, name = output.partition("/")
        if not _OUTPUT_NAME.fullmatch(name):
            raise self._has_no(output)
        ended = await asyncio.to_thread(self._scratch.read_end, task_id)
        if ended is None:
            ended = await self._ended_again(task_id)
        if ended["state"] != "succeeded":
            raise Refused(str(ended["error"]))
        fetched = None
        if name in ended["outputs"]:
            copy = self._scratch.copy
            fetched = await asyncio.to_thread(copy, task_id, name, destination)
        if fetched is None:
            raise self._has_no(output)
        await asyncio.to_thread(self._note_fetched, task_id, name, ended["outputs"])
        return fetched

    def _has_no(self, output: str) -> ProviderError:
        return ProviderError(f"Greybox has no output {output!r}", provider=self.name)

    async def _ended_again(self, task_id: str) -> dict[str, Any]:
        """Do a task again whose results are gone, and return how it ended."""
        try:
            async with asyncio.timeout(self._timeout_s * 5):
                await self._go_on(task_id)
                await asyncio.wait([self._running[task_id]])
        except TimeoutError:
            raise ProviderTimeout(
                f"Greybox did not make {task_id} again in time", provider=self.name
            ) from None
        if stopped_by := self._stopped_by.pop(task_id, None):
            raise stopped_by
        ended = await asyncio.to_thread(self._scratch.read_end, task_id)
        if ended is None:
            raise self._has_no(task_id)
        return ended

    def _note_fetched(self, task_id: str, name: str, outputs: list[str]) -> None:
        """Give the disk back when every output has been brought away.

        The order stays: should anybody ask for the task again, it is done again.
        """
        left = self._not_fetched.setdefault(task_id, set(outputs))
        left.discard(name)
        if not left:
            del self._not_fetched[task_id]
            with contextlib.suppress(StorageUnavailable):
                self._scratch.discard_results(task_id)

    def know(self, task_id: str) -> None:
        """Do nothing: no task of greybox is ever looked for."""

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        """Return None: a submit to greybox cannot be lost, and doing it again costs nothing."""
        return None

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        """Stop a task. True when it was running; a finished one is left as it is."""
        task = self._running.pop(task_id, None)
        if task is None:
            return False
        task.cancel()
        await asyncio.to_thread(self._scratch.discard, task_id)
        return True

    async def aclose(self) -> None:
        """Stop all tasks; their orders stay, so that another run can go on with them."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_on(self, task_id: str) -> None:
        """Start a task that has an order and is not running. Raises ProviderError without one."""
        order = await asyncio.to_thread(self._scratch.read_order, task_id)
        # Another poll may have started it while the files were read.
        if task_id in self._running:
            return
        if order is None:
            raise ProviderError(
                f"Greybox has no task {task_id}: its files are gone",
                provider=self.name,
                upstream_status=404,
            )
        self._start(task_id, order)

    def _start(self, task_id: str, order: dict[str, Any]) -> None:
        task = asyncio.create_task(self._work(task_id, order), name=task_id)
        self._running[task_id] = task
        task.add_done_callback(lambda _done: self._running.pop(task_id, None))

    async def _work(self, task_id: str, order: dict[str, Any]) -> None:
        try:
            await asyncio.to_thread(self._scratch.discard_results, task_id)
            ended = await self._end_of(task_id, order)
            await asyncio.to_thread(self._scratch.write_end, task_id, ended)
        except Unavailable as error:
            # The task is as good as before: it is done when the disk, or the service, is back.
            log.warning("greybox_task_stopped", task_id=task_id, reason=error.message)
            self._tell(error.error_code)
            self._stopped_by[task_id] = error

    async def _end_of(self, task_id: str, order: dict[str, Any]) -> dict[str, Any]:
        """Do an order and say how it ended. Raises Unavailable when it could not be done now."""
        folder = str(self._scratch.folder_of(task_id))
        try:
            made = await self._pool.run(
                self._carry_out, order, folder, timeout_s=self._timeout_s, label=order["kind"]
            )
        except Unavailable:
            raise
        except ForgeError as error:
            self._tell(error.error_code)
            return {"state": "failed", "error": error.message}
        except Exception as error:
            # A mistake in greybox must end the task, or it would be polled until its deadline.
            log.exception("greybox_task_broke", task_id=task_id)
            self._tell(ForgeError.code)
            return {"state": "failed", "error": f"greybox broke down: {type(error).__name__}"}
        return {"state": "succeeded", **made}

    def _tell(self, code: str) -> None:
        if self._on_error is not None:
            self._on_error(self.name, code)


def _status_of(task_id: str, ended: Mapping[str, Any]) -> TaskStatus:
    receipt = Receipt(GreyboxProvider.name, MODEL, task_id)
    if ended["state"] != "succeeded":
        return TaskStatus(TaskState.FAILED, receipt=receipt, error=ended["error"])
    return TaskStatus(
        TaskState.SUCCEEDED,
        progress=100.0,
        outputs={name: f"{task_id}/{name}" for name in ended["outputs"]},
        receipt=receipt,
        notes=ended["notes"],
    )
