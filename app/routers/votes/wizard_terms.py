"""The desk's wizard, step 5: what the ballots are worth, the days, and the window in Beijing time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of
from app.routers.votes.frames import Frame, desk_page, frame_of, next_step
from app.rules.votes.matters import Threshold, matter_of
from app.rules.votes.rulesets import NATIONAL
from app.rules.votes.states import ChangeRule, LegalMode
from app.rules.votes.windows import proposed_window, read_local, show_local
from app.services.votes import drafting, drafts

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/terms")


@dataclass(frozen=True, slots=True)
class TermsPage:
    """The form with what was typed; days and instants as text. `quorum` and `majority` are fixed by law and shown."""

    frame: Frame
    legal_mode: str
    legal_basis: str
    change: str
    notice_days: str
    objection_days: str
    rules_source: str
    opens_at: str
    closes_at: str
    quorum: Threshold
    majority: Threshold
    national_days: tuple[int, int]
    window_days: tuple[int, int]
    errors: Errors


@dataclass(frozen=True, slots=True)
class TermsForm:
    """The fields as they are typed."""

    legal_mode: str
    legal_basis: str
    change: str
    notice_days: str
    objection_days: str
    rules_source: str
    opens_at: str
    closes_at: str


def _terms_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    form: TermsForm,
    *,
    refusal: Refusal | None = None,
) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    data = TermsPage(
        frame=frame_of(visit.estate.slug, vote_id, "terms", draft.title),
        legal_mode=form.legal_mode,
        legal_basis=form.legal_basis,
        change=form.change,
        notice_days=form.notice_days,
        objection_days=form.objection_days,
        rules_source=form.rules_source,
        opens_at=form.opens_at,
        closes_at=form.closes_at,
        quorum=draft.rules.quorum,
        majority=draft.rules.majority(matter_of(draft.matter).code),
        national_days=(NATIONAL.notice_days, NATIONAL.objection_days),
        window_days=(NATIONAL.min_window_days, NATIONAL.max_window_days),
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_terms.html", data, refusal=refusal)


@router.get("")
def show_terms(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    opens_at, closes_at = proposed_window(now, draft.rules.notice_days)
    form = TermsForm(
        legal_mode=draft.legal_mode.value,
        legal_basis=draft.legal_basis,
        change=draft.rules.change.value,
        notice_days=str(draft.rules.notice_days),
        objection_days=str(draft.rules.objection_days),
        rules_source=draft.rules_source,
        opens_at=show_local(draft.opens_at or opens_at),
        closes_at=show_local(draft.closes_at or closes_at),
    )
    return _terms_page(request, visit, session, vote_id, form)


@router.post("")
def save_terms(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    legal_mode: Annotated[str, Form()] = "",
    legal_basis: Annotated[str, Form()] = "",
    change: Annotated[str, Form()] = "",
    notice_days: Annotated[str, Form()] = "",
    objection_days: Annotated[str, Form()] = "",
    rules_source: Annotated[str, Form()] = "",
    opens_at: Annotated[str, Form()] = "",
    closes_at: Annotated[str, Form()] = "",
) -> Response:
    form = TermsForm(
        legal_mode, legal_basis, change, notice_days, objection_days, rules_source, opens_at, closes_at
    )
    with attempt(session) as tried:
        drafting.save_terms(session, estate_id=visit.estate.id, vote_id=vote_id, terms=_read(form))
    if tried.refusal:
        return _terms_page(request, visit, session, vote_id, form, refusal=tried.refusal)
    return next_step(visit.estate.slug, vote_id, "terms")


def _read(form: TermsForm) -> drafting.Terms:
    if form.legal_mode not in set(LegalMode):
        raise Invalid(N_("请选择这次表决的效力"), field="legal_mode")
    if form.change not in set(ChangeRule):
        raise Invalid(N_("请选择投票后能不能更改"), field="change")
    return drafting.Terms(
        legal_mode=LegalMode(form.legal_mode),
        legal_basis=form.legal_basis,
        change=ChangeRule(form.change),
        notice_days=_days(form.notice_days, "notice_days"),
        objection_days=_days(form.objection_days, "objection_days"),
        rules_source=form.rules_source,
        opens_at=read_local(form.opens_at, field="opens_at"),
        closes_at=read_local(form.closes_at, field="closes_at"),
    )


def _days(typed: str, field: str) -> int:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
        raise Invalid(N_("天数请写整数，例如 15"), field=field)
    return int(typed)
