"""What greybox does in worker processes, called in this one: plain data in, plain data out."""

import functools
import json
import pickle
from typing import Any

import pytest

from asset_forge.errors import BadGlb, BadPicture, Refused
from asset_forge.glb.document import GlbDocument
from asset_forge.greybox import jobs
from tests.unit.greybox_picture import pictures

SMALL = {"face_budget": 1500, "texture_px": 256}


def brief(subtype: str, **more: Any) -> dict[str, Any]:
    return {"name": f"Plain {subtype}", "type": "weapon", "subtype": subtype, **SMALL, **more}


@functools.cache
def humanoid() -> bytes:
    picture = pictures.encode(pictures.humanoid(256))
    fields = brief("knight", type="character", generation_type="avatar")
    glb: bytes = jobs.make_shape_job(fields, picture)["glb"]
    return glb


def test_make_shape_job_from_words_makes_the_kind() -> None:
    made = jobs.make_shape_job(brief("sword"), None)
    assert made["kind"] == "sword"
    assert GlbDocument.parse(made["glb"]).json["meshes"]


def test_make_shape_job_from_a_picture_takes_the_kind_of_the_words() -> None:
    made = jobs.make_shape_job(brief("battleaxe"), pictures.encode(pictures.axe(256)))
    assert made["kind"] == "axe"
    assert "one view" in made["note"]


def test_make_shape_job_from_a_picture_reads_the_name_when_the_subtype_says_nothing() -> None:
    fields = brief("consumable", name="Healing potion")
    assert jobs.make_shape_job(fields, pictures.encode(pictures.potion(256)))["kind"] == "potion"


def test_make_shape_job_for_an_avatar_from_a_picture_is_a_humanoid() -> None:
    fields = brief("Borin", type="custom", generation_type="avatar", height_m=1.3)
    made = jobs.make_shape_job(fields, pictures.encode(pictures.humanoid(256)))
    assert made["kind"] == "humanoid"
    accessor = GlbDocument.parse(made["glb"]).json["accessors"][0]
    assert accessor["max"][1] - accessor["min"][1] == pytest.approx(1.3, rel=1e-4)


def test_make_shape_job_answers_facts_that_are_json() -> None:
    made = jobs.make_shape_job(brief("sword"), pictures.encode(pictures.sword(256)))
    glb = made.pop("glb")
    assert isinstance(glb, bytes)
    assert json.loads(json.dumps(made)) == made


def test_make_shape_job_from_no_picture_is_a_bad_picture() -> None:
    with pytest.raises(BadPicture):
        jobs.make_shape_job(brief("sword"), b"no picture")


def test_draw_concept_job_draws_a_png() -> None:
    assert jobs.draw_concept_job(brief("axe")).startswith(b"\x89PNG")


def test_retexture_job_of_a_model_from_a_picture_changes_only_its_surface() -> None:
    made = jobs.make_shape_job(brief("sword"), pictures.encode(pictures.sword(256)))
    variant = jobs.retexture_job(
        made["glb"], preset_id="bronze", style_prompt="bronze metal", color="#b87333"
    )
    before, after = GlbDocument.parse(made["glb"]), GlbDocument.parse(variant)
    assert variant != made["glb"]
    assert [entry["count"] for entry in before.json["accessors"]] == [
        entry["count"] for entry in after.json["accessors"]
    ]


def test_retexture_job_of_other_bytes_is_a_bad_glb() -> None:
    with pytest.raises(BadGlb):
        jobs.retexture_job(b"no model", preset_id="bronze", style_prompt="bronze")


def test_rig_job_of_a_humanoid_from_a_picture_gives_rig_and_clips() -> None:
    rigged = jobs.rig_job(humanoid(), 1.8)
    assert set(rigged) == {"rigged", "walking", "running"}
    assert GlbDocument.parse(rigged["rigged"]).json["skins"]
    assert GlbDocument.parse(rigged["walking"]).json["animations"]


def test_rig_job_of_a_sword_is_refused() -> None:
    made = jobs.make_shape_job(brief("sword"), pictures.encode(pictures.sword(256)))
    with pytest.raises(Refused):
        jobs.rig_job(made["glb"], 1.8)


def test_sight_jobs_answer_plain_fields() -> None:
    picture = pictures.encode(pictures.sword(256))
    grip, orientation = jobs.grip_job(picture), jobs.orientation_job(picture)
    assert grip["weapon_type"] == "sword"
    assert orientation["needs_flip"] is False
    assert json.loads(json.dumps([grip, orientation])) == [grip, orientation]


@pytest.mark.parametrize(
    "job",
    [
        jobs.make_shape_job,
        jobs.draw_concept_job,
        jobs.retexture_job,
        jobs.rig_job,
        jobs.grip_job,
        jobs.orientation_job,
    ],
)
def test_jobs_can_be_named_to_a_worker_process(job: object) -> None:
    assert pickle.loads(pickle.dumps(job)) is job
