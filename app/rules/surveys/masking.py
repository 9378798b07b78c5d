"""Which groups of respondents may be shown by themselves, so that no set of shown figures tells of a few people.

A group below the threshold is never shown alone: it goes into a pool with others, and the pool is itself at least as
large, since the total less the groups shown gives it away (PIPL arts. 6 and 25). Several ways to group the same
people are held against each other too: one way is left out where it would let a small group of another be computed,
or the few people in whom two ways cross.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# Below this many "1 against" points at a neighbour: the number that counts of votes use for a small scope.
SMALLEST = 10

# Large enough that no sum of ones met here comes to nought by accident.
_PRIME = (1 << 61) - 1

Members = frozenset[int]


@dataclass(frozen=True, slots=True)
class Column:
    """Respondents shown together: one group, or the pool of several; `keys` are theirs in the order given."""

    keys: tuple[str, ...]
    members: Members


def pool(groups: Mapping[str, Members], *, least: int = SMALLEST) -> tuple[Column, ...]:
    """The columns to show: groups large enough, then the pool of the rest; nothing when all would be in the pool.

    A pool too small is filled up with the smallest group that could have been shown.
    """
    there = {key: members for key, members in groups.items() if members}
    alone = {key for key, members in there.items() if len(members) >= least}
    pooled = set(there) - alone
    while pooled and sum(len(there[key]) for key in pooled) < least:
        if not alone:
            return ()
        smallest = min(alone, key=lambda key: (len(there[key]), key))
        alone.discard(smallest)
        pooled.add(smallest)
    if not alone:
        return ()
    columns = [Column((key,), members) for key, members in there.items() if key in alone]
    if pooled:
        keys = tuple(key for key in there if key in pooled)
        columns.append(Column(keys, frozenset().union(*(there[key] for key in keys))))
    return tuple(columns) if len(columns) > 1 else ()


def columns_of(
    ways: Mapping[str, Mapping[str, Members]], everybody: Members, *, least: int = SMALLEST
) -> dict[str, tuple[Column, ...]]:
    """For each way to group the same people its columns, the earlier ways first; a way that gives a few away has none."""
    atoms = _atoms(ways.values(), everybody)
    hidden = _hidden(ways, atoms, least)
    shown: list[Members] = [everybody]
    found: dict[str, tuple[Column, ...]] = {}
    for name, groups in ways.items():
        columns = pool(groups, least=least)
        tried = [*shown, *(column.members for column in columns)]
        if columns and _tells_of_few(tried, hidden, atoms, least):
            columns = ()
        else:
            shown = tried
        found[name] = columns
    return found


def _hidden(ways: Mapping[str, Mapping[str, Members]], atoms: Iterable[Members], least: int) -> set[Members]:
    """Those too few to be told of: small groups, what two ways have in common, and people whom nothing tells apart."""
    parts = [
        {*groups.values(), *(column.members for column in pool(groups, least=least))}
        for groups in ways.values()
    ]
    found = set(atoms).union(*parts)
    for some, others in combinations(parts, 2):
        found.update(one & other for one in some for other in others)
    return {members for members in found if 0 < len(members) < least}


def _atoms(ways: Iterable[Mapping[str, Members]], everybody: Members) -> list[Members]:
    """People whom no way of grouping tells apart."""
    marks: dict[int, list[str]] = {member: [] for member in everybody}
    for groups in ways:
        for key, members in groups.items():
            for member in members:
                marks[member].append(key)
    atoms: dict[tuple[str, ...], set[int]] = {}
    for member, mark in marks.items():
        atoms.setdefault(tuple(mark), set()).add(member)
    return [frozenset(atom) for atom in atoms.values()]


def _tells_of_few(
    shown: Sequence[Members], hidden: Collection[Members], atoms: Sequence[Members], least: int
) -> bool:
    """Whether a difference of two shown groups is small, or any sums and differences of them make up a hidden one."""
    if any(one < other and len(other - one) < least for one in shown for other in shown):
        return True
    place_of = {member: place for place, atom in enumerate(atoms) for member in atom}

    def vector(members: Members) -> list[int]:
        found = [0] * len(atoms)
        for member in members:
            found[place_of[member]] = 1
        return found

    span = _Span()
    for members in shown:
        span.add(vector(members))
    return any(span.has(vector(members)) for members in hidden)


class _Span:
    """What can be computed from some figures by adding and subtracting, with any factors."""

    def __init__(self) -> None:
        self._rows: dict[int, list[int]] = {}

    def _reduce(self, vector: list[int]) -> list[int]:
        for pivot, row in self._rows.items():
            if factor := vector[pivot]:
                vector = [(a - factor * b) % _PRIME for a, b in zip(vector, row, strict=True)]
        return vector

    def add(self, vector: list[int]) -> None:
        rest = self._reduce(vector)
        pivot = next((place for place, value in enumerate(rest) if value), None)
        if pivot is None:
            return
        inverse = pow(rest[pivot], -1, _PRIME)
        self._rows[pivot] = [value * inverse % _PRIME for value in rest]

    def has(self, vector: list[int]) -> bool:
        return not any(self._reduce(vector))
