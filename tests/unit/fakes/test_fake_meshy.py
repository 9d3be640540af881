"""FakeMeshy over HTTP: routes, lives of tasks, bills, lists, result files, faults."""

from typing import Any

import httpx
import pytest

from tests.fakes import faults, meshy_faults, models
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.pictures import data_uri, png
from tests.fakes.server import running

_PICTURE = data_uri(png(size_px=32))
_SHAPE = {
    "image_url": _PICTURE,
    "ai_model": "meshy-7.1",
    "should_remesh": True,
    "target_polycount": 6000,
}
_SHAPES = "/openapi/v1/image-to-3d"


def _client(fake: FakeMeshy, key: str | None = MESHY_KEY) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(fake)
    return httpx.AsyncClient(transport=transport, base_url="http://meshy.test", headers=headers)


async def _create(client: httpx.AsyncClient, kind: str, body: dict[str, Any]) -> str:
    answer = await client.post(f"/openapi/v1/{kind}", json=body)
    assert answer.status_code == 202, answer.text
    task_id: str = answer.json()["result"]
    return task_id


async def _read(client: httpx.AsyncClient, kind: str, task_id: str) -> dict[str, Any]:
    task: dict[str, Any] = (await client.get(f"/openapi/v1/{kind}/{task_id}")).json()
    return task


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/openapi/v2/image-to-3d"),
        ("POST", "/openapi/v1/text-to-3d"),
        ("POST", "/v1/image-to-3d"),
        ("GET", "/openapi/v2/balance"),
        ("POST", "/openapi/v1/balance"),
        ("PATCH", "/openapi/v1/image-to-3d/x"),
        ("POST", "/openapi/v1/sculpting"),
    ],
)
async def test_wrong_route_is_404(method: str, path: str) -> None:
    async with _client(FakeMeshy()) as client:
        answer = await client.request(method, path, json=_SHAPE)
    assert (answer.status_code, answer.json()) == (404, {"message": "NoMatchingRoute"})


@pytest.mark.parametrize("key", [None, "msy_wrong"])
async def test_request_without_the_right_key_is_401(key: str | None) -> None:
    fake = FakeMeshy()
    async with _client(fake, key) as client:
        assert (await client.post(_SHAPES, json=_SHAPE)).status_code == 401
        assert (await client.get("/openapi/v1/balance")).status_code == 401
    assert fake.created.total() == 0


async def test_task_goes_its_way_by_number_of_polls() -> None:
    fake = FakeMeshy(polls_until_done=4, retry_after_s=5)
    seen = []
    async with _client(fake) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        for _ in range(5):
            answer = await client.get(f"{_SHAPES}/{task_id}")
            task = answer.json()
            seen.append((task["status"], task["progress"], answer.headers.get("retry-after")))
    assert seen == [
        ("PENDING", 0, "5"),
        ("IN_PROGRESS", 33, "5"),
        ("IN_PROGRESS", 67, "5"),
        ("SUCCEEDED", 100, None),
        ("SUCCEEDED", 100, None),
    ]
    assert answer.headers["x-api-version"].startswith("v2026.")


async def test_task_times_are_epoch_milliseconds_and_zero_until_reached() -> None:
    clock = iter(range(1_795_000_000_000, 1_795_000_001_000))
    fake = FakeMeshy(now_ms=lambda: next(clock))
    async with _client(fake) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        waiting = await _read(client, "image-to-3d", task_id)
        working = await _read(client, "image-to-3d", task_id)
        done = await _read(client, "image-to-3d", task_id)
    assert waiting["created_at"] == 1_795_000_000_000
    assert (waiting["started_at"], waiting["finished_at"], waiting["expires_at"]) == (0, 0, 0)
    assert working["started_at"] > waiting["created_at"]
    assert working["finished_at"] == 0
    assert done["finished_at"] > working["started_at"]
    assert done["expires_at"] - done["finished_at"] == 3 * 24 * 3600 * 1000


