"""How a file becomes an answer: whole, in ranges, or "you have it already".

The file is opened once and described by that handle, so a file that is replaced meanwhile is
answered whole as it was. Which file it is has been decided before.
"""

import asyncio
import mimetypes
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from asset_forge.errors import NotFound
from asset_forge.middleware import error_body
from asset_forge.schemas.errors import errors
from asset_forge.storage.atomic import storage_errors
from asset_forge.storage.opening import open_real

CHUNK_BYTES = 256 * 1024
MOST_RANGES = 16

# Not every machine's table knows these, and none of them depends on the machine.
_CONTENT_TYPES = {
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".ktx2": "image/ktx2",
    ".bin": "application/octet-stream",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}
_RANGE_UNIT = re.compile(r"\s*bytes\s*=(.*)", re.IGNORECASE)
_RANGE = re.compile(r"[ \t]*([0-9]{0,18})[ \t]*-[ \t]*([0-9]{0,18})[ \t]*")

HEAD_DESCRIPTION = "The headers of the GET, such as Content-Length, without the file."
FILE_RESPONSES: dict[int | str, Any] = {
    200: {"description": "The whole file.", "content": {"*/*": {}}},
    206: {"description": "The part that `Range` asked for."},
    304: {"description": "The client has it: `If-None-Match` or `If-Modified-Since`."},
    **errors(401, 404, 416, 503),
}
MODEL_RESPONSES: dict[int | str, Any] = {
    **FILE_RESPONSES,
    200: {"description": "The whole model.", "content": {"model/gltf-binary": {}}},
}


async def file_answer(request: Request, path: Path) -> Response:
    """Answer GET or HEAD with a file, by a path of which no name is a symlink.

    Raises NotFound when it is gone, no plain file, or behind a symlink that was put there since
    the path was looked up; StorageUnavailable when the disk fails.
    """
    with storage_errors("open a file"):
        try:
            file = await asyncio.to_thread(open_real, Path(path.anchor), *path.parts[1:])
        except (FileNotFoundError, PermissionError):
            raise NotFound("File not found", code="file_not_found") from None
    try:
        return _answer(request, path, file)
    except BaseException:
        file.close()
        raise


def content_type_of(path: Path) -> str:
    known = _CONTENT_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def parse_ranges(header: str, size_bytes: int) -> list[tuple[int, int]] | None:
    """Read a Range header into (start, end) pairs, the end excluded.

    None means that the header says nothing usable and the whole file is the answer (RFC 9110,
    section 14.2: unknown units, broken or wasteful ranges); an empty list that no range can be
    satisfied.
    """
    unit = _RANGE_UNIT.fullmatch(header)
    parts = unit[1].split(",") if unit else []
    if not 1 <= len(parts) <= MOST_RANGES:
        return None
    ranges = []
    for part in parts:
        numbers = _RANGE.fullmatch(part)
        if numbers is None or not (numbers[1] or numbers[2]):
            return None
        if numbers[1]:
            start = int(numbers[1])
            end = min(int(numbers[2]) + 1, size_bytes) if numbers[2] else size_bytes
            if numbers[2] and int(numbers[2]) < start:
                return None
        else:
            start, end = max(0, size_bytes - int(numbers[2])), size_bytes
        if start < end:
            ranges.append((start, end))
    if len(ranges) > 1 and sum(end - start for start, end in ranges) > size_bytes:
        return None
    return ranges


def _answer(request: Request, path: Path, file: BinaryIO) -> Response:
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise NotFound("File not found", code="file_not_found")
    size = found.st_size
    modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
    headers = {
        "ETag": f'"{found.st_mtime_ns:x}-{size:x}-{found.st_ino:x}"',
        "Last-Modified": format_datetime(modified, usegmt=True),
        "Cache-Control": "public, max-age=0",
        "Accept-Ranges": "bytes",
    }
    if _client_has_it(request, headers["ETag"], modified):
        file.close()
        return Response(status_code=304, headers=headers)
    content_type = content_type_of(path)
    if request.method == "HEAD":
        file.close()
        headers.update({"Content-Length": str(size), "Content-Type": content_type})
        return Response(headers=headers)
    ranges = _wanted_ranges(request, headers, size)
    if ranges is None:
        headers.update({"Content-Length": str(size), "Content-Type": content_type})
        return _OpenFileResponse(file, [(b"", 0, size)], headers=headers)
    if not ranges:
        file.close()
        return JSONResponse(
            error_body(f"The file has {size} bytes", "range_not_satisfiable"),
            status_code=416,
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )
    parts, content_type = _parts(ranges, size, content_type)
    length = sum(len(head) + end - start for head, start, end in parts)
    headers.update({"Content-Length": str(length), "Content-Type": content_type})
    if len(ranges) == 1:
        headers["Content-Range"] = f"bytes {ranges[0][0]}-{ranges[0][1] - 1}/{size}"
    return _OpenFileResponse(file, parts, status_code=206, headers=headers)


class _OpenFileResponse(StreamingResponse):
    """Parts of an open file; it is closed at the end, also when the client hangs up before."""

    def __init__(
        self, file: BinaryIO, parts: Sequence[tuple[bytes, int, int]], **more: Any
    ) -> None:
        super().__init__(_read(file, parts), **more)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # The generator that reads it would be closed whenever memory is next tidied up.
            self._file.close()


def _client_has_it(request: Request, etag: str, modified: datetime) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:
        known = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return "*" in known or etag in known
    since = _http_date(request.headers.get("if-modified-since"))
    return since is not None and modified <= since


def _wanted_ranges(
    request: Request, headers: dict[str, str], size: int
) -> list[tuple[int, int]] | None:
    header = request.headers.get("range")
    condition = request.headers.get("if-range")
    if header is None or condition not in (None, headers["ETag"], headers["Last-Modified"]):
        return None
    return parse_ranges(header, size)


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a year of twenty digits
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parts(
    ranges: Sequence[tuple[int, int]], size: int, content_type: str
) -> tuple[list[tuple[bytes, int, int]], str]:
    """Return what to send, as text followed by a piece of the file, and its content type."""
    if len(ranges) == 1:
        return [(b"", *ranges[0])], content_type
    boundary = secrets.token_hex(13)
    parts = []
    for number, (start, end) in enumerate(ranges):
        head = (
            f"{'' if number == 0 else chr(13) + chr(10)}--{boundary}\r\n"
            f"Content-Type: {content_type}\r\n"
            f"Content-Range: bytes {start}-{end - 1}/{size}\r\n\r\n"
        )
        parts.append((head.encode(), start, end))
    parts.append((f"\r\n--{boundary}--\r\n".encode(), 0, 0))
    return parts, f"multipart/byteranges; boundary={boundary}"


def _read(file: BinaryIO, parts: Sequence[tuple[bytes, int, int]]) -> Iterator[bytes]:
    """Yield the parts; runs in threads, a chunk at a time."""
    for head, start, end in parts:
        if head:
            yield head
        file.seek(start)
        left = end - start
        while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
