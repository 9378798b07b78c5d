"""One order at the desk: everything about it with a button for each deed, its sheet on paper, its papers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.dependencies import Now, PartyVisit, SessionDep, Visit
from app.errors import N_
from app.routers.maintenance.desk_fields import DeskForm, read_desk_form, read_whole
from app.routers.maintenance.desk_frames import desk_page, list_address, order_address, send_private
from app.routers.records import ONE, spends
from app.rules.maintenance.clockrules import CLOCK_NAMES
from app.rules.maintenance.clocks import LEVEL_NAMES
from app.rules.maintenance.costs import SOURCE_NAMES, STAGE_NAMES
from app.rules.maintenance.kinds import FAMILY_NAMES
from app.rules.maintenance.rates import RATING_NAMES
from app.rules.maintenance.states import STATE_NAMES
from app.services.maintenance import dossier
from app.services.maintenance.desk import Deed, Hand
from app.services.maintenance.dossier import Dossier
from app.services.maintenance.noting import Contact, look_at_contact

router = APIRouter(prefix="/desk/{slug}/orders/{order_id:uuid}")

DEED_NAMES = {
    Deed.ACCEPT: N_("接单"),
    Deed.REFUSE: N_("不归我们管"),
    Deed.START: N_("开始维修"),
    Deed.REPAIRED: N_("修好了，传照片"),
    Deed.WAIT: N_("要等一等"),
    Deed.ASK: N_("请报修人补充"),
    Deed.HAND: N_("派给一个单位"),
    Deed.UNASK: N_("不用补充了"),
    Deed.EXTEND: N_("延长时限"),
    Deed.NOTE: N_("写一条说明"),
    Deed.COST: N_("登记费用"),
    Deed.VOTE: N_("发起业主表决"),
    Deed.AMEND: N_("改类别、紧急程度或地点"),
    Deed.DUPLICATE: N_("和别的工单重复"),
    Deed.NOT_OURS: N_("转给小区以外的单位"),
    Deed.DECLINE: N_("不予办理"),
    Deed.RESTORE: N_("恢复办理"),
    Deed.REOPEN: N_("要求返工"),
}
# What moves the work on, large and first; the rest is behind a fold.
_MAIN = (Deed.ACCEPT, Deed.START, Deed.REPAIRED, Deed.WAIT, Deed.REFUSE, Deed.HAND)


@dataclass(frozen=True, slots=True)
class Names:
    """Marked words by their keys."""

    states: dict[str, str]
    clocks: dict[str, str]
    levels: dict[int, str]
    families: dict[str, str]
    stages: dict[str, str]
    sources: dict[str, str]
    ratings: dict[str, str]


NAMES = Names(
    {key.value: name for key, name in STATE_NAMES.items()},
    {key.value: name for key, name in CLOCK_NAMES.items()},
    {int(key): name for key, name in LEVEL_NAMES.items()},
    {key.value: name for key, name in FAMILY_NAMES.items()},
    {key.value: name for key, name in STAGE_NAMES.items()},
    {key.value: name for key, name in SOURCE_NAMES.items()},
    {key.value: name for key, name in RATING_NAMES.items()},
)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`main` and `more` are (address, marked word); `contact` is there on the page that answers a look at it."""

    order: Dossier
    address: str
    public: str
    back: str
    names: Names
    main: tuple[tuple[str, str], ...]
    more: tuple[tuple[str, str], ...]
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A repair sheet: what is wrong, who comes, what was done, and lines to sign."""

    order: Dossier
    address: str
    public: str
    names: Names


def read_order(session: SessionDep, visit: Visit, now: Now, order_id: UUID) -> Dossier:
    return dossier.read_dossier(
        session, estate_id=visit.estate.id, order_id=order_id, account_id=visit.actor.id, now=now
    )


def _order_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    contact: Contact | None = None,
) -> Response:
    order = read_order(session, visit, now, order_id)
    address = order_address(visit.estate.slug, order_id)
    buttons = {deed: (f"{address}/{deed}", DEED_NAMES[deed]) for deed in order.deeds}
    data = OrderPage(
        order=order,
        address=address,
        public=f"/e/{visit.estate.slug}/maintenance/{order_id}",
        back=list_address(visit.estate.slug),
        names=NAMES,
        main=tuple(buttons[deed] for deed in _MAIN if deed in buttons),
        more=tuple(button for deed, button in buttons.items() if deed not in _MAIN),
        contact=contact,
    )
    return desk_page(request, visit, "maintenance/desk_order.html", data)


@router.get("")
def show_order(
    request: Request, visit: PartyVisit, session: SessionDep, now: Now, order_id: UUID
) -> Response:
    return _order_page(request, visit, session, now, order_id)


@router.post("/contact", dependencies=[spends(PartyVisit, ONE)])
def show_contact(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    form: DeskForm = Depends(read_desk_form),
) -> Response:
    """Whom to call stands on the answer alone: each look is written down, so it has no address of its own."""
    hand = Hand(
        estate_id=visit.estate.id,
        order_id=order_id,
        actor=visit.actor,
        now=now,
        seen=read_whole(form.seen),
    )
    contact = look_at_contact(session, hand)
    response = _order_page(request, visit, session, now, order_id, contact)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/print")
def print_order(
    request: Request, visit: PartyVisit, session: SessionDep, now: Now, order_id: UUID
) -> Response:
    order = read_order(session, visit, now, order_id)
    public = f"/e/{visit.estate.slug}/maintenance/{order_id}"
    data = SheetPage(order, order_address(visit.estate.slug, order_id), public, NAMES)
    return desk_page(request, visit, "maintenance/desk_order_print.html", data)


@router.get("/documents/{file_id:uuid}")
def send_document(visit: PartyVisit, session: SessionDep, order_id: UUID, file_id: UUID) -> Response:
    return send_private(
        dossier.read_order_document(
            session,
            estate_id=visit.estate.id,
            order_id=order_id,
            file_id=file_id,
            account_id=visit.actor.id,
        )
    )
