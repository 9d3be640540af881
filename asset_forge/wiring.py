"""Builds stores, providers and services from Settings; the only room that knows them all."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from asset_forge import __version__
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner
from asset_forge.providers.download import fetch_picture
from asset_forge.providers.greybox import GreyboxProvider
from asset_forge.providers.http import make_client
from asset_forge.providers.meshy import MeshyProvider
from asset_forge.providers.meshy_models import retirement_warnings
from asset_forge.providers.openai import OpenAIProvider
from asset_forge.providers.openai_models import shutdown_warnings
from asset_forge.schemas.generation import parse_recorded_request
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.assets import AssetService
from asset_forge.services.generation import LARGEST_REFERENCE_BYTES, GenerationService
from asset_forge.services.health import HealthFacts
from asset_forge.services.image_hosting import HOSTED_FOLDER, ImageHostingService
from asset_forge.services.prompt_files import PromptFiles
from asset_forge.services.prompts import PromptService
from asset_forge.services.retexture import RetextureService
from asset_forge.services.sight import SightService
from asset_forge.services.tools import Tools
from asset_forge.settings import MESHY_URL, OPENAI_URL, Settings
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.sharing import in_use
from asset_forge.workers import WorkerPool

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Services:
    """All that handlers can ask for."""

    assets: AssetService
    generation: GenerationService
    retexture: RetextureService
    ai: AICreationService
    hosting: ImageHostingService
    prompts: PromptService
    sight: SightService
    health: HealthFacts


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open everything, and close it in the opposite order: pipelines first, connections last."""
    async with AsyncExitStack() as stack:
        root = AssetRoot(settings.asset_output_dir)
        store = AssetStore(root)
        client = await stack.enter_async_context(make_client())
        workers = WorkerPool(worker_count=settings.forge_workers)
        stack.push_async_callback(workers.close)
        hosting = ImageHostingService(
            root=root,
            client=client,
            image_server_url=settings.image_server_url,
            imgur_client_id=settings.imgur_client_id,
        )
        stack.enter_context(
            in_use(root.state_dir, clear=lambda: _clear_left_overs(root, store, hosting))
        )
        prompts = PromptService(files=_prompt_files(settings))
        openai = make_openai(settings, client)
        meshy = make_meshy(settings, client, present_picture=hosting.present)
        greybox = _greybox(settings, workers, root)
        if greybox is not None:
            stack.push_async_callback(greybox.aclose)
        ai = AICreationService(
            text=openai,
            pictures=openai,
            sight=openai,
            tasks=meshy,
            greybox_pictures=greybox,
            greybox_sight=greybox,
            greybox_tasks=greybox,
        )
        tools = Tools(ai=ai, prompts=prompts, store=store, workers=workers)
        registry = PipelineRegistry()
        runner = PipelineRunner(
            registry=registry,
            workspaces=root.state_dir / "work",
            max_active=settings.forge_max_active,
            on_end=hosting.release,
        )
        runner.open()
        stack.push_async_callback(runner.close)

        async def fetch_reference(url: str) -> bytes:
            data, _ = await fetch_picture(
                client,
                url,
                max_bytes=LARGEST_REFERENCE_BYTES,
                allow_private=settings.forge_fetch_allow_private,
                allow_hosts=_provider_hosts(settings),
            )
            return data

        yield Services(
            assets=AssetService(store=store, claim=registry.claimed),
            generation=GenerationService(
                tools=tools,
                registry=registry,
                runner=runner,
                fetch_picture=fetch_reference,
                parse_request=parse_recorded_request,
            ),
            retexture=RetextureService(tools=tools, registry=registry, runner=runner),
            ai=ai,
            hosting=hosting,
            prompts=prompts,
            sight=SightService(ai=ai, prompts=prompts),
            health=_health(settings),
        )


def hosted_folder(settings: Settings) -> Path:
    """Where the pictures lie that the image server shows."""
    return AssetRoot(settings.asset_output_dir).state_dir / HOSTED_FOLDER


def _clear_left_overs(root: AssetRoot, store: AssetStore, hosting: ImageHostingService) -> None:
    """Remove what a run that was cut off has left; nothing of it can be seen in the library."""
    if root.path.is_dir():
        for name in ("work", "greybox"):
            shutil.rmtree(root.state_dir / name, ignore_errors=True)
        store.clean_up()
        hosting.clean_up()


def _prompt_files(settings: Settings) -> PromptFiles:
    files = PromptFiles(settings.prompts_dir)
    files.put_missing()
    return files


def make_openai(settings: Settings, client: httpx.AsyncClient) -> OpenAIProvider | None:
    """Return OpenAI with a key; a server of one's own, which may want none, needs an address."""
    if not settings.uses_openai:
        return None
    return OpenAIProvider(
        client=client,
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        text_model=settings.openai_text_model,
        vision_model=settings.openai_vision_model,
        image_model=settings.openai_image_model,
        image_quality=settings.openai_image_quality,
        allow_private=settings.forge_fetch_allow_private,
        allow_private_hosts=_provider_hosts(settings),
    )


def make_meshy(
    settings: Settings,
    client: httpx.AsyncClient,
    *,
    present_picture: Callable[[Path], Awaitable[str]],
) -> MeshyProvider | None:
    """Return Meshy when its key is set; `present_picture` says where it finds a picture."""
    if not settings.meshy_api_key:
        return None
    return MeshyProvider(
        client=client,
        base_url=settings.meshy_base_url,
        api_key=settings.meshy_api_key,
        present_picture=present_picture,
        default_model=settings.meshy_model_default,
        models_by_quality=settings.meshy_models,
        poll_interval_s=settings.meshy_poll_interval_ms / 1000,
        timeout_s=settings.meshy_timeout_ms / 1000,
        timeouts_s_by_quality=settings.meshy_timeouts_s,
        queue_limit=settings.forge_meshy_queue,
        allow_private=settings.forge_fetch_allow_private,
        allow_private_hosts=_provider_hosts(settings),
    )


def _greybox(settings: Settings, workers: WorkerPool, root: AssetRoot) -> GreyboxProvider | None:
    if not settings.forge_greybox:
        return None
    return GreyboxProvider(pool=workers, scratch=root.state_dir / "greybox")


def _provider_hosts(settings: Settings) -> tuple[str, ...]:
    """Name the makers' own servers, which may be private, as host:port and nothing more."""
    urls = (httpx.URL(settings.openai_base_url), httpx.URL(settings.meshy_base_url))
    return tuple(f"{url.host}:{url.port or _DEFAULT_PORTS[url.scheme]}" for url in urls)


def _health(settings: Settings) -> HealthFacts:
    return HealthFacts(
        meshy=bool(settings.meshy_api_key),
        openai=bool(settings.openai_api_key),
        greybox=settings.forge_greybox,
        version=__version__,
        warnings=tuple(configuration_warnings(settings)),
    )


def configuration_warnings(settings: Settings) -> list[str]:
    """Say which configured models are shut down or soon will be, by what was known when built."""
    return [*openai_warnings(settings), *meshy_warnings(settings)]


def openai_warnings(settings: Settings) -> list[str]:
    if not settings.openai_api_key or settings.openai_base_url != OPENAI_URL:
        return []
    return shutdown_warnings(dict.fromkeys(settings.openai_models), datetime.now(UTC).date())


def meshy_warnings(settings: Settings) -> list[str]:
    if not settings.meshy_api_key or settings.meshy_base_url != MESHY_URL:
        return []
    configured = (settings.meshy_model_default, *settings.meshy_models.values())
    return retirement_warnings(dict.fromkeys(configured), datetime.now(UTC).date())
