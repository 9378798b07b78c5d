"""Proofs over the tree of a vote's events (RFC 6962): that one is in it, and that a later tree only added to an earlier one.

Everything here takes leaf hashes, as `evidence.merkle_root` does, and counts leaves from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.rules.votes.evidence import merkle_root, node_hash


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from a leaf to the root, the lowest first (RFC 6962 section 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), merkle_root(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), merkle_root(leaves[:k])]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf at `index` to the root of a tree of `size` leaves (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, here, last = leaf, index, size - 1
    for beside in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(beside, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """What shows that the tree over `leaves` begins with the tree over the first `old` of them (RFC 6962 section 2.1.2)."""
    if not 0 < old <= len(leaves):
        raise ValueError("no such earlier tree")
    return _subproof(leaves, old, whole=True)


def _subproof(leaves: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [merkle_root(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*_subproof(leaves[:k], old, whole=whole), merkle_root(leaves[k:])]
    return [*_subproof(leaves[k:], old - k, whole=False), merkle_root(leaves[:k])]


def is_consistent(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads to both roots, so that nothing of the earlier tree was changed (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    # An earlier tree that is a whole subtree is its own first node.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    here, last = old - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node_hash(beside, before), node_hash(beside, after)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            after = node_hash(after, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and (before, after) == (old_root, root)


def roots_at(leaves: Sequence[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """The roots of the trees over the first so many leaves, for every size that there are leaves for; one walk for all."""
    wanted = {size for size in sizes if 0 < size <= len(leaves)}
    roots: dict[int, bytes] = {}
    peaks: list[tuple[int, bytes]] = []
    for count, leaf in enumerate(leaves, start=1):
        size, top = 1, leaf
        while peaks and peaks[-1][0] == size:
            top = node_hash(peaks.pop()[1], top)
            size *= 2
        peaks.append((size, top))
        if count in wanted:
            root = peaks[-1][1]
            for _, peak in reversed(peaks[:-1]):
                root = node_hash(peak, root)
            roots[count] = root
    return roots


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
