"""The table for generation, retexture, regenerate and sight."""

import json
from typing import Any

from tests.contract.case import ANY, Case
from tests.fakes.pictures import data_uri, png
from tests.support.service import preset, words

PIPELINE = "/api/generation/pipeline"
REQUIRED = "name, type, and subtype are required"
RETEXTURE_REQUIRED = "baseAssetId and materialPreset are required"
STARTED = {"pipelineId": ANY, "status": ANY, "message": "Pipeline started successfully"}
NO_SUCH = "pipeline-1795360941474-abcdefghi"
LONE_SURROGATE = rb'{"name":"\ud800","type":"weapon","subtype":"sword"}'


def _without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in words().items() if key not in keys}


def _refused(note: str, says: str, **fields: Any) -> Case:
    return Case("POST", PIPELINE, 400, note, send=words(**fields), says=says)


ACCEPTED = [
    Case("POST", PIPELINE, 200, send=words(), has=STARTED),
    Case("POST", PIPELINE, 200, "unknown fields", send=words(user={"a": 1}, x=None), has=STARTED),
    Case(
        "POST",
        PIPELINE,
        200,
        "null where something optional may be",
        send=words(
            assetId=None,
            description=None,
            style=None,
            quality=None,
            generationType=None,
            metadata=None,
            materialPresets=None,
            enableSprites=None,
            riggingOptions=None,
            spriteConfig=None,
            customPrompts=None,
            referenceImage=None,
            overwrite=None,
        ),
        has=STARTED,
    ),
    Case("POST", PIPELINE, 200, "own id", send=words(assetId="knight's-sword-2"), has=STARTED),
    Case("POST", PIPELINE, 200, "overwrite", send=words(assetId="sword", overwrite=True)),
    Case(
        "POST",
        PIPELINE,
        200,
        "no content type",
        content=json.dumps(words()).encode(),
        sent_headers={"Content-Type": ""},
    ),
    Case(
        "POST",
        PIPELINE,
        200,
        "reference",
        send=words(referenceImage={"dataUrl": data_uri(png(size_px=32))}),
        has=STARTED,
    ),
]

