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
                assert set(HOLE.findall(english)) <= holes, message.id


def test_a_sentence_is_shown_in_english_and_falls_back_to_chinese() -> None:
    assert translate("请先登录", {}, "en") != "请先登录"
    assert translate("没有这句话", {}, "en") == "没有这句话"
