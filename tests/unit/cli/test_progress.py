"""How stages are shown: a moving bar for what runs, one whole line each in a pipe."""

import io
from typing import Any

from rich.console import Console
from rich.progress import Progress

from asset_forge.cli.progress import StageBar, shown_progress


def status(**stages: dict[str, Any]) -> dict[str, Any]:
    return {"stages": stages}


def test_bar_moves_only_while_its_stage_runs_without_a_figure() -> None:
    bar = StageBar()
    with Progress(bar, console=Console(file=io.StringIO())) as progress:
        waiting = progress.add_task("Model", total=100, start=False)
        running = progress.add_task("Concept art", total=100)
        halfway = progress.add_task("Variants", total=100, completed=50)
        done = progress.add_task("Prompt", total=100, completed=100)
        moves = {task.id: bar.render(task).pulse for task in progress.tasks}
    assert moves == {waiting: False, running: True, halfway: False, done: False}


def test_line_in_a_pipe_is_not_broken() -> None:
    out = io.StringIO()
    reason = "a reason that is told in many words " * 5
    with shown_progress(Console(file=out, width=80)) as tell:
        tell(status(image3D={"status": "processing", "progress": 3}))
        tell(status(image3D={"status": "failed", "progress": 3, "error": reason.strip()}))
    [line] = out.getvalue().splitlines()
    assert line.startswith("Model")
    assert line.endswith(reason.strip())
