"""Pages of moderation and of the duties: who may open and send each, and that nothing typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.accounts import Grant
from app.models.deliberations import Post, PostState
from app.models.proposals import Proposal
from app.rules.accounts import Duty, Role
from app.rules.deliberations.stages import Stage
from app.rules.proposals.states import ProposalState
from app.services.deliberations import reports
from tests.fixtures.world import make_person as sign_in

REASON = "这句话辱骂邻居，违反协商公约"
PEOPLE = (
    "nobody",
    "stranger",
    "zhou_tao",
    "qian_er",
    "li_na",
    "ma_chao",
    "sun_li",
    "gu_ying",
    "zhao_min",
    "chen_jie",
)


@pytest.fixture
def place(database, talk, clock):
    """li_na's post, two hours into the opinions."""
    with database.transaction() as session:
        talk.post(session, talk.world.li_na, "三楼的人都是骗子，真不像话。")
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=2)
    return Place(talk)


class Place:
    """The addresses of one post and one proposal, for residents and for the desk."""

    def __init__(self, talk) -> None:
        self.world, self.talk = talk.world, talk
        self.e, self.desk = f"/e/{talk.world.slug}", f"/desk/{talk.world.slug}"
        self.post = f"{self.e}/deliberations/{talk.id}/posts/1"
        self.proposal = f"{self.e}/proposals/{talk.proposal_id}"
        self.judge = f"{self.desk}/moderation/posts/1?thread={talk.id}"
        self.judge_proposal = f"{self.desk}/moderation/proposals/{talk.proposal_id}"


@pytest.fixture
def people(database, world, now):
    """Everybody of the world by name, and gu_ying: a mediator who is appointed in no thread."""
    with database.transaction() as session:
        gu_ying = sign_in(session, "gu_ying", "+8613900001999", now)
        session.add(
            Grant(
                account_id=gu_ying.account_id,
                estate_id=world.estate_id,
                role=Role.PARTY_MEMBER,
                duty=Duty.MEDIATOR,
                granted_at=now,
            )
        )
    return {**world.people, "gu_ying": gu_ying, "nobody": None}


def form(act: str, **more: str) -> dict[str, str]:
    return {"id": str(uuid4()), "act": act, "reason": REASON, **more}


def statuses(web, people, ask) -> dict[str, int]:
    return {name: ask(web(people[name])).status_code for name in PEOPLE}


OUTSIDE = {"nobody": 303, "stranger": 404, "zhou_tao": 404}
POSTED_OUTSIDE = {"nobody": 401, "stranger": 404, "zhou_tao": 404}
PLAIN = dict.fromkeys(["qian_er", "li_na", "ma_chao", "sun_li"], 403)


def test_the_desk_opens_to_the_committee_and_party_members_with_a_duty(web, place, people) -> None:
    open_to_both = dict.fromkeys(["gu_ying", "zhao_min", "chen_jie"], 200)
    for tail in ("/moderation", "/moderation/mutes"):
        got = statuses(web, people, lambda browser, tail=tail: browser.get(place.desk + tail))
        assert got == {**OUTSIDE, **PLAIN, **open_to_both}
    got = statuses(web, people, lambda browser: browser.get(f"{place.desk}/moderation/appeals"))
    assert got == {**OUTSIDE, **PLAIN, "gu_ying": 403, "zhao_min": 403, "chen_jie": 200}
    got = statuses(web, people, lambda browser: browser.get(f"{place.desk}/duties"))
    assert got == {**OUTSIDE, **PLAIN, **open_to_both, "chen_jie": 403}


def test_a_post_is_opened_and_judged_by_the_committee_and_its_own_moderators(web, place, people) -> None:
    for address in (place.judge, f"{place.desk}/moderation/threads/{place.talk.id}"):
        got = statuses(web, people, lambda browser, address=address: browser.get(address))
        assert got == {**OUTSIDE, **PLAIN, "gu_ying": 403, "zhao_min": 200, "chen_jie": 200}
    got = statuses(web, people, lambda browser: browser.post(place.judge, form("warn")))
    assert got == {**POSTED_OUTSIDE, **PLAIN, "gu_ying": 403, "zhao_min": 303, "chen_jie": 303}


