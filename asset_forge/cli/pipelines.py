"""asset-forge pipelines, cancel and retry"""

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from asset_forge.cli.client import ForgeClient
from asset_forge.cli.generate import tell_result, watched
from asset_forge.cli.places import Places
from asset_forge.cli.tables import Column, show
from asset_forge.logs import configure_logging
from asset_forge.settings import Settings, load_settings

_COLUMNS = (
    Column("Id", stays_whole=True),
    Column("Asset"),
    Column("Status"),
    Column("Done", is_number=True),
    Column("Credits", is_number=True),
    Column("Started"),
)
Server = Annotated[
    str | None, typer.Option(help="Address of a running service; found when missing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what the API answers.")]
PipelineId = Annotated[str, typer.Argument(help="As `asset-forge pipelines` shows it.")]


def pipelines(
    status: Annotated[
        str | None,
        typer.Option(help="initializing, processing, completed, failed or cancelled."),
    ] = None,
    asset: Annotated[str | None, typer.Option(help="Only those of this asset.")] = None,
    limit: Annotated[int, typer.Option(help="How many at the most.")] = 20,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """List pipelines, newest first."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    settings = _quiet_settings()
    query = {"status": status, "assetId": asset, "limit": str(limit)}
    with (
        running_or_own(settings, server, resumes=False) as service,
        ForgeClient(service.address, token=settings.api_token) as client,
    ):
        found = client.get("/api/generation/pipelines", query)["pipelines"]
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif not found:
        typer.echo("No pipelines.")
    else:
        show(_COLUMNS, [_row(pipeline) for pipeline in found])


def cancel(pipeline_id: PipelineId, server: Server = None, as_json: AsJson = False) -> None:
    """Stop a pipeline, and the tasks that still wait at a maker."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    settings = _quiet_settings()
    with (
        running_or_own(settings, server, resumes=False) as service,
        ForgeClient(service.address, token=settings.api_token) as client,
    ):
        status = client.post(f"{_address_of(pipeline_id)}/cancel", None)
    if as_json:
        typer.echo(json.dumps(status, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{status['id']} is cancelled; it has cost {_credits(status)} credits")


def retry(pipeline_id: PipelineId, server: Server = None, as_json: AsJson = False) -> None:
    """Go on from where a pipeline failed or was cancelled; what was paid for is kept."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    settings = _quiet_settings()
    with (
        running_or_own(settings, server) as service,
        ForgeClient(service.address, token=settings.api_token) as client,
    ):
        started = client.post(f"{_address_of(pipeline_id)}/retry", None)
        status = watched(client, started["pipelineId"], quiet=as_json, goes_on=not service.is_own)
        if as_json:
            typer.echo(json.dumps(status, indent=2, ensure_ascii=False))
        else:
            tell_result(Places(client, settings.asset_output_dir), status)
    if status["status"] != "completed":
        raise typer.Exit(1)


def _quiet_settings() -> Settings:
    settings = load_settings()
    configure_logging("error", as_json=settings.logs_json, secrets=settings.secrets)
    return settings


def _address_of(pipeline_id: str) -> str:
    return f"/api/generation/pipeline/{quote(pipeline_id, safe='')}"


def _row(pipeline: dict[str, Any]) -> tuple[str, ...]:
    return (
        pipeline["id"],
        pipeline["assetId"],
        pipeline["status"],
        f"{pipeline['progress']} %",
        _credits(pipeline),
        pipeline["createdAt"][:16].replace("T", " "),
    )


def _credits(status: dict[str, Any]) -> str:
    cost = status.get("cost", {})
    return f"{'about ' if cost.get('estimated') else ''}{cost.get('credits', 0):g}"
