"""What is refused before the first paid call, and before anything is written. Blocking.

The caller holds the assets concerned while this looks, so that what was found good stays so.
"""

from collections.abc import Collection, Mapping
from typing import Any

from asset_forge.domain.generation import GenerationConfig
from asset_forge.domain.ids import AssetId, variant_id_for
from asset_forge.domain.quality import GenerationType
from asset_forge.errors import BadInput, Conflict, NotFound
from asset_forge.services.tools import NEEDED_DISK_BYTES, Tools
from asset_forge.services.variants import pick_retexturer
from asset_forge.storage.assets import AssetStore


def check_generation(tools: Tools, config: GenerationConfig) -> bool:
    """Check that a generation can be carried out; return whether its asset is there already.

    Raises BadInput, Conflict, ProviderNotConfigured or StorageUnavailable.
    """
    store = tools.store
    store.root.require_room(NEEDED_DISK_BYTES)
    if config.make_model:
        tools.ai.tasks(config.provider)
        if config.reference_image is None:
            tools.ai.pictures(config.provider)
    exists = store.exists(config.asset_id)
    if config.make_model:
        _check_place_for_model(store, config, exists=exists)
    elif exists:
        _check_model_to_work_on(tools, config)
    else:
        raise BadInput(
            "enableGeneration is false, so assetId must name an asset that exists; "
            f"there is no {config.asset_id}"
        )
    if config.make_variants:
        check_places_for_variants(store, config)
    return exists


def _check_place_for_model(store: AssetStore, config: GenerationConfig, *, exists: bool) -> None:
    if not exists:
        store.require_free(config.asset_id)
        return
    if not config.overwrite:
        raise Conflict(
            f"Asset {config.asset_id} already exists; send overwrite: true to replace it",
            code="asset_exists",
        )
    parent = _metadata(store, config.asset_id).get("parentBaseModel")
    if parent:
        raise Conflict(
            f"Asset {config.asset_id} is a variant of {parent}, and a new model would not be; "
            "choose another assetId, or delete the variant first",
            code="asset_exists",
        )


def _check_model_to_work_on(tools: Tools, config: GenerationConfig) -> None:
    metadata = _metadata(tools.store, config.asset_id)
    try:
        tools.store.static_model_path(config.asset_id)
    except NotFound:
        raise Conflict(
            f"enableGeneration is false, but {config.asset_id} has no model to work on",
            code="no_model",
        ) from None
    if config.make_variants:
        pick_retexturer(tools, config.provider, metadata, config.asset_id)
    if config.make_rig and config.generation_type is GenerationType.AVATAR:
        tools.ai.tasks(config.provider)


def check_places_for_variants(
    store: AssetStore, config: GenerationConfig, *, made: Collection[AssetId] = ()
) -> None:
    """Check that each variant may be written; those in `made` are there already, as they should.

    Raises BadInput, Conflict or StorageUnavailable.
    """
    taken = {config.asset_id}
    for preset in config.material_presets:
        variant_id = variant_id_for(config.asset_id, preset.id)
        if variant_id in taken:
            raise BadInput(
                f"The variant of material preset {preset.id!r} would be called {variant_id}, as "
                "another asset of this request is; choose another assetId or preset id"
            )
        taken.add(variant_id)
        if variant_id in made:
            continue
        if not store.exists(variant_id):
            store.require_free(variant_id)
        elif not config.overwrite:
            raise Conflict(
                f"Variant {variant_id} already exists; send overwrite: true to replace it",
                code="asset_exists",
            )
        elif _metadata(store, variant_id).get("parentBaseModel") != config.asset_id:
            raise Conflict(
                f"Asset {variant_id} is no variant of {config.asset_id}, so it is not replaced by "
                "one; rename it, or choose another assetId",
                code="asset_exists",
            )


def _metadata(store: AssetStore, asset_id: AssetId) -> Mapping[str, Any]:
    try:
        return store.read_metadata(asset_id)
    except NotFound:
        raise Conflict(
            f"The metadata.json of {asset_id} cannot be read, so nothing can be put there; "
            "mend it, or delete the asset",
            code="metadata_unreadable",
        ) from None
