"""Moderation in the open: reasons, bounds, hints from a word list, and who may not judge."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.errors import N_, Invalid, NotAllowed
from app.rules.accounts import STAFF_ROLES, Role
from app.rules.calendar import period_end
from app.rules.search import normalize
from app.rules.text import clean_text

MUTE_LEAST, MUTE_MOST = 1, 30
REASON_LEAST, REASON_MOST = 10, 500
# A list longer than this is no longer somebody's judgement.
MOST_WORDS = 500


class ReportKind(StrEnum):
    """Why a post is reported, and in the same words why it is hidden."""

    INSULT = "insult"
    PRIVACY = "privacy"
    FALSEHOOD = "falsehood"
    ADVERTISING = "advertising"
    OFF_TOPIC = "off_topic"
    UNLAWFUL = "unlawful"
    OTHER = "other"


class Act(StrEnum):
    """What a moderator does; every act is a row of the public log."""

    HIDE = "hide"
    RESTORE = "restore"
    WARN = "warn"
    MUTE = "mute"
    UNMUTE = "unmute"
    APPROVE = "approve"
    REFUSE = "refuse"
    DISMISS = "dismiss"
    PREAPPROVE = "preapprove"
    PUBLISH_FIRST = "publish_first"


class Reach(StrEnum):
    """How far a mute goes: over all talk of the estate, or over one thread."""

    ESTATE = "estate"
    THREAD = "thread"


REPORT_NAMES = {
    ReportKind.INSULT: N_("辱骂或人身攻击"),
    ReportKind.PRIVACY: N_("泄露他人隐私"),
    ReportKind.FALSEHOOD: N_("内容不实"),
    ReportKind.ADVERTISING: N_("广告"),
    ReportKind.OFF_TOPIC: N_("与议题无关"),
    ReportKind.UNLAWFUL: N_("违法内容"),
    ReportKind.OTHER: N_("其他"),
}

ACT_NAMES = {
    Act.HIDE: N_("隐藏发言"),
    Act.RESTORE: N_("恢复发言"),
    Act.WARN: N_("提醒"),
    Act.MUTE: N_("禁言"),
    Act.UNMUTE: N_("解除禁言"),
    Act.APPROVE: N_("审核通过"),
    Act.REFUSE: N_("审核不通过"),
    Act.DISMISS: N_("举报不成立"),
    Act.PREAPPROVE: N_("改为先审后发"),
    Act.PUBLISH_FIRST: N_("恢复先发后审"),
}

# These take something from a neighbour, who is told why; the others give.
NEEDS_REASON = frozenset({Act.HIDE, Act.WARN, Act.MUTE, Act.REFUSE, Act.PREAPPROVE})


def clean_reason(text: str, *, field: str = "reason") -> str:
    """The written reason, cleaned; raises `Invalid` when it is too short to say anything, or too long."""
    reason = clean_text(text, most=REASON_MOST, field=field)
    if len(reason) < REASON_LEAST:
        raise Invalid(
            N_("请写明理由，至少 %(least)s 个字，当事人和居民都会看到"),
            code="reason_too_short",
            field=field,
            least=REASON_LEAST,
        )
    return reason


def clean_report(kind: ReportKind, text: str) -> str:
    """What a reporter adds: may be empty, but not for `other`; raises `Invalid`."""
    words = clean_text(text, most=REASON_MOST, field="words")
    if kind is ReportKind.OTHER and not words:
        raise Invalid(N_("选了“其他”，请写一句是什么问题"), code="words_needed", field="words")
    return words


def mute_ends(now: datetime, days: int) -> datetime:
    """When a mute given now is over: 24:00 of its last day; raises `Invalid` outside 1 to 30 days."""
    if type(days) is not int or not MUTE_LEAST <= days <= MUTE_MOST:
        raise Invalid(
            N_("禁言天数要在 %(least)s 到 %(most)s 之间"),
            code="bad_mute_days",
            field="days",
            least=MUTE_LEAST,
            most=MUTE_MOST,
        )
    return period_end(now, days, lambda _: False)


def reach_of_mute(author_roles: Iterable[Role], *, by_committee: bool, in_thread: bool) -> Reach | None:
    """How far this judge's mute of this author goes; None where he may not mute him.

    The committee mutes in the whole estate, a moderator in the thread he was appointed to. Nobody mutes the committee or
    the street: who must answer the neighbours is not silenced.
    """
    if STAFF_ROLES & set(author_roles):
        return None
    if by_committee:
        return Reach.ESTATE
    return Reach.THREAD if in_thread else None


def ensure_may_mute(author_roles: Iterable[Role], *, by_committee: bool, in_thread: bool) -> Reach:
    """The same for one who is about to mute.

    Raises `NotAllowed`: `staff_not_muted`, or `not_estate_wide` for a party member who judges a proposal, which stands in
    no thread.
    """
    roles = frozenset(author_roles)
    reach = reach_of_mute(roles, by_committee=by_committee, in_thread=in_thread)
    if reach:
        return reach
    if STAFF_ROLES & roles:
        raise NotAllowed(
            N_("居委会和街道的工作人员要回应居民，不能禁言；内容不妥可以隐藏或提醒"), code="staff_not_muted"
        )
    raise NotAllowed(
        N_("在全小区禁言由居委会决定；您可以隐藏或提醒，需要禁言请报给居委会"), code="not_estate_wide"
    )


def ensure_may_judge(judge: UUID, *, author: UUID, decided_by: UUID | None = None) -> None:
    """Nobody judges his own post, nor an appeal against his own decision; raises `NotAllowed`."""
    if judge == author:
        raise NotAllowed(N_("这是您自己发的内容，请由其他管理人员处理"), code="own_content")
    if judge == decided_by:
        raise NotAllowed(N_("这个申诉针对您自己的决定，请由其他人处理"), code="own_decision")


@dataclass(frozen=True, slots=True)
class Place:
    """A building and an entrance; both empty is the whole estate, no entrance the whole building."""

    building: str = ""
    entrance: str = ""


def has_interest(homes: Iterable[Place], scope: Place) -> bool:
    """Whether a moderator lives or owns in what is talked about, which is then shown at every act.

    In a matter of the whole estate everyone has the same interest, and the mark would say nothing.
    """
    if not scope.building:
        return False
    return any(home.building == scope.building and scope.entrance in ("", home.entrance) for home in homes)


def word_hints(text: str, words: Iterable[str]) -> list[str]:
    """The listed words a text holds, whatever width, case, spaces, signs or invisible characters part them.

    A hint to the moderator and never a gate: innocent neighbours of two words are found as well.
    """
    bare = _bare(text)
    sought = dict.fromkeys(word for word in list(words)[:MOST_WORDS])
    return [word for word in sought if (core := _bare(word)) and core in bare]


def _bare(text: str) -> str:
    """Letters, digits and Chinese characters alone."""
    return "".join(sign for sign in normalize(text) if unicodedata.category(sign)[0] in "LN")
