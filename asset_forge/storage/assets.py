"""AssetStore: every change to asset folders. Blocking and safe for threads of one process.

A change shows whole or not at all: to other threads by locks, on the disk by renames, with
metadata.json last. Which changes are allowed is decided in services.
"""

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import RLock
from typing import Any

import structlog

from asset_forge.domain.clock import iso_now
from asset_forge.domain.ids import AssetId, parse_asset_id
from asset_forge.errors import BadInput, Conflict, NotFound
from asset_forge.storage.atomic import (
    TEMPORARY_SUFFIX,
    link_or_copy,
    remove_if_empty,
    storage_errors,
    sync_folder,
    sync_tree,
    write_bytes,
    write_json,
)
from asset_forge.storage.index import AssetIndex
from asset_forge.storage.locks import AssetLocks
from asset_forge.storage.metadata import (
    MetadataUnreadable,
    listed_variants,
    load_metadata,
    parse_metadata,
)
from asset_forge.storage.models import find_model, find_static_model
from asset_forge.storage.paths import METADATA_FILE, AssetRoot, is_safe_relative
from asset_forge.storage.renames import (
    forget_in_base,
    rename_in_base,
    rename_in_metadata,
    renamed_files,
)
from asset_forge.storage.sprites import (
    SPRITE_METADATA_FILE,
    SPRITES_FOLDER,
    build_sprites,
    sprite_keys,
)
from asset_forge.storage.swaps import swapped_in

Change = Callable[[dict[str, Any]], None]

_log = structlog.get_logger(__name__)


