"""The second application: shows pictures that outside makers fetch, and nothing else.

It listens on its own port in the same process. What is hosted is decided by ImageHostingService.
"""

import asyncio
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from asset_forge.middleware import RequestContext, error_body

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})


def create_image_server(folder: Path) -> Starlette:
    """Build the application that shows the pictures in `folder`, which need not exist yet."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "message": "Image server is running"})

    async def list_images(_: Request) -> Response:
        return JSONResponse({"images": await asyncio.to_thread(picture_names, folder)})

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/list", list_images),
            Mount("/", _Pictures(folder)),
        ],
        middleware=[Middleware(RequestContext, show_faults=False)],
        exception_handlers={HTTPException: _answer_error},
    )


def picture_names(folder: Path) -> list[str]:
    """Return the names of the pictures that are shown, sorted."""
    if folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if _may_be_shown(entry.name) and entry.is_file(follow_symlinks=False)
            )
    except FileNotFoundError:
        return []


def _may_be_shown(name: str) -> bool:
    plain = "/" not in name and "\\" not in name and not name.startswith(".")
    return plain and Path(name).suffix.lower() in PICTURE_SUFFIXES


class _Pictures(StaticFiles):
    """Files directly in the folder that are called like pictures."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self.folder = folder

    async def check_config(self) -> None:
        """Let the folder be missing: it is made when the first picture is hosted."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        # Nothing is shown that lies elsewhere, and no note beside the pictures by another name.
        if not _may_be_shown(path) or self.folder.is_symlink() or (self.folder / path).is_symlink():
            return "", None
        return super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=0"
        return response


async def _answer_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    not_found = error.status_code == 404
    text = "File not found" if not_found else str(error.detail)
    code = "file_not_found" if not_found else "method_not_allowed"
    return JSONResponse(
        error_body(text, code), status_code=error.status_code, headers=error.headers
    )
