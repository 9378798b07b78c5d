"""Proofs over the tree: the published example, every size up to 130, and a second, naive way of computing them."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.votes.evidence import leaf_hash, merkle_root
from app.rules.votes.merkle import consistency_proof, inclusion_proof, is_consistent, is_included, roots_at

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
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
# From the reference tests of Certificate Transparency: leaf 1 of 1, 1 of 8 and 3 of 3.
CT_PATHS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}


def leaves_of(count: int) -> list[bytes]:
    return [sha256(b"%d" % number).digest() for number in range(count)]


def naive_root(leaves: list[bytes]) -> bytes:
    """By padding nothing and pairing level by level: an odd node goes up as it is, which is the same tree."""
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def naive_path(leaves: list[bytes], index: int) -> list[bytes]:
    """The sibling on every level, where there is one."""
    level, path = list(leaves), []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
        index //= 2
    return path


def test_the_certificate_transparency_tree_gives_its_published_root_and_paths() -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
    assert roots_at(leaves, [8])[8].hex() == CT_ROOT
    for (number, size), path in CT_PATHS.items():
        assert [step.hex() for step in inclusion_proof(leaves[:size], number - 1)] == path


@pytest.mark.parametrize("size", range(1, 131))
def test_every_leaf_is_proved_and_in_no_other_place(size: int) -> None:
    leaves = leaves_of(size)
    root = merkle_root(leaves)
    assert root == naive_root(leaves)
    for index, leaf in enumerate(leaves):
        path = inclusion_proof(leaves, index)
        assert path == naive_path(leaves, index)
        assert is_included(leaf, index, size, path, root)
        assert not is_included(leaf, index ^ 1, size, path, root)
        assert not is_included(leaf_hash(leaf), index, size, path, root)


@pytest.mark.parametrize("size", range(1, 131))
def test_every_earlier_tree_is_shown_to_be_the_beginning(size: int) -> None:
    leaves = leaves_of(size)
    root, roots = merkle_root(leaves), roots_at(leaves, range(1, size + 1))
    for old in range(1, size + 1):
        assert roots[old] == naive_root(leaves[:old])
        path = consistency_proof(leaves, old)
        assert is_consistent(old, size, roots[old], root, path)
        assert not is_consistent(old, size, sha256(roots[old]).digest(), root, path)
        assert not is_consistent(old, size, roots[old], sha256(root).digest(), path)


@given(st.integers(2, 130), st.data())
def test_no_altered_proof_holds(size: int, data) -> None:
    leaves = leaves_of(size)
    root, index = merkle_root(leaves), data.draw(st.integers(0, size - 1))
    path = inclusion_proof(leaves, index)
    place = data.draw(st.integers(0, len(path) - 1))
    other = [*path[:place], sha256(path[place]).digest(), *path[place + 1 :]]
    assert not is_included(leaves[index], index, size, other, root)
    assert not is_included(leaves[index], index, size, path[:-1], root)
    assert not is_included(leaves[index], index, size, [*path, root], root)


@given(st.integers(2, 130), st.data())
def test_a_history_that_was_rewritten_is_consistent_with_nothing_before(size: int, data) -> None:
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size - 1))
    changed = list(leaves)
    place = data.draw(st.integers(0, old - 1))
    changed[place] = sha256(b"another" + leaves[place]).digest()
    path = consistency_proof(changed, old)
    assert not is_consistent(old, size, merkle_root(leaves[:old]), merkle_root(changed), path)
    if path:
        short = path[:-1]
        assert not is_consistent(old, size, merkle_root(changed[:old]), merkle_root(changed), short)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(ValueError):
        inclusion_proof(leaves_of(3), 3)
    with pytest.raises(ValueError):
        consistency_proof(leaves_of(3), 4)
    assert not is_included(bytes(32), 0, 0, [], bytes(32))
    assert not is_consistent(0, 3, bytes(32), bytes(32), [])
    assert roots_at(leaves_of(3), [0, 4]) == {}
