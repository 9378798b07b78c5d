"""Rule sets as data: each reads back, names its ground, holds nothing unverified; figures as typed; and when silence may count."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from app.errors import Invalid
from app.rules.votes.clashes import ClashRule
from app.rules.votes.localities import (
    LOCALITIES,
    NATIONAL_KEY,
    NATIONAL_SAYINGS,
    Locality,
    Saying,
    find_locality,
)
from app.rules.votes.points import (
    NAMES,
    POINTS,
    Figures,
    differing,
    ensure_figures,
    figures_of,
    read_figures,
    typed_of,
    with_figures,
)
from app.rules.votes.questions import Question, QuestionKind
from app.rules.votes.rulesets import NATIONAL, RuleSet, SpoiledRule
from app.rules.votes.silence import Silence, ensure_silence, read_silence, typed_silence
from app.rules.votes.states import LegalMode

TODAY = date(2026, 11, 23)
ELEVATOR = (Question(title="加装电梯", matter=7),)
ELECTION_RULES = (Question(title="修改议事规则", matter=1),)
SILENCE = Silence("送达后未投票的，计入多数意见一方", date(2025, 3, 1))


@pytest.mark.parametrize("place", LOCALITIES, ids=lambda place: place.code)
def test_a_set_survives_the_trip_through_json_and_names_code_version_place_and_source(place) -> None:
    rules = place.rules
    assert RuleSet.from_json(json.loads(json.dumps(rules.to_json()))) == rules
    assert (rules.code, rules.version, rules.place) == (place.code, place.version, place.place)
    assert NATIONAL.source in rules.source
    assert find_locality(place.code, place.version) is place


@pytest.mark.parametrize("place", LOCALITIES, ids=lambda place: place.code)
def test_no_place_changes_the_shares_of_the_civil_code(place) -> None:
    rules = place.rules
    assert (rules.quorum, rules.special, rules.ordinary) == (
        NATIONAL.quorum,
        NATIONAL.special,
        NATIONAL.ordinary,
    )


@pytest.mark.parametrize("place", LOCALITIES, ids=lambda place: place.code)
def test_every_figure_of_a_place_stands_in_its_source_with_the_year(place) -> None:
    for saying in place.sayings:
        if saying.figure:
            assert saying.figure in POINTS
            ground = place.ground(saying)
            assert place.as_of in ground or saying.as_of in ground
            assert (ground in place.rules.source) == saying.verified


def test_two_sets_never_share_a_name() -> None:
    keys = [NATIONAL_KEY, *(place.key for place in LOCALITIES)]
    assert len(set(keys)) == len(keys)


def test_a_figure_nobody_verified_is_told_and_never_used() -> None:
    rumour = Saying(words="公告 3 日", figure="notice_days", value=3, verified=False, binding=True)
    place = Locality(code="x", version=1, place="某地", text="某法规", as_of="2020", sayings=(rumour,))
    assert place.rules.notice_days == NATIONAL.notice_days
    assert place.binding == frozenset()
    assert place.to_confirm == (rumour,)
    assert "某法规" not in place.rules.source
    checked = replace(place, sayings=(replace(rumour, verified=True),))
    assert (checked.rules.notice_days, checked.binding) == (3, {"notice_days"})


def test_a_malformed_figure_of_a_place_is_refused_rather_than_stored() -> None:
    place = replace(LOCALITIES[0], sayings=(Saying(words="", figure="proxy_limit", value="three"),))
    with pytest.raises(Invalid):
        _ = place.rules


def test_what_is_said_of_the_national_set_is_what_it_holds() -> None:
    for saying in NATIONAL_SAYINGS:
        assert RuleSet.read_figure(saying.figure, saying.value) == getattr(NATIONAL, saying.figure)


def test_weifang_caps_mandates_and_ningbo_leaves_parking_out_for_good() -> None:
    weifang, ningbo, beijing = (find_locality(code, 1) for code in ("weifang", "ningbo", "beijing"))
    assert (weifang.rules.proxy_limit, weifang.binding) == (3, {"proxy_limit"})
    assert {"parking", "ballot_mode"} <= ningbo.binding
    assert beijing.own_platform
    assert [saying.figure for saying in beijing.to_confirm] == ["change"]


def test_rules_stored_before_there_were_clashes_still_read_and_mean_what_they_meant() -> None:
    told = NATIONAL.to_json()
    for name in ("clash", "paper_days", "extension_days"):
        del told[name]
    assert RuleSet.from_json(told) == NATIONAL


def test_figures_typed_and_shown_again_are_the_same() -> None:
    figures = Figures(notice_days=7, proxy_limit=None, clash=ClashRule.FIRST, paper_days=3)
    assert read_figures(typed_of(figures), NATIONAL) == figures
    assert set(typed_of(figures)) == set(NAMES)


def test_a_field_the_form_did_not_have_keeps_the_value_of_the_set() -> None:
    weifang = find_locality("weifang", 1).rules
    assert read_figures({"notice_days": "20"}, weifang) == replace(figures_of(weifang), notice_days=20)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("notice_days", "十五"),
        ("notice_days", ""),
        ("notice_days", "-1"),
        ("notice_days", "1.5"),
        ("notice_days", "٣"),
        ("proxy_limit", "三"),
        ("clash", "paper"),
        ("spoiled", ""),
        ("change", "often"),
    ],
)
def test_what_is_no_figure_is_refused_at_its_field(name, typed) -> None:
    with pytest.raises(Invalid) as refused:
        read_figures({name: typed}, NATIONAL)
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notice_days", 0),
        ("notice_days", 61),
        ("objection_days", 0),
        ("paper_days", 61),
        ("extension_days", 91),
    ],
)
def test_days_that_cannot_be_counted_are_refused(name, value) -> None:
    with pytest.raises(Invalid) as refused:
        ensure_figures(Figures(**{name: value}))
    assert refused.value.field == name


def test_what_differs_is_named_and_whether_a_ballot_may_be_changed_needs_no_text() -> None:
    figures = read_figures({"change": "until_close", "spoiled": "participating", "paper_days": "2"}, NATIONAL)
    assert set(differing(figures, NATIONAL)) == {"spoiled", "paper_days"}
    rules = with_figures(NATIONAL, figures, source="议事规则第九条")
    assert rules.spoiled is SpoiledRule.PARTICIPATING
    assert rules.source == f"{NATIONAL.source}；议事规则第九条"


def test_the_silent_are_stored_and_read_back_and_nothing_is_nothing() -> None:
    assert read_silence(json.loads(json.dumps(SILENCE.to_json()))) == SILENCE
    assert read_silence({}) is None


@pytest.mark.parametrize(
    ("text", "day", "code"),
    [("", "2025-03-01", "silent_text"), ("有的", "2025-03-01", "silent_text"), ("x" * 12, "", "silent_day")],
)
def test_without_the_adopted_text_or_its_day_the_silent_do_not_count(text, day, code) -> None:
    with pytest.raises(Invalid) as refused:
        typed_silence(text, day, "")
    assert refused.value.code == code


@pytest.mark.parametrize("matter", [6, 7, 8])
def test_items_six_to_eight_need_a_sign_off_even_as_the_second_question(matter) -> None:
    paper = (*ELECTION_RULES, Question(title="另一件事", matter=matter))
    where = {"mode": LegalMode.ELECTRONIC, "today": TODAY}
    ensure_silence(SILENCE, ELECTION_RULES, **where)
    with pytest.raises(Invalid) as refused:
        ensure_silence(SILENCE, paper, **where)
    assert refused.value.code == "silent_sign_off"
    ensure_silence(replace(SILENCE, sign_off="某律师事务所张律师 2026-11-01 书面意见"), paper, **where)


@pytest.mark.parametrize(
    ("silence", "paper", "mode", "code"),
    [
        (SILENCE, ELECTION_RULES, LegalMode.CONSULTATION, "silent_mode"),
        (
            SILENCE,
            (
                Question(
                    title="选举", matter=3, kind=QuestionKind.ELECTION, labels=("甲", "乙"), most=1, seats=1
                ),
            ),
            LegalMode.ELECTRONIC,
            "silent_kind",
        ),
        (
            replace(SILENCE, adopted_on=date(2026, 11, 24)),
            ELECTION_RULES,
            LegalMode.PAPER_WITH_SUPPORT,
            "silent_day",
        ),
    ],
)
def test_silence_has_no_place_in_an_opinion_poll_an_election_or_before_its_rule(
    silence, paper, mode, code
) -> None:
    with pytest.raises(Invalid) as refused:
        ensure_silence(silence, paper, mode=mode, today=TODAY)
    assert refused.value.code == code