async def test_finished_shape_has_a_signed_model_and_its_cost() -> None:
    fake = FakeMeshy(polls_until_done=1, credits=100)
    async with _client(fake) as client:
        task = await _read(client, "image-to-3d", await _create(client, "image-to-3d", _SHAPE))
        model = await client.get(task["model_urls"]["glb"])
        texture = await client.get(task["texture_urls"][0]["base_color"])
        balance = (await client.get("/openapi/v1/balance")).json()
    assert task["task_error"] == {"message": ""}
    assert task["consumed_credits"] == 30
    assert balance == {"balance": 70}
    assert "Expires=" in task["model_urls"]["glb"]
    assert model.headers["content-type"] == "model/gltf-binary"
    assert models.document_of(model.content)["images"]
    assert texture.content.startswith(b"\x89PNG")
    assert fake.created == {"image-to-3d": 1}


async def test_rig_has_results_and_no_model_urls() -> None:
    fake = FakeMeshy(polls_until_done=1)
    async with _client(fake) as client:
        shape_id = await _create(client, "image-to-3d", {**_SHAPE, "pose_mode": "t-pose"})
        await _read(client, "image-to-3d", shape_id)
        rig_id = await _create(client, "rigging", {"input_task_id": shape_id, "height_meters": 1.8})
        rig = await _read(client, "rigging", rig_id)
        character = await client.get(rig["result"]["rigged_character_glb_url"])
        walk = await client.get(rig["result"]["basic_animations"]["walking_glb_url"])
        run = await client.get(rig["result"]["basic_animations"]["running_glb_url"])
    assert "model_urls" not in rig
    assert rig["type"] == "rig"
    assert models.document_of(character.content)["skins"]
    names = [models.document_of(clip.content)["animations"][0]["name"] for clip in (walk, run)]
    assert names == ["walking", "running"]


async def test_rig_of_a_pose_that_is_not_found_is_422_and_free() -> None:
    fake = FakeMeshy(polls_until_done=1, pose_fails=True)
    glb = data_uri(models.tpose_figure(), "application/octet-stream")
    async with _client(fake) as client:
        answer = await client.post("/openapi/v1/rigging", json={"model_url": glb})
    assert answer.status_code == 422
    assert fake.credits == 1000


async def test_failed_task_says_why_and_gives_the_credits_back() -> None:
    fake = FakeMeshy(credits=50)
    fake.script("image-to-3d", TaskScript.failing(at_poll=2))
    async with _client(fake) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        assert fake.credits == 20
        await _read(client, "image-to-3d", task_id)
        for _ in range(2):
            task = await _read(client, "image-to-3d", task_id)
    assert task["status"] == "FAILED"
    assert task["consumed_credits"] == 0
    assert task["task_error"]["code"] == "image_too_complex"
    assert fake.credits == 50


@pytest.mark.parametrize("status", ["EXPIRED", "CANCELED"])
async def test_task_can_end_otherwise(status: str) -> None:
    fake = FakeMeshy()
    fake.script("image-to-3d", TaskScript.done_at_poll(1, ends=status))
    async with _client(fake) as client:
        task = await _read(client, "image-to-3d", await _create(client, "image-to-3d", _SHAPE))
    assert (task["status"], task["model_urls"]) == (status, {})


async def test_stuck_task_moves_when_it_is_told_to() -> None:
    fake = FakeMeshy()
    fake.script("image-to-3d", TaskScript.stuck(progress=40))
    async with _client(fake) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        states = [(await _read(client, "image-to-3d", task_id))["status"] for _ in range(6)]
        fake.finish(task_id)
        done = await _read(client, "image-to-3d", task_id)
    assert states == ["PENDING"] + ["IN_PROGRESS"] * 5
    assert (done["status"], done["progress"]) == ("SUCCEEDED", 100)


