"""Read, write, inspect and normalise GLB files without loss.

Knows glTF 2.0 and numpy, and nothing of HTTP, folders, providers or pipelines.
"""
