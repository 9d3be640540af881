"""Pure ASGI middleware: what every request and every answer gets, whoever handles it.

One class a concern and a file, outermost first: RequestContext (id, security headers, log line,
counts, last resort for faults), Cors, Token, Starts (stopping and the rate limit of what costs
money), BodyLimit.
"""

from asset_forge.middleware.answers import (
    RETRY_AFTER_STOP_S,
    error_body,
    request_id_of,
    send_error,
)
from asset_forge.middleware.body_limit import BodyLimit
from asset_forge.middleware.context import RequestContext, RequestObserver
from asset_forge.middleware.cors import Cors
from asset_forge.middleware.starts import START_ROUTES, Starts
from asset_forge.middleware.token import Token

__all__ = [
    "RETRY_AFTER_STOP_S",
    "START_ROUTES",
    "BodyLimit",
    "Cors",
    "RequestContext",
    "RequestObserver",
    "Starts",
    "Token",
    "error_body",
    "request_id_of",
    "send_error",
]