async def test_queue_is_full_until_a_task_ends() -> None:
    fake = FakeMeshy(max_queued=2)
    async with _client(fake) as client:
        first = await _create(client, "image-to-3d", _SHAPE)
        second = await _create(client, "image-to-3d", _SHAPE)
        full = await client.post(_SHAPES, json=_SHAPE)
        assert (await _read(client, "image-to-3d", second))["preceding_tasks"] == 1
        fake.finish(first)
        free = await client.post(_SHAPES, json=_SHAPE)
    assert (full.status_code, full.json()) == (429, {"message": "NoMoreConcurrentTasks"})
    assert free.status_code == 202
    assert fake.created["image-to-3d"] == 3


async def test_create_without_enough_credits_is_402() -> None:
    fake = FakeMeshy(credits=29)
    async with _client(fake) as client:
        assert (await client.post(_SHAPES, json=_SHAPE)).status_code == 402
    assert (fake.credits, fake.created.total()) == (29, 0)


async def test_list_is_paged_and_sorted_by_age() -> None:
    fake = FakeMeshy(max_queued=None)
    async with _client(fake) as client:
        ids = [await _create(client, "image-to-3d", _SHAPE) for _ in range(12)]

        async def listed(query: str) -> list[str]:
            return [task["id"] for task in (await client.get(f"{_SHAPES}?{query}")).json()]

        assert await listed("") == ids[:1:-1]
        assert await listed("page_num=2") == [ids[1], ids[0]]
        assert await listed("page_size=3&sort_by=%2Bcreated_at") == ids[:3]
        assert await listed("page_size=3&sort_by=+created_at&page_num=4") == ids[9:]
        assert (await client.get("/openapi/v1/retexture")).json() == []
        for query in ("page_size=51", "page_num=0", "page_size=x", "sort_by=name"):
            assert (await client.get(f"{_SHAPES}?{query}")).status_code == 400


async def test_list_does_not_move_tasks_and_may_be_wrapped() -> None:
    fake = FakeMeshy(polls_until_done=1, wraps_lists=True)
    async with _client(fake) as client:
        await _create(client, "image-to-3d", {**_SHAPE, "name": "longsword"})
        for _ in range(3):
            (task,) = (await client.get(_SHAPES)).json()["result"]
    assert (task["status"], task["name"]) == ("PENDING", "longsword")


async def test_delete_of_a_queued_task_refunds_and_of_a_started_one_does_not() -> None:
    fake = FakeMeshy(credits=100)
    async with _client(fake) as client:
        queued = await _create(client, "image-to-3d", _SHAPE)
        started = await _create(client, "image-to-3d", _SHAPE)
        await _read(client, "image-to-3d", started)
        await _read(client, "image-to-3d", started)
        assert (await client.delete(f"{_SHAPES}/{queued}")).status_code == 200
        assert fake.credits == 70
        assert (await client.delete(f"{_SHAPES}/{started}")).status_code == 200
        assert fake.credits == 70
        assert (await client.get(f"{_SHAPES}/{queued}")).status_code == 404


async def test_task_of_another_kind_is_not_found() -> None:
    async with _client(FakeMeshy()) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        assert (await client.get(f"/openapi/v1/rigging/{task_id}")).status_code == 404


async def test_file_address_wears_out_and_a_fresh_one_works() -> None:
    fake = FakeMeshy(polls_until_done=1, downloads_per_url=1)
    async with _client(fake) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        url = (await _read(client, "image-to-3d", task_id))["model_urls"]["glb"]
        assert [(await client.get(url)).status_code for _ in range(2)] == [200, 403]
        fresh = (await _read(client, "image-to-3d", task_id))["model_urls"]["glb"]
        fake.expire_urls()
        assert (await client.get(fresh)).status_code == 403
        again = (await _read(client, "image-to-3d", task_id))["model_urls"]["glb"]
        assert (await client.get(again.replace("model.glb", "other.glb"))).status_code == 404
        assert (await client.get(again)).status_code == 200
        fake.forget(task_id)
        assert (await client.get(f"{_SHAPES}/{task_id}")).status_code == 404


async def test_result_file_can_be_replaced_by_a_wrong_one() -> None:
    fake = FakeMeshy(polls_until_done=1)
    async with _client(fake) as client:
        task_id = await _create(client, "image-to-3d", _SHAPE)
        task = await _read(client, "image-to-3d", task_id)
        fake.tasks[task_id].replace_file("model.glb", b"no GLB")
        assert (await client.get(task["model_urls"]["glb"])).content == b"no GLB"


