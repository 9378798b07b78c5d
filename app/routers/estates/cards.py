"""What awaits a person at an estate's home, gathered from every room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from app.dependencies import SessionDep, Visit
from app.errors import N_
from app.rules.votes.states import State
from app.services.estates.representatives_reading import awaiting_consent
from app.services.mediation.reading import list_mine
from app.services.meetings import awaiting
from app.services.surveys.waiting import surveys_to_answer
from app.services.votes import mandates_reading, reading
from app.templating import language_of, moment, translate


@dataclass(frozen=True, slots=True)
class Card:
    """Something to do: what, why now, and where."""

    title: str
    text: str
    href: str


def cards_for(request: Request, visit: Visit, session: SessionDep, now: datetime) -> tuple[Card, ...]:
    """Ballots to cast first, one's own and those of others, then what co-owners ask, rolls to check,
    what neighbours settle, meetings, surveys.
    """
    return tuple(_cards(request, visit, session, now))


def _cards(request: Request, visit: Visit, session: SessionDep, now: datetime) -> Iterator[Card]:
    language = language_of(request)
    votes = reading.list_votes(session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now)
    root = f"/e/{visit.estate.slug}/votes"
    for vote in votes:
        if vote.waiting and vote.closes_at:
            text = translate(
                N_("您有 %(homes)s 套房还没有投票，%(until)s 截止"),
                {"homes": vote.waiting, "until": moment(vote.closes_at, language=language)},
                language,
            )
            yield Card(vote.title, text, f"{root}/{vote.id}")
    shares = mandates_reading.shares_of_agent(session, estate_id=visit.estate.id, account_id=visit.actor.id)
    for vote in votes:
        share = shares.get(vote.id)
        if share and share.waiting and vote.state is State.OPEN and vote.closes_at:
            text = translate(
                N_("有人委托您投票，还有 %(homes)s 套房没有代投，%(until)s 截止"),
                {"homes": share.waiting, "until": moment(vote.closes_at, language=language)},
                language,
            )
            yield Card(vote.title, text, f"{root}/{vote.id}/mandates")
    yield from _namings(session, visit, language)
    for vote in votes:
        if vote.state is State.NOTICED and vote.mine:
            text = translate(N_("公告中，请核对表决名册上您家的面积和姓名"), {}, language)
            yield Card(vote.title, text, f"{root}/{vote.id}/roll")
    yield from _matters(session, visit, language)
    yield from _meetings(session, visit, now, language)
    yield from _surveys(session, visit, now, language)


def _namings(session: SessionDep, visit: Visit, language: str) -> Iterator[Card]:
    """Homes whose other owners ask the person to agree on who votes."""
    asked = awaiting_consent(session, estate_id=visit.estate.id, account_id=visit.actor.id)
    for unit_id, home in asked:
        yield Card(
            translate(N_("谁代表投票"), {}, language),
            translate(N_("%(home)s 的共有人请您答复：由谁代表投票"), {"home": home}, language),
            f"/e/{visit.estate.slug}/homes/{unit_id}/representative",
        )


def _matters(session: SessionDep, visit: Visit, language: str) -> Iterator[Card]:
    """Mediation that waits for him; who looks over his shoulder reads nothing of it here."""
    if any(
        line.waits_for_me for line in list_mine(session, estate_id=visit.estate.id, account_id=visit.actor.id)
    ):
        yield Card(
            translate(N_("有一件事项等您答复"), {}, language),
            translate(N_("只有您和有关的人看得到"), {}, language),
            f"/e/{visit.estate.slug}/mediation",
        )


def _meetings(session: SessionDep, visit: Visit, now: datetime, language: str) -> Iterator[Card]:
    """Records he is asked about, and meetings he is invited to."""
    who = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    root = f"/e/{visit.estate.slug}/meetings"
    for record in awaiting.records_to_confirm(session, **who, now=now):
        until = moment(record.due_at, language=language)
        text = translate(N_("会议纪要请您核对：同意或提出异议，%(until)s 截止"), {"until": until}, language)
        yield Card(record.title, text, f"{root}/{record.id}")
    for meeting in awaiting.coming_for(session, **who, now=now):
        where = {"at": moment(meeting.starts_at, language=language), "place": meeting.place}
        asked = N_("%(at)s 在%(place)s开会，请答复来不来")
        near = N_("%(at)s 在%(place)s开会")
        yield Card(
            meeting.title,
            translate(near if meeting.answered else asked, where, language),
            f"{root}/{meeting.id}",
        )


def _surveys(session: SessionDep, visit: Visit, now: datetime, language: str) -> Iterator[Card]:
    """What is asked of the person's homes and not yet answered."""
    asked = surveys_to_answer(session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now)
    for survey in asked:
        until = moment(survey.closes_at, language=language)
        text = translate(N_("需求调查，您家还没有答，%(until)s 截止"), {"until": until}, language)
        yield Card(survey.title, text, f"/e/{visit.estate.slug}/surveys/{survey.id}")
