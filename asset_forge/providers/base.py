"""What the service asks of a maker, whoever it is.

Words, pictures and sight are one call each. Shapes, surfaces and rigs are provider tasks:
submit, poll, fetch. A new provider is one new file that fulfils one or more of these protocols,
and a line in `wiring.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from asset_forge.domain.generation import Subject
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.quality import Quality

F = TypeVar("F")


@dataclass(frozen=True)
class Cost:
    """What a provider says a call used: `credits` (Meshy) and `usage` in tokens (OpenAI).

    `usd` is an estimate: the tokens at the prices that were published when this was written.
    """

    credits: float | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    usd: float | None = None

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.credits is not None:
            found["credits"] = self.credits
        if self.usage:
            found["usage"] = dict(self.usage)
        if self.usd is not None:
            found["usd"] = self.usd
        return found


@dataclass(frozen=True)
class Receipt:
    """Who did a piece of work, with which model, under which task id, at what cost."""

    provider: str
    model: str | None = None
    task_id: str | None = None
    cost: Cost = field(default_factory=Cost)

    def to_json(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "model": self.model,
            "taskId": self.task_id,
            **self.cost.to_json(),
        }


# --- words ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class WrittenText:
    text: str
    receipt: Receipt


class TextProvider(Protocol):
    """Writes a better prompt."""

    name: str

    async def write(self, *, system: str, user: str) -> WrittenText:
        """Answer `user` under the instruction `system`. Costs money. Raises ProviderError."""
        ...

    def text_estimate(self) -> Receipt:
        """Return what one answer to a prompt of usual length costs at the most. Sends nothing."""
        ...


# --- pictures ------------------------------------------------------------------------------


@dataclass(frozen=True)
class DrawnPicture:
    """A picture as encoded bytes (PNG, JPEG or WebP), with its size and how it was asked for."""

    data: bytes
    mime_type: str
    resolution: str
    quality: str
    receipt: Receipt


class PictureProvider(Protocol):
    """Draws concept art."""

    name: str

    async def draw(self, *, prompt: str, subject: Subject) -> DrawnPicture:
        """Draw one picture. Costs money; never repeated here. Raises ProviderError or Refused."""
        ...

    def picture_estimate(self) -> Receipt:
        """Return what one picture costs at the most. Sends nothing."""
        ...


# --- sight ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class GripFinding:
    """Where a hand holds a weapon: bounds in pixels of a 512 x 512 picture, y down."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float
    confidence: float
    weapon_type: str
    description: str
    parts: Mapping[str, str]
    """Words on `blade`, `handle` and `guard`."""


@dataclass(frozen=True)
class OrientationFinding:
    needs_flip: bool
    current_orientation: str
    reason: str


@dataclass(frozen=True)
class Look(Generic[F]):
    """What a look has found; None when the maker answered but its answer could not be read."""

    finding: F | None
    receipt: Receipt


class SightProvider(Protocol):
    """Looks at a picture of a weapon. `picture` is PNG, JPEG or WebP bytes."""

    name: str

    async def find_grip(self, *, picture: bytes, instruction: str) -> Look[GripFinding]:
        """Find where it is held. Costs money; never repeated here. Raises ProviderError."""
        ...

    async def find_orientation(
        self, *, picture: bytes, instruction: str
    ) -> Look[OrientationFinding]:
        """Tell which way up it is. Costs money; never repeated here. Raises ProviderError."""
        ...


# --- provider tasks: shapes, surfaces, rigs ------------------------------------------------


class TaskKind(StrEnum):
    IMAGE_TO_3D = "image-to-3d"
    RETEXTURE = "retexture"
    RIGGING = "rigging"


@dataclass(frozen=True)
class ShapeJob:
    """Make a model. `picture_by` is who drew the picture at `picture_path` ("user" for a
    reference image), so that a maker of its own pictures can go by the words instead."""

    subject: Subject
    picture_path: Path
    picture_by: str
    quality: Quality
    face_budget: int
    texture_px: int
    pbr: bool
    t_pose: bool = False
    kind: TaskKind = TaskKind.IMAGE_TO_3D


@dataclass(frozen=True)
class RetextureJob:
    """Give a model another surface. `base_task_id` is the provider task that made the model."""

    model_path: Path
    base_task_id: str | None
    preset: MaterialPreset
    pbr: bool = True
    seed: int | None = None
    kind: TaskKind = TaskKind.RETEXTURE


@dataclass(frozen=True)
class RigJob:
    model_path: Path
    base_task_id: str | None
    height_m: float
    kind: TaskKind = TaskKind.RIGGING


Job = ShapeJob | RetextureJob | RigJob


class TaskState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self not in (TaskState.QUEUED, TaskState.RUNNING)


@dataclass(frozen=True)
class TaskStatus:
    """A provider task as it stands. `outputs` maps "model", "rigged", "walking" and "running" to
    something that the same provider can fetch; `error` says why a task failed."""

    state: TaskState
    progress: float = 0.0
    outputs: Mapping[str, str] = field(default_factory=dict)
    receipt: Receipt | None = None
    error: str | None = None
    retry_after_s: float | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Small facts for the metadata, such as which shape greybox chose for an unknown subtype."""


@dataclass(frozen=True)
class Fetched:
    path: Path
    size_bytes: int
    sha256: str


class TaskProvider(Protocol):
    """Makes shapes, surfaces or rigs as tasks that are submitted, polled and fetched."""

    name: str
    poll_interval_s: float

    def deadline_s(self, job: Job) -> float:
        """Seconds after which a task of this job is given up."""
        ...

    def model_for(self, kind: TaskKind, quality: Quality = Quality.STANDARD) -> str | None:
        """Name the model that a task would be made with; None when the kind has no choice."""
        ...

    def estimate_credits(
        self, kind: TaskKind, *, texture_px: int = 2048, quality: Quality = Quality.STANDARD
    ) -> float:
        """Return the credits that a task costs at the most, by the published price list.

        What a task did cost is in its receipt. 0 for a provider that is free.
        """
        ...

    async def submit(self, job: Job) -> str:
        """Start the task and return its id. Costs money and is never repeated here.

        Raises ProviderError; with `may_have_charged` when the request left and no answer came.
        """
        ...

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        """Look at a task. Free; may be repeated. Raises ProviderError when it cannot be seen."""
        ...

    async def fetch(self, output: str, destination: Path) -> Fetched:
        """Bring one output to `destination`, whole or not at all, checked to be GLB.

        Free; may be repeated. Raises ProviderError.
        """
        ...

    def know(self, task_id: str) -> None:
        """Take note that a task is somebody's, so that `find_lost` gives it to nobody else.

        Ids in the journal of an earlier run have to be told before the first `find_lost`; tasks
        that this process has submitted or polled are known already.
        """
        ...

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        """Look for the task of a submit whose answer never came, sent at `sent_at_ms` or later.

        `sent_at_ms` is this machine's clock, ms since 1970. None says that surely nothing was
        made that is paid for: the job may be submitted again. What cannot be decided is a
        ProviderError with `may_have_charged`: "task_not_identified" when a person has to look,
        another code when the provider's list could not be read just now. Free; may take a minute.
        """
        ...

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        """Stop a task. True when it was stopped before it cost anything."""
        ...
