"""The picture as a texture: cut out, bled beyond its outline, with a sensible back beside it.

Shapes come from `inflate`. Pixels are sRGB; rows run down.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from asset_forge.greybox.picture.inflate import Surface
from asset_forge.greybox.picture.kinds import Form
from asset_forge.greybox.picture.mask import Figure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
Coverage = npt.NDArray[np.float32]

_GUTTER_PX = 4
_JPEG_QUALITY = 93


@dataclass(frozen=True, eq=False)
class Cut:
    """The figure alone, upright, cut along its bounds.

    coverage, painted: (H, W) float32 0..1, as in Figure. colours: (H, W, 3) uint8.
    """

    coverage: Coverage
    painted: Coverage
    colours: Pixels


@dataclass(frozen=True, eq=False)
class Atlas:
    """The texture that holds front and back.

    jpeg: the encoded texture. size_px: (width, height). scale: texture pixels per cut pixel.
    back_at_px: (x, y) of the back's upper left corner; the front's is (gutter, gutter).
    """

    jpeg: bytes
    size_px: tuple[int, int]
    scale: float
    back_at_px: tuple[int, int]


def cut_out(
    image: Image.Image, figure: Figure, *, turn_degrees: float = 0.0, longest_px: int = 1024
) -> Cut:
    """Cut the figure from the decoded RGBA picture it was found in, as sharp as that allows.

    turn_degrees: turns the figure counter-clockwise. longest_px: bound of the longer edge.
    """
    rows, columns = np.nonzero(figure.inside)
    to_full = image.width / figure.inside.shape[1], image.height / figure.inside.shape[0]
    margin = 3
    box = (
        max(int((columns.min() - margin) * to_full[0]), 0),
        max(int((rows.min() - margin) * to_full[1]), 0),
        min(int((columns.max() + 1 + margin) * to_full[0]), image.width),
        min(int((rows.max() + 1 + margin) * to_full[1]), image.height),
    )
    shrink = min(1.0, longest_px / max(box[2] - box[0], box[3] - box[1]))
    size = (
        max(1, round((box[2] - box[0]) * shrink)), max(1, round((box[3] - box[1]) * shrink))
    )  # fmt: skip
    colours = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, box=box)
    mask_box = (box[0] / to_full[0], box[1] / to_full[1], box[2] / to_full[0], box[3] / to_full[1])
    sheets = [colours] + [
        Image.fromarray(mask).resize(size, Image.Resampling.BICUBIC, box=mask_box)
        for mask in (figure.coverage, figure.painted)
    ]
    if turn_degrees:
        sheets = [
            sheet.rotate(turn_degrees, Image.Resampling.BICUBIC, expand=True) for sheet in sheets
        ]
    coverage, painted = (np.clip(np.asarray(sheet, np.float32), 0, 1) for sheet in sheets[1:])
    rows, columns = np.nonzero(coverage > 0.5)
    inner = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    return Cut(coverage[inner], painted[inner], np.asarray(sheets[0])[inner])


def bleed(cut: Cut) -> Pixels:
    """Spread the figure's own colours over its blurred outline and everything beyond."""
    edge = max(1, round(max(cut.coverage.shape) / 400))
    solid = ndimage.binary_erosion(cut.painted > 0.9, iterations=edge)
    # Parts thinner than the outline is wide have nothing but outline: they keep what they have.
    thin = (cut.painted > 0.6) & ~ndimage.binary_dilation(solid, iterations=3 * edge)
    known = solid | thin
    if not known.any():
        known = cut.coverage > 0.5
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    spread = cut.colours[nearest[0], nearest[1]]
    # The outermost colours are drawn out over the sides: even them out, or they become stripes.
    even = np.stack(
        [ndimage.gaussian_filter(spread[..., c], 2.5 * edge) for c in range(3)], axis=-1
    )
    return np.where(known[..., None], spread, even)


