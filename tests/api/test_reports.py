"""GET /api/assets/{id}/report: which file, what is expected of it, and when it is made anew."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from asset_forge.domain.findings import MEANINGS, Expected
from asset_forge.glb import jobs
from asset_forge.middleware import RequestContext
from asset_forge.routers import assets, reports
from asset_forge.routers.error_answers import add_error_handlers
from asset_forge.services import reports as service
from asset_forge.services.reports import ReportService
from asset_forge.settings import PROJECT_DIR
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from tests.fakes import models
from tests.fakes.workers import thread_workers
from tests.support.assets import make_asset

ODD_SIZE = "size_not_believable"


class Looks:
    """The job of a report, which counts how often it is done and may be made to do otherwise."""

    def __init__(self) -> None:
        self.count = 0
        self.before: Any = None

    def __call__(self, source: str, expected: Expected) -> dict[str, Any]:
        self.count += 1
        if self.before is not None:
            self.before()
        return jobs.report_on_model(source, expected)


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def report_app(root: Path, looks: Looks) -> FastAPI:
    app = FastAPI()
    workers = thread_workers({"report_on_model": looks})
    app.state.services = SimpleNamespace(
        reports=ReportService(store=AssetStore(AssetRoot(root)), workers=workers)
    )
    app.include_router(reports.router)
    app.include_router(assets.router)
    add_error_handlers(app, hide_faults=False)
    app.add_middleware(RequestContext, show_faults=True)
    return app


@pytest.fixture
async def client(report_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=report_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://forge") as opened:
        yield opened


def put(
    root: Path, asset_id: str, metadata: Mapping[str, Any], data: bytes, **files: bytes
) -> Path:
    folder = make_asset(root, asset_id, dict(metadata), **files)
    (folder / f"{asset_id}.glb").write_bytes(data)
    return folder


def put_sword(root: Path, **metadata: Any) -> Path:
    return put(root, "sword", {"subtype": "sword", **metadata}, models.textured_box())


async def report(client: httpx.AsyncClient, asset_id: str, status: int = 200, **query: str) -> Any:
    answer = await client.get(f"/api/assets/{asset_id}/report", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def codes(found: Any) -> list[str]:
    return [warning["code"] for warning in found["warnings"]]


async def test_report_tells_the_file_its_size_and_no_warnings(
    client: httpx.AsyncClient, root: Path
) -> None:
    put_sword(root, quality="standard")
    found = await report(client, "sword")
    assert (found["assetId"], found["file"]) == ("sword", "sword.glb")
    assert (found["triangleCount"], found["meshCount"], found["isClosed"]) == (12, 1, True)
    assert found["dimensions"] == {"width": 0.2, "height": 1.0, "depth": 0.1}
    assert found["fileSizeBytes"] == (root / "sword" / "sword.glb").stat().st_size
    assert found["warnings"] == []


async def test_report_on_a_rigged_character_is_on_its_rig(
    client: httpx.AsyncClient, root: Path
) -> None:
    made = {"type": "character", "riggedModelPath": "elf_rigged.glb", "characterHeight": 1.75}
    put(root, "elf", made, models.tpose_figure(), elf_rigged=models.rigged_figure("walking"))
    found = await report(client, "elf")
    assert found["file"] == "elf_rigged.glb"
    assert found["jointCount"] == 7
    assert [clip["name"] for clip in found["clips"]] == ["walking"]
    assert codes(found) == []
    assert (await report(client, "elf", file="elf.glb"))["skins"] == []


async def test_report_on_a_variant_uses_the_quality_of_its_base(
    client: httpx.AsyncClient, root: Path
) -> None:
    put_sword(root, quality="standard")
    variant = {"subtype": "sword", "parentBaseModel": "sword"}
    put(root, "sword-bronze", variant, many_triangles())
    assert codes(await report(client, "sword-bronze")) == ["over_face_budget"]


def many_triangles() -> bytes:
    """Return the box of a sword whose triangles are drawn 600 times over."""
    from asset_forge.glb.document import GlbDocument  # noqa: PLC0415 - loads numpy

    document = GlbDocument.parse(models.textured_box())
    document.json["nodes"] = [{"mesh": 0} for _ in range(600)]
    document.json["scenes"] = [{"nodes": list(range(600))}]
    return document.to_bytes()


@pytest.mark.parametrize(
    ("metadata", "size", "found"),
    [
        ({"subtype": "coin", "type": "misc"}, (0.02, 0.024, 0.02), []),
        ({"subtype": "coin", "type": "misc"}, (0.2, 1.0, 0.2), [ODD_SIZE]),
        ({"subtype": "thing", "type": "misc"}, (0.2, 1.0, 0.2), []),
        ({"subtype": "sword"}, (0.1, 1.9, 0.1), []),
        ({"subtype": "sword", "normalization": {"size": 1.0}}, (0.1, 1.9, 0.1), [ODD_SIZE]),
        ({"subtype": "sword", "normalization": {"size": "1"}}, (0.1, 1.9, 0.1), []),
        ({"subtype": 7, "quality": [], "type": None}, (0.1, 1.9, 0.1), []),
        ({"subtype": "sword", "generationType": "avatar"}, (0.5, 0.3, 0.2), [ODD_SIZE]),
    ],
)  # fmt: skip
async def test_report_holds_the_size_against_type_and_record(
    client: httpx.AsyncClient,
    root: Path,
    metadata: dict[str, Any],
    size: tuple[float, float, float],
    found: list[str],
) -> None:
    put(root, "thing", metadata, models.textured_box(size))
    assert codes(await report(client, "thing")) == found


async def test_report_on_what_the_maker_delivered_expects_no_place(
    client: httpx.AsyncClient, root: Path
) -> None:
    folder = put_sword(root)
    (folder / "sword_raw.glb").write_bytes(models.textured_box((1, 40, 1)))
    assert codes(await report(client, "sword", file="sword_raw.glb")) == []


async def test_report_without_readable_metadata_is_made_all_the_same(
    client: httpx.AsyncClient, root: Path
) -> None:
    folder = put_sword(root)
    (folder / "metadata.json").write_text("{")
    assert (await report(client, "sword"))["triangleCount"] == 12


# --- asked again ---


async def test_report_asked_for_again_is_not_made_again(
    client: httpx.AsyncClient, root: Path, looks: Looks
) -> None:
    put_sword(root)
    first, second = await report(client, "sword"), await report(client, "sword")
    assert (first, looks.count) == (second, 1)


async def test_report_asked_for_at_once_is_made_once(
    client: httpx.AsyncClient, root: Path, looks: Looks
) -> None:
    put_sword(root)
    found = await asyncio.gather(*(report(client, "sword") for _ in range(10)))
    assert looks.count == 1
    assert all(each == found[0] for each in found)


async def test_report_on_a_changed_file_is_made_again(
    client: httpx.AsyncClient, root: Path, looks: Looks
) -> None:
    folder = put_sword(root)
    await report(client, "sword")
    (folder / "sword.glb").write_bytes(models.textured_box((0.2, 1.2, 0.1)))
    os.utime(folder / "sword.glb", ns=(1, 1))
    assert (await report(client, "sword"))["dimensions"]["height"] == 1.2
    assert looks.count == 2


async def test_report_is_held_against_changed_metadata(
    client: httpx.AsyncClient, root: Path
) -> None:
    folder = put_sword(root)
    assert codes(await report(client, "sword")) == []
    (folder / "metadata.json").write_text('{"type": "misc", "subtype": "coin"}')
    assert codes(await report(client, "sword")) == ["size_not_believable"]


async def test_report_forgets_the_oldest(
    client: httpx.AsyncClient, root: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_KEPT", 1)
    put_sword(root)
    put(root, "axe", {"subtype": "axe"}, models.textured_box())
    for asset_id in ("sword", "axe", "sword"):
        await report(client, asset_id)
    assert looks.count == 3


# --- what cannot be reported on ---


@pytest.mark.parametrize(
    ("asset_id", "query", "status", "code"),
    [
        ("nobody", {}, 404, "asset_not_found"),
        ("..", {}, 404, "not_found"),
        ("%2e%2e", {}, 404, "asset_not_found"),
        ("a%00b", {}, 404, "asset_not_found"),
        ("x" * 300, {}, 404, "asset_not_found"),
        ("bare", {}, 404, "model_not_found"),
        ("sword", {"file": "other.glb"}, 404, "file_not_found"),
        ("sword", {"file": "../axe/axe.glb"}, 404, "file_not_found"),
        ("sword", {"file": ".hidden.glb"}, 404, "file_not_found"),
        ("sword", {"file": "metadata.json"}, 400, "bad_input"),
        ("sword", {"file": ""}, 400, "bad_input"),
        ("odd", {}, 422, "model_unusable"),
    ],
)
async def test_report_that_cannot_be_made_says_why(
    client: httpx.AsyncClient,
    root: Path,
    asset_id: str,
    query: dict[str, str],
    status: int,
    code: str,
) -> None:
    put_sword(root)
    put(root, "axe", {}, models.textured_box())
    put(root, "odd", {}, b"no model at all")
    (make_asset(root, "bare") / "bare.glb").unlink()
    assert (await report(client, asset_id, status, **query))["code"] == code


async def test_report_on_a_file_behind_a_symlink_that_leads_out_is_not_made(
    client: httpx.AsyncClient, root: Path
) -> None:
    folder = put_sword(root)
    secret = root.parent / "secret.glb"
    secret.write_bytes(models.textured_box())
    (folder / "linked.glb").symlink_to(secret)
    assert (await report(client, "sword", 404, file="linked.glb"))["code"] == "file_not_found"


async def test_report_on_a_file_that_goes_meanwhile_is_not_found(
    client: httpx.AsyncClient, root: Path, looks: Looks
) -> None:
    folder = put_sword(root)
    looks.before = (folder / "sword.glb").unlink
    assert (await report(client, "sword", 404))["code"] == "model_not_found"


async def test_report_on_a_file_that_is_replaced_all_the_while_is_a_conflict(
    client: httpx.AsyncClient, root: Path, looks: Looks
) -> None:
    folder = put_sword(root)

    def replace() -> None:
        (folder / "sword.glb").write_bytes(models.textured_box())
        os.utime(folder / "sword.glb", ns=(looks.count, looks.count))

    looks.before = replace
    assert (await report(client, "sword", 409))["code"] == "asset_changed"
    looks.before = None
    assert (await report(client, "sword"))["file"] == "sword.glb"


def test_every_warning_is_on_the_page_of_errors() -> None:
    page = (PROJECT_DIR / "docs" / "errors.md").read_text()
    assert not [code for code in MEANINGS if f"| `{code}` |" not in page]
