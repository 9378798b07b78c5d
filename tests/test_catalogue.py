"""The English catalogue: complete, with the same holes as the Chinese, and read at start."""

from __future__ import annotations

import importlib.util
import re
from copy import deepcopy
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


@pytest.fixture(scope="module")
def extracted(messages):
    """Reading all of the code and the templates takes seconds; once is enough."""
    return messages.extracted()


@pytest.fixture(scope="module")
def known(messages):
    return messages.present()


def _words(part) -> list[str]:
    return [part] if isinstance(part, str) else list(part)


def test_every_sentence_of_the_interface_has_english(extracted, known) -> None:
    absent = []
    for message in extracted:
        if message.id:
            found = known.get(_words(message.id)[0], context=message.context)
            if found is None or not all(_words(found.string)):
                absent.append(_words(message.id)[0])
    assert absent == []


def test_english_fills_the_same_holes(known) -> None:
    for message in known:
        if message.id:
            holes = set(HOLE.findall(_words(message.id)[0]))
            for english in _words(message.string):
                assert set(HOLE.findall(english)) == holes, message.id
                if holes:
                    assert english % dict.fromkeys(holes, 1)


def test_no_english_is_left_of_sentences_that_are_gone(extracted, known) -> None:
    fresh, english = (
        {(message.context, _words(message.id)[0]) for message in catalogue if message.id}
        for catalogue in (extracted, known)
    )
    assert english - fresh == set()


def test_renewing_a_catalogue_that_is_complete_changes_nothing(
    messages, extracted, known, tmp_path, monkeypatch
) -> None:
    before = messages.ENGLISH.read_bytes()
    copy = tmp_path / "messages.po"
    copy.write_bytes(before)
    monkeypatch.setattr(messages, "ENGLISH", copy)
    monkeypatch.setattr(messages, "extracted", lambda: deepcopy(extracted))
    monkeypatch.setattr(messages, "present", lambda: known)
    messages.main()
    assert copy.read_bytes() == before


def test_a_sentence_is_shown_in_english_and_falls_back_to_chinese() -> None:
    assert translate("请先登录", {}, "en") != "请先登录"
    assert translate("没有这句话", {}, "en") == "没有这句话"
