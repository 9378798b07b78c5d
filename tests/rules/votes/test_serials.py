"""Serials of sheets: typed as people type, wrong ones found out, and a mark that only we can make."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.votes.serials import SPACE, is_marked, mark_of, parse_serial, read_code, serial_of

KEY, VOTE = b"k" * 32, UUID(int=7)
NUMBERS = st.integers(0, SPACE - 1).filter(lambda number: serial_of(number) is not None)


def refused(text: str) -> str:
    with pytest.raises(Invalid) as error:
        read_code(text)
    return error.value.code


@given(NUMBERS)
def test_a_serial_is_read_back_however_it_is_typed(number) -> None:
    serial = serial_of(number)
    assert len(serial) == 9
    typed = [serial, serial.lower(), serial.replace("-", " "), serial.replace("0", "o").replace("1", "L")]
    assert [parse_serial(text) for text in typed] == [serial] * 4


@given(NUMBERS, st.integers(0, 7), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_symbol_is_always_found_out(number, place, symbol) -> None:
    plain = serial_of(number).replace("-", "")
    wrong = plain[:place] + symbol + plain[place + 1 :]
    if wrong != plain:
        assert refused(wrong) == "bad_serial"


def test_numbers_whose_check_symbol_is_no_letter_have_no_serial() -> None:
    assert [serial_of(number) is None for number in (31, 32, 36, 37)] == [False, True, True, False]


@pytest.mark.parametrize(
    "text", ["", "一二三四", "0000-000", "../../etc", "https://example.org/", "0" * 5000]
)
def test_what_is_no_serial_is_refused(text) -> None:
    assert refused(text) == "bad_serial"


def test_a_scanned_address_says_vote_serial_and_mark() -> None:
    serial = serial_of(12345)
    mark = mark_of(KEY, VOTE, serial)
    found = read_code(f"https://example.org/desk/xingfuli/votes/{VOTE}/paper/{serial}?m={mark}")
    assert (found.serial, found.vote_id, found.mark) == (serial, VOTE, mark)
    bare = read_code(f"https://example.org/desk/xingfuli/votes/{VOTE}/paper/{serial}")
    assert not is_marked(KEY, VOTE, serial, bare.mark)


@given(NUMBERS)
def test_a_mark_holds_for_its_vote_its_serial_and_its_key_only(number) -> None:
    serial = serial_of(number)
    mark = mark_of(KEY, VOTE, serial)
    assert len(mark) == 10
    assert is_marked(KEY, VOTE, serial, mark)
    assert not is_marked(KEY, uuid4(), serial, mark)
    assert not is_marked(b"another key", VOTE, serial, mark)
    assert not is_marked(KEY, VOTE, serial, mark[:-1])
    assert not is_marked(KEY, VOTE, serial, "")
