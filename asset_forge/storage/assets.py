"""AssetStore: every change to asset folders. Blocking and safe for threads of one process.

A change shows whole or not at all: to other threads by locks, on the disk by one rename, or by
changes.py where it takes several. Which changes are allowed is decided in services.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Any

import structlog

from asset_forge.crash_points import CrashPoint, crash_here
from asset_forge.domain.clock import iso_now
from asset_forge.domain.ids import AssetId, parse_asset_id
from asset_forge.domain.sprite_sheets import SHEET_FILES, SHEET_HASH, SpriteShot, renamed_sheet
from asset_forge.errors import Conflict, NotFound
from asset_forge.storage.atomic import (
    encode_json,
    storage_errors,
    sync_folder,
    sync_tree,
    write_bytes,
    write_json,
)
from asset_forge.storage.changes import Change as FileChange
from asset_forge.storage.changes import Changes
from asset_forge.storage.index import AssetEntry, AssetIndex
from asset_forge.storage.left_overs import remove_temporaries
from asset_forge.storage.locks import AssetLocks
from asset_forge.storage.metadata import (
    MetadataUnreadable,
    listed_variants,
    load_metadata,
)
from asset_forge.storage.models import find_model, find_static_model
from asset_forge.storage.paths import METADATA_FILE, AssetRoot
from asset_forge.storage.renames import (
    forget_in_base,
    list_in_base,
    rename_in_base,
    rename_in_metadata,
    renamed_files,
)
from asset_forge.storage.replacing import edit_json, rename_files, replace_in_folder
from asset_forge.storage.sprites import (
    SPRITE_METADATA_FILE,
    SPRITES_FOLDER,
    Sprites,
    SpriteSheet,
    build_sprites,
    put_sprite_keys,
    sheet_files,
)

Change = Callable[[dict[str, Any]], None]

_log = structlog.get_logger(__name__)


class AssetStore:
    """Reads and changes the asset folders below one root, which one process has to itself."""

    def __init__(self, root: AssetRoot) -> None:
        self.root = root
        self.index = AssetIndex(root)
        self._locks = AssetLocks()
        self._changes = Changes(root)
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
        """Return the file served as the asset's model: rigged for characters. Raises NotFound.

        As with `AssetRoot.file`, no name of the path is a symlink.
        """
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

    def edit_metadata(self, asset_id: str, change: Change) -> AssetEntry:
        """Let `change` edit an asset's metadata in place, write it, and return the asset.

        It is read before anybody else may rename or delete it. Raises NotFound, BadInput for
        values that are not JSON, StorageUnavailable; the old metadata stays when anything is
        raised.
        """
        with self._locks.hold(parse_asset_id(asset_id)):
            self._changes.settle()
            folder = self.root.existing_folder(asset_id)
            metadata = self._load(folder)
            change(metadata)
            write_json(folder / METADATA_FILE, metadata)
            return self.index.entry(asset_id)

    def add_variant(self, base_id: str, variant_id: str, now: str) -> AssetEntry:
        """Let a base list a variant, once. Raises as `edit_metadata` does."""
        return self.edit_metadata(base_id, lambda m: list_in_base(m, variant_id, now))

    def replace_files(
        self,
        asset_id: str,
        files: Mapping[str, Path],
        change_metadata: Change,
        *,
        gone: Sequence[str] = (),
        base_id: str | None = None,
    ) -> dict[str, Any]:
        """Copy files or whole folders into an asset and change its metadata; return that.

        `files` maps paths below the asset's folder to where the content lies; `gone` names what
        is removed with them, where it is there; the base named by `base_id` lists the asset from
        then on. All or nothing. A metadata.json among the files is left out, since metadata is
        only ever edited. Raises as `edit_metadata` does, BadInput for a path that leaves the
        folder, and Conflict for a symlink in the way.
        """
        known = parse_asset_id(asset_id)
        with self._locks.hold(known, *_given(base_id)):
            folder = self.root.existing_folder(known)
            metadata = self._load(folder)
            change_metadata(metadata)
            with self._changes.begin(f"replace files of {known}") as change:
                new = {name: path for name, path in files.items() if name != METADATA_FILE}
                replace_in_folder(change, folder, new, gone)
                change.put_bytes(folder / METADATA_FILE, encode_json(metadata))
                self._list_in_base(change, base_id, known)
            return metadata

    def put_file(
        self, asset_id: str, name: str, data: bytes, *, check: Callable[[Path], None]
    ) -> None:
        """Write one file of an asset, unless `check` of its folder raises, which is locked then."""
        with self._locks.hold(parse_asset_id(asset_id)):
            self._changes.settle()
            folder = self.root.existing_folder(asset_id)
            check(folder)
            write_bytes(folder / name, data)

    def save_sprites(
        self,
        asset_id: str,
        sprites: Sprites,
        config: Mapping[str, Any],
        *,
        sheet: SpriteSheet | None = None,
    ) -> list[str]:
        """Replace an asset's sprites and their sheet by these; return the files' names in sprites/.

        `sprites` are angles in degrees, or shots, with the bytes of a PNG each, checked before.
        Without a sheet the old one goes. Raises as `edit_metadata` does.
        """
        now, known = iso_now(), parse_asset_id(asset_id)
        shots = [(s if isinstance(s, SpriteShot) else SpriteShot(s), png) for s, png in sprites]
        with self._locks.hold(known):
            folder = self.root.existing_folder(known)
            metadata = self._load(folder)
            put_sprite_keys(metadata, config, len(shots), sheet, now)
            with self._changes.begin(f"write sprites of {known}") as change:
                names = build_sprites(change.folder, known, shots, config, sheet, now)
                for name in (SPRITES_FOLDER, SPRITE_METADATA_FILE):
                    change.put(folder / name, change.folder / name)
                files = {} if sheet is None else sheet_files(sheet, known)
                for name in SHEET_FILES:
                    if name in files:
                        change.put_bytes(folder / name, files[name])
                    else:
                        change.take_out(folder / name)
                change.put_bytes(folder / METADATA_FILE, encode_json(metadata))
            return names

    # --- adding, moving and removing assets ---

    def publish_folder(self, built: Path, asset_id: str, *, base_id: str | None = None) -> None:
        """Move a finished folder into place as an asset; it must be on the root's file system.

        The base named by `base_id` lists it from then on. All or nothing. Raises Conflict when
        there is such an asset, StorageUnavailable.
        """
        target = self.root.folder(asset_id)
        self.root.require()
        with storage_errors(f"publish {target.name}"):
            sync_tree(built)
            crash_here(CrashPoint.ASSET_BUILT)
            with self._structure, self._locks.hold(target.name, *_given(base_id)):
                self._publish(built, target, base_id)

    def rename(self, asset_id: str, new_id: str, change: Change | None = None) -> AssetEntry:
        """Give an asset another id, and everything that refers to it; return the asset.

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
                self._rename(old, new, change, bases=bases, variants=variants)
                return self.index.entry(new)

    def delete(self, asset_id: str, *, include_variants: bool = False) -> list[AssetId]:
        """Delete an asset, with its variants when wanted; return what was deleted.

        All of them or none. Bases forget the deleted variants. Raises NotFound,
        StorageUnavailable.
        """
        target = parse_asset_id(asset_id)
        with self._structure, storage_errors(f"delete {target}"):
            doomed = [*(self.variants_of(target) if include_variants else ()), target]
            gone = frozenset[str](doomed)
            bases = [
                entry.id
                for entry in self.index.list()
                if entry.id not in gone and gone.intersection(listed_variants(entry.metadata))
            ]
            with self._locks.hold(*doomed, *bases):
                folders = [self.root.existing_folder(each) for each in doomed]
                with self._changes.begin(f"delete {target}") as change:
                    for folder in folders:
                        change.remove(folder)
                    for base in bases:
                        self._put_metadata(change, base, lambda m: forget_in_base(m, gone))
        return doomed

    def clean_up(self) -> None:
        """Take back what a killed process left half done, and remove its temporary files.

        Only at start, before anything is running. Raises nothing: on a disk that cannot be
        written, everything stays as it is.
        """
        self._changes.recover()
        remove_temporaries(self.root)

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
                real = found.resolve(strict=True) if found else None
            except FileNotFoundError:  # deleted or renamed since the first line
                real = None
            home = self.root.path.resolve() / folder.name
        if real is None or not real.is_relative_to(home):
            raise NotFound("Model file not found", code="model_not_found")
        return real

    def _refuse_taken(self, asset_id: AssetId, *, renamed: AssetId | None = None) -> None:
        """Raise Conflict when anything has the name; `renamed` is about to lose its own."""
        for name in self.root.names_like(asset_id):
            found = unicodedata.normalize("NFC", name)
            if found == asset_id:
                raise Conflict(f"Asset {asset_id} already exists", code="asset_exists")
            if found != renamed:
                raise Conflict(
                    f"Asset {name} already exists, and many disks take {asset_id} for the same "
                    "name; choose another",
                    code="asset_exists",
                )

    def _publish(self, built: Path, target: Path, base_id: str | None) -> None:
        self._changes.settle()
        self._refuse_taken(AssetId(target.name))
        if base_id is None:
            built.rename(target)
            sync_folder(self.root.path)
            sync_folder(built.parent)
        else:
            with self._changes.begin(f"publish {target.name}") as change:
                change.move(built, target)
                self._list_in_base(change, base_id, AssetId(target.name))
        crash_here(CrashPoint.ASSET_PUBLISHED)

    def _rename(
        self,
        old: AssetId,
        new: AssetId,
        change_metadata: Change | None,
        *,
        bases: list[AssetId],
        variants: list[AssetId],
    ) -> None:
        folder, target = self.root.existing_folder(old), self.root.folder(new)
        metadata = self._load(folder)
        if old != new:
            self._refuse_taken(new, renamed=old)
        if change_metadata is not None:
            change_metadata(metadata)
        files = renamed_files(folder, old, new)
        rename_in_metadata(
            metadata, old_id=old, new_id=new, files=files, root_name=self.root.path.name
        )

        def change_relative(relative: AssetId) -> Change:
            def edit(found: dict[str, Any]) -> None:
                if relative in bases:
                    rename_in_base(found, old, new)
                if relative in variants:
                    found["parentBaseModel"] = new

            return edit

        with self._changes.begin(f"rename {old}") as change:
            change.put_bytes(folder / METADATA_FILE, encode_json(metadata))
            edit_json(change, folder / SPRITE_METADATA_FILE, lambda v: {**v, "assetId": new})
            edit_json(change, folder / SHEET_HASH, lambda v: renamed_sheet(v, new))
            rename_files(change, folder, files)
            for relative in sorted({*bases, *variants} - {old, new}):
                self._put_metadata(change, relative, change_relative(relative))
            if folder != target:
                change.move(folder, target)

    def _put_metadata(self, change: FileChange, asset_id: AssetId, edit: Change) -> None:
        """Let a change edit the metadata of another asset; its lock is held."""
        folder = self.root.existing_folder(asset_id)
        metadata = self._load(folder)
        edit(metadata)
        change.put_bytes(folder / METADATA_FILE, encode_json(metadata))

    def _list_in_base(self, change: FileChange, base_id: str | None, variant_id: AssetId) -> None:
        """Let a base list a variant; one that is gone or broken lists nothing, and that is all."""
        if base_id is None:
            return
        try:
            self._put_metadata(
                change, parse_asset_id(base_id), lambda m: list_in_base(m, variant_id, iso_now())
            )
        except NotFound as error:
            _log.warning("variant_not_listed", variant_id=variant_id, reason=error.message)


def _given(asset_id: str | None) -> tuple[AssetId, ...]:
    return () if asset_id is None else (parse_asset_id(asset_id),)
