"""Group commit: what many requests wait to have written goes into one transaction, and each is answered after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
import anyio.to_thread
from sqlmodel import Session

from app.database import Database

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 100


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    result: Result | None = None
    fault: Exception | None = None
    done: bool = False


class GroupCommit(Generic[Item, Result]):
    """One writer for one kind of deed in this process.

    `deed` does all items in one session and returns a result for each, in their order; an item that it refuses must
    leave nothing behind and be told by its result. The first request that gets the turn writes for all that wait, so
    the disk is waited for once for many, and nothing waits for a timer.
    """

    def __init__(
        self, database: Database, deed: Callable[[Session, Sequence[Item]], Sequence[Result]]
    ) -> None:
        self.database, self.deed = database, deed
        self._waiting: list[_Waiting[Item, Result]] = []
        self._turn = anyio.Lock()
        # A thread of its own: those of the pages may all be waiting for a lock that this commit lets go.
        self._thread = anyio.CapacityLimiter(1)

    async def submit(self, item: Item) -> Result:
        """The item's result, once it is durable. Raises what the deed raised for this item alone."""
        mine: _Waiting[Item, Result] = _Waiting(item)
        self._waiting.append(mine)
        try:
            async with self._turn:
                while not mine.done:
                    async with self.database.gate(writing=True):
                        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                        await anyio.to_thread.run_sync(self._write, batch, limiter=self._thread)
        finally:
            if mine in self._waiting:  # the request was given up before its turn
                self._waiting.remove(mine)
        if mine.fault is not None:
            raise mine.fault
        assert mine.result is not None
        return mine.result

    def _write(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            self._commit(batch)
        except Exception as fault:
            if len(batch) == 1:
                batch[0].fault, batch[0].done = fault, True
                return
            # One of them is at fault and has undone all: each again in a transaction of its own.
            for waiting in batch:
                self._write([waiting])

    def _commit(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        with self.database.transaction() as session:
            results = self.deed(session, [waiting.item for waiting in batch])
        for waiting, result in zip(batch, results, strict=True):
            waiting.result, waiting.done = result, True
