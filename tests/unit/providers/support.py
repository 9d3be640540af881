"""What the provider tests share: a clock, jobs, and reading what was sent."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import respx

from asset_forge.domain.generation import Subject
from asset_forge.domain.materials import MaterialPreset
from asset_forge.domain.quality import PROFILES, Quality
from asset_forge.providers.base import RetextureJob, RigJob, ShapeJob

SUBJECT = Subject(name="Steel Longsword", type="weapon", subtype="sword")
PRESET = MaterialPreset(
    id="bronze", display_name="Bronze", style_prompt="aged bronze, warm brown patina"
)


@dataclass
class FakeTime:
    """A clock that only moves when somebody sleeps on it."""

    now_s: float = 1000.0
    pauses_s: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.pauses_s.append(seconds)
        self.now_s += seconds


def shape_job(
    picture: Path = Path("concept.png"), *, quality: Quality = Quality.STANDARD, **changes: Any
) -> ShapeJob:
    profile = PROFILES[quality]
    values: dict[str, Any] = {
        "subject": SUBJECT,
        "picture_path": picture,
        "picture_by": "openai",
        "quality": quality,
        "face_budget": profile.face_budget,
        "texture_px": profile.texture_px,
        "pbr": profile.pbr,
    }
    return ShapeJob(**{**values, **changes})


def retexture_job(model: Path = Path("base.glb"), **changes: Any) -> RetextureJob:
    values: dict[str, Any] = {"model_path": model, "base_task_id": "base-1", "preset": PRESET}
    return RetextureJob(**{**values, **changes})


def rig_job(model: Path = Path("base.glb"), **changes: Any) -> RigJob:
    values: dict[str, Any] = {"model_path": model, "base_task_id": "base-1", "height_m": 1.8}
    return RigJob(**{**values, **changes})


def bodies(route: respx.Route) -> list[Any]:
    """Return the JSON bodies that a route has received."""
    return [json.loads(call.request.content) for call in route.calls]
