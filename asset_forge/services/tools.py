"""What work on assets needs at hand, whether a stage does it or a service."""

from dataclasses import dataclass

from asset_forge.pipeline.context import Artifact
from asset_forge.providers.base import Fetched
from asset_forge.services.ai_creation import AICreationService
from asset_forge.services.prompts import PromptService
from asset_forge.storage.assets import AssetStore
from asset_forge.workers import WorkerPool

NEEDED_DISK_BYTES = 256 * 1024 * 1024
"""Free disk without which nothing is started: what the files of one run come to at the most."""

MODEL_WORK_TIMEOUT_S = 120.0
"""Limit for work on one GLB in a worker process; a 20,000-face model takes about a second."""


@dataclass(frozen=True)
class Tools:
    """The collaborators of stages and of services that make things."""

    ai: AICreationService
    prompts: PromptService
    store: AssetStore
    workers: WorkerPool


def artifact(fetched: Fetched) -> Artifact:
    return Artifact(fetched.path, fetched.sha256, fetched.size_bytes)
