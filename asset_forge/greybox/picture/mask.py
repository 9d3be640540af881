"""Finding the figure in a picture: decoding under limits, and a soft mask of what stands in front.

The ground may be transparent, plain, a gradient, slightly noisy, and may carry a soft contact
shadow. What the figure is and how deep it is, is decided elsewhere (`axis`, `inflate`).
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage
from skimage.color import rgb2lab

from asset_forge.errors import BadPicture, Refused

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

MAX_PICTURE_PIXELS = 40_000_000
WORK_EDGE_PX = 768
"""Long edge of the copy on which the mask is found; finer masks did not give better models."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_MIN_FIGURE_SHARE = 0.004
_MAX_FIGURE_SHARE = 0.92
_MIN_FIGURE_EDGE_PX = 20
_MIN_PICTURE_EDGE_PX = 16


@dataclass(frozen=True, eq=False)
class Figure:
    """Where in its picture the figure is, at a reduced size.

    coverage: (H, W) float32, 0 ground … 1 figure, the outline is at 0.5. painted: the same without
    the pinholes that coverage fills: where the picture shows the figure's own colours.
    """

    coverage: Floats
    painted: Floats

    @property
    def inside(self) -> Bools:
        """(H, W) bool, true on the figure."""
        return self.coverage > 0.5


