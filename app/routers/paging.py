"""The links under a page of a list: to what is older, to what is newer, and to the first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.rules.paging import Leaf


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses, "" for none."""

    older: str = ""
    newer: str = ""
    first: str = ""


def links_of(address: str, leaf: Leaf[Any], **kept: str) -> Links:
    """The links of a page; `kept` are the parameters that narrow the list, and stay."""
    held = {name: value for name, value in kept.items() if value}

    def link(**mark: str) -> str:
        query = urlencode({**held, **mark})
        return f"{address}?{query}" if query else address

    return Links(
        older=link(before=leaf.older) if leaf.older else "",
        newer=link(after=leaf.newer) if leaf.newer else "",
        first=link() if leaf.newer else "",
    )
