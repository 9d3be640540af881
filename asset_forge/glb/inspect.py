"""What is in a GLB: counts, bounds, materials, textures, skins, clips, and what to worry about.

Pictures are not decoded and nothing is changed. A damaged file is a BadGlb; a file that can be
used but may disappoint gets warnings.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.image_headers import read_image_header
from asset_forge.glb.meshes import (
    MAX_DRAWN_TRIANGLES,
    TRIANGLES,
    drawn_meshes,
    scene_bounds,
    scene_primitives,
)
from asset_forge.glb.poses import clip_seconds

# Looking for open edges sorts all of them; above this it would no longer be cheap.
MAX_MANIFOLD_TRIANGLES = 200_000
# Vertices in the same cell of this many along the model are one corner, split by a UV seam.
_WELD_CELLS = 1e6
MAX_PICTURES = 4096
# Enough for the picture's size even behind a JPEG's camera data and colour profile.
_PICTURE_HEAD_BYTES = 256 * 1024


@dataclass(frozen=True)
class Dimensions:
    """Extent along x, y and z in metres; zero when nothing is drawn."""

    width_m: float
    height_m: float
    depth_m: float


@dataclass(frozen=True)
class TextureInfo:
    """One embedded picture; width and height are None when its header cannot be read."""

    width_px: int | None
    height_px: int | None
    mime_type: str
    size_bytes: int


@dataclass(frozen=True)
class SkinInfo:
    name: str
    joint_count: int


@dataclass(frozen=True)
class ClipInfo:
    name: str
    seconds: float


@dataclass(frozen=True)
class GlbReport:
    """The facts about one GLB; counts and bounds are those of the default scene, as drawn."""

    triangle_count: int
    vertex_count: int
    bounds_min_m: tuple[float, float, float] | None
    bounds_max_m: tuple[float, float, float] | None
    dimensions: Dimensions
    materials: tuple[str, ...]
    textures: tuple[TextureInfo, ...]
    skins: tuple[SkinInfo, ...]
    clips: tuple[ClipInfo, ...]
    file_size_bytes: int
    extensions: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON with camelCase keys; lengths in metres."""
        bounds = None
        if self.bounds_min_m is not None and self.bounds_max_m is not None:
            bounds = {"min": list(self.bounds_min_m), "max": list(self.bounds_max_m)}
        return {
            "triangleCount": self.triangle_count,
            "vertexCount": self.vertex_count,
            "bounds": bounds,
            "dimensions": {
                "width": self.dimensions.width_m,
                "height": self.dimensions.height_m,
                "depth": self.dimensions.depth_m,
            },
            "materials": list(self.materials),
            "textures": [
                {
                    "width": texture.width_px,
                    "height": texture.height_px,
                    "mimeType": texture.mime_type,
                    "sizeBytes": texture.size_bytes,
                }
                for texture in self.textures
            ],
            "skins": [{"name": skin.name, "joints": skin.joint_count} for skin in self.skins],
            "clips": [{"name": clip.name, "seconds": clip.seconds} for clip in self.clips],
            "fileSizeBytes": self.file_size_bytes,
            "extensions": list(self.extensions),
            "warnings": list(self.warnings),
        }


def inspect_glb(data: bytes, *, face_budget: int | None = None) -> GlbReport:
    """Describe a GLB. With `face_budget`, more triangles than that are a warning. Raises BadGlb."""
    document = GlbDocument.parse(data)
    primitives = scene_primitives(document)
    triangle_count, vertex_count = _counts(document, primitives)
    warnings = _geometry_warnings(document, primitives, triangle_count, face_budget)
    textures = _textures(document, warnings)
    bounds = scene_bounds(document)
    low, high = bounds or (np.zeros(3), np.zeros(3))
    return GlbReport(
        triangle_count=triangle_count,
        vertex_count=vertex_count,
        bounds_min_m=_point(low) if bounds else None,
        bounds_max_m=_point(high) if bounds else None,
        dimensions=Dimensions(*_point(high - low)),
        materials=_names(document, "materials"),
        textures=textures,
        skins=tuple(
            SkinInfo(name, len(fields.integers(skin, "joints")))
            for name, skin in zip(
                _names(document, "skins"), fields.objects(document.json, "skins"), strict=True
            )
        ),
        clips=tuple(
            ClipInfo(name, round(clip_seconds(document, index), 6))
            for index, name in enumerate(_names(document, "animations"))
        ),
        file_size_bytes=len(data),
        extensions=_extensions(document),
        warnings=tuple(warnings),
    )


def _counts(document: GlbDocument, primitives: list[tuple[int, dict[str, Any]]]) -> tuple[int, int]:
    """Return triangles and vertices from the accessors alone, which also works under Draco."""
    triangle_count = 0
    vertex_counts: dict[tuple[int, int], int] = {}
    for node, primitive in primitives:
        position = fields.integer(fields.mapping(primitive, "attributes"), "POSITION")
        vertices = fields.integer(fields.item(document.json, "accessors", position), "count")
        # Primitives of one mesh often share their vertices and differ in material only.
        vertex_counts[node, position] = vertices
        index = fields.optional_integer(primitive, "indices")
        corners = vertices
        if index is not None:
            corners = fields.integer(fields.item(document.json, "accessors", index), "count")
        mode = fields.integer(primitive, "mode", default=TRIANGLES)
        triangle_count += corners // 3 if mode == TRIANGLES else max(corners - 2, 0)
    return triangle_count, sum(vertex_counts.values())


