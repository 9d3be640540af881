"""Everything the service does with a GLB, tried on one file; run where a crash hurts nobody."""

import warnings
from collections.abc import Callable
from pathlib import Path

from asset_forge.errors import ForgeError
from asset_forge.glb.compact import compact
from asset_forge.glb.decompress import decoded
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.glb.meshes import drawn_meshes
from asset_forge.glb.normalise import ground, normalise_character
from asset_forge.glb.poses import pose_at
from asset_forge.glb.render import render_concept, render_sprites
from asset_forge.glb.tpose import strip_animations
from asset_forge.greybox.retexture import retexture
from asset_forge.greybox.rig import rig_character

HEIGHT_M = 1.8
PICTURE_PX = 24


def _uses() -> dict[str, Callable[[bytes], object]]:
    def posed(data: bytes) -> object:
        document = GlbDocument.parse(data)
        return drawn_meshes(document, pose_at(document, 0, 0.3))

    return {
        "inspect": inspect_glb,
        "normalise": lambda data: normalise_character(data, HEIGHT_M),
        "ground": ground,
        "strip": strip_animations,
        "compact": lambda data: compact(GlbDocument.parse(data)).to_bytes(),
        "decoded": lambda data: decoded(GlbDocument.parse(data)).to_bytes(),
        "pose": posed,
        "render": lambda data: render_concept(data, size_px=PICTURE_PX),
        "sprites": lambda data: render_sprites(data, angle_count=2, size_px=PICTURE_PX),
        "retexture": lambda data: retexture(data, preset_id="steel", style_prompt="steel"),
        "rig": lambda data: rig_character(data, height_m=HEIGHT_M),
    }


ALL_USES = (
    "inspect", "normalise", "ground", "strip", "compact", "decoded", "pose", "render", "sprites",
    "retexture", "rig",
)  # fmt: skip


def complaints(
    files: list[tuple[str, bytes]], names: tuple[str, ...] = ALL_USES, progress: str | None = None
) -> list[str]:
    """Try uses on every file; list what was neither a result nor an error of the project.

    Writes the name of what is tried to the file `progress`, so that a crash can be told.
    """
    found = []
    uses = _uses()
    for name, data in files:
        for use in names:
            function = uses[use]
            if progress is not None:
                Path(progress).write_text(f"{use} of {name}")
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    function(data)
                except ForgeError as error:
                    if not error.message.isprintable():
                        found.append(f"{use} of {name}: unprintable message {error.message!r}")
                except Exception as error:  # noqa: BLE001 - any other error is what is looked for
                    place = error.__traceback__
                    while place is not None and place.tb_next is not None:
                        place = place.tb_next
                    at = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
                    found.append(f"{use} of {name}: {type(error).__name__}: {error} at {at}"[:500])
    return found
