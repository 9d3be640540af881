"""The contract between the engine and a stage: all that a stage sees of the engine."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from asset_forge.errors import ForgeError, StorageUnavailable

T = TypeVar("T")
JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Artifact:
    """A file that a stage made. `path` is where it lies now."""

    path: Path
    sha256: str
    size_bytes: int


class StageSkipped(Exception):
    """Raised by a stage that has nothing to do; `reason` and `result` are shown to the caller."""

    def __init__(self, reason: str, *, result: JsonObject | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.result = result


class StageFailed(ForgeError):
    """Raised by a stage that failed but has a result to show, such as what each variant met."""

    status = 502
    code = "stage_failed"

    def __init__(self, message: str, *, result: JsonObject) -> None:
        super().__init__(message)
        self.result = result


def as_forge_error(error: Exception, stage: str) -> ForgeError:
    """Return what a caller may be told of an error: faults of the service keep their details."""
    if isinstance(error, ForgeError):
        return error
    if isinstance(error, OSError) and error.strerror and not isinstance(error, FileNotFoundError):
        return StorageUnavailable(f"Stage {stage}: {error.strerror}", code="disk_refused")
    return ForgeError(f"Stage {stage} met a fault of the service: {type(error).__name__}")


class StageContext(Protocol):
    """What a stage may ask of the engine.

    Keys of `once` and `watch` and their order are fixed for a stage; what `once` stores is small
    JSON, so that a run can be continued from it.
    """

    @property
    def pipeline_id(self) -> str: ...

    @property
    def workspace(self) -> Path:
        """A folder of this run, on the same file system as the assets."""
        ...

    @property
    def results(self) -> Mapping[str, JsonObject]:
        """Results of the stages that have ended, by stage name."""
        ...

    async def once(
        self,
        key: str,
        call: Callable[[], Awaitable[JsonObject]],
        *,
        find: Callable[[], Awaitable[JsonObject | None]] | None = None,
    ) -> JsonObject:
        """Make a paid call once: on a rerun the stored result comes back instead.

        `find` looks for the result of a call whose answer was lost.
        """
        ...

    async def watch(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that is free and may be made again, such as a poll or a download."""
        ...

    def progress(self, percent: float) -> None:
        """Say how far this stage is, 0 to 100."""
        ...

    def save(self, artifact: Artifact) -> None:
        """Say that a file of this stage is on disk, whole."""
        ...

    def amend(self, stage: str, changes: JsonObject) -> None:
        """Change the shown result of an earlier stage, such as a URL that has moved."""
        ...
