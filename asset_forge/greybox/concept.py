"""Words → concept art: the shape the words mean, seen from a flattering side."""

from asset_forge.glb.render import render_concept
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.model import make_model

CONCEPT_SIZE_PX = 1024


def draw_concept(brief: Brief) -> bytes:
    """Draw a brief as PNG, 1024 x 1024, three-quarter view on a plain background."""
    return render_concept(make_model(brief).glb, size_px=CONCEPT_SIZE_PX)
