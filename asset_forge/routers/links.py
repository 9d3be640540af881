"""Links of the OpenAPI document: what can be asked for next, and what in an answer names it."""

from typing import Any
from urllib.parse import quote

Links = dict[str, dict[str, Any]]

_PIPELINE = "/api/generation/pipeline/{pipelineId}"
_ASSET = "/api/assets/{id}"


def pipeline_links(where: str) -> Links:
    """Link to a pipeline whose id lies in the answer at `where`, a JSON pointer: /pipelineId."""
    found = {"pipelineId": f"$response.body#{where}"}
    return {
        "status": _link("get", _PIPELINE, found, "How the pipeline stands."),
        "events": _link("get", f"{_PIPELINE}/events", found, "Each change as it happens."),
        "conceptArt": _link("get", f"{_PIPELINE}/concept-art.png", found, "Its concept art."),
        "cancel": _link("post", f"{_PIPELINE}/cancel", found, "Stops it."),
        "retry": _link("post", f"{_PIPELINE}/retry", found, "Goes on when it has failed."),
    }


def asset_links(where: str) -> Links:
    """Link to an asset whose id lies in the answer at `where`; a pipeline's is there at its end."""
    found = {"id": f"$response.body#{where}"}
    base = {"baseAssetId": f"$response.body#{where}"}
    again = "/api/regenerate-base/{baseAssetId}"
    return {
        "asset": _link("get", _ASSET, found, "The asset, when it is made."),
        "model": _link("get", f"{_ASSET}/model", found, "Its GLB."),
        "change": _link("patch", _ASSET, found, "Renames it or changes its metadata."),
        "saveSprites": _link("post", f"{_ASSET}/sprites", found, "Replaces its sprites."),
        "regenerate": _link("post", again, base, "Makes it again."),
        "delete": _link("delete", _ASSET, found, "Deletes it."),
    }


def _link(method: str, path: str, parameters: dict[str, str], description: str) -> dict[str, Any]:
    # By reference, since operation ids are derived from names of functions.
    return {
        "operationRef": f"#/paths/{quote(path.replace('/', '~1'))}/{method}",
        "parameters": parameters,
        "description": description,
    }
