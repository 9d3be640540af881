"""The walls of gabled houses: their plan, bodies of every style, timbers, doors and windows."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from asset_forge.greybox.mesh import Part
from asset_forge.greybox.parts import to_part
from asset_forge.greybox.shapes.framing import Pieces, door, gather, placed, timber, window
from asset_forge.greybox.solids import Solid, box, extrude, lathe, merge

PLINTH_M = 0.34


@dataclass(frozen=True)
class HousePlan:
    """Metres. wall: "framed", "stone", "boards", "logs" or "plain". roof: "thatch" or "tiles"."""

    width_m: float
    depth_m: float
    wall_m: float
    ridge_m: float
    eaves_m: float
    floors: int
    wall: str
    roof: str
    is_round: bool
    chimney: str
    shutters: bool
    door_x: float
    arched: bool
    budget: int

    @property
    def slope(self) -> float:
        """Rise of the roof per metre."""
        return (self.ridge_m - self.wall_m) / (self.depth_m / 2)

    @property
    def eave(self) -> tuple[float, float]:
        """Height and z of the eave's underside."""
        return self.wall_m - self.eaves_m * self.slope, self.depth_m / 2 + self.eaves_m


def walls_of(plan: HousePlan, rng: np.random.Generator) -> list[Part]:
    """Make the body with its two gables; of boards or logs where they are asked for."""
    w, d, top = plan.width_m, plan.depth_m, plan.wall_m
    low = 0.0 if plan.wall == "stone" else 0.1
    inset = 0.10 if plan.wall == "logs" else 0.0
    z, x = d / 2 - inset, w - 2 * inset
    outline = np.array([(z, low), (z, top), (0.0, plan.ridge_m), (-z, top), (-z, low)])
    core = extrude(outline, x).rotated("y", 90)
    parts = [to_part(core, "walls", "walls", crease_deg=20)]
    if plan.wall == "boards":
        parts.append(to_part(merge(*_cladding(plan, low, rng)), "boards", "walls", crease_deg=20))
    elif plan.wall == "logs":
        parts.append(to_part(_logs(plan), "logs", "walls", crease_deg=50))
    return parts


def _cladding(plan: HousePlan, low: float, rng: np.random.Generator) -> list[Solid]:
    """Nail upright boards on all four walls, some a little prouder than others."""
    solids: list[Solid] = []
    w, d = plan.width_m, plan.depth_m
    for turn, wide, face in ((0, w, d / 2), (180, w, d / 2), (90, d, w / 2), (270, d, w / 2)):
        edges = np.linspace(-wide / 2, wide / 2, round(wide / 0.27) + 1)
        edges[1:-1] += rng.uniform(-0.03, 0.03, len(edges) - 2)
        for left, right in pairwise(edges):
            x, z = float(left + right) / 2, face + float(rng.uniform(0.0, 0.022))
            board = timber((x, low, z), (x, plan.wall_m, z), float(right - left) - 0.014, 0.05)
            if turn in (90, 270):
                # Cut to the slope of the gable.
                p = board.positions.copy()
                roof = plan.ridge_m - np.abs(p[:, 0]) * plan.slope - 0.02
                p[:, 1] = np.where(p[:, 1] > low + 0.5, roof, p[:, 1])
                board = board.bent(p)
            solids.append(board.rotated("y", turn))
    return solids


def _logs(plan: HousePlan) -> Solid:
    """Stack logs that cross at the corners; in the gables they shorten with the roof."""
    size = 0.27
    solids: list[Solid] = []
    log = np.array([(0.0, -0.5), (0.15, -0.5), (0.15, 0.5), (0.0, 0.5)])
    for turn, wide, face in (
        (0, plan.width_m, plan.depth_m / 2),
        (90, plan.depth_m, plan.width_m / 2),
    ):
        shift = 0.0 if turn == 0 else size / 2
        top = plan.wall_m if turn == 0 else plan.ridge_m - 0.2
        for y in np.arange(PLINTH_M + shift, top, size):
            reach = wide + 0.5
            if y > plan.wall_m - 0.1:
                reach = 2 * (plan.ridge_m - y - 0.12) / plan.slope
            if reach < 0.4:
                continue
            one = lathe(log * (1, reach), sides=6, phase=0.5).rotated("z", 90)
            solids += [one.moved(y=float(y), z=s * (face - 0.10)).rotated("y", turn)
                       for s in (-1, 1)]  # fmt: skip
    return merge(*solids)


