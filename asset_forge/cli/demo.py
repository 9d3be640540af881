"""asset-forge demo: the whole way once, with no key and no network."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer

from asset_forge.cli.client import ForgeClient
from asset_forge.cli.generate import chosen_presets, run_pipeline
from asset_forge.cli.places import Places
from asset_forge.errors import ForgeError
from asset_forge.logs import configure_logging
from asset_forge.settings import load_settings

ASSET_ID = "demo-longsword"
_REQUEST: dict[str, Any] = {
    "name": "Demo Longsword",
    "assetId": ASSET_ID,
    "type": "weapon",
    "subtype": "sword",
    "description": "polished steel longsword with a leather grip",
    "provider": "greybox",
    "seed": 7,
    "overwrite": True,
    "enableRetexturing": True,
    "enableSprites": True,
    "spriteConfig": {"angles": 8, "resolution": 512, "backgroundColor": "transparent"},
}


def demo() -> None:
    """Make a longsword with two variants and sprites over HTTP, with the built-in maker."""
    from asset_forge.cli.servers import running_or_own  # noqa: PLC0415 - slow to import

    started_at = time.monotonic()
    settings = load_settings()
    configure_logging("warning", as_json=settings.logs_json, secrets=settings.secrets)
    with (
        running_or_own(settings, None) as service,
        ForgeClient(service.address, token=settings.api_token) as client,
    ):
        typer.echo(f"Asset Forge answers at {service.address}", err=True)
        request = {**_REQUEST, "materialPresets": chosen_presets(client, "bronze,mithril")}
        status = run_pipeline(client, request, goes_on=not service.is_own)
        failed = [name for name, stage in status["stages"].items() if stage["status"] == "failed"]
        if status["status"] != "completed" or failed:
            raise ForgeError(f"The demo failed in {', '.join(failed)}: {status.get('error')}")
        places = Places(client, settings.asset_output_dir)
        for label, place in _files(places, status):
            typer.echo(f"{label:<14} {place}")
        folder = places.folder(ASSET_ID) or Path.cwd()
        sheet = folder / f"{'' if folder.name == ASSET_ID else f'{ASSET_ID}-'}contact-sheet.png"
        sheet.write_bytes(_contact_sheet(client, status))
    typer.echo(f"{'Contact sheet':<14} {sheet}")
    typer.echo(f"Done in {time.monotonic() - started_at:.1f} s")


def _files(places: Places, status: dict[str, Any]) -> list[tuple[str, str]]:
    variants = [v["assetId"] for v in status["results"]["textureGeneration"]["variants"]]
    return [
        ("Model", places.name(ASSET_ID, f"{ASSET_ID}.glb")),
        *(("Variant", places.name(variant, f"{variant}.glb")) for variant in variants),
        ("Concept art", places.name(ASSET_ID, "concept-art.png")),
        ("Sprites", places.name(ASSET_ID, "sprites")),
        ("Record", places.name(ASSET_ID, "metadata.json")),
    ]


def _contact_sheet(client: ForgeClient, status: dict[str, Any]) -> bytes:
    from asset_forge.glb.render import contact_sheet  # noqa: PLC0415 - loads numpy

    variants = status["results"]["textureGeneration"]["variants"]
    looks: list[Any] = [
        client.file(f"/api/assets/{quote(asset_id)}/concept-art.png")
        for asset_id in (ASSET_ID, *(variant["assetId"] for variant in variants))
    ]
    sprites: list[Any] = [
        client.file(sprite["imageUrl"])
        for sprite in status["results"]["spriteGeneration"]["sprites"]
    ]
    return contact_sheet(
        [("Longsword: steel, bronze, mithril", looks), ("Sprites, 8 angles", sprites)]
    )
