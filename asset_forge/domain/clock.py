"""Times as the service writes them: ISO 8601 in UTC with milliseconds and Z."""

from datetime import UTC, datetime


def iso_now() -> str:
    """Return the present time, such as 2026-11-22T09:30:00.000Z."""
    return iso(datetime.now(UTC))


def iso(moment: datetime) -> str:
    """Write an aware datetime in UTC with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return int(datetime.now(UTC).timestamp() * 1000)
