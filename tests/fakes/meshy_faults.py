"""Faults in the words of Meshy, ready for `FakeMeshy.faults.add`."""

import json

from tests.fakes.faults import Fault, status


def refused(
    code: int,
    message: str,
    *,
    headers: dict[str, str] | None = None,
    work_done: bool = False,
) -> Fault:
    """Any error in Meshy's shape; with `work_done` the task was made all the same."""
    body = json.dumps({"message": message}).encode()
    return status(code, body, headers=headers, work_done=work_done)


def rate_limited(retry_after_s: int | None = 1) -> Fault:
    """429: too many requests a second."""
    headers = None if retry_after_s is None else {"retry-after": str(retry_after_s)}
    return refused(429, "RateLimitExceeded", headers=headers)


def queue_full() -> Fault:
    """429: too many unfinished tasks in the account."""
    return refused(429, "NoMoreConcurrentTasks")


def no_credits() -> Fault:
    """402."""
    return refused(402, "Insufficient funds")


def invalid_key() -> Fault:
    """401."""
    return refused(401, "Invalid API key")


def server_error(code: int = 500, *, work_done: bool = False) -> Fault:
    """5xx; with `work_done` on a create the task exists and is in the list."""
    return refused(code, "Internal Server Error", work_done=work_done)
