"""The desk puts policy cards beside a proposal, a thread or a vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.guides.frames import Beside, ExplainerVisit, explainer, policy_beside, subject_of
from app.rules.guides.cards import KIND_NAMES, MOST_REASON
from app.services.guides import cards, linking
from app.services.guides.cards import CardView
from app.services.guides.linking import Subject, ensure_known

router = APIRouter(prefix="/desk/{slug}/guides/attach")


@dataclass(frozen=True, slots=True)
class AttachPage:
    """What stands beside the subject, and the published cards that could; `page` is the subject's own."""

    subject: Subject
    page: str
    beside: Beside
    others: Sequence[CardView]
    kind_names: dict[str, str]
    id: UUID
    guide: str
    reason: str
    most_reason: int
    address: str
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    kind: str,
    subject_id: UUID,
    *,
    guide: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    subject, page = subject_of(session, visit, ensure_known(kind), subject_id, now)
    here = policy_beside(session, visit, subject, now)
    known = {card.guide_id for card in here.cards}
    published = cards.list_published(session, estate_id=visit.estate.id, now=now)
    data = AttachPage(
        subject=subject,
        page=page,
        beside=here,
        others=[card for card in published if card.id not in known],
        kind_names={one.value: name for one, name in KIND_NAMES.items()},
        id=uuid4(),
        guide=guide,
        reason=reason,
        most_reason=MOST_REASON,
        address=f"/desk/{visit.estate.slug}/guides/attach",
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "guides/desk_attach.html", data, refusal=refusal)


@router.get("")
def show_attach(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    subject: UUID,
    kind: str = "",
) -> Response:
    return _page(request, visit, session, now, kind, subject)


@router.post("")
def attach(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    subject: Annotated[UUID, Form()],
    kind: Annotated[str, Form(max_length=20)] = "",
    guide: Annotated[str, Form(max_length=60)] = "",
    reason: Annotated[str, Form()] = "",
    act: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    about, _ = subject_of(session, visit, ensure_known(kind), subject, now)
    with attempt(session) as tried:
        _do(visit, session, now, about, id, guide, act, reason)
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            now,
            kind,
            subject,
            guide=guide,
            reason=reason,
            refusal=tried.refusal,
        )
    return see_other(f"/desk/{visit.estate.slug}/guides/attach?kind={about.kind}&subject={subject}")


def _do(
    visit: Visit, session: SessionDep, now: Now, about: Subject, id: UUID, guide: str, act: str, reason: str
) -> None:
    estate_id, guide_id, who = visit.estate.id, _guide_id(guide), explainer(visit)
    if act == "detach":
        linking.detach_card(
            session, estate_id=estate_id, guide_id=guide_id, subject=about, explainer=who, now=now
        )
        return
    linking.attach_card(
        session,
        estate_id=estate_id,
        guide_id=guide_id,
        link_id=id,
        subject=about,
        reason=reason,
        explainer=who,
        now=now,
    )


def _guide_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(N_("请选择一张政策卡"), field="guide") from None
