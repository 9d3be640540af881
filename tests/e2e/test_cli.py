"""The command line as a user runs it: child processes, real ports, JSON for scripts."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_forge.cli import main
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.models import rigged_figure, textured_box
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.fakes.pictures import png
from tests.fakes.server import running
from tests.support.assets import make_asset
from tests.support.gltf_validator import assert_valid_glb
from tests.support.service import LiveService, live, quick, settings_for

LONGEST_COMMAND_S = 150.0
LONGEST_START_S = 60.0
PNG_HEAD = b"\x89PNG"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Shell:
    """Runs asset-forge with settings of its own; what stands in a developer's .env is outdone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "gdd-assets"
        self.root.mkdir()
        self.variables = {
            "ASSET_OUTPUT_DIR": str(self.root),
            "PROMPTS_DIR": str(folder / "prompts"),
            "API_HOST": "127.0.0.1",
            "API_PORT": str(free_port()),
            "IMAGE_SERVER_PORT": str(free_port()),
            "FORGE_WORKERS": "1",
            "NO_COLOR": "1",
        }

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "asset_forge", *words]

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=LONGEST_COMMAND_S,
            check=False,
        )
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", status=status).stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


class Inner:
    """Runs a command in this process, which is quicker: for what needs no process of its own."""

    def __init__(
        self, shell: Shell, patch: pytest.MonkeyPatch, printed: pytest.CaptureFixture[str]
    ) -> None:
        self.shell = shell
        self._patch = patch
        self._printed = printed

    def run(self, *words: str, status: int = 0) -> tuple[str, str]:
        """Return what was written to standard output and standard error."""
        for name, value in self.shell.variables.items():
            self._patch.setenv(name, value)
        self._patch.setattr(sys, "argv", ["asset-forge", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._printed.readouterr()
        assert (ended.value.code or 0) == status, f"{out}\n{err}"
        return out, err


@pytest.fixture
def inner(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Inner:
    return Inner(shell, monkeypatch, capsys)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with live(settings_for(tmp_path_factory.mktemp("server")), instead=quick()) as service:
        yield service


# --- generate ---


def test_generate_asks_the_server_that_is_named(shell: Shell, server: LiveService) -> None:
    status = shell.json(
        "generate", "polished steel longsword", "--type", "weapon", "--subtype", "sword",
        "--variants", "bronze,mithril", "--sprites", "--server", server.address,
    )  # fmt: skip
    assert status["status"] == "completed"
    assert status["assetId"] == "polished-steel-longsword"
    variants = status["results"]["textureGeneration"]["variants"]
    assert [variant["id"] for variant in variants] == ["bronze", "mithril"]
    assert len(status["results"]["spriteGeneration"]["sprites"]) == 8
    assert (server.root / "polished-steel-longsword-mithril" / "metadata.json").is_file()
    assert not any(shell.root.iterdir())


def test_generate_shows_each_stage_and_where_the_files_are(
    shell: Shell, server: LiveService
) -> None:
    done = shell.run(
        "generate", "a town guard", "--type", "character", "--avatar", "--rig", "--height", "1.8",
        "--id", "guard-of-cli", "--quality", "standard", "--server", server.address,
    )  # fmt: skip
    assert "guard-of-cli.glb" in done.stdout
    assert server.metadata("guard-of-cli")["characterHeight"] == 1.8
    assert done.stderr  # the bars, kept away from what scripts read


def test_generate_sends_a_picture_from_the_disk(shell: Shell, server: LiveService) -> None:
    picture = shell.folder / "mine.png"
    picture.write_bytes(png(size_px=48))
    status = shell.json(
        "generate", "a sword", "--reference", str(picture), "--id", "of-a-picture",
        "--server", server.address,
    )  # fmt: skip
    assert status["results"]["imageGeneration"]["source"] == "user-provided"
    assert (server.root / "of-a-picture" / "concept-art.png").read_bytes() == png(size_px=48)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("generate", "x", "--quality", "best"), "quality"),
        (("generate", "x", "--variants", "unobtainium"), "unobtainium"),
        (("generate", "x", "--reference", "nothing.png"), "nothing.png"),
    ],
)
def test_generate_ends_with_1_and_a_sentence_when_refused(
    words: tuple[str, ...], said: str, shell: Shell, server: LiveService
) -> None:
    done = shell.run(*words, "--server", server.address, status=1)
    assert said in done.stderr
    assert done.stderr.startswith("asset-forge: ")


