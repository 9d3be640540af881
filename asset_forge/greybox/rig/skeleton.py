"""The skeleton of a biped: 22 joints with the names that Mixamo uses, and where its bones run.

In the bind pose every joint is turned like the world, so that clips can be written in plain
angles about x, y and z. The character's left is +X.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from asset_forge.greybox.mesh import Floats

PREFIX = "mixamorig:"

_SPINE = ("Hips", "Spine", "Spine1", "Spine2", "Neck", "Head")
_ARM = ("Shoulder", "Arm", "ForeArm", "Hand")
_LEG = ("UpLeg", "Leg", "Foot", "ToeBase")
SIDES = ("Left", "Right")

PARENTS: dict[str, str | None] = {"Hips": None}
PARENTS |= dict(zip(_SPINE[1:], _SPINE[:-1], strict=True))
for _side in SIDES:
    PARENTS |= {_side + _ARM[0]: "Spine2", _side + _LEG[0]: "Hips"}
    for _chain in (_ARM, _LEG):
        PARENTS |= {_side + child: _side + parent for parent, child in pairwise(_chain)}
JOINTS = tuple(PARENTS)

# Bones end at a joint, or at one of the tips that landmarks give beside the joints.
_ENDS = {"Hips": "Spine", "Spine": "Spine1", "Spine1": "Spine2", "Spine2": "Neck", "Neck": "Head"}
_ENDS["Head"] = "HeadTop"
for _side in SIDES:
    _ENDS |= {
        _side + start: _side + end
        for start, end in (
            ("Shoulder", "Arm"),
            ("Arm", "ForeArm"),
            ("ForeArm", "Hand"),
            ("Hand", "HandTip"),
            ("UpLeg", "Leg"),
            ("Leg", "Foot"),
            ("Foot", "ToeBase"),
            ("ToeBase", "ToeTip"),
        )
    }


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Places in the bind pose, each (3,) metres, and the height of the character.

    places: the joints, and beside them the tips "HeadTop", "…HandTip", "…ToeTip" and "…Heel".
    """

    places: dict[str, Floats]
    height_m: float

    def offset(self, joint: str) -> Floats:
        """Return the translation of a joint from its parent."""
        parent = PARENTS[joint]
        return self.places[joint] if parent is None else self.places[joint] - self.places[parent]

    def moved(self, turn: Floats, scale: float, shift: Floats) -> "Skeleton":
        """Return the skeleton after turning (3, 3), scaling and shifting, in that order."""
        places = {name: scale * (turn @ place) + shift for name, place in self.places.items()}
        return Skeleton(places, self.height_m * scale)

    def bones(self) -> tuple[Floats, Floats]:
        """Return starts and ends of the bones in the order of `JOINTS`, both (22, 3)."""
        starts = np.array([self.places[name] for name in JOINTS])
        ends = np.array([self.places[_ENDS[name]] for name in JOINTS])
        return starts, ends
