"""The demo's surveys: one on what the estate needs that is still open, and one on its square with results to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.cli.demo.people import named
from app.cli.demo.stage import Stage, at
from app.cli.demo.survey_answers import SQUARE, SQUARE_INTRO, SQUARE_TITLE, Sheet, needs_sheets, square_sheets
from app.models.estates import Owner, Ownership, Unit
from app.rules.estates.units import UnitKind
from app.rules.surveys.kinds import Age, Per
from app.rules.surveys.questions import Questions
from app.rules.surveys.templates import NEEDS, TEMPLATE_INTROS, template_questions
from app.services.proposals.catalogue import list_items
from app.services.surveys.answering import SheetIn, take_door_sheet, take_own_sheet
from app.services.surveys.drafting import Settings, start_survey
from app.services.surveys.opening import open_survey
from app.services.trail import Actor

# Whom the demo lets people play: the open one waits for their answer.
_STILL_ASKED = frozenset({"李秀英", "王建国", "刘玉梅"})
_AGES = (Age.FROM_70, Age.UNDER_70, Age.UNDER_60, Age.UNDER_70, Age.UNDER_40, Age.NOT_SAID)


@dataclass(frozen=True)
class _Home:
    unit_id: UUID
    owner: str
    account_id: UUID | None


def tell(stage: Stage) -> None:
    """The older one first; both begin as the desk begins them."""
    with stage.database.transaction() as session:
        homes = _homes(session, stage)
        collector = named(session, "赵敏")
        closed = _open(session, stage, Settings(SQUARE_TITLE, SQUARE_INTRO, Per.HOME), SQUARE, (-32, -18))
        _answer(session, stage, closed, square_sheets(), homes, collector, at(stage.now, -31, 9))
        needs = Settings("老旧小区改造需求调查", TEMPLATE_INTROS[NEEDS], Per.HOME)
        running = _open(session, stage, needs, _needs(session, stage), (-6, 8))
        waiting = [
            home for place, home in enumerate(homes) if place % 5 != 3 and home.owner not in _STILL_ASKED
        ]
        _answer(session, stage, running, needs_sheets(), waiting, collector, at(stage.now, -6, 11))


def _needs(session: Session, stage: Stage) -> Questions:
    items = list_items(session, estate_id=stage.estate_id)
    return template_questions(
        NEEDS,
        {
            kind.value: [(item.key, item.title) for item in of_kind]
            for kind, of_kind in groupby(items, key=lambda item: item.kind)
        },
    )


def _open(
    session: Session, stage: Stage, settings: Settings, questions: Questions, days: tuple[int, int]
) -> UUID:
    survey_id, now = uuid4(), at(stage.now, days[0], 9)
    where: dict[str, Any] = {
        "estate_id": stage.estate_id,
        "survey_id": survey_id,
        "actor": stage.actor,
        "now": now,
    }
    start_survey(session, **where, settings=settings, questions=questions)
    open_survey(session, **where, opens_at=None, closes_at=at(stage.now, days[1], 20))
    return survey_id


def _homes(session: Session, stage: Stage) -> list[_Home]:
    """Every dwelling with the owner whom the register names first."""
    query = (
        select(Unit.id, Owner.name, Owner.account_id)
        .join(Ownership, col(Ownership.unit_id) == Unit.id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Unit.estate_id == stage.estate_id, Unit.kind == UnitKind.DWELLING, Ownership.position == 0)
        .order_by(col(Unit.building), col(Unit.entrance), col(Unit.floor), col(Unit.room))
    )
    return [_Home(*row) for row in session.exec(query)]


def _answer(
    session: Session,
    stage: Stage,
    survey_id: UUID,
    sheets: Iterable[Sheet],
    homes: list[_Home],
    collector: Actor,
    first: datetime,
) -> None:
    """Who has an account answers on his telephone, the rest at the door."""
    for place, (home, answers) in enumerate(zip(homes, sheets, strict=False)):
        now = first + timedelta(minutes=97 * place)
        sheet = SheetIn(
            id=uuid4(),
            edition=1,
            unit_id=home.unit_id,
            age=_AGES[place * 7 // 3 % len(_AGES)].value,
            answers=answers,
            answered_at=now,
            consented=True,
        )
        where: dict[str, Any] = {
            "estate_id": stage.estate_id,
            "survey_id": survey_id,
            "sheet": sheet,
            "now": now,
        }
        if home.account_id:
            take_own_sheet(session, **where, actor=Actor(home.account_id, home.owner))
        else:
            take_door_sheet(session, **where, actor=collector)
