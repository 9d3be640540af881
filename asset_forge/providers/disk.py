"""Files of providers that appear whole or not at all, and what the disk says when it fails.

Everything here is synchronous: call it in a thread.
"""

import errno
import glob
import os
import secrets
from pathlib import Path

from asset_forge.errors import StorageUnavailable


def disk_trouble(what: str, error: OSError) -> StorageUnavailable:
    """Return the error for a file that the disk did not take or give; `what` is a verb phrase."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    todo = "free some space" if is_full else "look at the disk and its permissions"
    return StorageUnavailable(
        f"Cannot {what}: {error.strerror or type(error).__name__}; {todo}, then retry",
        code="disk_full" if is_full else "disk_refused",
    )


def part_beside(destination: Path) -> Path:
    """Return a new hidden name beside a file, for as long as it is not whole."""
    return destination.with_name(f".{destination.name}.{secrets.token_hex(4)}.part")


def discard_parts(destination: Path) -> None:
    """Remove what killed runs left of a file that they did not finish."""
    for part in destination.parent.glob(f".{glob.escape(destination.name)}.*.part"):
        part.unlink(missing_ok=True)


def put_in_place(part: Path, destination: Path) -> None:
    """Rename a synced part to its name, and wait until the name is on the disk."""
    part.replace(destination)
    folder = os.open(destination.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file through a part beside it, synced and renamed. Raises OSError."""
    part = part_beside(path)
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(part, path)
    finally:
        part.unlink(missing_ok=True)
