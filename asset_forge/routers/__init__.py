"""HTTP in and out: one file per family of URLs. Routers translate; decisions are in services."""
