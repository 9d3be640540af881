"""The README's curl examples, run from top to bottom against a fresh library."""

import base64
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.support.service import LiveService, live, settings_for

README = Path(__file__).parents[2] / "README.md"
ADDRESS = "http://127.0.0.1:3004"


@dataclass
class Curl:
    """One curl command, as far as the README uses curl."""

    url: str = ""
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    output: str | None = None


def parse(command: str) -> Curl:
    """Read a curl command. Raises ValueError for an option that the README should not need."""
    curl = Curl()
    words = iter(shlex.split(command)[1:])
    for word in words:
        match word:
            case "-X":
                curl.method = next(words)
            case "-H":
                name, value = next(words).split(": ", 1)
                curl.headers[name] = value
            case "-d":
                curl.body = next(words)
            case "-o":
                curl.output = next(words)
            case "-I":
                curl.method = "HEAD"
            case "-N":
                pass  # shows at once what comes
            case _ if word.startswith("http"):
                curl.url = word
            case _:
                raise ValueError(f"the test does not know {word!r} of {command!r}")
    return curl


def commands() -> Iterator[str]:
    text = README.read_text(encoding="utf-8")
    part = text.split("<!-- curl examples", 1)[1].split("<!-- end of curl examples", 1)[0]
    for block in re.findall(r"```sh\n(.*?)```", part, re.DOTALL):
        yield from re.split(r"\n(?=curl )", block.replace("\\\n", " ").strip())


def sword_picture() -> str:
    image = Image.new("RGB", (512, 512), "white")
    draw = ImageDraw.Draw(image)
    draw.polygon([(256, 20), (280, 60), (274, 340), (238, 340), (232, 60)], fill="#9aa3ad")
    draw.rectangle([190, 340, 322, 358], fill="#7a5a2a")
    draw.rectangle([244, 358, 268, 460], fill="#4a2f1b")
    draw.ellipse([238, 455, 274, 491], fill="#7a5a2a")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with live(settings_for(tmp_path_factory.mktemp("readme"))) as service:
        yield service


@pytest.mark.slow
def test_readme_curl_examples_all_answer_as_they_say(fresh: LiveService) -> None:
    values = {"PICTURE_BASE64": sword_picture(), "PIPELINE_ID": ""}
    seen = 0
    examples = list(commands())
    for template, next_one in zip(examples, [*examples[1:], ""], strict=True):
        command = re.sub(r"\$([A-Z][A-Z0-9_]+)", lambda match: values[match.group(1)], template)
        curl = parse(command)
        assert curl.url.startswith(ADDRESS), command
        answer = fresh.client.request(
            curl.method,
            curl.url.removeprefix(ADDRESS),
            headers=curl.headers,
            content=curl.body,
            timeout=120,
        )
        assert answer.is_success, f"{command[:300]}\n{answer.status_code} {answer.text[:500]}"
        if curl.output:
            assert answer.content, command
        elif curl.method == "HEAD":
            assert int(answer.headers["content-length"]) > 0, command
        elif answer.headers["content-type"].startswith("text/event-stream"):
            assert "event: end" in answer.text, command
        elif answer.headers["content-type"].startswith("text/plain"):
            assert "asset_forge_build_info" in answer.text, command
        else:
            started = answer.json()
            if isinstance(started, dict) and "pipelineId" in started:
                values["PIPELINE_ID"] = started["pipelineId"]
                if "/cancel" not in next_one:
                    ended = fresh.finish(started["pipelineId"])
                    assert ended["status"] == "completed", f"{command[:300]}\n{ended}"
        seen += 1
    assert seen >= 38


def test_readme_names_every_operation_of_the_api(fresh: LiveService) -> None:
    document = fresh.client.get("/openapi.json").json()
    shown = [(curl.method, curl.url) for curl in map(parse, commands())]
    shown = [(method, url.removeprefix(ADDRESS).split("?")[0]) for method, url in shown]
    missing = []
    for path, operations in document["paths"].items():
        pattern = re.compile(re.sub(r"\{[^}]+\}", r"[^?]+", path))
        for method in operations:
            if method == "head":
                continue  # one -I example stands for all
            if not any(verb.lower() == method and pattern.fullmatch(url) for verb, url in shown):
                missing.append(f"{method} {path}")
    assert missing == []