def test_generate_without_a_server_at_the_address_says_what_to_do(shell: Shell) -> None:
    done = shell.run("generate", "x", "--server", f"http://127.0.0.1:{free_port()}", status=1)
    assert "asset-forge serve" in done.stderr


def test_generate_starts_a_server_of_its_own_and_ends_it(shell: Shell) -> None:
    status = shell.json(
        "generate", "polished steel longsword", "--type", "weapon", "--subtype", "sword",
        "--provider", "greybox", "--seed", "7",
    )  # fmt: skip
    assert status["status"] == "completed", status
    folder = shell.root / "polished-steel-longsword"
    assert_valid_glb(
        (folder / "polished-steel-longsword.glb").read_bytes(),
        allowed=("MESH_PRIMITIVE_GENERATED_TANGENT_SPACE",),
    )
    listed = shell.json("list")
    assert [asset["id"] for asset in listed] == ["polished-steel-longsword"]
    assert listed[0]["modelUrl"] == "/api/assets/polished-steel-longsword/model"


# --- what looks at files ---


def test_list_shows_what_lies_on_disk(shell: Shell, inner: Inner) -> None:
    assert inner.run("list") == ("No assets yet.\n", "")
    make_asset(shell.root, "old", {"generatedAt": "2026-01-01T00:00:00.000Z"})
    make_asset(shell.root, "new", {"generatedAt": "2026-02-01T00:00:00.000Z"})
    assert [asset["id"] for asset in shell.json("list")] == ["new", "old"]
    table, _ = inner.run("list")
    assert table.index("new") < table.index("old")


def test_inspect_tells_triangles_bounds_skins_and_clips(shell: Shell, inner: Inner) -> None:
    box, figure = shell.folder / "box.glb", shell.folder / "figure.glb"
    box.write_bytes(textured_box())
    figure.write_bytes(rigged_figure("walking"))
    assert shell.json("inspect", str(box))["triangleCount"] == 12
    out, _ = inner.run("inspect", str(figure), "--json")
    assert "walking" in json.dumps(json.loads(out))
    out, _ = inner.run("inspect", str(figure))
    assert "walking" in out


@pytest.mark.parametrize("content", [None, b"", b"no model at all", textured_box()[:100]])
@pytest.mark.parametrize("command", ["inspect", "render"])
def test_file_that_is_no_model_is_told_in_a_sentence(
    command: str, content: bytes | None, inner: Inner
) -> None:
    path = inner.shell.folder / "odd.glb"
    if content is not None:
        path.write_bytes(content)
    _, err = inner.run(command, str(path), status=1)
    assert "odd.glb" in err


def test_render_writes_one_picture_an_angle(shell: Shell) -> None:
    model, out = shell.folder / "box.glb", shell.folder / "out"
    model.write_bytes(textured_box())
    done = shell.run(
        "render", str(model), "--out", str(out), "--angles", "3", "--size", "32",
        "--background", "#102030",
    )  # fmt: skip
    named = [Path(line) for line in done.stdout.split()]
    assert sorted(path.name for path in named) == ["0deg.png", "120deg.png", "240deg.png"]
    assert all(path.read_bytes().startswith(PNG_HEAD) for path in named)


def test_render_can_write_a_sheet_of_chosen_angles(shell: Shell) -> None:
    model, out = shell.folder / "box.glb", shell.folder / "out"
    model.write_bytes(textured_box())
    done = shell.run(
        "render", str(model), "--out", str(out), "--angle", "10", "--angle", "200.5",
        "--size", "32", "--pitch", "30", "--sheet",
    )  # fmt: skip
    assert [Path(line).name for line in done.stdout.split()] == [
        "10deg.png", "200.5deg.png",
        "sprite-sheet.png", "sprite-sheet.json", "sprite-sheet.aseprite.json",
    ]  # fmt: skip
    frames = json.loads((out / "sprite-sheet.json").read_bytes())["frames"]
    assert list(frames) == ["box_000.png", "box_001.png"]


# --- doctor ---


