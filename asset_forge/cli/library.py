"""asset-forge list"""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from asset_forge.settings import load_settings


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
    table = Table("Id", "Type", "Made by", "Triangles", "Variants", "Made")
    for element in elements:
        metadata = element["metadata"]
        table.add_row(
            str(element["id"]),
            f"{element['type']} / {element.get('subtype') or '-'}",
            str(metadata.get("provider") or "-"),
            str(metadata.get("polycount") or "-"),
            str(metadata.get("variantCount") or ""),
            str(element.get("generatedAt") or "-")[:16].replace("T", " "),
        )
    Console().print(table if elements else "No assets yet.")
