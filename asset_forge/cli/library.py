"""asset-forge list"""

import json
from typing import Annotated, Any

import typer

from asset_forge.cli.tables import Column, show
from asset_forge.settings import load_settings

_COLUMNS = (
    # The id is what the next command is given: on a narrow terminal the kind gives way, not the id.
    Column("Id", stays_whole=True),
    Column("Kind"),
    Column("Made by", stays_whole=True),
    Column("Triangles", is_number=True),
    Column("Variants", is_number=True),
    Column("Made", stays_whole=True),
)


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
    show(_COLUMNS, [_row(element) for element in elements])


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
