"""Stand-ins for the outside makers: small ASGI servers that refuse what the real ones refuse.

Here live FakeOpenAI, FakeMeshy, scripted faults, a loopback server to run any ASGI application,
and makers of small real pictures and GLBs. No tests live here, and nothing of asset_forge is
imported, so a mistake in the service cannot hide in its own fakes.
"""
