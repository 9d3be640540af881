"""Asset folders for tests, built the way the service leaves them."""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from asset_forge.domain.ids import AssetId
from asset_forge.pipeline.registry import PipelineRegistry
from asset_forge.services.assets import Claim

MODEL = b"glTF" + bytes(range(256))


def make_asset(
    root: Path, asset_id: str, metadata: dict[str, Any] | str | None = None, **files: bytes
) -> Path:
    """Make an asset with a model; metadata given as a string is written as it is, broken or not.

    Further files come by keyword, with __ for a slash and no suffix meaning .glb.
    """
    folder = root / asset_id
    folder.mkdir(parents=True)
    if isinstance(metadata, str):
        (folder / "metadata.json").write_text(metadata)
    else:
        facts: dict[str, Any] = {"name": asset_id, "gameId": asset_id, "type": "weapon"}
        facts.update({"modelPath": f"{asset_id}.glb", **(metadata or {})})
        (folder / "metadata.json").write_text(json.dumps(facts))
    (folder / f"{asset_id}.glb").write_bytes(MODEL)
    for name, data in files.items():
        path = folder / f"{name.replace('__', '/')}.glb"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return folder


class _Busy(PipelineRegistry):
    """A registry in whose eyes the assets of a set are in use."""

    def __init__(self, busy: set[str]) -> None:
        super().__init__()
        self._busy = busy

    def is_busy(self, asset_id: AssetId) -> bool:
        return asset_id in self._busy


def claim_unless(busy: set[str]) -> Claim:
    """Let everything be claimed but what is in the set at that time."""
    return _Busy(busy).claimed


def read_metadata(root: Path, asset_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / asset_id / "metadata.json").read_text())
    return found


def picture(file_format: str = "PNG", size: tuple[int, int] = (4, 4)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(out, format=file_format)
    return out.getvalue()


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content, dot names and all."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
