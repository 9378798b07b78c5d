"""Honours: nobody confirms his own, and two who confirm the same at once do it once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from app.errors import NotAllowed
from app.models.credits import CreditHonour
from app.models.outbox import Message
from app.rules.credits.honours import Honour
from app.rules.credits.reasons import Reason
from app.services.credits import honours, ledger, members
from app.services.trail import Actor


@pytest.fixture
def confirm(session: Session, world, now):
    """li_na has deeds enough for the quarter, which is over."""
    where = {"estate_id": world.estate_id, "account_id": world.li_na.account_id}
    members.join(session, **where, is_resident=True, agreed=True, now=now)
    member = ledger.lock_joined(session, **where)
    for number in range(4):
        what = {"reason": Reason.MEETING, "subject": f"meeting:{number}", "amount": 8}
        ledger.write_entry(session, member, **what, now=now, on_day=ledger.day_of(now))

    def do(account_id) -> int:
        return honours.confirm(
            session,
            estate_id=world.estate_id,
            quarter="2026Q4",
            chosen={(Honour.TALK, world.li_na.account_id)},
            actor=Actor(account_id, "陈洁"),
            now=now + timedelta(days=60),
        )

    return do


def test_nobody_confirms_his_own_honour(confirm, session, world) -> None:
    with pytest.raises(NotAllowed) as refused:
        confirm(world.li_na.account_id)
    assert refused.value.code == "own_case"
    assert session.exec(select(CreditHonour)).all() == []
    assert confirm(world.chen_jie.account_id) == 1


def test_what_another_confirmed_this_very_moment_is_done_and_told_once(
    confirm, session, world, monkeypatch
) -> None:
    assert confirm(world.chen_jie.account_id) == 1
    monkeypatch.setattr(honours, "_rows", lambda *_, **__: [])  # read before the other wrote
    assert confirm(world.zhao_min.account_id) == 0
    assert len(session.exec(select(CreditHonour)).all()) == 1
    assert len(session.exec(select(Message)).all()) == 1
