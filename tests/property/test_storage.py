"""AssetStore against a model in memory: whatever is done, killed or refused, both are the same."""

import errno
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from asset_forge.errors import Conflict, NotFound, StorageUnavailable
from asset_forge.storage import assets as assets_module
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from tests.property.storage_model import (
    NOW,
    Missing,
    Model,
    Taken,
    as_json,
    new_metadata,
    read_library,
)
from tests.support.faulty_disk import Counter, Failing, Killed, Killing, faulty_disk

# Names that follow each other, that differ by case alone, and one that has two normalisations.
IDS = st.sampled_from(["sword", "sword_raw", "Sword", "sword-steel", "épée"])
DATA = st.binary(min_size=1, max_size=3).map(lambda data: data.hex().encode())
PICTURES = st.lists(DATA, min_size=1, max_size=3)
# Most changes make between ten and sixty calls.
TROUBLE = st.one_of(
    st.none(),
    st.integers(1, 60).map(Killing),
    st.builds(Killing, st.integers(2, 8), only_renames=st.just(True)),
    st.builds(Failing, st.integers(1, 60), st.sampled_from([errno.ENOSPC, errno.EIO])),
    st.builds(Failing, st.integers(1, 60), st.just(errno.EROFS), lasting=st.just(True)),
)

Change = Callable[[Model], None]


