"""The two weapon endpoints: where it is held, and whether it is upside down."""

from fastapi import APIRouter

from asset_forge.errors import BadInput
from asset_forge.routers.dependencies import JsonRoute, Sight
from asset_forge.schemas.errors import WeaponErrorAnswer, errors
from asset_forge.schemas.sight import (
    GripBody,
    GripFound,
    OrientationBody,
    OrientationFound,
)

router = APIRouter(prefix="/api", tags=["Sight"], route_class=JsonRoute)

_ERRORS = errors(400, 401, 402, 413, 415, 429, 502, 503, 504, model=WeaponErrorAnswer)


@router.post(
    "/weapon-handle-detect",
    summary="Find where a weapon is held",
    description=(
        "Takes a picture of a weapon and returns the bounds of its grip in pixels of a 512 x 512 "
        "picture. When the maker's answer cannot be read, confidence is 0.5 and the bounds are a "
        "guess."
    ),
    responses=_ERRORS,
)
async def detect_handle(body: GripBody, sight: Sight) -> GripFound:
    image = _required(body.image)
    found = await sight.find_grip(image, angle=body.angle, hint=body.prompt_hint)
    return GripFound.model_validate({"gripData": found, "originalImage": image})


@router.post(
    "/weapon-orientation-detect",
    summary="Tell whether a weapon is upside down",
    description="Takes a picture of a weapon and says whether the blade points down.",
    responses=_ERRORS,
)
async def detect_orientation(body: OrientationBody, sight: Sight) -> OrientationFound:
    found = await sight.find_orientation(_required(body.image))
    return OrientationFound.model_validate(found)


def _required(image: str | None) -> str:
    if not image:
        raise BadInput("No image provided", code="no_image")
    return image
