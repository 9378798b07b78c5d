"""Mediation: after it took effect: judicial confirmation, and whether what was agreed is done."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, func, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.mediation import MediationCheck, MediationCourt, MediationRemark
from app.rules.calendar import BEIJING
from app.rules.mediation.agreements import CourtMark, ensure_court_step
from app.rules.mediation.cases import State, ensure_state
from app.rules.mediation.checks import CheckState, settle
from app.rules.mediation.clocks import LONGEST_CHECK, end_of_day, ensure_court_open
from app.rules.text import clean_line, clean_text
from app.services.mediation.access import (
    NOT_HERE,
    Chair,
    ensure_mediator,
    ensure_party,
    enter_case,
    people_of,
)
from app.services.mediation.log import note_act
from app.services.mediation.telling import tell

MOST_CHECKS = 60
MOST_REMARKS = 30


def mark_court(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    mark: CourtMark,
    on: date,
    note: str,
    now: datetime,
) -> None:
    """Either party or the mediator notes what became of the joint application; the same twice is one note."""
    chair = _agreed(session, estate_id, case_id, account_id)
    case = chair.case
    query = select(MediationCourt).where(MediationCourt.case_id == case_id)
    marks = {row.mark: row for row in session.exec(query)}
    known = marks.get(mark)
    if known is not None and known.marked_on == on and known.account_id == account_id:
        return
    ensure_court_step(marks, mark)
    assert case.court_until is not None
    assert case.effective_on is not None
    if mark is CourtMark.APPLIED:
        ensure_court_open(case.court_until, on, effective_on=case.effective_on, now=now)
    elif not marks[CourtMark.APPLIED].marked_on <= on <= now.astimezone(BEIJING).date():
        raise Invalid(N_("法院答复的日子要在申请以后，不能在今天以后"), field="on")
    session.add(
        MediationCourt(
            case_id=case_id,
            mark=mark,
            marked_on=on,
            note=clean_text(note, most=500, field="note"),
            account_id=account_id,
            at=now,
        )
    )
    session.flush()
    note_act(session, case, f"court_{mark.value}", account_id=account_id, now=now)
    people = people_of(session, chair)
    tell(session, case, people, cause=f"court:{mark.value}", now=now, but=account_id)


def add_check(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    check_id: UUID,
    due_on: date,
    what: str,
    now: datetime,
) -> UUID:
    """The mediator names a day on which he will look (art. 31); the same id twice is one."""
    chair = _agreed(session, estate_id, case_id, account_id)
    ensure_mediator(chair)
    known = session.get(MediationCheck, check_id)
    if known is not None:
        if known.case_id != case_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return known.id
    end_of_day(due_on, now=now, most=LONGEST_CHECK, field="due_on")
    words = clean_line(what, most=300, field="what")
    if len(words) < 4:
        raise Invalid(N_("请写明要看什么，例如“隔音窗装好了没有”"), field="what")
    held = session.exec(
        select(func.count()).select_from(MediationCheck).where(MediationCheck.case_id == case_id)
    ).one()
    if held >= MOST_CHECKS:
        raise Conflict(N_("回访已经安排得够多了，最多 %(most)s 次"), most=MOST_CHECKS)
    session.add(
        MediationCheck(
            id=check_id, case_id=case_id, due_on=due_on, what=words, state=CheckState.WAITING, at=now
        )
    )
    session.flush()
    note_act(session, chair.case, "check", account_id=account_id, now=now)
    return check_id


def settle_check(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    check_id: UUID,
    found: CheckState,
    note: str,
    now: datetime,
) -> None:
    """What the mediator found; once. Anything but done needs a word."""
    chair = _agreed(session, estate_id, case_id, account_id)
    ensure_mediator(chair)
    check = _check(session, case_id, check_id)
    if check.state is found:
        return
    words = clean_text(note, most=1000, field="note")
    if found is not CheckState.PERFORMED and len(words) < 4:
        raise Invalid(N_("请写明做到了哪些、还差什么、接下来怎么办"), field="note")
    check.state, check.note, check.settled_at = settle(check.state, found), words, now
    session.add(check)
    session.flush()
    note_act(session, chair.case, f"check_{found.value}", account_id=account_id, now=now)
    people = people_of(session, chair)
    tell(session, chair.case, people, cause=f"check:{check_id}", now=now, but=account_id)


def remark(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    check_id: UUID,
    remark_id: UUID,
    text: str,
    now: datetime,
) -> UUID:
    """A party says something to a check, before or after the mediator looked."""
    chair = _agreed(session, estate_id, case_id, account_id)
    ensure_party(chair)
    check = _check(session, case_id, check_id)
    known = session.get(MediationRemark, remark_id)
    if known is not None:
        if (known.check_id, known.account_id) != (check_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return known.id
    words = clean_text(text, most=1000, field="text")
    if not words:
        raise Invalid(N_("请写下您想说的话"), field="text")
    held = session.exec(
        select(func.count()).select_from(MediationRemark).where(MediationRemark.check_id == check_id)
    ).one()
    if held >= MOST_REMARKS:
        raise Conflict(N_("这里已经说了很多话，请和调解员约时间当面谈"), code="talked_out")
    session.add(MediationRemark(id=remark_id, check_id=check.id, account_id=account_id, text=words, at=now))
    session.flush()
    people = people_of(session, chair)
    tell(session, chair.case, people, cause=f"remark:{remark_id}", now=now, but=account_id)
    return remark_id


def _agreed(session: Session, estate_id: UUID, case_id: UUID, account_id: UUID) -> Chair:
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_state(chair.case.state, State.AGREED)
    return chair


def _check(session: Session, case_id: UUID, check_id: UUID) -> MediationCheck:
    check = session.get(MediationCheck, check_id, populate_existing=True)
    if check is None or check.case_id != case_id:
        raise NotFound(NOT_HERE)
    return check
