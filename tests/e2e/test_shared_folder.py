"""An asset folder has one service: a second one is refused, and commands find the first."""

from pathlib import Path

import pytest

from asset_forge.cli.servers import running_or_own, service_for_a_command
from asset_forge.errors import Unavailable
from tests.e2e.test_cli import Shell, free_port, served, wait_for
from tests.support.service import live, quick, settings_for


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_second_service_is_refused_and_touches_nothing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with live(settings, instead=quick()) as first:
        change = first.root / ".forge" / "changes" / "0123456789abcdef"
        change.mkdir(parents=True)
        with pytest.raises(Unavailable) as raised, service_for_a_command(settings):
            pass
        assert raised.value.error_code == "root_in_use"
        assert change.is_dir()
        assert first.generate(name="First")["status"] == "completed"
    with live(settings, instead=quick()) as alone:
        assert not change.exists()
        assert [asset["id"] for asset in alone.client.get("/api/assets").json()] == ["first"]


def test_service_in_another_folder_is_welcome(tmp_path: Path) -> None:
    with (
        live(settings_for(tmp_path / "one"), instead=quick()),
        service_for_a_command(settings_for(tmp_path / "two")) as address,
    ):
        assert address


def test_folder_is_free_again_after_a_refused_start(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with live(settings, instead=quick()), pytest.raises(Unavailable):
        service_for_a_command(settings).__enter__()
    with service_for_a_command(settings) as address:
        assert address


def test_command_beside_a_service_that_cannot_be_found_says_who_has_the_folder(
    shell: Shell,
) -> None:
    settings = settings_for(shell.folder)
    with live(settings, instead=quick()):
        done = shell.run("generate", "a plain iron sword", status=1)
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"asset-forge: The asset folder {shell.root} is used by another")
    assert "ASSET_OUTPUT_DIR" in line
    assert done.stdout == ""


def test_command_finds_the_service_that_has_the_folder_on_another_port(shell: Shell) -> None:
    api = f"http://127.0.0.1:{shell.variables['API_PORT']}"
    with served(shell) as process:
        wait_for(f"{api}/api/health", process)
        elsewhere = settings_for(shell.folder, api_port=free_port())
        with running_or_own(elsewhere, None) as service:
            assert (service.address, service.is_own) == (api, False)


def test_second_serve_ends_with_the_sentence(shell: Shell) -> None:
    api = f"http://127.0.0.1:{shell.variables['API_PORT']}"
    with served(shell) as process:
        wait_for(f"{api}/api/health", process)
        shell.variables["API_PORT"] = str(free_port())
        shell.variables["IMAGE_SERVER_PORT"] = str(free_port())
        done = shell.run("serve", status=1)
    last = done.stderr.strip().splitlines()[-1]
    assert f"(process {process.pid} at {api}, since " in last
