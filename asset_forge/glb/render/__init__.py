"""Draw GLB files as pictures, with numpy and Pillow alone.

Knows nothing of asset folders, HTTP or stages. The way of a picture: `scene` reads the model,
`view` places the camera, `sight` finds with `raster` what each sample sees, `fragments` gathers the
samples, `shading` gives them colour (with `materials`, `textures`, the light of `studio`, its
`shadow` and `occlusion`), `picture` puts all of it together. `sprites`, `sprite_sheet` and
`contact_sheet` are what the service asks for.
"""

from asset_forge.glb.render.contact_sheet import contact_sheet
from asset_forge.glb.render.picture import render_view
from asset_forge.glb.render.scene import Scene, load_scene
from asset_forge.glb.render.sprite_sheet import pack_sprites
from asset_forge.glb.render.sprites import (
    Sprite,
    png_bytes,
    render_concept,
    render_pictures,
    render_sprites,
    render_thumbnail,
)
from asset_forge.glb.render.view import Fit, View, single_fit, turntable_fit

__all__ = [
    "Fit",
    "Scene",
    "Sprite",
    "View",
    "contact_sheet",
    "load_scene",
    "pack_sprites",
    "png_bytes",
    "render_concept",
    "render_pictures",
    "render_sprites",
    "render_thumbnail",
    "render_view",
    "single_fit",
    "turntable_fit",
]
