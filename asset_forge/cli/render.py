"""asset-forge render"""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from asset_forge.domain.rendering import RenderOptions, even_angles
from asset_forge.errors import BadGlb, ForgeError


def render(
    file: Annotated[Path, typer.Argument(help="A GLB file.")],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("sprites"),
    angles: Annotated[int, typer.Option(min=1, max=64, help="How many views.")] = 8,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Pixels.")] = 512,
    background: Annotated[str, typer.Option(help="transparent or #rrggbb.")] = "transparent",
) -> None:
    """Render a GLB file from all sides into PNG files."""
    from asset_forge.glb.jobs import render_sprite_files  # noqa: PLC0415 - loads numpy

    is_new = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        options = RenderOptions(even_angles(angles), size, background)
        written, _ = render_sprite_files([str(file)], str(out), options)
    except FileExistsError:
        raise ForgeError(f"{out} is a file; name a folder with --out") from None
    except OSError as error:
        _remove_when_empty(out, is_new=is_new)
        raise ForgeError(f"{error.filename}: {error.strerror}") from None
    except ForgeError as error:
        _remove_when_empty(out, is_new=is_new)
        if isinstance(error, BadGlb):
            raise ForgeError(f"{file}: {error.message}") from None
        raise
    for _, path in written:
        typer.echo(path)


def _remove_when_empty(folder: Path, *, is_new: bool) -> None:
    """Leave no empty folder behind that this command has made."""
    if is_new:
        with contextlib.suppress(OSError):
            folder.rmdir()
