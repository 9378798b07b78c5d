"""Pages of a vote in dispute: objections, a recount, an extension, postings and their sheets, and the question put again."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import select

from app.models.accounts import Grant
from app.models.base import table_of
from app.models.trail import TrailRow
from app.models.votes import BallotCurrent, Objection, Vote
from app.models.votes.extension import VoteExtension
from app.models.votes.postings import Posting
from app.rules.accounts import Role
from app.rules.votes.states import Choice
from app.services import outcomes
from app.services.trail import Actor
from app.services.votes import drafting, objections
from app.services.votes.sealing import keyring
from tests.routers.test_permission_matrix import keep_signed_in

TEXT = "二单元有三户没有收到通知，程序有问题"


@pytest.fixture
def address(world, vote) -> str:
    return f"/e/{world.slug}/votes/{vote.id}"


@pytest.fixture
def base(world, vote) -> str:
    return f"/desk/{world.slug}/votes/{vote.id}"


@pytest.fixture
def go(database, vote, clock):
    """Move the clock, let the worker write down what it decided, and keep everybody signed in."""

    def go(at):
        clock.instant = at
        with database.transaction() as session:
            while vote.advance(session, at):
                pass
        keep_signed_in(database, clock)

    return go


@pytest.fixture
def second(database, world, now):
    """A second person on the committee."""
    with database.transaction() as session:
        session.add(
            Grant(
                account_id=world.zhao_min.account_id,
                estate_id=world.estate_id,
                role=Role.COMMITTEE,
                granted_at=now,
            )
        )
    return world.zhao_min


def hidden_id(page) -> str:
    return re.search(r'name="id" value="([0-9a-f-]{36})"', page.text)[1]


def test_an_objection_to_the_roll_is_raised_while_noticed_and_its_ruling_is_public(
    web, database, world, vote, address, base
) -> None:
    owner, desk = web(world.li_na), web(world.chen_jie)
    form = {"id": hidden_id(owner.get(f"{address}/objections")), "text": TEXT}
    answer = owner.post(f"{address}/objections", form)
    assert (answer.status_code, TEXT in answer.text) == (422, True)
    assert owner.post(f"{address}/objections", {**form, "kind": "result"}).status_code == 409
    assert owner.post(f"{address}/objections", {**form, "kind": "roll"}).status_code == 303
    public = web(world.wang_wei).get(f"{address}/objections").text
    assert TEXT in public
    assert "li_na" not in public
    assert "应当在" in public
    assert "撤回我的异议" not in public
    assert "对名册" in desk.get(base).text
    ruling = {"act": "dismiss", "ruling": "已核对房产证和测绘报告，没有出入"}
    assert desk.post(f"{base}/objections/{form['id']}", ruling).status_code == 303
    assert ruling["ruling"] in web(world.wang_wei).get(f"{address}/objections").text


def test_ruling_on_ones_own_objection_is_refused_and_leaves_a_row_without_what_was_typed(
    web, database, world, vote, base, second, now
) -> None:
    case = uuid4()
    with database.transaction() as session:
        objections.raise_objection(
            session, estate_id=world.estate_id, vote_id=vote.id, objection_id=case,
            account_id=world.li_na.account_id, text=TEXT, now=now, kind=objections.ObjectionKind.ROLL,
        )  # fmt: skip
        session.add(
            Grant(
                account_id=world.li_na.account_id,
                estate_id=world.estate_id,
                role=Role.COMMITTEE,
                granted_at=now,
            )
        )
    path, ruling = f"{base}/objections/{case}", "已核对房产证和测绘报告，没有出入"
    answer = web(world.li_na).post(path, {"act": "dismiss", "ruling": ruling})
    assert (answer.status_code, "请由另一位工作人员裁决" in answer.text) == (403, True)
    assert web(world.chen_jie).post(path, {"act": "dismiss", "ruling": "短"}).status_code == 422
    assert web(second).post(path, {"act": "dismiss", "ruling": ruling}).status_code == 303
    assert web(second).post(path, {"act": "dismiss", "ruling": ruling}).status_code == 409
    with database.session(writing=False) as session:
        rows = session.exec(
            select(TrailRow).where(TrailRow.tag.like("votes:objection:%")).order_by(TrailRow.seq)
        ).all()
        told = [(row.tag.split(":")[2], row.actor_id, row.new.get("code")) for row in rows]
        assert told == [
            ("refused", world.li_na.account_id, "own_case"),
            ("dismiss", second.account_id, None),
        ]
        assert ruling not in rows[0].reason


def test_an_overdue_ruling_is_shown_on_both_sides(web, world, vote, address, base, go) -> None:
    owner = web(world.li_na)
    owner.post(f"{address}/objections", {"id": str(uuid4()), "kind": "conduct", "text": TEXT})
    assert "裁决超期" not in owner.get(f"{address}/objections").text
    go(vote.opens_at)
    assert "裁决超期" in web(world.wang_wei).get(f"{address}/objections").text
    assert "裁决超期" in web(world.chen_jie).get(base).text


def test_a_recount_that_differs_is_said_loudly_everywhere_and_the_vote_can_be_annulled(
    web, database, world, vote, address, base, go
) -> None:
    home = world.homes["301"].unit_id
    with database.transaction() as session:
        vote.cast(session, home, world.li_na.account_id, Choice.AGAINST, vote.opens_at)
        table = table_of(BallotCurrent)
        sealed = keyring(vote.secret, vote.id).seal_answers((Choice.FOR,), home)
        session.connection().execute(sa.update(table).values(sealed_choice=sealed))
    go(vote.closes_at + timedelta(minutes=1))
    desk = web(world.chen_jie)
    form = {"id": hidden_id(desk.get(f"{base}/recounts")), "reason": "重数"}
    assert desk.post(f"{base}/recounts", form).status_code == 422
    answer = desk.post(f"{base}/recounts", {**form, "reason": "两位业主书面要求重新计票"})
    assert answer.status_code == 303
    loud = "重新计票发现不一致"
    for browser, path in (
        (desk, base),
        (desk, f"{base}/recounts"),
        (web(world.qian_er), f"{address}/result"),
    ):
        assert loud in browser.get(path).text, path
    assert "封存的是" in web(world.qian_er).get(f"{address}/result").text
    go(vote.closes_at + timedelta(days=60))
    assert "初步结果" in web(world.qian_er).get(f"{address}/result").text
    assert desk.post(f"{base}/annul", {"reason": "重新计票发现选票被改动"}).status_code == 303


def test_an_extension_takes_two_and_shows_on_every_page(
    web, database, world, make_vote, now, clock, second
) -> None:
    vote = make_vote(notice=False)
    base, address = f"/desk/{world.slug}/votes/{vote.id}", f"/e/{world.slug}/votes/{vote.id}"
    with database.transaction() as session:
        draft = session.get_one(Vote, vote.id)
        draft.rules = {**draft.rules, "extension_days": 7}
        session.add(draft)
        session.flush()
        actor = Actor(world.chen_jie.account_id, "chen_jie")
        drafting.give_notice(session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=now)
        posted = outcomes.post_notice(
            session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=now
        )
    clock.instant = vote.opens_at + timedelta(days=1)
    keep_signed_in(database, clock)
    one, other = web(world.chen_jie), web(second)
    form = {"id": hidden_id(one.get(f"{base}/extension")), "reason": "邮寄的选票有一半还没有寄回来"}
    late = {**form, "closes_at": "2026-12-30T10:00"}
    refused = one.post(f"{base}/extension", late)
    assert (refused.status_code, form["reason"] in refused.text) == (422, True)
    assert one.post(f"{base}/extension", {**form, "closes_at": "不知道"}).status_code == 422
    assert one.post(f"{base}/extension", {**form, "closes_at": "2026-12-20T21:00"}).status_code == 303
    assert "确认延长" not in one.get(f"{base}/extension").text
    act = f"{base}/extension/{form['id']}"
    assert one.post(act, {"act": "confirm"}).status_code == 403
    assert other.post(act, {"act": ""}).status_code == 422
    assert "确认延长" in other.get(f"{base}/extension").text
    assert other.post(act, {"act": "confirm"}).status_code == 303
    for path in (address, f"{address}/result"):
        shown = web(world.li_na).get(path).text
        assert "这次表决延长过一次" in shown
        assert "2026 年 12 月 20 日 21:00" in shown
    with database.session(writing=False) as session:
        assert session.exec(select(VoteExtension)).one().decided_by == second.account_id
        own = session.exec(select(TrailRow).where(TrailRow.tag == "votes:extension:refused")).one()
        assert (own.actor_id, own.new) == (world.chen_jie.account_id, {"code": "own_case"})
        notice = outcomes.get_posting(session, estate_id=world.estate_id, publication_id=posted)
        until = session.get_one(Vote, vote.id).closes_at
        assert (notice.posted_until, notice.intact) == (until, True)
        for at, hanging in ((until - timedelta(seconds=1), 1), (until, 0)):
            board = outcomes.list_posted(session, estate_id=world.estate_id, now=at)
            assert (len(board.posted), len(board.earlier)) == (hanging, 1 - hanging)
    assert "已经延长到" in web().get(f"/e/{world.slug}/outcomes/{posted}").text


def test_a_vote_without_the_rule_offers_no_extension(web, world, vote, base, go) -> None:
    go(vote.opens_at)
    desk = web(world.chen_jie)
    assert "延长投票" not in desk.get(base).text
    assert "不允许延长" in desk.get(f"{base}/extension").text


def test_a_sheet_is_printed_hung_and_logged_and_its_photo_stays_with_staff(
    web, database, world, vote, address, base, now
) -> None:
    with database.transaction() as session:
        actor = Actor(world.chen_jie.account_id, "chen_jie")
        outcomes.post_notice(session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=now)
    owner, desk = web(world.li_na), web(world.chen_jie)
    for kind in ("notice", "roll"):
        for size in ("a4", "a3"):
            pdf = owner.get(f"{address}/posters/{kind}.pdf?size={size}")
            assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    for kind in ("preliminary", "result", "other"):
        assert owner.get(f"{address}/posters/{kind}.pdf").status_code == 404
    assert web(world.zhou_tao).get(f"{address}/posters/notice.pdf").status_code == 404
    page = desk.get(f"{base}/postings")
    printed = re.search(r"指纹：([0-9a-f]{8})", page.text)[1]
    photo = io.BytesIO()
    Image.new("RGB", (40, 40), "gray").save(photo, "JPEG")
    form = {"id": hidden_id(page), "kind": "notice", "board": "3号楼1单元公告栏", "posted_on": "2026-11-23"}
    wrong = desk.post(f"{base}/postings", {**form, "printed": "00000000"})
    assert (wrong.status_code, form["board"] in wrong.text) == (422, True)
    no_picture = {"photo": ("a.jpg", b"<script>", "image/jpeg")}
    assert desk.post(f"{base}/postings", {**form, "printed": printed}, files=no_picture).status_code == 422
    files = {"photo": ("a.jpg", photo.getvalue(), "image/jpeg")}
    assert desk.post(f"{base}/postings", {**form, "printed": printed}, files=files).status_code == 303
    with database.session(writing=False) as session:
        kept = session.exec(select(Posting)).one().photo_id
    assert form["board"] in owner.get(address).text
    assert str(kept) not in owner.get(address).text
    path = f"/e/{world.slug}/files/{kept}"
    assert desk.get(path).status_code == 200
    assert owner.get(path).status_code in {403, 404}


def test_a_final_result_has_a_certificate_to_read_and_to_print(web, world, vote, address, go) -> None:
    owner = web(world.li_na)
    assert owner.get(f"{address}/certificate").status_code == 404
    go(vote.closes_at + timedelta(minutes=1))
    go(vote.closes_at + timedelta(days=60))
    owner = web(world.li_na)
    page = owner.get(f"{address}/certificate")
    assert page.status_code == 200
    assert "结果证明" in page.text
    assert owner.get(f"{address}/certificate.pdf?size=a3").content[:5] == b"%PDF-"
    assert f"{address}/certificate" in owner.get(f"{address}/result").text
    assert web(world.zhou_tao).get(f"{address}/certificate").status_code == 404


def test_a_failed_vote_is_put_again_with_one_tap_and_both_pages_are_linked(
    web, database, world, vote, address, base, go
) -> None:
    assert web(world.chen_jie).post(f"{base}/repeat", {"id": str(uuid4())}).status_code == 409
    go(vote.closes_at + timedelta(minutes=1))
    go(vote.closes_at + timedelta(days=60))
    desk = web(world.chen_jie)
    new = hidden_id(desk.get(base))
    for _ in range(2):
        answer = desk.post(f"{base}/repeat", {"id": new})
        assert answer.headers["location"] == f"/desk/{world.slug}/votes/{new}/question"
    assert "3号楼1单元加装电梯" in desk.get(answer.headers["location"]).text
    assert "第 2 号" in desk.get(base).text
    assert "起草重新表决" not in desk.get(base).text
    assert "第 2 号" not in web(world.li_na).get(address).text
    assert desk.post(f"{base}/repeat", {"id": str(uuid4())}).status_code == 409
    # Thrown away, it can be put again.
    assert desk.post(f"/desk/{world.slug}/votes/{new}/discard").status_code == 303
    assert "起草重新表决" in desk.get(base).text


@pytest.mark.parametrize("name", ["li_na", "qian_er", "zhou_tao", "stranger", "sun_li"])
def test_nobody_but_the_committee_reaches_the_desk_of_disputes(
    web, database, world, vote, base, name
) -> None:
    browser = web(world.people[name])
    for tail in ("/recounts", "/extension", "/postings"):
        assert browser.get(base + tail).status_code in {403, 404}
    for tail in ("/recounts", "/extension", f"/extension/{uuid4()}", "/postings", "/repeat"):
        assert browser.post(base + tail, {"id": str(uuid4())}).status_code in {403, 404}
    with database.session(writing=False) as session:
        assert session.exec(select(Objection)).first() is None
