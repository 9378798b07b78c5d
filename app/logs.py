"""What the log may hold: of a fault its type and its places in the code, never its own text, which may be what somebody typed."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

# The innermost places; a fault in a page goes through a hundred of the framework's.
_MOST_PLACES = 12

Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def trace_of(error: BaseException) -> str:
    """The fault and what led to it, outermost first, one line each: type, then the places it went through, innermost last.

    A database names the row it refused, a parser the text it could not read; so no fault may say more than its type.
    """
    return "\n".join(f"{_type_of(one)} at {_places_of(one)}" for one in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        waiting += [before] if before else []
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _type_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _places_of(error: BaseException) -> str:
    places = [
        f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return " > ".join(places[-_MOST_PLACES:]) or "no place"


class Discreet(logging.Formatter):
    """Level, logger and message; a fault by `trace_of`, whoever logged it."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's formatter may have left the whole text there
        return super().format(record)

    def formatException(self, ei: Fault) -> str:  # noqa: N802 — the name is the library's
        return trace_of(ei[1]) if ei[1] else ""


def set_up() -> None:
    """One handler for all loggers of the process, the server's and the libraries' too."""
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    threading.excepthook = _on_dead_thread


def _on_dead_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "?"
    fault = args.exc_value or args.exc_type()
    logging.getLogger("haoshangliang").critical("thread %s ended\n%s", name, trace_of(fault))
