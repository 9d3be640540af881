"""asset-forge inspect"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from asset_forge.errors import BadGlb, ForgeError


def inspect(
    file: Annotated[Path, typer.Argument(help="A GLB file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say what is in a GLB file: triangles, bounds in metres, materials, skins, clips."""
    from asset_forge.glb.inspect import inspect_glb  # noqa: PLC0415 - loads numpy

    try:
        report = inspect_glb(file.read_bytes()).to_json()
    except OSError as error:
        raise ForgeError(f"Cannot read {file}: {error.strerror}") from None
    except BadGlb as error:
        raise ForgeError(f"{file}: {error.message}") from None
    if as_json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    for label, texts in readable(report):
        for text in texts or ["none"]:
            typer.echo(f"{label:<10} {text}")
            label = ""  # noqa: PLW2901 - stands on the first line alone


def readable(report: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return what people read of a report: a label and its lines, lengths in metres."""
    return [
        ("Triangles", [f"{report['triangleCount']:,}"]),
        ("Vertices", [f"{report['vertexCount']:,}"]),
        ("Size", [_size(report["dimensions"])]),
        ("Bounds", _bounds(report["bounds"])),
        ("Materials", report["materials"]),
        ("Textures", [_texture(texture) for texture in report["textures"]]),
        ("Skins", [f"{skin['name']}, {skin['joints']} joints" for skin in report["skins"]]),
        ("Clips", [f"{clip['name']}, {clip['seconds']:.2f} s" for clip in report["clips"]]),
        ("File", [_megabytes(report["fileSizeBytes"])]),
        ("Extensions", report["extensions"]),
        ("Warnings", report["warnings"]),
    ]


def _size(size: dict[str, float]) -> str:
    numbers = " x ".join(f"{size[name]:.3f}" for name in ("width", "height", "depth"))
    return f"{numbers} m (width, height, depth)"


def _bounds(bounds: dict[str, list[float]] | None) -> list[str]:
    if bounds is None:
        return []
    low, high = (" ".join(f"{at:.3f}" for at in bounds[end]) for end in ("min", "max"))
    return [f"{low} to {high} m"]


def _texture(texture: dict[str, Any]) -> str:
    edges = f"{texture['width'] or '?'} x {texture['height'] or '?'}"
    return f"{edges} {texture['mimeType']}, {_megabytes(texture['sizeBytes'])}"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.2f} MB"
