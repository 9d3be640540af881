"""What may be rendered of a model: from where, how large, on what ground, in which pose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from asset_forge.errors import BadInput

SPRITE_PITCH_DEG = 12.0
STEEPEST_PITCH_DEG = 89.0
MAX_SIZE_PX = 2048
MAX_ANGLES = 72
MAX_FRAMES = 64
MAX_PICTURES = 256
MAX_PIXELS = 64 * MAX_SIZE_PX**2
"""Of all pictures of one rendering together: about two minutes of work."""
LONGEST_CLIP_NAME = 100


@dataclass(frozen=True)
class RenderOptions:
    """One rendering of a model: a picture for each angle, or for each angle and moment of a clip.

    angles_deg: yaw of the camera, 0 in front, growing counter-clockwise seen from above.
    pitch_deg: how far the camera looks down. background: "transparent" or "#rrggbb". animation:
    name of a clip; without one the model is in its rest pose. frame_count: moments of the clip,
    evenly over its length; time_s: this one moment instead.
    """

    angles_deg: tuple[float, ...]
    size_px: int = 512
    background: str = "transparent"
    pitch_deg: float = SPRITE_PITCH_DEG
    animation: str | None = None
    frame_count: int = 1
    time_s: float | None = None

    @property
    def picture_count(self) -> int:
        return len(self.angles_deg) * self.frame_count

    def check(self) -> None:
        """Raise BadInput for what is out of range."""
        if not 1 <= len(self.angles_deg) <= MAX_ANGLES:
            raise BadInput(
                f"There can be 1 to {MAX_ANGLES} sprite angles, not {len(self.angles_deg)}."
            )
        if len(set(self.angles_deg)) < len(self.angles_deg):
            raise BadInput("Each angle can be there once.")
        if not all(0 <= angle < 360 for angle in self.angles_deg):  # false for NaN too
            raise BadInput("Angles go from 0 to below 360 degrees.")
        if not 1 <= self.size_px <= MAX_SIZE_PX:
            raise BadInput(f"A picture can have 1 to {MAX_SIZE_PX} pixels a side.")
        if not abs(self.pitch_deg) <= STEEPEST_PITCH_DEG:
            raise BadInput(
                f"The pitch of a sprite can be -{STEEPEST_PITCH_DEG:g} to {STEEPEST_PITCH_DEG:g} "
                f"degrees, not {self.pitch_deg}."
            )
        self._check_animation()
        if self.picture_count > MAX_PICTURES:
            raise BadInput(
                f"There can be {MAX_PICTURES} pictures at the most, not {self.picture_count}."
            )
        if self.picture_count * self.size_px**2 > MAX_PIXELS:
            raise BadInput(
                f"{self.picture_count} pictures of {self.size_px} pixels a side are too much at "
                "once; ask for fewer or smaller ones."
            )

    def _check_animation(self) -> None:
        if not 1 <= self.frame_count <= MAX_FRAMES:
            raise BadInput(f"A clip can have 1 to {MAX_FRAMES} frames, not {self.frame_count}.")
        if self.time_s is not None and not (math.isfinite(self.time_s) and self.time_s >= 0):
            raise BadInput("The time within a clip is a number of seconds from 0.")
        if self.time_s is not None and self.frame_count > 1:
            raise BadInput("A rendering is of one time or of several frames, not of both.")
        if self.animation is None and (self.frame_count > 1 or self.time_s is not None):
            raise BadInput("Frames and times are of an animation; name one.")
        if self.animation is not None and not 1 <= len(self.animation) <= LONGEST_CLIP_NAME:
            raise BadInput(f"The name of an animation has 1 to {LONGEST_CLIP_NAME} letters.")


def even_angles(count: int) -> tuple[float, ...]:
    """Return `count` angles in degrees, a full turn in even steps from 0."""
    return tuple(number * 360 / count for number in range(count))


def moments(length_s: float, frame_count: int) -> Sequence[float]:
    """Return the times in seconds of `frame_count` frames over a clip that begins anew at its end.

    The last frame is not the end, which looks like the beginning.
    """
    return [length_s * number / frame_count for number in range(frame_count)]
