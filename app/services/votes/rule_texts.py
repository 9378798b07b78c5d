"""Votes: an estate's own rules (议事规则), version after version, and every rule set that a vote of the estate may name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.estates import Estate
from app.models.votes.rulesets import RuleText
from app.rules.calendar import BEIJING
from app.rules.text import clean_line, clean_text
from app.rules.votes.localities import LOCALITIES, NATIONAL_KEY, Locality, Saying, find_locality, key_of
from app.rules.votes.points import Figures, differing, ensure_figures, with_figures
from app.rules.votes.rulesets import NATIONAL, RuleSet
from app.rules.votes.silence import MOST_TEXT
from app.services import files, trail
from app.services.trail import Actor

OWN = "own"
OWN_PLACE = N_("本小区")
LEAST_TITLE = 4


@dataclass(frozen=True, slots=True)
class ChosenSet:
    """A rule set a vote may name. `binding` figures may not be set otherwise; `to_confirm` is told and was not verified.

    `own_platform`: no formal vote over the internet here; `silent_text` is the clause of the estate's own rules about silence.
    """

    key: str
    rules: RuleSet
    title: str = ""
    as_of: str = ""
    binding: frozenset[str] = frozenset()
    own_platform: bool = False
    to_confirm: tuple[Saying, ...] = ()
    silent_text: str = ""
    adopted_on: date | None = None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of the estate's own rules; `differs` names the figures that are others than those of the set it is based on."""

    version: int
    title: str
    adopted_on: date
    articles: str
    base: str
    rules: RuleSet
    differs: tuple[str, ...]
    silent_text: str
    file_id: UUID | None
    added_at: datetime

    @property
    def key(self) -> str:
        return key_of(OWN, self.version)


@dataclass(frozen=True, slots=True)
class NewRules:
    """A version as the form gives it: what differs from `base`, in which articles, and a scan if there is one."""

    version: int
    title: str
    adopted_on: date
    base: str
    figures: Figures
    articles: str
    silent_text: str = ""
    scan: tuple[str, bytes] | None = None


def list_sets(session: Session, *, estate_id: UUID) -> list[ChosenSet]:
    """The national set, the estate's own versions with the newest first, and the localities."""
    own = [_own_set(version) for version in list_versions(session, estate_id=estate_id)]
    return [_national(), *own, *(_local(locality) for locality in LOCALITIES)]


def find_set(session: Session, *, estate_id: UUID, key: str) -> ChosenSet:
    """The set of that key; raises `Invalid` for one that nobody can choose here."""
    code, _, number = key.partition("/")
    if key == NATIONAL_KEY:
        return _national()
    if number.isascii() and number.isdigit() and len(number) <= 6:
        locality = find_locality(code, int(number))
        if locality is not None:
            return _local(locality)
        row = session.get(RuleText, (estate_id, code, int(number))) if code == OWN else None
        if row is not None:
            return _own_set(_version(row))
    raise Invalid(N_("请在列出的规则里选一套"), code="no_rule_set", field="rule_set")


def set_of(session: Session, *, estate_id: UUID, rules: RuleSet) -> ChosenSet:
    """The set that stored rules name; the national one when the list no longer has it."""
    try:
        return find_set(session, estate_id=estate_id, key=key_of(rules.code, rules.version))
    except Invalid:
        return _national()


def _national() -> ChosenSet:
    return ChosenSet(NATIONAL_KEY, NATIONAL)


def _local(locality: Locality) -> ChosenSet:
    return ChosenSet(
        key=locality.key,
        rules=locality.rules,
        title=locality.text,
        as_of=locality.as_of,
        binding=locality.binding,
        own_platform=locality.own_platform,
        to_confirm=locality.to_confirm,
    )


def _own_set(version: RuleVersion) -> ChosenSet:
    code, _, number = version.base.partition("/")
    locality = find_locality(code, int(number))
    return ChosenSet(
        key=version.key,
        rules=version.rules,
        title=version.title,
        as_of=version.adopted_on.isoformat(),
        binding=locality.binding if locality else frozenset(),
        own_platform=locality.own_platform if locality else False,
        silent_text=version.silent_text,
        adopted_on=version.adopted_on,
    )


def list_versions(session: Session, *, estate_id: UUID) -> list[RuleVersion]:
    """The estate's own rules, the newest version first."""
    query = (
        select(RuleText)
        .where(RuleText.estate_id == estate_id, RuleText.code == OWN)
        .order_by(col(RuleText.version).desc())
    )
    return [_version(row) for row in session.exec(query)]