def _geometry_warnings(
    document: GlbDocument,
    primitives: list[tuple[int, dict[str, Any]]],
    triangle_count: int,
    face_budget: int | None,
) -> list[str]:
    warnings = []
    if not primitives:
        warnings.append("The scene draws no triangles.")
    if face_budget is not None and triangle_count > face_budget:
        warnings.append(f"{triangle_count} triangles are more than the budget of {face_budget}.")
    for attribute, what in (("TEXCOORD_0", "UVs"), ("NORMAL", "normals")):
        missing = sum(
            attribute not in fields.mapping(primitive, "attributes") for _, primitive in primitives
        )
        if missing:
            warnings.append(f"{missing} of {len(primitives)} primitives have no {what}.")
    if 0 < triangle_count <= min(MAX_MANIFOLD_TRIANGLES, MAX_DRAWN_TRIANGLES):
        warnings += _manifold_warnings(document)
    return warnings


def _manifold_warnings(document: GlbDocument) -> list[str]:
    open_count, crowded_count = _edge_counts(document)
    warnings = []
    if open_count:
        warnings.append(f"The surface is not closed: {open_count} edges have one triangle only.")
    if crowded_count:
        warnings.append(f"{crowded_count} edges are shared by more than two triangles.")
    return warnings


def _edge_counts(document: GlbDocument) -> tuple[int, int]:
    """Return how many edges have one triangle, and how many have more than two."""
    open_count = crowded_count = 0
    by_node: dict[int, list[NDArray[np.float64]]] = {}
    for mesh in drawn_meshes(document):
        # All parts of a node together: materials may split a closed body into open patches.
        by_node.setdefault(mesh.node, []).append(mesh.positions[mesh.triangles].reshape(-1, 3))
    for parts in by_node.values():
        corners = np.concatenate(parts)
        if not len(corners):
            continue
        extent = float(np.ptp(corners, axis=0).max()) or 1.0
        cells = np.round((corners - corners.min(axis=0)) / extent * _WELD_CELLS).astype(np.int64)
        # Each cell number is below 2**20, so that three fit into one 64-bit key.
        cell_keys = cells[:, 0] << 40 | cells[:, 1] << 20 | cells[:, 2]
        welded = np.unique(cell_keys, return_inverse=True)[1].reshape(-1, 3)
        whole = (
            (welded[:, 0] != welded[:, 1])
            & (welded[:, 1] != welded[:, 2])
            & (welded[:, 2] != welded[:, 0])
        )
        triangles = welded[whole]
        edges = np.sort(np.concatenate([triangles[:, [a, (a + 1) % 3]] for a in range(3)]), axis=1)
        keys = edges[:, 0] * (int(welded.max()) + 1) + edges[:, 1]
        uses = np.unique(keys, return_counts=True)[1]
        open_count += int((uses == 1).sum())
        crowded_count += int((uses > 2).sum())
    return open_count, crowded_count


def _textures(document: GlbDocument, warnings: list[str]) -> tuple[TextureInfo, ...]:
    """Describe all pictures; what is odd about them goes to the end of `warnings`."""
    textures = []
    images = fields.objects(document.json, "images")
    if len(images) > MAX_PICTURES:
        raise BadGlb(f"The GLB has {len(images)} pictures; {MAX_PICTURES} is the limit.")
    for index, image in enumerate(images):
        declared = fields.text(image, "mimeType", "application/octet-stream")
        try:
            data = document.image_memory(index)
        except BadGlb as error:
            # A picture elsewhere leaves a model that can be used, without that picture.
            warnings.append(f"Picture {index} cannot be read. {error.message}")
            textures.append(TextureInfo(None, None, declared, 0))
            continue
        header = read_image_header(bytes(data[:_PICTURE_HEAD_BYTES]))
        if header is None:
            warnings.append(f"Picture {index} is of an unknown kind.")
            textures.append(TextureInfo(None, None, declared, len(data)))
            continue
        mime_type, width_px, height_px = header
        if not (_power_of_two(width_px) and _power_of_two(height_px)):
            warnings.append(
                f"Picture {index} is {width_px} x {height_px} pixels; "
                "engines like powers of two better."
            )
        textures.append(TextureInfo(width_px, height_px, mime_type, len(data)))
    return tuple(textures)


def _power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


def _names(document: GlbDocument, key: str) -> tuple[str, ...]:
    """Return the names of a top-level list; what has no name is called by its number."""
    entries = fields.objects(document.json, key)
    return tuple(
        fields.text(entry, "name") or f"{key}[{index}]" for index, entry in enumerate(entries)
    )


def _extensions(document: GlbDocument) -> tuple[str, ...]:
    names = document.json.get("extensionsUsed", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadGlb("The GLB is damaged: 'extensionsUsed' must be a list of names.")
    return tuple(name.encode("utf-8", "replace").decode("utf-8") for name in names)


def _point(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return three floats, rounded to a thousandth of a millimetre."""
    x, y, z = (round(float(value), 6) + 0.0 for value in values)  # + 0.0 turns -0.0 into 0.0
    return x, y, z
