"""What all answers are made of: closed shapes, instants in UTC, pages with the address of the next one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.rules.cursors import read_number, read_word

MOST = 100

Instant = Annotated[
    datetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    Field(description="An instant, RFC 3339, in UTC.", examples=["2026-11-23T01:00:00Z"]),
]
Heads = Annotated[int, Field(ge=0, description="Heads: owners as the law counts them.")]
Area = Annotated[int, Field(ge=0, description="Floor area in hundredths of a square metre.")]
Fen = Annotated[int, Field(description="Money in fen, a hundredth of a yuan.")]
Month = Annotated[str, Field(description="A month in Beijing time.", examples=["2026-11"])]
Page = Annotated[str, Field(description="The HTML page of the same thing, as a path on this host.")]
Href = Annotated[str, Field(description="The resource's address, as a path on this host.")]


class Shape(BaseModel):
    """Nothing is answered that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(BaseModel):
    """The parameters of an address; an unknown one is refused, because a misspelt one would be everything."""

    model_config = ConfigDict(extra="forbid")


class Turning(Asked):
    """Which page of a list."""

    cursor: str = Field("", max_length=100, description="From `next` of the page before; never made by hand.")
    limit: int = Field(50, ge=1, le=MOST, description="How many at most.")

    @property
    def number(self) -> int | None:
        """The cursor of a list by number; raises `Invalid`."""
        return read_number(self.cursor) if self.cursor else None

    @property
    def word(self) -> str:
        """The cursor of a list by name in addresses; raises `Invalid`."""
        return read_word(self.cursor) if self.cursor else ""


Item = TypeVar("Item", bound=Shape)
Row = TypeVar("Row")


class Listing(Shape, Generic[Item]):
    """A page of a list."""

    items: list[Item] = Field(description="In the list's order.")
    next: str | None = Field(
        description="The address of the next page, as a path on this host; null on the last."
    )


def cut(rows: Sequence[Row], turning: Turning) -> tuple[Sequence[Row], bool]:
    """The rows of a page and whether there are more; a list asks for one row beyond its page."""
    return rows[: turning.limit], len(rows) > turning.limit


def next_of(request: Request, turning: Turning, cursor: object, **kept: str) -> str:
    """The address of the page after `cursor`."""
    query = urlencode({**kept, "limit": turning.limit, "cursor": str(cursor)})
    return f"{request.url.path}?{query}"
