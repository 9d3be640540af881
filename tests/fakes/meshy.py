"""FakeMeshy: Meshy's task routes, its balance and its signed result files, in one ASGI app.

Under /openapi/v1: image-to-3d, multi-image-to-3d, retexture, remesh, rigging, balance; under
/openapi/v2: text-to-3d. Not imitated: streams, webhooks, animations, pictures, printing. What is
refused and charged is decided in meshy_rules.py, a task's life in meshy_tasks.py.
"""

import email.utils
import hashlib
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.fakes.core import Answer, FakeServer, RecordedRequest, json_answer
from tests.fakes.meshy_fields import JsonObject, Note, Refused
from tests.fakes.meshy_rules import RULES, Judgement
from tests.fakes.meshy_tasks import FINAL, PENDING, SUCCEEDED, Task, TaskScript
from tests.fakes.pictures import data_uri

MESHY_KEY = "msy_fake_meshy"  # a made-up key, of use with this fake only
_ROUTE = re.compile(r"^/openapi/(v1|v2)/([a-z0-9-]+)(?:/([^/]+))?$")
_GENERATIONS = frozenset({"image-to-3d", "multi-image-to-3d", "text-to-3d", "retexture"})
_PICTURE_FIELDS = ("image_url", "texture_image_url", "image_style_url")
_MIME_TYPES = {"glb": "model/gltf-binary", "png": "image/png"}


