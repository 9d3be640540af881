"""Settings: read from odd files, refused by name, and quiet about keys."""

from pathlib import Path
from typing import Any

import pytest

from asset_forge.domain.quality import Quality
from asset_forge.settings import OPENAI_URL, PROJECT_DIR, BadSetting, Settings, load_settings


def read(folder: Path, text: str | bytes) -> Settings:
    """Read settings from a .env with this text."""
    path = folder / ".env"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_settings(_env_file=path)


@pytest.mark.parametrize(
    "line",
    [
        "MESHY_API_KEY=msy_1",
        "MESHY_API_KEY = msy_1 ",
        'MESHY_API_KEY="msy_1"',
        "MESHY_API_KEY='msy_1'",
        'MESHY_API_KEY=" msy_1 "',
        "MESHY_API_KEY=msy_1 # from the dashboard",
        "export MESHY_API_KEY=msy_1",
        "meshy_api_key=msy_1",
        "\ufeffMESHY_API_KEY=msy_1",
        "MESHY_API_KEY=msy_1\r\nAPI_PORT=3004\r\n",
        "# a comment\n\nMESHY_API_KEY=msy_1\nUNKNOWN_THING=1\n",
    ],
)
def test_env_file_written_in_any_manner_is_read(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, line).meshy_api_key == "msy_1"


def test_env_file_blank_values_mean_not_set(tmp_path: Path) -> None:
    text = (
        "API_PORT=\nFORGE_GREYBOX=\nOPENAI_BASE_URL=' '\nLOG_LEVEL=\"\"\nMESHY_TIMEOUT_HIGH_MS=\n"
    )
    found = read(tmp_path, text)
    assert (found.api_port, found.forge_greybox, found.log_level) == (3004, True, "info")
    assert found.openai_base_url == OPENAI_URL
    assert found.meshy_timeouts_s == {}


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", " 4000\n")
    assert read(tmp_path, "API_PORT=5000").api_port == 4000


@pytest.mark.parametrize("content", [b"MESHY_API_KEY=\xff\xfe", "API_PORT=4000".encode("utf-16")])
def test_env_file_that_is_no_text_stops_the_start(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadSetting, match="UTF-8"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API_PORT", "http"),
        ("API_PORT", "65536"),
        ("API_MAX_BODY_MB", "nan"),
        ("API_MAX_BODY_MB", "0"),
        ("APP_ENV", "prod"),
        ("FORGE_GREYBOX", "perhaps"),
        ("FORGE_WORKERS", "0"),
        ("MESHY_POLL_INTERVAL_MS", "-5"),
        ("MESHY_TIMEOUT_ULTRA_MS", "1.5"),
        ("OPENAI_BASE_URL", "api.openai.com/v1"),
        ("MESHY_BASE_URL", "ftp://meshy.example"),
        ("IMAGE_SERVER_URL", "http://"),
        ("OPENAI_IMAGE_QUALITY", "hd"),
    ],
)
def test_value_that_cannot_be_read_names_the_variable(
    tmp_path: Path, variable: str, value: str
) -> None:
    with pytest.raises(BadSetting, match="Cannot start") as raised:
        read(tmp_path, f"{variable}={value}")
    assert variable in raised.value.message
    assert value in raised.value.message


def test_reason_is_told_in_our_words_alone(tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as raised:
        read(tmp_path, "MESHY_BASE_URL=nonsense")
    assert raised.value.message == (
        "Cannot start: MESHY_BASE_URL ('nonsense'): must be an http or https address"
    )


def test_several_wrong_values_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"API_PORT.*FORGE_WORKERS"):
        read(tmp_path, "API_PORT=x\nFORGE_WORKERS=y")


def test_secrets_are_in_no_text(tmp_path: Path) -> None:
    text = "OPENAI_API_KEY=sk-1\nMESHY_API_KEY=msy_1\nAPI_TOKEN=open-sesame\n"
    shown = repr(read(tmp_path, text))
    for secret in ("sk-1", "msy_1", "open-sesame"):
        assert secret not in shown
    overrides: dict[str, Any] = {"api_token": 7}
    with pytest.raises(BadSetting) as raised:
        load_settings(_env_file=None, **overrides)
    assert "7" not in raised.value.message


def test_folders_are_taken_from_the_project_not_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    found = read(tmp_path, "ASSET_OUTPUT_DIR=../library\nPROMPTS_DIR=~/prompts")
    assert found.asset_output_dir == PROJECT_DIR.parent / "library"
    assert found.prompts_dir == tmp_path / "home" / "prompts"


def test_frontend_url_is_a_list_of_origins(tmp_path: Path) -> None:
    found = read(tmp_path, "FRONTEND_URL=https://a.example/ , ,https://b.example")
    assert found.frontend_url == ("https://a.example", "https://b.example")


def test_models_and_timeouts_by_quality(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "MESHY_MODEL_ULTRA=meshy-6\nMESHY_TIMEOUT_STANDARD_MS=1500\nMESHY_BASE_URL=https://m.example/",
    )
    assert found.meshy_models == {Quality.ULTRA: "meshy-6"}
    assert found.meshy_timeouts_s == {Quality.STANDARD: 1.5}
    assert found.meshy_base_url == "https://m.example"
    assert len(found.openai_models) == 3


@pytest.mark.parametrize(
    ("host", "is_public"),
    [
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.4", True),
        ("forge.example", True),
    ],
)
def test_host_that_others_reach_is_public(tmp_path: Path, host: str, is_public: bool) -> None:
    assert read(tmp_path, f"API_HOST={host}").listens_publicly is is_public


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("", False),
        ("OPENAI_API_KEY=sk-1", True),
        ("OPENAI_BASE_URL=http://localhost:11434/v1", True),
        (f"OPENAI_BASE_URL={OPENAI_URL}/", False),
    ],
)
def test_openai_is_used_with_a_key_or_a_server_of_ones_own(
    tmp_path: Path, text: str, uses: bool
) -> None:
    assert read(tmp_path, text).uses_openai is uses


def test_derived_values(tmp_path: Path) -> None:
    found = read(tmp_path, "API_MAX_BODY_MB=0.5\nAPP_ENV=production")
    assert found.max_body_bytes == 512 * 1024
    assert found.is_production