def _version(row: RuleText) -> RuleVersion:
    told = row.rules
    differs = told["differs"]
    assert isinstance(differs, list)
    return RuleVersion(
        version=row.version,
        title=row.title,
        adopted_on=row.adopted_on,
        articles=str(told["articles"]),
        base=str(told["base"]),
        rules=RuleSet.from_json(told["set"]),
        differs=tuple(str(name) for name in differs),
        silent_text=str(told["silent_text"]),
        file_id=row.file_id,
        added_at=row.added_at,
    )


def next_version(session: Session, *, estate_id: UUID) -> int:
    """The number the next version gets; a form carries it, so that a form sent twice adds one version."""
    query = select(sa.func.max(RuleText.version)).where(RuleText.estate_id == estate_id, RuleText.code == OWN)
    return (session.exec(query).one() or 0) + 1


def add_version(
    session: Session, *, estate_id: UUID, new: NewRules, actor: Actor, now: datetime
) -> RuleVersion:
    """Add the next version of the estate's own rules; none is ever changed.

    Raises `Invalid` at the field to mend, and `Conflict` (`version_taken`) when another version came in between.
    """
    # Two who add a version at once meet here, one after the other.
    session.exec(select(Estate).where(Estate.id == estate_id).with_for_update(key_share=True)).one()
    title, articles, base = _ensure_new(session, estate_id, new, now)
    source = f"《{title}》（{new.adopted_on.isoformat()} 通过）{articles}"
    rules = with_figures(base.rules, new.figures, source="")
    rules = replace(
        rules, code=OWN, version=new.version, place=OWN_PLACE, source=f"{source}；{base.rules.source}"
    )
    document: dict[str, object] = {
        "base": base.key,
        "set": rules.to_json(),
        "differs": list(differing(new.figures, base.rules)),
        "articles": articles,
        "silent_text": clean_text(new.silent_text, most=MOST_TEXT, field="silent_text"),
    }
    present = session.get(RuleText, (estate_id, OWN, new.version))
    if present is not None:
        same = (present.title, present.adopted_on, present.rules) == (title, new.adopted_on, document)
        if same and present.added_by == actor.id:
            return _version(present)
        raise Conflict(
            N_("第 %(version)s 版刚刚已经有人添加，请重新打开页面"), code="version_taken", version=new.version
        )
    if new.version != next_version(session, estate_id=estate_id):
        raise Conflict(N_("这张表单已经用过，请重新打开页面"), code="version_taken")
    row = RuleText(
        estate_id=estate_id,
        code=OWN,
        version=new.version,
        title=title,
        adopted_on=new.adopted_on,
        rules=document,
        file_id=_store(session, estate_id, new, actor, now),
        added_by=actor.id,
        added_at=now,
    )
    session.add(row)
    session.flush()
    trail.record(
        session,
        tag="votes:rules:add",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="estate",
        subject_id=estate_id,
        new={"version": row.version, "title": title, "adopted_on": row.adopted_on.isoformat()},
    )
    return _version(row)


def _ensure_new(
    session: Session, estate_id: UUID, new: NewRules, now: datetime
) -> tuple[str, str, ChosenSet]:
    """Title and articles as they are stored, and the set the version is based on."""
    title = clean_line(new.title, most=80, field="title")
    articles = clean_line(new.articles, most=300, field="articles")
    if len(title) < LEAST_TITLE:
        raise Invalid(N_("请写规则的名称，例如“幸福里小区业主大会议事规则”"), field="title")
    if new.adopted_on > now.astimezone(BEIJING).date():
        raise Invalid(N_("业主大会通过的日期还没有到，请核对"), field="adopted_on")
    base = find_set(session, estate_id=estate_id, key=new.base)
    if base.rules.code == OWN:
        raise Invalid(N_("请选全国通行规则或者一个地方的规则作比较"), field="base")
    ensure_figures(new.figures)
    ensure_binding(new.figures, base)
    if differing(new.figures, base.rules) and len(articles) < 3:
        raise Invalid(N_("有和所选规则不同的地方，请写明是议事规则的哪几条"), field="articles")
    return title, articles, base


def ensure_binding(figures: Figures, chosen: ChosenSet) -> None:
    """Raise `Invalid` at a figure that the text of the place leaves no choice of."""
    settled: Sequence[str] = [name for name in differing(figures, chosen.rules) if name in chosen.binding]
    if settled:
        raise Invalid(N_("所选的地方规定写明了这一项，不能另定"), code="binding", field=settled[0])


def _store(session: Session, estate_id: UUID, new: NewRules, actor: Actor, now: datetime) -> UUID | None:
    if new.scan is None:
        return None
    name, content = new.scan
    return files.store_document(
        session, estate_id=estate_id, name=name, content=content, uploaded_by=actor.id, now=now, private=False, field="scan"
    )  # fmt: skip
