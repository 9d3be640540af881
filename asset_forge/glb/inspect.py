"""What is in a GLB: counts, bounds, materials, textures, skins, clips, and what to worry about.

Pictures are not decoded and nothing is changed. A damaged file is a BadGlb; a file that can be
used but may disappoint gets warnings, each with a stable code of `domain.findings`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.domain.findings import Expected, Finding
from asset_forge.domain.sizes import Frame, Measure, SizeSource
from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.closedness import Edges, look_at_edges
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.image_headers import read_image_header
from asset_forge.glb.meshes import (
    MAX_DRAWN_TRIANGLES,
    TRIANGLES,
    drawn_meshes,
    scene_bounds,
    scene_primitives,
)
from asset_forge.glb.nodes import scene_nodes
from asset_forge.glb.poses import clip_seconds

# Looking for open edges sorts all of them; above this it would no longer be cheap.
MAX_MANIFOLD_TRIANGLES = 200_000
MAX_PICTURES = 4096
LARGEST_TEXTURE_PX = 4096
# Enough for the picture's size even behind a JPEG's camera data and colour profile.
_PICTURE_HEAD_BYTES = 256 * 1024
# Below and above these nothing is made for games, whatever it is.
_SMALLEST_M, _LARGEST_M = 0.002, 500.0
_COMPRESSIONS = {
    "KHR_draco_mesh_compression": "draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
    "KHR_mesh_quantization": "quantization",
    "KHR_texture_basisu": "basisu",
}


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
    """The facts about one GLB; counts and bounds are those of the default scene, as drawn.

    is_closed: whether the surfaces enclose something; None when that was not looked at.
    """

    triangle_count: int
    vertex_count: int
    node_count: int
    mesh_count: int
    joint_count: int
    bounds_min_m: tuple[float, float, float] | None
    bounds_max_m: tuple[float, float, float] | None
    dimensions: Dimensions
    materials: tuple[str, ...]
    textures: tuple[TextureInfo, ...]
    skins: tuple[SkinInfo, ...]
    clips: tuple[ClipInfo, ...]
    file_size_bytes: int
    extensions: tuple[str, ...]
    compression: tuple[str, ...]
    is_closed: bool | None
    warnings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON with camelCase keys; lengths in metres."""
        bounds = None
        if self.bounds_min_m is not None and self.bounds_max_m is not None:
            bounds = {"min": list(self.bounds_min_m), "max": list(self.bounds_max_m)}
        return {
            "triangleCount": self.triangle_count,
            "vertexCount": self.vertex_count,
            "nodeCount": self.node_count,
            "meshCount": self.mesh_count,
            "jointCount": self.joint_count,
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
            "compression": list(self.compression),
            "isClosed": self.is_closed,
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def inspect_glb(data: bytes, expected: Expected | None = None) -> GlbReport:
    """Describe a GLB, and hold it against what is expected of it. Raises BadGlb."""
    expected = expected or Expected()
    document = GlbDocument.parse(data)
    primitives = scene_primitives(document)
    triangle_count, vertex_count = _counts(document, primitives)
    warnings: list[Finding] = []
    _judge_parts(document, primitives, triangle_count, expected, warnings)
    edges = _edges(document, triangle_count, warnings)
    textures = _textures(document, warnings)
    bounds = scene_bounds(document)
    low, high = bounds or (np.zeros(3), np.zeros(3))
    if bounds:
        _judge_place(low, high, expected, warnings)
    extensions = _extensions(document)
    joints = [fields.integers(skin, "joints") for skin in fields.objects(document.json, "skins")]
    return GlbReport(
        triangle_count=triangle_count,
        vertex_count=vertex_count,
        node_count=len(scene_nodes(document)),
        mesh_count=len(fields.objects(document.json, "meshes")),
        joint_count=len({joint for skin in joints for joint in skin}),
        bounds_min_m=_point(low) if bounds else None,
        bounds_max_m=_point(high) if bounds else None,
        dimensions=Dimensions(*_point(high - low)),
        materials=_names(document, "materials"),
        textures=textures,
        skins=tuple(
            SkinInfo(name, len(of_skin))
            for name, of_skin in zip(_names(document, "skins"), joints, strict=True)
        ),
        clips=tuple(
            ClipInfo(name, round(clip_seconds(document, index), 6))
            for index, name in enumerate(_names(document, "animations"))
        ),
        file_size_bytes=len(data),
        extensions=extensions,
        compression=tuple(
            dict.fromkeys(_COMPRESSIONS[name] for name in extensions if name in _COMPRESSIONS)
        ),
        is_closed=None if edges is None else not (edges.open or edges.crowded or edges.mixed),
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


def _judge_parts(
    document: GlbDocument,
    primitives: list[tuple[int, dict[str, Any]]],
    triangle_count: int,
    expected: Expected,
    warnings: list[Finding],
) -> None:
    if not primitives:
        warnings.append(Finding("draws_nothing", "The scene draws no triangles."))
    budget = expected.face_budget
    if budget is not None and triangle_count > budget:
        text = f"{triangle_count} triangles are more than the budget of {budget}."
        warnings.append(Finding("over_face_budget", text))
    attributes = [fields.mapping(primitive, "attributes") for _, primitive in primitives]
    of_all = f"of {len(primitives)} primitives"
    for code, name, what in (
        ("no_uvs", "TEXCOORD_0", "UVs"),
        ("no_normals", "NORMAL", "normals"),
    ):
        missing = sum(name not in each for each in attributes)
        if missing:
            warnings.append(Finding(code, f"{missing} {of_all} have no {what}."))
    bare = sum("material" not in primitive for _, primitive in primitives)
    if bare:
        warnings.append(Finding("no_material", f"{bare} {of_all} have no material."))
    crowded = sum("JOINTS_1" in each for each in attributes)
    if crowded:
        text = f"{crowded} {of_all} have more than four joints a vertex; many engines use four."
        warnings.append(Finding("many_influences", text))


def _edges(document: GlbDocument, triangle_count: int, warnings: list[Finding]) -> Edges | None:
    """Look at the edges of what is drawn; None when there is nothing, or too much."""
    if not triangle_count:
        return None
    if triangle_count > min(MAX_MANIFOLD_TRIANGLES, MAX_DRAWN_TRIANGLES):
        text = f"{triangle_count} triangles are too many to look for open edges."
        warnings.append(Finding("edges_not_checked", text))
        return None
    edges = look_at_edges(drawn_meshes(document))
    found = [
        (edges.degenerate > triangle_count / 100, "degenerate_triangles",
         f"{edges.degenerate} triangles have no area."),
        (edges.doubled, "doubled_triangles",
         f"{edges.doubled} triangles lie on top of others."),
        (edges.open, "open_edges",
         f"The surface is not closed: {edges.open} edges have one triangle only."),
        (edges.crowded, "crowded_edges",
         f"{edges.crowded} edges are shared by more than two triangles."),
        (edges.mixed, "mixed_winding",
         f"At {edges.mixed} edges the triangles face opposite ways."),
        (edges.is_inside_out, "inside_out", "The surface faces inwards."),
    ]  # fmt: skip
    warnings += [Finding(code, text) for is_so, code, text in found if is_so]
    return edges


def _judge_place(
    low: NDArray[np.float64], high: NDArray[np.float64], expected: Expected, warnings: list[Finding]
) -> None:
    sizes = high - low
    placement, longest = expected.placement, float(sizes.max())
    if placement is None or placement.size_m is None:
        if not _SMALLEST_M <= longest <= _LARGEST_M:
            text = f"The model is {longest:.6g} m long; are its lengths in metres?"
            warnings.append(Finding("size_not_believable", text))
    else:
        size_m = float(sizes[1]) if placement.measure is Measure.HEIGHT else longest
        wanted, tolerance = placement.size_m, expected.size_tolerance
        if not wanted / tolerance <= size_m <= wanted * tolerance:
            what = "high" if placement.measure is Measure.HEIGHT else "long"
            thing = (placement.kind or "thing of this type").replace("_", " ")
            told = f"a {thing} is about {wanted:g} m"
            if placement.source is SizeSource.ASKED:
                told = f"{wanted:g} m were asked for"
            text = f"The model is {size_m:.4g} m {what}; {told}."
            warnings.append(Finding("size_not_believable", text))
    stands = placement is not None and placement.frame in (Frame.CHARACTER, Frame.GROUND)
    if stands and abs(low[1]) > 0.02 * longest:
        text = f"The lowest point is at y = {low[1]:.4g} m instead of on the ground."
        warnings.append(Finding("not_on_ground", text))


def _textures(document: GlbDocument, warnings: list[Finding]) -> tuple[TextureInfo, ...]:
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
            text = f"Picture {index} cannot be read. {error.message}"
            warnings.append(Finding("picture_unreadable", text))
            textures.append(TextureInfo(None, None, declared, 0))
            continue
        header = read_image_header(bytes(data[:_PICTURE_HEAD_BYTES]))
        if header is None:
            text = f"Picture {index} is of an unknown kind."
            warnings.append(Finding("picture_unknown", text))
            textures.append(TextureInfo(None, None, declared, len(data)))
            continue
        mime_type, width_px, height_px = header
        size = f"Picture {index} is {width_px} x {height_px} pixels"
        if not (_power_of_two(width_px) and _power_of_two(height_px)):
            text = f"{size}; engines like powers of two better."
            warnings.append(Finding("not_power_of_two", text))
        if max(width_px, height_px) > LARGEST_TEXTURE_PX:
            text = f"{size}, more than {LARGEST_TEXTURE_PX} a side."
            warnings.append(Finding("large_texture", text))
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
