"""Drop what nothing in a GLB points to any more, and rebuild the binary chunk without it.

Meshes, materials, nodes and skins always stay, used or not. Bytes that stay are copied unchanged.
"""

import copy
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.fields import JsonObject
from asset_forge.glb.references import (
    Reference,
    accessor_references,
    has_unknown_references,
    image_references,
    root_references,
    texture_references,
    view_places,
)

# In the order of use: what comes first may point to what comes later.
_KINDS: dict[str, Callable[[JsonObject], Iterator[Reference]]] = {
    "textures": texture_references,
    "accessors": accessor_references,
    "images": image_references,
    "samplers": lambda _: iter(()),
    "bufferViews": lambda _: iter(()),
}


def compact(document: GlbDocument) -> GlbDocument:
    """Return a copy without unused accessors, buffer views, images, textures and samplers.

    A document with an unknown extension that may point to any of them is copied as it is. Raises
    BadGlb when a reference leads nowhere.
    """
    result = GlbDocument(copy.deepcopy(document.json), document.binary, document.other_chunks)
    if has_unknown_references(result.json):
        return result
    used, references = _collect_used(result.json)
    for kind, indices in used.items():
        kept = sorted(indices)
        new_numbers = {old: new for new, old in enumerate(kept)}
        for reference, old in references[kind]:
            reference.owner[reference.key] = new_numbers[old]
        if kind in result.json:
            result.json[kind] = [result.json[kind][index] for index in kept]
            if not kept:
                del result.json[kind]
    _rebuild_binary(result)
    return result


def _collect_used(
    document_json: JsonObject,
) -> tuple[dict[str, set[int]], dict[str, list[tuple[Reference, int]]]]:
    """Return for each kind the used indices, and all places that name one with its number."""
    used: dict[str, set[int]] = {kind: set() for kind in _KINDS}
    references: dict[str, list[tuple[Reference, int]]] = {kind: [] for kind in _KINDS}

    def note(found: Iterable[Reference]) -> None:
        for reference in found:
            index = reference.index
            fields.item(document_json, reference.kind, index)
            used[reference.kind].add(index)
            references[reference.kind].append((reference, index))

    note(root_references(document_json))
    for kind, references_of in _KINDS.items():
        for index in sorted(used[kind]):
            note(references_of(document_json[kind][index]))
    return used, references


def _rebuild_binary(document: GlbDocument) -> None:
    """Cut unused byte ranges out of the binary chunk; ranges that overlap stay so."""
    buffers = fields.objects(document.json, "buffers")
    if not buffers or "uri" in buffers[0]:
        return
    places = [
        place
        for view in fields.objects(document.json, "bufferViews")
        for place in view_places(view)
        if fields.integer(place, "buffer") == 0
    ]
    if not places:
        _drop_binary(document, buffers)
        return
    segments = _merged_ranges([_byte_range(place, len(document.binary)) for place in places])
    starts = {}
    parts: list[bytes] = []
    size = 0
    for start, end in segments:
        padding = -size % 4
        parts += [b"\0" * padding, document.binary[start:end]]
        starts[start] = size + padding
        size += padding + end - start
    _move_places(places, segments, starts)
    document.binary = b"".join(parts)
    buffers[0]["byteLength"] = size


def _drop_binary(document: GlbDocument, buffers: list[JsonObject]) -> None:
    if len(buffers) == 1:
        del document.json["buffers"]
        document.binary = b""
    else:  # the other buffers keep their numbers
        document.binary = bytes(4)
        buffers[0]["byteLength"] = 4


def _byte_range(place: JsonObject, limit: int) -> tuple[int, int]:
    start = fields.integer(place, "byteOffset", default=0)
    end = start + fields.integer(place, "byteLength", minimum=1)
    if end > limit:
        raise BadGlb(f"The GLB is damaged: a buffer view ends at byte {end} of {limit}.")
    return start, end


def _merged_ranges(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that touch or overlap; each starts at a multiple of four, as data must lie."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start - start % 4, end) for start, end in ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _move_places(
    places: list[JsonObject], segments: list[tuple[int, int]], starts: dict[int, int]
) -> None:
    old_offsets = [fields.integer(place, "byteOffset", default=0) for place in places]
    segment_starts = [start for start, _ in segments]
    for place, offset in zip(places, old_offsets, strict=True):
        start = segment_starts[bisect_right(segment_starts, offset) - 1]
        moved = starts[start] + offset - start
        if moved or "byteOffset" in place:
            place["byteOffset"] = moved
