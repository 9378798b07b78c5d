"""The terms of a draft: every set can be chosen, what differs names its text, and what a place settles cannot be set otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound
from app.models.trail import TrailRow
from app.models.votes import Vote
from app.rules.votes.clashes import ClashRule
from app.rules.votes.localities import LOCALITIES, NATIONAL_KEY
from app.rules.votes.points import Figures
from app.rules.votes.rulesets import NATIONAL, BallotMode, Inclusion, RuleSet, SilentRule, SpoiledRule
from app.rules.votes.silence import Silence
from app.rules.votes.states import ChangeRule, LegalMode
from app.services.trail import Actor
from app.services.votes import drafting, drafts, rule_texts, terms
from app.services.votes.rule_texts import NewRules
from app.services.votes.terms import Terms

SIGNED = "某律师事务所张律师 2026-11-01 书面意见"
SILENCE = Silence("送达后未投票的，计入多数意见一方", date(2025, 3, 1), SIGNED)


@pytest.fixture
def draft(make_vote) -> UUID:
    return make_vote(notice=False).id


@pytest.fixture
def actor(world) -> Actor:
    return Actor(world.chen_jie.account_id, "chen_jie")


@pytest.fixture
def save(session, world, draft, now):
    """Save terms of the draft on the national set, changed as told; gives its stored rules back."""

    def save(**changes) -> RuleSet:
        given = Terms(
            legal_mode=LegalMode.PAPER_WITH_SUPPORT,
            legal_basis="",
            change=ChangeRule.UNTIL_CLOSE,
            notice_days=15,
            objection_days=10,
            rules_source="",
            opens_at=now + timedelta(days=16),
            closes_at=now + timedelta(days=30),
        )
        where = {"estate_id": world.estate_id, "vote_id": draft}
        terms.save_terms(session, **where, terms=replace(given, **changes))
        session.flush()
        return RuleSet.from_json(session.get_one(Vote, draft).rules)

    return save


@pytest.fixture
def add(session, world, actor, now):
    def add(version=1, *, base=NATIONAL_KEY, estate_id=None, articles="第八条", silent="", **figures):
        new = NewRules(
            version=version,
            title="幸福里小区议事规则",
            adopted_on=date(2025, 3, 1),
            base=base,
            figures=Figures(**figures),
            articles=articles,
            silent_text=silent,
        )
        estate_id = estate_id or world.estate_id
        return rule_texts.add_version(session, estate_id=estate_id, new=new, actor=actor, now=now)

    return add


def refused(call) -> tuple[str, str]:
    with pytest.raises((Invalid, Conflict)) as error:
        call()
    return error.value.field, error.value.code


@pytest.mark.parametrize("place", LOCALITIES, ids=lambda place: place.code)
def test_every_place_can_be_chosen_and_the_vote_stores_code_version_place_and_source(save, place) -> None:
    stored = save(rule_set=place.key, proxy_limit=place.rules.proxy_limit)
    assert replace(stored, change=place.rules.change) == place.rules


def test_paper_with_support_is_allowed_and_lets_paper_count(save) -> None:
    assert save().clash is ClashRule.PAPER_LOCKS
    assert refused(lambda: save(clash=ClashRule.FIRST, rules_source="议事规则第九条")) == (
        "clash",
        "paper_decides",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"notice_days": 7},
        {"objection_days": 7},
        {"paper_days": 3},
        {"extension_days": 7},
        {"proxy_limit": 5},
        {"spoiled": SpoiledRule.PARTICIPATING},
        {"parking": Inclusion.INCLUDE},
        {"storage": Inclusion.INCLUDE},
        {
            "clash": ClashRule.FIRST,
            "legal_mode": LegalMode.ELECTRONIC,
            "legal_basis": "业主大会议事规则第八条",
        },
    ],
)
def test_whatever_differs_from_the_chosen_set_needs_the_text_that_allows_it(
    session, world, save, draft, changes
) -> None:
    assert refused(lambda: save(**changes))[0] == "rules_source"
    stored = save(**changes, rules_source="议事规则第九条")
    assert stored.source == f"{NATIONAL.source}；议事规则第九条"
    name = next(iter(changes))
    assert getattr(stored, name) == changes[name]
    shown = drafts.read_draft(session, estate_id=world.estate_id, vote_id=draft)
    assert shown.rules_source == "议事规则第九条"


def test_a_figure_that_the_place_settles_cannot_be_set_otherwise_whatever_is_cited(save) -> None:
    cited = {"rules_source": "议事规则第九条"}
    assert refused(lambda: save(rule_set="weifang/1", proxy_limit=4, **cited)) == ("proxy_limit", "binding")
    assert refused(lambda: save(rule_set="ningbo/1", parking=Inclusion.INCLUDE, **cited)) == (
        "parking",
        "binding",
    )


def test_where_the_authority_has_its_own_system_no_electronic_vote_is_held_here(save) -> None:
    electronic = {"legal_mode": LegalMode.ELECTRONIC, "legal_basis": "业主大会议事规则第八条"}
    assert refused(lambda: save(rule_set="beijing/1", **electronic)) == ("legal_mode", "own_platform")
    save(rule_set="hangzhou/1", **electronic)


@pytest.mark.parametrize("key", ["", "national", "national/2", "own/1", "nowhere/1", "own/x", "own/99999999"])
def test_a_set_that_is_not_there_is_refused(save, key) -> None:
    assert refused(lambda: save(rule_set=key)) == ("rule_set", "no_rule_set")


def test_the_estates_own_version_is_chosen_with_its_figures_and_its_source(save, add) -> None:
    add(proxy_limit=2, ballot_mode=BallotMode.PER_HEAD)
    stored = save(rule_set="own/1", proxy_limit=2)
    assert (stored.code, stored.version, stored.ballot_mode) == ("own", 1, BallotMode.PER_HEAD)
    assert stored.source == f"《幸福里小区议事规则》（2025-03-01 通过）第八条；{NATIONAL.source}"
    assert refused(lambda: save(rule_set="own/1", proxy_limit=3))[0] == "rules_source"


def test_own_rules_based_on_a_place_stay_under_what_the_place_settles(save, add) -> None:
    assert refused(lambda: add(base="weifang/1", proxy_limit=5)) == ("proxy_limit", "binding")
    add(base="weifang/1", proxy_limit=3, spoiled=SpoiledRule.PARTICIPATING)
    both = {"rule_set": "own/1", "spoiled": SpoiledRule.PARTICIPATING, "rules_source": "议事规则第九条"}
    assert refused(lambda: save(**both, proxy_limit=4)) == ("proxy_limit", "binding")
    assert save(**both, proxy_limit=3).proxy_limit == 3


def test_a_version_never_changes_and_the_next_one_follows_it(session, world, add) -> None:
    first = add(notice_days=20)
    assert add(notice_days=20) == first
    assert refused(lambda: add(notice_days=25)) == ("", "version_taken")
    assert refused(lambda: add(3, notice_days=25)) == ("", "version_taken")
    add(2, notice_days=25)
    listed = rule_texts.list_versions(session, estate_id=world.estate_id)
    assert [(row.version, row.rules.notice_days, row.differs) for row in listed] == [
        (2, 25, ("notice_days",)),
        (1, 20, ("notice_days",)),
    ]
    rows = session.exec(select(TrailRow).where(TrailRow.tag == "votes:rules:add")).all()
    assert [row.new["version"] for row in rows] == [1, 2]


def test_own_rules_that_differ_say_in_which_articles_and_the_future_has_adopted_none(
    session, world, add, actor, now
) -> None:
    assert refused(lambda: add(notice_days=20, articles=""))[0] == "articles"
    assert add(articles="").differs == ()
    assert refused(lambda: add(2, base="own/1"))[0] == "base"
    late = NewRules(2, "幸福里小区议事规则", date(2027, 1, 1), NATIONAL_KEY, Figures(), "")
    call = {"estate_id": world.estate_id, "actor": actor, "now": now}
    assert refused(lambda: rule_texts.add_version(session, new=late, **call))[0] == "adopted_on"


def test_another_estates_rules_are_not_to_be_had(session, world, save, add) -> None:
    add(estate_id=world.other_estate_id)
    assert refused(lambda: save(rule_set="own/1")) == ("rule_set", "no_rule_set")
    assert rule_texts.list_versions(session, estate_id=world.estate_id) == []


def test_silence_is_switched_on_under_its_conditions_and_stays_when_the_terms_are_saved_again(
    session, world, draft, actor, now, save
) -> None:
    save()

    def switch(silence):
        terms.set_silence(
            session, estate_id=world.estate_id, vote_id=draft, silence=silence, actor=actor, now=now
        )

    assert refused(lambda: switch(replace(SILENCE, sign_off=""))) == ("silent_sign_off", "silent_sign_off")
    session.expire_all()
    assert session.get_one(Vote, draft).silent == {}
    switch(SILENCE)
    assert save().silent is SilentRule.FOLLOW_MAJORITY
    assert session.get_one(Vote, draft).silent == SILENCE.to_json()
    switch(SILENCE)
    switch(None)
    assert save().silent is SilentRule.NONE
    tags = session.exec(select(TrailRow.tag).where(TrailRow.tag.startswith("votes:silent:"))).all()
    assert list(tags) == ["votes:silent:allow", "votes:silent:drop"]


def test_a_question_changed_after_the_switch_stands_in_the_way_of_the_notice(
    session, world, draft, actor, now, save
) -> None:
    where = {"estate_id": world.estate_id, "vote_id": draft}
    question = {"title": "修改议事规则", "text": "把议事规则第九条改成另一种写法。" * 2}
    drafting.save_question(session, **where, **question, matter=1)
    save()
    terms.set_silence(session, **where, silence=replace(SILENCE, sign_off=""), actor=actor, now=now)
    drafting.save_question(session, **where, **question, matter=7)
    found = drafts.preview_draft(session, **where, now=now).problems
    assert [(problem.step, problem.refusal.code) for problem in found] == [("terms", "silent_sign_off")]
    with pytest.raises(Invalid):
        drafting.give_notice(session, **where, actor=actor, now=now)


def test_after_the_notice_neither_terms_nor_silence_change(session, world, vote, actor, now) -> None:
    with pytest.raises(Conflict) as frozen:
        terms.set_silence(
            session, estate_id=world.estate_id, vote_id=vote.id, silence=SILENCE, actor=actor, now=now
        )
    assert frozen.value.code == "frozen"
    with pytest.raises(NotFound):
        terms.set_silence(
            session, estate_id=world.other_estate_id, vote_id=vote.id, silence=None, actor=actor, now=now
        )
