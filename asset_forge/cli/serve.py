"""asset-forge serve"""

import asyncio
from typing import Annotated

import structlog
import typer

from asset_forge.logs import configure_logging
from asset_forge.settings import Settings, load_settings

log = structlog.get_logger()


def serve(
    host: Annotated[str | None, typer.Option(help="Instead of API_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of API_PORT.")] = None,
    image_port: Annotated[int | None, typer.Option(help="Instead of IMAGE_SERVER_PORT.")] = None,
) -> None:
    """Run the API and the image server until Ctrl-C."""
    from asset_forge.cli.servers import serve_until_stopped  # noqa: PLC0415 - slow to import

    given = {"api_host": host, "api_port": port, "image_server_port": image_port}
    settings = load_settings(**{key: value for key, value in given.items() if value is not None})
    configure_logging(settings.log_level, as_json=settings.logs_json, secrets=settings.secrets)
    asyncio.run(serve_until_stopped(settings, announce=lambda: _announce(settings)))


def _announce(settings: Settings) -> None:
    api = f"http://{settings.api_host}:{settings.api_port}"
    images = f"http://{settings.api_host}:{settings.image_server_port}"
    assets = str(settings.asset_output_dir)
    if settings.logs_json:
        # Programs read this: nothing may stand between the lines of the log.
        log.info("service_listening", api=api, images=images, assets=assets)
        return
    typer.echo(f"API           {api}", err=True)
    typer.echo(f"API page      {api}/docs", err=True)
    typer.echo(f"Image server  {images}", err=True)
    typer.echo(f"Assets        {assets}", err=True)
    typer.echo("Ctrl-C stops it", err=True)
