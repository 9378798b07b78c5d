"""What is checked: the package read part by part, and what a checker brought along to hold it against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.rules.votes.clashes import ClashRule, Way
from app.rules.votes.log import Event, read_log
from app.rules.votes.notes import Check, origin_of
from app.rules.votes.questions import Question, read_paper
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import ChangeRule
from app.rules.votes.verification.bundle import Bundle, WrongError

WAYS = {
    "phone": Way.OWN,
    "assisted": Way.OWN,
    "code": Way.OWN,
    "proxy": Way.AGENT,
    "paper": Way.PAPER,
}

_OPENING = {"seq", "nonce", "ballot", "received_at", "scans"}


class LaterError(Exception):
    """This cannot be checked with what the package holds; carries the sentence."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What the checker has from elsewhere: the key's fingerprint, checkpoints kept by others, receipt codes."""

    fingerprint: str = ""
    notes: Sequence[str] = ()
    receipts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the roll; in a masked package without `document`, and `home` and `head` are names used nowhere else."""

    home: str
    revision: int
    event: int
    struck: bool
    hash: str
    area: int
    head: str
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """The contents of one ballot: what its commitment was made of, and when it was handed in (ISO, UTC)."""

    seq: int
    nonce: bytes
    ballot: Mapping[str, Any]
    received_at: str


class Case:
    """One package under check; every part is read once, when a check first asks for it."""

    def __init__(self, bundle: Bundle, brought: Brought, check: Check) -> None:
        self.bundle, self.brought, self.check = bundle, brought, check
        # What checks leave for later ones.
        self.standing: dict[str, Line] = {}
        self.current: dict[str, Event] = {}

    @property
    def is_full(self) -> bool:
        return self.bundle.is_full

    @property
    def origin(self) -> str:
        return origin_of(self.bundle.vote_id)

    @cached_property
    def public(self) -> bytes:
        key = bytes.fromhex(self.bundle.manifest["key"]["public"])
        if len(key) != 32:
            raise WrongError("公钥的长度不对")
        return key

    @cached_property
    def text(self) -> Mapping[str, Any]:
        text: Mapping[str, Any] = self.bundle.read("text.json")
        return text

    @cached_property
    def rules(self) -> RuleSet:
        return RuleSet.from_json(self.text["rules"])

    @property
    def clash(self) -> ClashRule:
        return self.rules.clash

    @property
    def change(self) -> ChangeRule:
        return self.rules.change

    @cached_property
    def paper(self) -> tuple[Question, ...]:
        text = self.text
        return read_paper(text["title"], text["text"], text["matter"], text.get("questions", []))

    @cached_property
    def events(self) -> list[Event]:
        rows = self.bundle.lines("events.jsonl")
        if any(row.keys() != {"leaf", "head"} for row in rows):
            raise WrongError("events.jsonl 的写法不对")
        return read_log(self.bundle.vote_id, ((row["leaf"], row["head"]) for row in rows))

    @cached_property
    def openings(self) -> dict[int, Opening]:
        rows = self.bundle.lines("openings.jsonl")
        if any(row.keys() != _OPENING for row in rows):
            raise WrongError("openings.jsonl 的写法不对")
        found = {
            row["seq"]: Opening(row["seq"], bytes.fromhex(row["nonce"]), row["ballot"], row["received_at"])
            for row in rows
        }
        if len(found) < len(rows):
            raise WrongError("同一号选票打开了两次")
        return found

    @cached_property
    def is_counted(self) -> bool:
        return "result.json" in self.bundle.files
