"""Rigging of bipeds in T-pose: landmarks, a skeleton, heat weights, a walk and a run.

Takes and gives GLB bytes. Materials, textures and their extensions stay; old nodes, skins, morph
targets and clips go, because the mesh is laid out anew in the space of the skeleton.
"""

from asset_forge.greybox.rig.character import RiggedCharacter, rig_character

__all__ = ["RiggedCharacter", "rig_character"]
