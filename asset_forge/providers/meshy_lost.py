"""Finds the task of a create whose answer never came, in Meshy's own list of tasks.

Meshy takes no idempotency keys (its pages, November 2026), so the list is all there is to go by.
A wrong guess is dear both ways: a task that is missed is bought twice, and one that was somebody
else's puts the wrong model into an asset. So what cannot be decided is an error, never a guess.
"""

import email.utils
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

import httpx

from asset_forge.errors import BadProviderAnswer, ProviderError
from asset_forge.providers.base import Job, TaskKind, TaskState
from asset_forge.providers.http_answers import Answer
from asset_forge.providers.meshy_requests import echoed_fields, mark_of
from asset_forge.providers.meshy_tasks import PROVIDER, Task, created_ms, credits_of, state_of
from asset_forge.providers.rate_limit import Sleep

LIST_PAGE_SIZE = 50
LIST_PAGES = 4
LOOK_PAUSES = (1, 3)
"""Pauses between looks at a list before nothing in it is believed, in poll intervals."""

CLOCK_SKEW_MS = 5_000
"""How far Meshy's clock may be off after it was read from its answers."""
UNKNOWN_SKEW_MS = 60_000
"""The same when its answers carry no Date."""
RETENTION_MS = 72 * 3_600_000
"""Meshy keeps tasks for three days (docs.meshy.ai, 2026)."""

_REMEMBERED_TASKS = 10_000
_REMEMBERED_ORDERS = 500
_REFUNDED = (TaskState.FAILED, TaskState.CANCELLED)
# Only a name is made for one job alone; two pipelines may well ask for the same material.
_UNIQUE_FIELD = "name"

ReadPage = Callable[[TaskKind, int], Awaitable[tuple[list[Task], Answer]]]


class Likeness(IntEnum):
    """How much a listed task looks like the one that is sought, by the fields it repeats."""

    OTHER = 0  # it repeats another value
    SILENT = 1  # it repeats nothing, or a part
    SAME = 2  # it repeats what other requests may have said too
    OURS = 3  # it repeats what only this request said


@dataclass(frozen=True)
class Order:
    """A create that has left, or may have. Times are this machine's, ms since 1970."""

    job: Job
    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Sought:
    """What the lost task says if it is listed. Times are Meshy's, ms since 1970."""

    fields: Mapping[str, str]
    since_ms: float
    until_ms: float


@dataclass(frozen=True)
class Candidate:
    """A listed task that nobody is known to own; `is_free` means that it was refunded."""

    task_id: str
    likeness: Likeness
    in_time: bool
    is_free: bool


@dataclass(frozen=True)
class Verdict:
    """What one look at the list tells. `doubt` says why a person has to decide."""

    task_id: str | None = None
    is_sure: bool = False
    doubt: str = ""


