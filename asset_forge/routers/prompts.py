"""The six prompt files: get, save, and delete of custom entries."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel

from asset_forge.routers.dependencies import JsonRoute, Prompts
from asset_forge.schemas.errors import errors

router = APIRouter(prefix="/api/prompts", tags=["Prompts"], route_class=JsonRoute)

PromptType = Annotated[
    str,
    Path(
        description=(
            "game-styles, asset-types, materials, generation, gpt4-enhancement or weapon-detection"
        ),
        examples=["game-styles"],
    ),
]
_EXAMPLE = {
    "version": "1.0.0",
    "default": {},
    "custom": {"woodcut": {"name": "Woodcut", "base": "bold black lines on cream paper"}},
}


class PromptsSaved(BaseModel):
    success: bool = True
    message: str


@router.get(
    "/{type}",
    summary="Get a prompt file",
    description="A file edited by hand is seen at once.",
    responses={
        200: {"content": {"application/json": {"example": _EXAMPLE}}},
        **errors(401, 404, 503),
    },
)
async def read_prompts(type: PromptType, prompts: Prompts) -> dict[str, Any]:  # noqa: A002
    return await prompts.read(type)


@router.post(
    "/{type}",
    summary="Save a prompt file",
    description="Saves the custom parts; what ships as default survives.",
    responses=errors(400, 401, 404, 413, 415, 503),
    openapi_extra={"requestBody": {"required": True}},
)
async def save_prompts(
    type: PromptType,  # noqa: A002  wire name
    prompts: Prompts,
    # Without a default, `null` and an empty body would be refused in other words than the rest.
    body: Annotated[Any, Body(examples=[_EXAMPLE])] = None,
) -> PromptsSaved:
    await prompts.save(type, body)
    return PromptsSaved(message="Prompts updated successfully")


@router.delete(
    "/{type}/{id}",
    summary="Delete a custom prompt",
    description="Defaults cannot be deleted. asset-types wants ?category=avatar or item.",
    responses=errors(400, 401, 404, 503),
)
async def delete_prompt(
    type: PromptType,  # noqa: A002  wire name
    id: Annotated[str, Path(description="Key of the custom entry.", examples=["woodcut"])],  # noqa: A002  wire name
    prompts: Prompts,
    category: Annotated[str | None, Query(description="avatar or item; for asset-types")] = None,
) -> PromptsSaved:
    await prompts.delete(type, id, category=category)
    return PromptsSaved(message="Prompt deleted successfully")
