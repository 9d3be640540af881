"""What Meshy refuses, ignores and charges, per kind of task.

As of 22 November 2026, from its public pages and recorded answers. Each `check_…` reads a body
and returns a Judgement, or raises Refused. Where pages contradict each other the narrower reading
is used (600 characters, `image_url` or `input_task_id` but not both).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import models
from tests.fakes.meshy_fields import Fields, JsonObject, Note, Refused, read_model_source
from tests.fakes.meshy_tasks import SUCCEEDED, Task

RETIRED_MODELS = frozenset({"meshy-5", "meshy-4", "meshy-3", "meshy-t1", "v1", "v2"})
STANDARD_MODELS = ("meshy-6-lite", "meshy-6", "meshy-7", "meshy-7.1", "latest")
MULTI_IMAGE_MODELS = ("meshy-6-lite", "meshy-6", "meshy-7.1", "latest")
SMART_MODELS = ("meshy-t2", "meshy-t2.5")
RETEXTURE_MODELS = ("meshy-6-lite", "meshy-6", "meshy-7", "meshy-7.1", "meshy-n1", "latest")
CHEAP_MODELS = frozenset({"meshy-6-lite", *SMART_MODELS})
MAX_FACES = 300_000
MAX_RIG_FACES = 300_000
DEFAULT_FACES = 30_000
UNREMESHED_FACES = 1_900_000
# model: (most faces, faces when nothing is said)
SMART_FACES = {"meshy-t2": (15_000, 4_000), "meshy-t2.5": (30_000, 15_000)}
FORMATS = ("glb", "obj", "fbx", "stl", "usdz", "3mf")
REMESH_FORMATS = ("glb", "fbx", "obj", "usdz", "blend", "stl", "3mf")
_RETEXTURE_SOURCES = frozenset({"text-to-3d", "image-to-3d", "multi-image-to-3d", "remesh"})
_MODEL_SOURCES = _RETEXTURE_SOURCES | {"retexture"}


@dataclass
class Judgement:
    """What became of an accepted request."""

    type: str
    credits: int
    face_count: int
    shape: str = "box"
    textured: bool = True
    formats: tuple[str, ...] = ("glb",)
    has_pre_remeshed: bool = False
    fails_with: JsonObject | None = None
    ignored: list[Note] = field(default_factory=list)
    forgotten: list[Note] = field(default_factory=list)


Tasks = Mapping[str, Task]


@dataclass(frozen=True)
class _Source:
    """The mesh that a request works on."""

    face_count: int
    shape: str
    textured: bool
    has_uvs: bool


def check_image_to_3d(body: JsonObject, tasks: Tasks) -> Judgement:
    """image-to-3d: one picture becomes a mesh, textured unless refused."""
    fields = Fields("image-to-3d", body)
    _require_one(fields, "image_url", "input_task_id")
    fields.picture("image_url")
    _refuse_image_task(fields, tasks)
    return _check_mesh(fields, STANDARD_MODELS, ("standard", "2k", "4k"), smart=True)


def check_multi_image_to_3d(body: JsonObject, tasks: Tasks) -> Judgement:
    """multi-image-to-3d: one to four pictures, the first from the front."""
    fields = Fields("multi-image-to-3d", body)
    _require_one(fields, "image_urls", "input_task_id")
    fields.pictures("image_urls")
    _refuse_image_task(fields, tasks)
    if fields.has("texture_image_urls"):
        if fields.has("texture_image_url") or fields.has("texture_prompt"):
            raise Refused(400, "texture_image_urls excludes texture_image_url and texture_prompt")
        if body.get("ai_model", "latest") not in {"meshy-7.1", "latest"}:
            raise Refused(400, "texture_image_urls needs a meshy-7 model")
    fields.pictures("texture_image_urls")
    return _check_mesh(fields, MULTI_IMAGE_MODELS, ("standard", "2k"), smart=False)


def check_text_to_3d(body: JsonObject, tasks: Tasks) -> Judgement:
    """text-to-3d: a preview from words, or the refinement of one."""
    fields = Fields("text-to-3d", body)
    if not fields.has("mode"):
        raise Refused(400, "mode is required")
    if fields.choice("mode", ("preview", "refine"), "") == "preview":
        if not fields.text("prompt"):
            raise Refused(400, "prompt is required")
        fields.ignore("no effect", "negative_prompt", "art_style")
        judged = _check_mesh(
            fields, STANDARD_MODELS, ("standard", "2k", "4k"), smart=True, textured=False
        )
        judged.type = "text-to-3d-preview"
        return judged
    source = _refine_source(fields, tasks)
    model = _model(fields, STANDARD_MODELS, "latest")
    credit_count = _check_texture(fields, model)
    formats = _check_output(fields, FORMATS)
    return _close(fields, "text-to-3d-refine", credit_count, source.face_count, formats=formats)


def check_retexture(body: JsonObject, tasks: Tasks) -> Judgement:
    """retexture: a new surface on a mesh there is."""
    fields = Fields("retexture", body)
    source = _mesh_source(fields, tasks, _RETEXTURE_SOURCES)
    model = _model(fields, RETEXTURE_MODELS, "latest")
    style = fields.text("text_style_prompt")
    image = fields.picture("image_style_url")
    views = fields.pictures("multiview_image_urls")
    if not (style or image or views):
        raise Refused(400, "text_style_prompt, image_style_url or multiview_image_urls is required")
    if views and model not in {"meshy-7", "meshy-7.1"}:
        raise Refused(400, "multiview_image_urls needs an explicit meshy-7 model")
    if image or views:
        fields.ignore("the image wins", "text_style_prompt")
    keeps_uv = fields.flag("enable_original_uv")
    fields.expect("enable_original_uv", "pages name different defaults")
    credit_count = _check_texture(fields, model)
    formats = _check_output(fields, FORMATS)
    judged = _close(fields, "retexture", credit_count, source.face_count, formats=formats)
    judged.shape = source.shape
    if keeps_uv and not source.has_uvs:
        judged.fails_with = {
            "message": "The model has no UV.",
            "type": "invalid_input",
            "code": "model_missing_uv",
        }
    return judged


def check_remesh(body: JsonObject, tasks: Tasks) -> Judgement:
    """remesh: fewer or other faces."""
    fields = Fields("remesh", body)
    source = _mesh_source(fields, tasks, _MODEL_SOURCES)
    fields.choice("topology", ("triangle", "quad"), "triangle")
    faces = fields.integer("target_polycount", 100, MAX_FACES) or DEFAULT_FACES
    if fields.integer("decimation_mode", 1, 4) is not None:
        fields.ignore("decimation_mode overrides it", "target_polycount")
    fields.ignore(
        "deprecated here", "resize_height", "resize_longest_side", "auto_size", "origin_at"
    )
    fields.ignore("deprecated here", "convert_format_only")
    formats = tuple(fields.choices("target_formats", REMESH_FORMATS, ("glb",)))
    fields.text("name")
    judged = _close(fields, "remesh", 5, faces, formats=formats)
    judged.shape, judged.textured = source.shape, source.textured
    return judged


def check_rigging(body: JsonObject, tasks: Tasks) -> Judgement:
    """rigging: a textured humanoid with at most 300,000 faces gets a skeleton and two clips."""
    fields = Fields("rigging", body)
    source = _mesh_source(fields, tasks, _MODEL_SOURCES)
    height_m = fields.value("height_meters")
    if height_m is not None and (
        not isinstance(height_m, int | float) or isinstance(height_m, bool) or height_m <= 0
    ):
        raise Refused(400, "height_meters must be a positive number")
    fields.picture("texture_image_url", ("PNG",))
    if fields.choice("animation_type", ("biped", "quadruped"), "biped") == "quadruped":
        raise Refused(400, "animation_type quadruped is not available")
    if source.face_count > MAX_RIG_FACES:
        raise Refused(400, f"The model has {source.face_count} faces, the limit is {MAX_RIG_FACES}")
    fields.text("name")
    judged = _close(fields, "rig", 5, source.face_count)
    judged.shape = "figure"
    return judged


Rule = Callable[[JsonObject, Tasks], Judgement]
RULES: dict[str, Rule] = {
    "image-to-3d": check_image_to_3d,
    "multi-image-to-3d": check_multi_image_to_3d,
    "text-to-3d": check_text_to_3d,
    "retexture": check_retexture,
    "remesh": check_remesh,
    "rigging": check_rigging,
}


def _check_mesh(
    fields: Fields,
    standard_models: tuple[str, ...],
    resolutions: tuple[str, ...],
    *,
    smart: bool,
    textured: bool | None = None,
) -> Judgement:
    if smart and fields.body.get("model_type") == "lowpoly":
        raise Refused(400, "model_type lowpoly has been retired")
    is_smart = smart and (
        fields.choice("model_type", ("standard", "smart-topology"), "standard") != "standard"
    )
    model = (
        _model(fields, SMART_MODELS, "meshy-t2")
        if is_smart
        else _model(fields, standard_models, "latest")
    )
    resolution = fields.choice("geometry_resolution", resolutions, "standard")
    able = {"2k": {"meshy-7", "meshy-7.1", "latest"}, "4k": {"meshy-7.1", "latest"}}
    if resolution != "standard" and model not in able[resolution]:
        raise Refused(400, f"geometry_resolution {resolution} is not supported by {model}")
    credit_count = (5 if model in CHEAP_MODELS else 20) + (5 if resolution != "standard" else 0)
    if textured is None:
        textured = fields.flag("should_texture", default=True)
        if textured:
            credit_count += _check_texture(fields, model)
        else:
            _check_no_texture(fields)
    face_count, has_pre_remeshed = _check_faces(fields, model, is_smart=is_smart)
    shape = "figure" if fields.choice("pose_mode", ("", "a-pose", "t-pose"), "") else "box"
    if fields.flag("ultra_mode") and model == "meshy-6":
        raise Refused(400, "ultra_mode is not supported by meshy-6")
    fields.ignore("deprecated", "ultra_mode", "symmetry_mode", "is_a_t_pose", "surface_mode")
    fields.flag("image_enhancement", default=True)
    if is_smart:
        fields.ignore("not supported by smart-topology", "image_enhancement", "remove_lighting")
    formats = _check_output(fields, FORMATS)
    judged = _close(fields, fields.kind, credit_count, face_count, formats=formats)
    judged.shape, judged.textured, judged.has_pre_remeshed = shape, textured, has_pre_remeshed
    return judged


def _check_faces(fields: Fields, model: str, *, is_smart: bool) -> tuple[int, bool]:
    if is_smart:
        most, usual = SMART_FACES[model]
        faces = fields.integer("target_polycount", 100, most) or usual
        smart_only = ("should_remesh", "topology", "decimation_mode", "save_pre_remeshed_model")
        fields.ignore("smart-topology makes its own triangles", *smart_only)
        return faces, False
    remeshes = fields.flag("should_remesh")
    fields.choice("topology", ("triangle", "quad"), "triangle")
    faces = fields.integer("target_polycount", 100, MAX_FACES) or DEFAULT_FACES
    decimation = fields.integer("decimation_mode", 1, 4)
    keeps_first = fields.flag("save_pre_remeshed_model")
    if not remeshes:
        remesh_only = ("topology", "target_polycount", "decimation_mode", "save_pre_remeshed_model")
        fields.ignore("needs should_remesh", *remesh_only)
        return UNREMESHED_FACES, False
    if decimation is not None:
        fields.ignore("decimation_mode overrides it", "target_polycount")
    return faces, keeps_first


def _check_texture(fields: Fields, model: str) -> int:
    """Read what belongs to texturing; returns its credits."""
    fields.flag("enable_pbr")
    fields.choice("texture_model", ("meshy-7", "meshy-n1", "meshy-6-lite"), "meshy-7")
    resolution = fields.choice("texture_resolution", ("2k", "4k", "8k"), "2k")
    if resolution != "2k" and "meshy-6-lite" in {model, fields.body.get("texture_model")}:
        raise Refused(400, f"texture_resolution {resolution} is not supported by meshy-6-lite")
    fields.picture("texture_image_url")
    if fields.text("texture_prompt"):
        fields.ignore("texture_prompt wins", "texture_image_url")
    fields.flag("remove_lighting", default=True)
    if model != "meshy-6":
        fields.ignore("meshy-6 textures only", "remove_lighting")
    fields.ignore("deprecated: texture_resolution", "hd_texture")
    return 15 if resolution == "8k" else 10


def _check_no_texture(fields: Fields) -> None:
    if fields.flag("enable_pbr"):
        raise Refused(400, "enable_pbr needs should_texture")
    names = ("texture_model", "texture_resolution", "texture_prompt", "texture_image_url")
    fields.ignore("should_texture is false", *names, "hd_texture", "remove_lighting")


def _check_output(fields: Fields, allowed: tuple[str, ...]) -> tuple[str, ...]:
    formats = fields.choices("target_formats", allowed, [f for f in allowed if f != "3mf"])
    for name in ("moderation", "auto_size", "alpha_thumbnail", "multi_view_thumbnails"):
        fields.flag(name)
    fields.choice("origin_at", ("bottom", "center"), "bottom")
    fields.text("name")
    return tuple(formats)


def _model(fields: Fields, allowed: tuple[str, ...], default: str) -> str:
    if fields.body.get("ai_model") in RETIRED_MODELS:
        raise Refused(400, f"ai_model {fields.body['ai_model']} has been retired")
    return fields.choice("ai_model", allowed, default)


def _require_one(fields: Fields, first: str, second: str) -> None:
    if fields.has(first) == fields.has(second):
        raise Refused(400, f"exactly one of {first} and {second} is required")


def _refuse_image_task(fields: Fields, tasks: Tasks) -> None:
    task_id = fields.value("input_task_id")
    if task_id is None:
        return
    if task_id not in tasks:
        raise Refused(404, f"Task {task_id} not found")
    raise Refused(400, "input_task_id must be a text-to-image or image-to-image task")


def _refine_source(fields: Fields, tasks: Tasks) -> Task:
    task_id: Any = fields.value("preview_task_id")
    if task_id is None:
        raise Refused(400, "preview_task_id is required")
    task = tasks.get(task_id)
    if task is None:
        raise Refused(404, f"Task {task_id} not found")
    if task.type != "text-to-3d-preview" or task.status != SUCCEEDED:
        raise Refused(400, "preview_task_id must be a preview task that has SUCCEEDED")
    return task


def _mesh_source(fields: Fields, tasks: Tasks, kinds: frozenset[str]) -> _Source:
    _require_one(fields, "input_task_id", "model_url")
    task_id: Any = fields.value("input_task_id")
    if task_id is None:
        glb = read_model_source("model_url", fields.value("model_url"))
        if glb is None:
            return _Source(DEFAULT_FACES, "box", textured=True, has_uvs=True)
        try:
            faces, uvs = models.triangle_count(glb), models.has_uvs(glb)
        except (ValueError, KeyError, IndexError) as error:
            raise Refused(400, f"model_url cannot be read: {error}") from error
        return _Source(faces, "box", textured=uvs, has_uvs=uvs)
    task = tasks.get(task_id)
    if task is None:
        raise Refused(404, f"Task {task_id} not found")
    if task.kind not in kinds or task.status != SUCCEEDED:
        raise Refused(400, f"input_task_id must be a task that has SUCCEEDED ({task.status})")
    return _Source(task.face_count, task.shape, textured=task.textured, has_uvs=task.textured)


def _close(
    fields: Fields,
    task_type: str,
    credit_count: int,
    face_count: int,
    *,
    formats: tuple[str, ...] = ("glb",),
) -> Judgement:
    fields.close()
    return Judgement(
        type=task_type,
        credits=credit_count,
        face_count=face_count,
        formats=formats,
        ignored=fields.ignored,
        forgotten=fields.forgotten,
    )
