"""Reads the bodies of answers piece by piece: bounded also in what they unpack to.

A few kilobytes of gzip can hold gigabytes, so nothing is unpacked in one go.
"""

import zlib
from collections.abc import AsyncIterator

import httpx

PIECE_BYTES = 256 * 1024
_GZIP = 31  # zlib's number for a window of 32 KiB in a gzip wrapper


class BodyTooLong(Exception):
    """A body that is longer than the bytes allowed."""


async def body_pieces(response: httpx.Response, *, max_bytes: int) -> AsyncIterator[bytes]:
    """Yield a body unpacked, in pieces of the network's size or at most 256 KiB.

    Only gzip is unpacked; nothing else is ever asked for. Raises BodyTooLong when more than
    `max_bytes` came, packed or unpacked, and httpx.HTTPError.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        pieces = response.aiter_raw()
    elif encoding in ("gzip", "x-gzip"):
        pieces = _unpacked(response, max_bytes)
    else:
        raise httpx.DecodingError(f"it is packed as {encoding[:40]!r}, which was not asked for")
    size_bytes = 0
    async for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > max_bytes:
            raise BodyTooLong
        yield piece


async def _unpacked(response: httpx.Response, max_bytes: int) -> AsyncIterator[bytes]:
    gzip = zlib.decompressobj(wbits=_GZIP)
    packed_bytes = 0
    async for packed in response.aiter_raw():
        packed_bytes += len(packed)
        if packed_bytes > max_bytes:
            raise BodyTooLong
        left = packed
        while left and not gzip.eof:
            try:
                piece = gzip.decompress(left, PIECE_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from None
            left = gzip.unconsumed_tail
            if piece:
                yield piece
    while not gzip.eof and (piece := gzip.decompress(gzip.unconsumed_tail, PIECE_BYTES)):
        yield piece
    if packed_bytes and not gzip.eof:
        raise httpx.DecodingError("it ends before it is complete")
