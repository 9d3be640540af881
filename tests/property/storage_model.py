"""What AssetStore should do, in memory and in few words: a dict of assets with their files."""

import copy
import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOW = "2026-01-02T03:04:05.678Z"


class Missing(Exception):
    """There is no such asset."""


class Taken(Exception):
    """The name is taken, on some disks at least."""


@dataclass
class ModelAsset:
    metadata: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


class Model:
    """Each method changes the model as the store's method of the same name changes the disk."""

    def __init__(self) -> None:
        self.assets: dict[str, ModelAsset] = {}

    def copied(self) -> "Model":
        other = Model()
        other.assets = copy.deepcopy(self.assets)
        return other

    def get(self, asset_id: str) -> ModelAsset:
        if asset_id not in self.assets:
            raise Missing
        return self.assets[asset_id]

    def refuse_taken(self, asset_id: str, *, renamed: str = "") -> None:
        others = {name.casefold() for name in self.assets if name != renamed}
        if asset_id.casefold() in others:
            raise Taken

    def publish(self, asset_id: str, data: bytes, base_id: str | None) -> None:
        self.refuse_taken(asset_id)
        self.assets[asset_id] = ModelAsset(
            new_metadata(asset_id, base_id),
            {f"{asset_id}.glb": data, f"{asset_id}_raw.glb": data + b" raw"},
        )
        if base_id in self.assets and base_id != asset_id:
            self.add_variant(base_id, asset_id)

    def edit(self, asset_id: str, key: str, value: Any) -> None:
        self.get(asset_id).metadata[key] = value

    def add_variant(self, base_id: str, variant_id: str) -> None:
        metadata = self.get(base_id).metadata
        variants = metadata.setdefault("variants", [])
        if variant_id not in variants:
            variants.append(variant_id)
        metadata.update(variantCount=len(variants), lastVariantGenerated=variant_id, updatedAt=NOW)

    def replace_files(self, asset_id: str, data: bytes) -> None:
        asset = self.get(asset_id)
        asset.files[f"{asset_id}.glb"] = data
        asset.files["animations/walking.glb"] = data
        asset.files = {
            name: found for name, found in asset.files.items() if not name.startswith("sprite")
        }
        asset.metadata["isRigged"] = data.decode()

    def save_sprites(self, asset_id: str, pictures: list[bytes]) -> None:
        asset = self.get(asset_id)
        asset.files = {
            name: found for name, found in asset.files.items() if not name.startswith("sprites/")
        }
        names = ["0deg.png", "22.5deg.png", "45deg.png"]
        for name, data in zip(names, pictures, strict=False):
            asset.files[f"sprites/{name}"] = data
        noted = {
            "assetId": asset_id,
            "config": {"angles": len(pictures)},
            "angles": [0, 22.5, 45][: len(pictures)],
            "spriteCount": len(pictures),
            "status": "completed",
            "generatedAt": NOW,
        }
        asset.files["sprite-metadata.json"] = as_json(noted)
        asset.metadata.update(
            hasSpriteSheet=True,
            spriteCount=len(pictures),
            spriteConfig={"angles": len(pictures)},
            lastSpriteGeneration=NOW,
            updatedAt=NOW,
        )

    def rename(self, old: str, new: str) -> None:
        asset = self.get(old)
        if new != old:
            self.refuse_taken(new, renamed=old)
        variants = self.variants_of(old)
        del self.assets[old]
        self.assets[new] = asset
        asset.metadata.update(name=new, gameId=new, modelPath=f"{new}.glb")
        asset.files = {_renamed(name, old, new): data for name, data in asset.files.items()}
        if "sprite-metadata.json" in asset.files:
            noted = json.loads(asset.files["sprite-metadata.json"])
            asset.files["sprite-metadata.json"] = as_json({**noted, "assetId": new})
        for name, other in self.assets.items():
            metadata = other.metadata
            if name != new and old in metadata.get("variants", []):
                metadata["variants"] = [new if v == old else v for v in metadata["variants"]]
                if metadata.get("lastVariantGenerated") == old:
                    metadata["lastVariantGenerated"] = new
        for variant in variants:
            self.assets[variant].metadata["parentBaseModel"] = new

    def delete(self, asset_id: str, *, include_variants: bool) -> None:
        self.get(asset_id)
        gone = [asset_id, *(self.variants_of(asset_id) if include_variants else [])]
        for name in gone:
            del self.assets[name]
        for other in self.assets.values():
            metadata = other.metadata
            if set(gone) & set(metadata.get("variants", [])):
                kept = [v for v in metadata["variants"] if v not in gone]
                metadata.update(variants=kept, variantCount=len(kept))
                if metadata.get("lastVariantGenerated") in gone:
                    metadata["lastVariantGenerated"] = kept[-1] if kept else None

    def variants_of(self, base_id: str) -> list[str]:
        listed = self.get(base_id).metadata.get("variants", [])
        return [
            name
            for name, asset in self.assets.items()
            if name != base_id
            and (asset.metadata.get("parentBaseModel") or (name in listed and base_id)) == base_id
        ]


def new_metadata(asset_id: str, base_id: str | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": asset_id, "gameId": asset_id, "type": "weapon"}
    metadata["modelPath"] = f"{asset_id}.glb"
    if base_id is not None:
        metadata["parentBaseModel"] = base_id
    return metadata


def read_library(root: Path) -> dict[str, ModelAsset]:
    """Read what is on the disk in the model's terms; every dot name in it is a fault."""
    found = {}
    for folder in root.iterdir():
        if folder.name == ".forge":
            continue
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        metadata = json.loads(files.pop("metadata.json"))
        assert not [name for name in files if "/." in f"/{name}"]
        found[unicodedata.normalize("NFC", folder.name)] = ModelAsset(metadata, files)
    return found


def as_json(value: Any) -> bytes:
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()


def _renamed(name: str, old: str, new: str) -> str:
    carries_id = name.startswith(old) and name[len(old) :].startswith((".", "_", "-"))
    return new + name[len(old) :] if carries_id and name.endswith(".glb") else name
