"""Names and states of pipelines and stages, as they go over the wire."""

from enum import StrEnum


class PipelineStatus(StrEnum):
    INITIALIZING = "initializing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (
            PipelineStatus.COMPLETED,
            PipelineStatus.FAILED,
            PipelineStatus.CANCELLED,
        )


class StageStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_final(self) -> bool:
        return self in (StageStatus.COMPLETED, StageStatus.FAILED, StageStatus.SKIPPED)


# Wire names of the stages of a generation, in their order.
TEXT_INPUT = "textInput"
PROMPT_OPTIMIZATION = "promptOptimization"
IMAGE_GENERATION = "imageGeneration"
IMAGE_TO_3D = "image3D"
TEXTURE_GENERATION = "textureGeneration"
RIGGING = "rigging"
SPRITE_GENERATION = "spriteGeneration"
