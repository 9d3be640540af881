"""How a finished model gets into the library: as a new asset, or in the place of an old mesh."""

import hashlib
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from asset_forge.domain.ids import AssetId
from asset_forge.domain.metadata import KEYS_OF_THE_MESH, files_of_the_mesh
from asset_forge.errors import NotFound
from asset_forge.pipeline.context import Artifact
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.atomic import write_json


def fresh_folder(path: Path) -> None:
    """Make an empty folder, in the place of what an earlier run has left there."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)


def publish_model(
    store: AssetStore,
    asset_id: AssetId,
    built: Path,
    metadata: dict[str, Any],
    *,
    task_key: str,
    replace: bool,
    base_id: AssetId | None = None,
    kept: Collection[str] = (),
) -> list[Artifact]:
    """Make the folder `built` an asset with this metadata; return its files. Blocking.

    With `replace` it takes the place of what is there: rig and sprites of the old mesh go, keys
    named in `kept` and keys nobody here knows stay, and all comes back when it fails. The base
    named by `base_id` lists it from then on. When the
    asset is there with the same task under `task_key`, an earlier run has come this far and
    nothing is changed. Raises Conflict when another asset is there and is not to be replaced,
    StorageUnavailable.
    """
    folder = store.root.folder(asset_id)
    if _is_published(store, asset_id, task_key, metadata[task_key]):
        names = [path.name for path in built.iterdir()]
        return artifacts_in(folder, [name for name in names if (folder / name).is_file()])
    if not (replace and store.exists(asset_id)):
        write_json(built / "metadata.json", metadata)
        files = [found for found in artifacts_in(built) if found.path.name != "metadata.json"]
        store.publish_folder(built, asset_id, base_id=base_id)
        return [Artifact(folder / f.path.name, f.sha256, f.size_bytes) for f in files]

    def change(existing: dict[str, Any]) -> None:
        for key in KEYS_OF_THE_MESH:
            existing.pop(key, None)
        still = {key: existing[key] for key in kept if key in existing}
        existing.update({**metadata, **still})

    files_by_name = {path.name: path for path in built.iterdir()}
    store.replace_files(
        asset_id, files_by_name, change, gone=files_of_the_mesh(asset_id), base_id=base_id
    )
    return artifacts_in(folder, files_by_name)


def artifacts_in(folder: Path, names: Collection[str] | None = None) -> list[Artifact]:
    """Return files of a folder with their hashes; all of them, unless some are named. Blocking."""
    if names is None:
        names = [path.name for path in folder.iterdir() if path.is_file()]
    found = []
    for name in sorted(names):
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found.append(Artifact(folder / name, digest, (folder / name).stat().st_size))
    return found


def _is_published(store: AssetStore, asset_id: AssetId, task_key: str, task_id: str) -> bool:
    try:
        return store.read_metadata(asset_id).get(task_key) == task_id
    except NotFound:
        return False
