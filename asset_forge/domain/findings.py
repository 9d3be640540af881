"""What may disappoint about a model, as stable codes with a sentence each."""

from dataclasses import dataclass
from typing import Final

from asset_forge.domain.sizes import Placement

MEANINGS: Final = {
    "draws_nothing": "The scene draws no triangles.",
    "over_face_budget": "There are more triangles than the quality asked for.",
    "no_uvs": "A part has no UVs, so it cannot show a texture.",
    "no_normals": "A part has no normals and is shaded flat.",
    "no_material": "A part has no material.",
    "degenerate_triangles": "Many triangles have no area.",
    "doubled_triangles": "Triangles lie on top of others, and flicker.",
    "open_edges": "The surface has holes: some edges have one triangle only.",
    "crowded_edges": "Some edges are shared by more than two triangles.",
    "mixed_winding": "Neighbouring triangles face opposite ways.",
    "inside_out": "The surface faces inwards.",
    "edges_not_checked": "There are too many triangles to look for holes.",
    "picture_unreadable": "A texture lies outside the file, or its bytes cannot be found.",
    "picture_unknown": "A texture is of a kind that is not known here.",
    "not_power_of_two": "A texture's sides are no powers of two.",
    "large_texture": "A texture has sides of more than 4,096 pixels.",
    "many_influences": "Vertices follow more than four joints, which many engines cut off.",
    "not_on_ground": "The model floats above the ground, or stands in it.",
    "size_not_believable": "The model is much larger or smaller than such a thing is.",
}
"""Every code that a report can hold, and what it means."""


@dataclass(frozen=True)
class Finding:
    """One thing that may disappoint: a code of `MEANINGS`, and a sentence with the numbers."""

    code: str
    message: str

    def to_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True)
class Expected:
    """What a model is held against; None where nothing is expected.

    size_tolerance: by how much larger or smaller a model may be, as a factor.
    """

    face_budget: int | None = None
    placement: Placement | None = None
    size_tolerance: float = 3.0
