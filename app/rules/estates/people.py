"""Which owners are one person: name and telephone agree, or staff have said so; the rest is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from app.rules.estates.addresses import Home


def person_key(name: str, phone: str | None, home: Home) -> str:
    """Equal keys are one person. Without a number a name identifies nobody beyond his own home."""
    return f"{name}|{phone}" if phone else f"{name}|@{home}"


@dataclass(frozen=True, slots=True)
class Person:
    """One person by key, with his homes; `owner` is the register's reference, empty for one not in it yet."""

    key: str
    name: str
    phone: str | None
    homes: tuple[str, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Double:
    """Persons of one name whom only staff can tell apart or put together."""

    name: str
    persons: tuple[Person, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        persons = (Person(**{**person, "homes": tuple(person["homes"])}) for person in data["persons"])
        return cls(data["name"], tuple(persons))


@dataclass(frozen=True, slots=True)
class Holding:
    """One owner of one home, as the file or the register has it."""

    name: str
    phone: str | None
    home: Home
    owner: str = ""


def persons_of(holdings: Iterable[Holding]) -> list[Person]:
    """The persons in listed order; one known to the register is one, whatever his numbers."""
    homes: dict[str, list[str]] = {}
    first: dict[str, Holding] = {}
    for holding in holdings:
        key = holding.owner or person_key(holding.name, holding.phone, holding.home)
        held = first.setdefault(key, holding)
        homes.setdefault(key, []).append(str(holding.home))
        if held.phone is None and holding.phone:
            first[key] = holding
    return [
        Person(key, h.name, h.phone, tuple(dict.fromkeys(homes[key])), h.owner) for key, h in first.items()
    ]


def likely_doubles(persons: Iterable[Person]) -> tuple[Double, ...]:
    """Groups of equal names with different or missing numbers, unless the register knows all of them already.

    Those known are known apart: staff were asked when they came in.
    """
    by_name: dict[str, list[Person]] = {}
    for person in persons:
        by_name.setdefault(person.name, []).append(person)
    return tuple(
        Double(name, tuple(group))
        for name, group in by_name.items()
        if len(group) > 1 and not all(person.owner for person in group)
    )