def test_a_proposal_is_judged_by_every_party_member_with_a_duty(web, place, people) -> None:
    got = statuses(web, people, lambda browser: browser.post(place.judge_proposal, form("warn")))
    assert got == {**POSTED_OUTSIDE, **PLAIN, "gu_ying": 303, "zhao_min": 303, "chen_jie": 303}


def test_the_committee_menu_is_not_shown_to_a_party_member(web, place, people) -> None:
    page = web(people["gu_ying"]).get(f"{place.desk}/moderation").text
    assert f'href="{place.desk}/duties"' in page
    assert f'href="{place.desk}/register"' not in page
    assert f'href="{place.desk}/moderation/appeals"' not in page
    assert f'href="{place.desk}/register"' in web(people["chen_jie"]).get(f"{place.desk}/moderation").text


def test_the_other_estates_committee_does_not_reach_a_thing_through_its_own_address(web, place) -> None:
    own = f"/desk/{place.world.other_slug}/moderation"
    browser = web(place.world.zhou_tao)
    for address in (f"{own}/posts/1?thread={place.talk.id}", f"{own}/proposals/{place.talk.proposal_id}"):
        assert browser.get(address).status_code == 404
        assert browser.post(address, form("hide")).status_code == 404
    assert browser.post(f"{own}/threads/{place.talk.id}", form("preapprove")).status_code == 404


def test_a_post_is_hidden_with_a_reason_and_the_reason_is_public_without_the_author(
    web, place, database
) -> None:
    answer = web(place.world.zhao_min).post(place.judge, form("hide"))
    assert answer.headers["location"] == place.judge
    with database.session(writing=False) as session:
        assert [post.state for post in session.exec(select(Post))] == [PostState.HIDDEN]
    public = web(place.world.qian_er).get(f"{place.e}/moderation")
    assert REASON in public.text
    assert "监督员" in public.text
    assert "li_na" not in public.text
    assert "不服" not in public.text
    assert "骗子" not in web(place.world.qian_er).get(f"{place.e}/moderation/1").text


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"reason": "短"}, 422, "hide-reason"),
        ({"reason": "长" * 501}, 422, "hide-reason"),
        ({"act": "mute", "days": "31"}, 422, "mute-days"),
        ({"act": "mute", "days": "x"}, 422, "mute-days"),
        ({"act": "silly"}, 422, ""),
        ({"act": "preapprove"}, 422, ""),
        ({"id": "no id"}, 422, ""),
        ({"act": "restore"}, 409, ""),
    ],
)
def test_a_refused_act_comes_back_in_its_form(web, place, changes, status, field) -> None:
    answer = web(place.world.zhao_min).post(place.judge, {**form("hide"), **changes})
    assert answer.status_code == status
    assert 'class="summary"' in answer.text
    if field:
        assert f'href="#f-{field}"' in answer.text
        assert changes.get("reason", REASON) in answer.text


def test_a_form_sent_twice_makes_one_line_in_the_log(web, place) -> None:
    sent = form("hide")
    assert [web(place.world.chen_jie).post(place.judge, sent).status_code for _ in range(2)] == [303, 303]
    page = web(place.world.li_na).get(f"{place.e}/moderation").text
    assert page.count("隐藏发言") == 1


def test_the_address_without_a_thread_leads_back_to_the_queue(web, place) -> None:
    answer = web(place.world.chen_jie).get(f"{place.desk}/moderation/posts/1")
    assert answer.headers["location"] == f"{place.desk}/moderation"


