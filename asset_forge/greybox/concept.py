"""Concept art: what the words mean, drawn from the shape itself."""

from dataclasses import replace

from asset_forge.glb.render import render_concept
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.model import make_model

CONCEPT_PX = 1024


def draw_concept(brief: Brief) -> bytes:
    """Draw a brief as PNG, CONCEPT_PX square, three-quarter view.

    The same brief makes the same model, so the picture shows what the shape will be.
    """
    model = make_model(replace(brief, texture_px=min(brief.texture_px, CONCEPT_PX)))
    return render_concept(model.glb, size_px=CONCEPT_PX)
