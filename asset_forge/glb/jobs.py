"""Work on GLB files as it runs in worker processes: paths in, plain data out.

numpy is imported inside, so that the web process can name these functions without loading it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asset_forge.domain.findings import Expected
from asset_forge.domain.rendering import RenderOptions
from asset_forge.domain.sizes import Placement
from asset_forge.domain.sprite_sheets import SHEET_IMAGE, PackedSheet, SpriteShot


def finish_model(
    source: str,
    destination: str,
    placement: Placement | None,
    face_budget: int | None = None,
) -> dict[str, Any]:
    """Check a model, place it as wanted, and measure it; without a placement it stays as it is.

    Writes `destination`. Returns for the metadata polycount, vertexCount, dimensions (metres),
    normalized, and where they apply normalizationDate, normalization, conventions, grip and
    modelWarnings. Raises BadGlb.
    """
    from asset_forge.domain.clock import iso_now
    from asset_forge.glb.inspect import inspect_glb
    from asset_forge.glb.normalise import normalise

    data = Path(source).read_bytes()
    placed: dict[str, Any] = {}
    is_placed, problem = False, None
    if placement is not None:
        normalised = normalise(data, placement)
        data, placed, problem = normalised.data, normalised.facts, normalised.problem
        is_placed = normalised.is_placed
    Path(destination).write_bytes(data)
    report = inspect_glb(data, Expected(face_budget))
    warnings = [*([problem] if problem else []), *(found.message for found in report.warnings)]
    return {
        "polycount": report.triangle_count,
        "vertexCount": report.vertex_count,
        "normalized": is_placed,
        "dimensions": {
            "width": round(report.dimensions.width_m, 4),
            "height": round(report.dimensions.height_m, 4),
            "depth": round(report.dimensions.depth_m, 4),
        },
        **placed,
        **({"normalizationDate": iso_now()} if is_placed else {}),
        **({"modelWarnings": warnings} if warnings else {}),
    }


def report_on_model(source: str, expected: Expected) -> dict[str, Any]:
    """Describe a model file, held against what is expected, as plain JSON. Raises BadGlb."""
    from asset_forge.glb.inspect import inspect_glb

    return inspect_glb(Path(source).read_bytes(), expected).to_json()


def strip_to_tpose(source: str, destination: str) -> None:
    """Write `source` without its animations to `destination`. Raises BadGlb."""
    from asset_forge.glb.tpose import strip_animations

    Path(destination).write_bytes(strip_animations(Path(source).read_bytes()))


def render_sprite_files(
    models: Sequence[str], folder: str, options: RenderOptions
) -> tuple[list[tuple[SpriteShot, str]], PackedSheet | None]:
    """Render a model into PNG files, and put these on a sheet, `sprite-sheet.png` beside them.

    models: path of the model, and paths of files that may hold the clip that is asked for. Returns
    what each picture shows with its path, and the sheet; None when it would be too large. Raises
    BadGlb and BadInput.
    """
    from asset_forge.glb.render import pack_sprites, png_bytes, render_pictures

    written = []
    data = [Path(model).read_bytes() for model in models]
    for sprite in render_pictures(data, options):
        shot = SpriteShot(sprite.angle_deg, options.animation, sprite.frame, sprite.duration_ms)
        path = Path(folder) / shot.file_name
        path.write_bytes(sprite.png)
        written.append((shot, path))
    packed = pack_sprites(written)
    if packed is not None:
        (Path(folder) / SHEET_IMAGE).write_bytes(png_bytes(packed[1]))
    return [(shot, str(path)) for shot, path in written], packed and packed[0]


def pack_sprite_sheet(
    sprites: Sequence[tuple[SpriteShot, bytes]],
) -> tuple[PackedSheet, bytes] | None:
    """Put PNGs on a sheet and return it as PNG; None when they do not fit. Raises BadPicture."""
    from asset_forge.glb.render import pack_sprites, png_bytes

    packed = pack_sprites(sprites)
    return packed and (packed[0], png_bytes(packed[1]))


def render_concept_file(source: str, destination: str, size_px: int) -> None:
    """Render a model at three-quarter view into one PNG file."""
    from asset_forge.glb.render import render_concept

    Path(destination).write_bytes(render_concept(Path(source).read_bytes(), size_px=size_px))


def render_thumbnail_file(source: str, destination: str, size_px: int) -> None:
    """Render a model at three-quarter view on a clear ground into one PNG file."""
    from asset_forge.glb.render import render_thumbnail

    Path(destination).write_bytes(render_thumbnail(Path(source).read_bytes(), size_px=size_px))
