"""How a pipeline's stages are shown: a bar each on a terminal, a line each elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar

LABELS = {
    "textInput": "Words",
    "promptOptimization": "Prompt",
    "imageGeneration": "Concept art",
    "image3D": "Model",
    "textureGeneration": "Variants",
    "rigging": "Rig",
    "spriteGeneration": "Sprites",
}
_HIDDEN = frozenset({"textInput"})
_DONE = frozenset({"completed", "failed", "skipped"})
_MARKS = {"completed": "[green]done[/]", "failed": "[red]failed[/]", "skipped": "[dim]skipped[/]"}

Tell = Callable[[dict[str, Any]], None]


class StageBar(BarColumn):
    """A bar that moves while its stage runs and has not said yet how far it is.

    Rich's own moves as long as a task has not begun.
    """

    def render(self, task: Task) -> ProgressBar:
        bar = super().render(task)
        bar.pulse = task.started and not task.finished and not task.completed
        return bar


@contextmanager
def shown_progress(console: Console) -> Iterator[Tell]:
    """Yield a function that shows a pipeline's status each time it is called with one."""
    if console.is_terminal:
        with _bars(console) as tell:
            yield tell
    else:
        yield _lines(console)


@contextmanager
def _bars(console: Console) -> Iterator[Tell]:
    columns = (
        TextColumn("{task.description:<12}"),
        StageBar(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[mark]}"),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as progress:

        def tell(status: dict[str, Any]) -> None:
            for name, stage in status["stages"].items():
                if name in _HIDDEN:
                    continue
                if name not in tasks:
                    tasks[name] = progress.add_task(
                        LABELS.get(name, name), total=100, start=False, mark=""
                    )
                if stage["status"] != "pending":
                    progress.start_task(tasks[name])
                mark = _MARKS.get(stage["status"], "")
                progress.update(tasks[name], completed=stage["progress"], mark=mark)
                if stage["status"] in _DONE:
                    progress.stop_task(tasks[name])

        yield tell


def _lines(console: Console) -> Tell:
    seen: set[str] = set()
    last_at = time.monotonic()

    def tell(status: dict[str, Any]) -> None:
        nonlocal last_at
        for name, stage in status["stages"].items():
            if name in _HIDDEN or name in seen or stage["status"] not in _DONE:
                continue
            seen.add(name)
            now = time.monotonic()
            took = "" if stage["status"] == "skipped" else f"{now - last_at:5.1f} s"
            last_at = now
            error = f"  {stage['error']}" if stage.get("error") else ""
            line = f"{LABELS.get(name, name):<12} {stage['status']:<10} {took}{error}".rstrip()
            console.print(line, highlight=False, markup=False, soft_wrap=True)

    return tell
