"""Asset folders on disk: safe paths, atomic writes, and the index behind the list of assets."""
