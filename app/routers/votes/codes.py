"""The desk's page of household codes: print letters by building, or a new one for one home; the PDF is the only place of a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import CommitteeVisit, Now, SecretDep, SessionDep, SettingsDep
from app.errors import N_, Invalid, Refusal
from app.routers.codes import is_local
from app.routers.estates.frames import read_id
from app.routers.forms import Errors, attempt, errors_of
from app.routers.votes.frames import desk_address, desk_page
from app.routers.votes.mandates_desk import Groups, home_groups
from app.rules.votes.states import State
from app.services.votes import codes, reading
from app.services.votes.codes import CodeStand, PlainLetter
from app.services.votes.codes_letters import LetterHead, draw_letters
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/codes")


@dataclass(frozen=True, slots=True)
class CodesPage:
    """How the letters stand, and the two forms; `local` warns that no telephone reaches the address in the codes."""

    vote: VoteSheet
    running: bool
    stands: list[CodeStand]
    groups: Groups
    most: int
    local: bool
    errors: Errors
    address: str


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    vote_id: UUID,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    data = CodesPage(
        vote=vote,
        running=vote.state in {State.NOTICED, State.OPEN},
        stands=codes.stand_of_letters(session, vote_id=vote_id),
        groups=home_groups(session, vote_id),
        most=codes.MOST_LETTERS,
        local=is_local(settings.public_url),
        errors=errors_of(request, refusal),
        address=f"{desk_address(visit.estate.slug, vote_id)}/codes",
    )
    return desk_page(request, visit, "votes/codes.html", data, refusal=refusal)


@router.get("")
def show_codes(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    vote_id: UUID,
) -> HTMLResponse:
    return _page(request, visit, session, now, settings, vote_id)


@router.post("")
def print_letters(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    vote_id: UUID,
    building: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """The answer is the PDF itself: what is lost of it cannot be had again, only printed anew."""
    chosen = Chosen(building=building[:20], again=bool(again))
    return _print(request, visit, session, now, settings, secret, vote_id, chosen)


@router.post("/home")
def print_letter(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: SecretDep,
    vote_id: UUID,
    unit: Annotated[str, Form()] = "",
) -> Response:
    home = read_id(unit)
    if home is None:
        missing = Invalid(N_("请选择房号"), field="unit")
        return _page(request, visit, session, now, settings, vote_id, missing)
    return _print(request, visit, session, now, settings, secret, vote_id, Chosen(unit_id=home))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which homes get a letter: those of a building ("" for all), or one."""

    building: str = ""
    unit_id: UUID | None = None
    again: bool = False


def _print(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    secret: bytes,
    vote_id: UUID,
    chosen: Chosen,
) -> Response:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    letters: list[PlainLetter] = []
    with attempt(session) as tried:
        letters = codes.print_letters(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            building=chosen.building,
            unit_id=chosen.unit_id,
            again=chosen.again,
            actor=visit.actor,
            now=now,
            secret=secret,
        )
    if tried.refusal:
        return _page(request, visit, session, now, settings, vote_id, tried.refusal)
    head = LetterHead(
        estate=visit.estate.name,
        committee=visit.estate.committee_name,
        phone=visit.estate.desk_phone,
        title=vote.title,
        opens_at=vote.opens_at,
        closes_at=vote.closes_at,
        page=f"{settings.public_url.rstrip('/')}/e/{visit.estate.slug}/letters",
    )
    return Response(
        draw_letters(letters, head),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="letters-{visit.estate.slug}-{vote.number}.pdf"',
            "Cache-Control": "no-store",
        },
    )
