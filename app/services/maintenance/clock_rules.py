"""An estate's own rules for its clocks: which are in force, a new one from tomorrow on, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.maintenance.clocks import ClockRule
from app.models.maintenance.parties import Party
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.clockrules import DEFAULT, SOURCE, ClockKind, Urgency
from app.rules.maintenance.terms import Term
from app.rules.maintenance.workcalendar import day_of
from app.rules.text import clean_line
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.parties import find_party
from app.services.trail import Actor

MOST_SOURCE = 200
_MOST_AHEAD = timedelta(days=730)
PLACES = {"common": N_("公共部位"), "private": N_("户内")}
# How long residents may ask for more after the end of an order is one of the settings, not a rule.
RULED = tuple(kind for kind in ClockKind if kind is not ClockKind.APPEAL)


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule; `id` is None for what the product brings. Empty fields fit everything."""

    id: UUID | None
    clock: ClockKind
    term: Term
    category: str
    urgency: Urgency | None
    party: str
    place: str
    source: str
    valid_from: date | None
    valid_to: date | None

    def is_coming(self, today: date) -> bool:
        return self.valid_from is not None and self.valid_from > today

    def is_over(self, today: date) -> bool:
        return self.valid_to is not None and self.valid_to < today


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRule:
    """A rule as typed; every field is text, and an empty one fits everything."""

    clock: str = ""
    measure: str = ""
    amount: str = ""
    category: str = ""
    urgency: str = ""
    party: str = ""
    place: str = ""
    source: str = ""
    valid_from: str = ""


def default_rules() -> list[RuleView]:
    """What the product brings, in force where no rule of the estate's own fits."""
    return [
        RuleView(None, rule.clock, rule.term, "", rule.urgency, "", "", SOURCE, None, None)
        for rule in DEFAULT
        if rule.clock in RULED
    ]


def own_rules(session: Session, *, estate_id: UUID) -> Sequence[RuleView]:
    """All rules the estate ever had, by clock, the newest first."""
    query = (
        select(ClockRule, Party)
        .outerjoin(Party, col(Party.id) == col(ClockRule.party_id))
        .where(ClockRule.estate_id == estate_id)
        .order_by(col(ClockRule.clock), col(ClockRule.valid_from).desc())
    )
    return [
        RuleView(
            rule.id,
            rule.clock,
            Term(rule.measure, rule.amount),
            rule.category,
            rule.urgency,
            party.name if party else "",
            rule.place,
            rule.source,
            rule.valid_from,
            rule.valid_to,
        )
        for rule, party in session.exec(query)
    ]


def add_rule(
    session: Session, *, estate_id: UUID, rule_id: UUID, typed: TypedRule, actor: Actor, now: datetime
) -> None:
    """A rule from tomorrow or a later day on; one that fits the same and has no end yet ends the day before.

    Orders whose clock runs keep the term they were given. Raises `Invalid` (`rule_under_open_orders`) for today or a day
    that is past, `Invalid` naming another field, and `Conflict` (`same_day`) for a second one of the same day.
    """
    lock_register(session, estate_id=estate_id)
    present = session.get(ClockRule, rule_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    rule = _read(session, estate_id, rule_id, typed, actor, now)
    _end_earlier(session, rule)
    session.add(rule)
    session.flush()
    _record(session, rule, "add", actor, now, reason=rule.source)


def _read(
    session: Session, estate_id: UUID, rule_id: UUID, typed: TypedRule, actor: Actor, now: datetime
) -> ClockRule:
    if typed.clock not in RULED:
        raise Invalid(N_("请选择是哪一种时限"), code="required", field="clock")
    if typed.category and typed.category not in CATEGORIES:
        raise Invalid(N_("没有这一类，请从列表里重新选择"), code="unknown_category", field="category")
    if typed.urgency and typed.urgency not in list(Urgency):
        raise Invalid(N_("请从列表里选择紧急程度"), code="unknown", field="urgency")
    if typed.place and typed.place not in PLACES:
        raise Invalid(N_("请从列表里选择地点"), code="unknown", field="place")
    term = Term.from_json({"measure": typed.measure, "amount": _whole(typed.amount)})
    return ClockRule(
        id=rule_id,
        estate_id=estate_id,
        clock=ClockKind(typed.clock),
        measure=term.measure,
        amount=term.amount,
        category=typed.category,
        urgency=Urgency(typed.urgency) if typed.urgency else None,
        party_id=_party(session, estate_id, typed.party),
        place=typed.place,
        source=_source(typed.source),
        valid_from=_first_day(typed.valid_from, now),
        recorded_by=actor.id,
        recorded_at=now,
    )


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _party(session: Session, estate_id: UUID, text: str) -> UUID | None:
    if not text:
        return None
    try:
        party_id = UUID(text)
    except ValueError:
        raise Invalid(N_("请从列表里选择责任方"), code="unknown", field="party") from None
    return find_party(session, estate_id=estate_id, party_id=party_id).id


def _source(text: str) -> str:
    text = clean_line(text, most=MOST_SOURCE, field="source")
    if not text:
        raise Invalid(
            N_("请写明依据，例如物业合同第几条、居民会议哪天的决定"), code="required", field="source"
        )
    return text


def _first_day(text: str, now: datetime) -> date:
    today = day_of(now)
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), code="bad_day", field="valid_from") from None
    if day <= today:
        raise Invalid(
            N_("新规则最早从明天起生效：已经在办的工单按原来的时限办，不能办到一半改规则"),
            code="rule_under_open_orders",
            field="valid_from",
        )
    if day > today + _MOST_AHEAD:
        raise Invalid(N_("生效日期太远，请填两年以内的日期"), code="bad_day", field="valid_from")
    return day


