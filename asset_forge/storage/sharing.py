"""One process has an asset folder to itself: a lock on `.forge/lock` for as long as it lives.

The lock goes with its process, however that ends. What stands in the file only tells people, and
commands that look for a running service, who holds it.
"""

import errno
import fcntl
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from asset_forge.domain.clock import iso_now
from asset_forge.errors import StorageUnavailable, Unavailable

_LOCK_FILE = "lock"
_MOST_BYTES = 4096


@dataclass(frozen=True)
class Holder:
    """Who holds the lock of an asset folder, by its own account."""

    pid: int
    machine: str
    started_at: str
    address: str = ""
    """Where it answers, once it does: http://127.0.0.1:3004."""


@contextmanager
def in_use(state_dir: Path, *, clear: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of an asset folder; call `clear` when it is ours, before anything runs.

    state_dir: the folder for the lock, made when its parent is there; without a parent nothing is
    done. Raises Unavailable with the code root_in_use when another process holds the lock, and
    StorageUnavailable when state_dir is a symlink, which nothing may be written through. A disk
    without locks, or one that cannot be written, counts as used by nobody else.
    """
    if state_dir.is_symlink():
        raise StorageUnavailable(
            f"{state_dir} is a symlink, and nothing is written outside the asset folder; put a "
            "folder in its place"
        )
    if not state_dir.parent.is_dir():
        yield
        return
    descriptor = _locked(state_dir)
    try:
        if descriptor is not None:
            _write(descriptor, Holder(os.getpid(), socket.gethostname(), iso_now()))
        clear()
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def holder_of(state_dir: Path) -> Holder | None:
    """Tell who holds, or has held, the lock of an asset folder; None when that cannot be read."""
    try:
        descriptor = os.open(
            state_dir / _LOCK_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        )
        try:
            found = json.loads(os.read(descriptor, _MOST_BYTES))
        finally:
            os.close(descriptor)
        holder = Holder(**found)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts = (holder.machine, holder.started_at, holder.address)
    is_usable = isinstance(holder.pid, int) and all(isinstance(text, str) for text in texts)
    return holder if is_usable else None


def tell_address(state_dir: Path, address: str) -> None:
    """Let the lock file say where this process, which holds the lock, can be reached."""
    holder = holder_of(state_dir)
    if holder is None or (holder.pid, holder.machine) != (os.getpid(), socket.gethostname()):
        return
    with suppress(OSError):
        descriptor = os.open(state_dir / _LOCK_FILE, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _write(descriptor, Holder(holder.pid, holder.machine, holder.started_at, address))
        finally:
            os.close(descriptor)


def _locked(state_dir: Path) -> int | None:
    """Return a descriptor that holds the lock, or None where nothing can be locked."""
    try:
        state_dir.mkdir(exist_ok=True)
        descriptor = os.open(
            state_dir / _LOCK_FILE,
            os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
            0o644,
        )
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
            raise Unavailable(_sentence(state_dir), code="root_in_use") from None
        return None
    return descriptor


def _sentence(state_dir: Path) -> str:
    holder = holder_of(state_dir)
    who = "another Asset Forge"
    if holder is not None:
        elsewhere = "" if holder.machine == socket.gethostname() else f" on {holder.machine}"
        at = f" at {holder.address}" if holder.address else ""
        who += f" (process {holder.pid}{elsewhere}{at}, since {holder.started_at})"
    return (
        f"The asset folder {state_dir.parent} is used by {who}; stop it or let it end, or give "
        "this one an ASSET_OUTPUT_DIR of its own"
    )


def _write(descriptor: int, holder: Holder) -> None:
    """Write who we are in one go. That it cannot be written changes nothing about the lock."""
    data = json.dumps(asdict(holder)).encode() + b"\n"
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, data, 0)
