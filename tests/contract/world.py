"""The library that the table of cases is asked about."""

import json
from pathlib import Path
from typing import Any

from tests.fakes import models, pictures

Json = dict[str, Any]

SWORD_GLB = models.textured_box()
RIGGED_GLB = models.rigged_figure("walking")
PICTURE = pictures.png(size_px=32)


def make_world(root: Path) -> None:
    """Fill an asset folder with one asset of each kind, and with what is no asset."""
    _asset(
        root,
        "sword",
        {
            "type": "weapon",
            "subtype": "sword",
            "description": "a plain sword",
            "generatedAt": "2026-11-20T10:00:00.000Z",
            "isBaseModel": True,
            "quality": "standard",
            "variants": ["sword-bronze"],
            "variantCount": 1,
            "providerTaskId": "greybox-image-to-3d-0000000000000000",
            "generationConfig": {
                "name": "Sword",
                "type": "weapon",
                "subtype": "sword",
                "description": "a plain sword",
            },
            "kept": {"by": "somebody"},
        },
        {"sword.glb": SWORD_GLB, "sword_raw.glb": b"raw", "concept-art.png": PICTURE},
    )
    _asset(
        root,
        "sword-bronze",
        {
            "type": "weapon",
            "subtype": "sword",
            "generatedAt": "2026-11-21T10:00:00.000Z",
            "isVariant": True,
            "parentBaseModel": "sword",
        },
        {"sword-bronze.glb": SWORD_GLB},
    )
    _asset(
        root,
        "knight",
        {"type": "character", "subtype": "npc", "riggedModelPath": "knight_rigged.glb"},
        {"knight.glb": SWORD_GLB, "knight_rigged.glb": RIGGED_GLB, "t-pose.glb": SWORD_GLB},
    )
    _asset(
        root,
        "odd-file",
        {"type": "tool"},
        {"a_raw.glb": b"raw", "b_rigged.glb": b"rigged", "t-pose.glb": b"t", "c.glb": SWORD_GLB},
    )
    _asset(root, "bare", {"type": "prop", "generatedAt": "2026-11-19T10:00:00.000Z"}, {})
    _asset(
        root,
        "knight's-sword",
        {"type": "weapon"},
        {"knight's-sword.glb": SWORD_GLB, ".secret": b"s", "animations/walking.glb": RIGGED_GLB},
    )
    _asset(root, "剑", {"type": "weapon"}, {"剑.glb": SWORD_GLB})
    (root / "broken").mkdir()
    (root / "broken" / "metadata.json").write_text("{no json")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "metadata.json").write_text("{}")
    (root / "notes.txt").write_text("not an asset")


def _asset(root: Path, asset_id: str, metadata: Json, files: dict[str, bytes]) -> None:
    folder = root / asset_id
    folder.mkdir()
    facts = {"name": asset_id, "gameId": asset_id, **metadata}
    (folder / "metadata.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
