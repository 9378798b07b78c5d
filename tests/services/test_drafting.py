"""Drafts: step by step, every wrong figure refused at its field, and all frozen at notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound, Refusal
from app.models.estates import Ownership, Unit
from app.models.files import StoredFile
from app.models.votes import RollEntry, RollVoter, ScopeLevel, Vote
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.votes.clashes import ClashRule
from app.rules.votes.states import ChangeRule, LegalMode, State
from app.services.trail import Actor
from app.services.votes import drafting, drafts, scopes
from app.services.votes.terms import Terms, save_terms

TEXT = "在三号楼一单元北侧加装一部电梯，平层入户。" * 2


@pytest.fixture
def actor(world) -> Actor:
    return Actor(world.chen_jie.account_id, "chen_jie")


@pytest.fixture
def start(session, world, actor, now):
    def start(vote_id=None, **fields):
        question = {"title": "3号楼1单元加装电梯", "matter": 7, "text": TEXT, **fields}
        estate_id = question.pop("estate_id", world.estate_id)
        return drafting.start_draft(
            session, estate_id=estate_id, vote_id=vote_id or uuid4(), actor=actor, now=now, **question
        )

    return start


@pytest.fixture
def terms(now) -> Terms:
    return Terms(
        legal_mode=LegalMode.ELECTRONIC,
        legal_basis="业主大会议事规则第八条",
        change=ChangeRule.UNTIL_CLOSE,
        notice_days=15,
        objection_days=10,
        rules_source="",
        opens_at=now + timedelta(days=16),
        closes_at=now + timedelta(days=30),
    )


def test_a_form_sent_twice_opens_one_draft_and_numbers_run_on(session, world, start) -> None:
    vote_id = uuid4()
    assert start(vote_id) == start(vote_id) == vote_id
    start()
    assert sorted(session.exec(select(Vote.number))) == [1, 2]


@pytest.mark.parametrize(
    ("wrong", "field"), [({"title": "梯"}, "title"), ({"text": "太短"}, "text"), ({"matter": 10}, "matter")]
)
def test_a_question_that_says_too_little_is_refused_at_its_field(start, wrong, field) -> None:
    with pytest.raises(Invalid) as refused:
        start(**wrong)
    assert refused.value.field == field


def test_a_vote_of_another_estate_is_not_found(session, world, start) -> None:
    vote_id = start()
    with pytest.raises(NotFound):
        drafting.get_draft(session, estate_id=world.other_estate_id, vote_id=vote_id)
    with pytest.raises(NotFound):
        drafts.preview_draft(
            session, estate_id=world.other_estate_id, vote_id=vote_id, now=world_now(session, vote_id)
        )


def world_now(session, vote_id):
    return session.get_one(Vote, vote_id).created_at


def test_the_drawing_offers_what_the_register_has_and_nothing_else(session, world, start) -> None:
    session.add(unit_of(world, building="10", entrance="甲"))
    session.add(unit_of(world, building="10", entrance="乙"))
    session.add(unit_of(world, building="车库", entrance="", kind=UnitKind.PARKING))
    session.flush()
    houses = scopes.draw_estate(session, estate_id=world.estate_id)
    assert [(house.name, house.value) for house in houses] == [("3号楼", ""), ("10号楼", "building:10")]
    assert [entrance.value for entrance in houses[0].entrances] == ["entrance:3:1"]
    assert len(houses[1].entrances) == 2


def unit_of(world, **fields) -> Unit:
    plain = {"floor": 1, "room": "101", "area": 5000, "kind": UnitKind.DWELLING, "status": UnitStatus.NORMAL}
    return Unit(estate_id=world.estate_id, **{**plain, **fields})


@pytest.mark.parametrize(
    ("value", "scope"),
    [("estate", (ScopeLevel.ESTATE, "", "")), ("entrance:3:1", (ScopeLevel.ENTRANCE, "3", "1"))],
)
def test_a_pick_on_the_drawing_is_kept_and_drawn_again(session, world, start, value, scope) -> None:
    vote_id = start()
    scopes.save_drawn_scope(session, estate_id=world.estate_id, vote_id=vote_id, value=value)
    vote = session.get_one(Vote, vote_id)
    assert (vote.scope_level, vote.scope_building, vote.scope_entrance) == scope
    assert scopes.drawn_value(vote) == value


def test_what_is_not_on_the_drawing_is_refused(session, world, start) -> None:
    vote_id = start()
    for value in ("", "entrance:9:1", "building:3", "entrance:3:1:x", "x"):
        with pytest.raises(Invalid) as refused:
            scopes.save_drawn_scope(session, estate_id=world.estate_id, vote_id=vote_id, value=value)
        assert refused.value.field == "scope"


def test_terms_that_the_law_does_not_carry_are_refused_at_their_field(session, world, start, terms) -> None:
    where = {"estate_id": world.estate_id, "vote_id": start()}
    for change, field in (
        ({"legal_mode": LegalMode.PAPER_WITH_SUPPORT, "clash": ClashRule.FIRST}, "clash"),
        ({"legal_basis": "无"}, "legal_basis"),
        ({"notice_days": 0}, "notice_days"),
        ({"objection_days": 61}, "objection_days"),
        ({"notice_days": 7}, "rules_source"),
        ({"closes_at": terms.opens_at + timedelta(days=5, seconds=-1)}, "closes_at"),
        ({"closes_at": terms.opens_at + timedelta(days=60, seconds=1)}, "closes_at"),
    ):
        with pytest.raises(Invalid) as refused:
            save_terms(session, **where, terms=replace(terms, **change))
        assert refused.value.field == field
    for days in (5, 60):
        save_terms(session, **where, terms=replace(terms, closes_at=terms.opens_at + timedelta(days=days)))


def test_other_days_need_the_text_that_allows_them_and_it_is_published(session, world, start, terms) -> None:
    vote_id = start()
    changed = replace(terms, notice_days=7, rules_source="杭州市物业管理条例第十九条")
    save_terms(session, estate_id=world.estate_id, vote_id=vote_id, terms=changed)
    draft = drafts.read_draft(session, estate_id=world.estate_id, vote_id=vote_id)
    assert draft.rules_source == "杭州市物业管理条例第十九条"
    assert draft.rules.source.endswith("杭州市物业管理条例第十九条")


def test_the_preview_names_every_problem_and_the_step_that_mends_it(session, world, start, now) -> None:
    vote_id = start()
    session.delete(session.get_one(Ownership, (world.homes["602"].unit_id, world.homes["602"].owner_id)))
    session.flush()
    preview = drafts.preview_draft(session, estate_id=world.estate_id, vote_id=vote_id, now=now)
    assert [problem.step for problem in preview.problems] == ["scope", "terms"]
    assert "602" in str(preview.problems[0].refusal)


def test_a_cost_table_that_no_longer_fits_is_a_problem_of_the_cost_step(
    session, world, start, terms, now
) -> None:
    where = {"estate_id": world.estate_id, "vote_id": start()}
    floors = {str(floor): "1" for floor in range(1, 7)}
    drafting.save_cost(session, **where, cost={"cost": "600000", "scheme": {"type": "coef", "coef": floors}})
    save_terms(session, **where, terms=terms)
    session.add(unit := unit_of(world, building="3", entrance="1", floor=7, room="701"))
    session.flush()
    session.add(Ownership(unit_id=unit.id, owner_id=world.homes["601"].owner_id))
    session.flush()
    preview = drafts.preview_draft(session, **where, now=now)
    assert [problem.step for problem in preview.problems] == ["cost"]
    assert (preview.summary.homes, preview.table) == (13, None)


def test_the_roll_summary_counts_homes_heads_area_and_who_never_signed_in(
    session, make_vote, world, now
) -> None:
    draft = make_vote(notice=False)
    summary = drafts.preview_draft(session, estate_id=world.estate_id, vote_id=draft.id, now=now).summary
    assert (summary.homes, summary.heads, summary.area) == (12, 12, 96_000)
    assert (summary.voters, summary.unbound, summary.no_voter) == (12, 10, 0)


def test_the_trial_shares_to_the_fen_and_stores_nothing(session, make_vote, world) -> None:
    draft = make_vote(notice=False)
    cost = {"cost": "1000.01", "scheme": {"type": "area"}}
    table = drafts.try_cost(session, estate_id=world.estate_id, vote_id=draft.id, cost=cost)
    assert sum(row.share for row in table.homes) == sum(row.total for row in table.floors) == 100_001
    assert session.get_one(Vote, draft.id).cost == {}


def test_notice_needs_its_full_days_before_the_opening(session, make_vote, world, actor, now) -> None:
    draft = make_vote(notice=False)
    where = {"estate_id": world.estate_id, "vote_id": draft.id, "actor": actor}
    with pytest.raises(Invalid):
        drafting.give_notice(session, **where, now=draft.opens_at - timedelta(days=15) + timedelta(seconds=1))
    assert (
        drafting.give_notice(session, **where, now=draft.opens_at - timedelta(days=15)).state is State.NOTICED
    )


def test_notice_freezes_the_roll_and_the_preview_showed_its_fingerprints(
    session, make_vote, world, actor, now
) -> None:
    draft = make_vote(notice=False)
    where = {"estate_id": world.estate_id, "vote_id": draft.id}
    preview = drafts.preview_draft(session, **where, now=now)
    vote = drafting.give_notice(session, **where, actor=actor, now=now)
    assert (vote.text_hash, vote.roll_hash) == (preview.text_hash, preview.roll_hash)
    assert len(session.exec(select(RollEntry)).all()) == len(session.exec(select(RollVoter)).all()) == 12


def test_after_the_notice_nothing_changes_any_more(session, world, vote, terms, actor, now) -> None:
    where = {"estate_id": world.estate_id, "vote_id": vote.id}
    for act, more in (
        (drafting.save_question, {"title": "别的标题", "matter": 7, "text": TEXT}),
        (drafting.save_scope, {"level": ScopeLevel.ESTATE}),
        (drafting.save_cost, {"cost": {}}),
        (save_terms, {"terms": terms}),
        (drafting.add_attachment, {"file_id": uuid4(), "title": "图纸"}),
        (drafting.give_notice, {"actor": actor, "now": now}),
        (drafting.discard_draft, {"actor": actor, "now": now}),
    ):
        with pytest.raises(Conflict) as refused:
            act(session, **where, **more)
        assert refused.value.code == "frozen"


def test_an_eleventh_document_is_refused(session, world, start, now) -> None:
    where = {"estate_id": world.estate_id, "vote_id": start()}
    for number in range(11):
        file = StoredFile(
            estate_id=world.estate_id, name="图纸.pdf", media_type="application/pdf", sha256=f"{number:064}", size=1,
            content=b"x", uploaded_by=world.chen_jie.account_id, uploaded_at=now,
        )  # fmt: skip
        session.add(file)
        session.flush()
        if number < 10:
            drafting.add_attachment(session, **where, file_id=file.id, title=f"图纸 {number}")
        else:
            with pytest.raises(Refusal):
                drafting.add_attachment(session, **where, file_id=file.id, title="多一份")
    assert len(drafting.list_attachments(session, where["vote_id"])) == 10


def test_a_discarded_draft_is_gone_with_its_documents(session, world, start, actor, now) -> None:
    vote_id = start()
    drafting.discard_draft(session, estate_id=world.estate_id, vote_id=vote_id, actor=actor, now=now)
    session.flush()
    assert session.get(Vote, vote_id) is None