def open_picture(picture: bytes) -> Image.Image:
    """Decode one still picture to RGBA, turned upright by its EXIF orientation.

    Raises BadPicture for bytes that are no picture, more than MAX_PICTURE_PIXELS (looked up in the
    header, before any pixel is decoded), several frames, or data that breaks off.
    """
    try:
        image = Image.open(io.BytesIO(picture), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise BadPicture("These bytes are no PNG, JPEG, WebP, GIF, BMP or TIFF picture.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(_too_large_text()) from error
    except (OSError, ValueError, SyntaxError, OverflowError, EOFError) as error:
        raise BadPicture(f"The picture cannot be read: {error}.") from error
    if image.width * image.height > MAX_PICTURE_PIXELS:
        raise BadPicture(_too_large_text(image.size))
    try:
        if getattr(image, "n_frames", 1) > 1:
            raise BadPicture("The picture is animated or has several pages; send a still picture.")
        return _to_rgba(image)
    except (OSError, ValueError, SyntaxError, OverflowError, EOFError, MemoryError) as error:
        raise BadPicture(f"The picture breaks off or is damaged: {error}.") from error


def find_figure(image: Image.Image, *, edge_px: int = WORK_EDGE_PX) -> Figure:
    """Separate the figure of an RGBA picture from its ground.

    The result covers the whole picture, scaled down so that its long edge is at most `edge_px`.
    Raises Refused when nothing stands out, or when the ground is too busy to be told apart.
    """
    if min(image.size) < _MIN_PICTURE_EDGE_PX:
        raise Refused(f"A picture of {image.width} x {image.height} pixels is too small.")
    if max(image.size) > edge_px:
        image = image.copy()
        image.thumbnail((edge_px, edge_px), Image.Resampling.BOX, reducing_gap=2.0)
        if min(image.size) < _MIN_PICTURE_EDGE_PX:
            raise Refused("The picture is too long and narrow for a figure in front of a ground.")
    pixels = np.asarray(image)
    alpha = pixels[..., 3].astype(np.float32) / np.float32(255)
    colours = np.ascontiguousarray(pixels[..., :3])
    seen = alpha if _speaks_by_alpha(alpha) else _coverage_by_colour(colours)
    _check_outline(seen > 0.5)
    coverage = _without_specks(_without_pinholes(seen))
    _check(coverage > 0.5)
    return Figure(coverage, np.minimum(coverage, seen))


def _too_large_text(size: tuple[int, int] | None = None) -> str:
    found = f" ({size[0]} x {size[1]})" if size else ""
    return f"The picture is larger than {MAX_PICTURE_PIXELS // 1_000_000} megapixels{found}."


def _to_rgba(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        # Pillow would clip 16-bit greys to white instead of scaling them.
        grey = np.asarray(image, dtype=np.float64)
        top = 65535.0 if grey.max(initial=0) > 255 else 255.0
        image = Image.fromarray(np.clip(grey / top * 255, 0, 255).astype(np.uint8))
    return image.convert("RGBA")


def _speaks_by_alpha(alpha: Floats) -> bool:
    clear = alpha < 0.5
    border = np.concatenate([clear[0], clear[-1], clear[:, 0], clear[:, -1]])
    return bool(clear.mean() > 0.02 and border.mean() > 0.3)


def _border_band(shape: tuple[int, int]) -> Bools:
    width = max(3, round(min(shape) * 0.02))
    band = np.ones(shape, dtype=bool)
    band[width:-width, width:-width] = False
    return band


class _Ground:
    """The colour of the ground as a smooth function of the place, fitted without outliers."""

    def __init__(self, lab: Floats) -> None:
        self._lab = lab
        self.model = lab
        self.spread = 0.0

    def fit(self, where: Bools, *, degree: int) -> Floats:
        """Fit on `where` and return every pixel's distance from the ground, in Lab units."""
        indices = np.flatnonzero(where)
        indices = indices[:: max(1, len(indices) // 12_000)]
        powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
        row_powers = np.linspace(-1, 1, self._lab.shape[0])[:, None] ** np.arange(degree + 1)
        column_powers = np.linspace(-1, 1, self._lab.shape[1])[:, None] ** np.arange(degree + 1)
        rows, columns = np.divmod(indices, self._lab.shape[1])
        terms = np.stack([row_powers[rows, i] * column_powers[columns, j] for i, j in powers], -1)
        wanted = self._lab.reshape(-1, 3)[indices].astype(np.float64)
        keep = np.ones(len(indices), dtype=bool)
        for _ in range(6):
            chosen = terms[keep]
            # The normal equations: coordinates of -1..1 keep them well conditioned, and fast.
            weights = np.linalg.solve(chosen.T @ chosen, chosen.T @ wanted[keep])
            residual = np.linalg.norm(wanted - terms @ weights, axis=1)
            keep = residual <= max(float(np.quantile(residual, 0.7)), 1e-3)
        self.spread = float(np.median(residual))
        grid = np.zeros((degree + 1, degree + 1, 3))
        for (i, j), weight in zip(powers, weights, strict=True):
            grid[i, j] = weight
        self.model = np.einsum(
            "hi,ijc,wj->hwc", row_powers, grid, column_powers, optimize=True
        ).astype(np.float32)
        difference = self._lab - self.model
        return np.asarray(np.sqrt(np.einsum("hwc,hwc->hw", difference, difference)))


def _coverage_by_colour(colours: npt.NDArray[np.uint8]) -> Floats:
    lab = rgb2lab(colours).astype(np.float32)
    band = _border_band(lab.shape[:2])
    noise = _noise(lab[..., 0], band)
    is_blurred = noise > 0.6
    if is_blurred:
        blur = min(0.5 + 0.35 * noise, 1.6)
        lab = np.stack([ndimage.gaussian_filter(lab[..., c], blur) for c in range(3)], axis=-1)
    ground = _Ground(lab)
    distance = ground.fit(band, degree=2)
    if ground.spread > 7.0:
        raise Refused(
            "The picture's ground is too busy to tell a figure from it; use a plain or"
            " transparent background."
        )
    halo_px = 8 if _has_ripples(distance) else 3 if is_blurred else 0
    behind = _reach(_like_ground(distance, ground.spread, halo_px=halo_px))
    for _ in range(2):
        if behind.mean() < 0.05:
            break
        even = ndimage.binary_erosion(behind, iterations=2) | (behind & band)
        distance = ground.fit(even, degree=3)
        behind = _reach(_like_ground(distance, ground.spread, halo_px=halo_px))
    like_ground = _like_ground(distance, ground.spread, halo_px=halo_px)
    behind |= _holes(distance, behind, like_ground)
    shadow, distance = _soft_shadow(lab, ground.model, behind, distance)
    front = ndimage.binary_opening(~(behind | shadow), iterations=1)
    return _soft_edge(distance, front)


def _noise(lightness: Floats, band: Bools) -> float:
    """Measure the standard deviation of the grain along the border, in Lab units."""
    grain = lightness - ndimage.uniform_filter(lightness, 3)
    return float(1.4826 * np.median(np.abs(grain[band]))) * 1.06


def _has_ripples(distance: Floats) -> bool:
    """Whether the ground beside strong edges is restless, as JPEG and WebP leave it."""
    strong = distance > 25
    weak = distance < 13
    far = ~ndimage.binary_dilation(strong, iterations=20) & weak
    near = ndimage.binary_dilation(strong, iterations=8) & weak
    near &= ~ndimage.binary_dilation(strong, iterations=3)
    if not near.any() or not far.any():
        return False
    middle, upper = np.quantile(distance[near], (0.5, 0.75)) - np.median(distance[far])
    # Above these bounds it is a pale part of the figure.
    return bool(0.3 < middle < 3.0 or 0.8 < upper < 4.0)


def _like_ground(distance: Floats, spread: float, *, halo_px: int) -> Bools:
    """Where the picture has the ground's colour, give or take its noise.

    halo_px: so near to strong edges weak differences still count as ground; JPEG leaves ripples
    there, as wide as its blocks of 8 pixels, and the blur against noise a seam.
    """
    threshold = float(np.clip(4.0 * spread + 1.2, 2.5, 16.0))
    if not halo_px:
        return np.asarray(distance < threshold)
    halo = 0.22 * ndimage.maximum_filter(distance, size=2 * halo_px + 1)
    return np.asarray(distance < np.clip(halo, threshold, max(threshold, 10.0)))


def _reach(open_ground: Bools) -> Bools:
    """Ground that a small disc reaches from the border, so that no pin-hole lets it in."""
    radius = max(1, round(max(open_ground.shape) * 0.004))
    disc = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1]) <= radius + 0.3
    wide = _connected_to_border(ndimage.binary_erosion(open_ground, disc, border_value=1))
    reached = ndimage.binary_dilation(wide, disc) & open_ground
    # Corners narrower than the disc, such as armpits: followed, but not far.
    return np.asarray(ndimage.binary_dilation(reached, iterations=4 * radius, mask=open_ground))


def _connected_to_border(where: Bools) -> Bools:
    labels, count = ndimage.label(where)
    if not count:
        return where
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    touching = np.zeros(count + 1, dtype=bool)
    touching[edge] = True
    touching[0] = False
    return np.asarray(touching[labels])


def _holes(distance: Floats, behind: Bools, like_ground: Bools) -> Bools:
    """Ground seen through the figure: enclosed, as even as the ground outside, and not tiny.

    Tiny pockets count when they lie at the outline, as in an armpit; elsewhere they may be eyes.
    """
    inner = like_ground & ~behind
    labels, count = ndimage.label(ndimage.binary_opening(inner, iterations=1))
    if not count:
        return np.zeros_like(inner)
    numbers = np.arange(1, count + 1)
    areas = ndimage.sum_labels(inner, labels, numbers)
    evenness = ndimage.mean(distance, labels, numbers)
    outside = float(distance[behind].mean()) if behind.any() else 0.0
    figure_area = float((~behind).sum())
    beside = ndimage.binary_dilation(behind, iterations=max(2, max(inner.shape) // 150))
    at_rim = ndimage.maximum(beside, labels, numbers)
    is_hole = ((areas > 0.0025 * figure_area) | at_rim) & (evenness < outside + 0.8)
    seeds = np.concatenate([[False], is_hole])[labels]
    return np.asarray(ndimage.binary_dilation(seeds, iterations=2, mask=inner))


def _soft_shadow(
    lab: Floats, ground: Floats, behind: Bools, distance: Floats
) -> tuple[Bools, Floats]:
    """Find ground in shadow: as colourful as the ground, darker, reached without crossing an edge.

    Taken for a shadow only when it lies low and the figure keeps most of its area, so that a grey
    blade before a white wall stays a blade. Also returns the distances from the ground with the
    shadow taken as ground.
    """
    front = ~behind
    nothing = np.zeros_like(behind)
    if not front.any():
        return nothing, distance
    change = np.hypot(*np.gradient(ndimage.gaussian_filter(lab[..., 0], 1.0)))
    tint = np.linalg.norm(lab[..., 1:] - ground[..., 1:], axis=-1)
    lightness = lab[..., 0] / np.maximum(ground[..., 0], 1.0)
    smooth = (change < 3.0) & (tint < 7.0) & (lightness > 0.35) & (lightness < 1.01)
    open_ground = ndimage.binary_opening(behind | (smooth & front), iterations=2)
    shadow = _connected_to_border(open_ground | behind) & front
    labels, count = ndimage.label(shadow)
    if not count:
        return nothing, distance
    rows = np.flatnonzero(front.any(axis=1))
    low = rows[0] + 0.6 * (rows[-1] - rows[0])
    centres = ndimage.center_of_mass(shadow, labels, range(1, count + 1))
    areas = np.asarray(ndimage.sum_labels(shadow, labels, range(1, count + 1)))
    lying = [
        centre[0] > low and area > 0.025 * front.sum()
        for centre, area in zip(centres, areas, strict=True)
    ]
    shadow = np.array([False, *lying])[labels]
    if not shadow.any() or (front & ~shadow).sum() < 0.55 * front.sum():
        return nothing, distance
    # The last pixels before the figure were no longer smooth: compare them with the shadow itself.
    away, nearest = ndimage.distance_transform_edt(~shadow, return_indices=True)
    beside = np.linalg.norm(lab - lab[nearest[0], nearest[1]], axis=-1)
    distance = np.where((away < 8) & ~behind, beside, distance).astype(np.float32)
    seam = (away < 4) & (beside < 0.5 * ndimage.maximum_filter(beside, size=13))
    return np.asarray(shadow | seam), distance


def _soft_edge(distance: Floats, front: Bools) -> Floats:
    """Coverage along the outline: how far a pixel's colour has gone from ground to figure."""
    core = ndimage.binary_erosion(front, iterations=2)
    if not core.any():
        return front.astype(np.float32)
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    full = distance[nearest[0], nearest[1]]
    coverage = np.clip(distance / np.maximum(full, 8.0), 0, 1)
    rim = ndimage.binary_dilation(front, iterations=1) & ~core
    # Thin parts (bow strings, spikes) have no core of their own: their binary mask stands.
    thin = front & ~ndimage.binary_dilation(core, iterations=3)
    return np.where(core | thin, 1.0, np.where(rim, coverage, 0.0)).astype(np.float32)


def _without_pinholes(coverage: Floats) -> Floats:
    """Fill enclosed holes below 0.02 % of the picture: noise, or too fine to be a shape."""
    labels, count = ndimage.label(coverage <= 0.5)
    if count < 2:
        return coverage
    areas = np.bincount(labels.reshape(-1), minlength=count + 1)
    tiny = areas < 0.0002 * coverage.size
    tiny[0] = False
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    tiny[edge] = False
    return np.where(tiny[labels], np.float32(1), coverage)


def _without_specks(coverage: Floats) -> Floats:
    """Drop parts below 2 % of the largest one."""
    labels, count = ndimage.label(coverage > 0.5, structure=np.ones((3, 3)))
    if count < 2:
        return coverage
    areas = ndimage.sum_labels(np.ones_like(coverage), labels, np.arange(1, count + 1))
    kept = np.concatenate([[False], areas >= 0.02 * areas.max()])
    near = ndimage.binary_dilation(kept[labels], iterations=1)
    return np.where(near, coverage, 0).astype(np.float32)


def _check_outline(inside: Bools) -> None:
    """Refuse what falls to pieces and holes, as noise does: it would take minutes to no end."""
    pieces = int(ndimage.label(inside, structure=np.ones((3, 3)))[1])
    holes = int(ndimage.label(~inside)[1])
    if pieces + holes > max(60, int(inside.sum()) // 150):
        raise Refused("The figure falls to pieces: its outline cannot be told from noise.")


def _check(inside: Bools) -> None:
    share = float(inside.mean())
    if share < _MIN_FIGURE_SHARE:
        raise Refused("Nothing stands out from the picture's ground, so there is no shape to make.")
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if max(rows[-1] - rows[0], columns[-1] - columns[0]) < _MIN_FIGURE_EDGE_PX:
        raise Refused("The figure in the picture is too small to make a shape of.")
    border = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
    if share > _MAX_FIGURE_SHARE or border.mean() > 0.5:
        raise Refused(
            "No figure in front of a ground: the subject fills the picture. Leave some plain or"
            " transparent ground around it."
        )
