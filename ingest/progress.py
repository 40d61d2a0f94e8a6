"""How far an ingest is, on stderr: a bar with an estimate on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.pipeline import Progress

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def showing_progress() -> Iterator[Progress]:
    """Give what an ingest calls with bytes done, bytes in all, and the document at hand."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("[progress.description]{task.description:<40.40}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left", style="dim"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking for documents", total=None)
        yield lambda done, total, name: bar.update(task, completed=done, total=total or None, description=name)


def _lines() -> Progress:
    begun = time.monotonic()
    last = begun

    def show(done: int, total: int, name: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_LINES:
            return
        last = now
        left = f", about {(now - begun) * (total - done) / done:.0f} s left" if 0 < done < total else ""
        share = f"{100 * done // total} %" if total else "…"
        sys.stderr.write(f"ingest: {share} {name}{left}\n")

    return show
