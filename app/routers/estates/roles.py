"""Who holds which role in an estate, and the operator's forms to give one and to end one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, OperatorVisit, SecretDep, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import desk_page
from app.routers.estates.slips import Slip, show_slip
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.refusals import sentence_of
from app.rules.accounts import DUTY_NAMES, ROLE_NAMES, Duty, Role, mask_phone
from app.services.accounts.grants import GrantLine, list_grants, operators
from app.services.accounts.second_factor import read_state, reset
from app.services.estates.desk_codes import find_hindrance, print_staff_code
from app.services.estates.roles import (
    GIVEN_HERE,
    Appointment,
    confirm_number,
    end_role,
    find_holder,
    give_role,
)
from app.templating import language_of, translate

router = APIRouter(prefix="/desk/{slug}/roles")


@dataclass(frozen=True, slots=True)
class HolderLine:
    """A role and its holder; the number is masked, for who gives a role knows it already."""

    id: UUID
    name: str
    phone: str
    title: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RoleForm:
    """The form to give a role, as typed."""

    id: UUID
    phone: str = ""
    name: str = ""
    role: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RolesPage:
    """`choices` are what can be given here, each value with its words."""

    address: str
    holders: tuple[HolderLine, ...]
    operators: tuple[HolderLine, ...]
    choices: tuple[tuple[str, str], ...]
    typed: RoleForm
    errors: Errors


@dataclass(frozen=True, slots=True)
class RolePage:
    """`refused` names the form that came back: `end`, `confirm`, `code`, or `factor` where the holder has a second one.

    `no_code` says why no code is printed for him; empty where one may be.
    """

    address: str
    back: str
    holder: HolderLine
    has_factor: bool
    no_code: str
    refused: str
    reason: str
    errors: Errors


def _title(request: Request, role: Role, duty: Duty) -> str:
    words = [ROLE_NAMES[role], *([DUTY_NAMES[duty]] if duty is not Duty.NONE else [])]
    return " · ".join(translate(word, {}, language_of(request)) for word in words)


def _line(request: Request, grant: GrantLine) -> HolderLine:
    title = _title(request, grant.role, grant.duty)
    return HolderLine(grant.id, grant.name, mask_phone(grant.phone), title, grant.granted_at)


def _address(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/roles"


def _page(request: Request, visit: Visit, template: str, data: object, refusal: Refusal | None) -> Response:
    """An operator has no way to the committee's desk unless he works there as well."""
    return desk_page(request, visit, template, data, refusal=refusal, staff=visit.standing.is_committee)


def _roles_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    typed: RoleForm | None = None,
    refusal: Refusal | None = None,
) -> Response:
    grants = list_grants(session, estate_id=visit.estate.id)
    choices = [(f"{role}:{duty}", _title(request, role, duty)) for role, duty in GIVEN_HERE]
    data = RolesPage(
        address=_address(visit),
        holders=tuple(_line(request, grant) for grant in grants),
        operators=tuple(_line(request, grant) for grant in operators(session)),
        choices=(("", translate(N_("请选择"), {}, language_of(request))), *choices),
        typed=typed or RoleForm(uuid4()),
        errors=errors_of(request, refusal),
    )
    return _page(request, visit, "estates/roles.html", data, refusal)


@router.get("")
def list_roles(request: Request, visit: OperatorVisit, session: SessionDep) -> Response:
    return _roles_page(request, visit, session)


@router.post("")
def give(
    request: Request,
    visit: OperatorVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    phone: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    typed = RoleForm(id, phone, name, role, reason)
    with attempt(session) as tried:
        give_role(session, _read(typed), estate=visit.estate, actor=visit.actor, now=now)
    if tried.refusal:
        return _roles_page(request, visit, session, typed=typed, refusal=tried.refusal)
    return see_other(_address(visit))


def _read(typed: RoleForm) -> Appointment:
    role, _, duty = typed.role.partition(":")
    try:
        asked = Role(role), Duty(duty)
    except ValueError:
        raise Invalid(N_("请在名单里选一种身份"), field="role") from None
    return Appointment(
        id=typed.id, phone=typed.phone, name=typed.name, role=asked[0], duty=asked[1], reason=typed.reason
    )


def _role_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    grant_id: UUID,
    *,
    refused: str = "end",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    holder = find_holder(session, estate_id=visit.estate.id, grant_id=grant_id)
    hindrance = find_hindrance(session, account_id=holder.account_id)
    data = RolePage(
        address=f"{_address(visit)}/{grant_id}",
        back=_address(visit),
        holder=_line(request, holder),
        has_factor=read_state(session, account_id=holder.account_id).confirmed_at is not None,
        no_code=sentence_of(request, hindrance) if hindrance else "",
        refused=refused,
        reason=reason,
        errors=errors_of(request, refusal, form=refused),
    )
    return _page(request, visit, "estates/role.html", data, refusal)


@router.get("/{grant_id:uuid}")
def show_role(request: Request, visit: OperatorVisit, session: SessionDep, grant_id: UUID) -> Response:
    return _role_page(request, visit, session, grant_id)


@router.post("/{grant_id:uuid}/end")
def end(
    request: Request,
    visit: OperatorVisit,
    session: SessionDep,
    now: Now,
    grant_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        end_role(session, estate=visit.estate, grant_id=grant_id, reason=reason, actor=visit.actor, now=now)
    if tried.refusal:
        return _role_page(request, visit, session, grant_id, reason=reason, refusal=tried.refusal)
    return see_other(_address(visit))


@router.post("/{grant_id:uuid}/second-factor")
def reset_factor(
    request: Request,
    visit: OperatorVisit,
    session: SessionDep,
    now: Now,
    grant_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """For somebody who lost phone and recovery codes and stands in front of the operator."""
    holder = find_holder(session, estate_id=visit.estate.id, grant_id=grant_id)
    with attempt(session) as tried:
        reset(
            session,
            account_id=holder.account_id,
            estate_id=visit.estate.id,
            actor=visit.actor,
            reason=reason,
            now=now,
        )
    if tried.refusal:
        return _role_page(
            request, visit, session, grant_id, refused="factor", reason=reason, refusal=tried.refusal
        )
    return see_other(f"{_address(visit)}/{grant_id}")


@router.post("/{grant_id:uuid}/code")
def print_code(
    request: Request,
    visit: OperatorVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    grant_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """The slip is the answer itself, as at the committee's desk."""
    holder = find_holder(session, estate_id=visit.estate.id, grant_id=grant_id)
    with attempt(session) as tried:
        code = print_staff_code(
            session,
            estate_id=visit.estate.id,
            grant_id=grant_id,
            reason=reason,
            actor=visit.actor,
            now=now,
            secret=secret,
        )
    if tried.refusal:
        return _role_page(
            request, visit, session, grant_id, refused="code", reason=reason, refusal=tried.refusal
        )
    facts = ((N_("姓名"), holder.name), (N_("身份"), _title(request, holder.role, holder.duty)))
    back = f"{_address(visit)}/{grant_id}"
    return show_slip(request, visit, Slip(facts, back, factor=True), code=code, now=now)


@router.post("/{grant_id:uuid}/confirm-number")
def confirm(
    request: Request,
    visit: OperatorVisit,
    session: SessionDep,
    now: Now,
    grant_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        confirm_number(
            session, estate=visit.estate, grant_id=grant_id, reason=reason, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _role_page(
            request, visit, session, grant_id, refused="confirm", reason=reason, refusal=tried.refusal
        )
    return see_other(_address(visit))
