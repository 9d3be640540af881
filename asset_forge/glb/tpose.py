"""The T-pose of a rigged character: the same file without its clips.

Rigs rest in their T-pose, so nothing is posed here; the clips only have to go.
"""

from asset_forge.glb.compact import compact
from asset_forge.glb.document import GlbDocument


def strip_animations(data: bytes) -> bytes:
    """Return the GLB without animations and the data that only they used.

    Skins, materials, pictures, extras and unknown extensions stay as they were; a file without
    animations comes back unchanged. Raises BadGlb.
    """
    document = GlbDocument.parse(data)
    if "animations" not in document.json:
        return data
    del document.json["animations"]
    return compact(document).to_bytes()
