"""Work on GLB files as it runs in worker processes: paths in, plain data out.

numpy is imported inside, so that the web process can name these functions without loading it.
"""

from pathlib import Path
from typing import Any


def finish_model(source: str, destination: str, height_m: float | None) -> dict[str, Any]:
    """Check a model, bring it to `height_m` metres when given, and measure it.

    Writes `destination`; returns polycount, vertexCount, dimensions (metres), normalized and
    modelWarnings for the metadata. Raises BadGlb.
    """
    from asset_forge.domain.clock import iso_now
    from asset_forge.glb.inspect import inspect_glb
    from asset_forge.glb.normalise import normalise_character

    data = Path(source).read_bytes()
    if height_m is not None:
        data = normalise_character(data, height_m)
    Path(destination).write_bytes(data)
    report = inspect_glb(data)
    facts: dict[str, Any] = {
        "polycount": report.triangle_count,
        "vertexCount": report.vertex_count,
        "normalized": height_m is not None,
        "dimensions": {
            "width": round(report.dimensions.width_m, 4),
            "height": round(report.dimensions.height_m, 4),
            "depth": round(report.dimensions.depth_m, 4),
        },
    }
    if height_m is not None:
        facts["normalizationDate"] = iso_now()
    if report.warnings:
        facts["modelWarnings"] = list(report.warnings)
    return facts


def strip_to_tpose(source: str, destination: str) -> None:
    """Write `source` without its animations to `destination`. Raises BadGlb."""
    from asset_forge.glb.tpose import strip_animations

    Path(destination).write_bytes(strip_animations(Path(source).read_bytes()))


def render_sprite_files(
    source: str, folder: str, angle_count: int, size_px: int, background: str
) -> list[tuple[float, str]]:
    """Render a model from all sides into PNG files; return (angle in degrees, path) of each."""
    from asset_forge.glb.render import render_sprites

    sprites = render_sprites(
        Path(source).read_bytes(),
        angle_count=angle_count,
        size_px=size_px,
        background=background,
    )
    written = []
    for sprite in sprites:
        path = Path(folder) / f"{sprite.angle_deg:g}deg.png"
        path.write_bytes(sprite.png)
        written.append((sprite.angle_deg, str(path)))
    return written


def render_concept_file(source: str, destination: str, size_px: int) -> None:
    """Render a model at three-quarter view into one PNG file."""
    from asset_forge.glb.render import render_concept

    Path(destination).write_bytes(render_concept(Path(source).read_bytes(), size_px=size_px))
