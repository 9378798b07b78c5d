"""The bytes an outsider recomputes: canonical text, tree, chain, commitment, receipt."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.votes.evidence import (
    FIRST_HEAD,
    canonical,
    chain_head,
    commitment,
    leaf_hash,
    merkle_root,
    node_hash,
    parse_receipt,
    receipt_code,
    unit_pseudonym,
)

CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
hashes = st.binary(min_size=32, max_size=32)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def test_the_certificate_transparency_tree_gives_its_published_root() -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
    assert merkle_root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(st.lists(hashes, max_size=70))
def test_the_root_is_the_one_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == naive_root(leaves)


def test_leaf_node_and_chain_are_told_apart_by_their_first_byte() -> None:
    one, two = bytes(32), bytes([1] * 32)
    assert leaf_hash(one + two) == sha256(b"\x00" + one + two).digest()
    assert node_hash(one, two) == sha256(b"\x01" + one + two).digest()
    assert chain_head(FIRST_HEAD, two) == sha256(b"\x02" + one + two).digest()


def test_canonical_text_is_sorted_dense_nfc_utf8() -> None:
    value = {"b": [1, None, True, "e\u0301"], "a": {"z": -1, "y": "单元\n"}, "文": ()}
    expected = '{"a":{"y":"单元\\n","z":-1},"b":[1,null,true,"é"],"文":[]}'
    assert canonical(value) == expected.encode()


def test_keys_are_sorted_as_javascript_sorts_them() -> None:
    assert canonical({"\uff21": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uff21":1}'.encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text('ab"\\\n\x7fé中'),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    )
)
def test_with_plain_keys_it_equals_the_standard_library(value: object) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(value) == text.encode()


@pytest.mark.parametrize("value", [1.0, {"area": 80.5}, [float("nan")], {1: "x"}, b"x", {"a": {1}}])
def test_floats_and_other_strangers_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"é": 1, "e\u0301": 2}])
def test_what_reads_differently_elsewhere_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical(value)


def test_a_commitment_is_bound_to_its_nonce_and_its_ballot() -> None:
    nonce, ballot = bytes(range(32)), {"unit": 7, "choice": "for"}
    expected = sha256(b"yz/ballot/v1\x00" + nonce + b'{"choice":"for","unit":7}').digest()
    assert commitment(nonce, ballot) == expected
    assert commitment(nonce, {**ballot, "choice": "against"}) != expected
    assert commitment(bytes(32), ballot) != expected
    with pytest.raises(ValueError, match="32"):
        commitment(b"short", ballot)


def test_a_pseudonym_is_stable_within_a_vote_and_says_nothing_across_votes() -> None:
    assert unit_pseudonym(b"k" * 32, "101") == unit_pseudonym(b"k" * 32, "101")
    assert unit_pseudonym(b"k" * 32, "101") != unit_pseudonym(b"x" * 32, "101")
    assert len(unit_pseudonym(b"k" * 32, "101")) == 16


def test_the_receipt_of_known_bytes_is_known() -> None:
    assert receipt_code(bytes(32)) == "0000-0000-0000-0000-0"
    assert receipt_code(bytes([0] * 9 + [36]) + bytes(22)) == "0000-0000-0000-0014-U"


@given(hashes)
def test_a_receipt_survives_careless_typing(leaf: bytes) -> None:
    code = receipt_code(leaf)
    careless = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in code)
    assert parse_receipt(code) == parse_receipt(careless) == parse_receipt(full_width) == code
    assert parse_receipt(code.replace("-", "").replace("1", "I")) == code


@given(hashes, st.integers(0, 15), st.sampled_from("23456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_symbol_is_always_noticed(leaf: bytes, place: int, symbol: str) -> None:
    code = receipt_code(leaf).replace("-", "")
    typed = code[:place] + symbol + code[place + 1 :]
    if typed != code:
        with pytest.raises(Invalid) as refusal:
            parse_receipt(typed)
        assert refusal.value.code == "bad_receipt"


@pytest.mark.parametrize(
    "typed", ["", "0000", "0000-0000-0000-0000", "U000-0000-0000-0000-0", "0" * 9999, "单元"]
)
def test_what_is_no_receipt_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        parse_receipt(typed)