@dataclass
class FakeMeshy(FakeServer):
    """A Meshy that costs nothing.

    `credits` is the balance; `created` counts tasks made per kind (each a paid submit).
    `polls_until_done`: at which read by id a task shows its end, unless scripted otherwise.
    `max_queued`: unfinished generation tasks at once, None without a limit.
    `retry_after_s`: sent with unfinished tasks when not None (the true one sends 5).
    `pose_fails`: rigging answers 422. `fetches_urls`: pictures named by URL are really fetched,
    from loopback too; otherwise a URL of a private host is refused.
    `downloads_per_url`: how often one file address works. `wraps_lists`: lists come in `result`.
    `echoes`: request fields that come back in the task object, which pages do not agree on.
    `refused_lists`: kinds whose list answers with this status. `largest_page`: how many tasks a
    page holds at the most, whatever was asked for. `now_ms` is Meshy's clock, also in `Date`
    unless `tells_time` is false.
    `ignored` and `forgotten` hold fields that had no effect and fields that were missed.
    """

    api_key: str | None = MESHY_KEY
    credits: int = 1000
    polls_until_done: int = 3
    max_queued: int | None = 10
    retry_after_s: int | None = None
    pose_fails: bool = False
    fetches_urls: bool = False
    downloads_per_url: int | None = None
    wraps_lists: bool = False
    echoes: tuple[str, ...] = ("name", "prompt", "texture_prompt", "text_style_prompt")
    refused_lists: dict[str, int] = field(default_factory=dict)
    largest_page: int = 50
    tells_time: bool = True
    now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
    created: Counter[str] = field(default_factory=Counter)
    tasks: dict[str, Task] = field(default_factory=dict)
    ignored: list[Note] = field(default_factory=list)
    forgotten: list[Note] = field(default_factory=list)
    _scripts: dict[str, deque[TaskScript]] = field(default_factory=dict)
    _downloads_left: dict[str, int | None] = field(default_factory=dict)
    _number: int = 0

    def script(self, kind: str, script: TaskScript, *, times: int = 1) -> None:
        """Let the next tasks of this kind live by `script`."""
        self._scripts.setdefault(kind, deque()).extend([script] * times)

    def finish(
        self, task_id: str, status: str = SUCCEEDED, error: JsonObject | None = None
    ) -> None:
        """End a task now."""
        task = self.tasks[task_id]
        task.finish(status, error, self.now_ms())
        self._refund_when_failed(task)

    def expire_urls(self) -> None:
        """Make every file address that was handed out so far answer 403."""
        self._downloads_left = dict.fromkeys(self._downloads_left, 0)

    def forget(self, task_id: str) -> None:
        """Remove a task and its files, as after the three days that Meshy keeps them."""
        del self.tasks[task_id]

    def of_kind(self, kind: str) -> list[Task]:
        """The tasks there are of one kind, oldest first."""
        return [task for task in self.tasks.values() if task.kind == kind]

    def common_headers(self) -> dict[str, str]:
        headers = {"x-api-version": "v2026.11.20.fake"}
        if self.tells_time:
            headers["date"] = email.utils.formatdate(self.now_ms() / 1000, usegmt=True)
        return headers

    async def respond(self, request: RecordedRequest) -> Answer:
        try:
            if request.path.startswith("/files/"):
                return self._serve_file(request)
            return await self._route(request)
        except Refused as refused:
            return json_answer(refused.status, {"message": refused.message})

    async def _route(self, request: RecordedRequest) -> Answer:
        match = _ROUTE.match(request.path)
        if match is None:
            raise Refused(404, "NoMatchingRoute")
        version, name, task_id = match.groups()
        if version != ("v2" if name == "text-to-3d" else "v1"):
            raise Refused(404, "NoMatchingRoute")
        is_balance = name == "balance" and task_id is None and request.method == "GET"
        if not is_balance and name not in RULES:
            raise Refused(404, "NoMatchingRoute")
        if self.api_key is not None and request.bearer != self.api_key:
            raise Refused(401, "Invalid API key" if request.bearer else "Missing API key")
        if is_balance:
            return json_answer(200, {"balance": self.credits})
        match request.method, task_id:
            case "POST", None:
                return await self._create(name, request)
            case "GET", None:
                return self._list(name, request)
            case "GET", str(wanted):
                return self._get(self._task(name, wanted), request)
            case "DELETE", str(wanted):
                return self._delete(self._task(name, wanted))
        raise Refused(404, "NoMatchingRoute")

    async def _create(self, kind: str, request: RecordedRequest) -> Answer:
        try:
            body = request.json()
        except ValueError as error:
            raise Refused(400, "The body is no JSON") from error
        if not isinstance(body, dict):
            raise Refused(400, "The body must be an object")
        judged = RULES[kind](await self._with_fetched(body), self.tasks)
        if kind == "rigging" and self.pose_fails:
            raise Refused(422, "Pose estimation failed")
        if judged.credits > self.credits:
            raise Refused(402, "Insufficient funds")
        waiting = [t for t in self.tasks.values() if t.kind in _GENERATIONS and not t.is_final]
        if self.max_queued is not None and kind in _GENERATIONS and len(waiting) >= self.max_queued:
            raise Refused(429, "NoMoreConcurrentTasks")
        task = self._make_task(kind, body, judged)
        return json_answer(202, {"result": task.id})

    def _make_task(self, kind: str, body: JsonObject, judged: Judgement) -> Task:
        self._number += 1
        scripts = self._scripts.get(kind)
        script = scripts.popleft() if scripts else TaskScript.done_at_poll(self.polls_until_done)
        if judged.fails_with is not None:
            script = TaskScript(script.steps, "FAILED", judged.fails_with)
        style = str(body.get("text_style_prompt") or body.get("texture_prompt") or "")
        red, green, blue = hashlib.sha256(style.encode()).digest()[:3]
        task = Task(
            id=f"0199fake-0000-7000-8000-{self._number:012d}",
            number=self._number,
            kind=kind,
            type=judged.type,
            body=body,
            script=script,
            credits=judged.credits,
            created_at_ms=self.now_ms(),
            face_count=judged.face_count,
            shape=judged.shape,
            textured=judged.textured,
            formats=judged.formats,
            has_pre_remeshed=judged.has_pre_remeshed,
        )
        if style:
            task.colour = (red, green, blue)
        self.tasks[task.id] = task
        self.created[kind] += 1
        self.credits -= judged.credits
        self.ignored += judged.ignored
        self.forgotten += judged.forgotten
        return task

    def _task(self, kind: str, task_id: str) -> Task:
        task = self.tasks.get(task_id)
        if task is None or task.kind != kind:
            raise Refused(404, "Task not found")
        return task

    def _get(self, task: Task, request: RecordedRequest) -> Answer:
        if task.poll(self.now_ms()):
            self._refund_when_failed(task)
        headers = {}
        if self.retry_after_s is not None and task.status not in FINAL:
            headers["retry-after"] = str(self.retry_after_s)
        return json_answer(200, self._write(task, request.base_url), headers)

    def _list(self, kind: str, request: RecordedRequest) -> Answer:
        if kind in self.refused_lists:
            raise Refused(self.refused_lists[kind], "NoMatchingRoute")
        page = _positive(request, "page_num", 1, None)
        size = min(_positive(request, "page_size", 10, 50), self.largest_page)
        order = request.query.get("sort_by", "-created_at")
        if order not in {"-created_at", "+created_at", " created_at"}:
            raise Refused(400, "sort_by must be +created_at or -created_at")
        found = sorted(self.of_kind(kind), key=lambda t: (t.created_at_ms, t.number))
        if order.startswith("-"):
            found.reverse()
        shown = found[(page - 1) * size : page * size]
        written = [self._write(task, request.base_url) for task in shown]
        return json_answer(200, {"result": written} if self.wraps_lists else written)

    def _delete(self, task: Task) -> Answer:
        if task.status == PENDING:
            self.credits += task.credits
        self.forget(task.id)
        return json_answer(200, {})

    def _write(self, task: Task, base_url: str) -> JsonObject:
        before = sum(
            1 for t in self.tasks.values() if t.number < task.number and t.status == PENDING
        )

        def url_of(name: str) -> str:
            signature = f"s{len(self._downloads_left) + 1:06d}"
            self._downloads_left[signature] = self.downloads_per_url
            expires_s = self.now_ms() // 1000 + 3600
            query = f"Expires={expires_s}&Signature={signature}&Key-Pair-Id=FAKE"
            return f"{base_url}/files/{task.id}/{name}?{query}"

        content = task.to_json(url_of, before)
        return content | {name: task.body[name] for name in self.echoes if name in task.body}

    def _serve_file(self, request: RecordedRequest) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            raise Refused(404, "NoMatchingRoute")
        signature = request.query.get("Signature", "")
        left = self._downloads_left.get(signature, 0)
        if left == 0:
            denied = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
            return Answer(403, denied, {"content-type": "application/xml"})
        _, _, task_id, name = request.path.split("/", 3)
        task = self.tasks.get(task_id)
        content = None if task is None else task.content_of(name)
        if content is None:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        if left is not None:
            self._downloads_left[signature] = left - 1
        mime_type = _MIME_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        return Answer(200, content, {"content-type": mime_type})

    def _refund_when_failed(self, task: Task) -> None:
        if task.status == "FAILED":
            self.credits += task.credits

    async def _with_fetched(self, body: JsonObject) -> JsonObject:
        """Put the pictures that the body names by URL into it, when this fake fetches them."""
        if not self.fetches_urls:
            return body
        fetched = dict(body)
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            for name in _PICTURE_FIELDS:
                url = body.get(name)
                if isinstance(url, str) and url.startswith(("http://", "https://")):
                    fetched[name] = await _fetch(client, name, url)
        return fetched


async def _fetch(client: httpx.AsyncClient, name: str, url: str) -> str:
    try:
        answer = await client.get(url)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise Refused(400, f"{name}: {url[:80]} cannot be downloaded") from error
    return data_uri(answer.content, answer.headers.get("content-type", "").split(";")[0])


def _positive(request: RecordedRequest, name: str, default: int, most: int | None) -> int:
    text: Any = request.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1 or (most is not None and int(text) > most):
        raise Refused(400, f"{name} is out of range")
    return int(text)