class LostTasks:
    """Knows whose Meshy's tasks are, and finds those that were lost.

    `read_page` brings one page of a kind's list, newest first; `wall_ms` is this machine's clock.
    """

    def __init__(
        self, *, read_page: ReadPage, wall_ms: Callable[[], int], sleep: Sleep, pause_s: float
    ) -> None:
        self._read_page = read_page
        self._wall_ms = wall_ms
        self._sleep = sleep
        self._pause_s = pause_s
        self._models: OrderedDict[str, str | None] = OrderedDict()
        self._given: dict[str, Job] = {}
        self._orders: list[Order] = []

    def know(self, task_id: str, model: str | None = None) -> None:
        """Note that a task is somebody's, with the model that was asked for when it is known."""
        self._given.pop(task_id, None)
        self._models[task_id] = model or self._models.get(task_id)
        self._models.move_to_end(task_id)
        if len(self._models) > _REMEMBERED_TASKS:
            self._given.pop(self._models.popitem(last=False)[0], None)

    def give(self, task_id: str, job: Job, model: str | None = None) -> str:
        """Note that a task was given to a job, which may not have written that down yet.

        Until somebody asks for the task by its id, the same job can find it again.
        """
        self.know(task_id, model)
        self._given[task_id] = job
        return task_id

    def model_of(self, task_id: str) -> str | None:
        return self._models.get(task_id)

    @contextmanager
    def sending(self, job: Job, *, span_ms: int) -> Iterator[None]:
        """Mark a create as being on its way, `span_ms` at the most.

        While it is, and after it was lost, a task that says nothing may be its own.
        """
        order = Order(job, self._wall_ms(), self._wall_ms() + span_ms)
        self._orders = [*self._orders[-_REMEMBERED_ORDERS:], order]
        try:
            yield
        except ProviderError as error:
            if not error.may_have_charged:
                self._settle(order)
            raise
        self._settle(order)

    async def find(self, job: Job, *, sent_at_ms: int, span_ms: int) -> str | None:
        """Look for the task of a create that left within `span_ms` after `sent_at_ms`.

        None when surely nothing was made that is paid for. Raises ProviderError with
        `may_have_charged` when that cannot be decided.
        """
        order = Order(job, sent_at_ms, sent_at_ms + span_ms)
        self._orders = [*self._orders[-_REMEMBERED_ORDERS:], order]
        verdict = Verdict()
        for pause in (0, *LOOK_PAUSES):
            if pause:
                # A request that is being carried out has no task yet, and one that was lost
                # beside this one may come to be looked for as well.
                await self._sleep(self._pause_s * pause)
            verdict = await self._look(order)
            if verdict.is_sure:
                break
        if verdict.doubt:
            raise _not_identified(job.kind, verdict.doubt)
        self._orders = [other for other in self._orders if other.job != job]
        return None if verdict.task_id is None else self.give(verdict.task_id, job)

    async def _look(self, order: Order) -> Verdict:
        kind = order.job.kind
        try:
            listing = await self._read_back(kind, order)
        except ProviderError as error:
            if error.upstream_status in (404, 405):
                raise _not_identified(kind, f"it has no list of {kind} tasks") from None
            error.may_have_charged = True
            raise
        sought = listing.sought
        job = order.job
        known = {task_id for task_id in self._models if self._given.get(task_id) != job}
        found = candidates(listing.tasks, sought, known)
        verdict = judge(found, is_telling=is_telling(listing.tasks, sought.fields))
        if verdict.is_sure or verdict.doubt:
            return verdict
        if verdict.task_id and (others := self._rivals(order, found)):
            return Verdict(doubt=f"it could be that of one of {others + 1} lost requests")
        if not listing.is_complete:
            pages = f"{LIST_PAGES} pages of {LIST_PAGE_SIZE}"
            return Verdict(doubt=f"{pages} tasks do not reach back to when it was sent")
        if not verdict.task_id and listing.now_ms - sought.since_ms > RETENTION_MS:
            return Verdict(doubt="it keeps tasks for three days, and this was sent before")
        return verdict

    def _rivals(self, order: Order, found: Iterable[Candidate]) -> int:
        """Count the other creates that the only candidate could belong to just as well."""
        tells = max(candidate.likeness for candidate in found) >= Likeness.SAME
        wanted = echoed_fields(order.job)
        return sum(
            other.job != order.job
            and other.job.kind is order.job.kind
            and other.from_ms <= order.to_ms
            and order.from_ms <= other.to_ms
            and (not tells or echoed_fields(other.job) == wanted)
            for other in self._orders
        )

    async def _read_back(self, kind: TaskKind, order: Order) -> "_Listing":
        """Read the list back to the time of an order, or as far as it goes."""
        listing = _Listing(order, echoed_fields(order.job))
        for page in range(1, LIST_PAGES + 1):
            tasks, answer = await self._read_page(kind, page)
            if page == 1:
                listing.set_clock(answer, self._wall_ms())
            if listing.add(tasks):
                break
        return listing

    def _settle(self, order: Order) -> None:
        self._orders = [other for other in self._orders if other is not order]


@dataclass
class _Listing:
    """The tasks of a list as far as they were read, and Meshy's clock."""

    order: Order
    fields: Mapping[str, str]
    tasks: list[Task] = field(default_factory=list)
    is_complete: bool = False
    now_ms: float = 0.0
    sought: Sought = field(default_factory=lambda: Sought({}, 0, 0))

    def set_clock(self, answer: Answer, wall_ms: int) -> None:
        meshys_ms = date_ms(answer.headers)
        offset_ms = 0.0 if meshys_ms is None else meshys_ms - wall_ms
        skew_ms = UNKNOWN_SKEW_MS if meshys_ms is None else CLOCK_SKEW_MS
        self.now_ms = wall_ms + offset_ms
        self.sought = Sought(
            self.fields,
            self.order.from_ms + offset_ms - skew_ms,
            self.order.to_ms + offset_ms + skew_ms,
        )

    def add(self, tasks: Sequence[Task]) -> bool:
        """Take in a page. True when no older page is needed.

        A short page is no sign of the end: the server may give fewer than it was asked for.
        """
        seen = {task["id"] for task in self.tasks}
        self.tasks += [task for task in tasks if task["id"] not in seen]
        times = [created_ms(task) or 0.0 for task in tasks]
        is_newest_first = times == sorted(times, reverse=True)
        self.is_complete = not tasks or (is_newest_first and 0.0 < times[-1] < self.sought.since_ms)
        return self.is_complete


