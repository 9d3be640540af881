"""Clients of all kinds at once, who go on whatever happens to the service, and what they know.

They send a request again when it has an Idempotency-Key or changes nothing; whether another one
was carried out before its answer was lost they do not know, and the checks take that into account.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.crash.harness import Forge
from tests.crash.invariants import Seen
from tests.crash.stories import guard
from tests.fakes import faults
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.pictures import data_uri, png
from tests.support.service import preset, words

Json = dict[str, Any]

PAUSE_S = 0.02
SPRITES = {"enableSprites": True, "spriteConfig": {"angles": 2, "resolution": 16}}
PICTURE = data_uri(png(size_px=16))


@dataclass
class Edits:
    """Numbers that were written into an asset's metadata, one after the other."""

    sent: list[int] = field(default_factory=list)
    answered: int = -1
    """Position of the last one that was answered: nothing older may be read any more."""

    def may_be(self, found: object) -> bool:
        allowed: list[object] = [*self.sent[max(self.answered, 0) :]]
        return found in allowed or (self.answered < 0 and found is None)


@dataclass
class Traffic:
    """`figures` counts what was done and met. All choices come from `rng`."""

    forge: Forge
    rng: random.Random
    seen: Seen = field(default_factory=Seen)
    figures: Counter[str] = field(default_factory=Counter)
    bases: list[str] = field(default_factory=list)
    """Assets to do something with, by the names that they have for all that is known."""
    edits: dict[str, Edits] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Names of which an answer said that they are deleted or renamed."""
    is_over: bool = False
    up: asyncio.Event = field(default_factory=asyncio.Event)
    _http: httpx.AsyncClient | None = None
    _number: int = 0

    def number(self) -> int:
        self._number += 1
        return self._number

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Let clients speak to the service that has just been started."""
        address = self.forge.running.address
        async with httpx.AsyncClient(base_url=address, timeout=60.0, trust_env=False) as http:
            self._http = http
            self.up.set()
            try:
                yield
            finally:
                self.up.clear()

    # --- one request ---

    async def ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        key: str | None = None,
        **more: str,
    ) -> httpx.Response | None:
        """Send a request; None when its answer was lost and it cannot be sent again."""
        headers = {**more, **({"Idempotency-Key": key} if key else {})}
        while True:
            await self.up.wait()
            http = self._http
            assert http is not None
            try:
                answer = await http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self.figures["answers lost"] += 1
                # Until the next start it would be lost again.
                await asyncio.sleep(PAUSE_S)
                if key or method == "GET":
                    continue
                return None
            if answer.status_code < 500:
                return answer
            if answer.status_code == 503 and answer.json()["code"] == "stopped":
                self.figures["503 while stopping"] += 1
                await asyncio.sleep(PAUSE_S)
                continue
            self.figures["5xx"] += 1
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")

    async def start(self, path: str, body: Json | None, **more: str) -> str | None:
        """Start a pipeline under a key, which has one pipeline however often it is sent."""
        answer = await self.ask("POST", path, body, key=f"key-{self.number()}", **more)
        assert answer is not None
        if answer.status_code >= 300:
            assert answer.status_code in (404, 409), answer.text
            self.figures[f"refused: {answer.json()['code']}"] += 1
            return None
        pipeline_id: str = answer.json()["pipelineId"]
        return pipeline_id

    async def follow(self, pipeline_id: str, *, cancel_at: int | None = None) -> Json:
        """Poll a pipeline to its end; cancel it at the `cancel_at`-th look."""
        path, looks = f"/api/generation/pipeline/{pipeline_id}", 0
        while True:
            answer = await self.ask("GET", path)
            assert answer is not None
            assert answer.status_code == 200, answer.text
            status: Json = answer.json()
            if self.seen.note(status):
                return status
            looks += 1
            if looks == cancel_at:
                cancelled = await self.ask("POST", f"{path}/cancel")
                if cancelled is not None and cancelled.status_code == 200:
                    self.figures["cancelled"] += 1
                    self.seen.note(cancelled.json())
            await asyncio.sleep(PAUSE_S)

    async def see_through(self, pipeline_id: str | None) -> Json | None:
        """Follow a pipeline, perhaps cancel it, and perhaps retry what failed or was cancelled."""
        while pipeline_id is not None:
            cancel_at = self.rng.randrange(1, 15) if self.rng.random() < 0.2 else None
            status = await self.follow(pipeline_id, cancel_at=cancel_at)
            if status["status"] == "completed":
                return status
            if self.rng.random() < 0.3:
                return None
            self.figures["retries"] += 1
            pipeline_id = await self.start(f"/api/generation/pipeline/{pipeline_id}/retry", None)
        return None

    # --- what clients want ---

    async def make_sword(self) -> None:
        number = self.number()
        if self.rng.random() < 0.15:
            self.forge.meshy.script("image-to-3d", TaskScript.failing())
        if self.rng.random() < 0.3:
            lost = faults.dropped(work_done=True)
            fault = self.rng.choice([faults.slow(0.2), lost])
            self.forge.meshy.faults.add(fault, on="POST /openapi/v1/image-to-3d")
        presets = [preset(f"m{number}{letter}") for letter in "ab"[: self.rng.randrange(3)]]
        request = words(name=f"Sword {number}", description=f"sword number {number}")
        request |= {"materialPresets": presets, **(SPRITES if self.rng.random() < 0.5 else {})}
        await self._made(await self.start("/api/generation/pipeline", request))

    async def make_guard(self) -> None:
        if self.rng.random() < 0.3:
            self.forge.openai.faults.add(faults.slow(0.2), on="POST /v1/images")
        request = guard(f"Guard {self.number()}", **SPRITES)
        await self._made(await self.start("/api/generation/pipeline", request))

    async def _made(self, pipeline_id: str | None) -> None:
        status = await self.see_through(pipeline_id)
        if status is not None:
            self.bases.append(status["assetId"])

    async def paint(self) -> None:
        base_id = self._some_base()
        if base_id is None:
            return
        body = {"baseAssetId": base_id, "materialPreset": preset(f"p{self.number()}")}
        is_async = self.rng.random() < 0.5
        more = {"Prefer": "respond-async"} if is_async else {}
        await self.see_through(await self.start("/api/retexture", body, **more))

    async def make_again(self) -> None:
        base_id = self._some_base()
        if base_id is not None:
            await self.see_through(await self.start(f"/api/regenerate-base/{base_id}", None))

    async def edit(self) -> None:
        base_id = self._some_base(alone=True)
        if base_id is None:
            return
        edits = self.edits.setdefault(base_id, Edits())
        edits.sent.append(self.number())
        path, body = f"/api/assets/{base_id}", {"metadata": {"serial": edits.sent[-1]}}
        answer = await self.ask("PATCH", path, body)
        if answer is not None and self._is_done(answer):
            edits.answered = len(edits.sent) - 1
        self.bases.append(base_id)

    async def rename(self) -> None:
        base_id = self._some_base(alone=True)
        if base_id is None:
            return
        new_id = f"renamed-{self.number()}"
        self.seen.renamed[base_id] = new_id
        answer = await self.ask("PATCH", f"/api/assets/{base_id}", {"name": new_id})
        if answer is None:
            return  # whatever it is called now, it is left alone
        if self._is_done(answer):
            self.gone.add(base_id)
            self.edits[new_id] = self.edits.pop(base_id, Edits())
            self.bases.append(new_id)
        else:
            del self.seen.renamed[base_id]
            self.bases.append(base_id)

    async def delete(self) -> None:
        base_id = self._some_base(alone=True) if len(self.bases) > 4 else None
        if base_id is None:
            return
        self.seen.deleted.add(base_id)
        answer = await self.ask("DELETE", f"/api/assets/{base_id}?includeVariants=true")
        if answer is None:
            return
        if self._is_done(answer):
            self.gone.add(base_id)
            self.edits.pop(base_id, None)
        else:
            self.seen.deleted.remove(base_id)
            self.bases.append(base_id)

    async def upload(self) -> None:
        base_id = self._some_base()
        if base_id is None:
            return
        self.seen.resprited.add(base_id)
        count = self.rng.randrange(1, 4)
        sprites = [{"angle": 10 * n, "imageData": PICTURE} for n in range(count)]
        body = {"sprites": sprites, "config": {}}
        answer = await self.ask("POST", f"/api/assets/{base_id}/sprites", body)
        assert answer is None or answer.status_code in (200, 404, 409), answer.text

    async def look_around(self) -> None:
        for path in ("/api/assets", "/api/generation/pipelines?limit=500"):
            answer = await self.ask("GET", path)
            assert answer is not None
            assert answer.status_code == 200

    def _some_base(self, *, alone: bool = False) -> str | None:
        """Choose an asset; one that is wanted `alone` nobody else can choose meanwhile."""
        if not self.bases:
            return None
        place = self.rng.randrange(len(self.bases))
        return self.bases.pop(place) if alone else self.bases[place]

    def _is_done(self, answer: httpx.Response) -> bool:
        if answer.status_code < 300:
            return True
        assert answer.status_code == 409, answer.text
        self.figures[f"refused: {answer.json()['code']}"] += 1
        return False

    # --- all of it ---

    async def be_a_client(self) -> None:
        """Do one thing after the other until it is over."""
        things: list[Callable[[], Awaitable[None]]] = [
            self.make_sword,
            self.make_guard,
            self.paint,
            self.make_again,
            self.edit,
            self.rename,
            self.delete,
            self.upload,
            self.look_around,
        ]
        while not self.is_over:
            (thing,) = self.rng.choices(things, weights=[5, 1, 3, 1, 4, 2, 1, 2, 1])
            await thing()
            self.figures[thing.__name__] += 1
            await asyncio.sleep(PAUSE_S)
