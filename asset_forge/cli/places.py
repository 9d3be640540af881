"""Where a user finds an asset: a path when it lies on this machine, else an address."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asset_forge.cli.client import ForgeClient


class Places:
    """Says where files of assets are; `root` is this machine's asset folder.

    The service that was asked may run elsewhere, or with another folder, so its word is held
    against what lies here.
    """

    def __init__(self, client: ForgeClient, root: Path) -> None:
        self._client = client
        self._root = root

    def folder(self, asset_id: str) -> Path | None:
        """Return the asset's folder when it lies on this machine. Raises ForgeError."""
        folder = self._root / asset_id
        known = self._client.get(f"/api/assets/{quote(asset_id)}")["metadata"]
        return folder if _metadata_in(folder) == known else None

    def name(self, asset_id: str, file: str = "") -> str:
        """Return a path or an address to show; without `file` that of the asset.

        A folder has no address: of sprites it is that of the first.
        """
        folder = self.folder(asset_id)
        if folder is not None:
            return str(folder / file)
        if file == "sprites":
            file = "sprites/0deg.png"
        address = f"{self._client.address}/api/assets/{quote(asset_id)}"
        return f"{address}/{quote(file)}" if file else address


def _metadata_in(folder: Path) -> Any:
    try:
        return json.loads((folder / "metadata.json").read_bytes())
    except (OSError, ValueError):
        return None
