"""asset-forge inspect"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from asset_forge.domain.findings import Expected
from asset_forge.errors import BadGlb, ForgeError
from asset_forge.settings import load_settings


def inspect(
    model: Annotated[str, typer.Argument(metavar="FILE|ID", help="A GLB file, or an asset's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say what is in a model: triangles, bounds in metres, textures, clips, warnings."""
    from asset_forge.glb.jobs import report_on_model  # noqa: PLC0415 - loads numpy

    path, expected = _find(model)
    try:
        report = {"file": str(path), **report_on_model(str(path), expected)}
    except OSError as error:
        raise ForgeError(f"Cannot read {path}: {error.strerror}") from None
    except BadGlb as error:
        raise ForgeError(f"{path}: {error.message}") from None
    if as_json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    for label, texts in [("Model", [str(path)]), *readable(report)]:
        for text in texts or ["none"]:
            typer.echo(f"{label:<10} {text}")
            label = ""  # noqa: PLW2901 - stands on the first line alone


def readable(report: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return what people read of a report: a label and its lines, lengths in metres."""
    return [
        ("Triangles", [f"{report['triangleCount']:,}"]),
        ("Vertices", [f"{report['vertexCount']:,}"]),
        ("Nodes", [f"{report['nodeCount']:,}, {report['meshCount']:,} meshes"]),
        ("Size", [_size(report["dimensions"])]),
        ("Bounds", _bounds(report["bounds"])),
        ("Closed", [{True: "yes", False: "no", None: "not looked at"}[report["isClosed"]]]),
        ("Materials", report["materials"]),
        ("Textures", [_texture(texture) for texture in report["textures"]]),
        ("Skins", [f"{skin['name']}, {skin['joints']} joints" for skin in report["skins"]]),
        ("Clips", [f"{clip['name']}, {clip['seconds']:.2f} s" for clip in report["clips"]]),
        ("File", [", ".join([_megabytes(report["fileSizeBytes"]), *report["compression"]])]),
        ("Extensions", report["extensions"]),
        ("Warnings", [f"{each['message']} ({each['code']})" for each in report["warnings"]]),
    ]


def _find(model: str) -> tuple[Path, Expected]:
    """Return a file and what is expected of it; a name that is no file is an asset's id."""
    path = Path(model)
    looks_like_a_file = path.suffix.lower() == ".glb" or len(path.parts) > 1
    if looks_like_a_file or path.is_file():
        return path, Expected()
    from asset_forge.services.reports import find_model_file  # noqa: PLC0415 - not for a file
    from asset_forge.storage.assets import AssetStore  # noqa: PLC0415
    from asset_forge.storage.paths import AssetRoot  # noqa: PLC0415

    found = find_model_file(AssetStore(AssetRoot(load_settings().asset_output_dir)), model)
    return found.path, found.expected


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
