"""Posters and the certificate as PDF: the posted words, their hash, and a code that leads to the page."""

from __future__ import annotations

import base64
import re
import zlib
from datetime import timedelta
from uuid import uuid4

import pytest
import segno

from app.errors import Conflict, NotFound
from app.models.votes.evidence import Checkpoint
from app.models.votes.postings import PosterKind
from app.rules.votes.states import Choice
from app.services import outcomes
from app.services.outcomes import Additions, posters
from app.services.outcomes.posters import Sheet
from app.services.outcomes.printing import draw_sheet
from app.services.printing import broken
from app.services.trail import Actor
from app.services.votes import closing, recounts

ROOT = "https://example.org/e/xingfuli"
PRINT = "0123-4567-89ab-cdef-0123-4567-89ab-cdef"


def pages_of(pdf: bytes) -> list[str]:
    """The drawing of each page, unpacked."""
    found = []
    for data in re.findall(rb"stream\s*(.*?)\s*endstream", pdf, re.DOTALL):
        found.append(
            zlib.decompress(
                base64.a85decode(data.strip(), adobe=False)
                if not data.endswith(b"~>")
                else base64.a85decode(b"<~" + data.strip(), adobe=True)
            ).decode("latin-1")
        )
    return found


def words_of(pdf: bytes) -> str:
    """What stands on the pages, text object after text object: two bytes a sign in the Chinese font, one in the other."""
    written = []
    for drawing in pages_of(pdf):
        for raw in re.findall(r"\((.*?)(?<!\\)\) Tj", drawing, re.DOTALL):
            plain = re.sub(
                r"\\([0-7]{3}|.)",
                lambda found: chr(int(found[1], 8)) if len(found[1]) == 3 else found[1],
                raw,
            ).encode("latin-1")
            written.append(
                plain.decode("ascii")
                if plain[:1] > b"\x1f" and b"\x00" not in plain and plain.isascii() and len(plain) > 20
                else plain.decode("utf-16-be", "replace")
            )
    return "".join(written)


def code_of(pdf: bytes) -> list[list[bool]]:
    """The modules of the first page's code, read back from the squares that were drawn."""
    squares = [
        tuple(float(number) for number in numbers)
        for numbers in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", pages_of(pdf)[0])
    ]
    side = squares[0][2]
    left, top = min(x for x, *_ in squares), max(y for _, y, *_ in squares)
    dark = {(round((top - y) / side), round((x - left) / side)) for x, y, *_ in squares}
    size = max(max(cell) for cell in dark) + 1
    return [[(row, column) in dark for column in range(size)] for row in range(size)]


def drawn(sheet: Sheet, size: str = "a4") -> bytes:
    return draw_sheet(sheet, size=size, root=ROOT, host="example.org", estate="幸福里小区", fingerprint=PRINT)


@pytest.fixture
def actor(world) -> Actor:
    return Actor(world.chen_jie.account_id, "chen_jie")


@pytest.fixture
def where(world, vote):
    return {"estate_id": world.estate_id, "vote_id": vote.id}


@pytest.fixture
def final(session, world, vote, where, actor):
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    vote.cast(session, world.homes["302"].unit_id, world.wang_wei.account_id, Choice.AGAINST, vote.opens_at)
    vote.advance(session, vote.closes_at + timedelta(minutes=1))
    late = vote.closes_at + timedelta(days=60)
    assert vote.advance(session, late)
    return late


def test_the_notice_is_printed_word_for_word_with_its_hash_and_a_code_to_the_board(
    session, where, actor, now
) -> None:
    with pytest.raises(NotFound):
        posters.sheet_of(session, **where, kind=PosterKind.NOTICE)
    posted = outcomes.post_notice(session, **where, actor=actor, now=now)
    text = outcomes.get_posting(session, estate_id=where["estate_id"], publication_id=posted)
    sheet = posters.sheet_of(session, **where, kind=PosterKind.NOTICE)
    pdf = drawn(sheet)
    words = re.sub(r"\s", "", words_of(pdf))
    assert re.sub(r"\s", "", text.text)[:60] in words
    assert text.text_hash == sheet.text_hash
    assert text.text_hash in words
    assert "example.org" in words
    # Whoever checks a package takes the key's fingerprint from the wall.
    assert words.endswith(f"证据签名密钥的指纹，核对证据包时，包里的应与它相同：{PRINT}第1页，共1页")
    url = f"{ROOT}/outcomes/{posted}"
    expected = [[bool(cell) for cell in row] for row in segno.make(url, error="m", micro=False).matrix]
    assert code_of(pdf) == expected


