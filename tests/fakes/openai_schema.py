"""Structured answers: which response formats OpenAI takes, and samples that fit a schema."""

import re
from collections.abc import Iterator
from typing import Any

from tests.fakes.openai_fields import JsonObject, Refusal, bad_type, missing, one_of, text

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_ANNOTATIONS = {"title", "description"}
_KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "boolean": set(),
    "null": set(),
}
_ANYWHERE = {"type", "enum", "const", "anyOf", "$ref", "$defs", *_ANNOTATIONS}
# numbers whose name begins so are taken for the sides of a box in a picture of 512 pixels
_BOX = {"min": 215.0, "max": 333.0}
MAX_DEPTH = 10
MAX_PROPERTIES = 5000


def check_response_format(body: JsonObject) -> Refusal | None:
    """Judge `response_format` of a chat request."""
    if "response_format" not in body:
        return None
    chosen = body["response_format"]
    if not isinstance(chosen, dict):
        return bad_type("response_format", "an object")
    kinds = ("text", "json_object", "json_schema")
    if refusal := one_of(*kinds)("response_format.type", chosen.get("type")):
        return refusal
    if chosen["type"] == "json_object" and "json" not in _all_text(body).lower():
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'."
        )
        return Refusal(400, message, "messages")
    return _check_json_schema(chosen) if chosen["type"] == "json_schema" else None


def _check_json_schema(chosen: JsonObject) -> Refusal | None:
    where = "response_format.json_schema"
    wrapper = chosen.get("json_schema")
    if wrapper is None:
        return missing(where)
    if not isinstance(wrapper, dict):
        return bad_type(where, "an object")
    name = wrapper.get("name")
    if name is None:
        return missing(f"{where}.name")
    if not isinstance(name, str):
        return bad_type(f"{where}.name", "a string")
    if not _NAME.match(name):
        text_ = f"Invalid '{where}.name': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'."
        return Refusal(400, text_, f"{where}.name", "invalid_value")
    if "description" in wrapper and (
        refusal := text()(f"{where}.description", wrapper["description"])
    ):
        return refusal
    strict = wrapper.get("strict")
    if strict is not None and not isinstance(strict, bool):
        return bad_type(f"{where}.strict", "a boolean")
    if "schema" not in wrapper:
        return missing(f"{where}.schema") if strict else None
    schema = wrapper["schema"]
    if not isinstance(schema, dict):
        return bad_type(f"{where}.schema", "an object")
    fault = strict_fault(schema) if strict else None
    if fault is None:
        return None
    message = f"Invalid schema for response_format {name!r}: {fault}"
    return Refusal(400, message, "response_format")


def strict_fault(schema: JsonObject) -> str | None:
    """Say what strict mode does not take about a schema, None when it takes it."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return "schema must be a JSON Schema of 'type: \"object\"' at its root."
    counted = [0]
    fault = _node_fault(schema, (), 0, counted)
    if fault is None and counted[0] > MAX_PROPERTIES:
        return f"{counted[0]} properties exceed the limit of {MAX_PROPERTIES}."
    return fault


def _node_fault(node: Any, path: tuple[str, ...], depth: int, counted: list[int]) -> str | None:
    context = f"In context={path!r}"
    if not isinstance(node, dict):
        return f"{context}, a schema must be an object."
    if depth > MAX_DEPTH:
        return f"{depth} levels of nesting exceeds limit of {MAX_DEPTH}."
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if fault := _keyword_fault(node, kinds, context):
        return fault
    counted[0] += len(node.get("properties", {}))
    for child_path, child, goes_deeper in _children(node, path):
        if fault := _node_fault(child, child_path, depth + 1 if goes_deeper else 0, counted):
            return fault
    return None


def _keyword_fault(node: JsonObject, kinds: Any, context: str) -> str | None:
    if not isinstance(kinds, list) or any(kind not in _KEYWORDS for kind in kinds):
        return f"{context}, {node['type']!r} is not a valid type."
    if not kinds and not {"$ref", "anyOf", "enum", "const"} & node.keys():
        return f"{context}, schema must have a 'type' key."
    allowed = _ANYWHERE.union(*(_KEYWORDS[kind] for kind in kinds))
    for keyword in node:
        if keyword not in allowed:
            return f"{context}, {keyword!r} is not permitted."
    if "array" in kinds and "items" not in node:
        return f"{context}, array schema missing items."
    return _object_fault(node, context) if "object" in kinds else None


def _children(
    node: JsonObject, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """The schemas below one, where they are, and whether they count as a level deeper."""
    for key, child in node.get("properties", {}).items():
        yield (*path, "properties", key), child, True
    if "items" in node:
        yield (*path, "items"), node["items"], True
    for index, option in enumerate(node.get("anyOf", [])):
        yield (*path, "anyOf", str(index)), option, True
    for key, definition in node.get("$defs", {}).items():
        yield ("$defs", key), definition, False


def _object_fault(node: JsonObject, context: str) -> str | None:
    if node.get("additionalProperties") is not False:
        return f"{context}, 'additionalProperties' is required to be supplied and to be false."
    properties, required = node.get("properties", {}), node.get("required")
    if not isinstance(required, list) or set(required) != set(properties):
        return (
            f"{context}, 'required' is required to be supplied and to be an array including "
            "every key in properties."
        )
    return None


def sample(schema: JsonObject, root: JsonObject | None = None, name: str = "answer") -> Any:
    """Make a plain value that fits a schema: numbers in the middle of their bounds, or a box."""
    root = schema if root is None else root
    if "$ref" in schema:
        target: Any = root
        for step in schema["$ref"].removeprefix("#").strip("/").split("/"):
            target = target[step] if step else target
        return sample(target, root, name)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return sample((options or schema["anyOf"])[0], root, name)
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = next((option for option in kind if option != "null"), "null")
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: sample(child, root, key) for key, child in properties.items()}
    if kind == "array":
        count = max(1, schema.get("minItems", 1))
        count = min(count, schema.get("maxItems", count))
        return [sample(schema["items"], root, f"{name} {i + 1}") for i in range(count)]
    return _sample_scalar(kind, schema, name)


def _sample_scalar(kind: str, schema: JsonObject, name: str) -> Any:
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    if kind == "string":
        return f"A plain {name}"
    low = float(schema.get("minimum") or schema.get("exclusiveMinimum") or 0)
    high = float(schema.get("maximum") or schema.get("exclusiveMaximum") or low + 2)
    value = _BOX.get(name[:3], (low + high) / 2)
    value = value if low <= value <= high or "maximum" not in schema else (low + high) / 2
    return round(value) if kind == "integer" else value


def _all_text(body: JsonObject) -> str:
    pieces: list[str] = []
    for message in body["messages"]:
        content = message.get("content")
        if isinstance(content, str):
            pieces.append(content)
        else:
            pieces += [part.get("text", "") for part in content or []]
    return "\n".join(pieces)
