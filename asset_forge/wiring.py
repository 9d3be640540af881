"""Builds stores, providers and services from Settings; the only room that knows them all."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import structlog

from asset_forge import __version__
from asset_forge.errors import StorageUnavailable
from asset_forge.metrics import Metrics
from asset_forge.pipeline.budget import Budget
from asset_forge.pipeline.database import Database
from asset_forge.pipeline.journal import Journal
from asset_forge.pipeline.ledger import Ledger
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.pipeline.runner import PipelineRunner
from asset_forge.pipeline.upkeep import Upkeep
from asset_forge.providers.download import fetch_picture
from asset_forge.providers.greybox import GreyboxProvider
from asset_forge.providers.http import OnError, make_client
from asset_forge.providers.meshy import MeshyProvider
from asset_forge.providers.meshy_models import retirement_warnings
from asset_forge.providers.openai import OpenAIProvider
from asset_forge.providers.openai_models import shutdown_warnings
from asset_forge.schemas.generation import parse_recorded_request
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.assets import AssetService
from asset_forge.services.costs import CostService
from asset_forge.services.generation import (
    GENERATION,
    LARGEST_REFERENCE_BYTES,
    GenerationService,
)
from asset_forge.services.health import HealthFacts, Readiness
from asset_forge.services.idempotency import Idempotency
from asset_forge.services.image_hosting import HOSTED_FOLDER, ImageHostingService
from asset_forge.services.pipelines import PipelineService
from asset_forge.services.prompt_files import PromptFiles
from asset_forge.services.prompts import PromptService
from asset_forge.services.rendering import RenderingService
from asset_forge.services.reports import ReportService
from asset_forge.services.retexture import RETEXTURE, RetextureService
from asset_forge.services.sight import SightService
from asset_forge.services.thumbnails import ThumbnailService
from asset_forge.services.tools import Tools
from asset_forge.settings import MESHY_URL, OPENAI_URL, Settings
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from asset_forge.storage.sharing import in_use
from asset_forge.workers import WorkerPool

log = structlog.get_logger()

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Services:
    """All that handlers can ask for."""

    assets: AssetService
    rendering: RenderingService
    thumbnails: ThumbnailService
    reports: ReportService
    costs: CostService
    generation: GenerationService
    pipelines: PipelineService
    idempotency: Idempotency
    ledger: Ledger
    budget: Budget
    runner: PipelineRunner
    retexture: RetextureService
    ai: AICreationService
    hosting: ImageHostingService
    prompts: PromptService
    sight: SightService
    health: HealthFacts
    readiness: Readiness
    metrics: Metrics


@asynccontextmanager
async def open_services(
    settings: Settings, *, metrics: Metrics | None = None, resumes: bool = True
) -> AsyncIterator[Services]:
    """Open everything, and close it in the opposite order: pipelines first, connections last.

    Unless it `resumes`, pipelines of an earlier run are left as they are.
    """
    metrics = metrics or Metrics()
    async with AsyncExitStack() as stack:
        root = AssetRoot(settings.asset_output_dir)
        store = AssetStore(root)
        client = await stack.enter_async_context(make_client())
        workers = WorkerPool(
            worker_count=settings.forge_workers,
            memory_limit_bytes=settings.forge_worker_memory_mb * 1024 * 1024,
        )
        stack.push_async_callback(workers.close)
        hosting = ImageHostingService(
            root=root,
            client=client,
            image_server_url=settings.image_server_url,
            imgur_client_id=settings.imgur_client_id,
        )
        stack.enter_context(in_use(root.state_dir, clear=store.clean_up))
        prompts = PromptService(files=_prompt_files(settings))
        failed = metrics.provider_failed
        openai = make_openai(settings, client, on_error=failed)
        meshy = make_meshy(settings, client, present_picture=hosting.present, on_error=failed)
        greybox = _greybox(settings, workers, root, on_error=failed)
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
        database = Database(root.state_dir / "journal.db")
        stack.push_async_callback(database.close)
        journal = Journal(database, root=root.path)
        ledger = Ledger(database, find=registry.find)
        budget = Budget(
            ledger=ledger,
            registry=registry,
            per_day=settings.forge_max_credits_per_day,
            per_pipeline=settings.forge_max_credits_per_pipeline,
        )
        workspaces = root.state_dir / "work"
        runner = PipelineRunner(
            registry=registry,
            journal=journal,
            ledger=ledger,
            budget=budget,
            workspaces=workspaces,
            max_active=settings.forge_max_active,
            max_waiting=settings.forge_max_waiting,
            on_end=hosting.release,
            observer=metrics,
        )
        upkeep = Upkeep(
            registry=registry,
            journal=journal,
            workspaces=workspaces,
            keep_days=settings.forge_journal_days,
            also=hosting.forget_dropped,
        )
        stack.push_async_callback(upkeep.close)
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

        generation = GenerationService(
            tools=tools,
            registry=registry,
            budget=budget,
            runner=runner,
            fetch_picture=fetch_reference,
            parse_request=parse_recorded_request,
        )
        retexture = RetextureService(tools=tools, registry=registry, budget=budget, runner=runner)
        pipelines = PipelineService(
            tools=tools,
            registry=registry,
            journal=journal,
            ledger=ledger,
            budget=budget,
            runner=runner,
            planners={GENERATION: generation, RETEXTURE: retexture},
        )
        _read_at_scrape(
            metrics,
            runner=runner,
            database=database,
            ledger=ledger,
            budget=budget,
            workers=workers,
            meshy=meshy,
        )
        is_resumed = (
            resumes
            and root.path.is_dir()
            and await _go_on(root, ledger, pipelines, registry, hosting, upkeep)
        )
        if resumes:
            upkeep.start()
        yield Services(
            assets=AssetService(store=store, claim=registry.claimed, workers=workers),
            rendering=RenderingService(store=store, claim=registry.claimed, workers=workers),
            thumbnails=ThumbnailService(store=store, workers=workers),
            reports=ReportService(store=store, workers=workers),
            costs=CostService(ledger=ledger, budget=budget),
            generation=generation,
            pipelines=pipelines,
            idempotency=Idempotency(journal=journal, registry=registry),
            ledger=ledger,
            budget=budget,
            runner=runner,
            retexture=retexture,
            ai=ai,
            hosting=hosting,
            prompts=prompts,
            sight=SightService(ai=ai, prompts=prompts, ledger=ledger, observer=metrics),
            health=_health(settings),
            readiness=Readiness(
                root=root.path,
                ask_journal=lambda: database.ask(lambda db: db.execute("SELECT 1").fetchone()),
                is_behind=lambda: database.is_behind,
                is_stopping=lambda: runner.is_stopping,
                is_resumed=is_resumed,
            ),
            metrics=metrics,
        )


def _read_at_scrape(
    metrics: Metrics,
    *,
    runner: PipelineRunner,
    database: Database,
    ledger: Ledger,
    budget: Budget,
    workers: WorkerPool,
    meshy: MeshyProvider | None,
) -> None:
    """Let gauges be read where the values are, whenever somebody asks."""
    read = metrics.read_at_scrape
    read("asset_forge_pipelines_running", "Pipelines at work.", lambda: runner.running_count)
    read("asset_forge_pipelines_waiting", "Pipelines in line.", lambda: runner.waiting_count)
    read(
        "asset_forge_journal_behind", "1: the disk refuses the journal.", lambda: database.is_behind
    )
    read("asset_forge_workers", "Worker processes at most.", lambda: workers.worker_count)
    read("asset_forge_workers_busy", "Worker processes at work.", lambda: workers.busy_count)
    read(
        "asset_forge_credits_today",
        "Credits of today (UTC), estimates included.",
        lambda: ledger.credits_today,
    )
    read(
        "asset_forge_credits_reserved",
        "Credits that running pipelines may still spend.",
        lambda: budget.reserved_credits,
    )
    if budget.per_day is not None:
        cap = budget.per_day
        read("asset_forge_credits_per_day_cap", "FORGE_MAX_CREDITS_PER_DAY.", lambda: cap)
    if meshy is not None:
        read("asset_forge_meshy_queue_taken", "Places taken at Meshy.", lambda: meshy.queue_taken)


async def _go_on(
    root: AssetRoot,
    ledger: Ledger,
    pipelines: PipelineService,
    registry: PipelineRegistry,
    hosting: ImageHostingService,
    upkeep: Upkeep,
) -> bool:
    """Go on with what an earlier run has left, and remove what nobody will go on with.

    Returns whether the journal could be used for it.
    """
    try:
        await ledger.open()
        resumed = await pipelines.resume()
        hosting.clean_up(keep=[record.workspace for record in registry.active()])
        await upkeep.tidy()
    except StorageUnavailable as error:
        # Assets can still be read; what needs the journal says so when it is asked for.
        log.warning("journal_not_used", root=str(root.path), error=error.message)
        return False
    log.info("pipelines_resumed", count=resumed)
    return True


def hosted_folder(settings: Settings) -> Path:
    """Where the pictures lie that the image server shows."""
    return AssetRoot(settings.asset_output_dir).state_dir / HOSTED_FOLDER


def _prompt_files(settings: Settings) -> PromptFiles:
    files = PromptFiles(settings.prompts_dir)
    files.put_missing()
    return files


def make_openai(
    settings: Settings, client: httpx.AsyncClient, *, on_error: OnError | None = None
) -> OpenAIProvider | None:
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
        on_error=on_error,
    )


def make_meshy(
    settings: Settings,
    client: httpx.AsyncClient,
    *,
    present_picture: Callable[[Path], Awaitable[str]],
    on_error: OnError | None = None,
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
        on_error=on_error,
    )


def _greybox(
    settings: Settings, workers: WorkerPool, root: AssetRoot, *, on_error: OnError | None = None
) -> GreyboxProvider | None:
    if not settings.forge_greybox:
        return None
    return GreyboxProvider(pool=workers, scratch=root.state_dir / "greybox", on_error=on_error)


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
