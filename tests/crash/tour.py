"""One kill from beginning to end: a library, a story, a death, a new start, every invariant."""

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path

from asset_forge.crash_points import CrashPoint
from tests.crash.harness import KILLED, Crash, Forge, Nursery, forge
from tests.crash.invariants import CREDITS, Payments, Seen, check_all
from tests.crash.stories import STORIES, Client, Gone, Story, prepare
from tests.fakes.meshy import FakeMeshy
from tests.fakes.openai import FakeOpenAI


@dataclass(frozen=True)
class Library:
    """An asset folder to copy, and makers that know its tasks."""

    folder: Path
    openai: FakeOpenAI
    meshy: FakeMeshy
    ended: dict[str, str]


def make_library(folder: Path, nursery: Nursery) -> Library:
    """Make the assets that stories find there."""
    meshy = FakeMeshy(polls_until_done=2, credits=CREDITS)
    with forge(folder, nursery, meshy=meshy) as kept:
        kept.start()
        client = Client(kept, Seen())
        prepare(client)
        assert kept.running.stop() == 0
        check_all(kept, client.seen)
        return Library(folder, kept.openai, kept.meshy, client.seen.ended)


def run_story(
    name: str,
    folder: Path,
    library: Library,
    nursery: Nursery,
    crash: Crash | None,
    *,
    crash_again: Crash | None = None,
) -> dict[str, int]:
    """Tell a story with a crash; return how often it came to each point after that, or without.

    `crash_again` is for the service that has just been started after the first kill; that one
    need not come there.
    """
    shutil.copytree(library.folder, folder, dirs_exist_ok=True)
    openai, meshy = copy.deepcopy((library.openai, library.meshy))
    with forge(folder, nursery, openai=openai, meshy=meshy) as kept:
        client = Client(kept, Seen(dict(library.ended)))
        story = STORIES[name]
        kept.start(crash, armed=False)
        story.before(client)
        kept.arm()
        try:
            story.tell(client)
        except Gone:
            assert kept.running.wait() == KILLED, kept.running.said()
        else:
            assert crash is None or kept.running.wait(10) == KILLED, f"it never came to {crash}"
        if crash_again is not None:
            kept.start(crash_again)
            _see_it_end(client)
        end_well(client, story)
        return kept.running.visits


def _see_it_end(client: Client) -> None:
    """Wait for all to end, or for another death."""
    try:
        client.finish_all()
    except Gone:
        assert client.forge.running.wait() == KILLED
    else:
        client.forge.running.kill()


def end_well(client: Client, story: Story) -> Payments:
    """Start the service once more, wait for everything, and check all there is to check."""
    kept = client.forge
    if not kept.running.is_alive:
        kept.start()
    release(kept)
    client.finish_all()
    story.check(client)
    client.finish_all()
    assert kept.running.stop() == 0, kept.running.said()
    return check_all(kept, client.seen)


def release(kept: Forge) -> None:
    """Let the makers end whatever is stuck."""
    for task in list(kept.meshy.tasks.values()):
        if not task.is_final:
            kept.meshy.finish(task.id)


def every_kill(visits: dict[str, int]) -> list[Crash]:
    """Return each visit of each point that a story comes to."""
    return [
        (CrashPoint(point), visit)
        for point, count in visits.items()
        for visit in range(1, count + 1)
    ]
