"""Printed sheets: two pages a home, every rule behind, large type only, and a QR that says what we think it says."""

from __future__ import annotations

import base64
import re
import zlib
from datetime import date

import pytest
import segno
from sqlmodel import select

from app.models.votes import Vote
from app.rules.votes.questions import Question, QuestionKind
from app.rules.votes.silence import Silence
from app.services.votes import paper, paper_codes
from app.services.votes.paper_pdf import Sheet, draw_sheets
from app.services.votes.paper_text import SheetWords, words_of

URL = "https://example.org/desk/xingfuli/votes/00000000-0000-0000-0000-000000000007/paper/{}?m=ABCDEFGHJK"
SERIAL = re.compile(rb"[0-9A-Z]{4}-[0-9A-Z]{4}")
NAMES = ("张三", "李四", "王五", "欧阳小明", "赵六")


def pages(content: bytes) -> list[str]:
    """The drawing of each page, in order."""
    found = re.findall(
        rb"/Filter \[ /ASCII85Decode /FlateDecode \].*?stream\r?\n(.*?)endstream", content, re.S
    )
    drawn = [zlib.decompress(base64.a85decode(b"<~" + part.strip(), adobe=True)) for part in found]
    return [part.decode("latin-1") for part in drawn if b"BT" in part or b" re" in part or not part.strip()]