def candidates(tasks: Iterable[Task], sought: Sought, known: Container[str]) -> list[Candidate]:
    """Return the listed tasks that the sought one could be.

    A task that does not say when it was made may have been made at any time. One that says what
    only this request said is a candidate at any time: clocks are set right now and then.
    """
    found = []
    for task in tasks:
        likeness = likeness_of(task, sought.fields)
        made_ms = created_ms(task)
        in_time = made_ms is None or sought.since_ms <= made_ms <= sought.until_ms
        if task["id"] in known or likeness is Likeness.OTHER:
            continue
        if in_time or likeness is Likeness.OURS:
            is_free = state_of(task) in _REFUNDED and credits_of(task) == 0
            found.append(Candidate(task["id"], likeness, in_time, is_free))
    return found


def judge(found: Iterable[Candidate], *, is_telling: bool) -> Verdict:
    """Say which candidate it is, if that can be said.

    `is_telling` means that some listed task repeats a field that the request had, so that Meshy
    repeats it at least sometimes, and a silent task is hardly the sought one.
    """
    found = list(found)
    ours = [one for one in found if one.likeness is Likeness.OURS]
    if ours:
        paid = [one for one in ours if not one.is_free]
        paid = [one for one in paid if one.in_time] or paid
        if len(paid) > 1:
            return Verdict(doubt=_several(paid))
        return Verdict(paid[0].task_id if paid else None, is_sure=True)
    same = [one for one in found if one.likeness is Likeness.SAME]
    possible = same or found
    if all(one.is_free for one in possible):
        return Verdict()
    if len(possible) > 1 or (is_telling and not same):
        return Verdict(doubt=_several(possible))
    return Verdict(possible[0].task_id)


def is_telling(tasks: Iterable[Task], fields: Iterable[str]) -> bool:
    """Say whether any listed task repeats one of these fields."""
    return any(isinstance(task.get(name), str) and task[name] for task in tasks for name in fields)


def likeness_of(task: Task, fields: Mapping[str, str]) -> Likeness:
    """Compare what a task repeats with what a request said."""
    likeness = Likeness.SILENT
    for name, sent in fields.items():
        is_unique = name == _UNIQUE_FIELD
        agrees = _agrees(task.get(name), mark_of(sent) if is_unique else sent, part=is_unique)
        if agrees is False:
            return Likeness.OTHER
        if agrees:
            likeness = Likeness.OURS if is_unique else Likeness.SAME
    return likeness


def date_ms(headers: httpx.Headers) -> float | None:
    """Return the time of an answer by its Date header, ms since 1970; None without one."""
    for value in headers.get_list("date"):
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except ValueError:
            continue
        # Half a second is the mean of what a Date cuts off.
        return moment.timestamp() * 1000 + 500
    return None


def _agrees(said: object, sent: str, *, part: bool) -> bool | None:
    """Return True for the same text, False for another, None for none or one that was cut short.

    With `part` it is enough that `sent` stands somewhere in what is said.
    """
    if not isinstance(said, str) or not said.strip():
        return None
    here, there = (" ".join(text.split()).casefold() for text in (said, sent))
    if here == there or (part and there in here):
        return True
    return None if there.startswith(here) or here.startswith(there) else False


def _several(found: Sequence[Candidate]) -> str:
    ids = ", ".join(one.task_id[:60] for one in found[:3])
    if len(found) == 1:
        return f"{ids} may be it or somebody else's"
    return f"{len(found)} tasks could be it ({ids}{', …' if len(found) > 3 else ''})"


def _not_identified(kind: TaskKind, why: str) -> ProviderError:
    return ProviderError(
        f"Meshy's answer to a paid request was lost, and its list of {kind} tasks does not say "
        f"whether there is a task: {why}. Look at Meshy's list of tasks, then retry",
        provider=PROVIDER,
        may_have_charged=True,
        code="task_not_identified",
    )


def tasks_in(listing: object) -> list[Task]:
    """Return the tasks of a list answer: a bare array, or an array under `result`.

    Raises BadProviderAnswer for anything else: an unreadable list is not an empty one.
    """
    found = listing.get("result") if isinstance(listing, dict) else listing
    if not isinstance(found, list) or not all(
        isinstance(task, dict) and isinstance(task.get("id"), str) for task in found
    ):
        raise BadProviderAnswer("Meshy's list of tasks cannot be read", provider=PROVIDER)
    return found
