"""Paper sheets: numbered once a home, found by serial and QR, voided with a reason, and refused where they are not ours."""

from hashlib import sha256

import pytest
from sqlmodel import col, select

from app.errors import Refusal
from app.models.estates import Unit
from app.models.files import StoredFile
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import RollEntry
from app.models.votes.paper import PaperScan, PaperSheet, SheetState
from app.rules.votes.serials import serial_of
from app.services.trail import Actor
from app.services.votes import closing, paper, paper_codes, paper_return
from tests.fixtures.paper import GRACE, Paper, picture


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


def tags(session) -> list[str]:
    return list(session.exec(select(TrailRow.tag).order_by(col(TrailRow.seq))))


def test_every_home_of_the_roll_gets_one_sheet_however_often_they_are_printed(
    session, vote, world, cupboard
) -> None:
    printing = {**cupboard.where, "actor": cupboard.actor("chen_jie"), "now": cupboard.now}
    assert paper.issue_sheets(session, **printing, building="3", entrance="1") == 12
    assert paper.issue_sheets(session, **printing) == 0
    slips = paper.slips(session, vote_id=vote.id)
    assert [slip.label for slip in slips][:3] == ["3号楼1单元101室", "3号楼1单元102室", "3号楼1单元201室"]
    assert len({slip.serial for slip in slips}) == 12
    [batch] = paper.batches(session, vote_id=vote.id)
    assert (batch.label, batch.homes, batch.printed) == ("3号楼1单元", 12, 12)
    assert tags(session).count("votes:sheet:print") == 1


def test_nothing_is_printed_for_a_draft_after_the_closing_or_when_annulled(
    session, make_vote, world, now
) -> None:
    drafted, noticed = make_vote(notice=False), make_vote()
    assert refused(Paper(session, world, drafted, now).printed) == "not_noticed"
    cupboard = Paper(session, world, noticed, now)
    cupboard.printed("301")
    assert refused(lambda: cupboard.printed("302", now=cupboard.vote.closes_at)) == "closed"
    closing.annul_vote(
        session,
        **cupboard.where,
        actor=cupboard.actor("chen_jie"),
        reason="公告的内容写错了，重新来",
        now=now,
    )
    assert refused(lambda: cupboard.printed("302")) == "annulled"
    assert session.exec(select(PaperSheet.state)).all() == [SheetState.ISSUED]


def test_another_estates_desk_prints_nothing_here(session, vote, world, cupboard) -> None:
    actor = Actor(world.zhou_tao.account_id, "zhou_tao")
    where = {"estate_id": world.other_estate_id, "vote_id": vote.id}
    assert refused(lambda: paper.issue_sheets(session, **where, actor=actor, now=cupboard.now)) == "notfound"


def test_a_sheet_is_found_by_its_serial_and_by_the_address_in_its_qr(session, vote, world, cupboard) -> None:
    serial = cupboard.printed()
    url = paper_codes.qr_address("https://a.example/", world.slug, vote.id, serial, vote.secret)
    assert url.startswith(f"https://a.example/desk/{world.slug}/votes/{vote.id}/paper/{serial}?m=")
    for code in (serial, serial.lower().replace("-", " "), url):
        assert paper_codes.find_serial(session, **cupboard.where, code=code, secret=vote.secret) == serial


def test_a_forged_qr_another_votes_sheet_and_an_unknown_serial_are_refused_with_their_reasons(
    session, world, make_vote, now
) -> None:
    votes = [make_vote(), make_vote()]
    here, there = (Paper(session, world, one, now) for one in votes)
    ours, theirs = here.printed(), there.printed()
    find = {**here.where, "secret": here.vote.secret}

    def code_of(vote_id, serial, secret=here.vote.secret):
        return paper_codes.qr_address("https://a.example", world.slug, vote_id, serial, secret)

    unknown = next(filter(None, map(serial_of, range(1000, 2000))))
    forged = code_of(here.vote.id, ours, b"another installation's secret")
    swapped = code_of(here.vote.id, ours).replace(ours, theirs)
    for code, why in (
        (forged, "forged"),
        (swapped, "forged"),
        (code_of(here.vote.id, ours).split("?")[0], "forged"),
        (code_of(there.vote.id, theirs), "other_vote"),
        (theirs, "other_vote"),
        (unknown, "unknown_serial"),
        ("1234-5678", "bad_serial"),
    ):
        assert refused(lambda code=code: paper_codes.find_serial(session, **find, code=code)) == why, code


