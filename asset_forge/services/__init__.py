"""The decisions. Services know stores, providers and the engine, but nothing of HTTP."""
