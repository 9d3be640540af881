"""Named places where a kill would hurt most. Tests arm one of them; otherwise they do nothing.

Nothing here can be switched on from outside: a test's own child process calls `arm`, and the
process ends at that place as it would by kill -9.
"""

import os
import signal
from enum import StrEnum


class CrashPoint(StrEnum):
    """Each place by its name. A test kills a service at every one of them."""

    # --- a write of one file (storage/atomic.py) ---
    FILE_WRITTEN = "file_written"
    """The hidden file is complete, and not yet renamed into place."""
    FILE_RENAMED = "file_renamed"

    # --- a change of several files (storage/changes.py, storage/steps.py) ---
    CHANGE_STAGED = "change_staged"
    """All new content is on the disk, and nothing of it in its place."""
    CHANGE_RECORDED = "change_recorded"
    """How to go back is on the disk, and no step is done."""
    FILE_SWAPPED = "file_swapped"
    """One file or folder of several has taken its place; metadata.json is one of them."""
    MOVED = "moved"
    """One name of several has changed: of a model, or of an asset's folder."""
    CHANGE_MADE = "change_made"
    """All steps are done, and the record that undoes them still counts."""
    CHANGE_COMMITTED = "change_committed"
    """The record counts no more, and what was old is still there."""

    # --- a new asset (storage/assets.py) ---
    ASSET_BUILT = "asset_built"
    """The folder is complete and synced, and not in the library."""
    ASSET_PUBLISHED = "asset_published"

    # --- a paid call (pipeline/context) ---
    INTENT_RECORDED = "intent_recorded"
    """The journal knows that a call is about to be made; it was not made."""
    CALL_ANSWERED = "call_answered"
    """The provider has answered, and the journal does not know yet."""
    CALL_RECORDED = "call_recorded"

    # --- a pipeline (pipeline/runner.py) ---
    PIPELINE_RECORDED = "pipeline_recorded"
    STAGE_STARTED = "stage_started"
    STAGE_RETURNED = "stage_returned"
    """A stage has done all its work, and the journal does not know yet."""
    STAGE_RECORDED = "stage_recorded"
    PIPELINE_RETURNED = "pipeline_returned"
    PIPELINE_ENDED = "pipeline_ended"
    """The last state is in the journal, the workspace is still there."""


_armed: tuple[CrashPoint, int] | None = None


def arm(point: CrashPoint, *, visit: int = 1) -> None:
    """Let this process kill itself when it comes to a point for the `visit`-th time."""
    global _armed  # noqa: PLW0603 - of the process, as the kill is
    _armed = (point, visit)


def crash_here(point: CrashPoint) -> None:
    """Do nothing, or end the process as kill -9 would, when a test has armed this point."""
    global _armed  # noqa: PLW0603
    if _armed is None or _armed[0] is not point:
        return
    if _armed[1] > 1:
        _armed = (point, _armed[1] - 1)
        return
    os.kill(os.getpid(), signal.SIGKILL)
