"""Addresses of assets on this service, as they stand in answers."""

from urllib.parse import quote

# Punctuation of asset ids that needs no escape in a path (RFC 3986, section 3.3).
_PLAIN_IN_PATH = "!'()&+,"


def asset_file_url(asset_id: str, path: str) -> str:
    """Return the URL of a file of an asset, by its path below the folder: sprites/0deg.png."""
    return f"/api/assets/{quote(asset_id, safe=_PLAIN_IN_PATH)}/{quote(path, safe='/!,')}"


def model_url(asset_id: str) -> str:
    """Return the URL under which the model of an asset is served, whatever its file is called."""
    return asset_file_url(asset_id, "model")


def thumbnail_url(asset_id: str) -> str:
    """Return the URL of the small picture of an asset."""
    return asset_file_url(asset_id, "thumbnail")
