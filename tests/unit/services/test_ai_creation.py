"""AICreationService: who makes what, by the makers that are there and the caller's choice."""

from typing import Any

import pytest

from asset_forge.domain.generation import ProviderChoice
from asset_forge.errors import ProviderNotConfigured
from asset_forge.services.ai_creation import AICreationService

AUTO, MESHY, GREYBOX = ProviderChoice.AUTO, ProviderChoice.MESHY, ProviderChoice.GREYBOX


def service(*makers: str) -> AICreationService:
    """A service with some of the makers; each stands for all that it can do."""
    openai: Any = "openai" if "openai" in makers else None
    meshy: Any = "meshy" if "meshy" in makers else None
    greybox: Any = "greybox" if "greybox" in makers else None
    return AICreationService(
        text=openai,
        pictures=openai,
        sight=openai,
        tasks=meshy,
        greybox_pictures=greybox,
        greybox_sight=greybox,
        greybox_tasks=greybox,
    )


@pytest.mark.parametrize(
    ("makers", "choice", "chosen"),
    [
        (("openai", "meshy", "greybox"), AUTO, ("openai", "openai", "meshy")),
        (("openai", "meshy", "greybox"), MESHY, ("openai", "openai", "meshy")),
        (("openai", "meshy", "greybox"), GREYBOX, (None, "greybox", "greybox")),
        (("openai", "greybox"), AUTO, ("openai", "openai", "greybox")),
        (("meshy", "greybox"), AUTO, (None, "greybox", "meshy")),
        (("greybox",), AUTO, (None, "greybox", "greybox")),
    ],
)
def test_makers_are_chosen_by_key_and_choice(
    makers: tuple[str, ...], choice: ProviderChoice, chosen: tuple[Any, Any, Any]
) -> None:
    ai = service(*makers)
    assert (ai.text(choice), ai.pictures(choice), ai.tasks(choice)) == chosen
    assert ai.has_greybox == ("greybox" in makers)


def test_sight_goes_to_openai_then_to_greybox() -> None:
    chosen: list[Any] = [service("openai", "greybox").sight(), service("greybox").sight()]
    assert chosen == ["openai", "greybox"]


@pytest.mark.parametrize(
    ("makers", "choice", "variable"),
    [
        ((), AUTO, "MESHY_API_KEY"),
        (("greybox",), MESHY, "MESHY_API_KEY"),
        (("meshy",), GREYBOX, "FORGE_GREYBOX=1"),
    ],
)
def test_tasks_nobody_there_names_the_variable(
    makers: tuple[str, ...], choice: ProviderChoice, variable: str
) -> None:
    with pytest.raises(ProviderNotConfigured, match=variable):
        service(*makers).tasks(choice)


def test_pictures_and_sight_nobody_there_names_the_variable() -> None:
    with pytest.raises(ProviderNotConfigured, match="OPENAI_API_KEY"):
        service("meshy").pictures(AUTO)
    with pytest.raises(ProviderNotConfigured, match="OPENAI_API_KEY"):
        service("meshy").sight()
