"""Proposals: what an estate has set for itself, with the defaults where it has set nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Invalid, Refusal
from app.models.proposals import ConsultationSettings
from app.rules.proposals import deadlines, support
from app.rules.proposals.deadlines import AnswerRules
from app.rules.proposals.support import MOST_PARTS, SCOPE_NAMES, Scope, SupportRules
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.accounts.phones import is_mobile, read_phone
from app.services.estates.units import lock_register
from app.services.trail import Actor

MOST_OFFICE, MOST_WORD, MOST_WORDS = 50, 20, 300
_PARTS = {
    "parts": N_("每百户里几户"),
    "minimum": N_("最少几户"),
    "maximum": N_("最多几户"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """An estate's rules for proposals and talk."""

    support: SupportRules = support.DEFAULT
    answer: AnswerRules = deadlines.DEFAULT
    words: tuple[str, ...] = ()
    street_name: str = ""
    street_phone: str = ""


def read_settings(session: Session, *, estate_id: UUID) -> Settings:
    row = session.get(ConsultationSettings, estate_id)
    if row is None:
        return Settings()
    return Settings(
        support=SupportRules.from_json(row.support) if row.support else support.DEFAULT,
        answer=AnswerRules.from_json(row.answer) if row.answer else deadlines.DEFAULT,
        words=tuple(row.words.split("\n")) if row.words else (),
        street_name=row.street_name,
        street_phone=row.street_phone,
    )


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent; `numbers` are named as the rules name them: `estate.parts`, `answer_days`."""

    numbers: Mapping[str, str]
    words: str = ""
    street_name: str = ""
    street_phone: str = ""


def number_names() -> tuple[str, ...]:
    """Every whole number of the form, in the order in which it is read."""
    scopes = (f"{scope}.{part}" for scope in Scope for part in _PARTS)
    return (*scopes, "gathering_days", "answer_days", "street_days")


def as_typed(settings: Settings) -> Typed:
    """The settings in force, as the form shows them first."""
    support_rules = settings.support.to_json()
    numbers = {f"{scope}.{part}": str(support_rules[scope][part]) for scope in Scope for part in _PARTS}
    numbers["gathering_days"] = str(settings.support.gathering_days)
    numbers |= {name: str(days) for name, days in settings.answer.to_json().items()}
    return Typed(numbers, "\n".join(settings.words), settings.street_name, settings.street_phone)


def read_typed(typed: Typed) -> Settings:
    """What was typed as settings; raises `Invalid` naming the field at fault."""
    whole = {name: _whole(typed.numbers.get(name, "")) for name in number_names()}
    scopes = {scope.value: {part: whole[f"{scope}.{part}"] for part in _PARTS} for scope in Scope}
    try:
        support_rules = SupportRules.from_json({**scopes, "gathering_days": whole["gathering_days"]})
    except Invalid as refusal:
        raise _in_words(refusal.field) from None
    answer = AnswerRules.from_json({name: whole[name] for name in ("answer_days", "street_days")})
    return Settings(
        support=support_rules,
        answer=answer,
        words=_words(typed.words),
        street_name=clean_line(typed.street_name, most=MOST_OFFICE, field="street_name"),
        street_phone=_street_phone(typed.street_phone),
    )


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _in_words(field: str) -> Invalid:
    """The refusal of the rules with the names people see on the form."""
    scope, _, part = field.partition(".")
    if not part:
        return Invalid(N_("征集天数请填 1 到 365 的整数"), code="bad_support_rules", field=field)
    return Invalid(
        N_("%(scope)s的“%(part)s”请填整数：每百户里不超过 %(most)s 户，最少户数不超过最多户数"),
        code="bad_support_rules",
        field=field,
        scope=Refusal(SCOPE_NAMES[Scope(scope)]),
        part=Refusal(_PARTS[part]),
        most=MOST_PARTS,
    )


def _words(text: str) -> tuple[str, ...]:
    lines = clean_text(text, most=MOST_WORD * MOST_WORDS, field="words").split("\n")
    words = tuple(dict.fromkeys(filter(None, (" ".join(line.split()) for line in lines))))
    if len(words) > MOST_WORDS or any(len(word) > MOST_WORD for word in words):
        raise Invalid(
            N_("提示词一行一个，每个不超过 %(most)s 个字，最多 %(lines)s 个"),
            code="bad_words",
            field="words",
            most=MOST_WORD,
            lines=MOST_WORDS,
        )
    return words


def _street_phone(text: str) -> str:
    if not text.strip():
        return ""
    number = read_phone(text)
    if number is None or not is_mobile(number):
        raise Invalid(N_("请填街道办能收短信的手机号，没有就留空"), code="bad_phone", field="street_phone")
    return number


def save_settings(
    session: Session, *, estate_id: UUID, settings: Settings, actor: Actor, now: datetime
) -> None:
    """Set an estate's rules; they hold for what is published, and for answers that become due, from now on.

    What equals the defaults is kept as the defaults. A save without a change leaves no trace.
    """
    lock_register(session, estate_id=estate_id)
    old = read_settings(session, estate_id=estate_id)
    if old == settings:
        return
    row = session.get(ConsultationSettings, estate_id) or ConsultationSettings(
        estate_id=estate_id, support={}, answer={}
    )
    row.support = {} if settings.support == support.DEFAULT else settings.support.to_json()
    row.answer = {} if settings.answer == deadlines.DEFAULT else settings.answer.to_json()
    row.words = "\n".join(settings.words)
    row.street_name, row.street_phone = settings.street_name, settings.street_phone
    session.add(row)
    session.flush()
    trail.record(
        session,
        tag="proposals:settings:save",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="estate",
        subject_id=estate_id,
        old=_shown(old),
        new=_shown(settings),
    )


def _shown(settings: Settings) -> dict[str, object]:
    return {
        **settings.support.to_json(),
        **settings.answer.to_json(),
        "words": "、".join(settings.words),
        "street_name": settings.street_name,
        "street_phone": bool(settings.street_phone),
    }
