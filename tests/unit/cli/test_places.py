"""Where a user finds an asset: a path when it lies here, an address when it does not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asset_forge.cli.client import ForgeClient
from asset_forge.cli.places import Places

ADDRESS = "http://forge.example"
METADATA = {"name": "knight's-sword", "generatedAt": "2026-01-01T00:00:00.000Z"}


class OneAsset(ForgeClient):
    """A service that knows one asset."""

    def get(self, path: str, query: Mapping[str, str | None] | None = None) -> Any:
        assert path == "/api/assets/knight%27s-sword"
        return {"metadata": METADATA}


def places(root: Path) -> Places:
    return Places(OneAsset(ADDRESS), root)


def put(root: Path, metadata: object) -> Path:
    folder = root / "knight's-sword"
    folder.mkdir()
    (folder / "metadata.json").write_text(json.dumps(metadata))
    return folder


def test_asset_that_lies_here_is_named_by_its_path(tmp_path: Path) -> None:
    folder = put(tmp_path, METADATA)
    assert places(tmp_path).name("knight's-sword", "a.glb") == str(folder / "a.glb")
    assert places(tmp_path).name("knight's-sword", "sprites") == str(folder / "sprites")


def test_asset_of_a_service_elsewhere_is_named_by_its_address(tmp_path: Path) -> None:
    here = f"{ADDRESS}/api/assets/knight%27s-sword"
    assert places(tmp_path / "missing").name("knight's-sword") == here
    assert places(tmp_path).name("knight's-sword", "sprites") == f"{here}/sprites/0deg.png"


def test_another_asset_of_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    put(tmp_path, {**METADATA, "generatedAt": "2025-01-01T00:00:00.000Z"})
    assert places(tmp_path).name("knight's-sword").startswith(ADDRESS)
    assert places(tmp_path).folder("knight's-sword") is None
