"""AICreationService: which maker does what, by the keys that are set and the caller's choice."""

from typing import TypeVar

from asset_forge.domain.generation import ProviderChoice
from asset_forge.errors import ProviderNotConfigured
from asset_forge.providers.base import (
    PictureProvider,
    SightProvider,
    TaskProvider,
    TextProvider,
)

P = TypeVar("P")


class AICreationService:
    """Picks a maker for each capability; each argument is None when it cannot be used.

    Words, pictures and sight go to OpenAI when its key is set, shapes, surfaces and rigs to Meshy
    when its key is set, and greybox does the rest. A run with `provider: greybox` leaves
    everything to greybox, so that it costs nothing.
    """

    def __init__(
        self,
        *,
        text: TextProvider | None,
        pictures: PictureProvider | None,
        sight: SightProvider | None,
        tasks: TaskProvider | None,
        greybox_pictures: PictureProvider | None,
        greybox_sight: SightProvider | None,
        greybox_tasks: TaskProvider | None,
    ) -> None:
        self._text = text
        self._pictures = pictures
        self._sight = sight
        self._tasks = tasks
        self._greybox_pictures = greybox_pictures
        self._greybox_sight = greybox_sight
        self._greybox_tasks = greybox_tasks

    @property
    def has_greybox(self) -> bool:
        """Tell whether greybox may make shapes, surfaces and rigs."""
        return self._greybox_tasks is not None

    def text(self, choice: ProviderChoice) -> TextProvider | None:
        """Return who improves prompts; None means that the template has to do."""
        return None if choice is ProviderChoice.GREYBOX else self._text

    def pictures(self, choice: ProviderChoice) -> PictureProvider:
        outside = None if choice is ProviderChoice.GREYBOX else self._pictures
        return _first(outside, self._greybox_pictures, "pictures", "OPENAI_API_KEY")

    def sight(self) -> SightProvider:
        return _first(self._sight, self._greybox_sight, "sight", "OPENAI_API_KEY")

    def tasks(self, choice: ProviderChoice) -> TaskProvider:
        """Return who makes shapes, surfaces and rigs. Raises ProviderNotConfigured."""
        if choice is ProviderChoice.GREYBOX:
            return _first(None, self._greybox_tasks, "greybox's models", "FORGE_GREYBOX=1")
        if choice is ProviderChoice.MESHY:
            return _first(self._tasks, None, "Meshy's models", "MESHY_API_KEY")
        return _first(self._tasks, self._greybox_tasks, "3D models", "MESHY_API_KEY")

    def tasks_of(self, name: str) -> TaskProvider:
        """Return the provider that has a task already. Raises ProviderNotConfigured."""
        for provider in (self._tasks, self._greybox_tasks):
            if provider is not None and provider.name == name:
                return provider
        variable = "FORGE_GREYBOX=1" if name == "greybox" else f"{name.upper()}_API_KEY"
        raise ProviderNotConfigured(
            f"This was begun at {name}, which cannot be used now: set {variable}, start again and "
            "retry the pipeline"
        )

    @property
    def task_providers(self) -> tuple[TaskProvider, ...]:
        """All that can make shapes, surfaces and rigs."""
        both = (self._tasks, self._greybox_tasks)
        return tuple(provider for provider in both if provider is not None)


def _first(outside: P | None, greybox: P | None, what: str, variable: str) -> P:
    chosen = outside if outside is not None else greybox
    if chosen is None:
        raise ProviderNotConfigured(f"Nothing here can make {what}: set {variable} and start again")
    return chosen
