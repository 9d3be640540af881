"""What greybox does in worker processes: plain data in, plain data out.

Imports stand inside, so that naming a job costs nothing: numpy, scipy and Pillow load where it
runs.
"""

from dataclasses import asdict
from typing import Any


def make_shape_job(brief_fields: dict[str, Any], picture: bytes | None) -> dict[str, Any]:
    """Make a model from words, or from a picture when there is one.

    `brief_fields` are those of Brief. Returns "glb", "kind" and, when there is something to say,
    "note". Raises Refused or BadPicture.
    """
    from asset_forge.greybox.brief import Brief
    from asset_forge.greybox.model import make_model
    from asset_forge.greybox.picture import model_from_picture

    brief = Brief(**brief_fields)
    if picture is None:
        model = make_model(brief)
        glb, kind, note = model.glb, model.kind, model.note
    else:
        shaped = model_from_picture(
            picture,
            kind=f"{brief.subtype}, {brief.name}",
            type="avatar" if brief.generation_type == "avatar" else brief.type,
            height_m=brief.height_m,
            face_budget=brief.face_budget,
            texture_px=brief.texture_px,
        )
        glb, kind, note = shaped.glb, shaped.kind, " ".join(shaped.notes)
    made: dict[str, Any] = {"glb": glb, "kind": kind}
    if note:
        made["note"] = note
    return made


def draw_concept_job(brief_fields: dict[str, Any]) -> bytes:
    """Draw what the words mean as PNG."""
    from asset_forge.greybox.brief import Brief
    from asset_forge.greybox.concept import draw_concept

    return draw_concept(Brief(**brief_fields))


def retexture_job(
    glb: bytes,
    *,
    preset_id: str,
    style_prompt: str,
    category: str = "",
    color: str | None = None,
    seed: int | None = None,
) -> bytes:
    """Give a GLB another surface. Raises BadGlb or Refused."""
    from asset_forge.greybox.retexture import retexture

    return retexture(
        glb,
        preset_id=preset_id,
        style_prompt=style_prompt,
        category=category,
        color=color,
        seed=seed,
    )


def rig_job(glb: bytes, height_m: float) -> dict[str, bytes]:
    """Rig a T-pose biped: GLBs "rigged", "walking", "running". Raises Refused with the reason."""
    from asset_forge.greybox.rig import rig_character

    character = rig_character(glb, height_m=height_m)
    return {
        "rigged": character.rigged,
        "walking": character.walking,
        "running": character.running,
    }


def grip_job(picture: bytes) -> dict[str, Any]:
    """Find where a weapon is held: the fields of greybox.sight.GripFinding."""
    from asset_forge.greybox.sight import find_grip

    return asdict(find_grip(picture))


def orientation_job(picture: bytes) -> dict[str, Any]:
    """Find which way a weapon stands: the fields of greybox.sight.OrientationFinding."""
    from asset_forge.greybox.sight import find_orientation

    return asdict(find_orientation(picture))