def paint_back(cut: Cut, front: Pixels, form: Form, *, neck: float | None) -> Pixels:
    """Paint what is seen from behind: the picture itself, less what only a front can have.

    neck: share of the height at which a biped's head begins.
    """
    if form is Form.HEAD:
        back = _across(cut, front, 0, front.shape[0])
    elif form is Form.PLATE:
        back = _boards(front)
    elif form is Form.BODY and neck is not None:
        back = _back_of_head(cut, front, round((1 - neck) * front.shape[0]))
    else:
        return front
    # Front and back meet at the outline, so both have to wear the same colours there.
    inwards = ndimage.distance_transform_edt(np.pad(cut.coverage > 0.5, 1))[1:-1, 1:-1]
    part = inwards[: round((1 - neck) * len(inwards))] if neck is not None else inwards
    width = max(0.1 * float(part.max()), 2.0)
    share = np.clip(inwards / width - 0.3, 0, 1)[..., None]
    return np.asarray(back * share + front * (1 - share), dtype=np.uint8)


def pack(front: Pixels, back: Pixels, texture_px: int) -> Atlas:
    """Lay front and back into one texture whose edges are at most `texture_px`."""
    height, width = front.shape[:2]
    room = texture_px - 4 * _GUTTER_PX
    beside = min(room / height, room / (2 * width), 1.0)
    stacked = min(room / (2 * height), room / width, 1.0)
    scale = max(beside, stacked)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    framed = [
        np.pad(
            np.asarray(Image.fromarray(side).resize(size, Image.Resampling.LANCZOS)),
            ((_GUTTER_PX, _GUTTER_PX), (_GUTTER_PX, _GUTTER_PX), (0, 0)),
            mode="edge",
        )
        for side in (front, back)
    ]
    sheet = np.concatenate(framed, axis=1 if beside >= stacked else 0)
    back_at = (
        (framed[0].shape[1] + _GUTTER_PX, _GUTTER_PX)
        if beside >= stacked
        else (_GUTTER_PX, framed[0].shape[0] + _GUTTER_PX)
    )
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return Atlas(buffer.getvalue(), (sheet.shape[1], sheet.shape[0]), size[0] / width, back_at)


def corner_uvs(surface: Surface, atlas: Atlas, cut: Cut, form: Form) -> Floats:
    """(T, 3, 2) texture coordinates of every triangle's corners, 0..1 from the upper left."""
    corners = surface.positions[surface.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-12)
    x, y, z = corners[..., 0].copy(), corners[..., 1].copy(), corners[..., 2]
    height, width = cut.coverage.shape
    is_front = facing[:, 2] >= 0
    if form is Form.BOX:
        # The sides continue the front around its edges, as if the picture were folded there.
        depth = float(surface.positions[:, 2].max()) - z
        sideways = (np.abs(facing[:, 0]) > 0.75)[:, None]
        x = np.where(sideways & (facing[:, :1] > 0), width - depth, x)
        x = np.where(sideways & (facing[:, :1] <= 0), depth, x)
        upwards = (np.abs(facing[:, 1]) > 0.75)[:, None]
        y = np.where(upwards & (facing[:, 1:2] > 0), height - depth, y)
        y = np.where(upwards & (facing[:, 1:2] <= 0), depth, y)
        is_front |= (sideways | upwards)[:, 0]
    left = np.where(is_front, _GUTTER_PX, atlas.back_at_px[0])[:, None]
    top = np.where(is_front, _GUTTER_PX, atlas.back_at_px[1])[:, None]
    u = (np.clip(x, 0, width) * atlas.scale + left) / atlas.size_px[0]
    v = (np.clip(height - y, 0, height) * atlas.scale + top) / atlas.size_px[1]
    return np.stack([u, v], axis=-1)


def _across(cut: Cut, front: Pixels, start: int, stop: int) -> Pixels:
    """Fill rows from their rims: each row goes over from its left rim's colour to its right's."""
    result = front.copy()
    left, right = _rims(cut, front, start, stop)
    share = np.linspace(0, 1, front.shape[1])[None, :, None]
    inside = cut.coverage[start:stop] > 0.5
    first = inside.argmax(axis=1)
    last = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    columns = np.arange(front.shape[1])[None, :]
    share = np.clip((columns - first[:, None]) / np.maximum(last - first, 1)[:, None], 0, 1)
    filled = left[:, None] * (1 - share[..., None]) + right[:, None] * share[..., None]
    result[start:stop] = np.clip(filled, 0, 255).astype(np.uint8)
    return result


