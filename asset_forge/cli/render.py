"""asset-forge render"""

import contextlib
import json
from pathlib import Path
from typing import Annotated

import typer

from asset_forge.domain.rendering import SPRITE_PITCH_DEG, RenderOptions, even_angles
from asset_forge.domain.sprite_sheets import (
    SHEET_ASEPRITE,
    SHEET_FILES,
    SHEET_HASH,
    SHEET_IMAGE,
    PackedSheet,
    aseprite_json,
    hash_json,
)
from asset_forge.errors import BadGlb, ForgeError


def render(
    file: Annotated[Path, typer.Argument(help="A GLB file.")],
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("sprites"),
    angles: Annotated[int, typer.Option(min=1, max=64, help="How many views.")] = 8,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Pixels.")] = 512,
    background: Annotated[str, typer.Option(help="transparent or #rrggbb.")] = "transparent",
    angle: Annotated[
        list[float] | None,
        typer.Option(min=0, max=359.999, help="This angle in degrees; may be given several times."),
    ] = None,
    pitch: Annotated[
        float, typer.Option(min=-89, max=89, help="Degrees that the camera looks down.")
    ] = SPRITE_PITCH_DEG,
    animation: Annotated[str | None, typer.Option(help="A clip, such as walking.")] = None,
    time: Annotated[float | None, typer.Option(min=0, help="Seconds within the clip.")] = None,
    frames: Annotated[int, typer.Option(min=1, max=64, help="Moments of the clip.")] = 1,
    sheet: Annotated[
        bool, typer.Option(help="Also a sprite sheet with its JSON files for engines.")
    ] = False,
) -> None:
    """Render a GLB file from all sides into PNG files."""
    from asset_forge.glb.jobs import render_sprite_files  # noqa: PLC0415 - loads numpy

    is_new = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        options = RenderOptions(
            angles_deg=tuple(angle) if angle else even_angles(angles),
            size_px=size,
            background=background,
            pitch_deg=pitch,
            animation=animation,
            frame_count=frames,
            time_s=time,
        )
        written, packed = render_sprite_files([str(file)], str(out), options)
        paths = [Path(path) for _, path in written]
        paths += _finish_sheet(out, packed if sheet else None, file.stem)
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
    for path in paths:
        typer.echo(path)
    if sheet and packed is None:
        typer.echo("The sprites are too large for one sheet.", err=True)


def _finish_sheet(folder: Path, packed: PackedSheet | None, name: str) -> list[Path]:
    """Write the JSON files beside a sheet, or remove a sheet that nobody has asked for."""
    if packed is None:
        (folder / SHEET_IMAGE).unlink(missing_ok=True)
        return []
    for file, value in (
        (SHEET_HASH, hash_json(packed, name)),
        (SHEET_ASEPRITE, aseprite_json(packed)),
    ):
        (folder / file).write_text(f"{json.dumps(value, indent=2)}\n", encoding="utf-8")
    return [folder / file for file in SHEET_FILES]


def _remove_when_empty(folder: Path, *, is_new: bool) -> None:
    """Leave no empty folder behind that this command has made."""
    if is_new:
        with contextlib.suppress(OSError):
            folder.rmdir()
