"""The table for material presets, prompts, static files and unknown routes."""

from typing import Any

from tests.contract.case import ANY, Case
from tests.support.service import preset

PRESETS = "/api/material-presets"
FOUR_TEXTS = "Each preset must have id, name, displayName, and stylePrompt"
UPDATED = {"success": True, "message": "Prompts updated successfully"}
DELETED = {"success": True, "message": "Prompt deleted successfully"}
INVALID = "Invalid prompt structure"
INVALID_TYPES = "Invalid asset type prompt structure"


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in preset("tin").items() if name != key}


MATERIALS = [
    Case("GET", PRESETS, 200),
    Case(
        "POST",
        PRESETS,
        200,
        send=[preset("tin"), preset("zinc", own={"kept": 1})],
        has={"success": True, "message": "Material presets saved successfully"},
    ),
    Case("POST", PRESETS, 200, "none at all", send=[]),
    Case("POST", PRESETS, 400, send={"id": "x"}, error="Material presets must be an array"),
    Case("POST", PRESETS, 400, "null", send=None, error="Material presets must be an array"),
    *(
        Case("POST", PRESETS, 400, f"no {key}", send=[_without(key)], error=FOUR_TEXTS)
        for key in ("id", "name", "displayName", "stylePrompt")
    ),
    Case("POST", PRESETS, 400, "empty text", send=[preset("tin", name="")], error=FOUR_TEXTS),
    Case("POST", PRESETS, 400, "no object", send=["tin"], error=FOUR_TEXTS),
    Case("POST", PRESETS, 400, "twice", send=[preset("tin"), preset("tin")], says="tin"),
    Case("POST", PRESETS, 400, "no JSON", content=b"["),
    Case("POST", PRESETS, 415, content=b"[]", sent_headers={"Content-Type": "text/plain"}),
    Case("DELETE", PRESETS, 405),
]

SHAPES: dict[str, Any] = {
    "game-styles": {
        "version": ANY,
        "default": {
            "runescape": {"name": ANY, "base": ANY, "enhanced": ANY, "generation": ANY},
            "generic": {"name": ANY, "base": ANY, "fallback": ANY},
        },
        "custom": {},
    },
    "asset-types": {
        "version": ANY,
        "avatar": {
            "default": {
                kind: {"name": ANY, "prompt": ANY, "placeholder": ANY}
                for kind in ("character", "humanoid", "npc", "creature")
            },
            "custom": {},
        },
        "item": {
            "default": {
                kind: {"name": ANY, "prompt": ANY, "placeholder": ANY}
                for kind in ("weapon", "armor", "tool", "building", "consumable", "resource")
            },
            "custom": {},
        },
    },
    "materials": {
        "version": ANY,
        "templates": {"runescape": ANY, "generic": ANY},
        "customOverrides": {},
    },
    "generation": {
        "version": ANY,
        "imageGeneration": {"base": ANY, "fallbackEnhancement": ANY},
        "posePrompts": {"avatar": {"tpose": ANY}, "armor": {"chest": ANY, "generic": ANY}},
    },
    "gpt4-enhancement": {
        "version": ANY,
        "systemPrompt": {"base": ANY, "focusPoints": ANY, "closingInstruction": ANY},
        "typeSpecific": {
            "avatar": {"critical": ANY, "focus": ANY},
            "armor": {"critical": ANY, "focus": ANY},
        },
    },
    "weapon-detection": {
        "version": ANY,
        "basePrompt": ANY,
        "additionalGuidance": ANY,
        "restrictions": ANY,
        "responseFormat": ANY,
    },
}

