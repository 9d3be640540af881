"""What metadata.json says of a base, a variant and a rig. Keys are those of the HTTP surface.

Only new keys are built here: whoever writes them merges them into what is there, so that keys
this service does not know survive.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.sprite_sheets import SHEET_FILES

CONCEPT_ART = "concept-art.png"
THUMBNAIL = "thumbnail.png"

# A rig and sprites are of one mesh: when another takes its place, they go with it.
KEYS_OF_THE_MESH = (
    "isRigged",
    "riggingTaskId",
    "riggingStatus",
    "riggingError",
    "riggingAttempted",
    "rigType",
    "characterHeight",
    "animations",
    "riggedModelPath",
    "tposeModelPath",
    "supportsAnimation",
    "animationCompatibility",
    "hasSpriteSheet",
    "spriteCount",
    "spriteConfig",
    "lastSpriteGeneration",
    "spriteSheet",
    "thumbnailError",
    "note",
    "kind",
    "modelWarnings",
    "faceCount",
    "textureMaps",
    "normalizationDate",
    "normalization",
    "conventions",
    "grip",
)


def files_of_the_mesh(asset_id: AssetId) -> tuple[str, ...]:
    """Return the files of an asset that belong to its mesh, beside the model itself."""
    return (
        f"{asset_id}_rigged.glb",
        "t-pose.glb",
        "animations/walking.glb",
        "animations/running.glb",
        "sprites",
        "sprite-metadata.json",
        *SHEET_FILES,
        THUMBNAIL,
    )


def base_metadata(
    config: GenerationConfig,
    *,
    detailed_prompt: str,
    provider: str,
    task_id: str,
    workflow: str,
    now: str,
    started_at: str,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Build the metadata of a base model that has just been made.

    `facts` are what was measured on the file: normalized, dimensions (metres), polycount.
    """
    asset_id = config.asset_id
    by_meshy = provider == "meshy"
    return {
        "name": asset_id,
        "displayName": config.name,
        "gameId": asset_id,
        "type": config.type,
        "subtype": config.subtype,
        "description": config.description,
        "detailedPrompt": detailed_prompt,
        "generatedAt": started_at,
        "completedAt": now,
        "isBaseModel": True,
        "materialVariants": [preset.id for preset in config.material_presets],
        "isPlaceholder": provider == "greybox",
        "hasModel": True,
        "hasConceptArt": True,
        "modelPath": f"{asset_id}.glb",
        "conceptArtUrl": f"./{CONCEPT_ART}",
        "gddCompliant": True,
        "workflow": workflow,
        "provider": provider,
        "providerTaskId": task_id,
        "meshyTaskId": task_id if by_meshy else None,
        "meshyStatus": "completed" if by_meshy else None,
        "quality": config.quality,
        "generationType": config.generation_type,
        "variants": [],
        "variantCount": 0,
        "lastVariantGenerated": None,
        "updatedAt": now,
        "generationConfig": dict(config.request),
        **facts,
    }


def variant_metadata(
    base: Mapping[str, Any],
    *,
    base_id: AssetId,
    variant_id: AssetId,
    preset: MaterialPreset,
    provider: str,
    task_id: str,
    workflow: str,
    started_at: str,
    now: str,
    has_concept_art: bool,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Build the metadata of a material variant of the base whose metadata is `base`.

    `facts` are what was measured on the file, as for a base.
    """
    return {
        "id": variant_id,
        "gameId": variant_id,
        "name": variant_id,
        "displayName": f"{preset.display_name} {base.get('displayName') or base_id}",
        "type": base.get("type"),
        "subtype": base.get("subtype"),
        "isBaseModel": False,
        "isVariant": True,
        "parentBaseModel": base_id,
        "materialPreset": {
            key: value
            for key, value in preset.to_json().items()
            if key in ("id", "displayName", "category", "tier", "color", "stylePrompt")
        },
        "workflow": workflow,
        "provider": provider,
        "baseModelTaskId": base.get("meshyTaskId") or base.get("providerTaskId"),
        "retextureTaskId": task_id,
        "retextureStatus": "completed",
        "modelPath": f"{variant_id}.glb",
        "conceptArtPath": CONCEPT_ART if has_concept_art else None,
        "conceptArtUrl": f"./{CONCEPT_ART}" if has_concept_art else None,
        "hasModel": True,
        "hasConceptArt": has_concept_art,
        "generatedAt": started_at,
        "completedAt": now,
        "updatedAt": now,
        "description": f"{preset.display_name} variant of {base.get('displayName') or base_id}",
        "isPlaceholder": provider == "greybox",
        "gddCompliant": True,
        **facts,
    }


def rig_metadata(
    asset_id: AssetId, *, task_id: str, height_m: float, animations: Mapping[str, str]
) -> dict[str, Any]:
    """Build what a finished rig adds to the metadata. `animations` maps names to paths."""
    return {
        "isRigged": True,
        "riggingTaskId": task_id,
        "riggingStatus": "completed",
        "riggingAttempted": True,
        "rigType": "humanoid-standard",
        "characterHeight": height_m,
        "animations": {"basic": dict(animations)},
        "riggedModelPath": f"{asset_id}_rigged.glb",
        "tposeModelPath": "t-pose.glb",
        "supportsAnimation": True,
        "animationCompatibility": ["mixamo", "unity", "unreal"],
    }


def failed_rig_metadata(reason: str) -> dict[str, Any]:
    return {
        "isRigged": False,
        "riggingStatus": "failed",
        "riggingError": reason,
        "riggingAttempted": True,
    }


def makers(*names: str | None) -> str:
    """Join the makers that had a hand in an asset into one line for `workflow`."""
    seen: Sequence[str] = list(dict.fromkeys(name for name in names if name))
    return " → ".join(seen)
