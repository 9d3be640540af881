"""What `asset-forge generate --dry-run` shows of a plan."""

from typing import Any

import typer

from asset_forge.cli.costs import caps_in_words, usd_in_words
from asset_forge.cli.progress import LABELS
from asset_forge.cli.tables import Column, show

_COLUMNS = (
    Column("Stage"),
    Column("Made by"),
    Column("Model"),
    Column("Calls", is_number=True),
    Column("Credits", is_number=True),
    Column("USD", is_number=True),
)


def tell_plan(plan: dict[str, Any]) -> None:
    """Print what a request would do and cost; why it would be refused goes to standard error."""
    rows = [
        (
            LABELS.get(call["stage"], call["stage"]),
            call["provider"],
            call["model"] or "-",
            f"{call['calls']}",
            f"{call['credits']:g}",
            usd_in_words(call["usd"]),
        )
        for call in plan["calls"]
    ]
    credit_count, usd = f"{plan['estimatedCredits']:g}", usd_in_words(plan["estimatedUsd"])
    show(_COLUMNS, [*rows, ("Total", "", "", "", credit_count, usd)])
    typer.echo()
    for stage in plan["skipped"]:
        typer.echo(f"Skipped   {LABELS.get(stage['stage'], stage['stage'])}: {stage['reason']}")
    for asset in plan["writes"]:
        typer.echo(f"Writes    {asset['assetId']}{' (is there)' if asset['exists'] else ''}")
    quality = plan["quality"]
    if quality is not None:
        typer.echo(
            f"Quality   {quality['level']}: up to {quality['faceBudget']:,} triangles, "
            f"textures of {quality['texturePx']} pixels"
        )
    typer.echo(f"Today     {caps_in_words(plan['caps'])}")
    if plan["refusal"] is not None:
        typer.echo(f"asset-forge: {plan['refusal']}", err=True)
    else:
        typer.echo("Nothing was sent.")
