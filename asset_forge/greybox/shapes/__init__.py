"""The registry of kinds: one file a kind, each with `build(brief) -> Shape`.

A new kind is a new file here and one line in `_KINDS`. Which words mean which kind is decided in
`asset_forge.greybox.kinds`.
"""

from collections.abc import Callable
from importlib import import_module

from asset_forge.greybox.brief import Brief
from asset_forge.greybox.mesh import Shape

Build = Callable[[Brief], Shape]

_KINDS = ("sword", "axe", "shield", "staff", "bow", "helmet", "crate", "humanoid")


def kinds() -> tuple[str, ...]:
    """Names of every kind that can be built."""
    return _KINDS


def build_shape(kind: str, brief: Brief) -> Shape:
    """Build one kind from a brief; the file of that kind is imported on first use.

    Raises ValueError for a kind that is not registered.
    """
    if kind not in _KINDS:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(_KINDS)}")
    build: Build = import_module(f"{__name__}.{kind}").build
    return build(brief)
