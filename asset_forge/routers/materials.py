"""GET and POST /api/material-presets."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel

from asset_forge.routers.dependencies import JsonRoute, Prompts
from asset_forge.schemas.errors import errors

router = APIRouter(prefix="/api", tags=["Materials"], route_class=JsonRoute)

_EXAMPLE = [
    {
        "id": "bronze",
        "name": "bronze",
        "displayName": "Bronze",
        "category": "metal",
        "tier": 1,
        "color": "#B08D57",
        "stylePrompt": "warm brown-gold cast bronze, soft polish on the edges",
        "description": "The first metal of every smith.",
    }
]


class Saved(BaseModel):
    success: bool = True
    message: str


@router.get(
    "/material-presets",
    summary="List the material presets",
    description="The same list is served as a file at /prompts/material-presets.json.",
    responses={
        200: {"content": {"application/json": {"example": _EXAMPLE}}},
        **errors(401, 503),
    },
)
async def list_presets(prompts: Prompts) -> list[dict[str, Any]]:
    return await prompts.material_presets()


@router.post(
    "/material-presets",
    summary="Save the material presets",
    description="Replaces the whole list. Keys that are not known here are kept.",
    responses=errors(400, 401, 413, 415, 503),
    openapi_extra={"requestBody": {"required": True}},
)
async def save_presets(
    prompts: Prompts,
    # Without a default, `null` and an empty body would be refused in other words than the rest.
    presets: Annotated[Any, Body(examples=[_EXAMPLE])] = None,
) -> Saved:
    await prompts.save_material_presets(presets)
    return Saved(message="Material presets saved successfully")
