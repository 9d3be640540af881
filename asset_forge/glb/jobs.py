"""Work on GLB files as it runs in worker processes: paths in, plain data out.

numpy is imported inside, so that the web process can name these functions without loading it.
"""

from pathlib import Path
from typing import Any

from asset_forge.domain.sizes import Placement


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
    report = inspect_glb(data, face_budget=face_budget)
    warnings = [*([problem] if problem else []), *report.warnings]
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
