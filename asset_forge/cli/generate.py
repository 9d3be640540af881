"""asset-forge generate"""

import json
import mimetypes
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from asset_forge.cli.client import ForgeClient
from asset_forge.cli.progress import shown_progress
from asset_forge.errors import ForgeError
from asset_forge.logs import configure_logging
from asset_forge.settings import Settings, load_settings


def generate(
    description: Annotated[str, typer.Argument(help='Such as "polished steel longsword".')],
    type: Annotated[str, typer.Option(help="weapon, armor, tool, character, …")] = "item",  # noqa: A002 - the option's name
    subtype: Annotated[
        str | None, typer.Option(help="sword, helmet, …; the last word when missing.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The words, title-cased, when missing.")] = None,
    asset_id: Annotated[str | None, typer.Option("--id", help="Folder name.")] = None,
    style: Annotated[str, typer.Option(help="Style words.")] = "",
    quality: Annotated[str | None, typer.Option(help="standard, high or ultra.")] = None,
    variants: Annotated[
        str, typer.Option(help="Ids of material presets, separated by commas.")
    ] = "",
    sprites: Annotated[bool, typer.Option("--sprites", help="Render sprites.")] = False,
    rig: Annotated[bool, typer.Option("--rig", help="Rig the avatar.")] = False,
    avatar: Annotated[bool, typer.Option("--avatar", help="It is a character.")] = False,
    height: Annotated[float | None, typer.Option(help="Metres, for avatars.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="A picture: a file or an http(s) address.")
    ] = None,
    provider: Annotated[str, typer.Option(help="auto, meshy or greybox.")] = "auto",
    seed: Annotated[int | None, typer.Option(help="Same words and seed, same asset.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the asset.")] = False,
    server: Annotated[
        str | None, typer.Option(help="Address of a running service; found when missing.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the pipeline as JSON.")] = False,
) -> None:
    """Make an asset, showing how far each stage is."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    settings = load_settings()
    configure_logging("warning", as_json=False)
    words = description.split()
    request: dict[str, Any] = {
        "name": name or description.title(),
        "type": type,
        "subtype": subtype or (words[-1].lower() if words else ""),
        "description": description,
        "style": style,
        "provider": provider,
        "enableSprites": sprites,
        "enableRigging": rig,
        "overwrite": overwrite,
    }
    if asset_id:
        request["assetId"] = asset_id
    if quality:
        request["quality"] = quality
    if seed is not None:
        request["seed"] = seed
    if avatar:
        request["generationType"] = "avatar"
    if height is not None:
        request["riggingOptions"] = {"heightMeters": height}
    if reference:
        request["referenceImage"] = reference_image(reference)
    with (
        running_or_own(settings, server) as address,
        ForgeClient(address, token=settings.api_token) as client,
    ):
        if variants:
            request["materialPresets"] = chosen_presets(client, variants)
        status = run_pipeline(client, request, quiet=as_json)
    if as_json:
        typer.echo(json.dumps(status, indent=2, ensure_ascii=False))
    else:
        _tell_result(settings, status)
    if status["status"] != "completed":
        raise typer.Exit(1)


def run_pipeline(
    client: ForgeClient, request: dict[str, Any], *, quiet: bool = False
) -> dict[str, Any]:
    """Start a generation and follow it to its end, shown on standard error unless `quiet`."""
    started = client.post("/api/generation/pipeline", request)
    if quiet:
        return client.follow(started["pipelineId"], lambda _: None)
    with shown_progress(Console(stderr=True)) as tell:
        return client.follow(started["pipelineId"], tell)


def chosen_presets(client: ForgeClient, names: str) -> list[dict[str, Any]]:
    """Return the presets with these ids, separated by commas. Raises ForgeError."""
    known = {preset["id"]: preset for preset in client.get("/api/material-presets")}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise ForgeError(
            f"No material preset {', '.join(missing)}; there are {', '.join(sorted(known))}"
        )
    return [known[name] for name in wanted]


def reference_image(given: str) -> dict[str, str]:
    """Return the field for a picture that is a file or an address. Raises ForgeError."""
    if given.startswith(("http://", "https://")):
        return {"source": "url", "url": given}
    from asset_forge.pictures import encode_data_url  # noqa: PLC0415 - only when a file is given

    path = Path(given)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ForgeError(f"Cannot read {given}: {error.strerror}") from None
    mime_type = mimetypes.guess_type(path.name)[0] or "image/png"
    return {"source": path.name, "dataUrl": encode_data_url(data, mime_type)}


def _tell_result(settings: Settings, status: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if status["status"] != "completed":
        Console(stderr=True).print(
            f"{status['status']}: {status.get('error', 'no reason given')}", markup=False
        )
        return
    results = status["results"]
    folder = settings.asset_output_dir / status["assetId"]
    console.print(f"Asset     {folder}", markup=False)
    model = results.get("image3D", {})
    if "polycount" in model:
        console.print(f"Model     {folder / (status['assetId'] + '.glb')}", markup=False)
        console.print(f"Triangles {model['polycount']:,}", markup=False)
    for variant in results.get("textureGeneration", {}).get("variants", []):
        where = settings.asset_output_dir / str(variant.get("assetId"))
        text = where if variant["success"] else f"failed: {variant['error']}"
        console.print(f"Variant   {text}", markup=False)
    if "spriteGeneration" in results:
        console.print(f"Sprites   {folder / 'sprites'}", markup=False)
    for name, stage in status["stages"].items():
        if stage["status"] == "failed":
            console.print(f"Failed    {name}: {stage.get('error')}", markup=False)
