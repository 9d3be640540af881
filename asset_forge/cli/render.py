"""asset-forge render"""

from pathlib import Path
from typing import Annotated

import typer

from asset_forge.errors import BadGlb, ForgeError


def render(
    file: Annotated[Path, typer.Argument(help="A GLB file.")],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("sprites"),
    angles: Annotated[int, typer.Option(min=1, max=64)] = 8,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Pixels.")] = 512,
    background: Annotated[str, typer.Option(help="transparent or #rrggbb.")] = "transparent",
) -> None:
    """Render a GLB file from all sides into PNG files."""
    from asset_forge.glb.jobs import render_sprite_files  # noqa: PLC0415 - loads numpy

    try:
        out.mkdir(parents=True, exist_ok=True)
        written = render_sprite_files(str(file), str(out), angles, size, background)
    except OSError as error:
        raise ForgeError(f"{error.filename}: {error.strerror}") from None
    except BadGlb as error:
        raise ForgeError(f"{file}: {error.message}") from None
    for _, path in written:
        typer.echo(path)
