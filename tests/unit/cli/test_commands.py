"""What commands say, without a service: refusals in a sentence, reports for people."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from asset_forge import __version__
from asset_forge.cli import app
from asset_forge.cli.generate import reference_image, watched
from asset_forge.cli.inspect import readable
from asset_forge.errors import ForgeError
from asset_forge.glb.inspect import inspect_glb
from tests.fakes.models import rigged_figure, textured_box
from tests.fakes.pictures import png
from tests.support.assets import make_asset


def test_version_option_prints_the_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate", "  "], "Say what to make"),
        (["generate", "a guard", "--height", "nan"], "--height wants metres"),
        (["generate", "a guard", "--height", "inf"], "--height wants metres"),
    ],
)
def test_generate_refuses_what_cannot_be_asked_for(words: list[str], said: str) -> None:
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, ForgeError)
    assert said in result.exception.message


def test_reference_that_is_no_picture_is_told_by_its_name(tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# no picture")
    with pytest.raises(ForgeError, match=r"notes\.md: The bytes are no PNG, JPEG or WebP"):
        reference_image(str(notes))


def test_reference_goes_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    picture = tmp_path / "sword.jpg"
    picture.write_bytes(png(size_px=16))
    field = reference_image(str(picture))
    assert field["source"] == "sword.jpg"
    assert field["dataUrl"].startswith("data:image/png;base64,")


def test_render_that_fails_leaves_no_folder_behind(tmp_path: Path) -> None:
    model, out = tmp_path / "odd.glb", tmp_path / "out"
    for content in (None, b"no model at all"):
        if content is not None:
            model.write_bytes(content)
        result = CliRunner().invoke(app, ["render", str(model), "--out", str(out)])
        assert isinstance(result.exception, ForgeError)
        assert "odd.glb" in result.exception.message
        assert not out.exists()


def test_render_into_a_file_says_what_it_wants(tmp_path: Path) -> None:
    model, out = tmp_path / "box.glb", tmp_path / "taken"
    model.write_bytes(textured_box())
    out.write_text("mine")
    result = CliRunner().invoke(app, ["render", str(model), "--out", str(out)])
    assert isinstance(result.exception, ForgeError)
    assert "name a folder with --out" in result.exception.message
    assert out.read_text() == "mine"


def test_report_for_people_has_units_skins_and_clips() -> None:
    report = dict(readable(inspect_glb(rigged_figure("walking")).to_json()))
    assert report["Size"] == ["1.700 x 1.750 x 0.270 m (width, height, depth)"]
    assert report["Bounds"] == ["-0.850 0.000 -0.110 to 0.850 1.750 0.160 m"]
    assert report["Skins"] == ["skins[0], 7 joints"]
    assert report["Clips"] == ["walking, 1.00 s"]
    assert report["Warnings"] == []


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with a coin of a metre, rigged, as the command finds it by its settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSET_OUTPUT_DIR", str(tmp_path / "library"))
    made = {"type": "misc", "subtype": "coin", "quality": "standard"}
    folder = make_asset(tmp_path / "library", "big-coin", made)
    (folder / "big-coin.glb").write_bytes(textured_box())
    return tmp_path / "library"


def test_inspect_of_an_asset_holds_it_against_its_kind(library: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", "big-coin"])
    assert result.exit_code == 0
    assert str(library / "big-coin" / "big-coin.glb") in result.output
    assert "a coin is about 0.025 m. (size_not_believable)" in result.output
    as_json = CliRunner().invoke(app, ["inspect", "big-coin", "--json"])
    report = json.loads(as_json.output)
    assert [warning["code"] for warning in report["warnings"]] == ["size_not_believable"]


def test_inspect_of_a_file_expects_nothing_of_its_kind(library: Path) -> None:
    path = str(library / "big-coin" / "big-coin.glb")
    report = json.loads(CliRunner().invoke(app, ["inspect", path, "--json"]).output)
    assert (report["file"], report["warnings"]) == (path, [])


@pytest.mark.parametrize("name", ["nobody", "..", "no such thing?"])
def test_inspect_of_nothing_says_so(name: str, library: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", name])
    assert result.exit_code != 0
    assert isinstance(result.exception, ForgeError)
    assert name in result.exception.message


class Stopped:
    """A client whose user gives up waiting."""

    address = "http://127.0.0.1:3004"

    def follow(self, pipeline_id: str, tell: Any) -> dict[str, Any]:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("goes_on", "said"),
    [
        (True, "goes on at http://127.0.0.1:3004/api/generation/pipeline/pipeline-1"),
        (False, "goes on when Asset Forge is started the next time"),
    ],
)
def test_interrupted_command_says_what_becomes_of_the_pipeline(
    goes_on: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client: Any = Stopped()
    with pytest.raises(KeyboardInterrupt):
        watched(client, "pipeline-1", quiet=True, goes_on=goes_on)
    assert said in capsys.readouterr().err
