"""Words → a finished GLB: the kind's shape, painted, as one mesh with one PBR material."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from asset_forge.glb.builder import VERTEX_TARGET, GlbBuilder, Primitive
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox.atlas import GRID, AtlasMesh, lay_out
from asset_forge.greybox.bake import Textures, bake
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.kinds import kind_of
from asset_forge.greybox.mesh import Shape
from asset_forge.greybox.shapes import build_shape
from asset_forge.greybox.surfaces import parse_surface, surface_to_json
from asset_forge.greybox.tangents import vertex_tangents

# Under this key of the material's extras stands what a retexture needs to paint the mesh again.
EXTRAS_KEY = "greybox"
# The parts' tint as a vertex attribute of our own: the texture holds it already, viewers skip it.
TINT_ATTRIBUTE = "_GREYBOX_TINT"
_TEXTURE_SIZES_PX = (256, 512, 1024, 2048)


@dataclass(frozen=True)
class GreyboxModel:
    """A finished model.

    note: a sentence for the user about how the brief was read, or None. materials: the surface
    words of every slot, main body first.
    """

    glb: bytes
    kind: str
    note: str | None
    materials: tuple[str, ...]


def make_model(brief: Brief) -> GreyboxModel:
    """Make an asset from words: one mesh, one material with PNG textures, metres, Y up.

    Same words and seed give the same bytes. About half a second of CPU at 1024 px.
    """
    kind, note = kind_of(brief)
    shape = build_shape(kind, brief)
    notes = [text for text in (note, shape.note) if text]
    return GreyboxModel(
        glb=to_glb(shape, brief),
        kind=kind,
        note=" ".join(notes) or None,
        materials=tuple(dict.fromkeys(shape.surfaces.values())),
    )


def to_glb(shape: Shape, brief: Brief) -> bytes:
    """Paint a shape and write it as GLB."""
    texture_px = texture_size(brief.texture_px)
    mesh = lay_out(shape.parts)
    surfaces = {slot: parse_surface(words) for slot, words in shape.surfaces.items()}
    seed = brief.effective_seed
    textures = bake(mesh, surfaces, seed=seed, texture_px=texture_px)
    extras = {
        EXTRAS_KEY: {
            "version": 1,
            "kind": shape.kind,
            # As text: JSON numbers lose whole numbers above 2**53 in many readers.
            "seed": str(seed),
            "texturePx": texture_px,
            "grid": GRID,
            "slots": {slot: surface_to_json(surface) for slot, surface in surfaces.items()},
            "charts": [chart.to_extras() for chart in mesh.charts],
        }
    }
    return write_glb(brief.name, mesh, textures, extras).to_bytes()


def texture_size(wanted_px: int) -> int:
    """Return the texture edge that is made for a wanted one: a power of two, 256…2048."""
    return max((px for px in _TEXTURE_SIZES_PX if px <= wanted_px), default=_TEXTURE_SIZES_PX[0])


def write_glb(
    name: str, mesh: AtlasMesh, textures: Textures, extras: Mapping[str, Any]
) -> GlbDocument:
    """Write a painted mesh as one node with one mesh and one material."""
    builder = GlbBuilder()
    base = builder.add_texture(builder.add_image(textures.base))
    orm = builder.add_texture(builder.add_image(textures.orm))
    normal = builder.add_texture(builder.add_image(textures.normal))
    glow = None if textures.glow is None else builder.add_texture(builder.add_image(textures.glow))
    material = builder.add_material(
        "greybox",
        base_color_texture=base,
        metallic_roughness_texture=orm,
        occlusion=True,
        normal_texture=normal,
        extras=extras,
    )
    primitive = Primitive(
        positions=mesh.positions,
        triangles=mesh.triangles,
        normals=mesh.normals,
        uvs=mesh.uvs,
        material=material,
    )
    node = builder.add_node(name, mesh=builder.add_mesh(name, [primitive]))
    builder.set_scene([node])
    more = {"TANGENT": vertex_tangents(mesh.positions, mesh.triangles, mesh.normals, mesh.uvs)}
    if mesh.tint is not None:
        more[TINT_ATTRIBUTE] = mesh.tint
    accessors = {
        name: builder.add_accessor(values.astype(np.float32), target=VERTEX_TARGET)
        for name, values in more.items()
    }
    document = builder.build()
    document.json["meshes"][0]["primitives"][0]["attributes"].update(accessors)
    if glow is not None:
        shining = document.json["materials"][material]
        shining["emissiveTexture"] = {"index": glow}
        shining["emissiveFactor"] = [1.0, 1.0, 1.0]
    return document
