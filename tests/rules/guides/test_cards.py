"""Rules of policy cards: when one counts as outdated, and what must be there before it goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.guides.cards import (
    CardText,
    GuideKind,
    is_outdated,
    problems_of,
    read_reason,
    says_unverified,
    today_of,
)
from app.rules.guides.library import LIBRARY, starter_of
from app.rules.guides.questions import ensure_answers, ensure_asks

TODAY = date(2026, 11, 23)
GOOD = CardText(
    kind=GuideKind.LAW,
    title="加装电梯，要多少业主同意",
    body="三分之二参与，四分之三同意。",
    source="中华人民共和国民法典",
    reference="第二百七十八条",
    address="https://example.cn/minfadian",
    source_date=date(2021, 1, 1),
    checked_on=date(2026, 11, 20),
    review_after=date(2027, 11, 20),
)


@given(after=st.integers(-400, 400), flagged=st.booleans())
def test_a_card_is_outdated_from_its_day_on_or_when_somebody_says_so(after: int, flagged: bool) -> None:
    day = TODAY + timedelta(days=after)
    assert is_outdated(day, flagged=flagged, today=TODAY) == (flagged or after <= 0)


def test_the_day_is_that_of_beijing() -> None:
    assert today_of(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == TODAY
    assert today_of(datetime(2026, 11, 22, 15, 59, tzinfo=UTC)) == TODAY - timedelta(days=1)


def test_a_whole_card_has_no_problems() -> None:
    assert problems_of(GOOD, today=TODAY) == []
    assert problems_of(replace(GOOD, address=""), today=TODAY) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("body", ""),
        ("source", ""),
        ("reference", ""),
        ("body", "补贴【请填写金额】元"),
        ("source", "【请填写文件名称】"),
        ("address", "javascript:alert(1)"),
        ("address", "data:text/html,x"),
        ("address", "http://"),
        ("address", "http://[bad"),
        ("address", "www.gov.cn"),
        ("source_date", TODAY + timedelta(days=1)),
        ("checked_on", TODAY + timedelta(days=1)),
        ("review_after", TODAY),
        ("review_after", date(2020, 1, 1)),
    ],
)
def test_each_gap_is_named_at_its_field(field: str, value: object) -> None:
    assert field in [problem.field for problem in problems_of(replace(GOOD, **{field: value}), today=TODAY)]


def test_days_of_checking_are_not_among_the_words_but_all_else_is() -> None:
    for field in ("source_date", "checked_on", "review_after"):
        assert replace(GOOD, **{field: date(2020, 2, 2)}).words == GOOD.words
    for field in ("title", "body", "source", "reference", "address"):
        assert replace(GOOD, **{field: "别的"}).words != GOOD.words
    assert replace(GOOD, kind=GuideKind.FAQ).words != GOOD.words


def test_a_reason_says_something() -> None:
    with pytest.raises(Invalid):
        read_reason("不对")
    assert read_reason("文件已经废止") == "文件已经废止"


def test_an_answer_names_what_it_rests_on() -> None:
    ensure_answers("要。", "民法典第二百七十八条")
    for answer, source, field in (("", "民法典", "answer"), ("要。", "", "source")):
        with pytest.raises(Invalid) as refused:
            ensure_answers(answer, source)
        assert refused.value.field == field
    with pytest.raises(Invalid):
        ensure_asks("吗？")


@pytest.mark.parametrize("starter", LIBRARY, ids=lambda starter: starter.key)
def test_every_starting_text_fits_its_fields_and_names_its_article_or_leaves_it_open(starter) -> None:
    text = CardText(
        kind=starter.kind,
        title=starter.title,
        body=starter.body,
        source=starter.source,
        reference=starter.reference,
        address="",
        source_date=starter.source_date or date(2020, 1, 1),
        checked_on=TODAY,
        review_after=TODAY + timedelta(days=365),
    )
    fields = {problem.field for problem in problems_of(text, today=TODAY)}
    assert bool(fields) == ("【请填写" in starter.body + starter.source + starter.reference)
    assert len(text.title) <= 60
    assert len(text.body) <= 4000
    assert len(text.source) <= 120
    assert len(text.reference) <= 200
    assert starter_of(starter.key) is starter


def test_local_money_stands_in_no_starting_text() -> None:
    """Subsidies differ from place to place: a figure here would be read as ours."""
    for starter in LIBRARY:
        assert "万元" not in starter.body
        assert "元/" not in starter.body
    assert "【请填写" in starter_of("subsidy").body
    assert says_unverified(starter_of("three_classes").body)
    assert starter_of("nothing") is None