def _end_earlier(session: Session, rule: ClockRule) -> None:
    """The rule that fits exactly the same orders ends the day before, or it would come back once this one ends."""
    same = select(ClockRule).where(
        ClockRule.estate_id == rule.estate_id,
        ClockRule.clock == rule.clock,
        ClockRule.category == rule.category,
        ClockRule.place == rule.place,
        col(ClockRule.urgency).is_(None) if rule.urgency is None else ClockRule.urgency == rule.urgency,
        col(ClockRule.party_id).is_(None) if rule.party_id is None else ClockRule.party_id == rule.party_id,
        col(ClockRule.valid_to).is_(None) | (col(ClockRule.valid_to) >= rule.valid_from),
    )
    for earlier in session.exec(same):
        if earlier.valid_from == rule.valid_from:
            raise Conflict(
                N_("同样范围的规则已有一条从这一天起生效，请换一个生效日期"),
                code="same_day",
                field="valid_from",
            )
        if earlier.valid_from < rule.valid_from:
            earlier.valid_to = rule.valid_from - timedelta(days=1)
            session.add(earlier)


def end_rule(
    session: Session, *, estate_id: UUID, rule_id: UUID, last_day: str, actor: Actor, now: datetime
) -> None:
    """The last day on which a rule is given to new clocks: today at the earliest. Running clocks keep it.

    Raises `NotFound` for another estate's, `Conflict` (`over`) for one that has ended, `Invalid` naming `last_day`.
    """
    lock_register(session, estate_id=estate_id)
    rule = session.get(ClockRule, rule_id)
    if rule is None or rule.estate_id != estate_id:
        raise NotFound(N_("没有找到这条规则"))
    today = day_of(now)
    if rule.valid_to is not None and rule.valid_to < today:
        raise Conflict(N_("这条规则已经结束了"), code="over")
    try:
        last = date.fromisoformat(last_day.strip())
    except ValueError:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), code="bad_day", field="last_day") from None
    if last < max(today, rule.valid_from) or (rule.valid_to is not None and last > rule.valid_to):
        raise Invalid(
            N_("最后一天不能早于今天，也不能早于生效那天或晚于原来的最后一天"),
            code="rule_under_open_orders",
            field="last_day",
        )
    if rule.valid_to == last:
        return  # the same form once more
    before, rule.valid_to = rule.valid_to, last
    session.add(rule)
    session.flush()
    _record(session, rule, "end", actor, now, old={"valid_to": str(before) if before else ""})


def _record(
    session: Session,
    rule: ClockRule,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    trail.record(
        session,
        tag=f"maintenance:rule:{verb}",
        actor=actor,
        now=now,
        estate_id=rule.estate_id,
        subject_kind="clock_rule",
        subject_id=rule.id,
        old=old,
        new={
            "clock": rule.clock.value,
            "measure": rule.measure.value,
            "amount": rule.amount,
            "category": rule.category,
            "urgency": rule.urgency.value if rule.urgency else "",
            "party": str(rule.party_id or ""),
            "place": rule.place,
            "valid_from": str(rule.valid_from),
            "valid_to": str(rule.valid_to or ""),
        },
        reason=reason,
    )