def test_an_a3_is_the_same_sheet_on_larger_paper(session, where, actor, now) -> None:
    outcomes.post_notice(session, **where, actor=actor, now=now)
    sheet = posters.sheet_of(session, **where, kind=PosterKind.NOTICE)
    boxes = [
        re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", drawn(sheet, size)).groups()
        for size in ("a4", "a3")
    ]
    assert [[round(float(side)) for side in box] for box in boxes] == [[595, 842], [842, 1191]]
    assert words_of(drawn(sheet)) == words_of(drawn(sheet, "a3"))


def test_the_roll_hangs_with_rooms_areas_and_masked_names(session, where) -> None:
    words = words_of(drawn(posters.sheet_of(session, **where, kind=PosterKind.ROLL)))
    assert words.count("80.00 ㎡") == 12
    assert "3号楼1单元301" in words
    assert "l**" in words
    assert "li_na" not in words


def test_an_annulled_vote_says_so_over_its_sheets(session, vote, where, actor, now) -> None:
    outcomes.post_notice(session, **where, actor=actor, now=now)
    closing.annul_vote(session, **where, actor=actor, reason="图纸有误，需要重新公告", now=vote.opens_at)
    for kind in (PosterKind.NOTICE, PosterKind.ROLL):
        assert "作废：图纸有误" in words_of(drawn(posters.sheet_of(session, **where, kind=kind)))


def test_a_result_can_be_hung_once_it_is_posted(session, vote, where, actor, final) -> None:
    with pytest.raises(NotFound):
        posters.sheet_of(session, **where, kind=PosterKind.RESULT)
    words = Additions("感谢各位业主参加表决。", [], 10)
    told = {**where, "kind": outcomes.PublicationKind.FINAL, "additions": words, "now": final}
    seen = outcomes.draft_outcome(session, **told).text_hash
    outcomes.publish_outcome(session, **told, publication_id=uuid4(), seen_hash=seen, actor=actor)
    sheet = posters.sheet_of(session, **where, kind=PosterKind.RESULT)
    assert sheet.text_hash == seen
    assert seen in re.sub(r"\s", "", words_of(drawn(sheet)))
    assert "幸福里居委会于 2027 年" in words_of(drawn(posters.certificate_of(session, **where)))


def test_the_certificate_says_what_was_asked_both_tests_and_the_evidence(session, vote, where, final) -> None:
    session.add(Checkpoint(vote_id=vote.id, size=5, root="ab" * 32, note="-", made_at=final))
    session.flush()
    sheet = posters.certificate_of(session, **where)
    lines = "\n".join(line for _, section in sheet.poster.sections for line in section)
    for said in (
        "第 1 号表决：3号楼1单元加装电梯",
        "3号楼1单元，共 12 人，960.00 ㎡",
        "参与：人数 2/12，面积 16000/96000，都要达到三分之二",
        "同意：人数 1/2，面积 8000/16000，都要达到四分之三",
        "结论：参与没有达到规定比例，没有形成决定",
        "没有人提出异议",
        "存证点（前 5 条）：" + "ab" * 32,
    ):
        assert said in lines, said
    assert re.sub(r"\s", "", lines)[:40] in re.sub(r"\s", "", words_of(drawn(sheet)))


def test_there_is_no_certificate_before_the_end_after_annulling_or_of_a_count_that_differs(
    session, world, vote, where, actor
) -> None:
    with pytest.raises(NotFound):
        posters.certificate_of(session, **where)
    for _ in range(2):
        vote.advance(session, vote.closes_at + timedelta(minutes=1))
    with pytest.raises(NotFound):
        posters.certificate_of(session, **where)
    late = vote.closes_at + timedelta(days=60)
    vote.advance(session, late)
    made = {"recount_id": uuid4(), "actor": actor, "reason": "另有业主要求核对结果", "now": late}
    recounts.order_recount(session, **where, **made, secret=vote.secret)
    posters.certificate_of(session, **where)
    session.add(
        recounts.Recount(
            vote_id=vote.id,
            tally={},
            same=False,
            head_seq=1,
            head_hash="",
            reason="-",
            made_by=actor.id,
            made_at=late,
        )
    )
    session.flush()
    with pytest.raises(Conflict):
        posters.certificate_of(session, **where)


@pytest.mark.parametrize("size", [10.5, 22.0])
def test_no_line_is_wider_than_its_room_or_begins_with_a_stop(size) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    text = "在三号楼一单元北侧加装一部电梯，平层入户（960.00 ㎡），详见附件。" * 8 + "a" * 200
    lines = broken(text, 300, size)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。）" for line in lines)
    assert all(pdfmetrics.stringWidth(line, "STSong-Light", size) <= 300 + 2 * size for line in lines)