PROMPTS = [
    *(Case("GET", f"/api/prompts/{name}", 200, has=shape) for name, shape in SHAPES.items()),
    Case("GET", "/api/prompts/poems", 404, error="Invalid prompt type"),
    Case("GET", "/api/prompts/game-style-prompts.json", 404, error="Invalid prompt type"),
    Case("POST", "/api/prompts/poems", 404, send={}, error="Invalid prompt type"),
    Case("DELETE", "/api/prompts/poems/x", 404, error="Invalid prompt type"),
    Case(
        "POST",
        "/api/prompts/game-styles",
        200,
        send={"version": "1", "default": {}, "custom": {"ink": {"name": "Ink", "base": "ink"}}},
        has=UPDATED,
    ),
    Case(
        "POST",
        "/api/prompts/asset-types",
        200,
        send={"version": "1", "avatar": {"default": {}, "custom": {}}, "item": {"custom": {}}},
        has=UPDATED,
    ),
    Case(
        "POST",
        "/api/prompts/materials",
        200,
        "templates and overrides alone",
        send={"templates": {"generic": "${stylePrompt}"}, "customOverrides": {"tin": "dull tin"}},
        has=UPDATED,
    ),
    *(
        Case("POST", f"/api/prompts/{name}", 400, note, send=body, error=INVALID)
        for name in ("game-styles", "materials", "generation", "weapon-detection")
        for note, body in (("nothing", {}), ("array", []), ("text", "x"), ("null", None))
    ),
    Case("POST", "/api/prompts/game-styles", 400, send={"custom": []}, error=INVALID),
    Case("POST", "/api/prompts/game-styles", 400, "7", send={"custom": {"a": 7}}, error=INVALID),
    *(
        Case("POST", "/api/prompts/asset-types", 400, note, send=body, error=INVALID_TYPES)
        for note, body in (
            ("nothing", {}),
            ("array", []),
            ("custom is an array", {"avatar": {"custom": []}}),
            ("avatar is text", {"avatar": "x"}),
        )
    ),
    Case("DELETE", "/api/prompts/game-styles/nothing", 404, error="Custom prompt not found"),
    Case(
        "DELETE",
        "/api/prompts/game-styles/runescape",
        404,
        "a default",
        error="Custom prompt not found",
    ),
    Case("DELETE", "/api/prompts/materials/nothing", 404, error="Custom prompt not found"),
    Case("DELETE", "/api/prompts/generation/base", 404, error="Custom prompt not found"),
    *(
        Case(
            "DELETE",
            f"/api/prompts/asset-types/weapon{query}",
            400,
            error="Category parameter required (avatar or item)",
        )
        for query in ("", "?category=", "?category=vehicle")
    ),
    Case(
        "DELETE",
        "/api/prompts/asset-types/weapon?category=item",
        404,
        "a default",
        error="Custom asset type not found",
    ),
    Case("PUT", "/api/prompts/game-styles", 405, send={}),
]

_PROMPT_FILES = (
    "game-style-prompts",
    "asset-type-prompts",
    "material-prompts",
    "generation-prompts",
    "gpt4-enhancement-prompts",
    "weapon-detection-prompts",
    "material-presets",
)

STATIC = [
    *(
        Case(method, f"/prompts/{name}.json", 200, headers={"content-type": "application/json"})
        for name in _PROMPT_FILES
        for method in ("GET", "HEAD")
    ),
    Case("GET", "/prompts/nothing.json", 404),
    Case("GET", "/prompts/", 404),
    Case("GET", "/assets/sword/sword.glb", 200, headers={"content-type": "model/gltf-binary"}),
    Case("HEAD", "/assets/sword/concept-art.png", 200, headers={"content-type": "image/png"}),
    Case("GET", "/assets/sword/nothing.png", 404),
    Case("GET", "/assets/sword", 404),
    Case("GET", "/assets/", 404),
    Case("GET", "/assets/.hidden/metadata.json", 404),
    Case("GET", "/assets/broken/metadata.json", 200),
    Case("GET", "/", 404, says="/"),
    Case("GET", "/api", 404),
    Case("GET", "/api/", 404),
    Case("GET", "/api/nothing", 404, says="/api/nothing"),
    Case("POST", "/nothing", 404, send={}),
    Case("DELETE", "/api/generation/nothing", 404),
    Case("GET", "/docs", 200),
    Case("GET", "/openapi.json", 200, has={"openapi": ANY, "paths": ANY}),
]

CASES = [*MATERIALS, *PROMPTS, *STATIC]