REFUSED = [
    *(
        Case("POST", PIPELINE, 400, f"no {key}", send=_without(key), error=REQUIRED)
        for key in ("name", "type", "subtype")
    ),
    Case("POST", PIPELINE, 400, "nothing", send={}, error=REQUIRED),
    Case("POST", PIPELINE, 400, "empty name", send=words(name=""), error=REQUIRED),
    Case("POST", PIPELINE, 400, "name of blanks", send=words(name="  "), error=REQUIRED),
    Case("POST", PIPELINE, 400, "null type", send=words(type=None), error=REQUIRED),
    Case("POST", PIPELINE, 400, "array", send=[words()], says="object"),
    Case("POST", PIPELINE, 400, "no body", content=b""),
    Case("POST", PIPELINE, 400, "no JSON", content=b'{"name": ', says="JSON"),
    Case("POST", PIPELINE, 400, "NaN", content=b'{"name": NaN}', says="NaN"),
    Case("POST", PIPELINE, 400, "Infinity", content=b'{"seed": -Infinity}', says="Infinity"),
    Case("POST", PIPELINE, 400, "too deep", content=b"[" * 100_000, says="deep"),
    Case("POST", PIPELINE, 400, "lone surrogate", content=LONE_SURROGATE, says="Unicode"),
    Case("POST", PIPELINE, 400, "no UTF-8", content=b'{"name": "\xff"}'),
    Case("POST", PIPELINE, 415, content=b"name=x", sent_headers={"Content-Type": "text/plain"}),
    _refused("name is a number", "name", name=7),
    _refused("name too long", "name", name="x" * 201),
    _refused("description is a number", "description", description=7),
    _refused("description too long", "description", description="x" * 10_001),
    _refused("unknown quality", "quality", quality="best"),
    _refused("unknown generation type", "generationType", generationType="building"),
    _refused("unknown provider", "provider", provider="tripo"),
    _refused("metadata is an array", "metadata", metadata=[]),
    _refused("flag is a word", "enableSprites", enableSprites="perhaps"),
    _refused("negative height", "heightMeters", riggingOptions={"heightMeters": -1}),
    _refused("no height at all", "heightMeters", riggingOptions={"heightMeters": 0}),
    _refused("height of a mountain", "heightMeters", riggingOptions={"heightMeters": 8848}),
    _refused("negative character", "characterHeight", metadata={"characterHeight": -0.1}),
    _refused("no angles", "angles", spriteConfig={"angles": 0}),
    _refused("negative angles", "angles", spriteConfig={"angles": -8}),
    _refused("half an angle", "angles", spriteConfig={"angles": 7.5}),
    _refused("negative resolution", "resolution", spriteConfig={"resolution": -512}),
    _refused("huge resolution", "resolution", spriteConfig={"resolution": 100_000}),
    _refused("no color", "backgroundColor", spriteConfig={"backgroundColor": "red"}),
    _refused("presets are no array", "materialPresets", materialPresets={"id": "x"}),
    _refused("preset without text", "stylePrompt", materialPresets=[preset("b", stylePrompt="")]),
    _refused("preset with blanks", "stylePrompt", materialPresets=[preset("b", stylePrompt=" ")]),
    _refused("preset without name", "displayName", materialPresets=[{"id": "a"}]),
    _refused("preset twice", "twice", materialPresets=[preset("b"), preset("b")]),
    _refused("preset id leaves", "id", materialPresets=[preset("../../b")]),
    _refused("too many presets", "materialPresets", materialPresets=[preset("b")] * 33),
    _refused("id leaves", "..", assetId="../sword"),
    _refused("id with slash", "/", assetId="a/b"),
    _refused("hidden id", "'.'", assetId=".forge"),
    _refused("id is a device", "device", assetId="nul"),
    _refused("id of 101 bytes", "100 bytes", assetId="a" * 101),
    _refused("id with NUL", "must not contain", assetId="a\0b"),
    _refused("name without letters", "asset id", name="///"),
    _refused("reference without picture", "referenceImage", referenceImage={}),
    _refused("reference is text", "referenceImage", referenceImage="x"),
    _refused("reference no data URL", "data URL", referenceImage={"dataUrl": "hello"}),
    _refused("reference url is odd", "", referenceImage={"url": "file:///etc/passwd"}),
    _refused(
        "broken base64", "base64", referenceImage={"dataUrl": "data:image/png;base64,iVBO*w0"}
    ),
    _refused("no picture", "picture", referenceImage={"dataUrl": "data:image/png;base64,aGVsbG8="}),
    _refused("generation off, no asset", "assetId", enableGeneration=False, assetId="nobody"),
    Case("POST", PIPELINE, 409, send=words(assetId="sword"), says="overwrite"),
    Case("POST", PIPELINE, 409, "a name that is there", send=words(name="Sword")),
    Case(
        "POST",
        PIPELINE,
        409,
        "variant exists",
        send=words(assetId="sword", overwrite=False, materialPresets=[preset("bronze")]),
    ),
    Case("POST", PIPELINE, 503, "no key", send=words(provider="meshy"), says="MESHY_API_KEY"),
    Case("GET", PIPELINE, 405),
]

STATUS = [
    Case("GET", f"{PIPELINE}/{NO_SUCH}", 404, error=f"Pipeline {NO_SUCH} not found"),
    Case("GET", f"{PIPELINE}/x", 404, error="Pipeline x not found"),
    Case("GET", f"{PIPELINE}/{NO_SUCH}/concept-art.png", 404),
]