class Library(RuleBasedStateMachine):
    """Makes every change on the disk and in the model, with or without trouble on the way."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.root = self.folder / "gdd-assets"
        self.root.mkdir()
        self.store = AssetStore(AssetRoot(self.root))
        self.model = Model()
        self.time = pytest.MonkeyPatch()
        self.time.setattr(assets_module, "iso_now", lambda: NOW)
        for asset_id, base_id in (("sword", None), ("sword-steel", "sword"), ("épée", "sword")):
            self.publish_one(asset_id, b"00", base_id, None)
        self.store.save_sprites("sword-steel", [(0.0, b"11")], {"angles": 1})
        self.model.save_sprites("sword-steel", [b"11"])

    def teardown(self) -> None:
        self.time.undo()
        shutil.rmtree(self.folder)

    @rule(asset_id=IDS, data=DATA, base_id=st.none() | IDS, trouble=TROUBLE)
    def publish(
        self, asset_id: str, data: bytes, base_id: str | None, trouble: Counter | None
    ) -> None:
        self.publish_one(asset_id, data, base_id, trouble)

    def publish_one(
        self, asset_id: str, data: bytes, base_id: str | None, trouble: Counter | None
    ) -> None:
        built = self.root / ".forge" / "work" / asset_id
        shutil.rmtree(built, ignore_errors=True)
        built.mkdir(parents=True)
        (built / f"{asset_id}.glb").write_bytes(data)
        (built / f"{asset_id}_raw.glb").write_bytes(data + b" raw")
        (built / "metadata.json").write_bytes(as_json(new_metadata(asset_id, base_id)))
        self.do(
            lambda: self.store.publish_folder(built, asset_id, base_id=base_id),
            lambda model: model.publish(asset_id, data, base_id),
            trouble,
        )

    @rule(asset_id=IDS, key=st.sampled_from(["k0", "type"]), value=st.text(max_size=3), t=TROUBLE)
    def edit(self, asset_id: str, key: str, value: str, t: Counter | None) -> None:
        self.do(
            lambda: self.store.edit_metadata(asset_id, lambda m: m.update({key: value})),
            lambda model: model.edit(asset_id, key, value),
            t,
        )

    @rule(base_id=IDS, variant_id=IDS, trouble=TROUBLE)
    def add_variant(self, base_id: str, variant_id: str, trouble: Counter | None) -> None:
        self.do(
            lambda: self.store.add_variant(base_id, variant_id, NOW),
            lambda model: model.add_variant(base_id, variant_id),
            trouble,
        )

    @rule(asset_id=IDS, data=DATA, trouble=TROUBLE)
    def replace_files(self, asset_id: str, data: bytes, trouble: Counter | None) -> None:
        new = self.folder / "new.glb"
        new.write_bytes(data)
        files = {f"{asset_id}.glb": new, "animations/walking.glb": new}
        self.do(
            lambda: self.store.replace_files(
                asset_id,
                files,
                lambda m: m.update(isRigged=data.decode()),
                gone=["sprites", "sprite-metadata.json"],
            ),
            lambda model: model.replace_files(asset_id, data),
            trouble,
        )

    @rule(asset_id=IDS, pictures=PICTURES, trouble=TROUBLE)
    def save_sprites(self, asset_id: str, pictures: list[bytes], trouble: Counter | None) -> None:
        sprites = list(zip((0.0, 22.5, 45.0), pictures, strict=False))
        self.do(
            lambda: self.store.save_sprites(asset_id, sprites, {"angles": len(pictures)}),
            lambda model: model.save_sprites(asset_id, pictures),
            trouble,
        )

    @rule(old=IDS, new=IDS, trouble=TROUBLE)
    def rename(self, old: str, new: str, trouble: Counter | None) -> None:
        self.do(lambda: self.store.rename(old, new), lambda model: model.rename(old, new), trouble)

    @rule(asset_id=IDS, include_variants=st.booleans(), trouble=TROUBLE)
    def delete(self, asset_id: str, include_variants: bool, trouble: Counter | None) -> None:
        self.do(
            lambda: self.store.delete(asset_id, include_variants=include_variants),
            lambda model: model.delete(asset_id, include_variants=include_variants),
            trouble,
        )

    @rule(asset_id=IDS, value=st.integers(0, 9))
    def edit_by_hand(self, asset_id: str, value: int) -> None:
        if asset_id not in self.model.assets:
            return
        metadata = self.model.assets[asset_id].metadata
        metadata["by hand"] = value
        (self.root / asset_id / "metadata.json").write_bytes(as_json(metadata))

    @rule()
    def restart(self) -> None:
        self.store = AssetStore(AssetRoot(self.root))
        self.store.clean_up()

    @invariant()
    def disk_is_as_the_model_says(self) -> None:
        listed = {entry.id: entry.metadata for entry in self.store.index.list()}
        assert listed == {name: asset.metadata for name, asset in self.model.assets.items()}
        assert read_library(self.root) == self.model.assets

    def do(self, act: Callable[[], Any], change: Change, trouble: Counter | None) -> None:
        """Make a change in both places; with trouble the disk may be as before or as after."""
        expected, after = self.expect(change)
        raised = self.attempt(act, trouble)
        if isinstance(raised, StorageUnavailable | Killed):
            # A killed process starts again. After a failure the same one goes on: what it could
            # not take back itself it takes back before the next change, or at the next start.
            if isinstance(raised, Killed) or (isinstance(trouble, Failing) and trouble.lasting):
                self.restart()
            assert trouble is not None
            self.model = after if read_library(self.root) == after.assets else self.model
        else:
            assert type(raised) is type(expected) or raised is expected
            self.model = after

    def expect(self, change: Change) -> tuple[Exception | None, Model]:
        """Return the error that the model foresees, and the model as it is afterwards."""
        after = self.model.copied()
        try:
            change(after)
        except Missing:
            return NotFound(""), self.model
        except Taken:
            return Conflict(""), self.model
        return None, after

    def attempt(self, act: Callable[[], Any], trouble: Counter | None) -> BaseException | None:
        try:
            with faulty_disk(trouble or Counter()):
                act()
        except (NotFound, Conflict, StorageUnavailable, Killed) as error:
            return error
        return None


QUICK = settings(
    max_examples=50,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestLibrary = Library.TestCase
TestLibrary.settings = QUICK


@pytest.mark.soak
class TestLibraryForLong(Library.TestCase):  # type: ignore[misc, valid-type]  # made at run time
    settings = settings(QUICK, max_examples=600, stateful_step_count=60, derandomize=False)
