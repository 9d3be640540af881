"""Everything under /api/assets."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from asset_forge.routers.dependencies import Assets, JsonRoute
from asset_forge.routers.files import FILE_RESPONSES, HEAD_DESCRIPTION, MODEL_RESPONSES, file_answer
from asset_forge.routers.links import asset_links
from asset_forge.schemas.assets import (
    Asset,
    AssetDeleted,
    AssetPatch,
    SpritesIn,
    SpritesSaved,
)
from asset_forge.schemas.errors import errors
from asset_forge.services.assets import invalid_sprites

AssetIdInPath = Annotated[
    str,
    Path(
        description="Folder name of the asset: letters, digits and - _ . ' ( ) & + , !",
        examples=["polished-steel-longsword"],
    ),
]
FilePath = Annotated[
    str, Path(description="Path below the asset's folder.", examples=["sprites/0deg.png"])
]
_NEVER_CACHED = {
    "Cache-Control": "no-store, no-cache, must-revalidate, proxy-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
}


class _SpritesRoute(JsonRoute):
    """Refuses a body of the wrong shape in the words that clients know."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_sprites(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise invalid_sprites(_first_problem(error)) from None

        return handle_sprites


router = APIRouter(prefix="/api/assets", tags=["Assets"], route_class=JsonRoute)
_sprites_router = APIRouter(route_class=_SpritesRoute)


@router.get(
    "",
    summary="List all assets",
    description=(
        "Newest first. Folders without a readable metadata.json are left out and logged. "
        "A change made by hand on disk shows at once."
    ),
    response_model_exclude_unset=True,
    responses={200: {"links": asset_links("/0/id")}, **errors(401, 503)},
)
async def list_assets(assets: Assets, response: Response) -> list[Asset]:
    response.headers.update(_NEVER_CACHED)
    return [Asset.of(entry) for entry in await assets.list_assets()]


@router.get(
    "/{id}",
    summary="Get one asset",
    description="As in the list, with the whole metadata.json.",
    response_model_exclude_unset=True,
    responses={200: {"links": asset_links("/id")}, **errors(401, 404, 503)},
)
async def get_asset(id: AssetIdInPath, assets: Assets) -> Asset:  # noqa: A002  wire name
    return Asset.of(await assets.get_asset(id))


@router.head(
    "/{id}/model",
    summary="Look at an asset's model",
    description=HEAD_DESCRIPTION,
    response_class=Response,
    responses=MODEL_RESPONSES,
)
@router.get(
    "/{id}/model",
    summary="Download an asset's model",
    description=(
        "A GLB: the rigged model of a character that has one, else `<id>.glb`, else the first "
        "usable GLB of the folder. Ranges and conditional requests are answered."
    ),
    response_class=Response,
    responses=MODEL_RESPONSES,
)
async def get_model(
    id: AssetIdInPath,  # noqa: A002  wire name
    assets: Assets,
    request: Request,
) -> Response:
    return await file_answer(request, await assets.model_file(id))


@router.head(
    "/{id}/{path:path}",
    summary="Look at a file of an asset",
    description=HEAD_DESCRIPTION,
    response_class=Response,
    responses=FILE_RESPONSES,
)
@router.get(
    "/{id}/{path:path}",
    summary="Download a file of an asset",
    description="Any visible file below the asset's folder, such as concept-art.png.",
    response_class=Response,
    responses=FILE_RESPONSES,
)
async def get_file(
    id: AssetIdInPath,  # noqa: A002  wire name
    path: FilePath,
    assets: Assets,
    request: Request,
) -> Response:
    return await file_answer(request, await assets.file(id, path))


@router.patch(
    "/{id}",
    summary="Change an asset",
    description=(
        "`metadata` is merged key by key. A new `name` renames the folder and everything that "
        "refers to it: GLB names, paths in metadata, the base's list of variants, the variants' "
        "parentBaseModel."
    ),
    response_model_exclude_unset=True,
    responses={
        200: {"links": asset_links("/id")},
        **errors(400, 401, 404, 409, 413, 415, 503),
    },
)
async def update_asset(
    id: AssetIdInPath,  # noqa: A002  wire name
    body: AssetPatch,
    assets: Assets,
) -> Asset:
    return Asset.of(await assets.update_asset(id, body.to_changes()))


@router.delete(
    "/{id}",
    summary="Delete an asset",
    description="The base of a deleted variant forgets it.",
    responses=errors(400, 401, 404, 409, 503),
)
async def delete_asset(
    id: AssetIdInPath,  # noqa: A002  wire name
    assets: Assets,
    include_variants: Annotated[
        bool, Query(alias="includeVariants", description="Delete the asset's variants too.")
    ] = False,
) -> AssetDeleted:
    await assets.delete_asset(id, include_variants=include_variants)
    return AssetDeleted(message=f"Asset {id} deleted successfully")


@_sprites_router.post(
    "/{id}/sprites",
    summary="Save sprites",
    description=(
        "Replaces the asset's sprites, all or nothing. Pictures are decoded to check them and "
        "kept as PNG; `detail` of a 400 says which one cannot be used."
    ),
    responses=errors(400, 401, 404, 413, 415, 503),
)
async def save_sprites(
    id: AssetIdInPath,  # noqa: A002  wire name
    body: SpritesIn,
    assets: Assets,
) -> SpritesSaved:
    names = await assets.save_sprites(id, body.to_uploads(), body.config or {})
    return SpritesSaved(
        message=f"{len(names)} sprites saved successfully",
        spritesDir=f"gdd-assets/{id}/sprites",
        spriteFiles=names,
    )


def _first_problem(error: RequestValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"][1:])
    return f"{where}: {problem['msg']}" if where else "the body must be a JSON object"


router.include_router(_sprites_router)
