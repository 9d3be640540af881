"""The soft shadow that the key lamp throws from one part of a model onto another.

A picture of depths is taken from the lamp; what lies behind its surface is in the shade.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from asset_forge.glb.render import studio
from asset_forge.glb.render.arrays import Floats, dots
from asset_forge.glb.render.fragments import pixel_depths
from asset_forge.glb.render.scene import Scene
from asset_forge.glb.render.sight import Sight
from asset_forge.glb.render.view import Projected

SMALLEST_PX: Final = 64
LARGEST_PX: Final = 512
# Where the depths are compared around each point, and how far from it in pixels of the map.
TAPS: Final = 12
SPREAD_PX: Final = 2.6
# Points are lifted off their surface by this many pixels, or they would shade themselves.
LIFT_PX: Final = 2.0
# Behind the surface by this many pixels is fully in the shade.
SOFTNESS_PX: Final = 3.0

_BACKGROUND: Final = np.float32(1e6)


@dataclass(frozen=True, eq=False)
class Shadow:
    """Depths as the lamp sees them.

    axes: (3, 3) right, up and towards the lamp, in stage directions. middle: (3,) of the map in
    these axes. half: half its width. depths: (rows, columns) distance from the middle away from the
    lamp. All lengths in halves of the picture.
    """

    axes: Floats
    middle: Floats
    half: np.float32
    depths: Floats

    @classmethod
    def cast(cls, scene: Scene, positions: Floats, size_px: int) -> "Shadow":
        """Take the picture; positions: (3, V) of the scene's vertices on the stage."""
        map_px = min(max(size_px // 2, SMALLEST_PX), LARGEST_PX)
        axes = studio.lamp_axes(studio.KEY)
        turned = axes @ positions
        drawn = axes @ scene.only_drawn(positions)
        low, high = drawn.min(axis=1), drawn.max(axis=1)
        middle = (low + high) * np.float32(0.5)
        # Some pixels stay free around the model, so that look-ups beside it find no shadow.
        half = np.float32(max(float((high - low)[:2].max()) / 2, 1e-9) * (1 + 12 / map_px))
        near, far = float(middle[2] - high[2]), float(middle[2] - low[2])
        span = max(far - near, 1e-9)
        scale = np.float32(map_px / 2) / half
        placed = Projected(
            x=(turned[0] - middle[0]) * scale + np.float32(map_px / 2),
            y=(middle[1] - turned[1]) * scale + np.float32(map_px / 2),
            depth=(middle[2] - turned[2] - np.float32(near)) / np.float32(span),
            depth_range=(near, near + span),
            inverse_distance=None,
        )
        sight = Sight(scene, placed, map_px)
        depths = np.concatenate(
            [pixel_depths(sight.solid_keys(row, rows), map_px) for row, rows in sight.bands()]
        )
        depths = np.minimum(placed.distances(depths), _BACKGROUND)
        return cls(axes, middle, half, depths)

    def lamp_share(self, positions: Floats, normals: Floats) -> Floats:
        """Return (F,) how much of the lamp reaches points (3, F) with unit normals (3, F)."""
        map_px = self.depths.shape[0]
        pixel = np.float32(2) * self.half / np.float32(map_px)
        towards = self.axes @ (positions + normals * (np.float32(LIFT_PX) * pixel))
        scale = np.float32(1) / pixel
        x = (towards[0] - self.middle[0]) * scale + np.float32(map_px / 2)
        y = (self.middle[1] - towards[1]) * scale + np.float32(map_px / 2)
        depth = self.middle[2] - towards[2] - pixel
        lit = np.zeros_like(depth)
        flat = self.depths.reshape(-1)
        for tap in range(TAPS):
            # A spiral by the golden angle covers the disc evenly.
            reach = SPREAD_PX * math.sqrt((tap + 0.5) / TAPS)
            angle = 2.399963 * tap
            column = (x + np.float32(reach * math.cos(angle))).astype(np.int32)
            row = (y + np.float32(reach * math.sin(angle))).astype(np.int32)
            np.clip(column, 0, map_px - 1, out=column)
            np.clip(row, 0, map_px - 1, out=row)
            row *= np.int32(map_px)
            row += column
            behind = depth - flat.take(row)
            behind *= scale / np.float32(SOFTNESS_PX)
            lit += np.clip(1 - behind, 0, 1)
        lit *= np.float32(1 / TAPS)
        # Where light only grazes, the facets of a smooth surface would shade each other.
        grazing = np.clip((dots(normals, self.axes[2][:, None]) - 0.05) * 3, 0, 1)
        share: Floats = 1 - grazing * (1 - lit)
        return share
