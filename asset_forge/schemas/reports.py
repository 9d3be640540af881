"""What a report on a model says."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

_EXAMPLE: JsonDict = {
    "assetId": "polished-steel-longsword",
    "file": "polished-steel-longsword.glb",
    "triangleCount": 1728,
    "vertexCount": 2310,
    "nodeCount": 1,
    "meshCount": 1,
    "jointCount": 0,
    "bounds": {"min": [-0.096, -0.126, -0.021], "max": [0.096, 0.857, 0.021]},
    "dimensions": {"width": 0.193, "height": 0.983, "depth": 0.041},
    "materials": ["longsword"],
    "textures": [{"width": 1000, "height": 1024, "mimeType": "image/png", "sizeBytes": 812345}],
    "skins": [],
    "clips": [],
    "fileSizeBytes": 913208,
    "extensions": [],
    "compression": [],
    "isClosed": True,
    "warnings": [
        {
            "code": "not_power_of_two",
            "message": "Picture 0 is 1000 x 1024 pixels; engines like powers of two better.",
        }
    ],
}


class Bounds(BaseModel):
    min: list[float] = Field(description="Lowest x, y and z, in metres.")
    max: list[float]


class Size(BaseModel):
    """Metres along x, y and z."""

    width: float
    height: float
    depth: float


class Texture(BaseModel):
    """A picture; width and height are null when its header cannot be read."""

    width: int | None
    height: int | None
    mimeType: str  # noqa: N815  wire name
    sizeBytes: int  # noqa: N815  wire name


class Skin(BaseModel):
    name: str
    joints: int


class Clip(BaseModel):
    name: str
    seconds: float


class ReportWarning(BaseModel):
    """What may disappoint: programs go by the code, docs/errors.md lists them all."""

    code: str
    message: str


class Report(BaseModel):
    """A model as it is drawn: the default scene, skins in their rest pose."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    assetId: str  # noqa: N815  wire name
    file: str = Field(description="Which file was looked at, below the asset's folder.")
    triangleCount: int  # noqa: N815  wire name
    vertexCount: int  # noqa: N815  wire name
    nodeCount: int  # noqa: N815  wire name
    meshCount: int  # noqa: N815  wire name
    jointCount: int  # noqa: N815  wire name
    bounds: Bounds | None = Field(description="Null when nothing is drawn.")
    dimensions: Size
    materials: list[str]
    textures: list[Texture]
    skins: list[Skin]
    clips: list[Clip]
    fileSizeBytes: int  # noqa: N815  wire name
    extensions: list[str]
    compression: list[str] = Field(
        description="Of draco, meshopt, quantization and basisu those that are used."
    )
    isClosed: bool | None = Field(  # noqa: N815  wire name
        description="Whether no surface has holes; null when there is nothing, or too much to look."
    )
    warnings: list[ReportWarning]
