"""Votes: the log of deliveries at the desk: a building at a time, one tap a home, and one home with all its tries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.deliberations.forms import read_files
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import desk_page
from app.routers.votes.paper import note, paper_address
from app.rules.calendar import BEIJING
from app.rules.votes.states import State
from app.services.votes import deliveries, reading
from app.services.votes.deliveries import Block, DeliveryResult, DeliveryWay, HomeDelivery
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/paper/deliveries")

# What can be chosen at a home, in the order in which it is tried.
CHOICES = (
    (DeliveryWay.HAND, DeliveryResult.DELIVERED),
    (DeliveryWay.HAND, DeliveryResult.ABSENT),
    (DeliveryWay.HAND, DeliveryResult.REFUSED),
    (DeliveryWay.MAIL, DeliveryResult.DELIVERED),
    (DeliveryWay.MAIL, DeliveryResult.ABSENT),
    (DeliveryWay.BOARD, DeliveryResult.POSTED),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A building's or entrance's line in the list: the place in the address, its words and its numbers."""

    place: int
    label: str
    served: int
    missing: int


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """All entrances with their numbers, and one of them home by home; `keys` makes each tap of this page one deed."""

    vote: VoteSheet
    address: str
    cupboard: str
    summaries: list[Summary]
    place: int
    block: Block | None
    only_missing: bool
    keys: dict[UUID, UUID]
    running: bool


@dataclass(frozen=True, slots=True)
class HomePage:
    """One home's log and the form for a try with its day, note and photo."""

    vote: VoteSheet
    home: HomeDelivery
    address: str
    back: str
    key: UUID
    running: bool
    choices: tuple[str, ...]
    outcome: str
    day: str
    note: str
    errors: Errors


@router.get("")
def list_deliveries(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    place: Annotated[int, Query(ge=0, le=10_000)] = 0,
    missing: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    blocks = deliveries.deliveries_of(session, vote_id=vote_id)
    block = blocks[place] if place < len(blocks) else None
    cupboard = paper_address(visit.estate.slug, vote_id)
    data = DeliveriesPage(
        vote=vote,
        address=f"{cupboard}/deliveries",
        cupboard=cupboard,
        summaries=[Summary(number, one.label, one.served, one.missing) for number, one in enumerate(blocks)],
        place=place,
        block=block,
        only_missing=bool(missing),
        keys={home.unit_id: uuid4() for home in (block.homes if block else ())},
        running=vote.state in {State.NOTICED, State.OPEN, State.CLOSED},
    )
    return desk_page(request, visit, "votes/paper_deliveries.html", data)


@router.get("/{unit_id:uuid}")
def show_home(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID, unit_id: UUID
) -> Response:
    return _home_page(request, visit, session, now, vote_id, unit_id)


def _home_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    unit_id: UUID,
    *,
    outcome: str = "",
    day: str = "",
    text: str = "",
    refusal: Refusal | None = None,
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    listed = f"{paper_address(visit.estate.slug, vote_id)}/deliveries"
    data = HomePage(
        vote=vote,
        home=deliveries.home_delivery(session, vote_id=vote_id, unit_id=unit_id),
        address=f"{listed}/{unit_id}",
        back=listed,
        key=uuid4(),
        running=vote.state in {State.NOTICED, State.OPEN, State.CLOSED},
        choices=tuple(f"{way.value}:{result.value}" for way, result in CHOICES),
        outcome=outcome,
        day=day or now.astimezone(BEIJING).date().isoformat(),
        note=text,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/paper_delivery.html", data, refusal=refusal)


@router.post("/{unit_id:uuid}")
def record_delivery(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    unit_id: UUID,
    id: Annotated[UUID, Form()],
    outcome: Annotated[str, Form()] = "",
    day: Annotated[str, Form()] = "",
    note_text: Annotated[str, Form(alias="note")] = "",
    photo: Annotated[Sequence[UploadFile | str], File()] = (),
    place: Annotated[str, Form()] = "",
) -> Response:
    """One tap in the list sends `place`, and comes back to where it was; the form of the home comes back to the home."""
    with attempt(session) as tried:
        way, result = _outcome(outcome)
        pictures = read_files(photo)
        deliveries.record_delivery(
            session, estate_id=visit.estate.id, vote_id=vote_id, unit_id=unit_id, delivery_id=id,
            way=way, result=result, on_day=_day(day, now), note=note_text,
            photo=pictures[0].content if pictures else b"", actor=visit.actor, now=now,
        )  # fmt: skip
    if tried.refusal:
        note(session, visit, vote_id, "delivery", outcome, tried.refusal, now)
        return _home_page(
            request, visit, session, now, vote_id, unit_id,
            outcome=outcome[:40], day=day[:20], text=note_text[:300], refusal=tried.refusal,
        )  # fmt: skip
    listed = f"{paper_address(visit.estate.slug, vote_id)}/deliveries"
    if place.isascii() and place.isdigit():
        return see_other(f"{listed}?place={int(place)}#h-{unit_id}")
    return see_other(f"{listed}/{unit_id}")


def _outcome(typed: str) -> tuple[DeliveryWay, DeliveryResult]:
    for way, result in CHOICES:
        if typed == f"{way.value}:{result.value}":
            return way, result
    raise Invalid(N_("请选择送达的方式和结果"), code="bad_result", field="outcome")


def _day(typed: str, now: Now) -> date:
    if not typed.strip():
        return now.astimezone(BEIJING).date()
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(N_("请填写送达的日期"), code="bad_day", field="day") from None
