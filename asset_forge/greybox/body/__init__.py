"""The body of a humanoid as signed distance fields, and the way from fields to triangles.

`plan` holds proportions, `anatomy` and `outfit` turn them into solids, `face` adds eyes and brows,
`surface` meshes them, `regions` cuts the mesh along the borders of clothes, `unwrap` makes charts.
Knows nothing of briefs and words: those are read in `asset_forge.greybox.shapes.humanoid`.
"""
