"""A vote written down as one JSON case, counted from register and ballots to the published figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.errors import Invalid
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.quantities import format_area, parse_area
from app.rules.votes.ballots import Admission, Ballot, Reason, Roll, Seat, Terms, admit
from app.rules.votes.heads import Holding, developer_of, head_of
from app.rules.votes.matters import matter_of
from app.rules.votes.reading import figure, instant, listed, mapping, one_of, sequence, text, whole, wrong
from app.rules.votes.rulesets import NATIONAL, Inclusion, RuleSet
from app.rules.votes.tally import Entry, Measure, Measures, Verdict, count

# A case that says nothing else has one ballot for a buyer's several flats, as SPC interp. art. 9 reads.
CASE_DEFAULTS: Final = {**NATIONAL.to_json(), "ballot_mode": "per_head"}
_CASE_ONLY: Final = frozenset({"served", "proxies", "opens_at", "closes_at"})
_SCOPES: Final = {"estate": (), "building": ("building",), "entrance": ("building", "entrance")}
_NOT_FLATS: Final = {UnitKind.PARKING: "parking", UnitKind.STORAGE: "storage"}


def judge_case(case: object) -> dict[str, Any]:
    """The figures of one case, or `{"error": code}` when it cannot be counted as written."""
    try:
        return _judge(mapping(case, "bad_case", "case"))
    except Invalid as refusal:
        return {"error": refusal.code}


def _judge(case: Mapping[str, object]) -> dict[str, Any]:
    matter = matter_of(case.get("matter")).code
    told = mapping({} if case.get("rules") is None else case["rules"], "bad_rules", "rules")
    rules = RuleSet.from_json({**CASE_DEFAULTS, **{key: told[key] for key in told if key not in _CASE_ONLY}})
    if case.get("aggregate") is not None:
        if case.get("register") is not None:
            raise wrong("bad_case", "aggregate")
        return _figures(_aggregate(case["aggregate"], rules, matter), {})
    register = _register(case.get("register"))
    terms = _terms(told, rules)
    ballots = _ballots(case.get("ballots"))
    scope = _in_scope(register, case.get("scope"), rules)
    roll = _roll(register, scope)
    admission = admit(ballots, roll, terms)
    served = _served(told)
    entries = [_entry(unit, roll.seats[unit.name], admission, served) for unit in scope]
    return _figures(count(entries, rules, matter), admission.rejected)


@dataclass(frozen=True)
class _Unit:
    name: str
    area: int
    kind: UnitKind
    holding: Holding
    representative: str | None
    place: Mapping[str, str]


def _register(value: object) -> list[_Unit]:
    units = [_unit(mapping(row, "bad_unit", "register")) for row in sequence(value, "bad_case", "register")]
    if len({unit.name for unit in units}) < len(units):
        raise wrong("duplicate_unit", "unit")
    return units


def _unit(row: Mapping[str, object]) -> _Unit:
    name = text(row.get("unit"), "bad_unit", "unit")
    area = parse_area(figure(row.get("area")))
    if area == 0:
        raise wrong("bad_area", "area")
    owners = listed(row.get("owners"), "no_owner", "owners")
    if not owners:
        raise wrong("no_owner", "owners")
    named = row.get("representative")
    return _Unit(
        name=name,
        area=area,
        kind=one_of(UnitKind, row.get("kind"), UnitKind.DWELLING, "bad_kind", "kind"),
        holding=Holding(
            owners=frozenset(text(owner, "no_owner", "owners") for owner in owners),
            status=one_of(UnitStatus, row.get("status"), UnitStatus.NORMAL, "bad_status", "status"),
        ),
        representative=None if named is None else text(named, "bad_unit", "representative"),
        place={
            part: text(row[part], "bad_unit", part)
            for part in _SCOPES["entrance"]
            if row.get(part) is not None
        },
    )


def _in_scope(register: list[_Unit], value: object, rules: RuleSet) -> list[_Unit]:
    """The units of the place voted in, by default all of the register, less the kinds the rules leave out."""
    scope = mapping({"level": "estate"} if value is None else value, "bad_scope", "scope")
    parts = _SCOPES.get(figure(scope.get("level")))
    if parts is None:
        raise wrong("bad_scope", "level")
    place = {part: text(scope.get(part), "bad_scope", part) for part in parts}
    left_out = {kind for kind, rule in _NOT_FLATS.items() if getattr(rules, rule) is Inclusion.EXCLUDE}
    return [unit for unit in register if place.items() <= unit.place.items() and unit.kind not in left_out]


def _roll(register: list[_Unit], scope: list[_Unit]) -> Roll:
    developer = developer_of(unit.holding for unit in register)
    seats = {
        unit.name: Seat(unit.holding, head_of(unit.holding, developer), unit.representative) for unit in scope
    }
    return Roll(seats, frozenset(unit.name for unit in register) - seats.keys(), developer)


def _ballots(value: object) -> list[Ballot]:
    return [_ballot(mapping(row, "bad_ballot", "ballots")) for row in listed(value, "bad_case", "ballots")]


def _ballot(row: Mapping[str, object]) -> Ballot:
    return Ballot(
        unit=text(row.get("unit"), "bad_ballot", "unit"),
        voter=text(row.get("voter"), "bad_ballot", "voter"),
        choice=figure(row.get("choice")),
        at=instant(row.get("at"), "at"),
    )


def _terms(told: Mapping[str, object], rules: RuleSet) -> Terms:
    opens_at, closes_at = (
        instant(told.get("opens_at"), "opens_at"),
        instant(told.get("closes_at"), "closes_at"),
    )
    if opens_at and closes_at and opens_at >= closes_at:
        raise wrong("bad_window", "closes_at")
    proxies = set()
    for row in listed(told.get("proxies"), "bad_rules", "proxies"):
        mandate = mapping(row, "bad_rules", "proxies")
        principal, agent = (text(mandate.get(who), "bad_rules", who) for who in ("principal", "agent"))
        proxies.add((principal, agent))
    return Terms(rules, opens_at, closes_at, frozenset(proxies))


def _served(told: Mapping[str, object]) -> frozenset[str]:
    names = listed(told.get("served"), "bad_rules", "served")
    return frozenset(text(name, "bad_rules", "served") for name in names)


def _entry(unit: _Unit, seat: Seat, admission: Admission, served: frozenset[str]) -> Entry:
    # Whoever sent in anything, even too late, has spoken and is not silent.
    silent = unit.name in served and seat.head not in admission.heard
    return Entry(unit.area, seat.head, admission.counted.get(unit.name), served=silent)


def _aggregate(value: object, rules: RuleSet, matter: int) -> Verdict:
    """Published totals without a register: only their order can be checked, so it is."""
    given = mapping(value, "bad_case", "aggregate")
    area = {name: parse_area(figure(given.get(f"{name}_area"))) for name in ("total", "part", "for")}
    heads = {name: whole(given.get(f"{name}_heads"), "bad_heads", f"{name}_heads") for name in area}
    for numbers in (area, heads):
        if numbers["total"] == 0:
            raise wrong("empty_scope", "total")
        if numbers["part"] > numbers["total"]:
            raise wrong("part_exceeds_total", "part")
        if numbers["for"] > numbers["part"]:
            raise wrong("for_exceeds_part", "for")
    return Verdict(
        kind=matter_of(matter).kind,
        quorum_rule=rules.quorum,
        majority_rule=rules.majority(matter),
        total_area=area["total"],
        total_heads=heads["total"],
        part_area=area["part"],
        part_heads=heads["part"],
        for_area=area["for"],
        for_heads=heads["for"],
    )


def _figures(verdict: Verdict, rejected: Mapping[int, Reason]) -> dict[str, Any]:
    return {
        "total_area": format_area(verdict.total_area),
        "total_heads": verdict.total_heads,
        "part_area": format_area(verdict.part_area),
        "part_heads": verdict.part_heads,
        "for_area": format_area(verdict.for_area),
        "for_heads": verdict.for_heads,
        "quorum": _measures(verdict.quorum),
        "majority": {"rule": verdict.kind.value, **_measures(verdict.majority)},
        "result": verdict.result.value,
        "rejected": [{"ballot": index, "reason": reason.value} for index, reason in rejected.items()],
    }


def _measures(measures: Measures) -> dict[str, Any]:
    return {**_measure("area", measures.area), **_measure("heads", measures.heads)}


def _measure(name: str, measure: Measure) -> dict[str, Any]:
    return {name: measure.fraction, f"{name}_met": measure.met}
