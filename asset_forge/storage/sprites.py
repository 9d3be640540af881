"""How sprites lie in an asset's folder: file names, sprite-metadata.json, keys of metadata.json."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from asset_forge.storage.atomic import write_json, write_synced

SPRITES_FOLDER = "sprites"
SPRITE_METADATA_FILE = "sprite-metadata.json"


def sprite_file_name(angle_deg: float) -> str:
    """Name the sprite seen from an angle: 0deg.png, 22.5deg.png."""
    return f"{Decimal(repr(_plain(angle_deg))):f}deg.png"


def build_sprites(
    folder: Path,
    asset_id: str,
    sprites: Sequence[tuple[float, bytes]],
    config: Mapping[str, Any],
    now: str,
) -> list[str]:
    """Write sprites/ and sprite-metadata.json into an empty folder; return the files' names.

    `sprites` are angles in degrees with the bytes of a PNG each. Raises OSError.
    """
    (folder / SPRITES_FOLDER).mkdir()
    names = []
    for angle_deg, png in sprites:
        names.append(sprite_file_name(angle_deg))
        write_synced(folder / SPRITES_FOLDER / names[-1], png)
    write_json(
        folder / SPRITE_METADATA_FILE,
        {
            "assetId": asset_id,
            "config": dict(config),
            "angles": [_plain(angle_deg) for angle_deg, _ in sprites],
            "spriteCount": len(sprites),
            "status": "completed",
            "generatedAt": now,
        },
    )
    return names


def sprite_keys(config: Mapping[str, Any], count: int, now: str) -> dict[str, Any]:
    """Return what metadata.json gains when sprites were saved."""
    return {
        "hasSpriteSheet": True,
        "spriteCount": count,
        "spriteConfig": dict(config),
        "lastSpriteGeneration": now,
        "updatedAt": now,
    }


def _plain(angle_deg: float) -> float:
    """Write whole angles as 45 rather than 45.0, and -0.0 as 0."""
    whole = int(angle_deg)
    return whole if whole == angle_deg else float(angle_deg)
