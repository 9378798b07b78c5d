"""Mediation: the usual month of a case, and the thirty days for judicial confirmation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from app.errors import N_, Conflict, Invalid
from app.rules.calendar import BEIJING, period_end

# The usual target of one month a case (Ningbo 2015 art. 27): a reminder to the mediator, never an end of the case.
TARGET_DAYS = 30
# 人民调解法 art. 33, 民事诉讼法 (2023) art. 205.
COURT_DAYS = 30
COURT_NOTICE = timedelta(days=7)
LONGEST_OFFER = 180
LONGEST_CHECK = 3660


def target_of(taken_at: datetime, is_rest_day: Callable[[date], bool]) -> datetime:
    return period_end(taken_at, TARGET_DAYS, is_rest_day)


def court_end(effective_on: date, is_rest_day: Callable[[date], bool]) -> datetime:
    """The first instant at which both can no longer apply together: the day of taking effect is not counted
    (Civil Code art. 201), and a last day that is a rest day rolls on (art. 203)."""
    return period_end(datetime.combine(effective_on, time(12), BEIJING), COURT_DAYS, is_rest_day)


def end_of_day(day: date, *, now: datetime, most: int, field: str) -> datetime:
    """The first instant after a day that still lies ahead, at most `most` days away. Raises `Invalid`."""
    end = datetime.combine(day, time(), BEIJING) + timedelta(days=1)
    if end <= now:
        raise Invalid(N_("这一天已经过去，请选今天或以后的日子"), field=field)
    if end > now + timedelta(days=most + 1):
        raise Invalid(N_("日子太远，最多 %(most)s 天以后"), field=field, most=most)
    return end


def check_paper_day(signed_on: date, *, frozen_at: datetime, now: datetime) -> date:
    """The day written on the paper: not before its text was fixed, and not tomorrow. Raises `Invalid`."""
    if signed_on > now.astimezone(BEIJING).date():
        raise Invalid(N_("签字的日子还没有到，请填写协议书上最后一个人签字的日子"), field="signed_on")
    if signed_on < frozen_at.astimezone(BEIJING).date():
        raise Invalid(N_("签字的日子早于协议文本定稿的日子，请核对协议书"), field="signed_on")
    return signed_on


def ensure_court_open(court_until: datetime, applied_on: date, *, effective_on: date, now: datetime) -> date:
    """The day of the joint application: within the thirty days. Raises `Invalid` or `Conflict` (`too_late`)."""
    if applied_on > now.astimezone(BEIJING).date():
        raise Invalid(N_("这一天还没有到，请填写实际办理的日子"), field="on")
    if applied_on < effective_on:
        raise Invalid(N_("这一天早于协议生效的日子，请核对"), field="on")
    if datetime.combine(applied_on, time(), BEIJING) >= court_until:
        raise Conflict(
            N_("协议生效已过 30 天，法院不再受理共同申请司法确认。协议仍有法律约束力，对方不履行时可以起诉"),
            code="too_late",
            field="on",
        )
    return applied_on


def whole_days_left(until: datetime, now: datetime) -> int:
    """How many days remain, today counted as one; 0 when it is over."""
    if now >= until:
        return 0
    last = (until - timedelta(microseconds=1)).astimezone(BEIJING).date()
    return (last - now.astimezone(BEIJING).date()).days + 1
