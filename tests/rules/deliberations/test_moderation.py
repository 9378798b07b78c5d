"""Bounds, reasons, hints, and nobody a judge in his own cause."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid, NotAllowed
from app.rules.accounts import STAFF_ROLES, Role
from app.rules.calendar import BEIJING
from app.rules.deliberations.moderation import (
    ACT_NAMES,
    REPORT_NAMES,
    Act,
    Place,
    Reach,
    ReportKind,
    clean_reason,
    clean_report,
    ensure_may_judge,
    ensure_may_mute,
    has_interest,
    mute_ends,
    reach_of_mute,
    word_hints,
)

WANG, LI, ZHAO = UUID(int=1), UUID(int=2), UUID(int=3)
NOW = datetime(2026, 6, 1, 9, tzinfo=BEIJING)


def test_a_mute_runs_to_the_midnight_of_its_last_day() -> None:
    assert mute_ends(NOW, 1) == datetime(2026, 6, 3, tzinfo=BEIJING)
    assert mute_ends(NOW, 30) == datetime(2026, 7, 2, tzinfo=BEIJING)


@pytest.mark.parametrize("days", [0, 31, -1, True, 1.5])
def test_a_mute_outside_one_to_thirty_days_is_refused(days: int) -> None:
    with pytest.raises(Invalid) as refusal:
        mute_ends(NOW, days)
    assert refusal.value.field == "days"


def test_a_reason_is_ten_to_five_hundred_visible_characters() -> None:
    assert clean_reason(" 发言里写了别人的电话号码 ") == "发言里写了别人的电话号码"
    for text in ("违规", "违规" + "\u200b" * 20, " " * 20, "长" * 501):
        with pytest.raises(Invalid):
            clean_reason(text)


def test_a_report_needs_words_only_when_none_of_the_kinds_fits() -> None:
    assert clean_report(ReportKind.INSULT, "") == ""
    with pytest.raises(Invalid):
        clean_report(ReportKind.OTHER, "\u200b ")


def test_nobody_judges_his_own_post_or_an_appeal_against_his_own_decision() -> None:
    ensure_may_judge(LI, author=WANG)
    ensure_may_judge(ZHAO, author=WANG, decided_by=LI)
    for judge, code in ((WANG, "own_content"), (LI, "own_decision")):
        with pytest.raises(NotAllowed) as refusal:
            ensure_may_judge(judge, author=WANG, decided_by=LI)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("scope", "interest"),
    [
        (Place("3", "1"), True),
        (Place("3", "2"), False),
        (Place("3"), True),
        (Place("4", "1"), False),
        (Place(), False),
    ],
)
def test_a_home_in_the_entrance_or_building_talked_about_is_an_interest(scope: Place, interest: bool) -> None:
    assert has_interest([Place("9", "1"), Place("3", "1")], scope) is interest
    assert not has_interest([], scope)


def test_in_a_building_without_entrances_the_building_is_the_interest() -> None:
    assert has_interest([Place("5")], Place("5"))


@pytest.mark.parametrize(
    "text",
    ["大骗子", "大 骗 子", "大，骗。子", "大\u200b骗\u2060子", "大*骗*子！", "ＳＰＡＭ", "s-p-a m", "Spam"],
)
def test_a_listed_word_is_seen_through_spaces_signs_width_and_invisibles(text: str) -> None:
    assert word_hints(f"他说{text}吗", ["大骗子", "SPAM"])


def test_hints_come_once_in_the_order_of_the_list_and_an_empty_word_never() -> None:
    assert word_hints("骗子广告骗子", ["广告", "骗子", "广告", "", "。", "没有"]) == ["广告", "骗子"]


@given(st.text(max_size=50), st.text(max_size=10), st.text(max_size=50))
def test_a_word_that_stands_in_the_text_as_it_is_is_always_found(before: str, word: str, after: str) -> None:
    if word_hints(word, [word]) and word.isalnum() and word.isascii():
        assert word_hints(before + " " + word + " " + after, [word]) == [word]


@pytest.mark.parametrize(
    ("by_committee", "in_thread", "reach"),
    [
        (True, True, Reach.ESTATE),
        (True, False, Reach.ESTATE),
        (False, True, Reach.THREAD),
        (False, False, None),
    ],
)
def test_the_committee_mutes_in_the_estate_and_a_moderator_in_his_thread(
    by_committee: bool, in_thread: bool, reach: Reach | None
) -> None:
    where = {"by_committee": by_committee, "in_thread": in_thread}
    for roles in ([], [Role.PARTY_MEMBER], [Role.PARTY_STAFF]):
        assert reach_of_mute(roles, **where) is reach
        if reach:
            assert ensure_may_mute(roles, **where) is reach
        else:
            with pytest.raises(NotAllowed) as refused:
                ensure_may_mute(roles, **where)
            assert refused.value.code == "not_estate_wide"


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
@pytest.mark.parametrize("by_committee", [True, False])
def test_nobody_mutes_the_committee_or_the_street(role: Role, by_committee: bool) -> None:
    assert reach_of_mute([Role.PARTY_MEMBER, role], by_committee=by_committee, in_thread=True) is None
    with pytest.raises(NotAllowed) as refused:
        ensure_may_mute([role], by_committee=by_committee, in_thread=True)
    assert refused.value.code == "staff_not_muted"


def test_every_kind_and_act_has_its_words() -> None:
    assert set(REPORT_NAMES) == set(ReportKind)
    assert set(ACT_NAMES) == set(Act)
