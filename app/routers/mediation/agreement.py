"""The agreement: its text, who has confirmed it, the PDF to sign by hand, and the paper with which it takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.clock import BEIJING
from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import Scan, read_day, read_scan, room_address
from app.routers.mediation.room import where_of
from app.routers.mediation.words import draft_of, kind_word
from app.routers.records import ONE, spends
from app.rules.mediation.cases import State
from app.services.mediation import agreeing, papers, printing, reading
from app.services.mediation.agreeing import Paper
from app.services.mediation.papers import AgreementView
from app.services.mediation.printing import Head
from app.services.mediation.reading import CaseView

router = APIRouter(prefix="/e/{slug}/mediation/{case_id:uuid}")

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """The latest text or None, and the forms of the reader's seat; `draft` is what the form for a new version begins with."""

    case: CaseView
    address: str
    back: str
    agreement: AgreementView | None
    may_write: bool
    may_sign: bool
    may_file: bool
    version_id: str
    draft: str
    name: str
    signed_on: str
    errors: Errors


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    *,
    typed: Mapping[str, str] = _NOTHING,
    form: str = "",
    refusal: Refusal | None = None,
) -> Response:
    case = reading.read_case(session, **where_of(visit, case_id))
    agreement = papers.read_agreement(session, **where_of(visit, case_id))
    may_write = case.is_mediator and case.state is State.TALKING
    back = room_address(visit.estate.slug, case_id)
    draft = typed.get("text", "")
    if may_write and not draft:
        offers = papers.list_offers(session, **where_of(visit, case_id), now=now)
        draft = agreement.text if agreement else draft_of(offers)
    data = AgreementPage(
        case=case,
        address=f"{back}/agreement",
        back=back,
        agreement=agreement,
        may_write=may_write,
        may_sign=agreement is not None
        and not (agreement.i_signed or agreement.is_void)
        and case.state in {State.TALKING, State.SIGNING},
        may_file=case.is_mediator
        and case.state is State.SIGNING
        and agreement is not None
        and agreement.all_signed,
        version_id=typed.get("id") or str(uuid4()),
        draft=draft,
        name=typed.get("name", ""),
        signed_on=typed.get("signed_on") or now.astimezone(BEIJING).date().isoformat(),
        errors=errors_of(request, refusal, form=form),
    )
    return talk_page(request, visit, "mediation/agreement.html", data, refusal=refusal)


@router.get("/agreement", dependencies=[spends(MemberVisit, ONE)])
def show_agreement(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID
) -> Response:
    return _page(request, visit, session, now, case_id)


@router.post("/agreement")
def write_version(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    id: Annotated[UUID, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        agreeing.write_version(session, **where_of(visit, case_id), version_id=id, text=text, now=now)
    if tried.refusal:
        typed = {"text": text, "id": str(id)}
        return _page(
            request, visit, session, now, case_id, typed=typed, form="version", refusal=tried.refusal
        )
    return see_other(f"{room_address(visit.estate.slug, case_id)}/agreement")


@router.post("/agreement/confirm")
def confirm(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    digest: Annotated[str, Form(max_length=64)] = "",
    name: Annotated[str, Form()] = "",
    agrees: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        agreeing.sign_version(
            session,
            **where_of(visit, case_id),
            digest=digest,
            name=name,
            agrees=agrees == "yes",
            now=now,
        )
    if tried.refusal:
        typed = {"name": name[:100]}
        return _page(
            request, visit, session, now, case_id, typed=typed, form="confirm", refusal=tried.refusal
        )
    return see_other(f"{room_address(visit.estate.slug, case_id)}/agreement")


@router.post("/agreement/reopen")
def reopen(request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID) -> Response:
    with attempt(session) as tried:
        agreeing.reopen_text(session, **where_of(visit, case_id), now=now)
    if tried.refusal:
        return _page(request, visit, session, now, case_id, refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/agreement")


@router.post("/agreement/paper")
def file_paper(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    signed_on: Annotated[str, Form(max_length=20)] = "",
    scan: Scan = None,
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        name, content = read_scan(scan)
        paper = Paper(name, content, read_day(signed_on, field="signed_on"))
        agreeing.take_effect(session, **where_of(visit, case_id), paper=paper, now=now)
    if tried.refusal:
        typed = {"signed_on": signed_on}
        return _page(request, visit, session, now, case_id, typed=typed, form="paper", refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/performing")


@router.get("/agreement.pdf", dependencies=[spends(MemberVisit, ONE)])
def send_pdf(visit: MemberVisit, session: SessionDep, case_id: UUID) -> Response:
    case = reading.read_case(session, **where_of(visit, case_id))
    agreement = papers.read_agreement(session, **where_of(visit, case_id))
    if agreement is None:
        raise NotFound(N_("协议还没有起草"))
    head = Head(
        estate=visit.estate.name,
        committee=visit.estate.committee_name or visit.estate.name,
        kind=kind_word(case.kind),
        effective_on=case.effective_on,
    )
    return Response(
        printing.draw_agreement(agreement, head),
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{agreement.number}.pdf"'},
    )
