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

from asset_forge.errors import BadInput, StorageUnavailable

TEMPORARY_SUFFIX = ".tmp"
_STORAGE_TROUBLE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
    }
)
# What a file system says that has no hard links, or none across this border.
_NO_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS})


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole, replacing what was there. Raises StorageUnavailable."""
    temporary = hidden_beside(path)
    with storage_errors(f"write {path.name}"):
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


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

    Raises FileExistsError when the target is there.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with Path(source).open("rb") as reader, Path(target).open("xb") as writer:
            shutil.copyfileobj(reader, writer)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless something is in it: for clean-ups that must never lose anything."""
    with suppress(OSError):
        folder.rmdir()


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
        if error.errno not in _STORAGE_TROUBLE:
            raise
        code = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        raise StorageUnavailable(
            f"The asset folder cannot be used: to {doing} failed with {error.strerror!r}; "
            "look at free space and permissions",
            code=code,
        ) from error
