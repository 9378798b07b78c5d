"""A party's work: it takes an order or refuses it in time, waits with an end, proves the repair; the committee rules."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import FaultCount, Handing, Joiner, OrderMove, OrderNote, WorkOrder
from app.models.maintenance.parties import PartyStaff
from app.models.maintenance.places import PlaceKind
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.responsible import Basis, Reply
from app.rules.maintenance.states import OrderState
from app.rules.maintenance.warranty import Cover
from app.services.deliberations.attaching import Upload
from app.services.maintenance import amending, noting, refusing, setting_aside, working
from app.services.maintenance.clocks import read_clocks
from app.services.maintenance.desk import Deed, Hand
from app.services.maintenance.dossier import read_dossier
from app.services.maintenance.places import list_places
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REASON = "楼道灯由供电公司维护，请转给他们"


def picture() -> Upload:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG")
    return Upload("lamp.jpg", file.getvalue())


class Desk:
    """What people do at the desk with one order."""

    def __init__(self, session: Session, upkeep: Upkeep, order_id: UUID) -> None:
        self.session, self.upkeep, self.order_id = session, upkeep, order_id

    def hand(self, who: Somebody, at: datetime) -> Hand:
        return Hand(
            estate_id=self.upkeep.world.estate_id, order_id=self.order_id, actor=actor_of(who), now=at
        )

    def accept(self, who: Somebody, at: datetime) -> None:
        working.accept_order(
            self.session,
            self.hand(who, at),
            worker_name="马师傅",
            worker_number="W-7",
            plan="更换灯具",
            promised_at=at + DAY,
        )

    def refuse(self, who: Somebody, at: datetime, party: UUID | None = None, note: str = REASON) -> None:
        refusing.refuse_order(self.session, self.hand(who, at), party_id=party, note=note)

    def order(self) -> WorkOrder:
        return self.upkeep.order(self.session, self.order_id)

    def deeds(self, who: Somebody, at: datetime) -> set[Deed]:
        estate_id, account_id = self.upkeep.world.estate_id, who.account_id
        seen = read_dossier(
            self.session, estate_id=estate_id, order_id=self.order_id, account_id=account_id, now=at
        )
        return set(seen.deeds)


@pytest.fixture
def desk(session: Session, upkeep: Upkeep, now: datetime) -> Desk:
    return Desk(session, upkeep, upkeep.report(session, now))


@pytest.fixture
def builders_hand(session: Session, upkeep: Upkeep, now: datetime) -> Somebody:
    """qian_er works for the builder."""
    worker = upkeep.world.qian_er
    session.add(PartyStaff(party_id=upkeep.builder, account_id=worker.account_id, since=now))
    session.flush()
    return worker


def test_who_accepts_says_who_comes_what_is_done_and_until_when(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    desk.accept(upkeep.world.ma_chao, now + HOUR)
    order = desk.order()
    assert (order.state, order.worker_name, order.plan) == (OrderState.ACCEPTED, "马师傅", "更换灯具")
    assert order.promised_at == now + HOUR + DAY
    assert session.exec(select(Handing.reply)).all() == [Reply.ACCEPTED]
    told = session.exec(
        select(Message.values).where(Message.account_id == upkeep.world.li_na.account_id)
    ).all()
    assert any("马师傅" in str(values) for values in told)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"worker_name": " "}, "worker_name"),
        ({"plan": ""}, "plan"),
        ({"promised_at": None}, "promised"),
        ({"promised_at": datetime(2020, 1, 1, tzinfo=UTC)}, "promised"),
        ({"plan": "漏" * 501}, "plan"),
    ],
)
def test_a_word_missing_keeps_the_order_unaccepted(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime, changed: dict[str, object], field: str
) -> None:
    told = {"worker_name": "马师傅", "worker_number": "", "plan": "换灯", "promised_at": now + DAY}
    with pytest.raises(Invalid) as refusal:
        working.accept_order(session, desk.hand(upkeep.world.ma_chao, now), **{**told, **changed})  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert desk.order().state is OrderState.ASSIGNED


def test_the_first_receiver_refuses_to_one_it_names_and_keeps_the_order_until_that_one_accepts(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime, builders_hand: Somebody
) -> None:
    first = upkeep.world.ma_chao
    desk.refuse(first, now + HOUR, upkeep.builder)
    assert (desk.order().party_id, desk.order().state) == (upkeep.builder, OrderState.ASSIGNED)
    # Still his: he may take it back, but has nothing to refuse any more.
    assert Deed.ACCEPT in desk.deeds(first, now + HOUR)
    assert Deed.REFUSE not in desk.deeds(first, now + HOUR)
    with pytest.raises(Conflict) as refusal:
        desk.refuse(first, now + 2 * HOUR, upkeep.utility)
    assert refusal.value.code == "not_asked"
    desk.accept(builders_hand, now + 2 * HOUR)
    with pytest.raises(NotFound):
        desk.deeds(first, now + 2 * HOUR)


def test_the_first_receiver_may_take_back_what_the_other_has_not_accepted(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    desk.refuse(upkeep.world.ma_chao, now + HOUR, upkeep.builder)
    desk.accept(upkeep.world.ma_chao, now + 2 * HOUR)
    assert (desk.order().party_id, desk.order().state) == (upkeep.manager, OrderState.ACCEPTED)
    replies = session.exec(select(Handing.reply).order_by(Handing.seq)).all()  # type: ignore[arg-type]
    assert replies == [Reply.REFUSED, None, Reply.ACCEPTED]


def test_refused_twice_it_is_back_with_the_first_receiver_and_the_committee_has_to_rule(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime, builders_hand: Somebody
) -> None:
    first, committee = upkeep.world.ma_chao, upkeep.world.chen_jie
    desk.refuse(first, now + HOUR, upkeep.builder)
    desk.refuse(builders_hand, now + 2 * HOUR)
    assert desk.order().party_id == upkeep.manager
    with pytest.raises(Conflict) as refusal:
        desk.refuse(first, now + 3 * HOUR)
    assert refusal.value.code == "needs_ruling"
    seen = read_dossier(
        session,
        estate_id=upkeep.world.estate_id,
        order_id=desk.order_id,
        account_id=committee.account_id,
        now=now + 3 * HOUR,
    )
    assert seen.needs_ruling
    refusing.hand_order(
        session,
        desk.hand(committee, now + 4 * HOUR),
        party_id=upkeep.builder,
        note="合同写明由施工单位负责",
        ruled=True,
    )
    assert (desk.order().basis, desk.order().party_id) == (Basis.RULING, upkeep.builder)
    with pytest.raises(Conflict) as ruled:
        desk.refuse(builders_hand, now + 5 * HOUR)
    assert ruled.value.code == "ruled"
    desk.accept(builders_hand, now + 5 * HOUR)


def test_who_names_nobody_leaves_it_to_the_committee(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    desk.refuse(upkeep.world.ma_chao, now + HOUR)
    assert desk.order().party_id == upkeep.committee
    assert {Deed.ACCEPT, Deed.HAND} <= desk.deeds(upkeep.world.chen_jie, now + HOUR)


def test_too_late_too_short_and_to_himself_he_does_not_refuse(
    desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    first = upkeep.world.ma_chao
    for note, party, code in (
        ("不归我管", None, "no_reason"),
        (REASON, upkeep.manager, "same_party"),
    ):
        with pytest.raises(Invalid) as refusal:
            desk.refuse(first, now + HOUR, party, note)
        assert refusal.value.code == code
    with pytest.raises(Conflict) as late:
        desk.refuse(first, datetime(2026, 11, 24, 16, 0, tzinfo=UTC))
    assert late.value.code == "refuse_late"


def test_a_question_stops_the_time_for_refusing(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    first = upkeep.world.ma_chao
    working.ask_for_information(
        session, desk.hand(first, now + HOUR), note="哪一层的灯？", until=date(2026, 11, 27)
    )
    assert desk.order().state is OrderState.NEED_INFO
    working.take_back_question(session, desk.hand(upkeep.world.chen_jie, now + 3 * DAY))
    assert (desk.order().state, desk.order().party_id) == (OrderState.ASSIGNED, upkeep.manager)
    assert len(session.exec(select(Handing.seq)).all()) == 1
    desk.refuse(first, now + 3 * DAY + HOUR, upkeep.utility)


def test_waiting_has_a_reason_and_an_end_and_the_clock_stands_still(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    worker = upkeep.world.ma_chao
    desk.accept(worker, now + HOUR)
    due = desk.order().due_at
    for reason, until in (("", date(2026, 12, 1)), ("information", date(2026, 12, 1)), ("parts", None)):
        with pytest.raises(Invalid):
            working.wait_with_order(session, desk.hand(worker, now + HOUR), reason=reason, until=until)
    with pytest.raises(Invalid) as refusal:
        working.wait_with_order(
            session, desk.hand(worker, now + HOUR), reason="access", until=date(2026, 12, 1)
        )
    assert refusal.value.code == "bad_pause"
    working.wait_with_order(session, desk.hand(worker, now + HOUR), reason="parts", until=date(2026, 11, 30))
    assert desk.order().due_at is not None
    assert due is not None
    assert desk.order().due_at > due
    working.start_work(session, desk.hand(worker, now + DAY))
    assert desk.order().due_at is not None
    assert desk.order().due_at < due + 2 * DAY


def test_repaired_needs_a_picture_and_the_party_confirms_nothing(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    worker = upkeep.world.ma_chao
    desk.accept(worker, now + HOUR)
    with pytest.raises(Invalid) as refusal:
        working.report_repaired(session, desk.hand(worker, now + HOUR), photos=())
    assert refusal.value.field == "photos"
    working.report_repaired(session, desk.hand(worker, now + HOUR), photos=[picture()], note="已换新灯")
    assert desk.order().state is OrderState.REPAIRED
    assert desk.deeds(worker, now + HOUR) == {Deed.NOTE, Deed.COST}


def test_a_step_the_table_does_not_have_is_refused(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    worker = upkeep.world.ma_chao
    steps: list[Callable[[], None]] = [
        lambda: working.start_work(session, desk.hand(worker, now)),
        lambda: working.report_repaired(session, desk.hand(worker, now), photos=[picture()]),
        lambda: setting_aside.reopen_order(session, desk.hand(upkeep.world.chen_jie, now), note="没修"),
    ]
    for step in steps:
        with pytest.raises(Conflict) as refusal:
            step()
        assert refusal.value.code == "bad_move"


def test_only_the_committee_sets_aside_extends_amends_and_hands_out(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    hand = desk.hand(upkeep.world.ma_chao, now)
    change = amending.Amendment(category="lift", urgency="urgent", place_id=upkeep.building, note="改")
    for deed in (
        lambda: setting_aside.decline_order(session, hand, note="不办"),
        lambda: setting_aside.send_elsewhere(session, hand, recipient="城管", note="道路"),
        lambda: setting_aside.mark_duplicate(session, hand, number=1),
        lambda: refusing.hand_order(session, hand, party_id=upkeep.builder, note=""),
        lambda: amending.extend_clock(session, hand, amount=1, note="缺件"),
        lambda: amending.amend_order(session, hand, change),
    ):
        with pytest.raises(NotAllowed) as refusal:
            deed()
        assert refusal.value.code == "committee_only"


def test_strangers_neighbours_and_other_parties_find_no_order(
    desk: Desk, upkeep: Upkeep, now: datetime, builders_hand: Somebody
) -> None:
    world = upkeep.world
    for who in (world.li_na, world.wang_wei, world.zhou_tao, world.stranger, builders_hand):
        with pytest.raises(NotFound):
            desk.accept(who, now)


def test_an_estate_reaches_no_order_of_another(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    hand = Hand(
        estate_id=upkeep.world.other_estate_id,
        order_id=desk.order_id,
        actor=actor_of(upkeep.world.zhou_tao),
        now=now,
    )
    with pytest.raises(NotFound):
        setting_aside.decline_order(session, hand, note="不办")


def test_a_form_made_before_another_step_is_refused(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    stale = Hand(
        estate_id=upkeep.world.estate_id,
        order_id=desk.order_id,
        actor=actor_of(upkeep.world.chen_jie),
        now=now,
        seen=1,
    )
    with pytest.raises(Conflict) as refusal:
        setting_aside.decline_order(session, stale, note="不办")
    assert refusal.value.code == "moved_on"


def test_a_duplicate_takes_its_people_along_and_stands_with_the_original(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    second = Desk(session, upkeep, upkeep.report(session, now + HOUR, by=world.wang_wei))
    hand = second.hand(world.chen_jie, now + 2 * HOUR)
    setting_aside.mark_duplicate(session, hand, number=1)
    assert (second.order().state, second.order().duplicate_of) == (OrderState.DUPLICATE, desk.order_id)
    assert session.get(Joiner, (desk.order_id, world.wang_wei.account_id)) is not None
    third = Desk(session, upkeep, upkeep.report(session, now + HOUR))
    for number, code in ((2, "duplicate_too"), (3, "itself"), (99, "no_such"), (None, "required")):
        with pytest.raises(Refusal) as refusal:
            setting_aside.mark_duplicate(session, third.hand(world.chen_jie, now), number=number)
        assert refusal.value.code == code
    setting_aside.restore_order(session, second.hand(world.chen_jie, now + 3 * HOUR), note="不是同一盏灯")
    assert (second.order().state, second.order().duplicate_of) == (OrderState.SUBMITTED, None)


def test_declined_and_sent_elsewhere_need_their_words(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    hand = desk.hand(upkeep.world.chen_jie, now)
    for deed, field in (
        (lambda: setting_aside.decline_order(session, hand, note=" "), "note"),
        (lambda: setting_aside.send_elsewhere(session, hand, recipient="", note="市政道路"), "recipient"),
        (lambda: setting_aside.send_elsewhere(session, hand, recipient="市政", note=""), "note"),
    ):
        with pytest.raises(Invalid) as refusal:
            deed()
        assert refusal.value.field == field
    setting_aside.send_elsewhere(session, hand, recipient="市政公司", note="市政道路")
    assert (desk.order().state, desk.order().recipient) == (OrderState.NOT_OURS, "市政公司")


def test_the_clock_is_extended_once_and_everyone_reads_why(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    committee = desk.hand(upkeep.world.chen_jie, now + 2 * HOUR)
    with pytest.raises(Conflict) as early:
        amending.extend_clock(session, committee, amount=3, note="等配件")
    assert early.value.code == "no_clock"
    desk.accept(upkeep.world.ma_chao, now + HOUR)
    due = desk.order().due_at
    for amount in (None, 0, 8):
        with pytest.raises(Invalid):
            amending.extend_clock(session, committee, amount=amount, note="等配件")
    amending.extend_clock(session, committee, amount=3, note="灯具停产，另行订购")
    assert due is not None
    assert desk.order().due_at == due + 3 * DAY
    note = session.exec(select(OrderNote)).one()
    assert "延长 3 天" in note.text
    assert not note.private
    repair = session.exec(select(OrderClock).where(OrderClock.clock == ClockKind.REPAIR)).one()
    assert (repair.amount, repair.extended, repair.extended_reason) == (7, 3, "灯具停产，另行订购")
    with pytest.raises(Conflict) as again:
        amending.extend_clock(session, committee, amount=1, note="再等等")
    assert again.value.code == "extended"


def test_amending_moves_the_public_count_and_decides_anew_only_when_asked(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    hand = desk.hand(upkeep.world.chen_jie, now + HOUR)
    estate_id = upkeep.world.estate_id
    grounds = next(p for p in list_places(session, estate_id=estate_id) if p.kind is PlaceKind.GROUNDS)
    kept = [(c.kind, c.term) for c in read_clocks(session, order_id=desk.order_id, now=now)]
    change = amending.Amendment(
        category="lighting", urgency="ordinary", place_id=grounds.id, note="灯在院子里"
    )
    amending.amend_order(session, hand, change)
    counts = {row.building: row.open for row in session.exec(select(FaultCount))}
    assert counts == {"3": 0, "": 1}
    assert (desk.order().party_id, desk.order().place_id) == (upkeep.manager, grounds.id)
    change = amending.Amendment(
        category="roof_leak", urgency="urgent", place_id=upkeep.building, note="是屋面漏水", again=True
    )
    amending.amend_order(session, hand, change)
    order = desk.order()
    assert (order.party_id, order.basis, order.cover) == (upkeep.builder, Basis.WARRANTY, Cover.COVERED)
    now_kept = {c.kind: c.term for c in read_clocks(session, order_id=desk.order_id, now=now)}
    assert now_kept[ClockKind.RESPONSE] == dict(kept)[ClockKind.RESPONSE]


def test_amending_needs_a_change_a_reason_and_an_open_order(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    hand = desk.hand(upkeep.world.chen_jie, now)
    same = {"category": "lighting", "urgency": "ordinary", "place_id": upkeep.entrance, "note": "看过"}
    for changed, field in (
        ({}, "category"),
        ({"category": "ufo"}, "category"),
        ({"urgency": "x"}, "urgency"),
        ({"urgency": "urgent", "note": ""}, "note"),
        ({"place_id": None}, "place"),
    ):
        with pytest.raises(Invalid) as refusal:
            amending.amend_order(session, hand, amending.Amendment(**{**same, **changed}))  # type: ignore[arg-type]
        assert refusal.value.field == field
    setting_aside.decline_order(session, hand, note="重复拍照")
    with pytest.raises(Conflict):
        amending.amend_order(
            session,
            hand,
            amending.Amendment(**{**same, "urgency": "urgent"}),  # type: ignore[arg-type]
        )


def test_a_note_is_once_and_only_a_public_one_is_told(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    hand = desk.hand(upkeep.world.ma_chao, now)
    for private, key in ((True, uuid4()), (False, uuid4())):
        for _ in range(2):
            noting.add_note(session, hand, note_id=key, text="明天上午来", private=private)
    notes = session.exec(select(OrderNote.author)).all()
    assert notes == ["安居物业", "安居物业"]
    templates = session.exec(
        select(Message.template).where(Message.account_id == upkeep.world.li_na.account_id)
    ).all()
    assert list(templates).count("order_note") == 1
    with pytest.raises(Invalid):
        noting.add_note(session, hand, note_id=uuid4(), text="长" * 1001, private=False)


def test_each_look_at_the_contact_is_a_row_and_ends_with_the_order(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    desk.accept(world.ma_chao, now)
    contact = noting.look_at_contact(session, desk.hand(world.ma_chao, now))
    assert (contact.name, contact.phone) == ("li_na", world.li_na.phone)
    noting.look_at_contact(session, desk.hand(world.ma_chao, now))
    rows = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:contact:look")).all()
    assert len(rows) == 2
    assert all(row.reason for row in rows)
    refusing.hand_order(
        session, desk.hand(world.chen_jie, now), party_id=upkeep.builder, note="", ruled=False
    )
    with pytest.raises(NotFound):
        noting.look_at_contact(session, desk.hand(world.ma_chao, now))


def test_a_party_that_is_done_sees_no_telephone_any_more(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    setting_aside.decline_order(session, desk.hand(upkeep.world.chen_jie, now), note="不是公共部位")
    with pytest.raises(NotAllowed):
        noting.look_at_contact(session, desk.hand(upkeep.world.ma_chao, now))


def test_the_pause_of_a_question_is_in_the_history(
    session: Session, desk: Desk, upkeep: Upkeep, now: datetime
) -> None:
    working.ask_for_information(
        session, desk.hand(upkeep.world.chen_jie, now), note="哪一层？", until=date(2026, 11, 25)
    )
    move = session.exec(select(OrderMove).where(OrderMove.state == OrderState.NEED_INFO)).one()
    assert (move.reason, move.until) == (PauseReason.INFORMATION, datetime(2026, 11, 25, 16, tzinfo=UTC))
