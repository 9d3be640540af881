"""The fake OpenAI's rules held against the published schema, where that can be found.

The schema is no part of the repository: it is looked for in FORGE_OPENAI_SPEC_DIR, else in a
`providers` folder beside the checkout. Without it the comparison is skipped; the corpus itself is
judged by the fake either way.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.contract.openai_bodies import (
    BAD_CHATS,
    BAD_IMAGES,
    BEYOND_CHAT_SCHEMA,
    BEYOND_IMAGE_SCHEMA,
    GOOD_CHATS,
    GOOD_IMAGES,
    chat,
    image,
)
from tests.fakes.openai import FAKE_TODAY
from tests.fakes.openai_answers import answer_chat, answer_image, list_models
from tests.fakes.openai_fields import Refusal
from tests.fakes.openai_models import CHAT_MODELS, IMAGE_MODELS, refused_efforts
from tests.fakes.openai_rules import (
    CHAT_NOT_IMITATED,
    SIZE_MAX_PX,
    SIZE_MAX_RATIO,
    SIZE_STEP_PX,
    check_chat,
    check_image,
)

JsonObject = dict[str, Any]
_CHECKS = {"CreateChatCompletionRequest": check_chat, "CreateImageRequest": check_image}
# refusals for reasons that a schema can express, so both must give them
_SHAPE_CODES = (
    "invalid_type",
    "missing_required_parameter",
    "decimal_below_min_value",
    "decimal_above_max_value",
    "integer_below_min_value",
    "integer_above_max_value",
    "empty_string",
    "empty_array",
    "array_above_max_length",
    "string_above_max_length",
)
_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, -1, 0.5, 1.5, 3, 17, 101, 1e6, "", "auto", "none", "low", "high",
    "max", "png", "1024x1024", "x" * 65, [], ["a"], [1], {}, {"a": 1}, {"type": "text"},
    {"a": "b"}, [{}], [None],
)  # fmt: skip
# `stop` null is the default, yet its oneOf names null twice and so refuses it
_SCHEMA_SLIPS = {("stop", None)}


@cache
def _spec_folder() -> Path | None:
    named = os.environ.get("FORGE_OPENAI_SPEC_DIR")
    if named:
        return Path(named)
    beside = Path(__file__).resolve().parents[2].parent
    return next((p.parent for p in beside.glob("*/providers/openai-spec.yaml")), None)


def _load(name: str) -> Any:
    folder = _spec_folder()
    if folder is None or not (folder / name).is_file():
        pytest.skip(f"{name} is neither in FORGE_OPENAI_SPEC_DIR nor beside this checkout")
    return yaml.safe_load((folder / name).read_text(encoding="utf-8"))


def _merged(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}


@pytest.fixture(scope="module")
def overlay() -> JsonObject:
    loaded: JsonObject = _load("openai-overlay.yaml")
    return loaded


@pytest.fixture(scope="module")
def components(overlay: JsonObject) -> JsonObject:
    merged: JsonObject = _merged(_load("openai-spec.yaml"), overlay["merge"])["components"]
    return merged


def _validator(components: JsonObject, name: str) -> jsonschema.Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    return jsonschema.Draft202012Validator(schema)


def _fake_refuses(name: str, body: Any) -> Refusal | None:
    return _CHECKS[name](body, FAKE_TODAY)


def _corpus(chats: dict[str, Any], images: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(schema, body, id=f"{kind}-{name}")
        for kind, schema, bodies in (
            ("chat", "CreateChatCompletionRequest", chats),
            ("image", "CreateImageRequest", images),
        )
        for name, body in bodies.items()
    ]


@pytest.mark.parametrize(("schema", "body"), _corpus(GOOD_CHATS, GOOD_IMAGES))
def test_fake_good_body_is_accepted(schema: str, body: Any) -> None:
    assert _fake_refuses(schema, body) is None


@pytest.mark.parametrize(("schema", "body"), _corpus(BAD_CHATS, BAD_IMAGES))
def test_fake_bad_body_is_refused(schema: str, body: Any) -> None:
    refusal = _fake_refuses(schema, body)
    assert refusal is not None
    assert refusal.status == 400


@pytest.mark.parametrize(("schema", "case"), _corpus(BEYOND_CHAT_SCHEMA, BEYOND_IMAGE_SCHEMA))
def test_fake_body_against_model_rules_names_the_parameter(
    schema: str, case: tuple[JsonObject, int, str | None, str | None]
) -> None:
    body, status, param, code = case
    refusal = _fake_refuses(schema, body)
    assert refusal is not None
    assert (refusal.status, refusal.param, refusal.code) == (status, param, code)


@pytest.mark.parametrize(("schema", "body"), _corpus(GOOD_CHATS, GOOD_IMAGES))
def test_schema_good_body_is_accepted(components: JsonObject, schema: str, body: Any) -> None:
    assert list(_validator(components, schema).iter_errors(body)) == []


@pytest.mark.parametrize(("schema", "body"), _corpus(BAD_CHATS, BAD_IMAGES))
def test_schema_bad_body_is_refused(components: JsonObject, schema: str, body: Any) -> None:
    assert not _validator(components, schema).is_valid(body)


@pytest.mark.parametrize(("schema", "case"), _corpus(BEYOND_CHAT_SCHEMA, BEYOND_IMAGE_SCHEMA))
def test_schema_body_against_model_rules_is_accepted(
    components: JsonObject, schema: str, case: tuple[JsonObject, int, str | None, str | None]
) -> None:
    assert list(_validator(components, schema).iter_errors(case[0])) == []


@pytest.mark.parametrize(
    ("schema", "base"),
    [("CreateChatCompletionRequest", chat()), ("CreateImageRequest", image())],
)
def test_fake_odd_values_are_judged_like_the_schema(
    components: JsonObject, schema: str, base: JsonObject
) -> None:
    validator = _validator(components, schema)
    judged = 0
    for name in _properties(components, schema):
        for value in _ODD_VALUES:
            if value is None and (name, value) in _SCHEMA_SLIPS:
                continue
            body = {**base, name: value}
            refusal = _fake_refuses(schema, body)
            if not validator.is_valid(body):
                assert refusal is not None, (name, value)
            elif refusal is not None:
                assert refusal.code not in _SHAPE_CODES, (name, value, refusal)
            judged += 1
    assert judged > 500


def _properties(components: JsonObject, schema: str) -> Iterator[str]:
    def walk(node: JsonObject) -> Iterator[str]:
        if "$ref" in node:
            yield from walk(components["schemas"][node["$ref"].rpartition("/")[2]])
        yield from node.get("properties", {})
        for part in node.get("allOf", []):
            yield from walk(part)

    return walk({"$ref": f"#/components/schemas/{schema}"})


def test_fake_chat_fields_not_imitated_are_in_the_schema(components: JsonObject) -> None:
    assert set(_properties(components, "CreateChatCompletionRequest")) >= CHAT_NOT_IMITATED


@pytest.mark.parametrize("name", GOOD_CHATS)
def test_fake_chat_answer_fits_the_schema(components: JsonObject, name: str) -> None:
    answer = answer_chat(GOOD_CHATS[name], None, 1)
    validator = _validator(components, "CreateChatCompletionResponse")
    assert list(validator.iter_errors(answer)) == []


@pytest.mark.parametrize("name", ["plain", "auto", "clear", "pressed", "four", "moving", "drawn"])
def test_fake_image_answer_fits_the_schema(components: JsonObject, name: str) -> None:
    answer, _ = answer_image(GOOD_IMAGES[name])
    assert list(_validator(components, "ImagesResponse").iter_errors(answer)) == []


def test_fake_model_list_and_error_fit_the_schema(components: JsonObject) -> None:
    models = _validator(components, "ListModelsResponse")
    assert list(models.iter_errors(list_models(FAKE_TODAY))) == []
    errors = _validator(components, "ErrorResponse")
    assert list(errors.iter_errors(Refusal(400, "no").body())) == []


def test_fake_chat_models_are_those_of_the_overlay(overlay: JsonObject) -> None:
    for name, facts in overlay["models"]["chat"].items():
        known = CHAT_MODELS[name]
        shutdown = known.shutdown.isoformat() if known.shutdown else None
        assert (shutdown, known.reasoning) == (facts["shutdown"], facts["reasoning"]), name


def test_fake_image_models_are_those_of_the_overlay(overlay: JsonObject) -> None:
    listed = overlay["models"]["image"]
    assert set(IMAGE_MODELS) == set(listed)
    for name, facts in listed.items():
        known = IMAGE_MODELS[name]
        assert (known.shutdown.isoformat() if known.shutdown else None) == facts["shutdown"], name
        if "qualities" in facts:
            assert list(known.qualities) == facts["qualities"], name
            assert list(known.formats) == facts["formats"], name
            assert (known.sizes is None) == facts.get("free_size", False), name


def test_fake_rules_are_those_of_the_overlay(overlay: JsonObject) -> None:
    rules = overlay["rules"]
    assert rules["free_size"]["multiple_of"] == SIZE_STEP_PX
    assert rules["free_size"]["max_ratio"] == SIZE_MAX_RATIO
    assert rules["free_size"]["max_landscape"] == f"{SIZE_MAX_PX[0]}x{SIZE_MAX_PX[1]}"
    assert "minimal" in refused_efforts(rules["effort_minimal_rejected_from"])
    assert "minimal" not in refused_efforts("gpt-5.5")
    for name in rules["gpt_image_rejects"]:
        refusal = check_image(image(**{name: "b64_json"}), FAKE_TODAY)
        assert refusal is not None
        assert refusal.param == name