def add_openings(plan: HousePlan, rng: np.random.Generator, pieces: Pieces) -> None:
    """Set the door and the windows into all four walls."""
    w, d = plan.width_m, plan.depth_m
    out = {"boards": 0.035, "logs": 0.05}.get(plan.wall, 0.0)
    wide = min(0.95, 0.3 * w)
    gather(pieces, placed(door(wide, 1.9, rng, arched=plan.arched), plan.door_x,
                          PLINTH_M - 0.06, d / 2 + out, 0))  # fmt: skip
    sight = PLINTH_M + 1.40

    def add(x: float, y: float, face: float, turn: float, size: tuple[float, float]) -> None:
        made = window(*size, rng, shutters=plan.shutters and size[0] > 0.6)
        gather(pieces, placed(made, x, y, face + out, turn))

    usual = (0.82, 0.92) if plan.width_m > 4.4 else (0.62, 0.66)
    for floor in range(plan.floors):
        y = sight + 2.2 * floor
        for x in np.array([-0.33, 0.33]) * w + (0.06 * plan.door_x if floor == 0 else 0.0):
            if floor or abs(x - plan.door_x) > 0.95 + 0.5 * usual[0]:
                add(float(x), y, d / 2, 0, usual)
        if floor and plan.width_m > 5:
            add(0.0, y, d / 2, 0, usual)
        for x in (-0.25 * w, 0.25 * w):
            add(x, y, d / 2, 180, usual)
        add(0.0, y, w / 2, 270, usual)
        if plan.chimney != "gable":
            add(0.0, y, w / 2, 90, usual)
    if plan.ridge_m - plan.wall_m > 1.6:
        attic = plan.wall_m + 0.30 * (plan.ridge_m - plan.wall_m)
        for turn in (90, 270):
            if turn == 270 or plan.chimney != "gable":
                add(0.0, attic + 0.12, w / 2, turn, (0.50, 0.58))


def add_framing(plan: HousePlan, pieces: Pieces) -> None:
    """Nail posts, rails and braces on the walls; few of them on boards."""
    w, d, low, top = plan.width_m, plan.depth_m, PLINTH_M - 0.02, plan.wall_m
    beams: list[Solid] = []
    size = 0.20
    for sx in (-1, 1):
        for sz in (-1, 1):
            post = box(size * 1.2, top - low, size * 1.2)
            beams.append(post.moved(sx * (w / 2 - 0.07), (top + low) / 2, sz * (d / 2 - 0.07)))
    is_framed = plan.wall == "framed"
    for turn, wide, face in ((0, w, d / 2), (180, w, d / 2), (90, d, w / 2), (270, d, w / 2)):
        z = face + (0.0 if is_framed else 0.03)
        run: list[Solid] = []
        levels = [low + 0.1, *(low + 2.35 + 2.2 * k for k in range(plan.floors - 1)), top - 0.1]
        span = wide / 2 - 0.05
        has_door = turn == 0
        for y in levels:
            if y == levels[0] and has_door:
                x = plan.door_x
                run += [timber((-span, y, z), (x - 0.5, y, z), size, 0.14),
                        timber((x + 0.5, y, z), (span, y, z), size, 0.14)]  # fmt: skip
            else:
                run.append(timber((-span, y, z), (span, y, z), size, 0.16))
        if is_framed:
            for bottom, upper in pairwise(levels):
                for side in (-1.0, 1.0):
                    foot, head = side * (span - 0.06), side * (span - 0.62)
                    start, end = (foot, bottom + 0.05, z - 0.01), (head, upper - 0.05, z - 0.01)
                    run.append(timber(start, end, 0.15, 0.13))
                    if turn != 0 or bottom > low + 1 or abs(side * 0.16 * wide - plan.door_x) > 0.9:
                        x = side * 0.12 * wide if turn in (0, 180) else side * 0.26 * wide
                        run.append(
                            timber((x, bottom, z - 0.015), (x, upper, z - 0.015), 0.15, 0.13)
                        )
        if turn in (90, 270):
            tall = plan.ridge_m - top
            if is_framed:
                run += [timber((s * 0.26 * wide, top - 0.05, z - 0.01),
                               (s * 0.10 * wide, top + 0.66 * tall, z - 0.01), 0.14, 0.12)
                        for s in (-1.0, 1.0)]  # fmt: skip
                x, y = 0.24 * wide, top + 0.50 * tall
                run.append(timber((-x, y, z - 0.005), (x, y, z - 0.005), 0.14, 0.13))
        beams += [beam.rotated("y", turn) for beam in run]
    gather(pieces, {"frame": beams})
