"""The command line, a file for each command or family of commands."""

import sys
from typing import Annotated

import typer

from asset_forge import __version__
from asset_forge.cli import (
    costs,
    demo,
    doctor,
    generate,
    inspect,
    library,
    pipelines,
    render,
    serve,
)
from asset_forge.errors import ForgeError

app = typer.Typer(
    name="asset-forge",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("generate")(generate.generate)
app.command("list")(library.list_assets)
app.command("pipelines")(pipelines.pipelines)
app.command("cancel")(pipelines.cancel)
app.command("retry")(pipelines.retry)
app.command("costs")(costs.costs)
app.command("inspect")(inspect.inspect)
app.command("render")(render.render)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _version_and_end(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_version_and_end
        ),
    ] = False,
) -> None:
    """Words or a picture in, a game-ready 3D asset out."""


def main() -> None:
    """Run the command line; errors of ours end it with a sentence and status 1."""
    try:
        app()
    except ForgeError as error:
        typer.echo(f"asset-forge: {error.message}", err=True)
        sys.exit(1)