RETEXTURE = [
    Case(
        "POST",
        "/api/retexture",
        200,
        send={"baseAssetId": "sword", "materialPreset": preset("mithril")},
        has={
            "success": True,
            "assetId": "sword-mithril",
            "variantId": "sword-mithril",
            "modelUrl": "/api/assets/sword-mithril/model",
            "message": "Asset retextured successfully using greybox, the built-in maker",
            "asset": {"id": "sword-mithril", "parentBaseModel": "sword", "isVariant": True},
        },
    ),
    Case(
        "POST",
        "/api/retexture",
        200,
        "own name",
        send={
            "baseAssetId": "sword",
            "materialPreset": preset("mithril"),
            "outputName": "moonblade",
        },
        has={"assetId": "moonblade", "asset": {"modelPath": "moonblade.glb"}},
    ),
    Case(
        "POST",
        "/api/retexture",
        202,
        send={"baseAssetId": "sword", "materialPreset": preset("mithril")},
        sent_headers={"Prefer": "respond-async"},
        has={"pipelineId": ANY, "assetId": "sword-mithril"},
        headers={"preference-applied": "respond-async"},
    ),
    *(
        Case("POST", "/api/retexture", 400, note, send=body, error=RETEXTURE_REQUIRED)
        for note, body in {
            "nothing": {},
            "no base": {"materialPreset": preset("mithril")},
            "no preset": {"baseAssetId": "sword"},
            "null": {"baseAssetId": None, "materialPreset": None},
        }.items()
    ),
    Case(
        "POST",
        "/api/retexture",
        400,
        "preset without texts",
        send={"baseAssetId": "sword", "materialPreset": {"id": "x"}},
        says="stylePrompt",
    ),
    Case(
        "POST",
        "/api/retexture",
        400,
        "id that leaves",
        send={"baseAssetId": "../sword", "materialPreset": preset("mithril")},
    ),
    Case(
        "POST",
        "/api/retexture",
        400,
        "name that leaves",
        send={
            "baseAssetId": "sword",
            "materialPreset": preset("mithril"),
            "outputName": "../../x",
        },
    ),
    Case(
        "POST",
        "/api/retexture",
        404,
        send={"baseAssetId": "nobody", "materialPreset": preset("mithril")},
        says="nobody",
    ),
    Case(
        "POST",
        "/api/retexture",
        409,
        "target exists",
        send={"baseAssetId": "sword", "materialPreset": preset("bronze")},
        says="sword-bronze",
    ),
    Case(
        "POST",
        "/api/retexture",
        409,
        "target is the base",
        send={
            "baseAssetId": "sword",
            "materialPreset": preset("mithril"),
            "outputName": "sword",
        },
    ),
    Case("POST", "/api/retexture", 415, content=b"x", sent_headers={"Content-Type": "a/b"}),
    Case("GET", "/api/retexture", 405),
]

REGENERATE = [
    Case(
        "POST",
        "/api/regenerate-base/sword",
        200,
        has={"success": True, "assetId": "sword", "message": ANY, "asset": {}, "pipelineId": ANY},
    ),
    Case("POST", "/api/regenerate-base/nobody", 404, says="nobody"),
    Case("POST", "/api/regenerate-base/knight", 409, "no recorded configuration"),
    Case("GET", "/api/regenerate-base/sword", 405),
]

_PICTURE = data_uri(png(size_px=32))
SIGHT = [
    Case(
        "POST",
        "/api/weapon-handle-detect",
        200,
        send={"image": _PICTURE, "angle": "side", "promptHint": "a sword"},
        has={
            "success": True,
            "gripData": {
                "gripBounds": {"minX": ANY, "minY": ANY, "maxX": ANY, "maxY": ANY},
                "confidence": ANY,
                "weaponType": ANY,
                "gripDescription": ANY,
                "detectedParts": {"blade": ANY, "handle": ANY, "guard": ANY},
            },
            "originalImage": _PICTURE,
        },
    ),
    Case(
        "POST",
        "/api/weapon-orientation-detect",
        200,
        send={"image": _PICTURE},
        has={"success": True, "needsFlip": False, "currentOrientation": ANY, "reason": ANY},
    ),
    *(
        Case("POST", f"/api/weapon-{what}-detect", status, note, send=body, says=says)
        for what in ("handle", "orientation")
        for note, status, body, says in (
            ("no image", 400, {}, "No image provided"),
            ("empty image", 400, {"image": ""}, "No image provided"),
            ("null image", 400, {"image": None}, "No image provided"),
            ("number", 400, {"image": 7}, "image"),
            ("no data URL", 400, {"image": "https://example.com/a.png"}, "data URL"),
            ("no base64", 400, {"image": "data:image/png;base64,****"}, "base64"),
            ("no picture", 400, {"image": "data:image/png;base64,aGVsbG8="}, "picture"),
            ("no object", 400, [], "object"),
        )
    ),
    Case("GET", "/api/weapon-handle-detect", 405),
    Case(
        "POST",
        "/api/weapon-handle-detect",
        415,
        content=b"x",
        sent_headers={"Content-Type": "image/png"},
    ),
]

CASES = [*ACCEPTED, *REFUSED, *STATUS, *RETEXTURE, *REGENERATE, *SIGHT]
