"""POST /api/assets/{id}/render and GET /api/assets/{id}/thumbnail."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from asset_forge.routers.dependencies import JsonRoute, Rendering, Thumbnails
from asset_forge.routers.files import FILE_RESPONSES, HEAD_DESCRIPTION, file_answer
from asset_forge.schemas.errors import errors
from asset_forge.schemas.rendering import RenderIn, SheetLinks, SpritesRendered

AssetIdInPath = Annotated[
    str, Path(description="Folder name of the asset.", examples=["polished-steel-longsword"])
]
_THUMBNAIL_RESPONSES: dict[int | str, Any] = {
    **FILE_RESPONSES,
    200: {"description": "A PNG of 256 pixels, clear around.", "content": {"image/png": {}}},
}

router = APIRouter(prefix="/api/assets", tags=["Assets"], route_class=JsonRoute)


@router.post(
    "/{id}/render",
    summary="Render an asset",
    description=(
        "Draws the model of an asset from any sides. `format: png` answers with one picture; "
        "`format: sprites` replaces the asset's sprites and its sprite sheet, all or nothing. "
        "256 pictures at the most, and 64 of 2048 pixels. A model that cannot be drawn, or takes "
        "more than two minutes, is 422."
    ),
    response_model=SpritesRendered,
    responses={
        200: {
            "description": "The picture, or what was saved.",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        },
        **errors(400, 401, 404, 409, 413, 415, 422, 503),
    },
)
async def render(
    id: AssetIdInPath,  # noqa: A002  wire name
    body: RenderIn,
    rendering: Rendering,
) -> Response:
    if body.format == "png":
        png = await rendering.picture(id, body.to_options())
        return Response(png, media_type="image/png", headers={"Cache-Control": "no-store"})
    saved = await rendering.save_sprites(id, body.to_options(), body.to_config())
    sheet = saved.sheet.get("spriteSheet")
    answer = SpritesRendered(
        message=f"{len(saved.names)} sprites saved successfully",
        spritesDir=f"gdd-assets/{id}/sprites",
        spriteFiles=saved.names,
        spriteSheet=None if sheet is None else SheetLinks(**sheet),
    )
    return JSONResponse(answer.model_dump())


@router.head(
    "/{id}/thumbnail",
    summary="Look at an asset's thumbnail",
    description=HEAD_DESCRIPTION,
    response_class=Response,
    responses=_THUMBNAIL_RESPONSES,
)
@router.get(
    "/{id}/thumbnail",
    summary="Download an asset's thumbnail",
    description=(
        "The model at three-quarter view. Assets that were made before there were thumbnails get "
        "theirs when it is first asked for; 404 when the model cannot be drawn."
    ),
    response_class=Response,
    responses=_THUMBNAIL_RESPONSES,
)
async def get_thumbnail(
    id: AssetIdInPath,  # noqa: A002  wire name
    thumbnails: Thumbnails,
    request: Request,
) -> Response:
    return await file_answer(request, await thumbnails.file(id))