async def test_server_error_after_the_work_leaves_a_task_in_the_list() -> None:
    fake = FakeMeshy()
    fake.faults.add(meshy_faults.server_error(503, work_done=True), on="POST")
    async with _client(fake) as client:
        assert (await client.post(_SHAPES, json=_SHAPE)).status_code == 503
        (lost,) = (await client.get(_SHAPES)).json()
    assert lost["status"] == "PENDING"
    assert fake.created["image-to-3d"] == 1


@pytest.mark.parametrize("work_done", [False, True])
def test_connection_dropped_on_create_may_have_made_the_task(work_done: bool) -> None:
    fake = FakeMeshy()
    fake.faults.add(faults.dropped(work_done=work_done), on="POST")
    headers = {"Authorization": f"Bearer {MESHY_KEY}"}
    with (
        running(fake) as url,
        httpx.Client(base_url=url, headers=headers, trust_env=False) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(_SHAPES, json=_SHAPE)
        assert len(client.get(_SHAPES).json()) == int(work_done)


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        (meshy_faults.rate_limited(3), 429, "RateLimitExceeded"),
        (meshy_faults.queue_full(), 429, "NoMoreConcurrentTasks"),
        (meshy_faults.no_credits(), 402, "Insufficient funds"),
        (meshy_faults.invalid_key(), 401, "Invalid API key"),
        (meshy_faults.refused(400, "bad image"), 400, "bad image"),
        (meshy_faults.server_error(), 500, "Internal Server Error"),
    ],
)
async def test_fault_answers_in_meshys_words_and_makes_nothing(
    fault: faults.Fault, status: int, message: str
) -> None:
    fake = FakeMeshy()
    fake.faults.add(fault)
    async with _client(fake) as client:
        answer = await client.post(_SHAPES, json=_SHAPE)
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert answer.headers.get("retry-after") == ("3" if message == "RateLimitExceeded" else None)
    assert fake.created.total() == 0


async def test_picture_by_url_is_really_fetched_when_asked() -> None:
    pictures_served = FakeMeshy()  # any server will do; this one answers 404 to everything else
    pictures_served.faults.add(
        faults.status(200, png(size_px=32), content_type="image/png"), on="/sword.png"
    )
    fake = FakeMeshy(fetches_urls=True)
    with running(pictures_served) as url:
        async with _client(fake) as client:
            there = await client.post(_SHAPES, json={"image_url": f"{url}/sword.png"})
            missing = await client.post(_SHAPES, json={"image_url": f"{url}/shield.png"})
    assert there.status_code == 202
    assert missing.status_code == 400
    assert "cannot be downloaded" in missing.json()["message"]


@pytest.mark.parametrize("content", [b"{", b"[]"])
async def test_body_that_is_no_object_is_400(content: bytes) -> None:
    async with _client(FakeMeshy()) as client:
        assert (await client.post(_SHAPES, content=content)).status_code == 400


async def test_text_to_3d_is_under_v2_and_refines_a_preview() -> None:
    fake = FakeMeshy(polls_until_done=1)
    path = "/openapi/v2/text-to-3d"
    async with _client(fake) as client:
        preview_id = (await client.post(path, json={"mode": "preview", "prompt": "axe"})).json()[
            "result"
        ]
        refine = {"mode": "refine", "preview_task_id": preview_id}
        assert (await client.post(path, json=refine)).status_code == 400
        preview = (await client.get(f"{path}/{preview_id}")).json()
        refined_id = (await client.post(path, json=refine)).json()["result"]
        refined = (await client.get(f"{path}/{refined_id}")).json()
    assert (preview["type"], preview["consumed_credits"]) == ("text-to-3d-preview", 20)
    assert preview["texture_urls"] == []
    assert (refined["type"], refined["consumed_credits"]) == ("text-to-3d-refine", 10)
    assert refined["texture_urls"]
