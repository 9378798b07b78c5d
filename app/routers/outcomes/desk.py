"""The desk's form for an outcome: write the statement, read the whole text, publish exactly that text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.outcomes.board import address_of
from app.rules.outcomes.posters import Poster, poster_of
from app.rules.outcomes.statements import MAX_STATEMENT, MAX_STEPS
from app.services import outcomes
from app.services.outcomes import Additions, Draft
from app.services.votes.drafting import get_vote

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/outcome/{kind}")

Rows = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """The form with what was typed; `draft` and `poster` once the text was composed, for the last look."""

    address: str
    back: str
    kind: str
    title: str
    id: str
    statement: str
    most: int
    days: str
    steps: Rows
    draft: Draft | None
    poster: Poster | None
    errors: Errors


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form sent; `seen` is the hash of the text that was on the screen."""

    id: UUID
    statement: str
    days: str
    steps: Rows
    seen: str
    publish: bool


def _blank(visit: CommitteeVisit, session: SessionDep, vote_id: UUID, kind: str) -> OutcomePage:
    which = outcomes.outcome_kind(kind)
    vote = get_vote(session, estate_id=visit.estate.id, vote_id=vote_id)
    days = outcomes.default_days(session, estate_id=visit.estate.id, vote_id=vote_id, kind=which)
    return OutcomePage(
        address=f"/desk/{visit.estate.slug}/votes/{vote_id}/outcome/{kind}",
        back=f"/desk/{visit.estate.slug}/votes/{vote_id}",
        kind=kind,
        title=vote.title,
        id=str(uuid4()),
        statement="",
        most=MAX_STATEMENT,
        days=str(days),
        steps=[("", "", "")] * MAX_STEPS,
        draft=None,
        poster=None,
        errors=(),
    )


async def _typed(
    id: Annotated[UUID, Form()],
    statement: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    what: Annotated[list[str] | None, Form()] = None,
    who: Annotated[list[str] | None, Form()] = None,
    by: Annotated[list[str] | None, Form()] = None,
    seen: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
) -> Typed:
    rows = [*zip(what or [], who or [], by or [], strict=False)][:MAX_STEPS]
    return Typed(id, statement, days, rows, seen, publish=act == "publish")


@router.get("")
def show_form(
    request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID, kind: str
) -> Response:
    form = _blank(visit, session, vote_id, kind)
    present = outcomes.find_posting(session, vote_id=vote_id, kind=outcomes.outcome_kind(kind))
    if present:
        return see_other(address_of(visit.estate.slug, present))
    outcomes.ensure_publishable(
        session, estate_id=visit.estate.id, vote_id=vote_id, kind=outcomes.outcome_kind(kind)
    )
    return _form(request, visit, form)


@router.post("")
def send_form(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    kind: str,
    typed: Annotated[Typed, Depends(_typed)],
) -> Response:
    """Show the composed text, or publish it when it is the text that was shown."""
    form = _filled(_blank(visit, session, vote_id, kind), typed)
    present = outcomes.find_posting(session, vote_id=vote_id, kind=outcomes.outcome_kind(kind))
    if present:
        return see_other(address_of(visit.estate.slug, present))
    with attempt(session) as tried:
        additions = Additions(typed.statement, typed.steps, _days(typed.days))
        draft = outcomes.draft_outcome(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            kind=outcomes.outcome_kind(kind),
            additions=additions,
            now=now,
        )
    if tried.refusal:
        return _form(request, visit, form, tried.refusal)
    form = replace(form, draft=draft, poster=poster_of(draft.text))
    if not typed.publish:
        return _form(request, visit, form)
    return _publish(request, visit, session, now, vote_id, typed, additions, form)


def _publish(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    typed: Typed,
    additions: Additions,
    form: OutcomePage,
) -> Response:
    with attempt(session) as tried:
        posted = outcomes.publish_outcome(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            kind=outcomes.outcome_kind(form.kind),
            publication_id=typed.id,
            additions=additions,
            seen_hash=typed.seen,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _form(request, visit, form, tried.refusal)
    return see_other(address_of(visit.estate.slug, posted))


def _filled(blank: OutcomePage, typed: Typed) -> OutcomePage:
    steps = typed.steps + [("", "", "")] * (MAX_STEPS - len(typed.steps))
    return replace(blank, id=str(typed.id), statement=typed.statement, days=typed.days, steps=steps)


def _days(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Invalid(N_("公示天数请写整数，例如 15"), field="days")
    return int(text)


def _form(
    request: Request, visit: CommitteeVisit, form: OutcomePage, refusal: Refusal | None = None
) -> Response:
    data = replace(form, errors=errors_of(request, refusal))
    return visit_page(request, visit, "outcomes/form.html", data, tab="votes", refusal=refusal)
