"""A new material on an old mesh: greybox's own models are painted anew, others recoloured.

Which slots a material replaces is decided in `presets`; recolouring is in `recolour`.
"""

import copy
from typing import Any

import numpy as np

from asset_forge.errors import BadGlb
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.builder import GlbBuilder
from asset_forge.glb.compact import compact
from asset_forge.glb.decompress import decoded
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.atlas import GRID, AtlasMesh, Chart
from asset_forge.greybox.bake import Textures, bake
from asset_forge.greybox.model import EXTRAS_KEY, TINT_ATTRIBUTE, texture_size
from asset_forge.greybox.presets import replaced_slots, surface_of_preset
from asset_forge.greybox.recolour import recolour
from asset_forge.greybox.surfaces import Surface, surface_from_json, surface_to_json

# What JSON of another shape than glTF's trips over on the way; a maker's own errors are others.
_DAMAGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def retexture(
    glb: bytes,
    *,
    preset_id: str,
    style_prompt: str,
    category: str = "",
    color: str | None = None,
    seed: int | None = None,
) -> bytes:
    """Put a material preset on a model; mesh, coordinates, skins and animations stay as they are.

    Draco and meshopt data are decoded, and not compressed again.

    color: "#rrggbb" or None. seed: None keeps the model's own, so that wear and grain stay too.
    Raises BadGlb for bytes that are no usable GLB.
    """
    document = decoded(GlbDocument.parse(glb))
    target = surface_of_preset(preset_id, style_prompt, category, color)
    try:
        notes = _own_notes(document)
        if notes is None:
            painted = recolour(document, target, seed=seed or 0)
        else:
            painted = _painted_anew(document, notes, target, seed)
    except _DAMAGE as error:
        raise BadGlb(
            f"The model cannot be painted: its materials or meshes are damaged "
            f"({type(error).__name__})."
        ) from error
    return compact(painted).to_bytes()


def _own_notes(document: GlbDocument) -> tuple[int, dict[str, Any]] | None:
    """Return the material with greybox's notes and the notes, or None for another maker's file."""
    for index, material in enumerate(document.json.get("materials", [])):
        extras = material.get("extras")
        notes = extras.get(EXTRAS_KEY) if isinstance(extras, dict) else None
        if isinstance(notes, dict) and notes.get("version") == 1 and notes.get("grid") == GRID:
            return index, notes
    return None


def _painted_anew(
    document: GlbDocument, found: tuple[int, dict[str, Any]], target: Surface, seed: int | None
) -> GlbDocument:
    material_index, notes = found
    try:
        charts = tuple(Chart.from_extras(entry) for entry in notes["charts"])
        slots = {slot: surface_from_json(entry) for slot, entry in notes["slots"].items()}
        mesh = _mesh_of(document, material_index, charts)
        texture_px = texture_size(int(notes["texturePx"]))
        chosen_seed = int(notes["seed"]) if seed is None else seed & 0xFFFF_FFFF_FFFF_FFFF
    except (KeyError, TypeError, ValueError) as error:
        raise BadGlb(f"The model's notes for painting are damaged: {error}.") from error
    missing = {chart.slot for chart in charts} - set(slots)
    if missing:
        raise BadGlb(f"The model's notes for painting name no surface for {sorted(missing)}.")
    slots.update(replaced_slots(slots, _areas(mesh), target))
    textures = bake(mesh, slots, seed=chosen_seed, texture_px=texture_px)

    builder = GlbBuilder(document)
    result = _with_textures(builder, material_index, textures)
    new_notes = copy.deepcopy(notes)
    new_notes["slots"] = {slot: surface_to_json(surface) for slot, surface in slots.items()}
    new_notes["seed"] = str(chosen_seed)
    result.json["materials"][material_index]["extras"][EXTRAS_KEY] = new_notes
    return result


def _with_textures(builder: GlbBuilder, material_index: int, textures: Textures) -> GlbDocument:
    """Point the material at new pictures; the old ones are left for `compact` to drop."""
    base, orm, normal = (
        builder.add_texture(builder.add_image(data))
        for data in (textures.base, textures.orm, textures.normal)
    )
    glow = None if textures.glow is None else builder.add_texture(builder.add_image(textures.glow))
    result = builder.build()
    material = result.json["materials"][material_index]
    pbr = material["pbrMetallicRoughness"]
    pbr["baseColorTexture"] = {"index": base}
    pbr["metallicRoughnessTexture"] = {"index": orm}
    material["occlusionTexture"] = {"index": orm}
    material["normalTexture"] = {"index": normal}
    for key in ("emissiveTexture", "emissiveFactor"):
        material.pop(key, None)
    if glow is not None:
        material["emissiveTexture"] = {"index": glow}
        material["emissiveFactor"] = [1.0, 1.0, 1.0]
    return result


def _mesh_of(document: GlbDocument, material_index: int, charts: tuple[Chart, ...]) -> AtlasMesh:
    """Read the painted mesh back; triangles find their chart by their texture coordinates."""
    primitives = [
        primitive
        for mesh in document.json.get("meshes", [])
        for primitive in mesh["primitives"]
        if primitive.get("material") == material_index
    ]
    if not primitives:
        raise BadGlb("The model's notes for painting belong to no mesh.")
    # Several primitives with one material would be somebody else's edit; the first is ours.
    attributes = primitives[0]["attributes"]
    positions = read_accessor(document, attributes["POSITION"]).astype(np.float64)
    triangles = read_accessor(document, primitives[0]["indices"]).astype(np.int64).reshape(-1, 3)
    uvs = read_accessor(document, attributes["TEXCOORD_0"]).astype(np.float64)
    tint = None
    if TINT_ATTRIBUTE in attributes:
        tint = read_accessor(document, attributes[TINT_ATTRIBUTE]).astype(np.float64)
    middle = uvs[triangles].mean(axis=1) * GRID
    chart_of = np.zeros(len(triangles), np.int64)
    for index, chart in enumerate(charts):
        left, top, width, height = chart.rect
        inside = (middle >= (left, top)) & (middle <= (left + width, top + height))
        chart_of[inside.all(axis=1)] = index
    return AtlasMesh(
        positions=positions,
        normals=read_accessor(document, attributes["NORMAL"]).astype(np.float64),
        triangles=triangles,
        uvs=uvs,
        chart_of=chart_of,
        charts=charts,
        tint=tint,
    )


def _areas(mesh: AtlasMesh) -> dict[str, float]:
    """Return each slot's share of the surface."""
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    shares: dict[str, float] = {}
    for index, chart in enumerate(mesh.charts):
        part = float(area[mesh.chart_of == index].sum() / max(area.sum(), 1e-12))
        shares[chart.slot] = shares.get(chart.slot, 0.0) + part
    return shares
