"""As much as is allowed, and one more: bodies at the limit, many at once, thousands of entries."""

import json
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from asset_forge.domain.strict_json import MOST_BODY_VALUES
from asset_forge.pictures import encode_data_url
from tests.contract.world import PICTURE, make_world
from tests.fuzz.hostile import BROKEN, ODD
from tests.fuzz.traffic import Traffic, tree_hash
from tests.support.service import LiveService, preset, settings_for, words
from tests.support.serving import place, served

LIMIT = 25 * 1024 * 1024
MB = 1024 * 1024
PATCH = b'{"type":"weapon"%s}'
HEAD = b"PATCH /api/assets/bare HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def padded(size_bytes: int) -> bytes:
    return PATCH % (b" " * (size_bytes - len(PATCH) + 2))


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), MB):
        yield body[start : start + MB]


@pytest.mark.parametrize("is_chunked", [False, True], ids=["with a length", "in chunks"])
@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 413)])
def test_body_at_the_limit_is_taken_and_one_byte_more_is_not(
    over: int, status: int, is_chunked: bool, traffic: Traffic
) -> None:
    body = padded(LIMIT + over)
    content = in_chunks(body) if is_chunked else body
    answer = traffic.send("PATCH", "/api/assets/bare", content=content)
    assert answer.status_code == status
    if over:
        assert "API_MAX_BODY_MB" in answer.json()["error"]


def test_body_far_over_the_limit_is_not_read_to_its_end(traffic: Traffic) -> None:
    with traffic.connected() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"%x\r\n%s\r\n" % (MB, b" " * MB)
        sent = 0
        try:
            while sent < 200:  # it never ends by itself
                connection.sendall(piece)
                sent += 1
                connection.setblocking(False)
                try:
                    if connection.recv(100).startswith(b"HTTP/1.1 413 "):
                        break
                except BlockingIOError:
                    pass
                finally:
                    connection.setblocking(True)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < 200


@pytest.mark.parametrize("value", [b"[]", b"0", b'""', b'{"a":0}'])
def test_body_of_nothing_but_values_is_refused_before_it_is_parsed(
    value: bytes, traffic: Traffic
) -> None:
    body = b"[" + (value + b",") * (LIMIT // (len(value) + 1) - 2) + value + b"]"
    answer = traffic.send_json("POST", "/api/material-presets", body)
    assert answer.status_code == 400
    assert f"more than {MOST_BODY_VALUES:,} values" in answer.json()["error"]


def test_picture_of_24_mb_is_looked_at_and_taken_as_a_reference(traffic: Traffic) -> None:
    picture = encode_data_url(PICTURE + bytes(18 * MB - len(PICTURE)), "image/png")
    assert 24 * MB <= len(picture) < LIMIT
    for path in ("/api/weapon-handle-detect", "/api/weapon-orientation-detect"):
        assert traffic.send("POST", path, json={"image": picture}).status_code == 200
    body = words(assetId="from-24-mb", referenceImage={"dataUrl": picture})
    started = traffic.send("POST", "/api/generation/pipeline", json=body)
    assert started.status_code == 200, started.text
    assert traffic.service.finish(started.json()["pipelineId"])["status"] == "completed"


def test_thirty_pictures_of_5_mb_at_once_are_all_looked_at(traffic: Traffic) -> None:
    picture = encode_data_url(PICTURE + bytes(5 * MB * 3 // 4), "image/png")
    body = json.dumps({"image": picture}).encode()

    def look(_number: int) -> httpx.Response:
        return traffic.send_json("POST", "/api/weapon-orientation-detect", body)

    with ThreadPoolExecutor(30) as pool:
        assert {answer.status_code for answer in pool.map(look, range(30))} == {200}


def test_sprites_at_sixty_four_odd_angles_are_all_there(traffic: Traffic) -> None:
    asset_id = traffic.own_asset("odd-angles")
    rng = random.Random(64)
    angles = [-0.0, 1e-6, 1.2345678901234567e-5, 0.1 + 0.2, 0.3, 359.99999999999994, 22.5,
              22.500000000000004] + [rng.uniform(0, 360) for _ in range(56)]  # fmt: skip
    picture = encode_data_url(PICTURE, "image/png")
    path = f"/api/assets/{asset_id}/sprites"
    body = {"sprites": [{"angle": angle, "imageData": picture} for angle in angles]}
    saved = traffic.send("POST", path, json=body).json()
    assert len(set(saved["spriteFiles"])) == len(angles) == 64
    for name in saved["spriteFiles"]:
        assert traffic.send("GET", f"/api/assets/{asset_id}/sprites/{name}").content == PICTURE


@pytest.mark.parametrize("angles", [[0, -0.0], [5e-324], [1e-300, 7], [45, 45.0]])
def test_sprites_at_angles_that_no_files_can_be_named_by_are_refused(
    angles: list[float], traffic: Traffic
) -> None:
    asset_id = traffic.own_asset(f"no-angles-{angles[0]}-{len(angles)}")
    before = tree_hash(traffic.service.root, [asset_id])
    picture = encode_data_url(PICTURE, "image/png")
    body = {"sprites": [{"angle": angle, "imageData": picture} for angle in angles]}
    answer = traffic.send("POST", f"/api/assets/{asset_id}/sprites", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid sprites data"
    assert "angle" in answer.json()["detail"]
    assert tree_hash(traffic.service.root, [asset_id]) == before


def test_ten_thousand_presets_are_kept(traffic: Traffic) -> None:
    presets = [preset(f"metal-{number}", tier=number) for number in range(10_000)]
    path = "/api/material-presets"
    before = traffic.send("GET", path).json()
    assert traffic.send("POST", path, json=presets).status_code == 200
    assert traffic.send("GET", path).json() == presets
    assert traffic.send("POST", path, json=[*presets, presets[0]]).status_code == 400
    assert traffic.send("POST", path, json=before).status_code == 200


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_memory_after_thousands_of_bad_requests_is_what_it_was(rounds: int, tmp_path: Path) -> None:
    bodies = [body for body in (*BROKEN.values(), *ODD.values()) if len(body) < 64 * 1024]
    with place(tmp_path, FORGE_STARTS_PER_MINUTE="0") as where, served(where) as child:
        make_world(where.root)
        traffic = Traffic(LiveService(child.client, child.address, settings_for(tmp_path)))
        before = tree_hash(where.root)

        def send(count: int) -> None:
            for number in range(count):
                method, path = BAD_PLACES[number % len(BAD_PLACES)]
                traffic.send_json(method, path, bodies[number % len(bodies)])

        send(500)  # what is loaded and cached at first comes but once
        before_mb = memory_mb(child.process.pid)
        send(2_000 * rounds)
        assert memory_mb(child.process.pid) - before_mb < 20
        traffic.assert_well()
        assert tree_hash(where.root) == before
        assert not child.events("request_failed")


BAD_PLACES = (
    ("POST", "/api/generation/pipeline"),
    ("POST", "/api/retexture"),
    ("PATCH", "/api/assets/nothing"),
    ("POST", "/api/assets/nothing/sprites"),
    ("POST", "/api/weapon-handle-detect"),
)


def memory_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024