def test_a_lost_sheet_is_voided_with_a_reason_replaced_and_its_owners_are_told(
    session, vote, world, cupboard
) -> None:
    old = cupboard.printed()
    void = {**cupboard.where, "serial": old, "actor": cupboard.actor("chen_jie"), "now": cupboard.now}
    assert refused(lambda: paper.void_sheet(session, **void, reason="丢了")) == "invalid"
    new = paper.void_sheet(session, **void, reason="业主说票丢了")
    assert (cupboard.state(old), cupboard.state(new)) == (SheetState.VOID, SheetState.ISSUED)
    assert refused(lambda: paper.void_sheet(session, **void, reason="再作废一次")) == "sheet_void"
    assert refused(lambda: cupboard.hand_in(old)) == "sheet_void"
    told = session.exec(select(Message).where(Message.template == "sheet_void")).one()
    assert told.account_id == world.li_na.account_id
    assert (told.values["old"], told.values["new"]) == (old, new)
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:sheet:void")).one()
    assert (row.old["serial"], row.new["serial"], row.reason) == (old, new, "业主说票丢了")


def test_a_sheet_that_came_back_was_signed_and_cannot_be_voided(session, cupboard) -> None:
    serial = cupboard.back()
    void = {**cupboard.where, "serial": serial, "actor": cupboard.actor("chen_jie")}
    again = lambda: paper.void_sheet(session, **void, reason="不想算这张票", now=cupboard.after(2))  # noqa: E731
    assert refused(again) == "came_back"
    assert cupboard.printed("302") != serial
    assert [slip.serial for slip in paper.slips(session, vote_id=cupboard.vote.id)] != [serial]


def test_the_sheet_of_a_home_struck_off_the_roll_is_voided_without_a_new_one(
    session, world, vote, cupboard
) -> None:
    serial, unit = cupboard.printed(), world.homes["301"].unit_id
    first = session.get_one(RollEntry, (vote.id, unit, 1))
    session.add(RollEntry(**{**first.model_dump(), "revision": 2, "struck": True}))
    session.flush()
    void = {**cupboard.where, "actor": cupboard.actor("chen_jie"), "now": cupboard.now}
    assert refused(lambda: cupboard.hand_in(serial)) == "not_on_roll"
    assert paper.void_sheet(session, **void, serial=serial, reason="名册更正，这户划去了") == ""
    assert refused(lambda: paper.issue_sheets(session, **void, unit_id=unit)) == "notfound"


@pytest.mark.parametrize(
    ("minutes", "late", "why"),
    [(-1, 2, "not_open_yet"), (5, -1, "bad_time"), (7 * 24 * 60, 0, "closed"), (7 * 24 * 60 - 1, 2.5, "closed")],
    ids=["before the opening", "in the future", "at the closing second", "after entering has ended"],
)  # fmt: skip
def test_the_moment_of_handing_in_lies_within_the_vote(session, cupboard, minutes, late, why) -> None:
    serial = cupboard.printed()
    assert refused(lambda: cupboard.hand_in(serial, minutes, late=late)) == why
    assert cupboard.state(serial) is SheetState.ISSUED


def test_a_sheet_is_not_handed_in_before_it_was_printed(session, cupboard) -> None:
    serial = cupboard.printed(now=cupboard.after(10))
    assert refused(lambda: cupboard.hand_in(serial, 9, late=3)) == "bad_time"
    cupboard.hand_in(serial, 10, late=3)
    assert refused(lambda: cupboard.hand_in(serial, 11)) == "sheet_here"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 a file", b"GIF89a", b"MZ" * 100, b"", picture()[:300]], ids=len
)
def test_what_is_no_picture_is_no_scan_and_the_sheet_stays_out(session, cupboard, content) -> None:
    serial = cupboard.printed()
    with pytest.raises(Refusal) as error, session.begin_nested():
        cupboard.hand_in(serial, scans=(content,))
    assert error.value.field == "scans"
    session.expire_all()
    assert cupboard.state(serial) is SheetState.ISSUED
    assert refused(lambda: cupboard.hand_in(serial, scans=())) == "no_scan"


def test_a_sheet_has_so_many_pictures_and_no_more(session, cupboard) -> None:
    serial = cupboard.printed()
    adding = {**cupboard.where, "serial": serial, "actor": cupboard.actor("chen_jie"), "grace": GRACE}
    more = lambda count: paper_return.add_scans(  # noqa: E731
        session, **adding, scans=(picture("gray"),) * count, now=cupboard.after(2)
    )
    assert refused(lambda: more(1)) == "not_returned"
    cupboard.hand_in(serial)
    more(5)
    assert refused(lambda: more(1)) == "too_many_scans"
    sheet = cupboard.sheet(serial)
    scans = session.exec(select(PaperScan).where(PaperScan.sheet_id == sheet.id)).all()
    for scan in scans:
        file = session.get_one(StoredFile, scan.file_id)
        assert file.private
        assert sha256(file.content).hexdigest() == scan.sha256
    assert len(scans) == 6


def test_nobody_signs_for_a_home_whose_heirs_prove_their_right(
    session, database, world, make_vote, now
) -> None:
    with database.transaction() as before:
        before.get_one(Unit, world.homes["601"].unit_id).heirs_proving = True
    cupboard = Paper(session, world, make_vote(), now)
    serial = cupboard.printed("601")
    assert refused(lambda: cupboard.hand_in(serial)) == "nobody_signs"
