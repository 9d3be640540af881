"""Meshy's models: which are retired, which make low-poly meshes, which paint, what they cost.

Source: docs.meshy.ai, pages on deprecations, image-to-3d and retexture, read in November 2026.
A model that is not named here is taken to be a new standard model.
"""

import datetime as dt
from collections.abc import Iterable

from asset_forge.providers.base import TaskKind

SUCCESSOR = "meshy-7.1"

_RETIRED: dict[str, dt.date] = {
    "v1": dt.date(2025, 7, 1),
    "v2": dt.date(2025, 7, 1),
    "meshy-3": dt.date(2025, 7, 1),
    "meshy-4": dt.date(2026, 3, 20),
    "meshy-5": dt.date(2026, 10, 10),
    "meshy-t1": dt.date(2026, 10, 30),
}
_DEPRECATED: dict[str, dt.date] = {"meshy-7": dt.date(2026, 9, 18)}
_SUCCESSORS = {"meshy-t1": "meshy-t2.5"}

# Models of `model_type: smart-topology`, with the most faces each makes.
_SMART_TOPOLOGY_FACES = {"meshy-t2": 15_000, "meshy-t2.5": 30_000}
_MAX_FACES = 300_000
_MIN_FACES = 100
# Known image-to-3d models that retexture does not take.
_CANNOT_PAINT = frozenset({"meshy-6-lite", *_SMART_TOPOLOGY_FACES})
_CANNOT_SHAPE = frozenset({"meshy-n1"})
_TEXTURES_2K_ONLY = frozenset({"meshy-6-lite"})
_LITE = frozenset({"meshy-6-lite", *_SMART_TOPOLOGY_FACES})
_MESH_CREDITS, _LITE_MESH_CREDITS, _RIG_CREDITS = 20.0, 5.0, 5.0
_TEXTURE_CREDITS = {"2k": 10.0, "4k": 10.0, "8k": 15.0}


def is_smart_topology(model: str) -> bool:
    """Say whether a model makes its own low-poly topology and ignores the remesh fields."""
    return model in _SMART_TOPOLOGY_FACES


def face_target(model: str, face_budget: int) -> int:
    """Return the nearest number of faces that a model can be asked for."""
    return max(_MIN_FACES, min(face_budget, _SMART_TOPOLOGY_FACES.get(model, _MAX_FACES)))


def texture_resolution(model: str, texture_px: int) -> str:
    """Return Meshy's name of the smallest texture that has `texture_px` pixels an edge."""
    if texture_px <= 2048 or model in _TEXTURES_2K_ONLY:
        return "2k"
    return "4k" if texture_px <= 4096 else "8k"


def shaping_model(model: str) -> str:
    """Return `model`, or the current standard model when it only paints."""
    return SUCCESSOR if model in _CANNOT_SHAPE else model


def painting_model(model: str) -> str:
    """Return `model`, or the current standard model when it cannot paint."""
    return SUCCESSOR if model in _CANNOT_PAINT else model


def credits_at_most(kind: TaskKind, model: str, texture_px: int) -> float:
    """Return the credits of one task, by docs.meshy.ai's price list of November 2026.

    A mesh is 20 (5 with meshy-6-lite and the smart-topology models), its texture 10, or 15 at 8k;
    a retexture 10, or 15 at 8k; a rig 5. A model that is not known is taken for a standard one.
    """
    if kind is TaskKind.RIGGING:
        return _RIG_CREDITS
    if kind is TaskKind.RETEXTURE:
        return _TEXTURE_CREDITS[texture_resolution(painting_model(model), texture_px)]
    model = shaping_model(model)
    mesh_credits = _LITE_MESH_CREDITS if model in _LITE else _MESH_CREDITS
    return mesh_credits + _TEXTURE_CREDITS[texture_resolution(model, texture_px)]


def retirement_warnings(models: Iterable[str], today: dt.date) -> list[str]:
    """Return a sentence for each model that is retired or deprecated by `today`."""
    warnings = []
    for model in dict.fromkeys(models):
        successor = _SUCCESSORS.get(model, SUCCESSOR)
        if model in _RETIRED and _RETIRED[model] <= today:
            date = _RETIRED[model].isoformat()
            warnings.append(f"Meshy's model {model!r} is retired since {date}; use {successor}")
        elif model in _DEPRECATED and _DEPRECATED[model] <= today:
            date = _DEPRECATED[model].isoformat()
            warnings.append(
                f"Meshy's model {model!r} is deprecated since {date}, its last day is not "
                f"announced; use {successor}"
            )
    return warnings
