"""Progress bars on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Callback that adds completed work to a progress bar."""


@contextmanager
def progress_bar(description: str, total: int | None, *, data: bool = False) -> Iterator[Advance]:
    """Show a progress bar during the block, if standard error is a terminal. Yield its `Advance`.

    `total` is a number of items, or of bytes with `data`, None if it is unknown.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    counter = DownloadColumn() if data else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), counter, TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(description, total=total)
        yield lambda amount: progress.update(task, advance=amount)
