"""Which kind of shape a brief asks for, by its words, and what to say when it is only the nearest.

The words are in `domain.kinds`, the shapes in `shapes`, one kind a file.
"""

from asset_forge.domain.kinds import (
    BY_TYPE,
    NEAREST,
    kind_in_subtype,
    kind_in_text,
    last_kind,
    words_of,
)
from asset_forge.greybox.brief import Brief
from asset_forge.greybox.shapes import kinds


def kind_of(brief: Brief) -> tuple[str, str | None]:
    """Return the kind to build, and a sentence about it when it is only the nearest one.

    The subtype decides, then the name, then the description; in each the last word of the first
    phrase ("a shield stand with a sword" asks for no sword).
    """
    type_, known = brief.type.lower(), kinds()
    asked = brief.subtype or brief.name
    exact = kind_in_subtype(brief.subtype, type_, known)
    if exact is not None:
        return exact, None
    if brief.generation_type == "avatar":
        return "humanoid", None
    near = last_kind(NEAREST, words_of(brief.subtype.replace("_", " ")), type_, known)
    if near is None:
        for text in (brief.name, brief.description):
            if (named := kind_in_text(text, type_, known)) is not None:
                return named, None
        near = last_kind(NEAREST, brief.words, type_, known) or BY_TYPE.get(type_, "crate")
    label = near.replace("_", " ")
    return near, f"greybox has no maker for {asked!r} and made the nearest it has: a {label}."
