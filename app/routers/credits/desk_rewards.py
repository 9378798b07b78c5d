"""The desk keeps the list of what points can be exchanged for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.credits.frames import desk_page, read_day, read_number
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.services.credits import rewards
from app.services.credits.rewards import RewardView

router = APIRouter(prefix="/desk/{slug}/credits/rewards")

Short = Annotated[str, Form(max_length=20)]


@dataclass(frozen=True, slots=True)
class RewardsDeskPage:
    """The list, and the form for a new line with what was typed."""

    address: str
    rewards: Sequence[RewardView]
    id: UUID
    typed: dict[str, str]
    errors: Errors


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    *,
    id: UUID | None = None,
    typed: dict[str, str] | None = None,
    row: UUID | str = "",
    refusal: Refusal | None = None,
) -> Response:
    data = RewardsDeskPage(
        address=f"/desk/{visit.estate.slug}/credits",
        rewards=rewards.list_rewards(session, estate_id=visit.estate.id, now=now, with_ended=True),
        id=id or uuid4(),
        typed=typed or {},
        errors=errors_of(request, refusal, row=row),
    )
    return desk_page(request, visit, "credits/desk_rewards.html", data, refusal=refusal)


@router.get("")
def show_list(request: Request, visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    return _page(request, visit, session, now)


def _stock(text: str) -> int | None:
    return read_number(text, field="stock") if text.strip() else None


def _until(text: str) -> date | None:
    return read_day(text, field="valid_until") if text.strip() else None


@router.post("")
def add_line(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    title: Annotated[str, Form()] = "",
    points: Short = "",
    stock: Short = "",
    how: Annotated[str, Form()] = "",
    valid_until: Short = "",
) -> Response:
    with attempt(session) as tried:
        rewards.add_reward(
            session,
            estate_id=visit.estate.id,
            reward_id=id,
            title=title,
            points=read_number(points, field="points"),
            stock=_stock(stock),
            how=how,
            valid_until=_until(valid_until),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"title": title, "points": points, "stock": stock, "how": how, "valid_until": valid_until}
        return _page(request, visit, session, now, id=id, typed=typed, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/credits/rewards")


@router.post("/{reward_id}")
def change_line(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    reward_id: UUID,
    stock: Short = "",
    how: Annotated[str, Form()] = "",
    valid_until: Short = "",
    off: Short = "",
) -> Response:
    with attempt(session) as tried:
        rewards.change_reward(
            session,
            estate_id=visit.estate.id,
            reward_id=reward_id,
            stock=_stock(stock),
            how=how,
            valid_until=_until(valid_until),
            off=off == "yes",
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, row=reward_id, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/credits/rewards")
