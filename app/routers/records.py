"""How many records of other people one account may open in an hour: counted before the page is made, and told once when it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args
from uuid import UUID

from fastapi import Depends, Request, params

from app.config import Settings
from app.dependencies import Visit, turn
from app.errors import N_, TooMany
from app.routers.flood import Buckets
from app.services import trail

# What a page costs. Why these numbers: docs/decisions/0023-limits-in-front-of-the-database.md
ONE: Final = 1
LIST: Final = 2
WHOLE: Final = 50
HOUR_MS: Final = 3_600_000


class Records:
    """The looks that each account has left in this process, and whose spending was told within the hour."""

    def __init__(self, settings: Settings, steady: Callable[[], int]) -> None:
        """`steady` in milliseconds of a clock that never jumps."""
        self.most, self.steady = settings.records_per_account, steady
        self._left = Buckets(an_hour=self.most)
        self._told: dict[UUID, int] = {}

    def take(self, account_id: UUID, looks: int) -> int:
        """0 when there were so many left, else the whole seconds to wait."""
        return self._left.take(account_id, self.steady(), min(looks, self.most))

    def is_news(self, account_id: UUID) -> bool:
        """Whether nobody was told within the hour; from now on somebody was."""
        now = self.steady()
        self._told = {who: at for who, at in self._told.items() if now - at < HOUR_MS}
        if account_id in self._told:
            return False
        self._told[account_id] = now
        return True

    def forget(self, account_id: UUID) -> None:
        """It could not be told after all."""
        self._told.pop(account_id, None)


def spends(entrance: object, cost: int) -> params.Depends:
    """A dependency for a handler that shows records of other people to whom `entrance` (`CommitteeVisit`, …) lets in.

    Who is refused at the entrance has looked at nothing and spends nothing.
    """
    let_in: Any = get_args(entrance)[1]

    async def spend(request: Request, visit: Visit = let_in) -> None:
        if visit.person is not None:
            await _spend(request, visit, cost)

    depends: params.Depends = Depends(spend)
    return depends


async def _spend(request: Request, visit: Visit, cost: int) -> None:
    records: Records = request.app.state.records
    seconds = records.take(visit.actor.id, cost)
    if not seconds:
        return
    request.app.state.meter.note_spent()
    if records.is_news(visit.actor.id):
        try:
            await _tell(request, visit, records.most)
        except BaseException:
            records.forget(visit.actor.id)
            raise
    raise TooMany(
        N_(
            "您一小时里打开的住户资料太多了，为了保护大家的隐私，这一页没有显示。请过 %(minutes)s 分钟再打开；工作上确实需要的，请联系系统管理员"
        ),
        code="records_spent",
        minutes=-(-seconds // 60),
        seconds=seconds,
    )


async def _tell(request: Request, visit: Visit, most: int) -> None:
    # SQLite's writer would wait for this request's own reader.
    await request.state.end_reading()
    async with turn(request, writing=True) as session:
        trail.record(
            session,
            tag="accounts:records:spent",
            actor=visit.actor,
            now=request.state.received_at,
            estate_id=visit.estate.id,
            subject_kind="account",
            subject_id=visit.actor.id,
            new={"looks": most},
        )
