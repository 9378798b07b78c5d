"""The desk's wizard, step 4: the cost table, tried out before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, SessionDep
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of
from app.routers.votes.frames import Frame, desk_page, frame_of, next_step
from app.rules.votes.cost_sheets import FLOOR_TABLES, SCHEMES, CostForm, cost_document, cost_form
from app.rules.votes.presets import PRESETS, Preset
from app.rules.votes.shares import Scheme
from app.services.votes import drafting, drafts
from app.services.votes.drafts import CostTable, ScopeHome

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/cost")

# Amounts by hand are for the homes of an entrance, not of an estate.
MOST_AMOUNTS = 200
# What the arithmetic calls its parts, and where they stand on the form.
_PLACES = {
    "percent": "way",
    "floor": "way",
    "amounts": "way",
    "unit": "way",
    "area": "way",
    "scheme": "way",
    "amount": "cost",
}


@dataclass(frozen=True, slots=True)
class CostPage:
    """The form with what was typed. `way` is how to split: a preset or a scheme; `table` once it was worked out."""

    frame: Frame
    charge: str
    form: CostForm
    way: str
    shown: str
    presets: tuple[Preset, ...]
    schemes: dict[Scheme, str]
    preset: Preset | None
    floors: list[tuple[str, str]]
    homes: list[tuple[UUID, str, str]]
    too_many: bool
    changed: bool
    table: CostTable | None
    errors: Errors


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form: whether there is a cost, the figures, the way picked and the way the page showed."""

    charge: str
    form: CostForm
    way: str
    shown: str
    act: str


async def _typed(request: Request) -> Typed:
    """The fields of a form whose names depend on the floors and homes in scope."""
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    shown = sent.get("shown", "")
    form = CostForm(
        cost=sent.get("cost", ""),
        subsidy=sent.get("subsidy", "none"),
        subsidy_fixed=sent.get("subsidy_fixed", ""),
        subsidy_rate=sent.get("subsidy_rate", ""),
        subsidy_cap=sent.get("subsidy_cap", ""),
        scheme=_scheme_of(shown),
        by_floor=_named(sent, "floor-"),
        by_unit=_named(sent, "unit-"),
        running=sent.get("running", ""),
        source=sent.get("source", ""),
        preset=shown.removeprefix("preset:") if shown.startswith("preset:") else "",
    )
    return Typed(sent.get("charge", ""), form, sent.get("way", shown), shown, sent.get("act", "save"))


TypedDep = Annotated[Typed, Depends(_typed)]


def _named(sent: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in sent.items() if name.startswith(prefix)}


def _scheme_of(way: str) -> str:
    kind, _, name = way.partition(":")
    if kind == "preset":
        return PRESETS[name].scheme.value if name in PRESETS else ""
    return name if kind == "scheme" else ""


def _way_of(form: CostForm) -> str:
    return f"preset:{form.preset}" if form.preset in PRESETS else f"scheme:{form.scheme}"


def _switched(form: CostForm, way: str) -> CostForm:
    """The form under another way to split: a preset brings its figures, its subsidy and its source."""
    preset = PRESETS.get(way.removeprefix("preset:")) if way.startswith("preset:") else None
    if preset is None:
        return replace(form, scheme=_scheme_of(way), preset="", by_floor=form.by_floor, by_unit=form.by_unit)
    changed = replace(form, scheme=preset.scheme.value, preset=preset.code, by_floor=dict(preset.by_floor))
    if preset.subsidy_rate and form.subsidy == "none":
        rate = cost_form({"subsidy": {"rate": preset.subsidy_rate, "cap": preset.subsidy_cap}})
        changed = replace(
            changed, subsidy="rate", subsidy_rate=rate.subsidy_rate, subsidy_cap=rate.subsidy_cap
        )
    return replace(changed, source=f"{preset.source}（{preset.as_of}）" if preset.as_of else preset.source)


def _restricted(form: CostForm, homes: list[ScopeHome]) -> CostForm:
    """Only the floors and homes that are there: a preset may know more floors, a stale form more homes."""
    floors = sorted({home.floor for home in homes})
    return replace(
        form,
        by_floor={str(floor): form.by_floor.get(str(floor), "") for floor in floors},
        by_unit={str(home.unit_id): form.by_unit.get(str(home.unit_id), "") for home in homes},
    )


def _cost_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    *,
    charge: str,
    form: CostForm,
    changed: bool = False,
    table: CostTable | None = None,
    refusal: Refusal | None = None,
) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    homes, missing = _homes(visit, session, vote_id)
    form, way = _restricted(form, homes), _way_of(form)
    fixed = form.scheme == Scheme.FIXED and len(homes) <= MOST_AMOUNTS
    data = CostPage(
        frame=frame_of(visit.estate.slug, vote_id, "cost", draft.title),
        charge=charge,
        form=form,
        way=way,
        shown=way,
        presets=tuple(PRESETS.values()),
        schemes=SCHEMES,
        preset=PRESETS.get(form.preset),
        floors=list(form.by_floor.items()) if form.scheme in FLOOR_TABLES else [],
        homes=[(home.unit_id, home.label, form.by_unit[str(home.unit_id)]) for home in homes]
        if fixed
        else [],
        too_many=form.scheme == Scheme.FIXED and not fixed,
        changed=changed,
        table=table,
        errors=errors_of(request, refusal, missing),
    )
    return desk_page(request, visit, "votes/wizard_cost.html", data, refusal=refusal)


def _homes(
    visit: CommitteeVisit, session: SessionDep, vote_id: UUID
) -> tuple[list[ScopeHome], Refusal | None]:
    """The homes that pay; none, and why, while one of them has no owner yet."""
    try:
        return drafts.scope_homes(session, estate_id=visit.estate.id, vote_id=vote_id), None
    except Refusal as refusal:
        if refusal.code != "no_owner":
            raise
        return [], refusal


@router.get("")
def show_cost(request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    charge = "yes" if draft.cost else "no" if draft.opens_at else ""
    form = cost_form(draft.cost) if draft.cost else CostForm(preset="by_area")
    return _cost_page(request, visit, session, vote_id, charge=charge, form=form)


@router.post("")
def save_cost(
    request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID, typed: TypedDep
) -> Response:
    """Work out and show (`try`), or store; where another way to split was picked, first show its fields."""
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    drafting.get_draft(session, **where)
    if typed.charge == "no" and typed.act != "pick":
        drafting.save_cost(session, **where, cost={})
        return next_step(visit.estate.slug, vote_id, "cost")
    if typed.way != typed.shown and _scheme_of(typed.way):
        form = _switched(typed.form, typed.way)
        return _cost_page(request, visit, session, vote_id, charge="yes", form=form, changed=True)
    form = typed.form
    with attempt(session) as tried:
        form = _restricted(form, drafts.scope_homes(session, **where))
        document = cost_document(form)
        if typed.act != "save":
            table = drafts.try_cost(session, **where, cost=document)
            return _cost_page(request, visit, session, vote_id, charge="yes", form=form, table=table)
        drafting.save_cost(session, **where, cost=document)
    if tried.refusal:
        tried.refusal.field = _PLACES.get(tried.refusal.field, tried.refusal.field)
        return _cost_page(request, visit, session, vote_id, charge="yes", form=form, refusal=tried.refusal)
    return next_step(visit.estate.slug, vote_id, "cost")
