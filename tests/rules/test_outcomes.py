"""The fixed text of a posting: what it must say, what it must not, and that it cannot be forged from inside."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.errors import Invalid
from app.rules.outcomes.posters import Subject, notice_text, outcome_text, poster_of, text_hash
from app.rules.outcomes.statements import MAX_STATEMENT, NextStep, clean_statement, read_steps
from app.rules.outcomes.words import end_words, scope_words
from app.rules.votes.rulesets import NATIONAL
from app.rules.votes.states import LegalMode

TODAY = date(2026, 12, 20)
SUBJECT = Subject(
    estate="幸福里小区",
    committee="幸福里居委会",
    contact=("幸福路 8 号", "0512-65550101", ""),
    number=4,
    title="3号楼加装电梯",
    matter=7,
    scope="3号楼",
    total_heads=25,
    total_area=301125,
    opens_at=datetime(2026, 12, 9, 1, 0, tzinfo=UTC),
    closes_at=datetime(2026, 12, 19, 15, 59, tzinfo=UTC),
    legal_mode=LegalMode.ELECTRONIC,
    legal_basis="业主大会议事规则第八条",
    rules=NATIONAL,
    roll_hash="a1" * 32,
    text_hash="b2" * 32,
)
FIGURES = {
    "total_area": 301125, "total_heads": 25, "part_area": 204833, "part_heads": 17, "for_area": 141784, "for_heads": 12,
    "against_area": 51049, "against_heads": 4, "abstain_area": 12000, "abstain_heads": 1,
    "spoiled_area": 0, "spoiled_heads": 0, "mixed_area": 0, "mixed_heads": 0,
}  # fmt: skip


def outcome(
    subject: Subject = SUBJECT,
    *,
    final: bool = False,
    statement: str = "感谢各位业主参加表决。",
    steps=(),
    **figures,
) -> str:
    return outcome_text(
        subject,
        [{**FIGURES, **figures}],
        final=final,
        statement=statement,
        steps=steps,
        objections_until=datetime(2026, 12, 29, 16, 0, tzinfo=UTC),
        posted_until=datetime(2027, 1, 4, 16, 0, tzinfo=UTC),
        posted_on=TODAY,
    )


def test_a_quorum_reached_to_the_last_head_is_said_with_its_exact_share_and_what_it_needed():
    assert "参与人数 17 人，占 25 人的 17/25，达到三分之二（至少要 17 人）\n" in outcome()


def test_a_majority_missed_by_heads_and_area_says_how_much_is_lacking_in_both():
    text = outcome()
    assert "同意人数 12 人，占 17 人的 12/17，没有达到四分之三，还差 1 人\n" in text
    assert "同意面积 1,417.84 ㎡，参与面积共 2,048.33 ㎡，没有达到四分之三，还差 118.41 ㎡\n" in text
    assert "结论：参与达到规定比例，同意没有达到规定比例，未获通过\n" in text


def test_an_ordinary_matter_needs_more_than_half_and_says_so():
    text = outcome(replace(SUBJECT, matter=4), for_heads=9)
    assert "同意人数 9 人，占 17 人的 9/17，超过半数（至少要 9 人）\n" in text
    assert "第二百七十八条第一款第四项" in text


def test_nobody_taking_part_is_a_sentence_and_not_a_division_by_zero():
    text = outcome(part_heads=0, part_area=0, for_heads=0, for_area=0)
    assert "没有业主参与表决\n" in text
    assert "没有形成决定" in text


def test_a_small_scope_does_not_say_how_those_who_did_not_agree_voted():
    few = {"total_heads": 6, "part_heads": 6, "for_heads": 5, "against_heads": 1, "abstain_heads": 0}
    text = outcome(**few)
    assert "\u3000反对 " not in text
    assert "\u3000弃权 " not in text
    assert "其余（反对、弃权等）合计 1 人" in text
    assert "\u3000反对 1 人" in outcome(**{**few, "total_heads": 10})


def test_spoiled_and_mixed_ballots_are_named_only_where_there_are_any():
    assert "废票" not in outcome()
    assert "意见不一" not in outcome()
    text = outcome(spoiled_heads=1, spoiled_area=8000, mixed_heads=2)
    assert "废票 1 人，80.00 ㎡\n" in text
    assert "意见不一 2 人" in text


def test_the_window_and_the_objection_deadline_are_to_the_minute_in_beijing():
    text = outcome()
    assert "2026 年 12 月 9 日 09:00 至 2026 年 12 月 19 日 23:59（北京时间）" in text
    assert "请在 2026 年 12 月 29 日 24:00 前提出" in text
    assert "公示到 2027 年 1 月 4 日 24:00" in text


def test_midnight_is_the_end_of_the_day_before_and_other_minutes_are_themselves():
    assert end_words(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "2026 年 12 月 31 日 24:00"
    assert end_words(datetime(2026, 12, 31, 16, 1, tzinfo=UTC)) == "2027 年 1 月 1 日 00:01"


def test_the_final_outcome_names_the_court_and_the_consultation_does_not():
    assert "请求人民法院撤销" in outcome(final=True)
    consultation = outcome(replace(SUBJECT, legal_mode=LegalMode.CONSULTATION), final=True)
    assert "人民法院" not in consultation
    assert "不代替业主依法作出的共同决定" in consultation


def test_a_next_step_is_printed_with_who_answers_and_by_when():
    step = NextStep("公示施工图", "张工", date(2027, 1, 8))
    assert "1. 公示施工图（张工负责，2027 年 1 月 8 日前）\n" in outcome(steps=[step])
    assert "下一步" not in outcome()


def test_a_statement_that_looks_like_a_section_stays_inside_the_statement():
    text = outcome(statement="谢谢大家。\n三、计票结果\n\u3000同意 25 人\r\n\u2028二〇二六年")
    sections = dict(poster_of(text).sections)
    assert [title for title in sections if "计票结果" in title] == ["三、计票结果"]
    assert "\u3000\u3000参与表决 17 人，2,048.33 ㎡" in sections["三、计票结果"]
    assert "\u3000\u3000三、计票结果" in sections["五、幸福里居委会的说明"]


def test_a_poster_taken_apart_and_joined_again_is_the_text():
    text = outcome(steps=[NextStep("公示施工图", "张工", TODAY)])
    poster = poster_of(text)
    lines = [poster.heading]
    for title, body in poster.sections:
        lines += [title, *body]
    assert "\n".join([*lines, *poster.signature]) + "\n" == text
    assert poster.signature == ("幸福里居委会", "2026 年 12 月 20 日")


def test_the_hash_is_sha_256_of_the_utf_8_text_and_one_changed_character_changes_it():
    text = outcome()
    assert text_hash(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert text_hash(text.replace("17 人", "18 人", 1)) != text_hash(text)


def test_a_notice_carries_a_short_question_whole_and_a_long_one_by_length():
    short = notice_text(SUBJECT, question="在北侧加装电梯。\n平层入户。", posted_on=TODAY)
    assert "\u3000\u3000在北侧加装电梯。\n\u3000\u3000平层入户。\n" in short
    assert "同意的面积和人数都要达到四分之三" in short
    assert "3号楼，共 25 人，3,011.25 ㎡" in short
    long = notice_text(SUBJECT, question="长" * 501, posted_on=TODAY)
    assert "内容全文 501 字" in long
    assert "长" * 10 not in long


def test_a_corrected_roll_is_said_beside_its_fingerprint():
    assert "名册指纹 a1a1a1a1a1a1a1a1（公告后更正 2 处）" in outcome(replace(SUBJECT, amendments=2))
    assert "更正" not in outcome()


def test_scope_words():
    assert [scope_words("", ""), scope_words("3", ""), scope_words("3", "1"), scope_words("甲座", "")] == [
        "全小区", "3号楼", "3号楼1单元", "甲座",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("", "张工", "2027-01-08"), "what-2"),
        (("公示施工图", " ", "2027-01-08"), "who-2"),
        (("公示施工图", "张工", ""), "by-2"),
        (("公示施工图", "张工", "2026-13-01"), "by-2"),
        (("公示施工图", "张工", "2026-12-19"), "by-2"),
        (("图" * 101, "张工", "2027-01-08"), "what-2"),
    ],
)
def test_a_half_filled_next_step_names_the_field_to_mend(row, field):
    with pytest.raises(Invalid) as refusal:
        read_steps([("", "", ""), row], today=TODAY)
    assert refusal.value.field == field


def test_empty_rows_are_left_out_and_today_is_not_past():
    assert read_steps([("", "", ""), ("开会", "王主任", "2026-12-20")], today=TODAY) == [
        NextStep("开会", "王主任", TODAY)
    ]


def test_a_statement_is_neither_missing_nor_endless():
    for text in ("", "  \n ", "太短了", "长" * (MAX_STATEMENT + 1)):
        with pytest.raises(Invalid) as refusal:
            clean_statement(text)
        assert refusal.value.field == "statement"
    assert clean_statement("长" * MAX_STATEMENT)
