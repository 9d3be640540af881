"""Every environment variable the service reads: once, with its unit and its default.

Values come from the environment, then from the file `.env` in the project's folder. Only `cli`,
`app` and `wiring` read this; everything else is handed plain values.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from asset_forge.domain.quality import Quality
from asset_forge.errors import ForgeError

_PACKAGE_PARENT = Path(__file__).resolve().parent.parent
PROJECT_DIR = _PACKAGE_PARENT if (_PACKAGE_PARENT / "pyproject.toml").exists() else Path.cwd()
"""Relative paths are taken from here, so that the folder a command is typed in does not matter."""

OPENAI_URL = "https://api.openai.com/v1"
MESHY_URL = "https://api.meshy.ai"


class BadSetting(ForgeError):
    """A setting that cannot be read; stops the start."""

    code = "bad_setting"


Port = Annotated[int, Field(ge=0, le=65535)]
PositiveMs = Annotated[int, Field(ge=1, le=24 * 3600 * 1000)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=PROJECT_DIR / ".env",
        env_file_encoding="utf-8-sig",  # some editors put a mark before the first key
        env_ignore_empty=True,
        case_sensitive=False,
        extra="ignore",
        frozen=True,
    )

    # --- OpenAI: words, pictures, sight ---
    openai_api_key: str = Field("", repr=False, description="Key for words, pictures and sight.")
    openai_base_url: str = Field(
        OPENAI_URL, description="Any OpenAI-compatible server, with its /v1."
    )
    openai_text_model: str = Field("gpt-6-luna", description="Model that improves prompts.")
    openai_vision_model: str = Field("gpt-6-luna", description="Model that looks at weapons.")
    openai_image_model: str = Field("gpt-image-2.6-flare", description="Model for concept art.")
    openai_image_quality: Literal["auto", "low", "medium", "high", "xhigh", "max"] = Field(
        "medium", description="Quality asked of the image model."
    )

    # --- Meshy: shapes, surfaces, rigs ---
    meshy_api_key: str = Field("", repr=False, description="Key for shapes, surfaces and rigs.")
    meshy_base_url: str = Field(MESHY_URL, description="Meshy's server, without /openapi.")
    meshy_model_default: str = Field("meshy-7.1", description="Model for every quality.")
    meshy_model_standard: str = Field("", description="Model for standard quality.")
    meshy_model_high: str = Field("", description="Model for high quality.")
    meshy_model_ultra: str = Field("", description="Model for ultra quality.")
    meshy_poll_interval_ms: PositiveMs = Field(
        5000, description="Pause between two looks at a task, in milliseconds."
    )
    meshy_timeout_ms: PositiveMs = Field(
        1_800_000, description="A task is given up after so many milliseconds."
    )
    meshy_timeout_standard_ms: PositiveMs | None = Field(
        None, description="The same for standard quality; MESHY_TIMEOUT_MS when not set."
    )
    meshy_timeout_high_ms: PositiveMs | None = Field(
        None, description="The same for high quality; MESHY_TIMEOUT_MS when not set."
    )
    meshy_timeout_ultra_ms: PositiveMs | None = Field(
        None, description="The same for ultra quality; MESHY_TIMEOUT_MS when not set."
    )
    forge_meshy_queue: int = Field(
        10, ge=1, le=1000, description="Tasks at once in Meshy's queue (Pro 10, Studio 20)."
    )

    # --- pictures that an outside maker fetches ---
    image_server_url: str = Field(
        "", description="Public address of the image server, when it has one."
    )
    image_server_port: Port = Field(8080, description="Port of the image server.")
    imgur_client_id: str = Field("", description="Lets pictures over 10 MB go through Imgur.")

    # --- the service itself ---
    api_host: str = Field("127.0.0.1", description="Address the service listens on.")
    api_port: Port = Field(3004, description="Port the service listens on.")
    api_token: str = Field(
        "", repr=False, description="When set, /api wants `Authorization: Bearer`."
    )
    api_max_body_mb: float = Field(
        25, gt=0, le=1024, description="Largest request body, in megabytes of 1024 x 1024 bytes."
    )
    frontend_url: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins that may call from a browser, separated by commas."
    )
    app_env: Literal["development", "production", "test"] = Field(
        "development", description="production hides stack traces and local origins."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged."
    )
    forge_log_format: Literal["json", "text"] | None = Field(
        None, description="json or text; json in production and text elsewhere when not set."
    )
    forwarded_allow_ips: str = Field(
        "127.0.0.1,::1",
        description="Proxies whose X-Forwarded-For is believed, separated by commas.",
    )
    asset_output_dir: Path = Field(Path("gdd-assets"), description="Where the assets are kept.")
    prompts_dir: Path = Field(
        Path("prompts"), description="Where the prompt files are; missing ones are put there."
    )

    # --- greybox and limits ---
    forge_greybox: bool = Field(
        True, description="0 turns the built-in maker off; a missing key is then a 503."
    )
    forge_workers: int = Field(
        2, ge=1, le=64, description="Processes for greybox and sprite rendering."
    )
    forge_worker_memory_mb: int = Field(
        2048,
        ge=256,
        le=1_000_000,
        description="Megabytes that the work of one such process may take; kept on Linux only.",
    )
    forge_max_active: int = Field(
        20, ge=1, le=10_000, description="Pipelines at once; others wait as `initializing`."
    )
    forge_max_waiting: int = Field(
        1000, ge=0, le=100_000, description="Pipelines that may wait; more are refused with 503."
    )
    forge_starts_per_minute: int = Field(
        60,
        ge=0,
        le=1_000_000,
        description="Jobs that one client may start in a minute, plans included; 0 for no limit.",
    )
    forge_max_credits_per_day: float | None = Field(
        None, ge=0, description="Meshy credits that a day in UTC may cost; no limit when not set."
    )
    forge_max_credits_per_pipeline: float | None = Field(
        None, ge=0, description="Meshy credits that one pipeline may cost; no limit when not set."
    )
    forge_journal_days: float = Field(
        30, gt=0, le=3650, description="Ended pipelines can be looked at for so many days."
    )
    forge_fetch_allow_private: bool = Field(
        False, description="1 lets reference images come from private addresses."
    )

    @model_validator(mode="before")
    @classmethod
    def _blanks_mean_nothing(cls, values: Any) -> Any:
        """Take what was pasted with blanks or a line's end around it, and blanks for not set."""
        stripped = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in values.items()
        }
        return {name: value for name, value in stripped.items() if value != ""}

    @field_validator("asset_output_dir", "prompts_dir")
    @classmethod
    def _from_project_folder(cls, value: Path) -> Path:
        return (PROJECT_DIR / value.expanduser()).resolve()

    @field_validator("openai_base_url", "meshy_base_url", "image_server_url")
    @classmethod
    def _is_http_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be an http or https address")
        return value.rstrip("/")

    @field_validator("frontend_url", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @property
    def max_body_bytes(self) -> int:
        return int(self.api_max_body_mb * 1024 * 1024)

    @property
    def uses_openai(self) -> bool:
        """A key, or a compatible server of one's own, which may want none."""
        return bool(self.openai_api_key) or self.openai_base_url != OPENAI_URL

    @property
    def openai_models(self) -> tuple[str, ...]:
        return (self.openai_text_model, self.openai_vision_model, self.openai_image_model)

    @property
    def meshy_models(self) -> dict[Quality, str]:
        """The models that are set for a quality of their own."""
        chosen = {
            Quality.STANDARD: self.meshy_model_standard,
            Quality.HIGH: self.meshy_model_high,
            Quality.ULTRA: self.meshy_model_ultra,
        }
        return {quality: model for quality, model in chosen.items() if model}

    @property
    def meshy_timeouts_s(self) -> dict[Quality, float]:
        """The deadlines that are set for a quality of its own, in seconds."""
        chosen = {
            Quality.STANDARD: self.meshy_timeout_standard_ms,
            Quality.HIGH: self.meshy_timeout_high_ms,
            Quality.ULTRA: self.meshy_timeout_ultra_ms,
        }
        return {quality: ms / 1000 for quality, ms in chosen.items() if ms is not None}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must appear in no log."""
        found = (self.openai_api_key, self.meshy_api_key, self.api_token, self.imgur_client_id)
        return tuple(value for value in found if value)

    @property
    def logs_json(self) -> bool:
        if self.forge_log_format is None:
            return self.is_production
        return self.forge_log_format == "json"

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    @property
    def listens_publicly(self) -> bool:
        try:
            return not ipaddress.ip_address(self.api_host).is_loopback
        except ValueError:
            return self.api_host != "localhost"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises BadSetting with a sentence that names each wrong variable."""
    try:
        return Settings(**overrides)
    except UnicodeDecodeError:
        raise BadSetting("Cannot start: the file .env is not UTF-8; save it as such") from None
    except ValidationError as error:
        sentences = []
        for problem in error.errors():
            variable = str(problem["loc"][0]).upper() if problem["loc"] else "a setting"
            shown = "" if "KEY" in variable or "TOKEN" in variable else f" ({problem['input']!r})"
            reason = problem["msg"].removeprefix("Value error, ")
            sentences.append(f"{variable}{shown}: {reason}")
        raise BadSetting("Cannot start: " + "; ".join(sentences)) from None
