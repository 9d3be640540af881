"""What tables, desks and stools have in common: their plan, tops of planks, legs."""

from dataclasses import dataclass

import numpy as np

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.carpentry import boards, planked, ring_band, round_boards
from asset_forge.greybox.solids import Solid, box, lathe, merge


@dataclass(frozen=True)
class TablePlan:
    """Outer size in metres. legs: "turned", "square" or "trestle". rim: slot of a round top's rim.

    style: "table", "round", "long", "desk", "workbench", "stool" or "bench".
    """

    style: str
    width_m: float
    depth_m: float
    height_m: float
    top_m: float
    legs: str
    leg_m: float
    ornate: bool
    worn: bool
    rim: str

    @property
    def under_m(self) -> float:
        """Height of the top's underside."""
        return self.height_m - self.top_m


def top_of(plan: TablePlan, brief: Brief) -> list[Part]:
    """Lay the planks of a square-cornered top; worn ones have uneven ends."""
    rng = brief.rng("table top")
    count = max(2, round(plan.depth_m / 0.17))
    length = plan.width_m - (0.0 if plan.worn else 0.16)
    laid = []
    for board in boards(plan.depth_m, length, plan.top_m, count, rng, bevel=0.004):
        shift = float(rng.uniform(-0.022, 0.022)) if plan.worn else 0.0
        tilt = float(rng.uniform(-0.25, 0.25)) if plan.worn else 0.0
        laid.append(
            board.rotated("z", 90 + tilt)
            .rotated("x", 90)
            .moved(shift, plan.height_m - plan.top_m / 2)
        )
    parts = planked(laid, "top", "top", rng)
    if not plan.worn:
        ends = [
            box(0.078, plan.depth_m, plan.top_m * 1.04, bevel=0.005)
            .rotated("x", 90)
            .moved(side * (plan.width_m / 2 - 0.039), plan.height_m - plan.top_m / 2)
            for side in (-1.0, 1.0)
        ]
        parts += planked(ends, "top end", "top", rng)
    if plan.ornate:
        w, d = plan.width_m, plan.depth_m
        trim = merge(
            *(box(w + 0.010, 0.012, 0.010, bevel=0.002).moved(z=s * d / 2) for s in (-1, 1)),
            *(box(0.009, 0.011, d + 0.007, bevel=0.002).moved(x=s * w / 2) for s in (-1, 1)),
        )
        parts.append(
            to_part(
                trim.moved(y=plan.height_m - plan.top_m / 2), "top trim", "metal", crease_deg=20
            )
        )
    return parts


def disc_of(plan: TablePlan, brief: Brief) -> list[Part]:
    """Make a round top of planks inside a rim."""
    rng = brief.rng("table top")
    r = plan.width_m / 2
    count = max(3, round(plan.width_m / 0.17))
    laid = [
        board.rotated("x", -90).rotated("y", 90).moved(y=plan.height_m - plan.top_m / 2)
        for board in round_boards(r - 0.004, plan.top_m, count, rng)
    ]
    parts = planked(laid, "top", "top", rng)
    if plan.style == "round":
        y = plan.height_m - plan.top_m / 2
        half = plan.top_m * 0.32
        band = ring_band((r - 0.008, y - half), (r - 0.008, y + half), 0.013, sides=32)
        parts.append(to_part(band, "rim", plan.rim, crease_deg=28))
    return parts


def leg_of(plan: TablePlan, height: float) -> Solid:
    """Make one leg from the ground up around the Y axis."""
    r = plan.leg_m / 2
    if plan.legs == "turned":
        outline = [(0.0, 0.0), (0.62, 0.0), (0.78, 0.02), (0.80, 0.07), (0.55, 0.10), (0.62, 0.14),
                   (0.95, 0.30), (1.02, 0.40), (0.80, 0.52), (0.56, 0.60), (0.88, 0.63),
                   (0.88, 0.66), (0.56, 0.69), (0.66, 0.73), (0.0, 0.73)]  # fmt: skip
        post = lathe([(x * r, y * height) for x, y in outline], sides=12)
        block = box(2 * r, 0.28 * height, 2 * r, bevel=0.004).moved(y=0.86 * height)
        return merge(post, block)
    solid = box(2 * r, height, 2 * r, bevel=0.006).moved(y=height / 2)
    taper = 0.72 + 0.28 * np.clip(solid.positions[:, 1:2] / height, 0, 1)
    return solid.bent(solid.positions * np.hstack([taper, np.ones_like(taper), taper]))
