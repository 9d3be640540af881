"""Shapes, surfaces and rigs from Meshy, as provider tasks.

Sending and the limits live here; bodies in `meshy_requests`, task objects in `meshy_tasks`, the
search for what was lost in `meshy_lost`, models and prices in `meshy_models`.
"""

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import aiofiles
import aiofiles.os
import httpx

from asset_forge.domain.clock import now_ms
from asset_forge.domain.quality import Quality
from asset_forge.errors import (
    BadProviderAnswer,
    ProviderError,
    ProviderRateLimited,
    ProviderUnreachable,
)
from asset_forge.providers.addresses import AddressRules, server_of
from asset_forge.providers.base import (
    Fetched,
    Job,
    RetextureJob,
    RigJob,
    ShapeJob,
    TaskKind,
    TaskState,
    TaskStatus,
)
from asset_forge.providers.download import download
from asset_forge.providers.http import OnError, Patience, ProviderHttp
from asset_forge.providers.http_answers import Answer, Limit, limit_of, retry_after_s
from asset_forge.providers.meshy_lost import LIST_PAGE_SIZE, LostTasks, tasks_in
from asset_forge.providers.meshy_models import credits_at_most, painting_model, shaping_model
from asset_forge.providers.meshy_requests import (
    base_task_id,
    glb_data_uri,
    retexture_body,
    rig_body,
    shape_body,
    task_path,
)
from asset_forge.providers.meshy_tasks import Task, file_urls, read_output, read_status, state_of
from asset_forge.providers.rate_limit import Clock, RequestRate, Sleep, TaskSlots

MAX_MODEL_BYTES = 256 * 1024 * 1024
MAX_INLINE_MODEL_BYTES = 7_000_000
"""Base64 makes it a third longer, and requests should stay below 10 MB (Meshy's help, 2026)."""

_REMEMBERED_URLS = 2000
_LONGEST_QUEUE_PAUSE_S = 60.0
_MOST_SENT_AT_ONCE = 4
_NEW_FOR_S = 60.0
_EXPIRED = (403, 404, 410)
# Only generation tasks count in Meshy's queue; rigging does not.
_QUEUED_KINDS = (TaskKind.IMAGE_TO_3D, TaskKind.RETEXTURE)