@pytest.mark.parametrize("number", [99, 10**30])
def test_numbers_that_do_not_exist_are_not_found(web, place, number) -> None:
    browser = web(place.world.chen_jie)
    for path in (
        f"{place.e}/moderation/{number}",
        f"{place.e}/moderation/{number}/appeal",
        f"{place.desk}/moderation/appeals/{number}",
        f"{place.desk}/moderation/posts/{number}?thread={place.talk.id}",
        f"{place.e}/deliberations/{place.talk.id}/posts/{number}/report",
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.post(f"{place.desk}/moderation/mutes/{number}", form("unmute")).status_code == 404


@pytest.mark.parametrize("thing", ["post", "proposal"])
def test_a_report_is_sent_once_and_says_that_it_was_received(web, place, thing) -> None:
    address = f"{getattr(place, thing)}/report"
    browser = web(place.world.qian_er)
    assert browser.get(address).text.count('type="radio"') == 7
    refused = browser.post(address, {"why": "other", "words": " "})
    assert (refused.status_code, 'value="other"' in refused.text) == (422, True)
    for _ in range(2):
        assert browser.post(address, {"why": "insult"}).headers["location"] == address
    assert "举报已收到" in browser.get(address).text
    queue = web(place.world.chen_jie).get(f"{place.desk}/moderation").text
    assert "1 人举报" in queue


def test_reports_are_for_members_with_a_voice_and_not_for_ones_own(web, place, people) -> None:
    for thing in (place.post, place.proposal):
        got = statuses(web, people, lambda browser, thing=thing: browser.get(f"{thing}/report"))
        inside = dict.fromkeys([name for name in PEOPLE if name not in OUTSIDE], 200)
        assert got == {**OUTSIDE, **inside, "li_na": 403, "sun_li": 403}


def test_too_many_reports_in_a_day_are_refused(web, place, database, monkeypatch) -> None:
    monkeypatch.setattr(reports, "MOST_A_DAY", 1)
    browser = web(place.world.qian_er)
    assert browser.post(f"{place.post}/report", {"why": "insult"}).status_code == 303
    assert browser.post(f"{place.proposal}/report", {"why": "insult"}).status_code == 429
    assert "1 人举报" in web(place.world.chen_jie).get(f"{place.desk}/moderation").text


def test_an_appeal_goes_from_the_author_to_another_clerk_and_back(web, place, database, now) -> None:
    world = place.world
    web(world.zhao_min).post(place.judge, form("hide"))
    act = f"{place.e}/moderation/1"
    assert "骗子" in web(world.li_na).get(act).text
    page = web(world.li_na).get(f"{act}/appeal").text
    sent = {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "text": "我说的是事实，没有骂人"}
    short = web(world.li_na).post(f"{act}/appeal", {**sent, "text": "不服"})
    assert (short.status_code, "不服</textarea>" in short.text) == (422, True)
    assert web(world.qian_er).post(f"{act}/appeal", sent).status_code == 403
    for _ in range(2):
        assert web(world.li_na).post(f"{act}/appeal", sent).headers["location"] == act
    assert web(world.li_na).get(f"{act}/appeal").status_code == 303
    assert sent["text"] not in web(world.qian_er).get(act).text
    desk = f"{place.desk}/moderation/appeals"
    assert sent["text"] in web(world.chen_jie).get(desk).text
    assert web(world.zhao_min).post(f"{desk}/1", {"decision": "uphold", "reason": REASON}).status_code == 403
    refused = web(world.chen_jie).post(f"{desk}/1", {"decision": "", "reason": REASON})
    assert (refused.status_code, REASON in refused.text) == (422, True)
    assert web(world.chen_jie).post(f"{desk}/1", {"decision": "uphold", "reason": REASON}).status_code == 303
    assert "已撤销" in web(world.qian_er).get(act).text
    with database.session(writing=False) as session:
        assert [post.state for post in session.exec(select(Post))] == [PostState.VISIBLE]


def test_the_clerk_who_acted_sees_why_he_cannot_decide(web, place) -> None:
    world = place.world
    web(world.chen_jie).post(place.judge, form("hide"))
    sent = {"id": str(uuid4()), "text": "我说的是事实，没有骂人"}
    web(world.li_na).post(f"{place.e}/moderation/1/appeal", sent)
    desk = f"{place.desk}/moderation/appeals/1"
    page = web(world.chen_jie).get(desk).text
    assert "另一个人决定" in page
    assert 'name="decision"' not in page
    assert web(world.chen_jie).post(desk, {"decision": "uphold", "reason": REASON}).status_code == 403


def test_a_mute_is_listed_and_ended_early(web, place) -> None:
    world = place.world
    web(world.zhao_min).post(place.judge, form("mute", days="3"))
    desk = f"{place.desk}/moderation/mutes"
    assert REASON in web(world.chen_jie).get(desk).text
    assert web(world.chen_jie).post(f"{desk}/1", form("unmute", reason="")).status_code == 303
    assert REASON not in web(world.chen_jie).get(desk).text


def test_a_threads_mode_is_switched_with_a_reason_and_back(web, place) -> None:
    address = f"{place.desk}/moderation/threads/{place.talk.id}"
    browser = web(place.world.zhao_min)
    assert browser.post(address, form("preapprove", reason="")).status_code == 422
    assert browser.post(address, form("preapprove")).status_code == 303
    assert "现在是先审后发" in browser.get(address).text
    assert browser.post(address, form("restore", reason="")).status_code == 422
    assert browser.post(address, form("publish_first", reason="")).status_code == 303
    log = web(place.world.qian_er).get(f"{place.e}/moderation").text
    assert "改为先审后发" in log
    assert "恢复先发后审" in log


def test_ones_own_content_is_shown_without_forms(web, place, database) -> None:
    with database.transaction() as session:
        place.talk.post(session, place.world.zhao_min, "我来说一句。")
    address = f"{place.desk}/moderation/posts/2?thread={place.talk.id}"
    page = web(place.world.zhao_min).get(address)
    assert "由别人处理" in page.text
    assert 'name="act"' not in page.text
    assert web(place.world.zhao_min).post(address, form("hide")).status_code == 403


def grant(database, world, who, duty: Duty, now) -> None:
    with database.transaction() as session:
        session.add(
            Grant(
                account_id=who.account_id,
                estate_id=world.estate_id,
                role=Role.PARTY_MEMBER,
                duty=duty,
                granted_at=now,
            )
        )


def gather(database, place, now, number: int = 2, **changes) -> None:
    with database.transaction() as session:
        given = {
            "estate_id": place.world.estate_id,
            "number": number,
            "author_id": place.world.wang_wei.account_id,
            "state": ProposalState.GATHERING,
            "title": f"修第{number}盏路灯",
            "text": "太暗了",
            "item_key": "lamp",
            "item_kind": "basic",
            "scope": "estate",
            "created_at": now,
            "changed_at": now,
            "published_at": now,
            "needed": 6,
            "supporters": 4,
        }
        session.add(Proposal(**{**given, **changes}))


def test_an_initiator_sees_what_is_near_its_threshold_and_sponsors_it(
    web, place, people, database, clock
) -> None:
    grant(database, place.world, people["gu_ying"], Duty.INITIATOR, clock.instant)
    gather(database, place, clock.instant, 2)
    gather(database, place, clock.instant, 3, supporters=3)
    gather(database, place, clock.instant, 4, supporters=1, gathering_until=clock.instant + timedelta(days=3))
    gather(database, place, clock.instant, 5, hidden_at=clock.instant)
    browser, desk = web(people["gu_ying"]), f"{place.desk}/duties"
    page = browser.get(desk).text
    assert [name in page for name in ("修第2盏", "修第3盏", "修第4盏", "修第5盏")] == [
        True,
        False,
        True,
        False,
    ]
    (address,) = re.findall(rf'action="({desk}/sponsor/[^"]+)"', page)
    assert web(people["zhao_min"]).post(address).status_code == 403
    assert [browser.post(address).status_code for _ in range(2)] == [303, 303]
    assert "修第2盏" not in browser.get(desk).text
    party = web(place.world.qian_er).get(f"{place.e}/party").text
    assert "修第2盏路灯" in party


def test_each_duty_has_its_page_and_another_duty_none(web, place, people, database, clock) -> None:
    gather(database, place, clock.instant, 2, reached_at=clock.instant, answer_due_at=clock.instant)
    web(place.world.qian_er).post(f"{place.proposal}/report", {"why": "insult"})
    mediator, supervisor = web(people["gu_ying"]), web(people["zhao_min"])
    assert "1 人举报" in mediator.get(f"{place.desk}/duties/mediator").text
    assert "修第2盏路灯" in supervisor.get(f"{place.desk}/duties/supervisor").text
    for browser, duty in ((mediator, "supervisor"), (supervisor, "mediator"), (supervisor, "none")):
        assert browser.get(f"{place.desk}/duties/{duty}").status_code == 404
    assert mediator.get(f"/desk/{place.world.other_slug}/duties").status_code == 404


def test_an_explainer_sees_the_questions_that_nobody_has_answered(
    web, place, people, database, clock
) -> None:
    grant(database, place.world, people["gu_ying"], Duty.EXPLAINER, clock.instant)
    with database.transaction() as session:
        place.talk.post(session, place.world.wang_wei, "一楼要出钱吗？", stance="question")
        answered = place.talk.post(session, place.world.qian_er, "租户能表态吗？", stance="question")
        row = session.exec(select(Post).where(Post.seq == answered.seq)).one()
        row.answered_at, row.answered_by = clock.instant, "gu_ying"
    browser = web(people["gu_ying"])
    page = browser.get(f"{place.desk}/duties/explainer").text
    assert ("一楼要出钱吗" in page, "租户能表态吗" in page) == (True, False)
    assert f"{place.talk.id}/posts/{answered.seq}" in web(place.world.qian_er).get(f"{place.e}/party").text
    clock.instant = place.talk.begins[Stage.CLOSED]
    assert "一楼要出钱吗" not in web(people["gu_ying"]).get(f"{place.desk}/duties/explainer").text


def test_a_mediator_sees_where_many_speak_on_both_sides(web, place, people, database, clock) -> None:
    start = place.talk.begins[Stage.OPINIONS] + timedelta(hours=3)

    def say(stance: str, hour: int) -> None:
        with database.transaction() as session:
            at = start + timedelta(hours=hour)
            place.talk.post(session, place.world.wang_wei, f"第{hour}句", stance=stance, at=at)

    for hour, stance in enumerate(["support"] * 3 + ["concern"] * 2):
        say(stance, hour)
    desk = f"{place.desk}/duties/mediator"
    assert "3 条支持" not in web(people["gu_ying"]).get(desk).text
    say("concern", 9)
    assert "3 条支持，3 条担心" in web(people["gu_ying"]).get(desk).text


def test_the_party_page_shows_duties_and_deeds_to_members_only(web, place, people) -> None:
    web(people["zhao_min"]).post(place.judge, form("warn"))
    got = statuses(web, people, lambda browser: browser.get(f"{place.e}/party"))
    assert got == {**OUTSIDE, **dict.fromkeys([name for name in PEOPLE if name not in OUTSIDE], 200)}
    page = web(place.world.qian_er).get(f"{place.e}/party").text
    for words in ("zhao_min", "监督员", "调解员", "3号楼1单元加装电梯怎么装", f"{place.e}/moderation/1"):
        assert words in page
    assert f"{place.desk}/duties" not in page
    assert "+86" not in page


def test_a_party_member_whose_duty_has_ended_is_no_moderator_any_more(web, place, database, clock) -> None:
    with database.transaction() as session:
        query = select(Grant).where(Grant.account_id == place.world.zhao_min.account_id)
        row = session.exec(query).one()
        row.ended_at = clock.instant
    assert web(place.world.zhao_min).get(place.judge).status_code == 404
    assert "zhao_min" not in web(place.world.qian_er).get(f"{place.e}/party").text


def test_the_supervisor_reads_that_the_street_was_told_only_when_it_was(web, place, database, clock) -> None:
    def late(told: bool) -> str:
        with database.transaction() as session:
            proposal = session.get_one(Proposal, place.talk.proposal_id)
            proposal.state, proposal.answered_at = ProposalState.GATHERING, None
            proposal.reached_at = clock() - timedelta(days=90)
            proposal.answer_due_at = clock() - timedelta(days=60)
            proposal.street_due_at = clock() - timedelta(days=50)
            proposal.street_told_at = clock() - timedelta(days=50) if told else None
            session.add(proposal)
        return web(place.world.zhao_min).get(f"{place.desk}/duties?duty=supervisor").text

    page = late(told=False)
    assert "超期" in page
    assert "已报街道" not in page
    assert "已报街道" in late(told=True)
