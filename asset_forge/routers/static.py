"""Files outside /api: /assets (the project's own, then those of assets) and /prompts."""

import asyncio
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request, Response

from asset_forge.errors import NotFound
from asset_forge.routers.dependencies import Assets, Prompts
from asset_forge.routers.files import FILE_RESPONSES, HEAD_DESCRIPTION, file_answer
from asset_forge.storage.paths import existing_file

StaticPath = Annotated[
    str, Path(description="Path of the file.", examples=["polished-steel-longsword/metadata.json"])
]
PromptFileName = Annotated[
    str, Path(description="Name of the file.", examples=["material-presets.json"])
]


def mount_static_files(app: FastAPI, *, public_dir: FilePath) -> None:
    """Serve `public_dir`/assets with the asset folders behind it, and the prompt files."""
    app.include_router(_static_router(public_dir / "assets"))


def _static_router(public_assets: FilePath) -> APIRouter:
    router = APIRouter(tags=["Static files"])

    @router.head(
        "/assets/{path:path}",
        summary="Look at a static file",
        description=HEAD_DESCRIPTION,
        response_class=Response,
        responses=FILE_RESPONSES,
    )
    @router.get(
        "/assets/{path:path}",
        summary="Download a static file",
        description="A file of public/assets, or else `<asset id>/<file>` of an asset.",
        response_class=Response,
        responses=FILE_RESPONSES,
    )
    async def get_static_file(path: StaticPath, assets: Assets, request: Request) -> Response:
        try:
            found = await asyncio.to_thread(existing_file, public_assets, path)
        except NotFound:
            asset_id, _, rest = path.partition("/")
            found = await assets.file(asset_id, rest)
        return await file_answer(request, found)

    @router.head(
        "/prompts/{name}",
        summary="Look at a prompt file",
        description=HEAD_DESCRIPTION,
        response_class=Response,
        responses=FILE_RESPONSES,
    )
    @router.get(
        "/prompts/{name}",
        summary="Download a prompt file",
        description="The files behind /api/prompts and /api/material-presets, as they lie there.",
        response_class=Response,
        responses=FILE_RESPONSES,
    )
    async def get_prompt_file(
        name: PromptFileName,
        prompts: Prompts,
        request: Request,
    ) -> Response:
        # Which file it is was decided by its name; whoever keeps it elsewhere may link to it.
        path = await asyncio.to_thread((await prompts.file(name)).resolve)
        return await file_answer(request, path)

    return router
