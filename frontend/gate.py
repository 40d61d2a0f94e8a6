"""How many may be answered at once: a few, some more wait their turn, and the rest are told so at once."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from assistant.errors import CasebookError

RUNNING = 2
WAITING = 32
BUSY = "Many people are asking just now. Your question is not lost: ask it again in a few seconds."
Result = TypeVar("Result")


class Busy(CasebookError):
    """More are waiting than may wait."""


class Gate:
    """Runs work in threads, a few pieces at a time; to be used from one event loop."""

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._places = running + waiting
        self._turns = asyncio.Semaphore(running)
        self._inside = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what the work returns, after waiting for a turn. Raises Busy where too many wait."""
        if self._inside >= self._places:
            raise Busy(BUSY)
        self._inside += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._inside -= 1
