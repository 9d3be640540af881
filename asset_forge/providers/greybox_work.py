"""What greybox does in a worker process: plain data and paths in, files and small facts out.

`asset_forge.greybox.jobs` loads numpy inside its functions alone, so the web process can name them
and pass them on.
"""

from pathlib import Path
from typing import Any

from asset_forge.domain.generation import Subject
from asset_forge.errors import Refused
from asset_forge.greybox import jobs
from asset_forge.providers.base import Job, RetextureJob, RigJob, ShapeJob
from asset_forge.providers.disk import disk_trouble, write_whole

Order = dict[str, Any]


def brief_fields(subject: Subject) -> dict[str, Any]:
    """Write a subject as the fields of a greybox brief; shape and concept art share them."""
    return {
        "name": subject.name,
        "type": subject.type,
        "subtype": subject.subtype,
        "description": subject.description,
        "style": subject.style,
        "generation_type": str(subject.generation_type),
        "seed": subject.seed,
        "height_m": subject.height_m,
    }


def order_for(job: Job) -> Order:
    """Write a job as JSON, so that it can be done again after a restart."""
    match job:
        case ShapeJob():
            by_words = job.picture_by == "greybox"
            return {
                "kind": str(job.kind),
                "picture": None if by_words else str(job.picture_path),
                "brief": {
                    **brief_fields(job.subject),
                    "face_budget": job.face_budget,
                    "texture_px": job.texture_px,
                },
            }
        case RetextureJob():
            return {
                "kind": str(job.kind),
                "model": str(job.model_path),
                "surface": {
                    "preset_id": job.preset.id,
                    "style_prompt": job.preset.style_prompt,
                    "category": job.preset.category,
                    "color": job.preset.color,
                    "seed": job.seed,
                },
            }
        case RigJob():
            return {
                "kind": str(job.kind),
                "model": str(job.model_path),
                "height_m": job.height_m,
            }


def carry_out(order: Order, folder: str) -> dict[str, Any]:
    """Do an order and write its GLBs into `folder`, as <output name>.glb.

    Returns {"outputs": [names], "notes": {...}}. Runs in a worker process. Raises ForgeError with
    the reason when the job cannot be done, StorageUnavailable when the disk fails.
    """
    notes: dict[str, Any] = {}
    match order["kind"]:
        case "image-to-3d":
            picture = _read(order["picture"], "picture") if order["picture"] else None
            made = jobs.make_shape_job(order["brief"], picture)
            files = {"model": made.pop("glb")}
            notes = made
        case "retexture":
            model = _read(order["model"], "model")
            files = {"model": jobs.retexture_job(model, **order["surface"])}
        case _:
            model = _read(order["model"], "model")
            files = dict(jobs.rig_job(model, order["height_m"]))
    for name, data in files.items():
        # A worker of a killed service may write the same file at the same time.
        try:
            write_whole(Path(folder) / f"{name}.glb", data)
        except OSError as error:
            raise disk_trouble("write greybox's result", error) from error
    return {"outputs": sorted(files), "notes": notes}


def _read(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise Refused(
            f"The {what} that this was to be made from is gone ({Path(path).name}): make it again"
        ) from None
    except OSError as error:
        raise disk_trouble(f"read the {what} {Path(path).name}", error) from error
