"""Fits request bodies to servers that refuse one parameter or another.

Models differ in what they take, and servers that speak OpenAI's API differ more. A 400 costs
nothing and names the parameter, so it is dropped, renamed or made simpler, once, and remembered.
Nothing here sends anything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asset_forge.providers.http_answers import ErrorDetail

MAX_ADAPTATIONS = 6
"""How many may follow one another in one call. Three in a row were seen (September 2026)."""

ROOM_FOR_REASONING_TOKENS = 4096
"""A model that cannot be told not to reason spends hidden tokens before it writes."""

_ADAPTABLE = frozenset(
    {
        "temperature",
        "max_tokens",
        "max_completion_tokens",
        "reasoning_effort",
        "response_format",
        "quality",
        "background",
        "output_format",
        "moderation",
        "size",
    }
)
_NOT_ABOUT_PARAMETERS = frozenset(
    {"moderation_blocked", "content_policy_violation", "model_not_found"}
)

Body = dict[str, Any]
Steps = tuple[str, ...]


@dataclass
class Adaptations:
    """What each model at each address has been found to refuse, for as long as the process runs."""

    _steps: dict[tuple[str, str], Steps] = field(default_factory=dict)

    def fit(self, base_url: str, model: str, wanted: Mapping[str, Any]) -> Body:
        """Return the body as this model is known to take it."""
        fitted = dict(wanted)
        refused: set[str] = set()
        for parameter in self._steps.get((base_url, model), ()):
            refused.add(parameter)
            _adapt(fitted, parameter, refused)
        return fitted

    def learn(
        self,
        base_url: str,
        model: str,
        *,
        wanted: Mapping[str, Any],
        sent: Mapping[str, Any],
        said: ErrorDetail,
    ) -> bool:
        """Take in a 400 to `sent`. True when `wanted` now fits into another body, so that it can
        be sent again; False when nothing can be changed."""
        if self.fit(base_url, model, wanted) != sent:
            return True  # a request beside this one has learned it in the meantime
        parameter = _blamed_parameter(sent, said)
        known = self._steps.get((base_url, model), ())
        # Only response_format has a second step: json_schema, json_object, none.
        most = 2 if parameter == "response_format" else 1
        if parameter is None or known.count(parameter) >= most:
            return False
        self._steps[base_url, model] = (*known, parameter)
        return True


def _blamed_parameter(sent: Mapping[str, Any], said: ErrorDetail) -> str | None:
    if said.code in _NOT_ABOUT_PARAMETERS:
        return None
    if said.param:
        name = re.split(r"[.\[]", said.param, maxsplit=1)[0]
        return name if name in _ADAPTABLE and name in sent else None
    # Servers other than OpenAI's often name the parameter in the text alone.
    found = [
        (match.start(), name)
        for name in _ADAPTABLE.intersection(sent)
        if (match := re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", said.message))
    ]
    return min(found)[1] if found else None


def _adapt(body: Body, parameter: str, refused: set[str]) -> None:
    if parameter not in body:
        return
    value = body.pop(parameter)
    match parameter:
        case "max_completion_tokens" if "max_tokens" not in refused:
            body["max_tokens"] = value
        case "max_tokens" if "max_completion_tokens" not in refused:
            body["max_completion_tokens"] = value
        case "reasoning_effort":
            for cap in ("max_completion_tokens", "max_tokens"):
                if cap in body:
                    body[cap] = max(body[cap], ROOM_FOR_REASONING_TOKENS)
        case "response_format" if isinstance(value, dict) and value.get("type") == "json_schema":
            body["response_format"] = {"type": "json_object"}
        case _:
            pass
