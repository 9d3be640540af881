"""A task of FakeMeshy: its life by number of polls, and how it looks over the wire.

No clock decides anything: a task goes one step of its script further each time it is read by id.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import models, pictures

JsonObject = dict[str, Any]

PENDING, IN_PROGRESS, SUCCEEDED = "PENDING", "IN_PROGRESS", "SUCCEEDED"
FINAL = frozenset({SUCCEEDED, "FAILED", "CANCELED", "EXPIRED"})
_HOUR_MS = 3_600_000
_RETENTION_MS = 72 * _HOUR_MS


@dataclass(frozen=True)
class TaskScript:
    """What each poll of a task sees: the steps one after the other, then the end for ever."""

    steps: tuple[tuple[str, int], ...] = ()
    ends: str = SUCCEEDED
    error: JsonObject | None = None
    end_progress: int = 0

    @classmethod
    def done_at_poll(cls, poll: int, *, ends: str = SUCCEEDED) -> "TaskScript":
        """The end is seen at this poll (1 is the first): waiting once, then progress."""
        between = max(0, poll - 2)
        working = tuple(
            (IN_PROGRESS, round(100 * (step + 1) / (between + 1))) for step in range(between)
        )
        return cls(((PENDING, 0), *working) if poll > 1 else (), ends)

    @classmethod
    def failing(
        cls,
        message: str = "The input image is too complex.",
        *,
        kind: str = "invalid_input",
        code: str | None = "image_too_complex",
        at_poll: int = 2,
    ) -> "TaskScript":
        """The task fails with this `task_error`; credits are given back."""
        error: JsonObject = {"message": message, "type": kind}
        if code is not None:
            error["code"] = code
        return cls(cls.done_at_poll(at_poll).steps, "FAILED", error)

    @classmethod
    def stuck(cls, status: str = IN_PROGRESS, progress: int = 40) -> "TaskScript":
        """The task never ends by itself: `FakeMeshy.finish` ends it."""
        return cls(((PENDING, 0),), status, end_progress=progress)


@dataclass
class Task:
    """One provider task. `face_count` is what the true provider's mesh would have."""

    id: str
    number: int
    kind: str
    type: str
    body: JsonObject
    script: TaskScript
    credits: int
    created_at_ms: int
    face_count: int
    shape: str = "box"
    textured: bool = True
    colour: tuple[int, int, int] = models.DEFAULT_COLOUR
    formats: tuple[str, ...] = ("glb",)
    has_pre_remeshed: bool = False
    polls: int = 0
    started_at_ms: int = 0
    finished_at_ms: int = 0
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def status(self) -> str:
        return self._state()[0]

    @property
    def progress(self) -> int:
        return self._state()[1]

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    def poll(self, now_ms: int) -> bool:
        """Go one step further; True when this step is the end."""
        was_final = self.polls > 0 and self.is_final
        self.polls += 1
        return self._stamp(now_ms) and not was_final

    def finish(self, status: str, error: JsonObject | None, now_ms: int) -> None:
        """End the task now, whatever its script said."""
        self.script = TaskScript((), status, error)
        self.polls = max(1, self.polls)
        self._stamp(now_ms)

    def to_json(self, url_of: Callable[[str], str], queued_before: int) -> JsonObject:
        """Write the task object; `url_of(name)` signs the address of one of its files."""
        succeeded = self.status == SUCCEEDED
        error = {"message": ""} if self.status != "FAILED" else self.script.error
        content: JsonObject = {
            "id": self.id,
            "type": self.type,
            "status": self.status,
            "progress": self.progress,
            "preceding_tasks": queued_before if self.status == PENDING else 0,
            "created_at": self.created_at_ms,
            "started_at": self.started_at_ms,
            "finished_at": self.finished_at_ms,
            "expires_at": self.finished_at_ms + _RETENTION_MS if succeeded else 0,
            "consumed_credits": 0 if self.status == "FAILED" else self.credits,
            "task_error": error or {"message": "The task failed.", "type": "server_error"},
        }
        content.update(self._results(url_of) if succeeded else self._no_results())
        return content

    def content_of(self, name: str) -> bytes | None:
        """The bytes of one result file, made when first asked for; None when there is none."""
        if self.status != SUCCEEDED:
            return None
        if not self.files:
            self.files = self._make_files()
        return self.files.get(name)

    def replace_file(self, name: str, content: bytes) -> None:
        """Put other bytes in the place of a result file (for results that are wrong)."""
        if not self.files:
            self.files = self._make_files()
        self.files[name] = content

    def _state(self) -> tuple[str, int]:
        steps = self.script.steps
        if self.polls == 0:
            return steps[0] if steps else (PENDING, 0)
        if self.polls <= len(steps):
            return steps[self.polls - 1]
        if self.script.ends == SUCCEEDED:
            return SUCCEEDED, 100
        return self.script.ends, self.script.end_progress

    def _stamp(self, now_ms: int) -> bool:
        if self.status != PENDING and not self.started_at_ms:
            self.started_at_ms = now_ms
        if self.is_final and not self.finished_at_ms:
            self.finished_at_ms = now_ms
        return self.is_final

    def _no_results(self) -> JsonObject:
        return {"result": {}} if self.kind == "rigging" else {"model_urls": {}, "texture_urls": []}

    def _results(self, url_of: Callable[[str], str]) -> JsonObject:
        if self.kind == "rigging":
            endings = {"glb": ".glb", "fbx": ".fbx", "armature_glb": "_armature.glb"}
            clips = {
                f"{clip}_{part}_url": url_of(clip + ending)
                for clip in ("walking", "running")
                for part, ending in endings.items()
            }
            return {
                "result": {
                    "rigged_character_glb_url": url_of("character.glb"),
                    "rigged_character_fbx_url": url_of("character.fbx"),
                    "basic_animations": clips,
                }
            }
        urls = {name: url_of(f"model.{name}") for name in self.formats}
        if self.has_pre_remeshed:
            urls["pre_remeshed_glb"] = url_of("pre_remeshed.glb")
        textures = {"base_color": url_of("texture_0.png")}
        if self.body.get("enable_pbr"):
            for extra in ("metallic", "roughness", "normal"):
                textures[extra] = url_of(f"texture_0_{extra}.png")
        return {
            "model_urls": urls,
            "texture_urls": [textures] if self.textured else [],
            "thumbnail_url": url_of("preview.png"),
        }

    def _make_files(self) -> dict[str, bytes]:
        if self.kind == "rigging":
            files = {"character.glb": models.rigged_figure(colour=self.colour)}
            for clip in ("walking", "running"):
                animated = models.rigged_figure(clip, colour=self.colour)
                files[f"{clip}.glb"] = files[f"{clip}_armature.glb"] = animated
                files[f"{clip}.fbx"] = b"Kaydara FBX Binary  \x00 not a true one"
            files["character.fbx"] = b"Kaydara FBX Binary  \x00 not a true one"
            return files
        make = models.tpose_figure if self.shape == "figure" else models.textured_box
        model = make(colour=self.colour, textured=self.textured)
        files = {f"model.{name}": f"a {name} file".encode() for name in self.formats}
        files |= {"model.glb": model, "pre_remeshed.glb": model}
        preview = pictures.png(size_px=64)
        for extra in ("", "_metallic", "_roughness", "_normal"):
            files[f"texture_0{extra}.png"] = preview
        return {**files, "preview.png": preview}
