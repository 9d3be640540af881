"""MeshyProvider.fetch: addresses expire, files are checked."""

from pathlib import Path

import httpx
import pytest

from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
)
from tests.fakes.meshy import FakeMeshy
from tests.unit.providers.meshy_support import (
    base_model,
    provider,
)


async def test_fetch_expired_address_is_asked_for_anew(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)
    task_id = await base_model(meshy)
    fake.expire_urls()

    fetched = await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert fetched.size_bytes > 100


async def test_fetch_after_a_restart_asks_for_the_address(
    wire: httpx.AsyncClient, tmp_path: Path
) -> None:
    task_id = await base_model(provider(wire))

    fetched = await provider(wire).fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert fetched.size_bytes > 100


async def test_fetch_address_that_stays_forbidden_fails_after_one_more_try(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    fake.downloads_per_url = 0
    meshy = provider(wire)
    task_id = await base_model(meshy)

    with pytest.raises(ProviderError) as caught:
        await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert caught.value.upstream_status == 403
    assert len(fake.seen("GET", "/files/")) == 2
    assert list(tmp_path.iterdir()) == []


async def test_fetch_of_a_forgotten_task_is_a_404(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    task_id = await base_model(provider(wire))
    fake.forget(task_id)

    with pytest.raises(ProviderError, match="Task not found"):
        await provider(wire).fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")


async def test_fetch_web_page_in_place_of_a_model_is_refused(
    wire: httpx.AsyncClient, fake: FakeMeshy, tmp_path: Path
) -> None:
    meshy = provider(wire)
    task_id = await base_model(meshy)
    fake.tasks[task_id].replace_file("model.glb", b"<html>" + bytes(200))

    with pytest.raises(BadProviderAnswer, match="is no GLB"):
        await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "a.glb")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["nonsense", "image-to-3d/x/y/z"])
async def test_fetch_unknown_output_is_an_error(
    wire: httpx.AsyncClient, tmp_path: Path, output: str
) -> None:
    with pytest.raises(ProviderError, match="no output"):
        await provider(wire).fetch(output, tmp_path / "a.glb")


async def test_fetch_file_that_a_task_does_not_have_is_a_bad_answer(
    wire: httpx.AsyncClient, tmp_path: Path
) -> None:
    task_id = await base_model(provider(wire))

    with pytest.raises(BadProviderAnswer, match="no file 'walking'"):
        await provider(wire).fetch(f"image-to-3d/{task_id}/walking", tmp_path / "a.glb")
