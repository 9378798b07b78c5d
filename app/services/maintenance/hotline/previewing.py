"""What a sheet of calls would do: which are here already, which look like an open order, and which are new."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Invalid, TooLarge
from app.models.maintenance.orders import WorkOrder
from app.rules.maintenance.categories import CATEGORIES, category_of
from app.rules.maintenance.duplicates import WINDOW_DAYS, Filed, rank, terms_of
from app.rules.maintenance.hotline import FIELD_NAMES, HotlineCall, Sheet, read_calls
from app.rules.maintenance.open311.instants import show_instant
from app.rules.maintenance.states import OrderState
from app.services.estates.csv_text import read_csv
from app.services.estates.workbooks import read_rows
from app.services.maintenance.hotline.spots import Spots, read_spots

MIB = 1024 * 1024
MOST_FILE = 2 * MIB
# By how their texts begin, the latest of each building.
_MOST_COMPARED, _MOST_WORDS, _MOST_SHOWN, _EXCERPT = 200, 500, 3, 60


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """The order that has a call's number already."""

    id: UUID
    number: int
    state: OrderState


@dataclass(frozen=True, slots=True)
class Alike:
    """What a call may be about: an open order, or (`call`) an earlier row of the sheet. `choice` is what a form sends."""

    choice: str
    number: int
    call: str
    title: str
    place: str
    excerpt: str
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call of the sheet; `place` is "" where its address names none of ours."""

    call: HotlineCall
    title: str
    place: str
    known: KnownOrder | None
    alike: tuple[Alike, ...]


def read_file(content: bytes, *, file_name: str, now: datetime) -> Sheet:
    """A `.csv` or `.xlsx` as a hotline exports it. Raises `Invalid` or `TooLarge` naming `file`."""
    if len(content) > MOST_FILE:
        raise TooLarge(N_("文件超过 %(limit)d MB，请分几次上传"), field="file", limit=MOST_FILE // MIB)
    return read_calls(read_rows(content, file_name=file_name), now=now)


def pack(calls: Iterable[HotlineCall]) -> str:
    """The calls that were shown, as a form carries them."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(FIELD_NAMES.values())
    for call in calls:
        at = show_instant(call.called_at) if call.called_at else ""
        table.writerow([call.number, at, call.kind, call.text, call.address, call.caller, call.phone])
    return written.getvalue()


def unpack(text: str, *, now: datetime) -> Sheet:
    """The same back; raises `Invalid` for anything a page of ours did not write."""
    if len(text) > MOST_FILE:
        raise Invalid(N_("表里的内容不完整，请重新上传"), code="cut", field="file")
    sheet = read_calls(read_csv(text.encode("utf-8", "replace"), None), now=now)
    if sheet.refused:
        raise Invalid(N_("表里的内容不完整，请重新上传"), code="cut", field="file")
    return sheet


def known_orders(session: Session, *, estate_id: UUID, numbers: Sequence[str]) -> dict[str, KnownOrder]:
    """The orders of the estate that have one of these hotline numbers."""
    query = select(WorkOrder).where(
        WorkOrder.estate_id == estate_id, col(WorkOrder.hotline_number).in_(numbers)
    )
    return {
        order.hotline_number: KnownOrder(order.id, order.number, order.state)
        for order in session.exec(query)
        if order.hotline_number
    }


def preview_calls(session: Session, *, estate_id: UUID, sheet: Sheet, now: datetime) -> list[CallLine]:
    """Each call with what is here already of it; nothing is written."""
    spots = read_spots(session, estate_id=estate_id)
    known = known_orders(session, estate_id=estate_id, numbers=[call.number for call in sheet.calls])
    placed = [(call, spots.place_of(call.address)) for call in sheet.calls]
    buildings = {place.building for call, place in placed if call.number not in known}
    orders = _open_orders(session, estate_id, buildings, spots, now)
    earlier: dict[str, list[_Candidate]] = {}
    lines = []
    for call, place in placed:
        mine = _candidate_of(call, place.id, spots, now)
        others = [*orders.get(place.building, ()), *earlier.get(place.building, ())]
        by_key = {one.filed.key: one for one in others}
        keys = rank(mine.filed, [one.filed for one in others], most=_MOST_SHOWN)
        if call.number not in known:
            earlier.setdefault(place.building, []).append(mine)
        lines.append(
            CallLine(
                call=call,
                title=category_of(call.category).title,
                place=spots.label(place.id) if place.building else "",
                known=known.get(call.number),
                alike=() if call.number in known else tuple(by_key[key].shown for key in keys),
            )
        )
    return lines


@dataclass(frozen=True, slots=True)
class _Candidate:
    filed: Filed[str]
    shown: Alike


def _candidate_of(call: HotlineCall, place_id: UUID, spots: Spots, now: datetime) -> _Candidate:
    choice, at = f"call:{call.number}", call.called_at or now
    filed = Filed(
        key=choice,
        place=spots.keys(place_id),
        category=call.category,
        family=category_of(call.category).family,
        filed_at=at,
        terms=terms_of(call.text[:_MOST_WORDS]),
    )
    title = CATEGORIES[call.category].title
    return _Candidate(
        filed, Alike(choice, 0, call.number, title, spots.label(place_id), _excerpt(call.public), at)
    )


def _open_orders(
    session: Session, estate_id: UUID, buildings: Iterable[str], spots: Spots, now: datetime
) -> dict[str, list[_Candidate]]:
    """The latest open orders of each building that everybody may see."""
    found = {}
    for building in sorted(buildings):
        query = (
            select(WorkOrder)
            .where(
                WorkOrder.estate_id == estate_id,
                WorkOrder.building == building,
                col(WorkOrder.filed_at) > now - timedelta(days=WINDOW_DAYS),
                col(WorkOrder.listed),
                col(WorkOrder.is_open),
            )
            .order_by(col(WorkOrder.filed_at).desc())
            .limit(_MOST_COMPARED)
        )
        found[building] = [_candidate(order, spots) for order in session.exec(query)]
    return found


def _candidate(order: WorkOrder, spots: Spots) -> _Candidate:
    choice = f"order:{order.number}"
    filed = Filed(
        key=choice,
        place=spots.keys(order.place_id),
        category=order.category,
        family=order.family,
        filed_at=order.filed_at,
        terms=terms_of(order.text[:_MOST_WORDS]),
    )
    title, place = CATEGORIES[order.category].title, spots.label(order.place_id)
    return _Candidate(
        filed, Alike(choice, order.number, "", title, place, _excerpt(order.text), order.filed_at)
    )


def _excerpt(text: str) -> str:
    return text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else "")
