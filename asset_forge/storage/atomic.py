"""Files and folders that appear whole or not at all: write beside, fsync, rename.

Where things go and what is in them is decided elsewhere.
"""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from asset_forge.crash_points import CrashPoint, crash_here
from asset_forge.errors import BadInput, StorageUnavailable

TEMPORARY_SUFFIX = ".tmp"
# What is said of names and arguments. Whatever else a file system says is trouble of its own:
# full, read-only, broken, gone.
_NOT_THE_DISK = frozenset(
    {
        errno.ENOENT,
        errno.EEXIST,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENOTEMPTY,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.EINVAL,
        errno.EBADF,
    }
)
# What a file system says that has no hard links, or none across this border.
_NO_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole, replacing what was there. Raises StorageUnavailable."""
    temporary = hidden_beside(path)
    with storage_errors(f"write {path.name}"):
        try:
            write_synced(temporary, data)
            crash_here(CrashPoint.FILE_WRITTEN)
            temporary.replace(path)
        except BaseException:
            # What cannot be removed now is removed at the next start.
            with suppress(OSError):
                temporary.unlink()
            raise
        crash_here(CrashPoint.FILE_RENAMED)
        sync_folder(path.parent)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with two spaces of indent and a newline at the end.

    Raises BadInput for what JSON cannot hold (NaN, lone surrogates), StorageUnavailable.
    """
    write_bytes(path, encode_json(value))


def encode_json(value: Any) -> bytes:
    """Return the bytes that `write_json` would write."""
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()
    except (ValueError, RecursionError) as error:
        raise BadInput(f"This cannot be kept as JSON: {error}", code="bad_json_value") from None


def hidden_beside(path: Path) -> Path:
    """Return an unused dot name in the same folder: the same file system, never served."""
    return path.with_name(f".{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """Give a file a second name, or copy it where the file system has no hard links.

    The copy appears whole as well. Raises FileExistsError when the target is there.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        waiting = hidden_beside(Path(target))
        copy_synced(Path(source), waiting)
        waiting.rename(target)


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file, or a folder with all that is in it, and wait until it is on the disk.

    Symlinks are followed. `target` must not be there. Raises OSError, and leaves what is done.
    """
    if source.is_dir():
        target.mkdir()
        for each in source.iterdir():
            copy_synced(each, target / each.name)
        sync_folder(target)
    else:
        shutil.copyfile(source, target)
        sync_file(target)


def sync_file(path: Path) -> None:
    """Wait until a file that somebody else wrote is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where folders can be synced at all."""
    with suppress(PermissionError):  # Windows opens no folders
        sync_file(path)


def sync_tree(path: Path) -> None:
    """Wait until a folder and everything in it is on the disk."""
    for parent, _, names in os.walk(path):
        for name in names:
            sync_file(Path(parent, name))
        sync_folder(Path(parent))


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn a full, read-only or failing disk into StorageUnavailable; `doing` is a verb phrase."""
    try:
        yield
    except OSError as error:
        if not is_storage_trouble(error):
            raise
        code = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        raise StorageUnavailable(
            f"The asset folder cannot be used: to {doing} failed with {error.strerror!r}; "
            "look at free space and permissions",
            code=code,
        ) from error


def is_storage_trouble(error: OSError) -> bool:
    """Tell whether an error is about the disk, and not about what was asked of it."""
    return error.errno is not None and error.errno not in _NOT_THE_DISK
