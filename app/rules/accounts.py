"""Accounts: roles and duties as granted per estate, and how long codes and sessions live."""

from __future__ import annotations

from datetime import datetime, timedelta
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
# ASVS 5.0, 7.3: an idle session ends; staff see other people's data, so theirs ends sooner. Whoever moderates, mediates,
# inspects or repairs does it from a phone on the way: within a week he comes by.
SESSION_IDLE = timedelta(days=30)
SESSION_IDLE_DUTY = timedelta(days=7)
SESSION_IDLE_STAFF = timedelta(minutes=30)
SESSION_LIFE = timedelta(days=180)
# Staff show a second factor (ASVS 5.0, 6.3.3): six digits that a phone makes anew every thirty seconds (RFC 6238).
SECOND_FACTOR_TRIES = 5
SECOND_FACTOR_WINDOW = timedelta(minutes=15)
SECOND_FACTOR_SET_UP = timedelta(minutes=15)
SECOND_FACTOR_STEP = 30
RECOVERY_CODES = 10

# A number that nobody uses goes to somebody else after ninety days. A proof of the phone stands for sixty; the use of
# a session stands for one only while the phone it began with was proved within the other thirty.
NUMBER_RESTS = timedelta(days=90)
PROOF_LIFE = timedelta(days=60)
PROOF_BY_USE = NUMBER_RESTS - PROOF_LIFE
BROWSER_KNOWN = timedelta(days=365)
BROWSER_ACCOUNTS = 5
# How long "this phone has just been proved" may wait for the rest, and how often the rest may be wrong in an hour.
CONFIRM_LIFE = timedelta(minutes=15)
CONFIRM_TRIES = 5
PICTURE_LIFE = timedelta(minutes=5)
# Whoever pumps messages has no use for the codes; people use nearly all of theirs.
CODES_JUDGED = 50
CODES_USED_PERCENT = 30


def is_same_holder(
    *, proved_at: datetime, known_at: datetime | None, forgotten_at: datetime | None, now: datetime
) -> bool:
    """Whether a right code alone shows that the person is the one he was.

    It does while the last proof is at most `PROOF_LIFE` old, and in a browser that was signed in to the account since
    (`known_at`), unless the person signed out everywhere after that.
    """
    if now - proved_at <= PROOF_LIFE:
        return True
    if known_at is None or now - known_at > BROWSER_KNOWN:
        return False
    return forgotten_at is None or known_at > forgotten_at


def is_old_entry(*, entered_at: datetime, at: datetime) -> bool:
    """Whether a register's word of a number was so old when an account came that the number may be somebody else's by then."""
    return at - entered_at > PROOF_LIFE


def too_few_used(*, sent: int, used: int) -> bool:
    """Whether so few of the last codes were used that somebody seems to send them for their own sake."""
    return sent >= CODES_JUDGED and used * 100 < sent * CODES_USED_PERCENT


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