class MeshyProvider:
    """Fulfils TaskProvider.

    `base_url` is without /openapi; its server may always be fetched from. `present_picture` turns a
    picture's path into a data URI or a public address. `queue_limit` is the number of unfinished
    tasks that the plan allows (Pro 10, Studio 20); requests stay below 20 a second.
    """

    name = "meshy"

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        base_url: str,
        api_key: str,
        present_picture: Callable[[Path], Awaitable[str]],
        default_model: str = "meshy-7.1",
        models_by_quality: Mapping[Quality, str] | None = None,
        poll_interval_s: float = 5.0,
        timeout_s: float = 1800.0,
        timeouts_s_by_quality: Mapping[Quality, float] | None = None,
        create_timeout_s: float = 120.0,
        queue_limit: int = 10,
        allow_private: bool = False,
        allow_private_hosts: Collection[str] = (),
        patience: Patience | None = None,
        rate: RequestRate | None = None,
        slots: TaskSlots | None = None,
        clock: Clock = time.monotonic,
        wall_ms: Callable[[], int] = now_ms,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
        on_error: OnError | None = None,
    ) -> None:
        self.poll_interval_s = poll_interval_s
        self.default_model = default_model
        self._models_by_quality = dict(models_by_quality or {})
        self._timeout_s = timeout_s
        self._timeouts_s_by_quality = dict(timeouts_s_by_quality or {})
        self._create_timeout_s = create_timeout_s
        self._present_picture = present_picture
        self._client = client
        self._secrets = (api_key,)
        self._clock = clock
        self._sleep = sleep
        self._slots = slots or TaskSlots(limit=queue_limit, clock=clock)
        self._queue_limit = queue_limit
        self._sending = asyncio.Semaphore(_MOST_SENT_AT_ONCE)
        self._rules = AddressRules(
            allow_private=allow_private, allow_hosts={server_of(base_url), *allow_private_hosts}
        )
        self._http = ProviderHttp(
            provider=self.name,
            client=client,
            base_url=base_url,
            api_key=api_key,
            key_variable="MESHY_API_KEY",
            rate=rate or RequestRate(rate_per_s=14, burst=5, clock=clock, sleep=sleep),
            patience=patience,
            clock=clock,
            sleep=sleep,
            rng=rng,
            on_error=on_error,
        )
        self._lost = LostTasks(
            read_page=self._list_page, wall_ms=wall_ms, sleep=sleep, pause_s=poll_interval_s
        )
        self._urls: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._made_at: dict[str, float] = {}

    def deadline_s(self, job: Job) -> float:
        """Seconds after which a task is given up; by quality for shapes."""
        if isinstance(job, ShapeJob):
            return self._timeouts_s_by_quality.get(job.quality, self._timeout_s)
        return self._timeout_s

    def model_for(self, kind: TaskKind, quality: Quality = Quality.STANDARD) -> str | None:
        """Name the model that a task would be made with; rigging has none to choose."""
        if kind is TaskKind.RIGGING:
            return None
        if kind is TaskKind.RETEXTURE:
            return painting_model(self.default_model)
        return shaping_model(self._models_by_quality.get(quality) or self.default_model)

    def estimate_credits(
        self, kind: TaskKind, *, texture_px: int = 2048, quality: Quality = Quality.STANDARD
    ) -> float:
        """Return the credits that a task costs at the most, by the price list of November 2026."""
        return credits_at_most(kind, self.model_for(kind, quality) or "", texture_px)

    @property
    def queue_taken(self) -> int:
        """How many places in Meshy's queue are taken, as far as this process knows."""
        return self._slots.taken

    async def submit(self, job: Job) -> str:
        """Start a task and return its id. Costs credits; sent again only after a 429.

        Waits for a place in the queue, at most `deadline_s(job)`. Raises ProviderError, with
        `may_have_charged` when the request may have left and no answer came.
        """
        give_up_at = self._clock() + self.deadline_s(job)
        if job.kind not in _QUEUED_KINDS:
            return await self._create(job, give_up_at)
        try:
            await self._slots.take(timeout_s=self.deadline_s(job))
        except TimeoutError:
            raise ProviderRateLimited(
                f"All {self._queue_limit} places in Meshy's queue stayed taken for "
                f"{self.deadline_s(job):g} s",
                provider=self.name,
                upstream_status=None,
                retry_after_s=self.poll_interval_s,
            ) from None
        task_id: str | None = None
        try:
            task_id = await self._create(job, give_up_at)
        finally:
            if task_id is None:
                self._slots.give_back()
            else:
                self._slots.becomes_task(task_id)
        return task_id

    async def poll(self, kind: TaskKind, task_id: str) -> TaskStatus:
        """Look at a task. Free. Raises ProviderError when it cannot be seen.

        A new task that Meshy does not know yet is passing trouble, and no reason to buy another.
        """
        try:
            task, answer = await self._read(kind, task_id)
        except ProviderError as error:
            age_s = self._clock() - self._made_at.get(task_id, -math.inf)
            if error.upstream_status != 404 or age_s >= _NEW_FOR_S:
                raise
            raise ProviderUnreachable(
                f"Meshy does not know its new task {task_id} yet", provider=self.name
            ) from None
        status = read_status(
            kind,
            task_id,
            task,
            model=self._model_of(task_id, task),
            retry_after_s=retry_after_s(answer.headers),
            secrets=self._secrets,
        )
        if status.state.is_final:
            self._slots.ended(task_id)
        elif kind in _QUEUED_KINDS:
            self._slots.seen_unfinished(task_id)
        return status

    async def fetch(self, output: str, destination: Path) -> Fetched:
        """Bring one output to `destination`, whole or not at all. Free. Raises ProviderError.

        An address that has expired is asked for anew, once.
        """
        try:
            kind, task_id, name = read_output(output)
        except ValueError:
            raise ProviderError(f"Meshy has no output {output!r}", provider=self.name) from None
        known_url = self._urls.get(task_id, {}).get(name)
        if known_url:
            try:
                return await self._download(known_url, destination)
            except ProviderError as error:
                if error.upstream_status not in _EXPIRED:
                    raise
        await self._read(kind, task_id)
        fresh_url = self._urls.get(task_id, {}).get(name)
        if fresh_url is None:
            raise BadProviderAnswer(
                f"Meshy's task {task_id} has no file {name!r}", provider=self.name
            )
        return await self._download(fresh_url, destination)

    def know(self, task_id: str) -> None:
        """Take note that a task is somebody's, so that `find_lost` gives it to nobody else."""
        self._lost.know(task_id)

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        """Look for the task of a submit whose answer never came; None when it is surely not there.

        Raises ProviderError with `may_have_charged`: code task_not_identified when Meshy's list
        does not tell, another one when the list cannot be read just now.
        """
        return await self._lost.find(job, sent_at_ms=sent_at_ms, span_ms=self._span_ms(job))

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        """Delete a task that still waits, which is refunded. True when it was; never raises.

        A task that has started goes on and is paid for: deleting it would only lose the result.
        It keeps its place in the queue until its lease is over.
        """
        try:
            task, _answer = await self._read(kind, task_id)
            if state_of(task) is not TaskState.QUEUED:
                return False
            answer = await self._http.delete(task_path(kind, task_id))
        except ProviderError:
            return False
        if answer.is_success:
            self._slots.ended(task_id)
        return answer.is_success

    async def balance(self) -> int:
        """Return the credits that are left. Free. Raises ProviderError."""
        data, _answer = await self._http.get("/openapi/v1/balance")
        balance = data.get("balance") if isinstance(data, dict) else None
        if isinstance(balance, bool) or not isinstance(balance, int | float):
            raise BadProviderAnswer("Meshy's balance cannot be read", provider=self.name)
        return int(balance)

    async def _create(self, job: Job, give_up_at: float) -> str:
        with self._lost.sending(job, span_ms=self._span_ms(job)):
            return await self._send(job, give_up_at)

    async def _send(self, job: Job, give_up_at: float) -> str:
        answer = await self._post(job, give_up_at)
        if answer.status == 404 and base_task_id(job):
            # Meshy keeps a task for three days; the model itself does as well.
            answer = await self._post(job, give_up_at, by_task=False)
        data = self._http.object_of(answer)
        task_id = data.get("result")
        if not isinstance(task_id, str) or not task_id:
            raise BadProviderAnswer(
                "Meshy took the task but named no id",
                provider=self.name,
                upstream_status=answer.status,
                may_have_charged=True,
            )
        now = self._clock()
        new = {other: at for other, at in self._made_at.items() if now - at < _NEW_FOR_S}
        self._made_at = {**new, task_id: now}
        return self._lost.give(task_id, job, self._model_for(job))

    async def _post(self, job: Job, give_up_at: float, *, by_task: bool = True) -> Answer:
        """Send a create, again as long as Meshy says that its queue is full."""
        pause_s = self.poll_interval_s
        while True:
            # A picture is some 10 MB in memory while it is sent, so only a few are at a time.
            async with self._sending:
                answer = await self._http.post_billed(
                    task_path(job.kind),
                    await self._body(job, by_task=by_task),
                    timeout_s=self._create_timeout_s,
                )
            if answer.status != 429 or limit_of(answer) is not Limit.QUEUE_FULL:
                return answer
            wait_s = max(pause_s, retry_after_s(answer.headers) or 0.0)
            if self._clock() + wait_s > give_up_at:
                return answer
            await self._slots.wait_for_change(at_most_s=wait_s)
            pause_s = min(pause_s * 2, _LONGEST_QUEUE_PAUSE_S)

    async def _body(self, job: Job, *, by_task: bool = True) -> dict[str, Any]:
        match job:
            case ShapeJob():
                image_url = await self._present_picture(job.picture_path)
                return shape_body(job, model=self._model_for(job), image_url=image_url)
            case RetextureJob():
                source = await self._source(job, by_task=by_task)
                return retexture_body(job, model=self._model_for(job), source=source)
            case RigJob():
                return rig_body(job, source=await self._source(job, by_task=by_task))

    async def _source(self, job: RetextureJob | RigJob, *, by_task: bool) -> dict[str, Any]:
        if by_task and job.base_task_id:
            return {"input_task_id": job.base_task_id}
        size_bytes = await aiofiles.os.path.getsize(job.model_path)
        if size_bytes > MAX_INLINE_MODEL_BYTES:
            raise ProviderError(
                f"Meshy no longer has the task of {job.model_path.name}, and with "
                f"{size_bytes:,} bytes the model is too large to send "
                f"(at most {MAX_INLINE_MODEL_BYTES:,}): generate it again",
                provider=self.name,
            )
        async with aiofiles.open(job.model_path, "rb") as file:
            data = await file.read()
        return {"model_url": await asyncio.to_thread(glb_data_uri, data)}

    def _model_for(self, job: Job) -> str:
        if isinstance(job, ShapeJob):
            return self._models_by_quality.get(job.quality) or self.default_model
        return self.default_model

    async def _read(self, kind: TaskKind, task_id: str) -> tuple[dict[str, Any], Answer]:
        """Read a task object, and note that the task is somebody's and where its files are."""
        task, answer = await self._http.get(task_path(kind, task_id))
        if not isinstance(task, dict) or "status" not in task:
            raise BadProviderAnswer(
                f"Meshy's answer about task {task_id} is no task", provider=self.name
            )
        self._lost.know(task_id, self._model_of(task_id, task))
        urls = file_urls(kind, task)
        if urls:
            self._urls[task_id] = urls
            self._urls.move_to_end(task_id)
            if len(self._urls) > _REMEMBERED_URLS:
                self._urls.popitem(last=False)
        return task, answer

    async def _download(self, url: str, destination: Path) -> Fetched:
        with self._http.told():
            return await download(
                self._client,
                url,
                destination,
                max_bytes=MAX_MODEL_BYTES,
                kind="glb",
                rules=self._rules,
                provider=self.name,
            )

    async def _list_page(self, kind: TaskKind, page: int) -> tuple[list[Task], Answer]:
        params = {
            "page_num": str(page),
            "page_size": str(LIST_PAGE_SIZE),
            "sort_by": "-created_at",
        }
        listing, answer = await self._http.get(task_path(kind), params=params)
        return tasks_in(listing), answer

    def _span_ms(self, job: Job) -> int:
        """How long after it was asked for a create can arrive: waits and tries included."""
        waiting_s = self.deadline_s(job) + self._http.patience.deadline_s
        return int(1000 * (waiting_s + 2 * self._create_timeout_s))

    def _model_of(self, task_id: str, task: Mapping[str, Any]) -> str | None:
        told = task.get("ai_model")
        return told if isinstance(told, str) and told else self._lost.model_of(task_id)
