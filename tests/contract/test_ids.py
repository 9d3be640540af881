"""Ids and paths that try to leave: nothing outside an asset's own folder is touched or shown."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.world import PICTURE, make_world
from tests.fakes.pictures import data_uri
from tests.support.assets import tree
from tests.support.service import live, preset, quick, settings_for, words

# Each leads from an asset's folder, or from the root, to its parent: if anything decodes it.
ENCODINGS = [
    "..",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%2e.",
    "..%2f",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e",
    "%252e%252e%252f",
    "%c0%ae%c0%ae",
    "%c0%ae%c0%ae%c0%af",
    "%e0%80%ae%e0%80%ae",
    "..%00",
    "..;",
    "..%3b",
    "%uff0e%uff0e",
    "%ef%bc%8e%ef%bc%8e",
    "..%20",
    "..%c2%a0",
    "....//",
    "%2f",
    "//",
    "%5c%5c",
]
SECRET = b"a secret beside the assets"
PNG = data_uri(PICTURE)


class Raw:
    """Sends a path byte for byte, which well-behaved clients do not."""

    def __init__(self, address: str, outer: Path) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        self.outer = outer

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        # The client's own check of paths would keep the interesting ones from leaving.
        connection._validate_path = lambda _: None  # type: ignore[attr-defined]
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, body=content, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Raw]:
    outer = tmp_path_factory.mktemp("outer")
    settings = settings_for(outer)
    make_world(settings.asset_output_dir)
    outside = outer / "outside"
    outside.mkdir()
    (outside / "metadata.json").write_text(json.dumps({"name": "outside", "type": "weapon"}))
    for path in (outer / "secret.glb", outer / "metadata.json", outside / "outside.glb"):
        path.write_bytes(SECRET)
    with live(settings, instead=quick()) as service:
        yield Raw(service.address, outer)


@pytest.mark.parametrize("dots", ENCODINGS)
def test_encoded_way_out_in_a_url_is_not_found_and_touches_nothing(dots: str, raw: Raw) -> None:
    before = tree(raw.outer)
    sprites = {"sprites": [{"angle": 0, "imageData": PNG}]}
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/api/assets/{dots}", None),
        ("GET", f"/api/assets/{dots}/outside", None),
        ("GET", f"/api/assets/{dots}/model", None),
        ("HEAD", f"/api/assets/{dots}/model", None),
        ("GET", f"/api/assets/{dots}/metadata.json", None),
        ("GET", f"/api/assets/sword/{dots}/knight/metadata.json", None),
        ("GET", f"/api/assets/sword/{dots}/{dots}/secret.glb", None),
        ("GET", f"/api/assets/sword/{dots}{dots}secret.glb", None),
        ("GET", f"/api/assets/sword%2f{dots}%2f{dots}%2fsecret.glb", None),
        ("GET", f"/assets/{dots}/secret.glb", None),
        ("GET", f"/assets/sword/{dots}/{dots}/secret.glb", None),
        ("GET", f"/assets/{dots}/{dots}/pyproject.toml", None),
        ("GET", f"/prompts/{dots}", None),
        ("GET", f"/prompts/{dots}/secret.glb", None),
        ("GET", f"/api/generation/pipeline/{dots}", None),
        ("GET", f"/api/generation/pipeline/{dots}/concept-art.png", None),
        ("PATCH", f"/api/assets/{dots}", {"metadata": {"a": 1}}),
        ("PATCH", f"/api/assets/{dots}", {"name": "moved"}),
        ("PATCH", f"/api/assets/{dots}%2foutside", {"name": "moved"}),
        ("DELETE", f"/api/assets/{dots}", None),
        ("DELETE", f"/api/assets/{dots}?includeVariants=true", None),
        ("DELETE", f"/api/assets/{dots}%2foutside", None),
        ("DELETE", f"/api/prompts/game-styles/{dots}", None),
        ("POST", f"/api/assets/{dots}/sprites", sprites),
        ("POST", f"/api/assets/{dots}%2foutside/sprites", sprites),
        ("POST", f"/api/regenerate-base/{dots}", {}),
        ("POST", f"/api/regenerate-base/{dots}%2foutside", {}),
    ]
    for method, path, body in asked:
        status, content = raw.ask(method, path, body)
        # The path of the library itself may be redirected to or listed: `/api/assets//`.
        assert status in (307, 400, 403, 404, 405), (method, path, status, content)
        assert SECRET not in content
        assert b"[project]" not in content
    assert tree(raw.outer) == before


BAD_IDS = [
    "..",
    "../outside",
    "a/../../outside",
    "sword/../../outside",
    "/etc",
    "..\\outside",
    "C:\\x",
    ".forge",
    "-rf",
    "a..b",
    "dot.",
    "nul",
    "COM1.txt",
    "a\x00b",
    "a\nb",
    "a\u202eb",
    "a b",
    "a/b",
    "\uff052e\uff052e",
    "x" * 101,
    "é" * 51,
]


@pytest.mark.parametrize("bad", BAD_IDS)
def test_bad_id_in_a_body_is_400_and_touches_nothing(bad: str, raw: Raw) -> None:
    before = tree(raw.outer)
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/api/generation/pipeline", words(assetId=bad)),
        (
            "POST",
            "/api/retexture",
            {"baseAssetId": bad, "materialPreset": preset("mithril")},
        ),
        (
            "POST",
            "/api/retexture",
            {
                "baseAssetId": "sword",
                "materialPreset": preset("mithril"),
                "outputName": bad,
            },
        ),
        ("PATCH", "/api/assets/sword", {"name": bad}),
    ]
    for method, path, body in asked:
        status, content = raw.ask(method, path, body)
        assert status == 400, (method, path, content)
    assert tree(raw.outer) == before


@pytest.mark.parametrize(
    ("name", "asset_id"),
    [
        ("Knight's Blade", "knight's-blade"),
        ("Axe & Shield (Old)", "axe-&-shield-(old)"),
        ("Меч Света", "меч-света"),
        ("e\u0301pe\u0301e", "épée"),
        ("../../Escape", "escape"),
    ],
)
def test_name_becomes_an_id_inside_the_library(name: str, asset_id: str, raw: Raw) -> None:
    status, content = raw.ask("POST", "/api/generation/pipeline", words(name=name))
    assert status == 200, content
    assert json.loads(content)["assetId"] == asset_id
