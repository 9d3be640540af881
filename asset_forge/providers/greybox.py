"""The embedded maker behind the same protocols as the outside ones.

Tasks run in worker processes; their orders and results are files in a scratch folder, so that a
restart finds what is done and does again what is not: greybox costs nothing and makes the same
bytes for the same order. What a worker does is in `greybox_work`.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog

from asset_forge.domain.generation import Subject
from asset_forge.errors import ForgeError, ProviderError, StorageUnavailable
from asset_forge.greybox import jobs
from asset_forge.providers import greybox_work
from asset_forge.providers.base import (
    DrawnPicture,
    Fetched,
    GripFinding,
    Job,
    OrientationFinding,
    Receipt,
    TaskKind,
    TaskState,
    TaskStatus,
)

log = structlog.get_logger()
T = TypeVar("T")

MODEL = "greybox-1"
_TASK_ID = re.compile(r"greybox-[a-z0-9-]+-[0-9a-f]{16}")
_OUTPUT_NAME = re.compile(r"[a-z]+")
_FINISHED_KEEP_S = 24 * 3600.0
_UNFINISHED_KEEP_S = 72 * 3600.0


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
    ) -> None:
        self.poll_interval_s = poll_interval_s
        self._pool = pool
        self._scratch = scratch
        self._timeout_s = timeout_s
        self._carry_out = carry_out
        self._running: dict[str, asyncio.Task[None]] = {}
        self._not_fetched: dict[str, set[str]] = {}

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

    async def find_grip(self, *, picture: bytes, instruction: str) -> GripFinding | None:
        """Find the grip by the weapon's silhouette; the instruction is for models that read."""
        del instruction
        found = await self._pool.run(
            jobs.grip_job, picture, timeout_s=self._timeout_s, label="find grip"
        )
        return GripFinding(**found)

    async def find_orientation(
        self, *, picture: bytes, instruction: str
    ) -> OrientationFinding | None:
        """Say whether a weapon is upside down, by its silhouette."""
        del instruction
        found = await self._pool.run(
            jobs.orientation_job,
            picture,
            timeout_s=self._timeout_s,
            label="find orientation",
        )
        return OrientationFinding(**found)

    # --- tasks ---

    def deadline_s(self, job: Job) -> float:
        """Seconds after which a task is given up, the wait for a free worker included."""
        return self._timeout_s * 5

    async def submit(self, job: Job) -> str:
        """Start a task and return its id. Free. Raises StorageUnavailable."""
        task_id = f"greybox-{job.kind}-{secrets.token_hex(8)}"
        order = greybox_work.order_for(job)
        try:
            await asyncio.to_thread(self._sweep)
            await asyncio.to_thread(_write_json, self._folder(task_id) / "order.json", order)
        except OSError as error:
            raise StorageUnavailable(f"Cannot write greybox's order: {error.strerror}") from error
        self._start(task_id, order)
        return task_id

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        """Look at a task; one that a restart has stopped is started again."""
        if task_id in self._running:
            return TaskStatus(TaskState.RUNNING, progress=50.0)
        folder = self._folder(task_id)
        ended = await asyncio.to_thread(_read_json, folder / "ended.json")
        if ended is not None:
            return _status_of(task_id, ended)
        order = await asyncio.to_thread(_read_json, folder / "order.json")
        if order is None:
            raise ProviderError(
                f"Greybox has no {kind} task {task_id}: its files are gone",
                provider=self.name,
                upstream_status=404,
            )
        # Another poll may have started it while the files were read.
        if task_id not in self._running:
            self._start(task_id, order)
        return TaskStatus(TaskState.RUNNING, progress=0.0)

    async def fetch(self, output: str, destination: Path) -> Fetched:
        """Copy one output to `destination`, whole or not at all.

        When all outputs have been brought away, a poll is needed before they can be had again.
        """
        task_id, _, name = output.partition("/")
        if not _OUTPUT_NAME.fullmatch(name):
            raise ProviderError(f"Greybox has no output {output!r}", provider=self.name)
        source = self._folder(task_id) / f"{name}.glb"
        if not await asyncio.to_thread(source.is_file):
            raise ProviderError(f"Greybox has no output {output!r}", provider=self.name)
        try:
            fetched = await asyncio.to_thread(_copy_whole, source, destination)
        except OSError as error:
            raise StorageUnavailable(
                f"Cannot write {destination.name}: {error.strerror}"
            ) from error
        await asyncio.to_thread(self._note_fetched, task_id, name)
        return fetched

    def _note_fetched(self, task_id: str, name: str) -> None:
        """Give the disk back when every output has been brought away.

        The order stays: should anybody ask for the task again, it is done again.
        """
        left = self._not_fetched.get(task_id)
        if left is None:
            return
        left.discard(name)
        if not left:
            del self._not_fetched[task_id]
            folder = self._folder(task_id)
            for path in (folder / "ended.json", *folder.glob("*.glb")):
                path.unlink(missing_ok=True)

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        """Return None: a submit to greybox cannot be lost, and doing it again costs nothing."""
        return None

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        """Stop a task. True when it was running; a finished one is left as it is."""
        task = self._running.pop(task_id, None)
        if task is None:
            return False
        task.cancel()
        await asyncio.to_thread(shutil.rmtree, self._folder(task_id), ignore_errors=True)
        return True

    async def aclose(self) -> None:
        """Stop all tasks; their orders stay, so that another run can go on with them."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, task_id: str, order: dict[str, Any]) -> None:
        task = asyncio.create_task(self._work(task_id, order), name=task_id)
        self._running[task_id] = task
        task.add_done_callback(lambda _done: self._running.pop(task_id, None))

    async def _work(self, task_id: str, order: dict[str, Any]) -> None:
        folder = self._folder(task_id)
        try:
            made = await self._pool.run(
                self._carry_out, order, str(folder), timeout_s=self._timeout_s, label=order["kind"]
            )
            ended = {"state": "succeeded", **made}
            self._not_fetched[task_id] = set(made["outputs"])
        except ForgeError as error:
            ended = {"state": "failed", "error": error.message}
        except Exception as error:
            # A mistake in greybox must end the task, or it would be polled until its deadline.
            log.exception("greybox_task_broke", task_id=task_id)
            ended = {"state": "failed", "error": f"greybox broke down: {type(error).__name__}"}
        try:
            await asyncio.to_thread(_write_json, folder / "ended.json", ended)
        except OSError:
            log.exception("greybox_result_not_written", task_id=task_id)

    def _folder(self, task_id: str) -> Path:
        if not _TASK_ID.fullmatch(task_id):
            raise ProviderError(
                f"{task_id!r} is no task of greybox", provider=self.name, upstream_status=404
            )
        return self._scratch / task_id

    def _sweep(self) -> None:
        """Remove what nobody will ask for any more."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        now_s = time.time()
        for folder in list(self._scratch.glob("greybox-*")):
            task_id = folder.name
            if task_id in self._running:
                continue
            keep_s = _FINISHED_KEEP_S
            if not (folder / "ended.json").exists():
                keep_s = _UNFINISHED_KEEP_S
            with contextlib.suppress(FileNotFoundError):
                if now_s - folder.stat().st_mtime > keep_s:
                    self._not_fetched.pop(task_id, None)
                    shutil.rmtree(folder, ignore_errors=True)


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


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _copy_whole(source: Path, destination: Path) -> Fetched:
    """Copy through a file beside the destination, synced and renamed."""
    part = destination.with_name(f".{destination.name}.{secrets.token_hex(4)}.part")
    try:
        with source.open("rb") as found:
            digest = hashlib.file_digest(found, "sha256").hexdigest()
        shutil.copyfile(source, part)
        with part.open("rb") as copy:
            os.fsync(copy.fileno())
        size_bytes = part.stat().st_size
        part.replace(destination)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(destination, size_bytes, digest)
