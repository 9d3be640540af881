"""Pure data and rules: ids, stages, materials, quality, metadata. No I/O and no framework."""
