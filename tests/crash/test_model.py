"""Every order of things that clients and kills can do to the journal, by hypothesis.

No process dies here: the services are left where they stand between any two steps of their loop,
and new ones open on the same folder. What is checked is what is checked after real kills.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from asset_forge.domain.ids import AssetId
from asset_forge.errors import Conflict, NotFound, Unavailable
from asset_forge.pipeline.upkeep import Upkeep
from asset_forge.schemas.retexture import RetextureBody
from asset_forge.services.idempotency import Idempotency, RequestKey
from tests.crash.books import Books, read_books
from tests.crash.harness import IN_MEMORY, tell
from tests.crash.invariants import (
    Seen,
    check_files,
    check_ledger,
    check_left_overs,
    check_library,
    check_payments,
    check_states,
)
from tests.crash.remote import RemoteMaker
from tests.crash.stepping import SteppingLoop
from tests.crash.stories import guard
from tests.support.service import preset
from tests.unit.services.workshop import Artist, Workshop, Writer, config

SPRITES = {"enableSprites": True, "spriteConfig": {"angles": 2, "resolution": 16}}


FIGURES: Counter[str] = Counter()
STEPS = st.integers(0, 80)
CHOICE = st.integers(0, 99)


class Service(RuleBasedStateMachine):
    """The services over one folder, with clients that send something now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="forge-", dir=IN_MEMORY))
        self.root = self.folder / "gdd-assets"
        self.root.mkdir()
        self.writer, self.artist, self.maker = Writer(), Artist(), RemoteMaker()
        self.seen = Seen()
        self.sent: dict[str, Any] = {}
        """Requests by their keys, to be sent again."""
        self.number = 0
        self.clients: set[asyncio.Task[None]] = set()
        self.faults: list[Exception] = []
        """What no client should ever meet."""
        self.open()

    def open(self) -> None:
        """Start the services, as `wiring` does."""
        self.loop = SteppingLoop()
        self.maker.known = set()
        maker: Any = self.maker
        self.shop = Workshop(
            self.root, writer=self.writer, artist=self.artist, meshy=maker, max_active=3
        )
        self.idempotency = Idempotency(journal=self.shop.journal, registry=self.shop.registry)
        self.loop.complete(self._go_on())

    async def _go_on(self) -> None:
        shop = self.shop
        shop.store.clean_up()
        await shop.ledger.open()
        await shop.pipelines.resume()
        workspaces = self.root / ".forge" / "work"
        upkeep = Upkeep(
            registry=shop.registry, journal=shop.journal, workspaces=workspaces, keep_days=30
        )
        await upkeep.tidy()

    def leave(self) -> None:
        """Be killed: nothing that waits goes on, and what was not written is gone."""
        FIGURES["kills"] += 1
        self.clients.clear()
        self.loop.abandon()
        connection = self.shop.database._connection
        if connection is not None:
            connection.close()

    def client(self, request: Coroutine[Any, Any, Any]) -> None:
        """Let a client send a request; it does not wait for the answer."""

        async def send() -> None:
            try:
                await request
            except (Conflict, NotFound, Unavailable) as error:
                FIGURES[f"refused: {error.error_code}"] += 1
            except Exception as error:  # noqa: BLE001 - told where it is seen
                self.faults.append(error)

        self.clients.add(task := self.loop.create_task(send()))
        task.add_done_callback(self.clients.discard)

    def start(self, key: str, steps: int) -> None:
        """Send a request, for the first time or again, and let some of it be done."""
        request = self.sent[key]
        self.client(self.idempotency.once(RequestKey(key, key), lambda: request(key)))
        self.loop.step(steps)

    def new_key(self) -> str:
        self.number += 1
        return f"key-{self.number}"

    def known(self, *statuses: str) -> list[str]:
        """Return the pipelines that a client could have heard of: those that are listed.

        Those in these states, where there are some.
        """
        listed = read_books(self.root).pipelines
        wanted = [row["id"] for row in listed if row["status"] in statuses]
        return wanted or [row["id"] for row in listed]

    # --- what clients do ---

    @initialize()
    def make_something(self) -> None:
        self.generate(1, sprites=False, is_guard=False, steps=0)
        self.finish()

    @rule(variants=st.integers(0, 2), sprites=st.booleans(), is_guard=st.booleans(), steps=STEPS)
    def generate(self, variants: int, sprites: bool, is_guard: bool, steps: int) -> None:
        key = self.new_key()
        fields: dict[str, Any] = {
            "materialPresets": [preset(f"m{self.number}{letter}") for letter in "ab"[:variants]],
            **(SPRITES if sprites else {}),
        }
        name = f"Thing {self.number}"
        if is_guard:
            wanted = config(**guard(name, **fields))
        else:
            wanted = config(name=name, description=name, **fields)
        self.sent[key] = lambda key: self.shop.generation.start(wanted, key=RequestKey(key, key))
        self.start(key, steps)

    @rule(choice=CHOICE, steps=STEPS)
    def generate_again(self, choice: int, steps: int) -> None:
        if assets := self.bases():
            key, base_id = self.new_key(), AssetId(assets[choice % len(assets)])
            self.sent[key] = lambda key: self.shop.generation.regenerate(
                base_id, key=RequestKey(key, key)
            )
            self.start(key, steps)

    @rule(choice=CHOICE, steps=STEPS)
    def retexture(self, choice: int, steps: int) -> None:
        if assets := self.bases():
            key, base_id = self.new_key(), assets[choice % len(assets)]
            body = {"baseAssetId": base_id, "materialPreset": preset(f"p{self.number}")}
            wanted = RetextureBody.model_validate(body).to_request()
            self.sent[key] = lambda key: self.shop.retexture.start(wanted, key=RequestKey(key, key))
            self.start(key, steps)

    @precondition(lambda self: self.sent)
    @rule(choice=CHOICE, steps=STEPS)
    def send_again(self, choice: int, steps: int) -> None:
        keys = sorted(self.sent)
        self.start(keys[choice % len(keys)], steps)

    @rule(choice=CHOICE, steps=STEPS)
    def cancel(self, choice: int, steps: int) -> None:
        if known := self.known("initializing", "processing"):
            self.client(self.shop.pipelines.cancel(known[choice % len(known)]))
            self.loop.step(steps)

    @rule(choice=CHOICE, steps=STEPS)
    def retry(self, choice: int, steps: int) -> None:
        if known := self.known("failed", "cancelled"):
            key, pipeline_id = self.new_key(), known[choice % len(known)]
            self.sent[key] = lambda key: self.shop.pipelines.retry(
                pipeline_id, key=RequestKey(key, key)
            )
            self.start(key, steps)

    # --- what the maker does ---

    @rule()
    def let_the_next_task_fail(self) -> None:
        self.maker.failures = 1

    @rule()
    def hold_all_tasks(self) -> None:
        self.maker.holds = not self.maker.holds

    # --- time, and the end of it ---

    @rule(steps=STEPS)
    def advance(self, steps: int) -> None:
        self.loop.step(steps)

    @rule()
    def finish(self) -> None:
        self.maker.holds = False
        self.loop.until(lambda: not (self.clients or list(self.shop.registry.active())))

    @rule(steps=STEPS)
    def crash(self, steps: int) -> None:
        self.loop.step(steps)
        self.leave()
        self.open()

    @rule()
    def restart(self) -> None:
        self.loop.complete(self.shop.close())
        self.leave()
        self.open()

    # --- what must be true ---

    @invariant()
    def last_states_stay(self) -> None:
        for record in self.shop.registry._records.values():
            self.seen.note(record.to_json())
        assert self.faults == []

    def bases(self) -> list[str]:
        """Return the assets that are no variants, by their names."""
        return sorted(path.name for path in self.root.glob("thing-*") if path.name.count("-") == 1)

    def count(self, books: Books) -> None:
        FIGURES["pipelines"] += len(books.pipelines)
        FIGURES["retries"] += sum(row["retry_of"] is not None for row in books.pipelines)
        FIGURES.update(row["status"] for row in books.pipelines)
        FIGURES["paid submits"] += self.maker.created.total()

    def teardown(self) -> None:
        self.finish()
        self.restart()
        self.finish()
        self.loop.complete(self.shop.close())
        self.leave()
        books = read_books(self.root)
        self.count(books)
        paid: Any = self.maker
        openai: Any = SimpleNamespace(
            billed_chats=self.writer.calls, billed_images=len(self.artist.prompts)
        )
        assert books.unfinished == []
        check_states(books, self.seen)
        check_library(self.root)
        check_files(self.root, books, self.seen)
        check_left_overs(self.root, books)
        check_payments(books, openai, paid)
        check_ledger(books, paid)
        keys = [row["key"] for row in books.keys]
        assert len(keys) == len(set(keys))
        shutil.rmtree(self.folder)


def run(examples: int) -> None:
    FIGURES.clear()
    run_state_machine_as_test(
        Service,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    figures = ", ".join(f"{name} {count}" for name, count in sorted(FIGURES.items()))
    tell(f"{examples} lives of the services: {figures}")


def test_services_left_anywhere_lose_nothing_and_pay_once() -> None:
    run(15)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_services_left_anywhere_two_hundred_times_lose_nothing() -> None:
    run(200)
