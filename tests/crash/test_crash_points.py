"""A service is killed at each named point, in the stories that come there, and starts again."""

from pathlib import Path

import pytest

from asset_forge.crash_points import CrashPoint
from tests.crash.harness import Nursery, tell
from tests.crash.stories import STORIES
from tests.crash.tour import Library, every_kill, run_story

# Where each point is come to: stories, and at which visit the service dies. `make soak` goes
# through every visit of every story.
PLACES: dict[CrashPoint, dict[str, tuple[int, ...]]] = {
    CrashPoint.FILE_WRITTEN: {"sword": (1, 2), "copy": (1,), "edit": (1,), "rename": (1,)},
    CrashPoint.FILE_RENAMED: {"sword": (1, 2), "copy": (1,), "upload": (1,)},
    CrashPoint.CHANGE_STAGED: {"again": (1,), "rename": (1,)},
    CrashPoint.CHANGE_RECORDED: {"again": (1,), "delete": (1,)},
    CrashPoint.FILE_SWAPPED: {"again": (1, 4), "guard": (2,), "upload": (2,), "rename": (2,)},
    CrashPoint.MOVED: {"rename": (1,), "rename variant": (1,), "delete": (1, 2)},
    CrashPoint.CHANGE_MADE: {"again": (1,), "rename": (1,), "delete": (1,)},
    CrashPoint.CHANGE_COMMITTED: {"again": (1,), "upload": (1,), "delete variant": (1,)},
    CrashPoint.ASSET_BUILT: {"sword": (1,), "retexture": (1,)},
    CrashPoint.ASSET_PUBLISHED: {"sword": (1, 2), "retexture": (1,)},
    CrashPoint.INTENT_RECORDED: {"guard": (1, 2, 3, 4, 5)},
    CrashPoint.CALL_ANSWERED: {"guard": (1, 2, 3, 4, 5), "retry": (1,)},
    CrashPoint.CALL_RECORDED: {"guard": (1, 2, 3, 4, 5)},
    CrashPoint.PIPELINE_RECORDED: {"copy": (1,), "retexture": (1,), "retry": (1,)},
    CrashPoint.STAGE_STARTED: {"guard": (1, 4)},
    CrashPoint.STAGE_RETURNED: {"guard": (2, 3, 5)},
    CrashPoint.STAGE_RECORDED: {"guard": (3, 6)},
    CrashPoint.PIPELINE_RETURNED: {"sword": (1,), "cancel": (1,)},
    CrashPoint.PIPELINE_ENDED: {"sword": (1,), "cancel": (1,), "retry": (1,)},
}


@pytest.mark.parametrize("point", CrashPoint)
def test_crash_point_has_a_story_that_comes_there(point: CrashPoint) -> None:
    assert PLACES.get(point), f"nobody is killed at {point}: add a story to PLACES"


@pytest.mark.parametrize(
    ("point", "story", "visit"),
    [
        (point, story, visit)
        for point, places in PLACES.items()
        for story, visits in places.items()
        for visit in visits
    ],
)
def test_service_killed_there_goes_on_and_loses_nothing(
    point: CrashPoint, story: str, visit: int, tmp_path: Path, library: Library, nursery: Nursery
) -> None:
    run_story(story, tmp_path, library, nursery, (point, visit))


@pytest.mark.parametrize(
    ("story", "point", "point_after"),
    [
        ("guard", CrashPoint.CALL_ANSWERED, CrashPoint.CALL_ANSWERED),
        ("again", CrashPoint.FILE_SWAPPED, CrashPoint.CHANGE_RECORDED),
        ("sword", CrashPoint.ASSET_PUBLISHED, CrashPoint.STAGE_RETURNED),
    ],
)
def test_service_killed_again_while_it_goes_on_loses_nothing(
    story: str,
    point: CrashPoint,
    point_after: CrashPoint,
    tmp_path: Path,
    library: Library,
    nursery: Nursery,
) -> None:
    again = (point_after, 1)
    run_story(story, tmp_path, library, nursery, (point, 1), crash_again=again)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("story", STORIES)
def test_story_killed_at_each_visit_of_each_point_loses_nothing(
    story: str, tmp_path: Path, library: Library, nursery: Nursery
) -> None:
    kills = every_kill(run_story(story, tmp_path / "whole", library, nursery, None))
    for number, crash in enumerate(kills):
        folder = tmp_path / str(number)
        # Every other service is killed once more, at the first such point that it comes to.
        again = (crash[0], 1) if number % 2 else None
        run_story(story, folder, library, nursery, crash, crash_again=again)
    tell(f"{story}: killed at {len(kills)} places, nothing lost, nothing paid twice")
