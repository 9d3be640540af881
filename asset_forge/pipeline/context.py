"""The contract between the engine and a stage: all that a stage sees of the engine."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from asset_forge.domain.costs import Charge
from asset_forge.errors import ForgeError, StorageUnavailable

T = TypeVar("T")
JsonObject = dict[str, Any]
PaidCall = Callable[[], Awaitable[JsonObject]]
FindLost = Callable[[int], Awaitable[JsonObject | None]]


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

    A stage can run again, after a restart or a retry. Keys of `once` and `watch` and their order
    are fixed for a stage; what `once` stores is small JSON, so that a run can be continued from it.
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
        call: PaidCall,
        *,
        find: FindLost | None = None,
        most_credits: float = 0.0,
        provider: str = "",
    ) -> JsonObject:
        """Make a paid call once: on a rerun the stored result comes back instead.

        The journal knows of the call before it is sent and of its result before anything else
        happens. `find` looks for what a call whose answer was lost has brought about, given the
        time it was sent (ms since 1970): None says surely nothing, so that it may be sent again.
        Without `find` a call that may have been billed is made again once, and the stage says so.
        `most_credits` is what the call will cost at the most; one that breaks a cap is not sent.
        With a `provider` that is put down as spent before it is sent, and corrected by `charge`;
        a `receipt` in the result is put down as soon as it is there.
        """
        ...

    async def keep(self, key: str, call: PaidCall) -> JsonObject:
        """Make a call that is free, and keep its result: on a rerun that comes back instead."""
        ...

    async def forget(self, key: str) -> None:
        """Let the paid call `key` be made again: what it brought about has failed for good."""
        ...

    async def watch(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that is free and may be made again, such as a poll or a download."""
        ...

    def progress(self, percent: float) -> None:
        """Say how far this stage is, 0 to 100."""
        ...

    async def charge(self, key: str, charge: Charge) -> None:
        """Put down what the paid call `key` costs; a later charge takes the place of this one."""
        ...

    async def save(self, artifact: Artifact) -> None:
        """Say that a file of this stage is on disk, whole."""
        ...

    def saved(self, path: Path) -> Artifact | None:
        """Return what was said of a file before, when it still has the same size."""
        ...

    def amend(self, stage: str, changes: JsonObject) -> None:
        """Change the shown result of an earlier stage, such as a URL that has moved."""
        ...
