"""asset-forge costs"""

import json
from typing import Annotated, Any

import typer

from asset_forge.cli.client import ForgeClient
from asset_forge.cli.tables import Column, show
from asset_forge.logs import configure_logging
from asset_forge.settings import load_settings

_AMOUNTS = (
    Column("Calls", is_number=True),
    Column("Credits", is_number=True),
    Column("Tokens", is_number=True),
    Column("USD", is_number=True),
)


def costs(
    since: Annotated[
        str | None, typer.Option("--from", help="First day, as YYYY-MM-DD; 30 days when missing.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Last day, as YYYY-MM-DD; today when missing.")
    ] = None,
    asset: Annotated[str | None, typer.Option(help="Only what was spent on this asset.")] = None,
    server: Annotated[
        str | None, typer.Option(help="Address of a running service; found when missing.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what the API answers.")] = False,
) -> None:
    """Tell what was spent, by day and by maker; days are in UTC."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    settings = load_settings()
    configure_logging("error", as_json=settings.logs_json, secrets=settings.secrets)
    query = {"from": since, "to": until, "assetId": asset}
    with (
        running_or_own(settings, server, resumes=False) as service,
        ForgeClient(service.address, token=settings.api_token) as client,
    ):
        report = client.get("/api/costs", query)
    if as_json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    _tell(report)


def _tell(report: dict[str, Any]) -> None:
    total = report["total"]
    if total["calls"]:
        rows = [(day["day"], *_amounts(day)) for day in report["byDay"]]
        show((Column("Day"), *_AMOUNTS), [*rows, ("Total", *_amounts(total))])
        typer.echo()
        makers = [
            (maker["provider"], maker["model"] or "-", *_amounts(maker))
            for maker in report["byProvider"]
        ]
        show((Column("Made by"), Column("Model"), *_AMOUNTS), makers)
    else:
        typer.echo(f"Nothing was spent from {report['from']} to {report['to']}.")
    if total["uncertainCalls"]:
        typer.echo(
            f"\n{total['uncertainCalls']} of {total['calls']} calls are not certain, with "
            f"{total['estimatedCredits']:g} credits: their end was not seen, or they may not have "
            "been billed at all"
        )
    typer.echo(f"\nToday: {caps_in_words(report['caps'])}")


def caps_in_words(caps: dict[str, Any]) -> str:
    """Say what was spent today and what is left, such as "30 of 200 credits spent, 170 left"."""
    reserved = f", {caps['reservedByRunning']:g} reserved" if caps["reservedByRunning"] else ""
    if caps["perDay"] is None:
        return f"{caps['spentToday']:g} credits spent{reserved}; there is no cap"
    spent = f"{caps['spentToday']:g} of {caps['perDay']:g} credits spent"
    return f"{spent}{reserved}, {caps['leftToday']:g} left until midnight UTC"


def usd_in_words(usd: float | None) -> str:
    """Show dollars down to a hundredth of a cent; a dash when no price is known."""
    return "-" if usd is None else f"{usd:.4f}"


def _amounts(one: dict[str, Any]) -> tuple[str, ...]:
    tokens = one["usage"].get("total_tokens")
    return (
        f"{one['calls']:,}",
        f"{one['credits']:g}",
        f"{tokens:,}" if tokens else "-",
        usd_in_words(one["usd"]),
    )
