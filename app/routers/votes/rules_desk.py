"""The desk's page of the estate's own rules (议事规则): the versions there are, and a form for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import desk_page
from app.rules.votes.localities import NATIONAL_KEY
from app.rules.votes.points import NAMES, POINTS, figures_of, read_figures, typed_of
from app.services import files
from app.services.votes import rule_texts
from app.services.votes.rule_texts import OWN, ChosenSet, NewRules, RuleVersion

router = APIRouter(prefix="/desk/{slug}/rules")

_FIELDS: Final = ("base", "title", "adopted_on", *NAMES, "articles", "silent_text")
_MOST_TYPED: Final = 1_000
_NO_SET = N_("请在列出的规则里选一套")


@dataclass(frozen=True, slots=True)
class RulesPage:
    """All versions, the newest first, and the form of version `version` with what was typed; `shown` is the set it compares with."""

    versions: list[RuleVersion]
    version: int
    typed: Mapping[str, str]
    sets: list[ChosenSet]
    base_set: ChosenSet
    shown: str
    changed: bool
    points: Mapping[str, str]
    action: str
    compare: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form; a field that it did not have is absent."""

    fields: Mapping[str, str]
    version: str
    shown: str
    act: str
    scan: tuple[str, bytes] | None


async def _typed(request: Request) -> Typed:
    async with request.form() as form:
        sent = {name: value for name, value in form.items() if isinstance(value, str)}
        scan, stored = form.get("scan"), None
        if isinstance(scan, UploadFile) and scan.filename:
            stored = (scan.filename, await scan.read(files.MAX_FILE + 1))
    return Typed(
        fields={name: sent[name][:_MOST_TYPED] for name in _FIELDS if name in sent},
        version=sent.get("version", ""),
        shown=sent.get("shown", NATIONAL_KEY),
        act=sent.get("act", "save"),
        scan=stored,
    )


TypedDep = Annotated[Typed, Depends(_typed)]


def _rules_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    base: ChosenSet,
    typed: Mapping[str, str],
    *,
    changed: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    estate_id = visit.estate.id
    sets = [item for item in rule_texts.list_sets(session, estate_id=estate_id) if item.rules.code != OWN]
    data = RulesPage(
        versions=rule_texts.list_versions(session, estate_id=estate_id),
        version=rule_texts.next_version(session, estate_id=estate_id),
        typed={**dict.fromkeys(_FIELDS, ""), **typed_of(figures_of(base.rules)), **typed},
        sets=sets,
        base_set=base,
        shown=base.key,
        changed=changed,
        points=POINTS,
        action=f"/desk/{visit.estate.slug}/rules",
        compare=f"/e/{visit.estate.slug}/votes/rules",
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/rules_desk.html", data, refusal=refusal)


@router.get("")
def show_rules(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    """The form starts from the newest version, so that only what was changed is typed."""
    versions = rule_texts.list_versions(session, estate_id=visit.estate.id)
    if not versions:
        base = rule_texts.find_set(session, estate_id=visit.estate.id, key=NATIONAL_KEY)
        return _rules_page(request, visit, session, base, {"base": base.key})
    last = versions[0]
    base = _base(visit, session, last.base)
    typed = {
        "base": base.key,
        "title": last.title,
        "articles": last.articles,
        "silent_text": last.silent_text,
        **typed_of(figures_of(last.rules)),
    }
    return _rules_page(request, visit, session, base, typed)


def _base(visit: CommitteeVisit, session: SessionDep, key: str) -> ChosenSet:
    """The set that a form names; the national one when it names none that can be compared with."""
    try:
        found = rule_texts.find_set(session, estate_id=visit.estate.id, key=key)
    except Invalid:
        found = None
    if found is None or found.rules.code == OWN:
        found = rule_texts.find_set(session, estate_id=visit.estate.id, key=NATIONAL_KEY)
    return found


@router.post("")
def add_version(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, typed: TypedDep
) -> Response:
    """Add the next version; where another set to compare with was picked, first show its figures."""
    fields = dict(typed.fields)
    picked = fields.get("base", typed.shown)
    base = _base(visit, session, picked)
    if typed.act == "pick" or picked != typed.shown:
        fields |= {"base": base.key, **typed_of(figures_of(base.rules))}
        return _rules_page(request, visit, session, base, fields, changed=True)
    with attempt(session) as tried:
        if base.key != picked:
            raise Invalid(_NO_SET, field="base")
        new = NewRules(
            version=_version(typed.version),
            title=fields.get("title", ""),
            adopted_on=_day(fields.get("adopted_on", "")),
            base=base.key,
            figures=read_figures(fields, base.rules),
            articles=fields.get("articles", ""),
            silent_text=fields.get("silent_text", ""),
            scan=typed.scan,
        )
        rule_texts.add_version(session, estate_id=visit.estate.id, new=new, actor=visit.actor, now=now)
    if tried.refusal:
        return _rules_page(request, visit, session, base, fields, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/rules#versions")


def _version(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        raise Invalid(N_("这张表单已经用过，请重新打开页面"))
    return int(typed)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(N_("请填写业主大会通过的日期"), field="adopted_on") from None
