"""Greybox's scratch folder: a folder a task, with its order, its results and how it ended.

An order is on the disk before its task has an id that anybody knows, results are whole before
they count, and nothing counts that a kill has cut off: then it is made again. Everything here is
synchronous and raises StorageUnavailable when the disk fails.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import struct
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from asset_forge.errors import ProviderError
from asset_forge.providers.base import Fetched
from asset_forge.providers.disk import (
    discard_parts,
    disk_trouble,
    part_beside,
    put_in_place,
    write_whole,
)

_TASK_ID = re.compile(r"greybox-[a-z0-9-]+-[0-9a-f]{16}")
_ORDER, _END = "order.json", "ended.json"
_WITHOUT_ORDER_KEEP_S = 3600.0
_FINISHED_KEEP_S = 24 * 3600.0
_ORDER_KEEP_S = 7 * 24 * 3600.0
_GLB_HEAD = struct.Struct("<4sII")
_CHUNK_BYTES = 1024 * 1024


class Scratch:
    """The folders of all tasks. Tasks that nobody asks for any more go by their age."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder_of(self, task_id: str) -> Path:
        """Return where a task's files lie. Raises ProviderError for what is no task's id."""
        if not _TASK_ID.fullmatch(task_id):
            raise ProviderError(
                f"{task_id!r} is no task of greybox", provider="greybox", upstream_status=404
            )
        return self._folder / task_id

    def write_order(self, task_id: str, order: dict[str, Any]) -> None:
        """Put down what is to be done."""
        folder = self.folder_of(task_id)
        with _disk("write greybox's order"):
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / _ORDER, json.dumps(order).encode())

    def read_order(self, task_id: str) -> dict[str, Any] | None:
        """Return what is to be done; None when that is not known any more."""
        return _read_json(self.folder_of(task_id) / _ORDER)

    def write_end(self, task_id: str, ended: dict[str, Any]) -> None:
        """Put down how a task ended; its results have to be on the disk."""
        with _disk("write greybox's result"):
            write_whole(self.folder_of(task_id) / _END, json.dumps(ended).encode())

    def read_end(self, task_id: str) -> dict[str, Any] | None:
        """Return how a task ended; None when it has not, or when its results are not whole."""
        folder = self.folder_of(task_id)
        ended = _read_json(folder / _END)
        if ended is None or ended.get("state") != "succeeded":
            return ended
        with _disk("read greybox's result"):
            whole = all(_is_whole(folder / f"{name}.glb") for name in ended["outputs"])
        return ended if whole else None

    def discard_results(self, task_id: str) -> None:
        """Remove results and what was left of a killed run; the order stays."""
        folder = self.folder_of(task_id)
        with _disk("tidy greybox's folder"):
            # The end goes first: without it the results do not count.
            for path in (folder / _END, *folder.glob("*.glb"), *folder.glob(".*.part")):
                path.unlink(missing_ok=True)

    def discard(self, task_id: str) -> None:
        """Remove a task with everything it has."""
        shutil.rmtree(self.folder_of(task_id), ignore_errors=True)

    def copy(self, task_id: str, name: str, destination: Path) -> Fetched | None:
        """Copy a result to `destination`, whole or not at all; None when it is not there."""
        source = self.folder_of(task_id) / f"{name}.glb"
        with _disk(f"write {destination.name}"):
            discard_parts(destination)
            try:
                return _copy_whole(source, destination)
            except FileNotFoundError:
                if source.exists():
                    raise
                return None

    def sweep(self, running: Collection[str]) -> None:
        """Remove what nobody will ask for any more.

        Orders outlive their results, so that a task can be done again as long as its pipeline
        may go on; they are a few hundred bytes each.
        """
        with _disk("use greybox's folder"):
            self._folder.mkdir(parents=True, exist_ok=True)
            folders = list(self._folder.glob("greybox-*"))
        now_s = time.time()
        for folder in folders:
            if folder.name in running:
                continue
            keep_s = _ORDER_KEEP_S
            if (folder / _END).exists():
                keep_s = _FINISHED_KEEP_S
            elif not (folder / _ORDER).exists():
                keep_s = _WITHOUT_ORDER_KEEP_S
            with contextlib.suppress(FileNotFoundError):
                if now_s - folder.stat().st_mtime > keep_s:
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _disk(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_trouble(what, error) from error


def _read_json(path: Path) -> dict[str, Any] | None:
    with _disk(f"read greybox's {path.name}"):
        try:
            content = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
    return content if isinstance(content, dict) else None


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_GLB_HEAD.size)
            size_bytes = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return False
    if len(head) < _GLB_HEAD.size:
        return False
    magic, _version, length = _GLB_HEAD.unpack(head)
    return bool(magic == b"glTF" and length == size_bytes)


def _copy_whole(source: Path, destination: Path) -> Fetched:
    part = part_beside(destination)
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        with source.open("rb") as found, part.open("xb") as copy:
            while chunk := found.read(_CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += len(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        put_in_place(part, destination)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(destination, size_bytes, digest.hexdigest())
