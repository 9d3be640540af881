"""The stages of a generation, in their order. A new stage is a file here and a line below."""

from asset_forge.services.stages import (
    image_generation,
    image_to_3d,
    prompt_optimization,
    rigging,
    sprite_generation,
    texture_generation,
)
from asset_forge.services.stages.base import StageSpec

STAGES: tuple[StageSpec, ...] = (
    prompt_optimization.SPEC,
    image_generation.SPEC,
    image_to_3d.SPEC,
    texture_generation.SPEC,
    rigging.SPEC,
    sprite_generation.SPEC,
)
