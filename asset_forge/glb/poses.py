"""Animation clips evaluated at one moment.

Gives overrides for `nodes.world_matrices` and `meshes.drawn_meshes`; changes no document. Rules for
the interpolation: glTF 2.0, appendix C.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from asset_forge.errors import BadGlb
from asset_forge.glb import fields
from asset_forge.glb.accessors import read_accessor
from asset_forge.glb.document import GlbDocument

_WIDTHS = {"translation": 3, "rotation": 4, "scale": 3}


def clip_names(document: GlbDocument) -> list[str]:
    """Return the names of all clips in their order; a clip without a name has an empty one."""
    clips = fields.objects(document.json, "animations")
    return [fields.text(clip, "name", "") for clip in clips]


def find_clip(document: GlbDocument, name: str) -> int | None:
    """Return the number of the clip of that name, whatever the case; None when there is none.

    Exporters write "Armature|walking|baselayer" for "walking": one such part is enough when no
    clip has the whole name.
    """
    wanted = name.casefold()
    names = [each.casefold() for each in clip_names(document)]
    if wanted in names:
        return names.index(wanted)
    return next((n for n, each in enumerate(names) if wanted in each.split("|")), None)


def clip_seconds(document: GlbDocument, animation: int) -> float:
    """Return the time of the last key of a clip, in seconds."""
    clip = fields.item(document.json, "animations", animation)
    inputs = {fields.integer(sampler, "input") for sampler in fields.objects(clip, "samplers")}
    return max((float(_key_times(document, index)[-1]) for index in inputs), default=0.0)


def pose_at(
    document: GlbDocument, animation: int, time_s: float
) -> dict[int, dict[str, list[float]]]:
    """Return the overrides of a clip at a time: node → property → numbers.

    Before the first key and after the last one the nearest key holds. Raises BadGlb for keys that
    do not fit together.
    """
    clip = fields.item(document.json, "animations", animation)
    overrides: dict[int, dict[str, list[float]]] = {}
    for channel in fields.objects(clip, "channels"):
        target = fields.mapping(channel, "target")
        node = fields.optional_integer(target, "node")
        path = fields.text(target, "path")
        # Without a node, or with a path such as "pointer", the target belongs to an extension.
        if node is None or path not in {*_WIDTHS, "weights"}:
            continue
        fields.item(document.json, "nodes", node)
        sampler = fields.item(clip, "samplers", fields.integer(channel, "sampler"))
        value = _sample(document, sampler, path, time_s)
        overrides.setdefault(node, {})[path] = [float(number) for number in value]
    return overrides


def _key_times(document: GlbDocument, index: int) -> NDArray[np.float64]:
    times = read_accessor(document, index)
    if times.ndim != 1 or times.dtype != np.float32 or not np.isfinite(times).all():
        raise BadGlb(f"The GLB is damaged: accessors[{index}] holds no key times.")
    return times.astype(np.float64)


def _sample(
    document: GlbDocument, sampler: dict[str, Any], path: str, time_s: float
) -> NDArray[np.float64]:
    times = _key_times(document, fields.integer(sampler, "input"))
    interpolation = fields.text(sampler, "interpolation", "LINEAR")
    cubic = interpolation == "CUBICSPLINE"
    keys = _key_values(document, fields.integer(sampler, "output"), path, len(times), cubic)
    before = int(np.clip(np.searchsorted(times, time_s, side="right") - 1, 0, len(times) - 1))
    after = min(before + 1, len(times) - 1)
    gap_s = times[after] - times[before]
    fraction = float(np.clip((time_s - times[before]) / gap_s, 0, 1)) if gap_s > 0 else 0.0
    if cubic:
        value = _cubic(keys[before], keys[after], gap_s, fraction)
    elif interpolation == "STEP" or fraction == 0:
        value = keys[before, 0]
    elif path == "rotation":
        value = _slerp(keys[before, 0], keys[after, 0], fraction)
    else:
        value = keys[before, 0] * (1 - fraction) + keys[after, 0] * fraction
    return value


def _key_values(
    document: GlbDocument, index: int, path: str, key_count: int, cubic: bool
) -> NDArray[np.float64]:
    """Read the values as (keys, 1 or 3, width); three are in-tangent, value and out-tangent."""
    with np.errstate(invalid="ignore"):
        values = read_accessor(document, index).astype(np.float64)
    rows = 3 if cubic else 1
    width = _WIDTHS.get(path) or values.size // (key_count * rows)
    if width == 0 or values.size != key_count * rows * width or not np.isfinite(values).all():
        raise BadGlb(f"The GLB is damaged: accessors[{index}] does not fit its animation keys.")
    return values.reshape(key_count, rows, width)


def _cubic(
    start: NDArray[np.float64], end: NDArray[np.float64], gap_s: float, fraction: float
) -> NDArray[np.float64]:
    """Evaluate a cubic Hermite spline between two keys of (in-tangent, value, out-tangent)."""
    t = fraction
    value: NDArray[np.float64] = (
        (2 * t**3 - 3 * t**2 + 1) * start[1]
        + gap_s * (t**3 - 2 * t**2 + t) * start[2]
        + (3 * t**2 - 2 * t**3) * end[1]
        + gap_s * (t**3 - t**2) * end[0]
    )
    return value


def _slerp(
    start: NDArray[np.float64], end: NDArray[np.float64], fraction: float
) -> NDArray[np.float64]:
    """Turn from one quaternion to the other at even speed, the short way round."""
    cosine = float(start @ end)
    if cosine < 0:
        end, cosine = -end, -cosine
    if cosine > 0.9995:  # so close that the division below would lose all digits
        return start * (1 - fraction) + end * fraction
    angle = float(np.arccos(cosine))
    return np.asarray(
        (np.sin((1 - fraction) * angle) * start + np.sin(fraction * angle) * end) / np.sin(angle)
    )
