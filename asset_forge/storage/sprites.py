"""How sprites lie in an asset's folder: file names, sprite-metadata.json, keys of metadata.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asset_forge.domain.sprite_sheets import (
    SHEET_ASEPRITE,
    SHEET_HASH,
    SHEET_IMAGE,
    PackedSheet,
    SpriteShot,
    aseprite_json,
    hash_json,
    plain_number,
)
from asset_forge.storage.atomic import encode_json, write_json, write_synced

SPRITES_FOLDER = "sprites"
SPRITE_METADATA_FILE = "sprite-metadata.json"

Sprites = Sequence[tuple[float | SpriteShot, bytes]]


@dataclass(frozen=True)
class SpriteSheet:
    """All sprites of an asset on one PNG, and where each is."""

    packed: PackedSheet
    png: bytes


def build_sprites(
    folder: Path,
    asset_id: str,
    sprites: Sequence[tuple[SpriteShot, bytes]],
    config: Mapping[str, Any],
    sheet: SpriteSheet | None,
    now: str,
) -> list[str]:
    """Write sprites/ and sprite-metadata.json into an empty folder; return the files' names.

    `sprites` are shots with the bytes of a PNG each. Raises OSError.
    """
    (folder / SPRITES_FOLDER).mkdir()
    names = []
    for shot, png in sprites:
        names.append(shot.file_name)
        write_synced(folder / SPRITES_FOLDER / names[-1], png)
    shots = [shot for shot, _ in sprites]
    noted: dict[str, Any] = {
        "assetId": asset_id,
        "config": dict(config),
        "angles": list(dict.fromkeys(plain_number(shot.angle_deg) for shot in shots)),
        "spriteCount": len(sprites),
        "status": "completed",
        "generatedAt": now,
    }
    if any(shot.animation for shot in shots):
        noted["frames"] = [
            {
                "file": shot.file_name,
                "angle": plain_number(shot.angle_deg),
                "animation": shot.animation,
                "frame": shot.frame,
                "duration": shot.duration_ms,
            }
            for shot in shots
        ]
    if sheet is not None:
        noted["spriteSheet"] = sheet.packed.to_json()
    write_json(folder / SPRITE_METADATA_FILE, noted)
    return names


def sheet_files(sheet: SpriteSheet, asset_id: str) -> dict[str, bytes]:
    """Return the files of a sprite sheet by their names in the asset's folder."""
    return {
        SHEET_IMAGE: sheet.png,
        SHEET_HASH: encode_json(hash_json(sheet.packed, asset_id)),
        SHEET_ASEPRITE: encode_json(aseprite_json(sheet.packed)),
    }


def put_sprite_keys(
    metadata: dict[str, Any],
    config: Mapping[str, Any],
    count: int,
    sheet: SpriteSheet | None,
    now: str,
) -> None:
    """Let metadata.json tell of the sprites that were saved."""
    metadata |= {
        "hasSpriteSheet": True,
        "spriteCount": count,
        "spriteConfig": dict(config),
        "lastSpriteGeneration": now,
        "updatedAt": now,
    }
    if sheet is None:
        metadata.pop("spriteSheet", None)
    else:
        metadata["spriteSheet"] = sheet.packed.to_json()
