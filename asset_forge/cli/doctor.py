"""asset-forge doctor: what is not as it should be, and what to do about it."""

import asyncio
import ipaddress
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer
from rich.console import Console

from asset_forge.errors import ForgeError, StorageUnavailable
from asset_forge.settings import Settings, load_settings

_LOW_DISK_BYTES = 2 * 2**30
_PROVIDER_TIMEOUT_S = 15.0


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` says what to do about it."""

    subject: str
    verdict: Verdict
    text: str
    advice: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check keys, models, ports, disk, prompts and the way pictures reach outside makers."""
    settings = load_settings()
    findings = asyncio.run(examine(settings))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _print(findings)
    if any(finding.verdict is Verdict.PROBLEM for finding in findings):
        raise typer.Exit(1)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything. Calls providers whose key is set, with requests that cost nothing."""
    return [
        *await _openai(settings),
        *await _meshy(settings),
        _greybox(settings),
        *_ports(settings),
        _exposure(settings),
        *_disk(settings.asset_output_dir),
        _prompts(settings),
        *await _image_server(settings),
    ]


async def _openai(settings: Settings) -> list[Finding]:
    if not settings.uses_openai:
        return [
            Finding(
                "OpenAI key",
                Verdict.OK,
                "not set: greybox draws, and prompts are filled in from templates",
                "Set OPENAI_API_KEY in .env to have prompts improved and concept art drawn.",
            )
        ]
    from asset_forge.wiring import make_openai  # noqa: PLC0415 - slow to import

    async with _client() as client:
        provider = make_openai(settings, client)
        assert provider is not None
        try:
            check = await provider.check_models()
        except ForgeError as error:
            return [
                Finding(
                    "OpenAI key",
                    Verdict.PROBLEM,
                    error.message,
                    "Check OPENAI_API_KEY and OPENAI_BASE_URL in .env.",
                )
            ]
    found = [Finding("OpenAI key", Verdict.OK, f"accepted by {settings.openai_base_url}")]
    found += [
        Finding("OpenAI models", Verdict.WARNING, warning, "Name another OPENAI_…_MODEL in .env.")
        for warning in check.warnings
    ]
    if not check.warnings:
        models = ", ".join(dict.fromkeys(settings.openai_models))
        found.append(Finding("OpenAI models", Verdict.OK, models))
    return found


async def _meshy(settings: Settings) -> list[Finding]:
    if not settings.meshy_api_key:
        return [
            Finding(
                "Meshy key",
                Verdict.OK,
                "not set: greybox makes shapes, surfaces and rigs",
                "Set MESHY_API_KEY in .env to have models made by Meshy.",
            )
        ]
    from asset_forge.wiring import make_meshy  # noqa: PLC0415 - slow to import

    async with _client() as client:
        provider = make_meshy(settings, client, present_picture=_no_picture)
        assert provider is not None
        try:
            balance = await provider.balance()
        except ForgeError as error:
            advice = "Check MESHY_API_KEY and MESHY_BASE_URL in .env."
            return [Finding("Meshy key", Verdict.PROBLEM, error.message, advice)]
    found = [Finding("Meshy key", Verdict.OK, f"accepted; {balance:,} credits left")]
    if balance < 50:
        found.append(
            Finding("Meshy credits", Verdict.WARNING, f"{balance} left", "A model costs about 30.")
        )
    from asset_forge.wiring import meshy_warnings  # noqa: PLC0415 - slow to import

    found += [
        Finding("Meshy models", Verdict.WARNING, warning, "Name another MESHY_MODEL_… in .env.")
        for warning in meshy_warnings(settings)
    ]
    return found


async def _no_picture(path: Path) -> str:
    raise AssertionError(f"the doctor sends no pictures ({path.name})")


def _greybox(settings: Settings) -> Finding:
    if settings.forge_greybox:
        return Finding("Greybox", Verdict.OK, f"on, {settings.forge_workers} worker processes")
    missing = [
        variable
        for variable, value in (
            ("OPENAI_API_KEY", settings.openai_api_key),
            ("MESHY_API_KEY", settings.meshy_api_key),
        )
        if not value
    ]
    if missing:
        return Finding(
            "Greybox",
            Verdict.PROBLEM,
            f"off, and {' and '.join(missing)} not set: generations will be refused",
            "Set the key in .env, or FORGE_GREYBOX=1.",
        )
    return Finding("Greybox", Verdict.OK, "off")


def _ports(settings: Settings) -> list[Finding]:
    from asset_forge.cli.servers import is_running, shows_pictures  # noqa: PLC0415 - slow to import

    found = []
    for subject, variable, port, is_ours in (
        ("API port", "API_PORT", settings.api_port, is_running),
        ("Image server port", "IMAGE_SERVER_PORT", settings.image_server_port, shows_pictures),
    ):
        if _is_free(settings.api_host, port):
            found.append(Finding(subject, Verdict.OK, f"{settings.api_host}:{port} is free"))
        elif is_ours(f"http://{settings.api_host}:{port}"):
            found.append(Finding(subject, Verdict.OK, f"an Asset Forge runs on port {port}"))
        else:
            found.append(
                Finding(
                    subject,
                    Verdict.WARNING,
                    f"{settings.api_host}:{port} is taken",
                    f"Stop what is there, or set {variable} in .env to a free port.",
                )
            )
    return found


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _exposure(settings: Settings) -> Finding:
    if settings.listens_publicly and not settings.api_token:
        return Finding(
            "Access",
            Verdict.PROBLEM,
            f"{settings.api_host} can be reached from outside and API_TOKEN is not set",
            "Set API_TOKEN in .env, or API_HOST=127.0.0.1.",
        )
    token = "with a token" if settings.api_token else "without a token"
    return Finding("Access", Verdict.OK, f"{settings.api_host}, {token}")


def _disk(root: Path) -> list[Finding]:
    if not root.is_dir():
        return [
            Finding(
                "Asset folder",
                Verdict.PROBLEM,
                f"{root} is not there",
                f"mkdir -p {root}, or set ASSET_OUTPUT_DIR in .env.",
            )
        ]
    if not os.access(root, os.W_OK | os.X_OK):
        advice = "Give the service's user the right to write there."
        return [Finding("Asset folder", Verdict.PROBLEM, f"{root} cannot be written", advice)]
    free_bytes = shutil.disk_usage(root).free
    text = f"{root}, {free_bytes / 2**30:.1f} GB free"
    if free_bytes < _LOW_DISK_BYTES:
        return [Finding("Asset folder", Verdict.WARNING, text, "Make room: a run needs 0.3 GB.")]
    return [Finding("Asset folder", Verdict.OK, text)]


def _prompts(settings: Settings) -> Finding:
    from asset_forge.services.prompt_files import FILES, PromptFiles  # noqa: PLC0415

    files = PromptFiles(settings.prompts_dir)
    try:
        for prompt_type in FILES:
            files.read(prompt_type)
        files.read_presets()
    except StorageUnavailable as error:
        return Finding("Prompt files", Verdict.PROBLEM, error.message, "Mend or remove the file.")
    return Finding("Prompt files", Verdict.OK, str(settings.prompts_dir))


async def _image_server(settings: Settings) -> list[Finding]:
    subject = "Image server from outside"
    if not settings.image_server_url:
        return [
            Finding(
                subject,
                Verdict.OK,
                "not set up, and not needed: pictures below 10 MB go to Meshy as data URIs",
            )
        ]
    if not _is_public(settings.image_server_url):
        return [
            Finding(
                subject,
                Verdict.WARNING,
                f"{settings.image_server_url} is a private address",
                "Set IMAGE_SERVER_URL to an address that the internet can reach, or leave it out.",
            )
        ]
    async with _client() as client:
        try:
            answer = await client.get(f"{settings.image_server_url}/health")
            reached = answer.status_code == 200 and answer.json().get("status") == "ok"
        except Exception as error:  # noqa: BLE001 - whatever is wrong, it is not reachable
            reached, reason = False, f"{type(error).__name__}"
        else:
            reason = f"HTTP {answer.status_code}"
    if reached:
        return [Finding(subject, Verdict.OK, f"{settings.image_server_url} answers")]
    return [
        Finding(
            subject,
            Verdict.WARNING,
            f"{settings.image_server_url} does not answer as the image server ({reason})",
            "Start asset-forge serve, and check that the tunnel or proxy leads to "
            f"port {settings.image_server_port}.",
        )
    ]


def _is_public(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return host != "localhost" and "." in host


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    from asset_forge.providers.http import make_client  # noqa: PLC0415 - slow to import

    async with make_client(
        connect_timeout_s=_PROVIDER_TIMEOUT_S, read_timeout_s=_PROVIDER_TIMEOUT_S
    ) as client:
        yield client


def _print(findings: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.subject) for finding in findings)
    colors = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}
    for finding in findings:
        color = colors[finding.verdict]
        console.print(f"[{color}]{finding.verdict:<8}[/] {finding.subject:<{width}}", end="  ")
        console.print(finding.text, markup=False)
        if finding.advice:
            indent = " " * (len("warning") + 2 + width + 2)
            console.print(f"{indent}→ {finding.advice}", markup=False, style="dim")