class AssetStore:
    """Reads and changes the asset folders below one root, which one process has to itself."""

    def __init__(self, root: AssetRoot) -> None:
        self.root = root
        self.index = AssetIndex(root)
        self._locks = AssetLocks()
        # Held by changes that add, move or remove folders: taken before any asset's lock.
        self._structure = RLock()

    # --- looking ---

    def exists(self, asset_id: str) -> bool:
        """Tell whether an asset has a folder, even one whose metadata is broken."""
        try:
            self.root.existing_folder(asset_id)
        except NotFound:
            return False
        return True

    def require_free(self, asset_id: str) -> None:
        """Raise Conflict when anything has the name, be it an asset, a file or a link."""
        self._refuse_taken(parse_asset_id(asset_id))

    def read_metadata(self, asset_id: str) -> dict[str, Any]:
        """Return a fresh copy of an asset's metadata.

        Raises NotFound when there is no such asset or its metadata.json cannot be read.
        """
        return self._load(self.root.existing_folder(asset_id))

    def model_path(self, asset_id: str) -> Path:
        """Return the file served as the asset's model: rigged for characters. Raises NotFound."""
        return self._model(asset_id, find_model)

    def static_model_path(self, asset_id: str) -> Path:
        """Return the model without a rig, which is what can be retextured. Raises NotFound."""
        return self._model(asset_id, find_static_model)

    def variants_of(self, base_id: AssetId) -> list[AssetId]:
        """Return the variants of a base that are there: by its own list and by what they say.

        A listed asset that names another base is no variant of this one.
        """
        folder = self.root.existing_folder(base_id)
        try:
            listed = set(listed_variants(load_metadata(folder)))
        except MetadataUnreadable:
            listed = set()
        found = []
        for entry in self.index.list():
            parent = entry.metadata.get("parentBaseModel")
            is_variant = parent == base_id or (not parent and entry.id in listed)
            if is_variant and entry.id != base_id:
                found.append(entry.id)
        return found

    # --- changing one asset ---

    def edit_metadata(self, asset_id: str, change: Change) -> dict[str, Any]:
        """Let `change` edit an asset's metadata in place, write it, and return it.

        Raises NotFound, BadInput for values that are not JSON, StorageUnavailable; the old
        metadata stays when anything is raised.
        """
        with self._locks.hold(parse_asset_id(asset_id)):
            folder = self.root.existing_folder(asset_id)
            metadata = self._load(folder)
            change(metadata)
            write_json(folder / METADATA_FILE, metadata)
            return metadata

    def add_variant(self, base_id: str, variant_id: str, now: str) -> dict[str, Any]:
        """Let a base list a variant, once. Raises as `edit_metadata` does."""

        def change(metadata: dict[str, Any]) -> None:
            variants = metadata.get("variants")
            variants = list(variants) if isinstance(variants, list) else []
            if variant_id not in variants:
                variants.append(variant_id)
            metadata["variants"] = variants
            metadata["variantCount"] = len(variants)
            metadata["lastVariantGenerated"] = variant_id
            metadata["updatedAt"] = now

        return self.edit_metadata(base_id, change)

    def replace_files(
        self,
        asset_id: str,
        files: Mapping[str, Path],
        change_metadata: Change,
        *,
        gone: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Copy files or whole folders into an asset, then change its metadata; return that.

        `files` maps paths below the asset's folder to where the content lies; `gone` names what
        is removed with them, where it is there. Until the metadata is written every old file
        comes back if anything fails. A metadata.json among the files is left out, since metadata
        is only ever edited. Raises as `edit_metadata` does.
        """
        files = {name: path for name, path in files.items() if name != METADATA_FILE}
        for name in (*files, *gone):
            if not is_safe_relative(name):
                raise BadInput(f"{name!r} is no path inside an asset's folder", code="bad_path")
        with self._locks.hold(parse_asset_id(asset_id)), storage_errors("replace files"):
            folder = self.root.existing_folder(asset_id)
            metadata = self._load(folder)
            change_metadata(metadata)
            with swapped_in(folder, files, gone=gone, aside=self._unused_in_trash()):
                write_json(folder / METADATA_FILE, metadata)
            return metadata

    def save_sprites(
        self, asset_id: str, sprites: Sequence[tuple[float, bytes]], config: Mapping[str, Any]
    ) -> list[str]:
        """Replace an asset's sprites by these; return the names of the files in sprites/.

        `sprites` are angles in degrees with the bytes of a PNG each, checked before.
        Raises as `edit_metadata` does.
        """
        now = iso_now()
        self.read_metadata(asset_id)
        built = self._unused_in_trash()
        try:
            with storage_errors("write sprites"):
                names = build_sprites(built, parse_asset_id(asset_id), sprites, config, now)
            self.replace_files(
                asset_id,
                {name: built / name for name in (SPRITES_FOLDER, SPRITE_METADATA_FILE)},
                lambda metadata: metadata.update(sprite_keys(config, len(sprites), now)),
            )
        finally:
            shutil.rmtree(built, ignore_errors=True)
        return names

    # --- adding, moving and removing assets ---

    def publish_folder(self, built: Path, asset_id: str) -> None:
        """Move a finished folder into place as an asset; it must be on the root's file system.

        Raises Conflict when there is such an asset, StorageUnavailable.
        """
        target = self.root.folder(asset_id)
        self.root.require()
        with storage_errors(f"publish {asset_id}"):
            sync_tree(built)
            with self._structure, self._locks.hold(target.name):
                self._refuse_taken(target.name)
                built.rename(target)
                sync_folder(self.root.path)

    def rename(self, asset_id: str, new_id: str, change: Change | None = None) -> dict[str, Any]:
        """Give an asset another id, and everything that refers to it; return its metadata.

        Renamed are the folder, GLBs that carry the id, paths in metadata, the name in the lists
        of bases and in the variants' parentBaseModel. `change` may edit the metadata in the same
        step, before the new names are written. Raises as `edit_metadata` does, and Conflict when
        the new id is taken; then everything is as it was.
        """
        old, new = parse_asset_id(asset_id), parse_asset_id(new_id)
        with self._structure, storage_errors(f"rename {old}"):
            bases = [e.id for e in self.index.list() if old in listed_variants(e.metadata)]
            variants = self.variants_of(old)
            with self._locks.hold(old, new, *bases, *variants):
                return self._rename(old, new, change, bases=bases, variants=variants)

    def delete(self, asset_id: str, *, include_variants: bool = False) -> list[AssetId]:
        """Delete an asset, with its variants when wanted; return what was deleted.

        The folders first move to the trash, all or none, and are emptied after that. Bases
        forget the deleted variants. Raises NotFound, StorageUnavailable.
        """
        target = parse_asset_id(asset_id)
        trash = self._unused_in_trash()
        with self._structure, storage_errors(f"delete {target}"):
            doomed = [*(self.variants_of(target) if include_variants else ()), target]
            gone = frozenset[str](doomed)
            bases = [
                entry.id
                for entry in self.index.list()
                if entry.id not in gone and gone.intersection(listed_variants(entry.metadata))
            ]
            with self._locks.hold(*doomed, *bases), ExitStack() as undo:
                folders = [self.root.existing_folder(each) for each in doomed]
                trash.mkdir(parents=True)
                undo.callback(remove_if_empty, trash)
                for folder in folders:
                    folder.rename(trash / folder.name)
                    undo.callback((trash / folder.name).rename, folder)
                for base in bases:
                    self._edit_with_undo(base, lambda m: forget_in_base(m, gone), undo)
                undo.pop_all()
            sync_folder(self.root.path)
        shutil.rmtree(trash, onerror=_log_left_in_trash)
        return doomed

    def clean_up(self) -> None:
        """Remove what a killed process left behind. Only at start, before anything is running."""
        shutil.rmtree(self.root.state_dir / "trash", ignore_errors=True)
        for left_over in self.root.path.glob(f"*/.*{TEMPORARY_SUFFIX}"):
            if left_over.is_dir():
                shutil.rmtree(left_over, ignore_errors=True)
            else:
                left_over.unlink(missing_ok=True)

    # --- helpers ---

    def _load(self, folder: Path) -> dict[str, Any]:
        try:
            with storage_errors("read metadata"):
                return load_metadata(folder)
        except MetadataUnreadable as error:
            raise NotFound(
                f"Asset {folder.name} cannot be used: {error}", code="metadata_unreadable"
            ) from None

    def _model(
        self, asset_id: str, find: Callable[[Path, str, Mapping[str, Any]], Path | None]
    ) -> Path:
        folder = self.root.existing_folder(asset_id)
        with storage_errors("find the model"):
            try:
                metadata = load_metadata(folder)
            except MetadataUnreadable:
                metadata = {}
            try:
                found = find(folder, parse_asset_id(asset_id), metadata)
            except FileNotFoundError:  # deleted or renamed since the first line
                found = None
        if found is None:
            raise NotFound("Model file not found", code="model_not_found")
        return found

    def _refuse_taken(self, asset_id: str) -> None:
        target = self.root.folder(asset_id)
        if self.exists(asset_id) or target.exists() or target.is_symlink():
            raise Conflict(f"Asset {asset_id} already exists", code="asset_exists")

    def _rename(
        self,
        old: AssetId,
        new: AssetId,
        change: Change | None,
        *,
        bases: list[AssetId],
        variants: list[AssetId],
    ) -> dict[str, Any]:
        folder, target = self.root.existing_folder(old), self.root.folder(new)
        metadata = self._load(folder)
        if old != new:
            self._refuse_taken(new)
        if change is not None:
            change(metadata)
        files = renamed_files(folder, old, new)
        rename_in_metadata(
            metadata, old_id=old, new_id=new, files=files, root_name=self.root.path.name
        )
        with ExitStack() as undo:
            # The GLBs have both names until the end, so that a kill in between breaks no path.
            for old_name, new_name in files.items():
                link_or_copy(folder / old_name, folder / new_name)
                undo.callback((folder / new_name).unlink)
            if folder != target:
                folder.rename(target)
                undo.callback(target.rename, folder)
            _write_with_undo(target / METADATA_FILE, metadata, undo)
            _rename_in_sprite_metadata(target / SPRITE_METADATA_FILE, new, undo)
            for base in bases:
                if base not in (old, new):
                    self._edit_with_undo(base, lambda m: rename_in_base(m, old, new), undo)
            for variant in variants:
                self._edit_with_undo(variant, lambda m: m.update(parentBaseModel=new), undo)
            undo.pop_all()
        for old_name in files:
            (target / old_name).unlink(missing_ok=True)
        sync_folder(self.root.path)
        return metadata

    def _edit_with_undo(self, asset_id: AssetId, change: Change, undo: ExitStack) -> None:
        folder = self.root.existing_folder(asset_id)
        metadata = self._load(folder)
        change(metadata)
        _write_with_undo(folder / METADATA_FILE, metadata, undo)

    def _unused_in_trash(self) -> Path:
        """Return a path for what is not needed after this call, nor after a kill in the middle."""
        return self.root.state_dir / "trash" / secrets.token_hex(8)


def _write_with_undo(path: Path, value: dict[str, Any], undo: ExitStack) -> None:
    undo.callback(write_bytes, path, path.read_bytes())
    write_json(path, value)


def _rename_in_sprite_metadata(path: Path, new_id: str, undo: ExitStack) -> None:
    try:
        value = parse_metadata(path.read_bytes())
    except (FileNotFoundError, MetadataUnreadable):
        return
    _write_with_undo(path, {**value, "assetId": new_id}, undo)


def _log_left_in_trash(_function: object, path: str, _error: object) -> None:
    _log.warning("trash_not_emptied", path=path)
