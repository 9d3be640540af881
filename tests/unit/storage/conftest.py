from pathlib import Path

import pytest

from asset_forge.storage.assets import AssetStore
from asset_forge.storage.paths import AssetRoot


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "gdd-assets"
    path.mkdir()
    return path


@pytest.fixture
def store(root: Path) -> AssetStore:
    return AssetStore(AssetRoot(root))