def text_of(page: str) -> str:
    """What is written: the Chinese font has two bytes a sign, the one for serials one."""
    said = []
    for raw in re.findall(r"\((.*?(?<!\\)(?:\\\\)*)\) Tj", page, re.S):
        plain = re.sub(
            r"\\([0-7]{3}|.)", lambda m: chr(int(m[1], 8)) if len(m[1]) == 3 else {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(m[1], m[1]), raw, flags=re.S
        ).encode("latin-1")  # fmt: skip
        said.append(plain.decode() if SERIAL.fullmatch(plain) else plain.decode("utf-16-be"))
    return "".join(said)


def sizes_of(page: str) -> set[float]:
    return {float(size) for size in re.findall(r"/F\S+ ([\d.]+) Tf [\d.]+ TL(?! ET)", page)}


def drawn_code(page: str) -> list[list[int]]:
    """The QR read back from the squares that are filled, as a matrix without its quiet zone."""
    squares = [
        (float(x), float(y), float(side))
        for x, y, side, high in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", page)
        if side == high and float(side) < 8
    ]
    side = squares[0][2]
    left, top = min(x for x, _, _ in squares), max(y for _, y, _ in squares)
    places = {(round((top - y) / side), round((x - left) / side)) for x, y, _ in squares}
    size = max(place for place, _ in places) + 1
    return [[int((row, column) in places) for column in range(size)] for row in range(size)]


def code_of(url: str) -> list[list[int]]:
    return [list(row) for row in segno.make(url, error="m", micro=False).matrix]


def words(*paper: Question, warning: str = "") -> SheetWords:
    return SheetWords(
        estate="幸福里小区",
        title="3号楼1单元加装电梯",
        paper=paper or (Question(title="3号楼1单元加装电梯", matter=7),),
        instructions=("在您选的方框里打√。",),
        until="2026 年 12 月 16 日 09:00",
        rules=("效力：纸票。", "废票：没有选的。"),
        warning=warning,
        fingerprint="ab12",
    )


def sheets(count: int = 1) -> list[Sheet]:
    return [
        Sheet(f"7K2M-9QX{place}", f"3号楼1单元{place}01室", 8000, URL.format(place)) for place in range(count)
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_a_home_has_two_pages_and_its_own_code(count) -> None:
    drawn = pages(draw_sheets(sheets(count), words()))
    assert len(drawn) == 2 * count
    for sheet, front, back in zip(sheets(count), drawn[::2], drawn[1::2], strict=True):
        assert sheet.serial in text_of(front)
        assert sheet.label in text_of(front)
        assert sheet.serial in text_of(back)
        assert drawn_code(front) == code_of(sheet.url)


def test_nothing_is_smaller_than_eighteen_points() -> None:
    for page in pages(draw_sheets(sheets(), words(warning="特别提醒：沉默随多数。"))):
        assert min(sizes_of(page)) >= 18


def test_the_front_asks_and_the_back_has_every_rule_and_the_warning_is_on_both() -> None:
    front, back = map(text_of, pages(draw_sheets(sheets(), words(warning="特别提醒：不投票的随多数。"))))
    for said in ("同意", "反对", "弃权", "业主签名", "电话", "存根", "特别提醒"):
        assert said in front
    for said in ("效力：纸票。", "废票：没有选的。", "特别提醒：不投票的随多数。"):
        assert said in back


def test_more_questions_take_more_leaves_and_the_next_home_begins_on_a_new_one() -> None:
    choose = Question(title="选举业委会委员", kind=QuestionKind.ELECTION, labels=NAMES * 6, most=5, seats=5)
    many = [Question(title=f"第{number}件事", matter=9) for number in range(6)]
    drawn = pages(draw_sheets(sheets(2), words(*many, choose)))
    assert len(drawn) % 4 == 0
    half = len(drawn) // 2
    assert "7K2M-9QX1" in text_of(drawn[half])
    assert "7K2M-9QX1" not in "".join(map(text_of, drawn[:half]))
    fronts = "".join(map(text_of, drawn[:half]))
    assert fronts.count("欧阳小明") == 6
    assert "最多选 5 项" in fronts


def test_the_same_sheets_are_the_same_bytes_and_a_sheet_more_adds_little() -> None:
    few, many = sheets(9) * 2, sheets(9) * 8
    drawn = draw_sheets(few, words())
    assert drawn == draw_sheets(few, words())
    grown = len(draw_sheets(many, words())) - len(drawn)
    assert grown < 15_000 * (len(many) - len(few))


def test_the_words_are_the_votes_own_rules(session, cupboard, ruled) -> None:
    vote = session.get_one(Vote, cupboard.vote.id)
    said = " ".join(words_of(session, vote).rules)
    for part in (
        "面积和人数都要达到三分之二",
        "面积和人数都要达到四分之三",
        "不算参加",
        "交了纸票就以纸票为准",
        "书面委托",
        "之后交来的不算",
        "电子表决",
    ):
        assert part in said, part
    assert words_of(session, vote).warning == ""


def test_other_rules_are_said_otherwise(session, ruled) -> None:
    cupboard = ruled(clash="first", paper_days=2, spoiled="participating", proxy_limit=3)
    said = " ".join(words_of(session, session.get_one(Vote, cupboard.vote.id)).rules)
    for part in ("先交的算", "24:00 录入完", "算参加，不算同意", "最多受 3 名业主委托"):
        assert part in said, part


def test_the_silent_are_warned_on_the_sheet(session, cupboard) -> None:
    vote = Vote(**session.get_one(Vote, cupboard.vote.id).model_dump())
    vote.silent = Silence("已送达没有投票的，计入参加，随多数意见。", date(2024, 5, 1), "律师").to_json()
    said = words_of(session, vote)
    assert said.warning == "特别提醒：按 2024-05-01 通过的议事规则，已送达没有投票的，计入参加，随多数意见。"
    assert "不投票不算参加" not in " ".join(said.rules)


def test_the_sheets_of_a_vote_in_print_have_its_serials_and_codes(session, world, vote, cupboard) -> None:
    paper.issue_sheets(session, **cupboard.where, actor=cupboard.actor("chen_jie"), now=cupboard.now)
    slips = paper.slips(session, vote_id=vote.id)
    root = "https://a.example"
    urls = [paper_codes.qr_address(root, world.slug, vote.id, slip.serial, vote.secret) for slip in slips]
    printed = [Sheet(slip.serial, slip.label, slip.area, url) for slip, url in zip(slips, urls, strict=True)]
    stored = session.exec(select(Vote).where(Vote.id == vote.id)).one()
    drawn = pages(draw_sheets(printed, words_of(session, stored)))
    assert len(drawn) == 24
    for slip, url, front in zip(slips, urls, drawn[::2], strict=True):
        assert slip.label in text_of(front)
        assert drawn_code(front) == code_of(url)
        assert paper_codes.find_serial(session, **cupboard.where, code=url, secret=vote.secret) == slip.serial
