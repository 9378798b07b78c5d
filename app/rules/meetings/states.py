"""The states of a meeting: what is stored, what the clock makes of it, and the steps the table allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from app.errors import N_, Conflict, Refusal

# People come early; the code at the door works from then on.
DOOR_OPENS = timedelta(minutes=30)


class MeetingState(StrEnum):
    """What is stored. An accepted objection takes a record back to `invited`, where its next version is written."""

    DRAFT = "draft"
    INVITED = "invited"
    RECORD = "record"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """What holds now: between invitation and record the clock decides."""

    DRAFT = "draft"
    COMING = "coming"
    RUNNING = "running"
    HELD = "held"
    RECORD = "record"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


PHASE_NAMES = {
    Phase.DRAFT: N_("草稿"),
    Phase.COMING: N_("即将召开"),
    Phase.RUNNING: N_("正在开会"),
    Phase.HELD: N_("已开完，等纪要"),
    Phase.RECORD: N_("纪要待确认"),
    Phase.CONFIRMED: N_("纪要已确认"),
    Phase.CANCELLED: N_("已取消"),
}

MOVES: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.DRAFT: frozenset({MeetingState.INVITED, MeetingState.CANCELLED}),
    MeetingState.INVITED: frozenset({MeetingState.RECORD, MeetingState.CANCELLED}),
    MeetingState.RECORD: frozenset({MeetingState.INVITED, MeetingState.CONFIRMED}),
    MeetingState.CONFIRMED: frozenset(),
    MeetingState.CANCELLED: frozenset(),
}


def phase_at(state: MeetingState, starts_at: datetime, ends_at: datetime, now: datetime) -> Phase:
    """What holds at `now`; a meeting runs from its start, that instant in, to its end, that instant out."""
    if state is not MeetingState.INVITED:
        return Phase(state.value)
    if now < starts_at:
        return Phase.COMING
    return Phase.RUNNING if now < ends_at else Phase.HELD


def move(phase: Phase, state: MeetingState, target: MeetingState) -> MeetingState:
    """The target, when the table allows the step; raises `Conflict` (`bad_move`) that names what holds now."""
    if target not in MOVES[state]:
        raise Conflict(
            N_("会议现在是“%(phase)s”，这一步不能做，请刷新页面看最新状态"),
            code="bad_move",
            phase=Refusal(PHASE_NAMES[phase]),
        )
    return target


def is_door_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether the code at the door signs people in: half an hour before the start until the end."""
    return starts_at - DOOR_OPENS <= now < ends_at
