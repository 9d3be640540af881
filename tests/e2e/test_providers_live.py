"""The providers over real connections, against the fakes on loopback."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.domain.clock import now_ms
from asset_forge.domain.generation import Subject
from asset_forge.errors import (
    BadInput,
    BadProviderAnswer,
    CreditsUsedUp,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
)
from asset_forge.providers.addresses import AddressRules
from asset_forge.providers.base import TaskKind, TaskState
from asset_forge.providers.download import download, fetch_picture
from asset_forge.providers.http import Patience, make_client
from asset_forge.providers.meshy import MeshyProvider
from asset_forge.providers.openai import OpenAIProvider
from tests.fakes import faults, meshy_faults, openai_faults
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.fakes.pictures import data_uri, png
from tests.fakes.server import running
from tests.unit.providers.support import shape_job

SUBJECT = Subject(name="Longsword", type="weapon", subtype="sword")
HURRIED = Patience(attempts=3, first_pause_s=0.01, longest_pause_s=0.02)
CREATE = "POST /openapi/v1/image-to-3d"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with make_client() as made:
        yield made


@pytest.fixture
def fake_meshy() -> FakeMeshy:
    return FakeMeshy(polls_until_done=2)


@pytest.fixture
def meshy_url(fake_meshy: FakeMeshy) -> Iterator[str]:
    with running(fake_meshy) as url:
        yield url


@pytest.fixture
def fake_openai() -> FakeOpenAI:
    return FakeOpenAI()


@pytest.fixture
def openai_url(fake_openai: FakeOpenAI) -> Iterator[str]:
    with running(fake_openai) as url:
        yield f"{url}/v1"


async def present(_path: Path) -> str:
    return data_uri(png(size_px=64))


def meshy_at(url: str, client: httpx.AsyncClient, **changes: Any) -> MeshyProvider:
    values: dict[str, Any] = {
        "client": client,
        "base_url": url,
        "api_key": MESHY_KEY,
        "present_picture": present,
        "poll_interval_s": 0.01,
        "patience": HURRIED,
    }
    return MeshyProvider(**{**values, **changes})


def openai_at(url: str, client: httpx.AsyncClient, **changes: Any) -> OpenAIProvider:
    values: dict[str, Any] = {
        "client": client,
        "base_url": url,
        "api_key": OPENAI_KEY,
        "patience": HURRIED,
    }
    return OpenAIProvider(**{**values, **changes})


# --- OpenAI ---


async def test_openai_words_picture_and_sight_are_taken_as_they_are(
    client: httpx.AsyncClient, openai_url: str, fake_openai: FakeOpenAI
) -> None:
    openai = openai_at(openai_url, client)

    written = await openai.write(system="Improve the prompt.", user="sword")
    picture = await openai.draw(prompt="a longsword", subject=SUBJECT)
    await openai.find_grip(picture=png(size_px=512), instruction="Find the grip.")
    await openai.find_orientation(picture=png(size_px=512), instruction="Which way up?")

    assert written.text
    assert picture.receipt.cost.usage["total_tokens"] > 0
    # No request was refused, so none had to be sent twice.
    assert [len(fake_openai.chats), len(fake_openai.pictures_asked)] == [3, 1]


async def test_openai_compatible_server_is_adapted_to_and_remembered(
    client: httpx.AsyncClient,
) -> None:
    fake = FakeOpenAI.compatible()
    with running(fake) as url:
        openai = openai_at(f"{url}/v1", client, api_key="", vision_model="v", image_model="sd")
        fake.say('{"needsFlip": false, "currentOrientation": "up", "reason": "r"}')

        found = await openai.find_orientation(picture=png(size_px=64), instruction="i")
        await openai.find_orientation(picture=png(size_px=64), instruction="i")
        picture = await openai.draw(prompt="a sword", subject=SUBJECT)

    assert found.finding is not None
    assert len(fake.chats) == 5  # three refusals, then one request a question
    assert picture.mime_type == "image/png"


async def test_openai_picture_by_address_is_fetched_from_the_configured_host(
    client: httpx.AsyncClient,
) -> None:
    fake = FakeOpenAI.compatible(refuses=("response_format",))
    with running(fake) as url:
        openai = openai_at(f"{url}/v1", client, api_key="", image_model="sd")

        picture = await openai.draw(prompt="a sword", subject=SUBJECT)

    assert picture.data.startswith(b"\x89PNG")


async def test_openai_dropped_picture_request_is_sent_once(
    client: httpx.AsyncClient, openai_url: str, fake_openai: FakeOpenAI
) -> None:
    fake_openai.faults.add(faults.dropped(work_done=True))

    with pytest.raises(ProviderUnreachable) as caught:
        await openai_at(openai_url, client).draw(prompt="a sword", subject=SUBJECT)

    assert caught.value.may_have_charged
    assert fake_openai.billed_images == 1
    assert len(fake_openai.pictures_asked) == 1


async def test_openai_late_picture_is_given_up_and_not_asked_again(
    client: httpx.AsyncClient, openai_url: str, fake_openai: FakeOpenAI
) -> None:
    fake_openai.faults.add(faults.slow(30))
    openai = openai_at(openai_url, client, image_timeout_s=0.2)

    with pytest.raises(ProviderTimeout, match=r"within 0\.2 s") as caught:
        await openai.draw(prompt="a sword", subject=SUBJECT)

    assert caught.value.may_have_charged
    assert len(fake_openai.pictures_asked) == 1


async def test_openai_nobody_listening_has_not_charged(client: httpx.AsyncClient) -> None:
    with running(FakeOpenAI()) as url:
        gone = url

    with pytest.raises(ProviderUnreachable, match="cannot be reached") as caught:
        await openai_at(f"{gone}/v1", client).write(system="s", user="u")

    assert not caught.value.may_have_charged


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        (openai_faults.invalid_key(), ProviderError, 502),
        (openai_faults.organization_not_verified(), ProviderError, 502),
        (openai_faults.moderation_blocked(), ProviderError, 502),
        (openai_faults.insufficient_quota(), CreditsUsedUp, 402),
        (openai_faults.rate_limited(3600), ProviderRateLimited, 429),
        (openai_faults.server_error(), ProviderError, 502),
        (openai_faults.overloaded(), ProviderError, 502),
        (openai_faults.ok_with_error(), BadProviderAnswer, 502),
        (faults.garbage(), BadProviderAnswer, 502),
        (faults.html_page(), BadProviderAnswer, 502),
        (faults.truncated(), ProviderUnreachable, 502),
        (faults.redirected("https://elsewhere.test"), ProviderError, 502),
    ],
)
async def test_openai_each_trouble_is_told_after_one_request(
    client: httpx.AsyncClient,
    openai_url: str,
    fake_openai: FakeOpenAI,
    fault: faults.Fault,
    error: type[ProviderError],
    status: int,
) -> None:
    fake_openai.faults.add(fault)

    with pytest.raises(error) as caught:
        await openai_at(openai_url, client).draw(prompt="a sword", subject=SUBJECT)

    assert caught.value.status == status
    assert len(fake_openai.pictures_asked) == 1


async def test_openai_shut_down_models_are_seen_in_the_list(
    client: httpx.AsyncClient, openai_url: str
) -> None:
    openai = openai_at(openai_url, client, image_model="gpt-image-1.5")

    check = await openai.check_models(today=dt.date(2026, 11, 22))

    assert [warning for warning in check.warnings if "gpt-image-1.5" in warning]
    assert len(check.warnings) == 1


# --- Meshy ---


async def test_meshy_shape_from_picture_to_file(
    client: httpx.AsyncClient, meshy_url: str, fake_meshy: FakeMeshy, tmp_path: Path
) -> None:
    meshy = meshy_at(meshy_url, client)

    task_id = await meshy.submit(shape_job())
    await meshy.poll(TaskKind.IMAGE_TO_3D, task_id)
    status = await meshy.poll(TaskKind.IMAGE_TO_3D, task_id)
    fetched = await meshy.fetch(status.outputs["model"], tmp_path / "sword.glb")

    assert status.state is TaskState.SUCCEEDED
    assert fetched.path.read_bytes() == fake_meshy.tasks[task_id].content_of("model.glb")


@pytest.mark.parametrize(
    "fault",
    [
        faults.dropped(work_done=True),
        faults.truncated(),
        meshy_faults.server_error(502, work_done=True),
        faults.html_page(504, work_done=True),
    ],
)
async def test_meshy_lost_create_is_paid_once_and_found(
    client: httpx.AsyncClient, meshy_url: str, fake_meshy: FakeMeshy, fault: faults.Fault
) -> None:
    meshy = meshy_at(meshy_url, client)
    sent_at_ms = now_ms()
    fake_meshy.faults.add(fault, on=CREATE)

    with pytest.raises(ProviderError) as caught:
        await meshy.submit(shape_job())
    found = await meshy.find_lost(shape_job(), sent_at_ms=sent_at_ms)

    assert caught.value.may_have_charged
    assert fake_meshy.created["image-to-3d"] == 1
    assert found in fake_meshy.tasks


async def test_meshy_create_after_a_dropped_look_goes_through(
    client: httpx.AsyncClient, meshy_url: str, fake_meshy: FakeMeshy
) -> None:
    fake_meshy.faults.add(faults.dropped(), on="GET")
    meshy = meshy_at(meshy_url, client)

    await meshy.balance()
    await meshy.submit(shape_job())

    assert fake_meshy.created["image-to-3d"] == 1


async def test_meshy_half_a_model_is_fetched_again(
    client: httpx.AsyncClient, meshy_url: str, fake_meshy: FakeMeshy, tmp_path: Path
) -> None:
    meshy = meshy_at(meshy_url, client)
    task_id = await meshy.submit(shape_job())
    fake_meshy.finish(task_id)
    fake_meshy.faults.add(faults.truncated(), on="/files/")

    fetched = await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "sword.glb")

    assert fetched.size_bytes > 100
    assert [path.name for path in tmp_path.iterdir()] == ["sword.glb"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.claimed_size(), "10,000,000,000 bytes"),
        (faults.endless(), "longer than"),
        (faults.redirected("http://169.254.169.254/latest"), "not a public address"),
    ],
)
async def test_meshy_file_that_is_none_leaves_nothing(
    client: httpx.AsyncClient,
    meshy_url: str,
    fake_meshy: FakeMeshy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: faults.Fault,
    said: str,
) -> None:
    monkeypatch.setattr("asset_forge.providers.meshy.MAX_MODEL_BYTES", 5_000_000)
    meshy = meshy_at(meshy_url, client)
    task_id = await meshy.submit(shape_job())
    fake_meshy.finish(task_id)
    fake_meshy.faults.add(fault, on="/files/")

    with pytest.raises(BadProviderAnswer, match=said):
        await meshy.fetch(f"image-to-3d/{task_id}/model", tmp_path / "sword.glb")

    assert list(tmp_path.iterdir()) == []


# --- addresses ---


async def test_download_by_checked_address_reaches_a_server_that_goes_by_name(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the number that was checked; the name goes in the Host header."""
    monkeypatch.setattr("asset_forge.providers.addresses.is_public", bool)
    fake = FakeOpenAI.compatible()
    fake._files["/x.png"] = png(size_px=16)

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    with running(fake) as url:
        port = url.rpartition(":")[2]
        await download(
            client,
            f"http://pictures.example:{port}/x.png",
            tmp_path / "x.png",
            max_bytes=10_000,
            kind="picture",
            rules=AddressRules(resolve=resolve),
            provider="openai",
        )

    assert fake.requests[0].headers["host"] == f"pictures.example:{port}"


async def test_reference_picture_from_loopback_is_refused_unless_allowed(
    client: httpx.AsyncClient,
) -> None:
    fake = FakeOpenAI.compatible()
    fake._files["/ref.png"] = png(size_px=16)
    with running(fake) as url:
        with pytest.raises(BadInput, match="not a public address"):
            await fetch_picture(client, f"{url}/ref.png", max_bytes=10_000)
        assert fake.requests == []

        data, mime_type = await fetch_picture(
            client, f"{url}/ref.png", max_bytes=10_000, allow_private=True
        )

    assert (data, mime_type) == (png(size_px=16), "image/png")