def _boards(front: Pixels) -> Pixels:
    """Boards that run downwards, as on the inside of a shield, a little tinted by the front."""
    height, width = front.shape[:2]
    wood = np.array([96.0, 70.0, 46.0])
    tint = np.median(front.reshape(-1, 3), axis=0) * 0.5
    board = np.arange(width) * 6 / width
    joint = np.abs(board - np.round(board)) * width / 6 < max(1.0, width * 0.003)
    shade = 1 + 0.1 * np.sin(np.floor(board) * 2.4)
    shade = np.where(joint, 0.45, shade)
    painted = (0.75 * wood + 0.25 * tint) * (_strands(width, height) * shade)[..., None]
    return np.asarray(np.clip(painted, 0, 255), dtype=np.uint8)


def _rims(cut: Cut, front: Pixels, start: int, stop: int) -> tuple[Floats, Floats]:
    """(rows, 3) colours a little inside the left and the right outline, smoothed downwards."""
    inside = cut.coverage[start:stop] > 0.5
    rims = np.zeros((2, stop - start, 3))
    weights = np.zeros((stop - start, 1))
    for row in np.flatnonzero(inside.any(axis=1)):
        columns = np.flatnonzero(inside[row])
        band = max(1, round(len(columns) * 0.1))
        skip = min(len(columns) // 2, max(1, round(len(columns) * 0.02)))
        pixels = front[start + row].astype(np.float64)
        rims[0, row] = np.median(pixels[columns[skip : skip + band]], axis=0)
        rims[1, row] = np.median(pixels[columns[::-1][skip : skip + band]], axis=0)
        weights[row] = 1
    blur = max(1.0, 0.012 * front.shape[0])
    total = np.maximum(ndimage.gaussian_filter1d(weights, blur, axis=0), 1e-6)
    smooth = ndimage.gaussian_filter1d(rims * weights, blur, axis=1) / total
    return smooth[0], smooth[1]


def _back_of_head(cut: Cut, front: Pixels, neck_row: int) -> Pixels:
    """Cover the head with the colours of its own border: hair, hood or helmet, never a face."""
    rows = np.flatnonzero((cut.coverage[:neck_row] > 0.5).any(axis=1))
    if len(rows) < 4:
        return front
    top, tall = int(rows[0]), neck_row - int(rows[0])
    painted = _across(cut, front, top, neck_row).astype(np.float64)
    left, right = _rims(cut, front, top, neck_row)
    crown = np.median(
        np.concatenate([left[: max(2, tall // 4)], right[: max(2, tall // 4)]]), axis=0
    )
    # Where the rim shows skin beside the face, hair hangs behind it down to the nape.
    face = front[top + tall // 2 : top + 3 * tall // 4].reshape(-1, 3)[
        (cut.coverage[top + tall // 2 : top + 3 * tall // 4] > 0.9).reshape(-1)
    ]
    if len(face):
        skin = np.median(face.astype(np.float64), axis=0)
        rims = (left + right) / 2
        to_skin = np.linalg.norm(rims - skin, axis=1)
        to_crown = np.linalg.norm(rims - crown, axis=1)
        like_skin = to_skin / np.maximum(to_skin + to_crown, 1e-6) < 0.5
        share = np.arange(tall) / tall
        cover = np.where(like_skin & (share < 0.8), 1.0, 0.0)
        cover = ndimage.gaussian_filter1d(cover, max(1.0, 0.02 * tall))[:, None, None]
        strands = _strands(front.shape[1], tall)[..., None]
        painted[top:neck_row] = painted[top:neck_row] * (1 - cover) + crown * strands * cover
    blend = np.ones((front.shape[0], 1, 1))
    blend[neck_row:] = 0
    blend = ndimage.gaussian_filter1d(blend, max(1.0, 0.03 * tall), axis=0)
    mixed = painted * blend + front * (1 - blend)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _strands(width: int, height: int) -> Floats:
    """(height, width) factors around 1 that run mostly downwards, the same every time."""
    grain = np.random.default_rng(7).normal(size=(height, width))
    grain = ndimage.gaussian_filter(grain, (max(2.0, height / 10), 1.2))
    return np.asarray(1 + 0.06 * grain / max(float(grain.std()), 1e-9))
