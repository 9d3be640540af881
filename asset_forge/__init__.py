"""Asset Forge: words or a picture in, a game-ready 3D asset out.

Nothing is imported here, so that `import asset_forge` costs nothing.
"""

__version__ = "0.1.0"
