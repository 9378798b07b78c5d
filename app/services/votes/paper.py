"""Votes: paper sheets are numbered, printed, and voided when lost: one live sheet for each home of the roll."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.estates import Owner, Ownership
from app.models.votes import RollEntry, Vote
from app.models.votes.paper import PaperSheet, SheetState
from app.rules.estates import labels
from app.rules.text import clean_line
from app.rules.votes import serials
from app.rules.votes.states import State, phase
from app.services import outbox, trail
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.roll import current_entries, home_label

SHEET = table_of(PaperSheet)
LEAST_REASON, MOST_REASON = 4, 200
RUNNING = frozenset({State.NOTICED, State.OPEN})


@dataclass(frozen=True, slots=True)
class Slip:
    """A sheet as it is printed: whose home, which serial."""

    serial: str
    unit_id: UUID
    label: str
    area: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One entrance, or building without entrances: how many homes of the roll, and how many of them have a live sheet."""

    building: str
    entrance: str
    label: str
    homes: int
    printed: int


def lock_noticed(session: Session, *, estate_id: UUID, vote_id: UUID) -> chain.LockedVote:
    """The vote's lock; `NotFound` for another estate's, `Conflict` (`not_noticed`, `annulled`) where paper has no place."""
    vote = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if vote is None:
        raise NotFound(N_("没有找到这次表决"))
    if State(vote.state) is State.DRAFT:
        raise Conflict(N_("公告发布以后才能印发纸质表决票"), code="not_noticed")
    if State(vote.state) is State.ANNULLED:
        raise Conflict(N_("这次表决已经作废，纸质表决票不再办理"), code="annulled")
    return vote


def _lock_printing(
    session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime
) -> tuple[chain.LockedVote, Vote]:
    locked = lock_noticed(session, estate_id=estate_id, vote_id=vote_id)
    if phase(State(locked.state), locked.opens_at, locked.closes_at, now) not in RUNNING:
        raise Conflict(N_("投票已经截止，不能再印发或更换纸质表决票"), code="closed")
    return locked, session.get_one(Vote, vote_id, populate_existing=True)


def issue_sheets(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    actor: Actor,
    now: datetime,
    building: str = "",
    entrance: str = "",
    unit_id: UUID | None = None,
) -> int:
    """Number a sheet for every home of the roll that has none, in the whole scope, one entrance, or one home; how many.

    Raises `Conflict` (`not_noticed`, `annulled`, `closed`), and `NotFound` where no home of the roll is meant.
    """
    _lock_printing(session, estate_id=estate_id, vote_id=vote_id, now=now)
    homes = _homes(session, vote_id, building, entrance, unit_id)
    if not homes:
        raise NotFound(N_("名册上没有这里的房屋，请检查选择的楼栋和单元"))
    live = {sheet.unit_id for sheet in _live(session, vote_id)}
    missing = [home for home in homes if home.unit_id not in live]
    _number(session, vote_id, missing, actor, now)
    if missing:
        where = home_label(homes[0]) if unit_id else _place(building, entrance)
        trail.record(
            session, tag="votes:sheet:print", actor=actor, now=now, estate_id=estate_id,
            subject_kind="vote", subject_id=vote_id, new={"sheets": len(missing), "where": where},
        )  # fmt: skip
    return len(missing)


def _place(building: str, entrance: str) -> str:
    return labels.building_label(building) + labels.entrance_label(entrance) if building else "全部"


def _homes(
    session: Session, vote_id: UUID, building: str, entrance: str, unit_id: UUID | None
) -> list[RollEntry]:
    """Homes of the roll in the order in which somebody walks past them."""
    homes = [
        entry
        for entry in current_entries(session, vote_id)
        if (not building or (entry.building, entry.entrance) == (building, entrance))
        and unit_id in {None, entry.unit_id}
    ]
    return sorted(
        homes,
        key=lambda home: (
            labels.in_order(home.building),
            labels.in_order(home.entrance),
            home.floor,
            labels.in_order(home.room),
        ),
    )


def _live(session: Session, vote_id: UUID) -> list[PaperSheet]:
    query = select(PaperSheet).where(PaperSheet.vote_id == vote_id, PaperSheet.state != SheetState.VOID)
    return list(session.exec(query))


def _number(
    session: Session, vote_id: UUID, homes: list[RollEntry], actor: Actor, now: datetime
) -> list[str]:
    """New sheets with serials that no sheet of this vote has had; the caller holds the vote's lock."""
    used = set(session.exec(select(PaperSheet.serial).where(PaperSheet.vote_id == vote_id)))
    rows = []
    for home in homes:
        serial = None
        while serial is None or serial in used:
            serial = serials.serial_of(secrets.randbelow(serials.SPACE))
        used.add(serial)
        rows.append(
            {
                "id": uuid4(), "vote_id": vote_id, "unit_id": home.unit_id, "serial": serial,
                "state": SheetState.ISSUED, "printed_at": now, "printed_by": actor.id, "void_reason": "",
            }
        )  # fmt: skip
    if rows:
        session.connection().execute(sa.insert(SHEET), rows)
    return [str(row["serial"]) for row in rows]


