"""The desk's wizard, step 5: which rules, what the ballots are worth, the days, the silent, and the window in Beijing time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of
from app.routers.votes.frames import Frame, desk_page, frame_of, next_step
from app.rules.votes.localities import NATIONAL_KEY, key_of
from app.rules.votes.matters import Threshold, matter_of
from app.rules.votes.points import NAMES, POINTS, Figures, figures_of, read_figures, typed_of
from app.rules.votes.silence import Silence, typed_silence
from app.rules.votes.states import LegalMode
from app.rules.votes.windows import proposed_window, read_local, show_local
from app.services.votes import drafts, rule_texts, terms
from app.services.votes.drafts import DraftView
from app.services.votes.rule_texts import ChosenSet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/terms")

_SILENT: Final = ("silent", "silent_text", "silent_adopted_on", "silent_sign_off")
_FIELDS: Final = (
    "rule_set",
    "legal_mode",
    "legal_basis",
    *NAMES,
    "rules_source",
    "opens_at",
    "closes_at",
    *_SILENT,
)
_MOST_TYPED: Final = 1_000


@dataclass(frozen=True, slots=True)
class TermsPage:
    """The form with what was typed, by field; `quorum` and `majority` are fixed by law and shown, so are `chosen.binding` figures.

    `shown` is the set whose fields the page has, `changed` that it was just picked.
    """

    frame: Frame
    typed: Mapping[str, str]
    sets: list[ChosenSet]
    chosen: ChosenSet
    points: Mapping[str, str]
    shown: str
    changed: bool
    quorum: Threshold
    majority: Threshold
    is_special: bool
    survey: bool
    several: bool
    compare: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields that came, as they were typed; a field the page did not have is absent."""

    fields: Mapping[str, str]
    shown: str
    act: str


async def _typed(request: Request) -> Typed:
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    fields = {name: sent[name][:_MOST_TYPED] for name in _FIELDS if name in sent}
    return Typed(fields, sent.get("shown", ""), sent.get("act", "save"))


TypedDep = Annotated[Typed, Depends(_typed)]


def _terms_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    draft: DraftView,
    chosen: ChosenSet,
    typed: Mapping[str, str],
    *,
    changed: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    matter = matter_of(draft.matter)
    data = TermsPage(
        frame=frame_of(visit.estate.slug, draft.id, "terms", draft.title),
        typed={**dict.fromkeys(_FIELDS, ""), **typed_of(figures_of(chosen.rules)), **typed},
        sets=rule_texts.list_sets(session, estate_id=visit.estate.id),
        chosen=chosen,
        points=POINTS,
        shown=chosen.key,
        changed=changed,
        quorum=chosen.rules.quorum,
        majority=chosen.rules.majority(matter.code),
        is_special=chosen.rules.majority(matter.code) == chosen.rules.special,
        survey=draft.survey,
        several=len(draft.paper) > 1,
        compare=f"/e/{visit.estate.slug}/votes/rules",
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_terms.html", data, refusal=refusal)


@router.get("")
def show_terms(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    chosen = rule_texts.set_of(session, estate_id=visit.estate.id, rules=draft.rules)
    opens_at, closes_at = proposed_window(now, draft.rules.notice_days)
    typed = {
        "rule_set": chosen.key,
        "legal_mode": draft.legal_mode.value,
        "legal_basis": draft.legal_basis,
        **typed_of(figures_of(draft.rules)),
        "rules_source": draft.rules_source,
        "opens_at": show_local(draft.opens_at or opens_at),
        "closes_at": show_local(draft.closes_at or closes_at),
        **_silent_fields(draft.silence, chosen),
    }
    return _terms_page(request, visit, session, draft, chosen, typed)


def _silent_fields(silence: Silence | None, chosen: ChosenSet) -> dict[str, str]:
    """What the vote says of the silent; while it says nothing, the clause of the estate's own rules to start from."""
    if silence is not None:
        values = ("yes", silence.text, silence.adopted_on.isoformat(), silence.sign_off)
        return dict(zip(_SILENT, values, strict=True))
    adopted = chosen.adopted_on.isoformat() if chosen.adopted_on and chosen.silent_text else ""
    return {"silent_text": chosen.silent_text, "silent_adopted_on": adopted}


@router.post("")
def save_terms(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID, typed: TypedDep
) -> Response:
    """Store the terms; where another set was picked, first show what it says."""
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    draft = drafts.read_draft(session, **where)
    stored = key_of(draft.rules.code, draft.rules.version)
    shown = chosen = rule_texts.set_of(session, estate_id=visit.estate.id, rules=draft.rules)
    fields = {"rule_set": typed.shown or stored, **typed.fields}
    with attempt(session) as tried:
        chosen = rule_texts.find_set(session, estate_id=visit.estate.id, key=fields["rule_set"])
        if typed.act == "pick" or fields["rule_set"] != (typed.shown or stored):
            switched = {**fields, **typed_of(figures_of(chosen.rules)), "change": fields.get("change", "")}
            if not switched.get("silent_text"):
                switched.update(_silent_fields(None, chosen))
            return _terms_page(request, visit, session, draft, chosen, switched, changed=True)
        terms.save_terms(session, **where, terms=_terms(fields, chosen))
        terms.set_silence(session, **where, silence=_silence(fields), actor=visit.actor, now=now)
    if tried.refusal:
        if tried.refusal.field == "rule_set":
            chosen, fields = shown, {**fields, "rule_set": shown.key}
        return _terms_page(request, visit, session, draft, chosen, fields, refusal=tried.refusal)
    return next_step(visit.estate.slug, vote_id, "terms")


def _terms(fields: Mapping[str, str], chosen: ChosenSet) -> terms.Terms:
    if fields.get("legal_mode") not in set(LegalMode):
        raise Invalid(N_("请选择这次表决的效力"), field="legal_mode")
    figures: Figures = read_figures(fields, chosen.rules)
    return terms.Terms(
        legal_mode=LegalMode(fields["legal_mode"]),
        legal_basis=fields.get("legal_basis", ""),
        change=figures.change,
        notice_days=figures.notice_days,
        objection_days=figures.objection_days,
        rules_source=fields.get("rules_source", ""),
        opens_at=read_local(fields.get("opens_at", ""), field="opens_at"),
        closes_at=read_local(fields.get("closes_at", ""), field="closes_at"),
        rule_set=fields.get("rule_set", NATIONAL_KEY),
        clash=figures.clash,
        paper_days=figures.paper_days,
        extension_days=figures.extension_days,
        proxy_limit=figures.proxy_limit,
        spoiled=figures.spoiled,
        parking=figures.parking,
        storage=figures.storage,
    )


def _silence(fields: Mapping[str, str]) -> Silence | None:
    if not fields.get("silent"):
        return None
    return typed_silence(
        fields.get("silent_text", ""), fields.get("silent_adopted_on", ""), fields.get("silent_sign_off", "")
    )
