"""How a finished model gets into the library: as a new asset, or in the place of an old mesh."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from asset_forge.domain.ids import AssetId
from asset_forge.domain.metadata import KEYS_OF_THE_MESH, files_of_the_mesh
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.atomic import write_json


def publish_model(
    store: AssetStore,
    asset_id: AssetId,
    built: Path,
    metadata: dict[str, Any],
    *,
    replace: bool,
    kept: Collection[str] = (),
) -> None:
    """Make the folder `built` an asset with this metadata. Blocking.

    With `replace` it takes the place of what is there: rig and sprites of the old mesh go, keys
    named in `kept` and keys nobody here knows stay, and all comes back when it fails. Raises
    Conflict when the asset is there and is not to be replaced, StorageUnavailable.
    """
    if not (replace and store.exists(asset_id)):
        write_json(built / "metadata.json", metadata)
        store.publish_folder(built, asset_id)
        return

    def change(existing: dict[str, Any]) -> None:
        for key in KEYS_OF_THE_MESH:
            existing.pop(key, None)
        still = {key: existing[key] for key in kept if key in existing}
        existing.update({**metadata, **still})

    files = {path.name: path for path in built.iterdir()}
    store.replace_files(asset_id, files, change, gone=files_of_the_mesh(asset_id))
