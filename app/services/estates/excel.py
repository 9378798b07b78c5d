"""The cells of an inspected xlsx, read row by row in a child process with a limit on memory and time.

The look through beforehand stops bombs; what is left for the child is XML that is small on disk, passes every
limit and still makes a parser build millions of objects. That cannot be told from outside, only bounded.
"""

from __future__ import annotations

import io
import multiprocessing
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from openpyxl import load_workbook

from app.errors import N_, Invalid, Refusal, TooLarge
from app.rules.estates.register import MAX_COLUMNS
from app.rules.estates.rows import GridRow
from app.services.estates.packages import BOMB, BROKEN, FAR_CELLS, LAST_ROW, MIB, Merge, Package

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has no such limits; the look through beforehand still holds
    resource = None

MAX_SHEETS = 50
MAX_TEXT = 2_000
MEMORY = 1024 * MIB
CPU_SECONDS = 60
WAIT_SECONDS = 90
_BATCH = 200
_EXPAT_NO_MEMORY = 1

TOO_MANY_SHEETS = N_("工作表超过 %(limit)d 个，请分成几个文件上传")

Progress = Callable[[int, int], None]
_Message = tuple[str, Any]


def read_excel(data: bytes, package: Package, progress: Progress | None) -> Iterator[GridRow]:
    """Rows in sheet order, blank ones left out; raises `Invalid` or `TooLarge` when the child gives up."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(data, package.merges, MEMORY, sender), daemon=True)
    child.start()
    sender.close()
    done = 0
    try:
        while message := _receive(receiver):
            kind, content = message
            if kind == "refused":
                raise content
            yield from content
            done = min(done + len(content), package.rows)
            if progress:
                progress(done, package.rows)
    finally:
        child.kill()
        child.join()
        child.close()
        receiver.close()
    if progress:
        progress(package.rows, package.rows)


def _receive(receiver: Connection) -> _Message | None:
    """The next message, None at the regular end; a child that died or fell silent met its limits."""
    try:
        if not receiver.poll(WAIT_SECONDS):
            raise TooLarge(BOMB, field="file")
        message: _Message = receiver.recv()
    except EOFError as error:
        raise TooLarge(BOMB, field="file") from error
    return None if message[0] == "end" else message


def _work(data: bytes, merges: dict[str, list[Merge]], memory: int, sender: Connection) -> None:
    """The child: limits first, then the library."""
    _limit(memory)
    warnings.simplefilter("ignore")
    try:
        batch: list[GridRow] = []
        for row in _rows(data, merges):
            batch.append(row)
            if len(batch) == _BATCH:
                sender.send(("rows", batch))
                batch = []
        sender.send(("rows", batch))
        sender.send(("end", None))
    except Refusal as refusal:
        sender.send(("refused", refusal))
    except MemoryError:
        sender.send(("refused", TooLarge(BOMB, field="file")))
    except Exception as error:  # the library raises whatever a broken file makes it raise
        out_of_memory = getattr(error, "code", None) == _EXPAT_NO_MEMORY
        sender.send(
            ("refused", TooLarge(BOMB, field="file") if out_of_memory else Invalid(BROKEN, field="file"))
        )


def _limit(memory: int) -> None:
    if resource is None:
        return
    for what, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, CPU_SECONDS)):
        try:
            resource.setrlimit(what, (limit, limit))
        except (ValueError, OSError):  # macOS refuses some; a stricter limit may stand already
            continue


def _rows(data: bytes, merges: dict[str, list[Merge]]) -> Iterator[GridRow]:
    with closing(load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)) as book:
        if len(book.worksheets) > MAX_SHEETS:
            raise TooLarge(TOO_MANY_SHEETS, field="file", limit=MAX_SHEETS)
        for sheet in book.worksheets:
            # Read-only sheets do not tell their merged cells; the part's name finds those seen beforehand.
            part = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
            yield from _sheet_rows(sheet, merges.get(part, []))


def _sheet_rows(sheet: Any, merges: list[Merge]) -> Iterator[GridRow]:
    starting: defaultdict[int, list[Merge]] = defaultdict(list)
    for merge in merges:
        if merge.column <= MAX_COLUMNS:
            starting[merge.top].append(merge)
    # By column, so overlapping ranges cannot pile up.
    running: dict[int, tuple[int, str]] = {}
    # The recorded dimensions may be a lie in either direction; the limits are ours.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_row=LAST_ROW + 1, max_col=MAX_COLUMNS), start=1):
        if number > LAST_ROW:
            raise TooLarge(FAR_CELLS, field="file", limit=LAST_ROW)
        texts = [_text(cell.value, cell.data_type) for cell in cells]
        covered = set()
        for column, (bottom, text) in list(running.items()):
            if number > bottom:
                del running[column]
            else:
                texts[column - 1] = text
                covered.add(column - 1)
        for merge in starting.pop(number, ()):
            running[merge.column] = (merge.bottom, texts[merge.column - 1])
        if any(texts):
            yield GridRow(sheet.title, number, tuple(texts), frozenset(covered))


def _text(value: object, data_type: str) -> str:
    if value is None:
        return ""
    if data_type == "f":
        return f"={value}" if not str(value).startswith("=") else str(value)[:MAX_TEXT]
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, float):
        # Spreadsheets keep 15 digits; 78.40000000000001 is the noise of a sum.
        return f"{value:.15g}"
    if isinstance(value, datetime | date | time | timedelta):
        return str(value)
    return str(value)[:MAX_TEXT]
