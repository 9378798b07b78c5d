"""Who answers for a fault: the dated table of parties, and the first receiver who keeps an order until another accepts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from app.errors import N_, Conflict, Invalid
from app.rules.maintenance.warranty import Decision

# After this many refusals in a row the committee decides, and a decision is not refused.
MOST_REFUSALS = 2
_REASON_LEAST = 5


class PartyKind(StrEnum):
    CONTRACTOR = "contractor"
    PROPERTY = "property"
    UTILITY = "utility"
    DEPARTMENT = "department"
    LIFT_FIRM = "lift_firm"
    COMMITTEE = "committee"


PARTY_KIND_NAMES = {
    PartyKind.CONTRACTOR: N_("施工单位"),
    PartyKind.PROPERTY: N_("物业服务企业"),
    PartyKind.UTILITY: N_("专业经营单位"),
    PartyKind.DEPARTMENT: N_("政府部门"),
    PartyKind.LIFT_FIRM: N_("电梯维护保养单位"),
    PartyKind.COMMITTEE: N_("居委会"),
}


class Basis(StrEnum):
    """Why a party answers."""

    WARRANTY = "warranty"
    CONTRACT = "contract"
    HAND_OVER = "hand_over"
    STATUTE = "statute"
    RULING = "ruling"
    DEFAULT = "default"


BASIS_NAMES = {
    Basis.WARRANTY: N_("保修期内由施工单位维修并赔偿损失（《建设工程质量管理条例》第四十一条）"),
    Basis.CONTRACT: N_("服务合同约定"),
    Basis.HAND_OVER: N_("移交单"),
    Basis.STATUTE: N_("水电气热和通信单位负责小区内相关管线和设施设备（《物业管理条例》第五十一条）"),
    Basis.RULING: N_("居委会裁定"),
    Basis.DEFAULT: N_("没有登记责任方，先由居委会接办"),
}


@dataclass(frozen=True, slots=True)
class Duty:
    """One row: who answers for a facility and a family of faults, from day to day; an empty field fits all."""

    party: str
    basis: Basis
    valid_from: date
    valid_to: date | None = None
    facility: str = ""
    fault: str = ""

    def fits(self, facility: str, fault: str, on: date) -> bool:
        return (
            self.valid_from <= on
            and (self.valid_to is None or on <= self.valid_to)
            and self.facility in ("", facility)
            and self.fault in ("", fault)
        )


class Responsible(NamedTuple):
    party: str
    basis: Basis


def responsible_for(
    duties: Iterable[Duty],
    *,
    facility: str,
    fault: str,
    on: date,
    fallback: str,
    warranty: Decision | None = None,
    contractor: str = "",
) -> Responsible:
    """Who answers on that day: the contractor under warranty, else the nearest row of the table, else `fallback`.

    A row that names the facility comes before one that names the fault only; among equals the newest counts.
    """
    if contractor and warranty is not None and warranty.contractor_pays:
        return Responsible(contractor, Basis.WARRANTY)
    fitting = [duty for duty in duties if duty.fits(facility, fault, on)]
    if not fitting:
        return Responsible(fallback, Basis.DEFAULT)
    nearest = max(fitting, key=lambda duty: (bool(duty.facility), bool(duty.fault), duty.valid_from))
    return Responsible(nearest.party, nearest.basis)


class Reply(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Handing:
    """One party asked to take the order; `ruled` when the committee decided that it must."""

    party: str
    asked_at: datetime
    refuse_by: datetime
    reply: Reply | None = None
    ruled: bool = False


class Holding(NamedTuple):
    """Who holds the order, who is asked besides, and whether the committee has to decide."""

    party: str
    asked: str
    needs_ruling: bool


def holding(handings: Sequence[Handing], now: datetime) -> Holding:
    """Whose the order is at `now`: the first receiver's until another accepts; silence is no acceptance.

    The first of `handings` is the first receiver's own; a ruled one holds without being accepted. The committee
    has to decide when the one asked let the time for refusing pass without a word, or enough have refused.
    Raises `ValueError` without a handing.
    """
    if not handings:
        raise ValueError("an order that was never handed to anyone has no holder")
    taken = [one for one in handings if one.ruled or one.reply is Reply.ACCEPTED]
    holder = taken[-1] if taken else handings[0]
    last = handings[-1]
    waiting = last.reply is None and not last.ruled
    silent = waiting and now >= last.refuse_by
    return Holding(holder.party, last.party if waiting else "", silent or refusals(handings) >= MOST_REFUSALS)


def refusals(handings: Sequence[Handing]) -> int:
    """How many have refused since the order was last accepted or ruled upon."""
    count = 0
    for one in handings:
        if one.ruled or one.reply is Reply.ACCEPTED:
            count = 0
        elif one.reply is Reply.REFUSED:
            count += 1
    return count


def ensure_refusable(handing: Handing, now: datetime, *, reason: str) -> None:
    """Raises `Conflict` (`ruled`, `answered`, `refuse_late`), or `Invalid` (`no_reason`) for a refusal without one."""
    if handing.ruled:
        raise Conflict(N_("居委会已裁定由您处理，不能退单；不服可以向街道反映，维修先做"), code="ruled")
    if handing.reply is not None:
        raise Conflict(N_("您已经答复过这张工单，请刷新页面看最新状态"), code="answered")
    if now >= handing.refuse_by:
        raise Conflict(N_("退单时限已过，请先处理；确实不属于您的，请居委会裁定"), code="refuse_late")
    if len("".join(reason.split())) < _REASON_LEAST:
        raise Invalid(
            N_("退单请写明理由和应由谁负责，至少 %(least)s 个字"),
            code="no_reason",
            field="note",
            least=_REASON_LEAST,
        )