def slips(
    session: Session, *, vote_id: UUID, building: str = "", entrance: str = "", unit_id: UUID | None = None
) -> list[Slip]:
    """The live sheets of a part of the roll, in walking order: what is printed. Nothing has been done with them yet.

    A sheet that came back is not printed again.
    """
    live = {
        sheet.unit_id: sheet.serial for sheet in _live(session, vote_id) if sheet.state is SheetState.ISSUED
    }
    return [
        Slip(live[home.unit_id], home.unit_id, home_label(home), home.area)
        for home in _homes(session, vote_id, building, entrance, unit_id)
        if home.unit_id in live
    ]


def batches(session: Session, *, vote_id: UUID) -> list[Batch]:
    """The roll entrance by entrance, for the desk's list of what to print."""
    live = {sheet.unit_id for sheet in _live(session, vote_id)}
    groups: dict[tuple[str, str], list[RollEntry]] = {}
    for home in _homes(session, vote_id, "", "", None):
        groups.setdefault((home.building, home.entrance), []).append(home)
    return [
        Batch(
            building,
            entrance,
            _place(building, entrance),
            len(homes),
            sum(home.unit_id in live for home in homes),
        )
        for (building, entrance), homes in groups.items()
    ]


def homes_to_print(session: Session, *, vote_id: UUID) -> list[tuple[str, str]]:
    """Every home of the roll as (id, label), for choosing one."""
    return [(str(home.unit_id), home_label(home)) for home in _homes(session, vote_id, "", "", None)]


def get_sheet(session: Session, *, vote_id: UUID, serial: str) -> PaperSheet:
    """The sheet of a serial as it stands now; raises `NotFound`. The caller has made sure of the vote."""
    query = select(PaperSheet).where(PaperSheet.vote_id == vote_id, PaperSheet.serial == serial)
    sheet = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if sheet is None:
        raise NotFound(N_("本次表决没有印发过这个编号的票，请核对票面"))
    return sheet


def label_of(session: Session, vote_id: UUID, unit_id: UUID) -> str:
    """The home of a sheet in words, as the roll says it now; also of one struck off since."""
    query = select(RollEntry).where(RollEntry.vote_id == vote_id, RollEntry.unit_id == unit_id)
    return home_label(session.exec(query.order_by(col(RollEntry.revision))).all()[-1])


def void_sheet(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    serial: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Void a sheet that was lost or torn before it came back, and number a new one; its serial, or "" for a home struck off.

    Its owners are told. A sheet that came back was signed by its owner and cannot be voided: `Conflict` (`came_back`).
    Raises `Invalid` without a reason, `Conflict` (`closed`, `sheet_void`).
    """
    reason = clean_line(reason, most=MOST_REASON, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(N_("请写明作废的原因，至少 4 个字，比如“业主说票丢了”"), field="reason")
    locked, _ = _lock_printing(session, estate_id=estate_id, vote_id=vote_id, now=now)
    sheet = get_sheet(session, vote_id=vote_id, serial=serial)
    if sheet.state is SheetState.VOID:
        raise void_refusal(sheet)
    if sheet.state is not SheetState.ISSUED:
        raise Conflict(N_("这张票已经交回，业主签过名，不能作废"), code="came_back")
    sheet.state, sheet.void_reason = SheetState.VOID, reason
    session.add(sheet)
    session.flush()
    homes = _homes(session, vote_id, "", "", sheet.unit_id)
    fresh = "".join(_number(session, vote_id, homes, actor, now))
    trail.record(
        session, tag="votes:sheet:void", actor=actor, now=now, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, old={"serial": serial}, new={"serial": fresh}, reason=reason,
    )  # fmt: skip
    if fresh:
        _tell_owners(session, locked, sheet, homes[0], fresh, now)
    return fresh


def void_refusal(sheet: PaperSheet) -> Conflict:
    return Conflict(
        N_("这张票已经作废（%(reason)s），不能再用。请用后来补印的那一张"),
        code="sheet_void",
        reason=sheet.void_reason,
    )


def _tell_owners(
    session: Session,
    vote: chain.LockedVote,
    sheet: PaperSheet,
    home: RollEntry,
    fresh: str,
    now: datetime,
) -> None:
    """Whoever owns the home hears that its sheet was replaced: nobody swaps a ballot behind his back."""
    query = (
        select(Owner.account_id)
        .distinct()
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .where(Ownership.unit_id == sheet.unit_id, col(Owner.account_id).is_not(None))
    )
    values = {
        "title": vote.title, "home": home_label(home), "old": sheet.serial, "new": fresh,
        "reason": sheet.void_reason,
    }  # fmt: skip
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"sheet_void:{sheet.id}:{account_id}",
                template="sheet_void",
                now=now,
                account_id=account_id,
                estate_id=vote.estate_id,
                values=values,
                link=f"votes/{vote.id}",
            )
            for account_id in session.exec(query)
        ],
    )


def note_refusal(
    session: Session, *, estate_id: UUID, vote_id: UUID, act: str, what: str, code: str, actor: Actor, now: datetime
) -> None:  # fmt: skip
    """Leave in the trail that somebody tried something with a sheet that was refused; called after the attempt was undone."""
    known = session.exec(select(Vote.id).where(Vote.id == vote_id, Vote.estate_id == estate_id)).first()
    if known is None:
        raise NotFound(N_("没有找到这次表决"))
    trail.record(
        session, tag="votes:sheet:refused", actor=actor, now=now, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, new={"act": act, "sheet": what[:60], "why": code},
    )  # fmt: skip
