"""The forms of the deeds on one order: each on a page of its own, so that a thumb finds the one button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from fastapi.responses import Response

from app.clock import BEIJING
from app.dependencies import Now, PartyVisit, SessionDep, Visit
from app.errors import N_, Conflict, Refusal
from app.routers.deliberations.forms import read_files
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.desk_fields import (
    DeskForm,
    new_key,
    read_day,
    read_desk_form,
    read_instant,
    read_key,
    read_whole,
)
from app.routers.maintenance.desk_frames import desk_page, order_address
from app.routers.maintenance.desk_order import DEED_NAMES, NAMES, Names, read_order
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.clockrules import URGENCY_NAMES
from app.rules.maintenance.pauses import PAUSES, WORK_PAUSES, PauseReason
from app.rules.maintenance.terms import MEASURE_NAMES
from app.services.deliberations.attaching import Upload
from app.services.estates.units import lock_register
from app.services.maintenance import (
    amending,
    costs,
    noting,
    refusing,
    setting_aside,
    templates,
    voting,
    working,
)
from app.services.maintenance.desk import Deed, Hand
from app.services.maintenance.dossier import Dossier
from app.services.maintenance.parties import list_parties
from app.services.maintenance.photos import MOST_PHOTOS
from app.services.maintenance.places import PlaceView, list_places
from app.services.maintenance.templates import TemplateView

router = APIRouter(prefix="/desk/{slug}/orders/{order_id:uuid}")

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the fields take."""

    note: int = working.MOST_NOTE
    plan: int = working.MOST_PLAN
    photos: int = MOST_PHOTOS


@dataclass(frozen=True, slots=True)
class DeedPage:
    """One deed's form: `typed` is what it held or what it begins with, `templates` the ready answers for its words."""

    order: Dossier
    deed: Deed
    title: str
    address: str
    typed: DeskForm
    templates: tuple[TemplateView, ...]
    parties: Options
    pauses: tuple[tuple[str, str, int], ...]
    categories: Options
    urgencies: Options
    places: tuple[PlaceView, ...]
    measure: str
    today: str
    names: Names
    limits: Limits
    errors: Errors


# Deeds with words that a ready answer may be put into.
_WORDED = frozenset(Deed) - {Deed.VOTE, Deed.ACCEPT}


def _deed_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    deed: Deed,
    *,
    typed: DeskForm | None = None,
    refusal: Refusal | None = None,
) -> Response:
    errors = errors_of(request, refusal)
    order = read_order(session, visit, now, order_id)
    ready = _ready(session, visit, order) if deed in _WORDED else []
    amends = deed is Deed.AMEND
    data = DeedPage(
        order=order,
        deed=deed,
        title=DEED_NAMES[deed],
        address=order_address(visit.estate.slug, order_id),
        typed=typed or _blank(order, deed, now),
        templates=tuple(ready),
        parties=tuple(
            (str(one.id), one.name)
            for one in list_parties(session, estate_id=visit.estate.id)
            if deed is Deed.HAND or one.id != order.party_id
        ),
        pauses=tuple((key.value, PAUSES[key].title, PAUSES[key].most_days) for key in WORK_PAUSES),
        categories=tuple((one.key, one.title) for one in CATEGORIES.values()) if amends else (),
        urgencies=tuple((key.value, name) for key, name in URGENCY_NAMES.items()) if amends else (),
        places=tuple(list_places(session, estate_id=visit.estate.id)) if amends else (),
        measure=MEASURE_NAMES[order.extension[0]] if order.extension else "",
        today=now.astimezone(BEIJING).date().isoformat(),
        names=NAMES,
        limits=Limits(),
        errors=errors,
    )
    return desk_page(request, visit, "maintenance/desk_deed.html", data, refusal=refusal)


def _ready(session: SessionDep, visit: Visit, order: Dossier) -> list[TemplateView]:
    return templates.list_templates(
        session, estate_id=visit.estate.id, account_id=visit.actor.id, category=order.category_key
    )


def _blank(order: Dossier, deed: Deed, now: datetime) -> DeskForm:
    """A fresh form: the step it is for, and what is known already."""
    form = DeskForm(id=str(uuid4()), seen=str(order.seen))
    today = now.astimezone(BEIJING).date()
    match deed:
        case Deed.ACCEPT:
            return replace(form, worker_name=order.worker, worker_number=order.worker_number, plan=order.plan)
        case Deed.ASK:
            days = PAUSES[PauseReason.INFORMATION].most_days
            return replace(form, until=(today + timedelta(days=days)).isoformat())
        case Deed.WAIT if order.vote:
            days = PAUSES[PauseReason.VOTE].most_days
            return replace(
                form, reason=PauseReason.VOTE.value, until=(today + timedelta(days=days)).isoformat()
            )
        case Deed.AMEND:
            return replace(
                form,
                category=order.category_key,
                urgency=order.urgency.value,
                place=str(order.place_id),
            )
        case Deed.NOTE:
            return replace(form, private="no")
        case _:
            return form