def findings_of(shell: Shell, status: int = 0) -> dict[str, dict[str, str]]:
    return {finding["subject"]: finding for finding in shell.json("doctor", status=status)}


def test_doctor_finds_a_good_place_in_order(shell: Shell) -> None:
    openai, meshy = FakeOpenAI(), FakeMeshy(credits=777)
    with running(openai) as openai_address, running(meshy) as meshy_address:
        shell.variables |= {
            "OPENAI_API_KEY": OPENAI_KEY,
            "OPENAI_BASE_URL": f"{openai_address}/v1",
            "MESHY_API_KEY": MESHY_KEY,
            "MESHY_BASE_URL": meshy_address,
        }
        done = shell.json("doctor")
    assert {finding["verdict"] for finding in done} <= {"ok", "warning"}
    text = json.dumps(done)
    assert "777" in text
    assert OPENAI_KEY not in text
    assert MESHY_KEY not in text
    assert openai.billed_chats == openai.billed_images == 0
    assert not meshy.created


def test_doctor_says_what_to_do_about_each_problem(shell: Shell) -> None:
    openai, meshy = FakeOpenAI(), FakeMeshy()
    with (
        running(openai) as openai_address,
        running(meshy) as meshy_address,
        socket.socket() as taken,
    ):
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        shell.variables |= {
            "OPENAI_API_KEY": OPENAI_KEY,
            "OPENAI_BASE_URL": f"{openai_address}/v1",
            "OPENAI_IMAGE_MODEL": "dall-e-3",
            "MESHY_API_KEY": "msy_wrong",
            "MESHY_BASE_URL": meshy_address,
            "API_PORT": str(taken.getsockname()[1]),
            "ASSET_OUTPUT_DIR": str(shell.folder / "missing"),
            "IMAGE_SERVER_URL": "http://192.168.1.5:8080",
        }
        found = shell.json("doctor", status=1)
    bad = [finding for finding in found if finding["verdict"] != "ok"]
    text = json.dumps(bad)
    for wanted in ("dall-e-3", "MESHY_API_KEY", "API_PORT", "missing", "IMAGE_SERVER_URL"):
        assert wanted in text
    assert all(finding["advice"] for finding in bad)
    assert "msy_wrong" not in json.dumps(found)


# --- serve ---


@contextlib.contextmanager
def served(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        shell.command("serve"),
        env=shell.environment,
        cwd=shell.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


def wait_for(url: str, process: subprocess.Popen[str]) -> httpx.Response:
    give_up_at = time.monotonic() + LONGEST_START_S
    while time.monotonic() < give_up_at:
        assert process.poll() is None, process.communicate()[0]
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url, trust_env=False)
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_on_both_ports_and_ends_with_0(number: signal.Signals, shell: Shell) -> None:
    api = f"http://127.0.0.1:{shell.variables['API_PORT']}"
    images = f"http://127.0.0.1:{shell.variables['IMAGE_SERVER_PORT']}"
    with served(shell) as process:
        assert wait_for(f"{api}/api/health", process).json()["status"] == "healthy"
        assert wait_for(f"{images}/health", process).json()["status"] == "ok"
        assert "Server" not in httpx.get(f"{api}/api/assets", trust_env=False).headers
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    for port in ("API_PORT", "IMAGE_SERVER_PORT"):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(shell.variables[port])))


@pytest.mark.parametrize("variable", ["IMAGE_SERVER_PORT"])
def test_serve_on_a_taken_port_names_the_variable(variable: str, shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        shell.variables[variable] = str(taken.getsockname()[1])
        done = shell.run("serve", status=1)
    assert variable in done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API_PORT", "many"),
        ("MESHY_POLL_INTERVAL_MS", "-1"),
        ("OPENAI_BASE_URL", "not an address"),
        ("APP_ENV", "staging"),
        ("FORGE_GREYBOX", "perhaps"),
    ],
)
def test_setting_that_cannot_be_read_stops_the_start_with_its_name(
    variable: str, value: str, inner: Inner
) -> None:
    inner.shell.variables[variable] = value
    _, err = inner.run("serve", status=1)
    assert err.startswith("asset-forge: Cannot start: ")
    assert variable in err
    assert len(err.strip().splitlines()) == 1
