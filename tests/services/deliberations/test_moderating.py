"""Moderation: each act by whoever may do it, once, with its reason, its line in the log and its word to the author."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.deliberations import ContentReport, PostState
from app.models.estates import Relation, Residence
from app.models.files import StoredFile
from app.models.proposals import ConsultationSettings
from app.rules.accounts import Duty
from app.rules.deliberations.moderation import NEEDS_REASON, Act
from app.rules.deliberations.stages import Stage
from app.rules.paging import Leaf, Turn
from app.services import search
from app.services.deliberations import log, muting
from app.services.deliberations.attaching import Upload
from app.services.deliberations.cases import Target
from app.services.deliberations.dossier import read_dossier
from app.services.deliberations.moderating import judge_content
from app.services.deliberations.queue import PAGE, list_hints, list_queue
from app.services.trail import list_rows
from tests.fixtures.moderation import Bench


def found(bench: Bench, word: str) -> int:
    return len(search.find(bench.session, estate_id=bench.world.estate_id, query=word))


def test_a_hidden_post_leaves_the_search_tells_its_author_and_stands_in_the_log(bench: Bench) -> None:
    assert found(bench, "骗子") == 1
    assert bench.act(bench.world.zhao_min, Act.HIDE) == 1
    assert (bench.row().state, found(bench, "骗子")) == (PostState.HIDDEN, 0)
    letter = bench.letters(bench.world.li_na)[-1]
    assert "已被隐藏，理由：这句话辱骂邻居" in letter
    assert "申诉" in letter
    (act,) = bench.acts()
    assert (act.number, act.moderator_name, act.duty, act.seq) == (1, "zhao_min", Duty.SUPERVISOR, 1)
    assert list_rows(bench.session, estate_id=bench.world.estate_id)[0].tag == "deliberations:post:hide"


def test_the_same_form_twice_is_one_act_and_another_form_comes_too_late(bench: Bench) -> None:
    form = uuid4()
    assert [bench.act(bench.world.chen_jie, Act.HIDE, id=form) for _ in range(2)] == [1, 1]
    with pytest.raises(Conflict, match="状态已经变了"):
        bench.act(bench.world.zhao_min, Act.HIDE)
    assert len(bench.acts()) == 1


def test_a_form_is_good_for_one_deed_of_one_person(bench: Bench) -> None:
    form = uuid4()
    bench.act(bench.world.chen_jie, Act.HIDE, id=form)
    for who, act in ((bench.world.chen_jie, Act.RESTORE), (bench.world.zhao_min, Act.HIDE)):
        with pytest.raises(Conflict, match="已经用过"):
            bench.act(who, act, id=form)


@pytest.mark.parametrize(
    "name", ["gu_ying", "wang_wei", "qian_er", "sun_li", "ma_chao", "zhou_tao", "stranger"]
)
@pytest.mark.parametrize("act", [Act.HIDE, Act.WARN, Act.MUTE])
def test_a_post_is_judged_by_the_committee_and_its_threads_moderators_alone(
    bench: Bench, name: str, act: Act
) -> None:
    who = bench.gu_ying if name == "gu_ying" else bench.world.people[name]
    with pytest.raises(NotAllowed) as refused:
        bench.act(who, act)
    assert refused.value.code == "not_moderator"
    assert (bench.acts(), bench.row().state) == ([], PostState.VISIBLE)


@pytest.mark.parametrize("name", ["chen_jie", "zhao_min", "gu_ying"])
def test_a_proposal_is_judged_by_the_committee_and_every_party_member(bench: Bench, name: str) -> None:
    who = bench.gu_ying if name == "gu_ying" else bench.world.people[name]
    bench.act(who, Act.HIDE, bench.proposal)
    assert bench.proposal_row().hidden_at == bench.now
    bench.act(who, Act.RESTORE, bench.proposal)
    assert bench.proposal_row().hidden_at is None
    assert found(bench, "上下楼困难") == 1
    assert [act.duty for act in bench.acts()] == [
        {"chen_jie": Duty.NONE, "zhao_min": Duty.SUPERVISOR, "gu_ying": Duty.MEDIATOR}[name]
    ] * 2


@pytest.mark.parametrize("name", ["wang_wei", "qian_er", "sun_li", "ma_chao", "zhou_tao", "stranger"])
def test_nobody_else_judges_a_proposal(bench: Bench, name: str) -> None:
    with pytest.raises(NotAllowed):
        bench.act(bench.world.people[name], Act.HIDE, bench.proposal)
    assert bench.proposal_row().hidden_at is None


def test_nobody_judges_what_he_wrote_himself(bench: Bench) -> None:
    for who in (bench.world.chen_jie, bench.world.zhao_min):
        seq = bench.talk.post(bench.session, who, "我来说一句。").seq
        target = Target(thread_id=bench.talk.id, seq=seq)
        for act in (Act.HIDE, Act.WARN, Act.MUTE):
            with pytest.raises(NotAllowed) as refused:
                bench.act(who, act, target)
            assert refused.value.code == "own_content"
        dossier = read_dossier(
            bench.session,
            estate_id=bench.world.estate_id,
            target=target,
            account_id=who.account_id,
            now=bench.now,
        )
        assert (dossier.mine, dossier.acts) == (True, ())
    assert bench.acts() == []


def test_a_thing_of_another_estate_is_not_found(bench: Bench) -> None:
    for target in (bench.post, bench.proposal):
        with pytest.raises(NotFound):
            judge_content(
                bench.session,
                estate_id=bench.world.other_estate_id,
                target=target,
                act=Act.HIDE,
                order=bench.order(bench.world.zhou_tao),
            )


@pytest.mark.parametrize("act", sorted({Act.HIDE, Act.WARN, Act.MUTE} & NEEDS_REASON))
@pytest.mark.parametrize("reason", ["", "太短了", "长" * 501])
def test_what_takes_something_needs_a_written_reason(bench: Bench, act: Act, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        bench.act(bench.world.chen_jie, act, reason=reason)
    assert refused.value.field == "reason"
    assert bench.acts() == []


@pytest.mark.parametrize("stage", list(Stage))
def test_moderation_goes_on_in_every_stage(bench: Bench, stage: Stage) -> None:
    bench.now = max(bench.talk.begins[stage], bench.now)
    bench.act(bench.world.zhao_min, Act.HIDE)
    bench.act(bench.world.zhao_min, Act.RESTORE, reason="")
    assert (bench.row().state, found(bench, "骗子")) == (PostState.VISIBLE, 1)
    assert bench.letters(bench.world.li_na)[-1].endswith("已经恢复显示。")


def test_one_who_lives_in_the_scope_is_marked_beside_his_acts(bench: Bench) -> None:
    unit = bench.world.homes["602"].unit_id
    who = bench.gu_ying
    bench.session.add(
        Residence(account_id=who.account_id, unit_id=unit, relation=Relation.FAMILY, since=bench.now)
    )
    bench.act(who, Act.WARN, bench.proposal)
    bench.act(bench.world.chen_jie, Act.WARN, bench.proposal)
    lines = log.list_log(bench.session, estate_id=bench.world.estate_id, viewer_id=who.account_id).rows
    assert [line.interest for line in lines] == [False, True]


def test_a_waiting_post_is_seen_in_the_queue_and_by_all_once_approved(bench: Bench) -> None:
    world = bench.world
    muting.set_pre_approval(bench.session, **bench.talk.where, on=True, order=bench.order(world.zhao_min))
    assert bench.talk.post(bench.session, world.wang_wei, "等一等再说。").waiting
    queue = list_queue(bench.session, estate_id=world.estate_id, account_id=world.zhao_min.account_id)
    assert [(item.seq, item.waiting) for item in queue] == [(2, True)]
    assert found(bench, "等一等") == 0
    target = Target(thread_id=bench.talk.id, seq=2)
    with pytest.raises(Conflict):
        bench.act(world.chen_jie, Act.HIDE, target)
    bench.act(world.chen_jie, Act.APPROVE, target, reason="")
    assert (bench.row(2).state, found(bench, "等一等")) == (PostState.VISIBLE, 1)
    assert "已通过审核" in bench.letters(world.wang_wei)[-1]


def test_a_refused_post_stays_unread_with_its_pictures(bench: Bench) -> None:
    world = bench.world
    muting.set_pre_approval(bench.session, **bench.talk.where, on=True, order=bench.order(world.chen_jie))
    bench.talk.post(bench.session, world.wang_wei, "广告：低价保洁。")
    bench.act(world.zhao_min, Act.REFUSE, Target(thread_id=bench.talk.id, seq=2))
    assert (bench.row(2).state, found(bench, "保洁")) == (PostState.REFUSED, 0)
    assert "没有通过审核" in bench.letters(world.wang_wei)[-1]


def test_the_files_of_a_hidden_post_are_withheld_until_it_is_restored(bench: Bench) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(drawn, "JPEG")
    photo = Upload("墙.jpg", drawn.getvalue())
    seq = bench.talk.post(bench.session, bench.world.wang_wei, "请看照片。", photos=(photo,)).seq
    target = Target(thread_id=bench.talk.id, seq=seq)
    for act, private in ((Act.HIDE, True), (Act.RESTORE, False)):
        bench.act(bench.world.chen_jie, act, target)
        query = select(StoredFile.private).where(StoredFile.uploaded_by == bench.world.wang_wei.account_id)
        assert bench.session.exec(query).all() == [private]


def test_switching_to_approval_first_is_for_the_moderators_and_stands_in_the_log_both_ways(
    bench: Bench,
) -> None:
    world = bench.world
    for who in (bench.gu_ying, world.li_na, world.zhou_tao):
        with pytest.raises(NotAllowed):
            muting.set_pre_approval(bench.session, **bench.talk.where, on=True, order=bench.order(who))
    for on in (True, False):
        order = bench.order(world.zhao_min)
        for _ in range(2):
            muting.set_pre_approval(bench.session, **bench.talk.where, on=on, order=order)
        with pytest.raises(Conflict):
            muting.set_pre_approval(
                bench.session, **bench.talk.where, on=on, order=bench.order(world.chen_jie)
            )
    assert [(act.act, act.kind, act.number) for act in bench.acts()] == [
        (Act.PREAPPROVE, None, 1),
        (Act.PUBLISH_FIRST, None, 2),
    ]


@pytest.mark.parametrize("days", [0, 31, -1])
def test_a_mute_lasts_from_one_to_thirty_days(bench: Bench, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        bench.act(bench.world.chen_jie, Act.MUTE, days=days)
    assert refused.value.field == "days"
    assert bench.mutes() == []


def test_a_muted_person_reads_and_does_not_write_until_his_time_is_over(bench: Bench) -> None:
    form = uuid4()
    for _ in range(2):
        bench.act(bench.world.zhao_min, Act.MUTE, days=1, id=form)
    (mute,) = bench.mutes()
    assert "禁言 1 天" in bench.letters(bench.world.li_na)[-1]
    with pytest.raises(NotAllowed, match="禁言"):
        bench.talk.post(bench.session, bench.world.li_na, at=mute.until - timedelta(seconds=1))
    bench.talk.post(bench.session, bench.world.li_na, at=mute.until)


def test_a_second_mute_must_be_longer_than_the_first(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.MUTE, days=5)
    with pytest.raises(Conflict) as refused:
        bench.act(bench.world.zhao_min, Act.MUTE, days=5)
    assert refused.value.code == "already_muted"
    bench.act(bench.world.zhao_min, Act.MUTE, days=6)
    assert len(bench.mutes()) == 2


def test_a_mute_is_ended_by_whoever_might_have_given_it_and_once(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.MUTE, days=5)
    where = {"estate_id": bench.world.estate_id, "number": 1}
    for who in (bench.gu_ying, bench.world.li_na, bench.world.wang_wei):
        with pytest.raises(NotAllowed):
            muting.end_mute(bench.session, **where, order=bench.order(who))
    with pytest.raises(NotFound):
        muting.end_mute(
            bench.session,
            estate_id=bench.world.other_estate_id,
            number=1,
            order=bench.order(bench.world.zhou_tao),
        )
    listed = [
        len(muting.list_mutes(bench.session, estate_id=bench.world.estate_id, account_id=who, now=bench.now))
        for who in (
            bench.world.chen_jie.account_id,
            bench.world.zhao_min.account_id,
            bench.gu_ying.account_id,
        )
    ]
    assert listed == [1, 1, 0]
    order = bench.order(bench.world.chen_jie, reason="")
    assert [muting.end_mute(bench.session, **where, order=order) for _ in range(2)] == [2, 2]
    with pytest.raises(Conflict):
        muting.end_mute(bench.session, **where, order=bench.order(bench.world.zhao_min))
    bench.talk.post(bench.session, bench.world.li_na)


def test_a_report_counts_once_per_person_and_a_dismissal_clears_the_count(bench: Bench) -> None:
    world = bench.world
    assert [bench.report(world.wang_wei), bench.report(world.wang_wei, why="privacy")] == [True, False]
    bench.report(world.qian_er, why="privacy", text="有电话号码")
    assert bench.row().reports == 2
    bench.act(world.chen_jie, Act.DISMISS, reason="")
    assert bench.row().reports == 0
    assert [report.resolved_at for report in bench.session.exec(select(ContentReport))] == [bench.now] * 2
    assert "举报不成立" in bench.letters(world.wang_wei)[-1]
    assert "举报" not in "".join(bench.letters(world.li_na))
    with pytest.raises(Conflict):
        bench.act(world.zhao_min, Act.DISMISS, reason="")


def test_what_cannot_be_reported_is_refused(bench: Bench) -> None:
    world = bench.world
    for why, text, field in (("", "", "why"), ("silly", "", "why"), ("other", " ", "words")):
        with pytest.raises(Invalid) as refused:
            bench.report(world.wang_wei, why=why, text=text)
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        bench.report(world.li_na)
    with pytest.raises(NotAllowed):
        bench.report(world.li_na, bench.proposal)
    with pytest.raises(NotFound):
        bench.report(world.wang_wei, Target(thread_id=bench.talk.id, seq=9))
    bench.act(world.chen_jie, Act.HIDE)
    with pytest.raises(Conflict):
        bench.report(world.wang_wei)
    assert bench.session.exec(select(ContentReport)).all() == []


def test_hiding_resolves_the_reports_and_thanks_the_reporters(bench: Bench) -> None:
    bench.report(bench.world.wang_wei, bench.proposal)
    bench.act(bench.gu_ying, Act.HIDE, bench.proposal)
    assert "已经处理" in bench.letters(bench.world.wang_wei)[-1]
    assert not list_queue(
        bench.session, estate_id=bench.world.estate_id, account_id=bench.world.chen_jie.account_id
    )


def test_the_queue_goes_by_reports_then_age_and_page_by_page_through_everything(bench: Bench) -> None:
    world, talk = bench.world, bench.talk
    start = talk.begins[Stage.OPINIONS] + timedelta(hours=3)
    for place in range(PAGE + 2):
        at = bench.now = start + timedelta(minutes=80 * place)
        seq = talk.post(bench.session, world.li_na, f"第{place}条", at=at).seq
        reporters = [world.wang_wei, world.qian_er][: 1 + place % 2]
        for who in reporters:
            bench.report(who, Target(thread_id=talk.id, seq=seq))
    bench.report(world.wang_wei, bench.proposal)
    where = {"estate_id": world.estate_id, "account_id": world.chen_jie.account_id}
    first = list_queue(bench.session, **where)
    assert len(first) == PAGE + 1
    second = list_queue(bench.session, **where, after=first[PAGE - 1].key)
    whole = [*first[:PAGE], *second]
    assert len({item.subject_id for item in whole}) == PAGE + 3
    assert whole == sorted(whole, key=lambda item: (-item.reports, item.at))
    assert [item.kind for item in whole].count("proposal") == 1
    assert list_queue(bench.session, **where, after="nonsense_x") == first


def test_a_party_member_sees_the_posts_of_his_threads_and_the_proposals(bench: Bench) -> None:
    world = bench.world
    bench.report(world.wang_wei)
    bench.report(world.wang_wei, bench.proposal)

    def kinds(account_id, estate_id=world.estate_id):
        return sorted(
            item.kind for item in list_queue(bench.session, estate_id=estate_id, account_id=account_id)
        )

    assert kinds(world.zhao_min.account_id) == ["post", "proposal"]
    assert kinds(bench.gu_ying.account_id) == ["proposal"]
    assert kinds(world.zhou_tao.account_id, world.other_estate_id) == []


def test_listed_words_are_a_hint_and_hide_nothing(bench: Bench) -> None:
    world = bench.world
    where = {"estate_id": world.estate_id, "account_id": world.chen_jie.account_id}
    assert list_hints(bench.session, **where) == []
    settings = ConsultationSettings(estate_id=world.estate_id, support={}, answer={}, words="骗子\n打电话")
    bench.session.add(settings)
    bench.session.flush()
    bench.talk.post(bench.session, world.wang_wei, "他是骗 子！")
    hints = list_hints(bench.session, **where)
    assert [(item.seq, item.hints) for item in hints] == [(2, ("骗子",)), (1, ("骗子", "打电话"))]
    assert bench.row(2).state is PostState.VISIBLE
    bench.act(world.chen_jie, Act.WARN)
    assert [item.seq for item in list_hints(bench.session, **where)] == [2]
    assert list_hints(bench.session, estate_id=world.estate_id, account_id=bench.gu_ying.account_id) == []


def test_the_log_names_no_author_and_goes_page_by_page(bench: Bench) -> None:
    for _ in range(log.PAGE + 1):
        bench.act(bench.world.chen_jie, Act.WARN)
    where = {"estate_id": bench.world.estate_id, "viewer_id": bench.world.wang_wei.account_id}
    first = log.list_log(bench.session, **where)
    assert (first.rows[0].number, len(first.rows)) == (log.PAGE + 1, log.PAGE)
    last = log.list_log(bench.session, **where, turn=Turn(first.older))
    assert [line.number for line in last.rows] == [1]
    assert log.list_log(bench.session, **where, turn=Turn(last.newer, back=True)) == first
    assert "li_na" not in repr(first)
    assert not any(line.mine or line.may_appeal for line in first.rows)
    other = {**where, "estate_id": bench.world.other_estate_id}
    assert log.list_log(bench.session, **other) == Leaf(())


def test_the_dossier_holds_context_reports_and_earlier_acts(bench: Bench) -> None:
    bench.report(bench.world.qian_er, why="privacy", text="有电话")
    bench.talk.post(bench.session, bench.world.wang_wei, "别吵了。", reply_to=1)
    bench.act(bench.world.chen_jie, Act.WARN)
    where = {"estate_id": bench.world.estate_id, "target": bench.post, "now": bench.now}
    seen = read_dossier(bench.session, **where, account_id=bench.world.zhao_min.account_id)
    assert [(one.seq, one.here) for one in seen.around] == [(1, True), (2, False)]
    assert [(report.why, report.text) for report in seen.reports] == [("privacy", "有电话")]
    assert [line.act for line in seen.earlier] == [Act.WARN]
    assert seen.author.name == "l**"
    assert Act.DISMISS in seen.acts
    with pytest.raises(NotAllowed):
        read_dossier(bench.session, **where, account_id=bench.gu_ying.account_id)
