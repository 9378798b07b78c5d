"""Typed text: what hides, reorders or covers is gone, what people write stays, and nothing takes long."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.text import clean_line, clean_name, clean_text

MOST = 200_000
CORPUS = {
    "one mark fifty thousand times": ("a" + "\u0301" * 50_000, "a"),
    # Putting these into order would take sixteen seconds.
    "marks in the worst order": ("a" + "\u0345" * 16_000 + "\u0301" * 17_000 + "\u0323" * 17_000, "a"),
    "marks in turn": ("a" + "\u0301\u0323" * 25_000, "a"),
    "marks that fall apart into marks": ("a" + "\u0f73" * 50_000, "a"),
    "marks of music": ("a" + "\U0001d165\U0001d16d" * 25_000, "a"),
    "marks of another script": ("\u0628" + "\u064b\u0650" * 25_000, "\u0628"),
    "towers with something unseen between": ("a" + "\u0301\u200b" * 25_000, "a"),
    "one letter of eighteen": ("\ufdfa" * 20_000, "\ufdfa" * 20_000),
    "letters that fall apart": ("\U0001d160" * 20_000, "\U0001d158\U0001d165\U0001d16e" * 20_000),
    "brackets": ("[" * 50_000 + "]" * 50_000, "[" * 50_000 + "]" * 50_000),
    "tags of markup": ("<div>" * 20_000, "<div>" * 20_000),
    "right to left": ("a" + "\u202e\u2066\u2069" * 16_000 + "b", "ab"),
    "zero width": ("a" + "\u200b\u200d\ufeff\u2060" * 12_000 + "b", "ab"),
    "tag characters": ("a" + "\U000e0041" * 50_000 + "b", "ab"),
    "fillers": ("a" + "\u3164\u115f\uffa0\u2800" * 12_000 + "b", "ab"),
    "controls": ("a" + "\x00\x08\x1b\x7f\x85" * 10_000 + "b", "ab"),
    "private and halves": ("a" + "\ue000\ud800" * 20_000 + "b", "ab"),
    "line ends": ("a\r\nb\rc" + "\n" * 50_000, "a\nb\nc"),
}


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_is_cleaned_in_no_time(name: str) -> None:
    text, clean = CORPUS[name]
    started = time.process_time()
    assert clean_text(text, most=MOST, field="x") == clean
    assert clean_line(text, most=MOST, field="x") == " ".join(clean.split())
    assert time.process_time() - started < 0.4  # both, so 200 ms each


@pytest.mark.parametrize(
    "text",
    [
        "你好，3号楼 1 单元！",
        "café Zoë",
        "Tiếng Việt",
        "①②③ ㎡ ＡＢＣ",
        "1️⃣ ❤️",
        "กำลัง",
        "한국어",
        "第一行\n\n第二行\t列",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert clean_text(text, most=100, field="x") == unicodedata.normalize("NFC", text)


def test_the_length_is_looked_at_before_anything_else_and_again_at_the_end() -> None:
    started = time.process_time()
    for text in ("a" * 10_000_000, "\u0301" * 10_000_000):
        with pytest.raises(Invalid) as refused:
            clean_text(text, most=100, field="note")
        assert (refused.value.field, refused.value.values["most"]) == ("note", 100)
    assert time.process_time() - started < 0.1
    assert clean_text("a" * 100, most=100, field="x") == "a" * 100
    for text in ("a" * 101, "\U0001d160" * 100):
        with pytest.raises(Invalid):
            clean_text(text, most=100, field="x")


@given(st.text(max_size=80))
def test_cleaning_twice_is_cleaning_once_and_leaves_nothing_unseen(text: str) -> None:
    clean = clean_text(text, most=400, field="x")
    assert clean_text(clean, most=400, field="x") == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not [c for c in clean if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"}]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("王芳", "王芳"),
        ("  王  芳 ", "王 芳"),
        ("ＷＡＮＧ Fang", "WANG Fang"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("阿Q", "阿Q"),
        ("Пётр Иванов", "Пётр Иванов"),
        ("\u2f24伟", "大伟"),
        ("陈\u200b洁", "陈洁"),
    ],
)
def test_a_name_has_one_spelling(typed: str, name: str) -> None:
    assert clean_name(typed, most=20, field="name") == name


@pytest.mark.parametrize("typed", ["Chеn Jie", "Αlice", "王Рeter", "pаypal"])
def test_a_name_of_letters_that_only_look_alike_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(typed, most=20, field="name")
    assert (refused.value.code, refused.value.field) == ("mixed_scripts", "name")


def test_a_name_that_grows_is_measured_when_it_has_grown() -> None:
    with pytest.raises(Invalid):
        clean_name("\ufdfa" * 20, most=20, field="name")
