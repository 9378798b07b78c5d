"""A stop of the walk through every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Stop:
    """A page: who looks, its address (names in braces are ids), and what to press to get there from it."""

    name: str
    who: str
    path: str
    act: Callable[[Page], None] | None = None
    status: int = 200
