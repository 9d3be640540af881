"""Several services on one asset folder: who may clear away what an earlier run has left.

A command that starts a service of its own while another one runs is enough to be several. The
mark is a lock on a file, so it goes with its process, however that ends.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

_LOCK_FILE = "in-use"


@contextmanager
def in_use(state_dir: Path, *, clear: Callable[[], None]) -> Iterator[None]:
    """Mark a state folder as used; call `clear` first, unless another service uses it.

    state_dir: made when its parent is there; without one nothing is done. A disk without locks, or
    one that cannot be written, counts as used by nobody else.
    """
    with ExitStack() as stack:
        if state_dir.parent.is_dir():
            file = _lock_file(state_dir)
            if file is not None:
                stack.enter_context(file)
            if file is None or _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
                clear()
            if file is not None:
                # Exclusive only while clearing: others wait for that, then use the folder too.
                _lock(file, fcntl.LOCK_SH)
        yield


def _lock_file(state_dir: Path) -> BinaryIO | None:
    try:
        state_dir.mkdir(exist_ok=True)
        return (state_dir / _LOCK_FILE).open("ab")
    except OSError:
        return None


def _lock(file: BinaryIO, how: int) -> bool:
    """Lock a file; False when another has it. A disk without locks never says so."""
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
