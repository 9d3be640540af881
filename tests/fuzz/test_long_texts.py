"""Texts of megabytes where a name or a prompt belongs: each is answered, and nothing stands still.

A loop that is quadratic in one of them would end in the timeout of the test.
"""

from typing import Any

import pytest

from asset_forge.pictures import encode_data_url
from tests.contract.world import PICTURE
from tests.fuzz.traffic import Traffic
from tests.support.service import preset, words

SIZE = 2_000_000
LONG = {
    "letters": "x" * SIZE,
    "dots": "." * SIZE,
    "blanks": "x" + " " * SIZE + "x",
    "dashes": "x-" * (SIZE // 2),
    # To sort these by their classes takes Unicode's rules the square of their number.
    "marks": "e" + "\u0300\u0316" * (SIZE // 4),
    "braces": "{name}" * (SIZE // 6),
}
_URL = encode_data_url(PICTURE, "image/png")
PLACES: dict[str, Any] = {
    "POST /api/generation/pipeline name": words(name="LONG"),
    "POST /api/generation/pipeline type": words(type="LONG"),
    "POST /api/generation/pipeline assetId": words(assetId="LONG"),
    "POST /api/generation/pipeline description": words(description="LONG"),
    "POST /api/generation/pipeline style": words(style="LONG"),
    "POST /api/generation/pipeline game style": words(metadata={"gameStyle": "LONG"}),
    "POST /api/generation/pipeline prompt": words(customPrompts={"gameStyle": "LONG"}),
    "POST /api/generation/pipeline preset": words(materialPresets=[preset("LONG")]),
    "POST /api/generation/pipeline words": words(materialPresets=[preset("a", stylePrompt="LONG")]),
    "POST /api/generation/pipeline background": words(spriteConfig={"backgroundColor": "LONG"}),
    "POST /api/generation/pipeline url": words(referenceImage={"url": "LONG"}),
    "POST /api/generation/pipeline data": words(referenceImage={"dataUrl": "LONG"}),
    "POST /api/retexture base": {"baseAssetId": "LONG", "materialPreset": preset("bronze")},
    "POST /api/retexture output": {
        "baseAssetId": "sword", "outputName": "LONG", "materialPreset": preset("bronze"),
    },
    "PATCH /api/assets/sword name": {"name": "LONG"},
    "PATCH /api/assets/sword type": {"type": "LONG"},
    "POST /api/assets/sword/sprites data": {"sprites": [{"angle": 0, "imageData": "LONG"}]},
    "POST /api/weapon-handle-detect image": {"image": "LONG"},
    "POST /api/weapon-handle-detect angle": {"image": _URL, "angle": "LONG"},
    "POST /api/weapon-handle-detect hint": {"image": _URL, "promptHint": "LONG"},
    "POST /api/material-presets id": [preset("LONG")],
}  # fmt: skip
"""By operation and place, a body with a text that cannot be so long."""


@pytest.mark.parametrize("place", PLACES)
def test_text_of_megabytes_is_refused(place: str, traffic: Traffic) -> None:
    method, path, *_ = place.split(" ")
    for name, text in LONG.items():
        answer = traffic.send(method, path, json=_filled(PLACES[place], text))
        assert answer.status_code in (400, 413), name


@pytest.mark.parametrize(
    "path",
    ["/api/assets/{}", "/api/assets/{}/model", "/api/assets/sword/{}", "/assets/{}", "/prompts/{}",
     "/api/generation/pipeline/{}", "/api/generation/pipeline/{}/events", "/api/prompts/{}",
     "/api/generation/pipelines?assetId={}", "/api/costs?assetId={}", "/{}"],
)  # fmt: skip
def test_path_of_sixty_kilobytes_is_answered(path: str, traffic: Traffic) -> None:
    for text in LONG.values():
        # A letter is written in up to six bytes.
        assert traffic.send("GET", path.format(text[:10_000])).status_code in (400, 404)


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, text) for each in value]
    return text if value == "LONG" else value