@router.get("/{deed}")
def show_deed(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    deed: Deed,
    template: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The form; with a template chosen, its words stand in it. What is not open to this person leads back to the order."""
    order = read_order(session, visit, now, order_id)
    if deed not in order.deeds:
        return see_other(order_address(visit.estate.slug, order_id))
    typed = _blank(order, deed, now)
    key = read_key(template)
    if key is not None:
        ready = {one.id: one.text for one in _ready(session, visit, order)}
        typed = replace(typed, note=ready.get(key, ""))
    return _deed_page(request, visit, session, now, order_id, deed, typed=typed)


@router.post("/{deed}")
def do_deed(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    deed: Deed,
    form: Annotated[DeskForm, Depends(read_desk_form)],
    photos: Annotated[Sequence[UploadFile | str], File()] = (),
    document: Annotated[Sequence[UploadFile | str], File()] = (),
) -> Response:
    hand = Hand(
        estate_id=visit.estate.id,
        order_id=order_id,
        actor=visit.actor,
        now=now,
        seen=read_whole(form.seen) or 0,
    )
    with attempt(session) as tried:
        _DEEDS[deed](session, hand, form, read_files([*photos, *document]))
    if tried.refusal:
        # Read anew, so that what has changed meanwhile stands on the page; the next try is for that.
        order = read_order(session, visit, now, order_id)
        typed = replace(form, seen=str(order.seen))
        return _deed_page(request, visit, session, now, order_id, deed, typed=typed, refusal=tried.refusal)
    if deed is Deed.REFUSE:
        return see_other(f"/desk/{visit.estate.slug}/orders")
    if deed is Deed.VOTE:
        return see_other(f"/desk/{visit.estate.slug}/votes/{_vote_key(form)}")
    return see_other(order_address(visit.estate.slug, order_id))


Doing = Callable[[SessionDep, Hand, DeskForm, tuple[Upload, ...]], object]


def _accept(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    working.accept_order(
        session,
        hand,
        worker_name=form.worker_name,
        worker_number=form.worker_number,
        plan=form.plan,
        promised_at=read_instant(form.promised, "promised"),
    )


def _refuse(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    # The committee may become a party here for the first time.
    lock_register(session, estate_id=hand.estate_id)
    refusing.refuse_order(session, hand, party_id=read_key(form.party), note=form.note)


def _hand(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    refusing.hand_order(session, hand, party_id=read_key(form.party), note=form.note, ruled=bool(form.ruled))


def _wait(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    until = read_day(form.until, "until")
    working.wait_with_order(session, hand, reason=form.reason, until=until, note=form.note)


def _ask(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    working.ask_for_information(session, hand, note=form.note, until=read_day(form.until, "until"))


def _repaired(session: SessionDep, hand: Hand, form: DeskForm, files: tuple[Upload, ...]) -> None:
    working.report_repaired(session, hand, photos=files, note=form.note)


def _extend(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    amending.extend_clock(session, hand, amount=read_whole(form.amount), note=form.note)


def _note(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    noting.add_note(session, hand, note_id=new_key(form.id), text=form.note, private=form.private != "no")


def _cost(session: SessionDep, hand: Hand, form: DeskForm, files: tuple[Upload, ...]) -> None:
    new = costs.NewCost(
        id=new_key(form.id),
        stage=form.stage,
        source=form.source,
        amount=form.amount,
        note=form.note,
        document=files[0] if files else None,
    )
    costs.add_cost(session, hand, new)


def _vote(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    lock_register(session, estate_id=hand.estate_id)
    voting.open_vote(session, hand, vote_id=_vote_key(form))


def _amend(session: SessionDep, hand: Hand, form: DeskForm, _files: tuple[Upload, ...]) -> None:
    lock_register(session, estate_id=hand.estate_id)
    change = amending.Amendment(
        category=form.category,
        urgency=form.urgency,
        place_id=read_key(form.place),
        note=form.note,
        again=bool(form.again),
    )
    amending.amend_order(session, hand, change)


def _vote_key(form: DeskForm) -> UUID:
    key = read_key(form.id)
    if key is None:
        raise Conflict(N_("这张表单已经用过，请重新打开页面"))
    return key


_DEEDS: dict[Deed, Doing] = {
    Deed.ACCEPT: _accept,
    Deed.REFUSE: _refuse,
    Deed.START: lambda session, hand, form, _: working.start_work(session, hand, note=form.note),
    Deed.REPAIRED: _repaired,
    Deed.WAIT: _wait,
    Deed.ASK: _ask,
    Deed.HAND: _hand,
    Deed.UNASK: lambda session, hand, form, _: working.take_back_question(session, hand, note=form.note),
    Deed.EXTEND: _extend,
    Deed.NOTE: _note,
    Deed.COST: _cost,
    Deed.VOTE: _vote,
    Deed.AMEND: _amend,
    Deed.DUPLICATE: lambda session, hand, form, _: setting_aside.mark_duplicate(
        session, hand, number=read_whole(form.number), note=form.note
    ),
    Deed.NOT_OURS: lambda session, hand, form, _: setting_aside.send_elsewhere(
        session, hand, recipient=form.recipient, note=form.note
    ),
    Deed.DECLINE: lambda session, hand, form, _: setting_aside.decline_order(session, hand, note=form.note),
    Deed.RESTORE: lambda session, hand, form, _: setting_aside.restore_order(session, hand, note=form.note),
    Deed.REOPEN: lambda session, hand, form, _: setting_aside.reopen_order(session, hand, note=form.note),
}
