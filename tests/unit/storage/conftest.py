from pathlib import Path

import pytest

from asset_forge.storage import assets as assets_module
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot
from tests.unit.storage.bench import Bench
from tests.unit.storage.operations import NOW, OPERATIONS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "gdd-assets"
    path.mkdir()
    return path


@pytest.fixture
def store(root: Path) -> AssetStore:
    return AssetStore(AssetRoot(root))


@pytest.fixture
def bench(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The operation of this name, which always writes the same time."""
    monkeypatch.setattr(assets_module, "iso_now", lambda: NOW)
    return Bench(tmp_path, OPERATIONS[name])
