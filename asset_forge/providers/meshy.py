"""Shapes, surfaces and rigs from Meshy, as provider tasks.

Sending and the limits live here; bodies in `meshy_requests`, task objects in `meshy_tasks`.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiofiles
import aiofiles.os
import httpx

from asset_forge.domain.quality import Quality
from asset_forge.errors import BadProviderAnswer, ProviderError, ProviderRateLimited
from asset_forge.providers.addresses import AddressRules, host_of
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
from asset_forge.providers.http import Patience, ProviderHttp
from asset_forge.providers.http_answers import Answer, Limit, limit_of, retry_after_s
from asset_forge.providers.meshy_requests import echoed_fields, retexture_body, rig_body, shape_body
from asset_forge.providers.meshy_tasks import (
    file_urls,
    lost_candidates,
    reaches_back,
    read_output,
    read_status,
    state_of,
    tasks_in,
)
from asset_forge.providers.rate_limit import Clock, RequestRate, Sleep, TaskSlots

MAX_MODEL_BYTES = 256 * 1024 * 1024
MAX_INLINE_MODEL_BYTES = 7_000_000
"""Base64 makes it a third longer, and requests should stay below 10 MB (Meshy's help, 2026)."""

LIST_PAGE_SIZE = 50
_LIST_PAGES = 4
_LOOKS_FOR_LOST = 3
_REMEMBERED = 2000
_LONGEST_QUEUE_PAUSE_S = 60.0
_EXPIRED = (403, 404, 410)
# Only generation tasks count in Meshy's queue; rigging does not.
_QUEUED_KINDS = (TaskKind.IMAGE_TO_3D, TaskKind.RETEXTURE)


class MeshyProvider:
    """Fulfils TaskProvider.

    `base_url` is without /openapi; its host may always be fetched from. `present_picture` turns a
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
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
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
        self._rules = AddressRules(
            allow_private=allow_private, allow_hosts={host_of(base_url), *allow_private_hosts}
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
        )
        # Tasks that belong to somebody, with the model that was asked for when it is known.
        self._attributed: OrderedDict[str, str | None] = OrderedDict()
        self._urls: OrderedDict[str, dict[str, str]] = OrderedDict()

    def deadline_s(self, job: Job) -> float:
        """Seconds after which a task is given up; by quality for shapes."""
        if isinstance(job, ShapeJob):
            return self._timeouts_s_by_quality.get(job.quality, self._timeout_s)
        return self._timeout_s

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
        """Look at a task. Free. Raises ProviderError when it cannot be seen."""
        task, answer = await self._read(kind, task_id)
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

    async def find_lost(self, job: Job, *, sent_at_ms: int) -> str | None:
        """Look for the task of a submit whose answer never came; None when it is not there.

        None as well when more than one task could be it. Raises ProviderError, with
        `may_have_charged`, when Meshy's list cannot be read: then nobody knows.
        """
        echoed = echoed_fields(job)
        for look in range(_LOOKS_FOR_LOST):
            if look:
                # A request that is being carried out has no task yet.
                await self._sleep(self.poll_interval_s)
            try:
                recent = await self._recent_tasks(job.kind, sent_at_ms)
            except ProviderError as error:
                error.may_have_charged = True
                raise
            found = lost_candidates(
                recent,
                since_ms=sent_at_ms,
                echoed=echoed,
                not_these=self._attributed,
            )
            if len(found) == 1:
                self._remember(found[0], None)
                return found[0]
            if found:
                return None
        return None

    async def cancel(self, kind: TaskKind, task_id: str) -> bool:
        """Delete a task that still waits, which is refunded. True when it was; never raises.

        A task that has started goes on and is paid for: deleting it would only lose the result.
        """
        self._slots.ended(task_id)
        try:
            task, _answer = await self._read(kind, task_id)
            if state_of(task) is not TaskState.QUEUED:
                return False
            answer = await self._http.delete(_path(kind, task_id))
        except ProviderError:
            return False
        return answer.is_success

    async def balance(self) -> int:
        """Return the credits that are left. Free. Raises ProviderError."""
        data, _answer = await self._http.get("/openapi/v1/balance")
        balance = data.get("balance") if isinstance(data, dict) else None
        if isinstance(balance, bool) or not isinstance(balance, int | float):
            raise BadProviderAnswer("Meshy's balance cannot be read", provider=self.name)
        return int(balance)

    async def _create(self, job: Job, give_up_at: float) -> str:
        answer = await self._post(job.kind, await self._body(job), give_up_at)
        if answer.status == 404 and _base_task_id(job):
            # Meshy keeps a task for three days; the model itself does as well.
            body = await self._body(job, by_task=False)
            answer = await self._post(job.kind, body, give_up_at)
        data = self._http.object_of(answer)
        task_id = data.get("result")
        if not isinstance(task_id, str) or not task_id:
            raise BadProviderAnswer(
                "Meshy took the task but named no id",
                provider=self.name,
                upstream_status=answer.status,
                may_have_charged=True,
            )
        self._remember(task_id, self._model_for(job))
        return task_id

    async def _post(self, kind: TaskKind, body: dict[str, Any], give_up_at: float) -> Answer:
        """Send a create, again as long as Meshy says that its queue is full."""
        pause_s = self.poll_interval_s
        while True:
            answer = await self._http.post_billed(
                _path(kind), body, timeout_s=self._create_timeout_s
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
        return {"model_url": await asyncio.to_thread(_glb_data_uri, data)}

    def _model_for(self, job: Job) -> str:
        if isinstance(job, ShapeJob):
            return self._models_by_quality.get(job.quality) or self.default_model
        return self.default_model

    async def _read(self, kind: TaskKind, task_id: str) -> tuple[dict[str, Any], Answer]:
        """Read a task object, and note that the task is somebody's and where its files are."""
        task, answer = await self._http.get(_path(kind, task_id))
        if not isinstance(task, dict) or "status" not in task:
            raise BadProviderAnswer(
                f"Meshy's answer about task {task_id} is no task", provider=self.name
            )
        self._remember(task_id, self._model_of(task_id, task))
        urls = file_urls(kind, task)
        if urls:
            self._urls[task_id] = urls
            self._urls.move_to_end(task_id)
            if len(self._urls) > _REMEMBERED:
                self._urls.popitem(last=False)
        return task, answer

    async def _download(self, url: str, destination: Path) -> Fetched:
        return await download(
            self._client,
            url,
            destination,
            max_bytes=MAX_MODEL_BYTES,
            kind="glb",
            rules=self._rules,
            provider=self.name,
        )

    async def _recent_tasks(self, kind: TaskKind, since_ms: int) -> list[Mapping[str, Any]]:
        """Return the newest tasks of a kind, back to `since_ms` and a little further."""
        found: list[Mapping[str, Any]] = []
        for page in range(1, _LIST_PAGES + 1):
            params = {
                "page_num": str(page),
                "page_size": str(LIST_PAGE_SIZE),
                "sort_by": "-created_at",
            }
            listing, _answer = await self._http.get(_path(kind), params=params)
            tasks = tasks_in(listing)
            found += tasks
            if len(tasks) < LIST_PAGE_SIZE or reaches_back(tasks, since_ms):
                break
        return found

    def _model_of(self, task_id: str, task: Mapping[str, Any]) -> str | None:
        told = task.get("ai_model")
        return told if isinstance(told, str) and told else self._attributed.get(task_id)

    def _remember(self, task_id: str, model: str | None) -> None:
        self._attributed[task_id] = model
        self._attributed.move_to_end(task_id)
        if len(self._attributed) > _REMEMBERED:
            self._attributed.popitem(last=False)


def _path(kind: TaskKind, task_id: str | None = None) -> str:
    path = f"/openapi/v1/{kind}"
    return path if task_id is None else f"{path}/{quote(task_id, safe='')}"


def _base_task_id(job: Job) -> str | None:
    return None if isinstance(job, ShapeJob) else job.base_task_id


def _glb_data_uri(data: bytes) -> str:
    import pybase64  # noqa: PLC0415 - only those who encode pay for the import

    return f"data:application/octet-stream;base64,{pybase64.b64encode_as_string(data)}"
