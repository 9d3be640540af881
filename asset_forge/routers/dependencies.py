"""How handlers get at the services: named `Annotated` dependencies, and the strict JSON route."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute

from asset_forge.domain.strict_json import parse_strict_json
from asset_forge.services.assets import AssetService
from asset_forge.services.generation import GenerationService
from asset_forge.services.health import HealthFacts
from asset_forge.services.prompts import PromptService
from asset_forge.services.retexture import RetextureService
from asset_forge.services.sight import SightService


def _assets(request: Request) -> AssetService:
    service: AssetService = request.app.state.services.assets
    return service


def _generation(request: Request) -> GenerationService:
    service: GenerationService = request.app.state.services.generation
    return service


def _retexture(request: Request) -> RetextureService:
    service: RetextureService = request.app.state.services.retexture
    return service


def _prompts(request: Request) -> PromptService:
    service: PromptService = request.app.state.services.prompts
    return service


def _sight(request: Request) -> SightService:
    service: SightService = request.app.state.services.sight
    return service


def _health(request: Request) -> HealthFacts:
    facts: HealthFacts = request.app.state.services.health
    return facts


Assets = Annotated[AssetService, Depends(_assets)]
Generation = Annotated[GenerationService, Depends(_generation)]
Retexture = Annotated[RetextureService, Depends(_retexture)]
Prompts = Annotated[PromptService, Depends(_prompts)]
Sight = Annotated[SightService, Depends(_sight)]
Health = Annotated[HealthFacts, Depends(_health)]


class StrictJsonRequest(Request):
    """A request whose JSON is read strictly: what cannot be written as JSON again is refused."""

    async def json(self) -> Any:
        """Parse the body. Raises HTTPException 400 with what is wrong and where."""
        try:
            return parse_strict_json(await self.body())
        except json.JSONDecodeError as error:
            raise HTTPException(
                400, f"The body is not valid JSON: {error.msg} at character {error.pos}"
            ) from None
        except ValueError as error:
            raise HTTPException(400, f"The body is not usable JSON: {error}") from None


class JsonRoute(APIRoute):
    """A route whose body is JSON, read strictly, and nothing else (415)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handle_strictly(request: Request) -> Response:
            if takes_body:
                _check_content_type(request)
            return await handle(StrictJsonRequest(request.scope, request.receive))

        return handle_strictly


def _check_content_type(request: Request) -> None:
    content_type = request.headers.get("content-type", "")
    media_type = content_type.split(";", 1)[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if media_type and not is_json:
        raise HTTPException(415, f"Send JSON with Content-Type: application/json, not {media_type}")
