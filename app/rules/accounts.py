"""Accounts: roles and duties as granted per estate, and how long codes and sessions live."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.errors import N_


class Role(StrEnum):
    """What a grant gives; owners and residents are not granted but follow from the register."""

    PARTY_MEMBER = "party_member"
    COMMITTEE = "committee"
    PARTY_STAFF = "party_staff"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Duty(StrEnum):
    """The four duties of a party member; `none` for every other role."""

    NONE = "none"
    INITIATOR = "initiator"
    EXPLAINER = "explainer"
    MEDIATOR = "mediator"
    SUPERVISOR = "supervisor"


ROLE_NAMES = {
    Role.PARTY_MEMBER: N_("党员"),
    Role.COMMITTEE: N_("居委会／业委会"),
    Role.PARTY_STAFF: N_("服务单位"),
    Role.AUDITOR: N_("监督人员"),
    Role.OPERATOR: N_("系统管理员"),
}

DUTY_NAMES = {
    Duty.INITIATOR: N_("发起人"),
    Duty.EXPLAINER: N_("政策宣讲员"),
    Duty.MEDIATOR: N_("调解员"),
    Duty.SUPERVISOR: N_("监督员"),
}

STAFF_ROLES = frozenset({Role.COMMITTEE, Role.AUDITOR, Role.OPERATOR})

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
DESK_CODE_LIFE = timedelta(hours=24)
# ASVS 5.0, 7.3: an idle session ends; staff see other people's data, so theirs ends sooner.
SESSION_IDLE = timedelta(days=30)
SESSION_IDLE_STAFF = timedelta(minutes=30)
SESSION_LIFE = timedelta(days=180)


def mask_name(name: str) -> str:
    """A name for those who need not know it: first character and two stars, which hide its length too."""
    first = name.strip()[:1]
    return f"{first}**" if first else ""


def mask_phone(phone: str | None) -> str:
    """A phone in E.164 with its middle hidden, as in 138****1234; empty when there is none."""
    if not phone:
        return ""
    local = phone.removeprefix("+86")
    if len(local) < 8:
        return "****"
    return f"{local[:3]}****{local[-4:]}"
