"""How the service logs: events as snake_case verbs with data as keys, through structlog."""

import logging
import sys

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(level: str, *, as_json: bool) -> None:
    """Send logs to standard error: one JSON object a line, or readable text."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=_LEVELS[level], stream=sys.stderr, format="%(name)s %(message)s")
    # httpx names every URL at INFO, and those of providers are signed.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if level != "debug":
        # uvicorn tells each step of its start and end, for each of the two servers.
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
