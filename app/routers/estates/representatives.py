"""A home's co-owners settle by phone who casts its ballot; the desk confirms what they signed on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, MemberVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import desk_page, read_id, read_upload
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.records import LIST, spends
from app.rules.estates.representatives import NamingState
from app.services.estates import representatives
from app.services.estates.representatives_reading import (
    NamingLine,
    RepresentativeSheet,
    list_on_paper,
    list_open_namings,
    read_representative,
)
from app.services.files import MAX_FILE
from app.services.votes import representing
from app.services.votes.representing import PostedVote

router = APIRouter(prefix="/e/{slug}/homes/{unit_id:uuid}/representative")
desk_router = APIRouter(prefix="/desk/{slug}/namings")

# What the form sends for "any of us may vote".
ANYBODY = "anybody"
ENDED = {
    NamingState.AGREED: N_("已经办成"),
    NamingState.REFUSED: N_("有人不同意，已结束"),
    NamingState.WITHDRAWN: N_("提议的人已撤回"),
    NamingState.VOID: N_("登记有变，已失效"),
}


@dataclass(frozen=True, slots=True)
class RepresentativePage:
    """`options` are who can be proposed; `picked` and `reason` what a refused form held."""

    sheet: RepresentativeSheet
    votes: tuple[PostedVote, ...]
    options: tuple[tuple[str, str, str], ...]
    states: dict[str, str]
    naming_id: UUID
    picked: str
    reason: str
    errors: Errors
    address: str
    root: str


@dataclass(frozen=True, slots=True)
class NamingsPage:
    """All open namings, and the last confirmed with a paper; `reasons` and `errors` are of the line whose form was refused."""

    namings: tuple[NamingLine, ...]
    confirmed: tuple[NamingLine, ...]
    files: str
    reasons: dict[str, str]
    errors: Errors
    address: str
    register: str


def _address(visit: Visit, unit_id: UUID) -> str:
    return f"/e/{visit.estate.slug}/homes/{unit_id}/representative"


def _options(sheet: RepresentativeSheet) -> tuple[tuple[str, str, str], ...]:
    people = [
        (str(owner.id), owner.name, N_("您自己") if owner.is_me else "")
        for owner in sheet.owners
        if owner.id != sheet.representative_id
    ]
    if sheet.representative_id is not None:
        people.append((ANYBODY, "", ""))
    return tuple(people)


def _home_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    *,
    naming_id: UUID | None = None,
    picked: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "unit_id": unit_id}
    sheet = read_representative(session, **where, account_id=visit.actor.id)
    data = RepresentativePage(
        sheet=sheet,
        votes=tuple(representing.posted_votes(session, **where, now=now)),
        options=_options(sheet),
        states={state.value: words for state, words in ENDED.items()},
        naming_id=naming_id or uuid4(),
        picked=picked,
        reason=reason,
        errors=errors_of(request, refusal),
        address=_address(visit, unit_id),
        root=f"/e/{visit.estate.slug}",
    )
    return visit_page(request, visit, "estates/representative.html", data, tab="home", refusal=refusal)


@router.get("")
def show_home(request: Request, visit: MemberVisit, session: SessionDep, now: Now, unit_id: UUID) -> Response:
    return _home_page(request, visit, session, now, unit_id)


@router.post("")
def propose(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    id: Annotated[UUID, Form()],
    owner: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        owner_id = read_id(owner)
        if owner_id is None and owner != ANYBODY:
            raise Invalid(N_("请选择由谁代表投票"), field="owner_id")
        representatives.propose_representative(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            naming_id=id,
            owner_id=owner_id,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _home_page(
            request, visit, session, now, unit_id, naming_id=id, picked=owner, refusal=tried.refusal
        )
    return see_other(_address(visit, unit_id))


@router.post("/{naming_id:uuid}/agree")
def agree(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, unit_id: UUID, naming_id: UUID
) -> Response:
    where = {"estate_id": visit.estate.id, "unit_id": unit_id, "naming_id": naming_id}

    def act() -> None:
        settled = representatives.agree_to_representative(session, **where, actor=visit.actor, now=now)
        _ask_votes(session, now, settled, **where)

    return _answer(request, visit, session, now, unit_id, act)


def _ask_votes(session: SessionDep, now: Now, proposer: UUID | None, **where: UUID) -> None:
    """Announced votes are asked to read the home again, once the register has changed."""
    if proposer is not None:
        representing.ask_for_representative(session, **where, account_id=proposer, now=now)


@router.post("/{naming_id:uuid}/refuse")
def refuse(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    naming_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        representatives.refuse_representative(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            naming_id=naming_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )

    return _answer(request, visit, session, now, unit_id, act, reason=reason)


@router.post("/{naming_id:uuid}/withdraw")
def withdraw(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, unit_id: UUID, naming_id: UUID
) -> Response:
    def act() -> None:
        representatives.withdraw_naming(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            naming_id=naming_id,
            actor=visit.actor,
            now=now,
        )

    return _answer(request, visit, session, now, unit_id, act)


def _answer(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    act: Callable[[], None],
    *,
    reason: str = "",
) -> Response:
    """Do the deed and show the home's page, with the refusal where there was one."""
    with attempt(session) as tried:
        act()
    if tried.refusal:
        return _home_page(request, visit, session, now, unit_id, reason=reason, refusal=tried.refusal)
    return see_other(_address(visit, unit_id))


def _desk(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    naming_id: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    root = f"/desk/{visit.estate.slug}"
    where = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    data = NamingsPage(
        namings=tuple(list_open_namings(session, **where)),
        confirmed=tuple(list_on_paper(session, **where)),
        files=f"/e/{visit.estate.slug}/files",
        reasons={str(naming_id): reason} if naming_id else {},
        errors=errors_of(request, refusal, row=naming_id or ""),
        address=f"{root}/namings",
        register=f"{root}/register",
    )
    return desk_page(request, visit, "estates/namings.html", data, refusal=refusal)


@desk_router.get("", dependencies=[spends(CommitteeVisit, LIST)])
def list_namings(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    return _desk(request, visit, session)


@desk_router.post("/{unit_id:uuid}/{naming_id:uuid}")
def confirm(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    naming_id: UUID,
    reason: Annotated[str, Form()] = "",
    scan: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "unit_id": unit_id, "naming_id": naming_id}
    content, name = read_upload(scan, most=MAX_FILE)
    with attempt(session) as tried:
        settled = representatives.confirm_on_paper(
            session, **where, reason=reason, scan=content, scan_name=name, actor=visit.actor, now=now
        )
        _ask_votes(session, now, settled, **where)
    if tried.refusal:
        return _desk(request, visit, session, naming_id=naming_id, reason=reason, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/namings")
