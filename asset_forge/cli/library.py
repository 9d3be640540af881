"""asset-forge list"""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from asset_forge.settings import load_settings

_WIDTH_OF_A_PIPE = 240


def list_assets(
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API answers.")] = False,
) -> None:
    """List the assets on disk, newest first."""
    from asset_forge.storage.index import AssetIndex  # noqa: PLC0415 - only this command needs it
    from asset_forge.storage.paths import AssetRoot  # noqa: PLC0415

    entries = AssetIndex(AssetRoot(load_settings().asset_output_dir)).list()
    elements = [entry.to_json() for entry in entries]
    if as_json:
        typer.echo(json.dumps(elements, indent=2, ensure_ascii=False))
        return
    if not elements:
        typer.echo("No assets yet.")
        return
    rows = [_row(element) for element in elements]
    table = Table(box=None, pad_edge=False)
    # The id is what the next command is given: on a narrow terminal the kind gives way, not the id.
    table.add_column("Id", no_wrap=True, min_width=max(len(row[0]) for row in rows))
    table.add_column("Kind", no_wrap=True)
    table.add_column("Made by", no_wrap=True, min_width=7)
    table.add_column("Triangles", justify="right", no_wrap=True, min_width=9)
    table.add_column("Variants", justify="right", no_wrap=True, min_width=8)
    table.add_column("Made", no_wrap=True, min_width=10)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE).print(table)


def _row(element: dict[str, Any]) -> tuple[str, ...]:
    metadata = element["metadata"]
    triangle_count = metadata.get("polycount")
    return (
        str(element["id"]),
        str(element.get("subtype") or element["type"]),
        str(metadata.get("provider") or "-"),
        f"{triangle_count:,}" if isinstance(triangle_count, int) else "-",
        str(metadata.get("variantCount") or ""),
        str(element.get("generatedAt") or "-")[:10],
    )
