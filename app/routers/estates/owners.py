"""One owner at the desk: correct him, take him off a home, part or join rows, and print his one-time code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SecretDep, SessionDep, Visit
from app.errors import N_, Invalid, NotFound, Refusal
from app.routers.estates.frames import desk_page, read_id
from app.routers.estates.register import OwnerForm, home_address
from app.routers.estates.slips import Slip, show_slip
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import ONE, spends
from app.services.estates.binding import print_owner_code
from app.services.estates.editing import remove_owner
from app.services.estates.owners import edit_owner, merge_owners, unbind_owner
from app.services.estates.register import HomeLine, OwnerLine, get_home

router = APIRouter(prefix="/desk/{slug}/register/{unit_id:uuid}/owners/{owner_id:uuid}")


@dataclass(frozen=True, slots=True)
class OwnerPage:
    """`typed` is what the refused form held, `errors` name its fields; `namesakes` are (id, words)."""

    address: str
    back: str
    home: HomeLine
    owner: OwnerLine
    namesakes: tuple[tuple[str, str, str], ...]
    typed: OwnerForm
    reasons: dict[str, str]
    errors: Errors


def _owner_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    unit_id: UUID,
    owner_id: UUID,
    *,
    form: str = "",
    typed: OwnerForm | None = None,
    refusal: Refusal | None = None,
) -> Response:
    sheet = get_home(session, estate_id=visit.estate.id, unit_id=unit_id)
    owner = next((owner for owner in sheet.home.owners if owner.id == owner_id), None)
    if owner is None:
        raise NotFound(N_("这套房屋没有登记这位业主"))
    back = home_address(visit, unit_id)
    data = OwnerPage(
        address=f"{back}/owners/{owner_id}",
        back=back,
        home=sheet.home,
        owner=owner,
        namesakes=tuple(
            (str(other.id), homes, "、".join(other.phones))
            for mine, other, homes in sheet.namesakes
            if mine.id == owner_id
        ),
        typed=typed if typed and form == "edit" else OwnerForm(owner.name, _shown(owner)),
        reasons={form: typed.reason} if typed else {},
        errors=errors_of(request, refusal, form=form),
    )
    return desk_page(request, visit, "estates/owner.html", data, refusal=refusal)


def _shown(owner: OwnerLine) -> str:
    return owner.phones[0].removeprefix("+86") if owner.phones else ""


@router.get("", dependencies=[spends(CommitteeVisit, ONE)])
def show_owner(
    request: Request, visit: CommitteeVisit, session: SessionDep, unit_id: UUID, owner_id: UUID
) -> Response:
    return _owner_page(request, visit, session, unit_id, owner_id)


def _act(
    request: Request,
    visit: Visit,
    session: SessionDep,
    unit_id: UUID,
    owner_id: UUID,
    form: str,
    typed: OwnerForm,
    act: Callable[[], object],
) -> Response:
    """Do the deed and go back to the home; a refusal that can be mended shows the page again."""
    with attempt(session) as tried:
        act()
    if tried.refusal:
        return _owner_page(
            request, visit, session, unit_id, owner_id, form=form, typed=typed, refusal=tried.refusal
        )
    return see_other(home_address(visit, unit_id))


Reason = Annotated[str, Form()]


@router.post("/edit")
def edit(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    owner_id: UUID,
    name: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    reason: Reason = "",
) -> Response:
    def act() -> None:
        edit_owner(
            session,
            estate_id=visit.estate.id,
            owner_id=owner_id,
            name=name,
            phone=phone,
            reason=reason,
            actor=visit.actor,
            now=now,
        )

    typed = OwnerForm(name, phone, reason)
    return _act(request, visit, session, unit_id, owner_id, "edit", typed, act)


@router.post("/remove")
def remove(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    owner_id: UUID,
    reason: Reason = "",
) -> Response:
    def act() -> None:
        remove_owner(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            owner_id=owner_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )

    return _act(request, visit, session, unit_id, owner_id, "remove", OwnerForm(reason=reason), act)


@router.post("/unbind")
def unbind(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    owner_id: UUID,
    reason: Reason = "",
) -> Response:
    def act() -> None:
        unbind_owner(
            session, estate_id=visit.estate.id, owner_id=owner_id, reason=reason, actor=visit.actor, now=now
        )

    return _act(request, visit, session, unit_id, owner_id, "unbind", OwnerForm(reason=reason), act)


@router.post("/merge")
def merge(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    owner_id: UUID,
    other_id: Annotated[str, Form()] = "",
    reason: Reason = "",
) -> Response:
    def act() -> None:
        other = read_id(other_id)
        if other is None:
            raise Invalid(N_("请选择与哪一条合并"), field="other_id")
        merge_owners(
            session,
            estate_id=visit.estate.id,
            owner_id=owner_id,
            other_id=other,
            reason=reason,
            actor=visit.actor,
            now=now,
        )

    return _act(request, visit, session, unit_id, owner_id, "merge", OwnerForm(reason=reason), act)


@router.post("/code")
def print_code(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    unit_id: UUID,
    owner_id: UUID,
    reason: Reason = "",
) -> Response:
    """The slip is the answer itself: the code is stored nowhere, so it cannot be shown on a page to come back to."""
    sheet = get_home(session, estate_id=visit.estate.id, unit_id=unit_id)
    with attempt(session) as tried:
        code = print_owner_code(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            owner_id=owner_id,
            reason=reason,
            actor=visit.actor,
            now=now,
            secret=secret,
        )
    if tried.refusal:
        typed = OwnerForm(reason=reason)
        return _owner_page(
            request, visit, session, unit_id, owner_id, form="code", typed=typed, refusal=tried.refusal
        )
    name = next(owner.name for owner in sheet.home.owners if owner.id == owner_id)
    facts = ((N_("业主"), name), (N_("房屋"), sheet.home.label))
    return show_slip(request, visit, Slip(facts, home_address(visit, unit_id)), code=code, now=now)
