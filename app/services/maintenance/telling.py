"""Who hears of a step: the residents behind an order, the people of its party, the committee."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.accounts import Grant
from app.models.maintenance.orders import Joiner, WorkOrder
from app.rules.accounts import Role
from app.services import outbox
from app.services.maintenance.parties import staff_of


def residents_of(session: Session, order: WorkOrder) -> list[UUID]:
    """The reporter and everybody who joined."""
    joined = session.exec(select(Joiner.account_id).where(Joiner.order_id == order.id)).all()
    return [*([order.reporter_id] if order.reporter_id else []), *joined]


def committee_of(session: Session, estate_id: UUID) -> list[UUID]:
    query = select(Grant.account_id).where(
        Grant.estate_id == estate_id,
        Grant.role == Role.COMMITTEE,
        col(Grant.ended_at).is_(None),
    )
    return list(session.exec(query).all())


def people_of_party(session: Session, order: WorkOrder, party_id: UUID | None) -> list[UUID]:
    """The staff of a party; the committee's own people where it is the committee's, or where nobody works for it."""
    staff = list(staff_of(session, party_id=party_id)) if party_id else []
    return staff or committee_of(session, order.estate_id)


def tell(
    session: Session,
    order: WorkOrder,
    accounts: Iterable[UUID],
    *,
    template: str,
    occasion: str,
    now: datetime,
    values: Mapping[str, object] | None = None,
    but: UUID | None = None,
) -> None:
    """One message each, once per `occasion`; never to `but`, who did it himself."""
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"{template}:{order.id}:{occasion}:{account_id}",
                template=template,
                now=now,
                account_id=account_id,
                estate_id=order.estate_id,
                values={"number": order.number, **(values or {})},
                link=f"maintenance/{order.id}",
            )
            for account_id in dict.fromkeys(accounts)
            if account_id != but
        ],
    )
