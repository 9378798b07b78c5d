"""The English catalogue: complete, with the same holes as the Chinese, and read at start."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from app.templating import translate

REPO = Path(__file__).parents[1]
HOLE = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def messages():
    spec = importlib.util.spec_from_file_location("messages", REPO / "scripts" / "messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _words(part) -> list[str]:
    return [part] if isinstance(part, str) else list(part)


def test_every_sentence_of_the_interface_has_english(messages) -> None:
    known = messages.present()
    absent = []
    for message in messages.extracted():
        if message.id:
            found = known.get(_words(message.id)[0], context=message.context)
            if found is None or not all(_words(found.string)):
                absent.append(_words(message.id)[0])
    assert absent == []


def test_english_fills_the_same_holes(messages) -> None:
    for message in messages.present():
        if message.id:
            holes = set(HOLE.findall(_words(message.id)[0]))
            for english in _words(message.string):
                assert set(HOLE.findall(english)) == holes, message.id
                if holes:
                    assert english % dict.fromkeys(holes, 1)


def test_no_english_is_left_of_sentences_that_are_gone(messages) -> None:
    fresh = {(message.context, _words(message.id)[0]) for message in messages.extracted() if message.id}
    known = {(message.context, _words(message.id)[0]) for message in messages.present() if message.id}
    assert known - fresh == set()


def test_renewing_a_catalogue_that_is_complete_changes_nothing(messages, tmp_path, monkeypatch) -> None:
    before = messages.ENGLISH.read_bytes()
    copy = tmp_path / "messages.po"
    copy.write_bytes(before)
    monkeypatch.setattr(messages, "ENGLISH", copy)
    messages.main()
    assert copy.read_bytes() == before


def test_a_sentence_is_shown_in_english_and_falls_back_to_chinese() -> None:
    assert translate("请先登录", {}, "en") != "请先登录"
    assert translate("没有这句话", {}, "en") == "没有这句话"
