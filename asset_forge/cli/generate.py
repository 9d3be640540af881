"""asset-forge generate"""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from asset_forge.cli.client import ForgeClient
from asset_forge.cli.places import Places
from asset_forge.cli.plan import tell_plan
from asset_forge.cli.progress import LABELS, shown_progress
from asset_forge.errors import BadPicture, ForgeError
from asset_forge.logs import configure_logging
from asset_forge.settings import load_settings

_ASKED_FOR = frozenset({"rigging", "spriteGeneration"})
"""Stages that are there only when they were asked for: it is told when they had nothing to do."""


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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what it would do and cost.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the pipeline as JSON.")] = False,
) -> None:
    """Make an asset, showing how far each stage is."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    words = description.split()
    _refuse_nonsense(words, height)
    settings = load_settings()
    # What fails is told here already, in a line each.
    configure_logging("error", as_json=settings.logs_json, secrets=settings.secrets)
    request: dict[str, Any] = {
        "name": name or description.title(),
        "type": type,
        "subtype": subtype or (words[-1].lower()),
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
        running_or_own(settings, server, resumes=not dry_run) as service,
        ForgeClient(service.address, token=settings.api_token) as client,
    ):
        _tell_warnings(client)
        if variants:
            request["materialPresets"] = chosen_presets(client, variants)
        if dry_run:
            _plan(client, request, as_json=as_json)
            return
        status = run_pipeline(client, request, quiet=as_json, goes_on=not service.is_own)
        if as_json:
            typer.echo(json.dumps(status, indent=2, ensure_ascii=False))
        else:
            tell_result(Places(client, settings.asset_output_dir), status)
    if status["status"] != "completed":
        raise typer.Exit(1)


def _plan(client: ForgeClient, request: dict[str, Any], *, as_json: bool) -> None:
    plan = client.post("/api/generation/pipeline?dryRun=true", request)
    if as_json:
        typer.echo(json.dumps(plan, indent=2, ensure_ascii=False))
    else:
        tell_plan(plan)
    if not plan["allowed"]:
        raise typer.Exit(1)


def _refuse_nonsense(words: list[str], height_m: float | None) -> None:
    if height_m is not None and not math.isfinite(height_m):
        raise ForgeError(f"--height wants metres, such as 1.8, not {height_m}")
    if not words:
        raise ForgeError('Say what to make, such as "polished steel longsword"')


def _tell_warnings(client: ForgeClient) -> None:
    for warning in client.get("/api/health")["warnings"]:
        typer.echo(f"warning: {warning}", err=True)


def run_pipeline(
    client: ForgeClient, request: dict[str, Any], *, quiet: bool = False, goes_on: bool = False
) -> dict[str, Any]:
    """Start a generation and follow it as `watched` does."""
    pipeline_id = client.post("/api/generation/pipeline", request)["pipelineId"]
    return watched(client, pipeline_id, quiet=quiet, goes_on=goes_on)


def watched(
    client: ForgeClient, pipeline_id: str, *, quiet: bool = False, goes_on: bool = False
) -> dict[str, Any]:
    """Follow a pipeline to its end, shown on standard error unless `quiet`.

    `goes_on` says that the service, and the run with it, outlives this command.
    """
    try:
        if quiet:
            return client.follow(pipeline_id, lambda _: None)
        with shown_progress(Console(stderr=True)) as tell:
            return client.follow(pipeline_id, tell)
    except KeyboardInterrupt:
        where = f"{client.address}/api/generation/pipeline/{pipeline_id}"
        typer.echo(
            f"No longer watched; it goes on at {where}"
            if goes_on
            else "Stopped; it goes on when Asset Forge is started the next time, unless "
            f"asset-forge cancel {pipeline_id} calls it off",
            err=True,
        )
        raise


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
    from asset_forge.pictures import (  # noqa: PLC0415 - only when a file is given
        MOST_PIXELS,
        check_picture,
        encode_data_url,
    )

    path = Path(given)
    try:
        data = path.read_bytes()
        mime_type = check_picture(data, max_pixels=MOST_PIXELS).mime_type
    except OSError as error:
        raise ForgeError(f"Cannot read {given}: {error.strerror}") from None
    except BadPicture as error:
        raise ForgeError(f"{given}: {error.message}") from None
    return {"source": path.name, "dataUrl": encode_data_url(data, mime_type)}


def tell_result(places: Places, status: dict[str, Any]) -> None:
    if status["status"] != "completed":
        typer.echo(f"{status['status']}: {status.get('error', 'no reason given')}", err=True)
        return
    results, asset_id = status["results"], status["assetId"]
    _tell("Asset", places.name(asset_id))
    model = results.get("image3D", {})
    if "polycount" in model:
        _tell("Model", places.name(asset_id, f"{asset_id}.glb"))
        _tell("Triangles", f"{model['polycount']:,}")
    if "note" in model:
        _tell("Note", model["note"])
    for variant in results.get("textureGeneration", {}).get("variants", []):
        failure = f"failed: {variant.get('error')}"
        _tell("Variant", places.name(variant["assetId"]) if variant["success"] else failure)
    if "spriteGeneration" in results:
        _tell("Sprites", places.name(asset_id, "sprites"))
    for name, stage in status["stages"].items():
        if stage["status"] == "failed":
            _tell("Failed", f"{LABELS.get(name, name)}: {stage.get('error')}")
        elif stage["status"] == "skipped" and name in _ASKED_FOR:
            reason = (stage.get("result") or {}).get("reason", "nothing to do")
            _tell("Skipped", f"{LABELS.get(name, name)}: {reason}")


def _tell(label: str, text: str) -> None:
    typer.echo(f"{label:<9} {text}")
