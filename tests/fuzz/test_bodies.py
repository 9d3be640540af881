"""Bodies that are no JSON, too much JSON or the wrong JSON: refused in a sentence, nothing lost."""

import json
import re
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from asset_forge.pictures import encode_data_url
from asset_forge.services.prompt_files import shipped
from tests.contract.world import PICTURE
from tests.fuzz.hostile import BROKEN, ODD, spoilt, values
from tests.fuzz.traffic import Traffic, tree_hash
from tests.support.service import preset, words

EXAMPLES = (20, pytest.param(3_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]))
WORLD = ("sword", "sword-bronze", "knight", "odd-file", "bare", "knight's-sword", "剑", "broken")
MARK = "/api/prompts/"

_PICTURE = encode_data_url(PICTURE, "image/png")
GOOD: dict[str, Any] = {
    "POST /api/generation/pipeline": words(
        assetId="{id}-new",
        style="realistic",
        generationType="item",
        quality="high",
        provider="greybox",
        seed=7,
        metadata={"gameStyle": "generic", "characterHeight": 1.8, "useGPT4Enhancement": False},
        materialPresets=[preset("bronze")],
        enableRigging=False,
        riggingOptions={"heightMeters": 1.8},
        enableSprites=True,
        spriteConfig={"angles": 2, "resolution": 64, "backgroundColor": "#336699"},
        customPrompts={"gameStyle": "x", "assetType": "y"},
        referenceImage={"source": "upload", "dataUrl": _PICTURE},
    ),
    "POST /api/retexture": {
        "baseAssetId": "{id}",
        "materialPreset": preset("bronze"),
        "outputName": "{id}-painted",
        "seed": 3,
    },
    "PATCH /api/assets/{id}": {"type": "tool", "metadata": {"tier": 3, "tags": ["a", {"b": 1}]}},
    "POST /api/assets/{id}/sprites": {
        "sprites": [{"angle": 0, "imageData": _PICTURE}, {"angle": 22.5, "imageData": _PICTURE}],
        "config": {"angles": 2, "resolution": 32},
    },
    "POST /api/assets/{id}/render": {
        "format": "sprites",
        "angles": [0, 22.5],
        "size": 16,
        "pitch": 20.5,
        "background": "#102030",
        "frames": 1,
    },
    "POST /api/material-presets": [preset("bronze"), preset("steel", more={"kept": [1]})],
    "POST /api/weapon-handle-detect": {"image": _PICTURE, "angle": "side", "promptHint": "sword"},
    "POST /api/weapon-orientation-detect": {"image": _PICTURE},
    "POST /api/prompts/game-styles": {"custom": {"woodcut": {"name": "Woodcut", "base": "lines"}}},
    "POST /api/prompts/asset-types": {"item": {"custom": {"gem": {"name": "Gem", "prompt": "x"}}}},
    "POST /api/prompts/materials": {"templates": {"generic": "x"}, "customOverrides": {"a": "b"}},
    "POST /api/prompts/generation": shipped("generation-prompts.json"),
    "POST /api/prompts/gpt4-enhancement": shipped("gpt4-enhancement-prompts.json"),
    "POST /api/prompts/weapon-detection": shipped("weapon-detection-prompts.json"),
}
"""By operation, a body that is accepted."""


class Target:
    """One operation on an asset of its own; the world must stay as it was whatever is sent."""

    def __init__(self, traffic: Traffic, operation: str, label: str) -> None:
        self.traffic = traffic
        self.asset_id = traffic.own_asset(re.sub(r"\W+", "-", f"{label} {operation}".lower()))
        self.method, path = operation.split(" ")
        self.path = path.format(id=self.asset_id)
        good = json.dumps(GOOD[operation]).replace("{id}", self.asset_id)
        self.good: Any = json.loads(good)
        self._world = self._of_others()

    def send(self, body: bytes) -> int:
        # Variants are painted while we go on.
        headers = {"Prefer": "respond-async"}
        answer = self.traffic.send_json(self.method, self.path, body, **headers)
        if answer.status_code < 300:
            if self.method == "PATCH":  # it may have got another name
                self.asset_id = answer.json()["id"]
                self.path = f"/api/assets/{self.asset_id}"
            self._assert_readable()
        return answer.status_code

    def _assert_readable(self) -> None:
        """What was accepted can be read again."""
        if self.path.startswith(MARK) or self.path == "/api/material-presets":
            again = self.traffic.send("GET", self.path)
        else:
            again = self.traffic.send("GET", f"/api/assets/{self.asset_id}")
        assert again.status_code == 200, again.text

    def assert_nothing_lost(self) -> None:
        self.traffic.finish_all()
        assert self._of_others() == self._world

    def _of_others(self) -> str:
        return tree_hash(self.traffic.service.root, WORLD)


@pytest.mark.parametrize("operation", GOOD)
def test_body_that_is_good_is_accepted(operation: str, traffic: Traffic) -> None:
    target = Target(traffic, operation, "good")
    assert target.send(json.dumps(target.good).encode()) in (200, 202)
    target.assert_nothing_lost()


@pytest.mark.parametrize("operation", GOOD)
def test_body_that_is_no_json_is_refused_and_changes_nothing(
    operation: str, traffic: Traffic
) -> None:
    target = Target(traffic, operation, "broken")
    before = tree_hash(traffic.service.root), tree_hash(traffic.service.settings.prompts_dir)
    for name, body in BROKEN.items():
        assert target.send(body) == 400, name
    target.assert_nothing_lost()
    after = tree_hash(traffic.service.root), tree_hash(traffic.service.settings.prompts_dir)
    assert after == before


@pytest.mark.parametrize("operation", GOOD)
def test_body_that_is_odd_json_is_answered_and_spares_all_else(
    operation: str, traffic: Traffic
) -> None:
    target = Target(traffic, operation, "odd")
    for body in ODD.values():
        target.send(body)
    target.assert_nothing_lost()


@pytest.mark.parametrize("operation", GOOD)
@pytest.mark.parametrize("examples", EXAMPLES)
def test_body_that_is_spoilt_is_answered_and_what_was_accepted_can_be_read(
    examples: int, operation: str, traffic: Traffic
) -> None:
    target = Target(traffic, operation, f"spoilt{examples}")

    @hypothesis.seed(20261123)
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.one_of(spoilt(target.good), spoilt(target.good), values()))
    def send(body: Any) -> None:
        target.send(json.dumps(body).encode())

    send()
    target.assert_nothing_lost()


@pytest.mark.parametrize(
    "path",
    ["/api/generation/pipeline/{p}/cancel", "/api/generation/pipeline/{p}/retry", "/api/assets/{p}",
     "/api/prompts/game-styles/{p}", "/api/regenerate-base/{p}"],
)  # fmt: skip
def test_body_that_nobody_asked_for_is_not_looked_at(path: str, traffic: Traffic) -> None:
    method = "DELETE" if path.startswith(("/api/assets", "/api/prompts")) else "POST"
    for body in (*BROKEN.values(), *ODD.values()):
        assert traffic.send_json(method, path.format(p="nothing"), body).status_code == 404
