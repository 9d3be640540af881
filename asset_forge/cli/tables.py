"""Plain tables on standard output: narrow enough for a terminal, whole in a pipe."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_OF_A_PIPE = 240


@dataclass(frozen=True)
class Column:
    """A column; one that `stays_whole` is not cut off on a narrow terminal."""

    name: str
    is_number: bool = False
    stays_whole: bool = False


def show(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts below the names of their columns."""
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        widest = max((len(row[place]) for row in rows), default=0)
        table.add_column(
            column.name,
            no_wrap=True,
            justify="right" if column.is_number else "left",
            min_width=widest if column.is_number or column.stays_whole else None,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE).print(table)
