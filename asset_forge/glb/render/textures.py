"""Pictures of a GLB as mip-mapped texels, and how a texture is looked up.

Each picture is decoded once for a model and made small at once, whatever its size in the file.
What a texture means for a surface is the business of `materials` and `shading`.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from asset_forge.errors import BadPicture
from asset_forge.glb import fields
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.embedded_pictures import decode_picture, to_rgb
from asset_forge.glb.render.arrays import Floats, Ints
from asset_forge.glb.render.colour import srgb_to_linear

# Each time the textures of a model have taken this much, further ones are made half as large.
TEXTURE_BUDGET_BYTES: Final = 64 * 1024 * 1024
SMALLEST_LIMIT_PX: Final = 16
# Extensions that put a picture Pillow can read behind a texture without a PNG or JPEG.
IMAGE_EXTENSIONS = ("EXT_texture_webp", "EXT_texture_avif")
NEAREST: Final = 9728
CLAMP: Final = 33071
MIRROR: Final = 33648
REPEAT: Final = 10497

_LINEAR_WORDS = np.arange(256, dtype=np.uint16) * np.uint16(257)
_SRGB_WORDS = (
    srgb_to_linear(np.arange(256, dtype=np.float32) / np.float32(255)) * np.float32(65535)
    + np.float32(0.5)
).astype(np.uint16)


@dataclass(frozen=True, eq=False)
class Texture:
    """A pyramid of linear RGBA texels.

    texels: (all levels one after another, 4) uint16, 0…65535. widths, heights, offsets: one entry
    a level, the largest first. opaque: whether alpha is one everywhere.
    """

    texels: NDArray[np.uint16]
    widths: Ints
    heights: Ints
    offsets: Ints
    opaque: bool
    wrap_u: int = REPEAT
    wrap_v: int = REPEAT
    nearest: bool = False

    def taps(self, uvs: Floats, detail: Floats) -> "Taps":
        """Find the texels around N points.

        uvs: (2, N), origin at the top left. detail: (N,) log2 of the uv units that one pixel
        covers; it picks the level.
        """
        texels_across = np.sqrt(np.float32(self.widths[0]) * np.float32(self.heights[0]))
        # A little sharper than one texel a pixel: neighbours are averaged again in the picture.
        wanted = np.floor(detail + np.log2(texels_across) + np.float32(0.35))
        levels = np.clip(wanted, 0, len(self.widths) - 1).astype(np.int32)
        widths, heights = self.widths.take(levels), self.heights.take(levels)
        left, right, across = _neighbours(uvs[0], widths, self.wrap_u)
        top, bottom, down = _neighbours(uvs[1], heights, self.wrap_v)
        if self.nearest:
            across, down = np.round(across), np.round(down)
        offsets = self.offsets.take(levels)
        top = top * widths + offsets
        bottom = bottom * widths + offsets
        return Taps((top + left, top + right, bottom + left, bottom + right), across, down)

    def read(self, taps: "Taps") -> Floats:
        """Return the colours (4, N) at the taps of this texture or one with the same `layout`."""
        # Four values of two bytes move as one number of eight: a quarter of the look-ups.
        whole = self.texels.view(np.uint64)[:, 0]
        corners = []
        for places in taps.places:
            words = whole.take(places).view(np.uint16).reshape(-1, 4)
            corners.append(words.T.astype(np.float32, order="C"))
        upper_left, upper_right, lower_left, lower_right = corners
        upper_right -= upper_left
        upper_right *= taps.across
        upper_left += upper_right
        lower_right -= lower_left
        lower_right *= taps.across
        lower_left += lower_right
        lower_left -= upper_left
        lower_left *= taps.down
        upper_left += lower_left
        upper_left *= np.float32(1 / 65535)
        return upper_left

    @property
    def layout(self) -> tuple[int, int, int, int, bool]:
        """Textures with the same layout have the same taps."""
        width, height = int(self.widths[0]), int(self.heights[0])
        return width, height, self.wrap_u, self.wrap_v, self.nearest


@dataclass(frozen=True, eq=False)
class Taps:
    """Where N look-ups read: the four texels around each, and the way between them."""

    places: tuple[Ints, Ints, Ints, Ints]
    across: Floats
    down: Floats


@dataclass
class TextureStore:
    """The textures of one document, each decoded at most once for each colour space."""

    document: GlbDocument
    limit_px: int
    unreadable: list[str] = field(default_factory=list)
    _pyramids: dict[tuple[int, bool], Texture | None] = field(default_factory=dict)
    _size_bytes: int = 0

    def texture(self, index: int, *, srgb: bool) -> Texture | None:
        """Return texture number `index`, or None (and a note) when its picture cannot be read.

        Raises BadGlb for broken references and for pictures that are too large.
        """
        entry = fields.item(self.document.json, "textures", index)
        source = _image_index(entry)
        if source is None:
            self._note(f"textures[{index}] has no picture that can be read here")
            return None
        if (source, srgb) not in self._pyramids:
            self._pyramids[source, srgb] = self._decode(source, srgb=srgb)
        pyramid = self._pyramids[source, srgb]
        sampler_index = fields.optional_integer(entry, "sampler")
        if pyramid is None or sampler_index is None:
            return pyramid
        sampler = fields.item(self.document.json, "samplers", sampler_index)
        return Texture(
            pyramid.texels,
            pyramid.widths,
            pyramid.heights,
            pyramid.offsets,
            pyramid.opaque,
            wrap_u=fields.integer(sampler, "wrapS", default=REPEAT),
            wrap_v=fields.integer(sampler, "wrapT", default=REPEAT),
            nearest=sampler.get("magFilter") == NEAREST,
        )

    def _decode(self, source: int, *, srgb: bool) -> Texture | None:
        data = self.document.image_bytes(source)
        try:
            pixels = _decode_pixels(data, self._limit_now_px(), f"images[{source}]")
        except BadPicture as error:
            self._note(error.message)
            return None
        colour_words = _SRGB_WORDS if srgb else _LINEAR_WORDS
        words = np.empty(pixels.shape, np.uint16)
        words[..., :3] = colour_words[pixels[..., :3]]
        words[..., 3] = _LINEAR_WORDS[pixels[..., 3]]
        texture = build_texture(words)
        self._size_bytes += texture.texels.nbytes
        return texture

    def _limit_now_px(self) -> int:
        halvings = self._size_bytes // TEXTURE_BUDGET_BYTES
        return max(self.limit_px >> halvings, min(SMALLEST_LIMIT_PX, self.limit_px))

    def _note(self, text: str) -> None:
        if text not in self.unreadable:
            self.unreadable.append(text)


def build_texture(words: NDArray[np.uint16]) -> Texture:
    """Make a texture of (height, width, 4) linear values of 0…65535."""
    levels = [words]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(_halved(levels[-1]))
    sizes = np.array([level.shape[:2] for level in levels], np.int32)
    counts = sizes[:, 0] * sizes[:, 1]
    return Texture(
        texels=np.concatenate([level.reshape(-1, 4) for level in levels]),
        widths=np.ascontiguousarray(sizes[:, 1]),
        heights=np.ascontiguousarray(sizes[:, 0]),
        offsets=(np.cumsum(counts) - counts).astype(np.int32),
        opaque=bool((words[..., 3] == 65535).all()),
    )


def _image_index(entry: dict[str, Any]) -> int | None:
    if "source" in entry:
        return fields.integer(entry, "source")
    extensions = fields.mapping(entry, "extensions")
    for name in IMAGE_EXTENSIONS:
        if name in extensions:
            return fields.integer(fields.mapping(extensions, name), "source")
    return None


def _decode_pixels(data: bytes, limit_px: int, where: str) -> NDArray[np.uint8]:
    """Decode into (height, width, 4) bytes with no side longer than `limit_px`."""
    with decode_picture(data, where, limit_px=limit_px) as picture:
        flat = to_rgb(picture, where)
    if max(flat.size) > limit_px:
        scale = limit_px / max(flat.size)
        size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
        # Band by band: resizing RGBA as a whole would wipe out the colour where alpha is 0.
        bands = [band.resize(size, Image.Resampling.HAMMING) for band in flat.split()]
        flat = Image.merge(flat.mode, bands)
    pixels = np.asarray(flat)
    if flat.mode == "RGB":
        opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
        pixels = np.concatenate([pixels, opaque], axis=2)
    return pixels


def _halved(words: NDArray[np.uint16]) -> NDArray[np.uint16]:
    height, width = words.shape[:2]
    even = np.pad(words, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge").astype(np.uint32)
    total = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint16)


def _neighbours(coordinates: Floats, sizes: Ints, wrap: int) -> tuple[Ints, Ints, Floats]:
    """Both texels around a coordinate, and how far it is from the first to the second."""
    if wrap == CLAMP:
        folded = np.clip(coordinates, 0, 1)
    elif wrap == MIRROR:
        folded = 1 - np.abs(coordinates - 2 * np.floor(coordinates / 2) - 1)
    else:
        folded = coordinates - np.floor(coordinates)
    position = folded * sizes.astype(np.float32) - np.float32(0.5)
    base = np.floor(position)
    first = base.astype(np.int32)
    second = first + 1
    if wrap in {CLAMP, MIRROR}:
        np.maximum(first, 0, out=first)
        np.minimum(second, sizes - 1, out=second)
    else:
        first += (first < 0) * sizes
        second *= second < sizes
    return first, second, position - base
