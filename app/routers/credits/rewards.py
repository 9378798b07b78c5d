"""What points can be exchanged for, and a person's own requests with the codes to show at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.credits.frames import my_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.rules.credits.redemptions import STATE_NAMES, RedemptionState
from app.services.credits import members, redeeming, rewards
from app.services.credits.members import Membership
from app.services.credits.redeeming import RedemptionView
from app.services.credits.rewards import RewardView

router = APIRouter(prefix="/e/{slug}/credits")


@dataclass(frozen=True, slots=True)
class RewardsPage:
    """`ids` are the new requests' ids, one for each line of the list; `states` are marked words."""

    address: str
    mine: Membership
    rewards: Sequence[RewardView]
    ids: dict[UUID, UUID]
    requests: Sequence[RedemptionView]
    states: dict[RedemptionState, str]
    errors: Errors


def _page(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, *, refusal: Refusal | None = None
) -> Response:
    who = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    offered = rewards.list_rewards(session, estate_id=visit.estate.id, now=now)
    data = RewardsPage(
        address=f"/e/{visit.estate.slug}/credits",
        mine=members.read_membership(session, **who),
        rewards=offered,
        ids={one.id: uuid4() for one in offered},
        requests=redeeming.list_mine(session, **who),
        states=STATE_NAMES,
        errors=errors_of(request, refusal),
    )
    return my_page(request, visit, "credits/rewards.html", data, refusal=refusal)


@router.get("/rewards")
def show_rewards(request: Request, visit: MemberVisit, session: SessionDep, now: Now) -> Response:
    return _page(request, visit, session, now)


@router.post("/rewards/{reward_id}")
def ask_for_reward(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    reward_id: UUID,
    id: Annotated[UUID, Form()],
) -> Response:
    with attempt(session) as tried:
        redeeming.ask_for(
            session,
            estate_id=visit.estate.id,
            reward_id=reward_id,
            redemption_id=id,
            account_id=visit.actor.id,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/credits/rewards#mine")


@router.post("/redemptions/{redemption_id}")
def cancel_request(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, redemption_id: UUID
) -> Response:
    with attempt(session) as tried:
        redeeming.cancel(
            session,
            estate_id=visit.estate.id,
            redemption_id=redemption_id,
            account_id=visit.actor.id,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, refusal=tried.refusal)
    return see_other(f"/e/{visit.estate.slug}/credits/rewards#mine")
