"""asset-forge inspect"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from asset_forge.errors import BadGlb, ForgeError


def inspect(
    file: Annotated[Path, typer.Argument(help="A GLB file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say what is in a GLB file: triangles, bounds, materials, textures, skins, clips."""
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
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for key, value in report.items():
        table.add_row(key, _readable(value))
    Console(highlight=False).print(table)


def _readable(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {_readable(item)}" for key, item in value.items())
    if isinstance(value, list):
        if value and all(isinstance(item, int | float) for item in value):
            return " ".join(f"{item:g}" for item in value)
        return "\n".join(_readable(item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
