"""What the committee adds to a result: its own words, the next steps, and who answers for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.errors import N_, Invalid
from app.rules.text import clean_line, clean_text

MAX_STATEMENT = 4000
MAX_STEPS = 6


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens next, who answers for it, and by which day."""

    what: str
    who: str
    by: date


def clean_statement(text: str) -> str:
    """The committee's own words, cleaned; raises `Invalid` when they are missing or too long."""
    statement = clean_text(text, most=MAX_STATEMENT, field="statement")
    if len(statement) < 10:
        raise Invalid(N_("请写说明，至少 10 个字：结果是什么，接下来怎么办"), field="statement")
    return statement


def read_steps(rows: Iterable[tuple[str, str, str]], *, today: date) -> list[NextStep]:
    """The filled rows of (what, who, ISO day); raises `Invalid` naming the first bad field, as `who-2`."""
    steps = []
    for place, (what, who, by) in enumerate(rows, start=1):
        if place > MAX_STEPS:
            raise Invalid(N_("下一步最多写 %(most)s 条"), field="what-1", most=MAX_STEPS)
        if what.strip() or who.strip() or by.strip():
            steps.append(_step(place, what, who, by, today))
    return steps


def _step(place: int, what: str, who: str, by: str, today: date) -> NextStep:
    what = clean_line(what, most=100, field=f"what-{place}")
    who = clean_line(who, most=40, field=f"who-{place}")
    if not what:
        raise Invalid(N_("第 %(place)s 条没有写做什么"), field=f"what-{place}", place=place)
    if not who:
        raise Invalid(N_("第 %(place)s 条没有写由谁负责"), field=f"who-{place}", place=place)
    return NextStep(what, who, _day(by, place, today))


def _day(by: str, place: int, today: date) -> date:
    field = f"by-{place}"
    try:
        day = date.fromisoformat(by.strip())
    except ValueError:
        sentence = N_("第 %(place)s 条的完成日期请写成 2026-12-01 这样")
        raise Invalid(sentence, field=field, place=place) from None
    if day < today:
        raise Invalid(N_("第 %(place)s 条的完成日期已经过去，请改成以后的日期"), field=field, place=place)
    return day
