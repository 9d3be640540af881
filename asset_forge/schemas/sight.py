"""Bodies and answers of the two weapon endpoints."""

from pydantic import BaseModel, ConfigDict

from asset_forge.schemas.generation import Body, Text

_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)


class GripBody(Body):
    """A picture of a weapon, and what else is known of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"image": _PIXEL, "angle": "side", "promptHint": "a longsword"}]
        }
    )

    image: str | None = None
    angle: Text | None = None
    prompt_hint: Text | None = None


class OrientationBody(Body):
    """A picture of a weapon."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"image": _PIXEL}]})

    image: str | None = None


class GripBounds(BaseModel):
    """Pixels of a 512 x 512 picture, y down."""

    minX: float  # noqa: N815  wire name
    minY: float  # noqa: N815  wire name
    maxX: float  # noqa: N815  wire name
    maxY: float  # noqa: N815  wire name


class WeaponParts(BaseModel):
    blade: str
    handle: str
    guard: str


class GripData(BaseModel):
    gripBounds: GripBounds  # noqa: N815  wire name
    confidence: float
    weaponType: str  # noqa: N815  wire name
    gripDescription: str  # noqa: N815  wire name
    detectedParts: WeaponParts  # noqa: N815  wire name


class GripFound(BaseModel):
    success: bool = True
    gripData: GripData  # noqa: N815  wire name
    originalImage: str  # noqa: N815  wire name


class OrientationFound(BaseModel):
    success: bool = True
    needsFlip: bool  # noqa: N815  wire name
    currentOrientation: str  # noqa: N815  wire name
    reason: str
