"""The demo's fees: two services with their prices, what they bought, two months of payments, and a home that is relieved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, select

from app.cli.demo.repairs_register import Parties
from app.cli.demo.stage import Stage, at
from app.models.estates import Unit
from app.models.maintenance.fees import FeeBasis
from app.rules.estates.units import UnitKind
from app.rules.maintenance.fees import month_after
from app.rules.maintenance.rates import month_of
from app.services.maintenance.fees.charging import charge_month, pay_many
from app.services.maintenance.fees.deeds import NewDeed, tell_deed
from app.services.maintenance.fees.prices import NewPrice, NewService, change_price, open_service
from app.services.maintenance.fees.relief import NewHardship, relieve
from app.services.trail import Actor

_RELIEVED = "5-1-101"
# Li Xiuying's room: she, whom the demo lets people play, has this month's still to pay.
_STILL_DUE = "402"


@dataclass(frozen=True)
class _Service:
    """A service with the price before last month and the one since, in yuan; and what was done, days back from today.

    What nobody has a contract for the committee sees to itself.
    """

    title: str
    text: str
    by_manager: bool
    document: str
    basis: FeeBasis
    before: str
    since: str
    done: tuple[tuple[int, str], ...]


_SERVICES = (
    _Service(
        "物业服务费",
        "门岗、巡逻、公共部位的日常维护和报修接单。",
        True,
        "物业服务合同（演示）",
        FeeBasis.AREA,
        "0.90",
        "1.10",
        (
            (0, "五个单元的楼道灯全部查了一遍，换了 7 只。"),
            (24, "清理地下室排水沟，清出泥沙 12 袋。"),
        ),
    ),
    _Service(
        "楼道保洁",
        "居委会请保洁员，每周扫两次、拖一次。",
        False,
        "居民代表会议决议（演示）",
        FeeBasis.HOME,
        "",
        "8.00",
        ((0, "五个单元的扶手和窗台擦了一遍，三楼堆的旧家具请住户搬走了。"),),
    ),
)


def tell(stage: Stage, parties: Parties) -> None:
    """Prices first, then who is relieved, then two months charged and partly paid, and what was done."""
    last, current = month_after(month_of(stage.now), -1), month_of(stage.now)
    with stage.database.transaction() as session:
        services = {service: _price(session, stage, parties, service, last) for service in _SERVICES}
        _relieve(session, stage, current)
    for service_id in services.values():
        with stage.database.transaction() as session:
            _collect(session, stage, service_id, last, at(stage.now, -20, 9), over=True)
            _collect(session, stage, service_id, current, stage.now, over=False)
    with stage.database.transaction() as session:
        for service, service_id in services.items():
            teller = parties.staff[parties.manager] if service.by_manager else stage.actor
            _tell_done(session, stage, service, service_id, teller)


def _price(session: Session, stage: Stage, parties: Parties, service: _Service, month: str) -> UUID:
    """The service at the price that counts since last month."""
    begun = at(stage.now, -85, 14)
    opened = open_service(
        session,
        NewService(
            id=uuid4(),
            title=service.title,
            text=service.text,
            party_id=parties.manager if service.by_manager else None,
            basis=service.basis.value,
            price=service.before or service.since,
            document=service.document,
            vote_id=None,
            first_month=month_after(month, -10),
        ),
        estate_id=stage.estate_id,
        actor=stage.actor,
        now=begun,
    )
    if not service.before:
        return opened
    since = NewPrice(
        id=uuid4(),
        basis=service.basis.value,
        price=service.since,
        document=f"{service.document}补充协议一",
        vote_id=None,
        first_month=month,
    )
    where = {"estate_id": stage.estate_id, "service_id": opened}
    return change_price(session, since, **where, actor=stage.actor, now=begun)


def _relieve(session: Session, stage: Stage, month: str) -> None:
    relieve(
        session,
        NewHardship(
            id=uuid4(),
            home=_RELIEVED,
            reason="低保家庭，居委会上门核实（演示）",
            first_month=month,
            last_month=month_after(month, 11),
        ),
        estate_id=stage.estate_id,
        actor=stage.actor,
        now=at(stage.now, -10, 10),
    )


def _collect(
    session: Session, stage: Stage, service_id: UUID, month: str, when: datetime, *, over: bool
) -> None:
    """Charge a month. Of one that is over all homes but one in eight have paid, of this one every second."""
    where = {"estate_id": stage.estate_id, "service_id": service_id}
    charge_month(session, **where, month=month, actor=stage.actor, now=when)
    paid = [
        (home.id, f"{month.replace('-', '')}-{place:03d}")
        for place, home in enumerate(_homes(session, stage), start=1)
        if (place % 8 != 3 if over else place % 2 == 0 and home.room != _STILL_DUE)
    ]
    pay_many(session, **where, month=month, paid=paid, actor=stage.actor, now=when)


def _homes(session: Session, stage: Stage) -> Iterable[Unit]:
    query = select(Unit).where(Unit.estate_id == stage.estate_id, Unit.kind == UnitKind.DWELLING)
    return sorted(session.exec(query), key=lambda unit: (unit.building, unit.entrance, unit.room))


def _tell_done(session: Session, stage: Stage, service: _Service, service_id: UUID, teller: Actor) -> None:
    for ago, text in service.done:
        when = at(stage.now, -ago, 16) if ago else stage.now
        tell_deed(
            session,
            NewDeed(id=uuid4(), service_id=service_id, month=month_of(when), text=text, photo=None),
            estate_id=stage.estate_id,
            actor=teller,
            committee=not service.by_manager,
            now=when,
        )
