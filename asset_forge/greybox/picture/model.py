"""From the bytes of a picture to the bytes of a GLB: the steps in order, and what they decided."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.greybox.parts import corner_normals
from asset_forge.greybox.picture.axis import Build, find_anatomy, find_long_axis
from asset_forge.greybox.picture.inflate import Surface, inflate
from asset_forge.greybox.picture.kinds import LONG_FORMS, Form, PictureKind, find_kind
from asset_forge.greybox.picture.mask import Figure, find_figure, open_picture
from asset_forge.greybox.picture.project import bleed, corner_uvs, cut_out, pack, paint_back

_CREASE_DEG = 60.0
# A bow has two like ends, and a reel looks like the head of a mace.
_NEVER_FLIPPED = frozenset({"bow", "fishing_rod"})
_MIN_HEIGHT_M, _MAX_HEIGHT_M = 0.01, 100.0


@dataclass(frozen=True)
class PictureModel:
    """A GLB made from a picture: metres, Y up, facing +Z, standing on y = 0.

    kind: what the figure was taken for. notes: what was decided on the way, in sentences.
    """

    glb: bytes
    kind: str
    triangle_count: int
    notes: tuple[str, ...] = ()


def model_from_picture(
    picture: bytes,
    *,
    kind: str,
    type: str = "",  # noqa: A002 - the word of the whole service for it
    height_m: float | None = None,
    face_budget: int = 6000,
    texture_px: int = 1024,
) -> PictureModel:
    """Make a closed, textured mesh of the figure in a picture.

    picture: PNG, JPEG, WebP, GIF, BMP or TIFF. kind, type: words such as "steel longsword" and
    "weapon"; they decide depth and size (see `find_kind`). height_m: metres of the upright figure,
    None takes the kind's usual size. face_budget: triangles at most. texture_px: longest edge of
    the texture.

    Raises BadPicture for bytes that are no usable picture, Refused when no figure stands in front
    of a ground, ValueError for sizes out of range. Takes about a second of one core.
    """
    if height_m is not None and not _MIN_HEIGHT_M <= height_m <= _MAX_HEIGHT_M:
        raise ValueError(f"height_m must be {_MIN_HEIGHT_M}..{_MAX_HEIGHT_M}, not {height_m}")
    if face_budget < 200 or not 64 <= texture_px <= 4096:
        raise ValueError(f"face_budget {face_budget} or texture_px {texture_px} is out of range")
    image = open_picture(picture)
    figure = find_figure(image)
    pictured = find_kind(kind, type)
    notes = [f"Depth guessed from one view, for the kind {pictured.name!r}."]
    turn_degrees = _turn_upright(figure, pictured, notes)
    cut = cut_out(image, figure, turn_degrees=turn_degrees, longest_px=texture_px)
    surface = inflate(cut.coverage, pictured, face_budget=face_budget)
    front = bleed(cut)
    back = paint_back(cut, front, pictured.form, neck=surface.neck)
    atlas = pack(front, back, texture_px)
    uvs = corner_uvs(surface, atlas, cut, pictured.form)
    primitive = _to_primitive(surface, uvs, height_m or pictured.size_m, pictured)
    glb = _write(primitive, atlas.jpeg, pictured)
    return PictureModel(glb, pictured.name, len(surface.triangles), tuple(notes))


def _turn_upright(figure: Figure, kind: PictureKind, notes: list[str]) -> float:
    """Degrees counter-clockwise that stand a long thing upright with its handle down."""
    if _touches_border(figure):
        notes.append("The figure is cut off by the picture's border, and so is the model.")
    if kind.form not in LONG_FORMS:
        return 0.0
    axis = find_long_axis(figure.inside)
    anatomy = find_anatomy(axis)
    if axis.elongation < 1.6 or anatomy.build is Build.COMPACT:
        return 0.0
    turn = axis.degrees
    if turn:
        notes.append(f"Turned by {turn:.0f} degrees to stand upright.")
    if kind.name in _NEVER_FLIPPED:
        return turn
    if anatomy.handle_at_end == 0 and anatomy.confidence >= 0.6:
        notes.append("Turned upside down, so that the handle is below.")
        turn += 180.0
    return turn


def _touches_border(figure: Figure) -> bool:
    inside = figure.inside
    return bool(inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any())


def _to_primitive(
    surface: Surface, uvs: npt.NDArray[np.float64], height_m: float, kind: PictureKind
) -> Primitive:
    """Scale to metres, centre over the origin, split vertices where texture or shading breaks."""
    positions = surface.positions.copy()
    low, high = positions.min(axis=0), positions.max(axis=0)
    positions[:, 0] -= (low[0] + high[0]) / 2
    positions[:, 1] -= low[1]
    if kind.form is not Form.BODY:  # a biped stands with its trunk, not its toes, over the origin
        positions[:, 2] -= (low[2] + high[2]) / 2
    positions *= height_m / (high[1] - low[1])
    normals = corner_normals(positions, surface.triangles, _CREASE_DEG)
    corners = np.column_stack([
        surface.triangles.reshape(-1),
        np.round(normals.reshape(-1, 3), 4) + 0.0,
        np.round(uvs.reshape(-1, 2), 6) + 0.0,
    ])  # fmt: skip
    _, first, inverse = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    return Primitive(
        positions=positions[surface.triangles.reshape(-1)[first]],
        triangles=inverse.reshape(-1, 3),
        normals=normals.reshape(-1, 3)[first],
        uvs=uvs.reshape(-1, 2)[first],
    )


def _write(primitive: Primitive, jpeg: bytes, kind: PictureKind) -> bytes:
    builder = GlbBuilder()
    texture = builder.add_texture(builder.add_image(jpeg, "image/jpeg"))
    material = builder.add_material(
        "picture",
        base_color_texture=texture,
        metallic=kind.metallic,
        roughness=kind.roughness,
    )
    mesh = builder.add_mesh(kind.name, [replace(primitive, material=material)])
    builder.set_scene([builder.add_node(kind.name, mesh=mesh)])
    return builder.build().to_bytes()
