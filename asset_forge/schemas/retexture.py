"""Bodies of the retexture and regenerate endpoints."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from asset_forge.domain.generation import ProviderChoice
from asset_forge.domain.ids import parse_asset_id
from asset_forge.schemas.generation import Body, MaterialPresetIn, Seed
from asset_forge.services.retexture import RetextureRequest


class RetextureBody(Body):
    """Which base to paint with which material."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "baseAssetId": "polished-steel-longsword",
                    "materialPreset": {
                        "id": "mithril",
                        "displayName": "Mithril",
                        "category": "metal",
                        "tier": 3,
                        "color": "#a9c4d6",
                        "stylePrompt": "pale blue silver with a bright cold shine",
                    },
                    "outputName": "longsword-of-mithril",
                }
            ]
        }
    )

    base_asset_id: str = Field(min_length=1)
    material_preset: MaterialPresetIn
    output_name: str | None = Field(None, description="Id of the variant; made when missing.")
    provider: ProviderChoice = ProviderChoice.AUTO
    seed: Seed | None = None

    @field_validator("output_name")
    @classmethod
    def _empty_is_none(cls, value: str | None) -> str | None:
        return value or None

    def to_request(self) -> RetextureRequest:
        """Read the ids. Raises BadInput for ids that cannot be."""
        name = self.output_name
        return RetextureRequest(
            base_id=parse_asset_id(self.base_asset_id),
            preset=self.material_preset.to_preset(),
            output_name=parse_asset_id(name) if name else None,
            choice=self.provider,
            seed=self.seed,
        )


class RetextureDone(BaseModel):
    """The variant, on disk."""

    success: bool = True
    assetId: str  # noqa: N815  wire name
    message: str
    asset: dict[str, Any]
    variantId: str  # noqa: N815  wire name
    modelUrl: str  # noqa: N815  wire name
    pipelineId: str  # noqa: N815  wire name


class Regenerating(BaseModel):
    """A base is being made again; `asset` is what there is until then."""

    success: bool = True
    assetId: str  # noqa: N815  wire name
    message: str
    asset: dict[str, Any]
    pipelineId: str  # noqa: N815  wire name
