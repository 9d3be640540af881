"""A picture becomes a model: the figure is masked, given depth by its kind, and wears the picture.

`model_from_picture` is the whole of it. The rooms: `mask` finds the figure, `axis` its long axis,
`kinds` what words say about it, `relief` its depth, `inflate` its triangles, `project` its texture.
"""

from asset_forge.greybox.picture.model import PictureModel, model_from_picture

__all__ = ["PictureModel", "model_from_picture"]
