"""Votes: what differs between the rule sets a vote may name, point by point, each with its text and date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.dependencies import MemberVisit, SessionDep
from app.routers.forms import visit_page
from app.rules.votes.localities import LOCALITIES, NATIONAL_SAYINGS, NOT_USED, Locality, Saying
from app.rules.votes.points import POINTS
from app.rules.votes.rulesets import NATIONAL
from app.services.votes import rule_texts
from app.services.votes.rule_texts import OWN_PLACE, RuleVersion

router = APIRouter(prefix="/e/{slug}/votes/rules")


@dataclass(frozen=True, slots=True)
class PointRow:
    """One place's figure for a point: what it is there, on what ground of when, and whether that was read."""

    place: str
    value: Any
    ground: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A point on which sets differ: the national figure with what stands behind it, and the places that say something."""

    name: str
    title: str
    national: Any
    ground: Saying | None
    rows: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True)
class ComparePage:
    """The points in the order people ask about them, then what each text says beside them, then what is not used."""

    points: tuple[Point, ...]
    own: list[RuleVersion]
    localities: tuple[Locality, ...]
    not_used: tuple[tuple[str, Saying], ...]
    desk: str


def _points(own: list[RuleVersion]) -> tuple[Point, ...]:
    grounds = {saying.figure: saying for saying in NATIONAL_SAYINGS}
    return tuple(
        Point(name, title, getattr(NATIONAL, name), grounds.get(name), tuple(_rows(name, own)))
        for name, title in POINTS.items()
    )


def _rows(name: str, own: list[RuleVersion]) -> list[PointRow]:
    mine = [
        PointRow(
            OWN_PLACE,
            getattr(version.rules, name),
            f"《{version.title}》（{version.adopted_on.isoformat()}）{version.articles}",
            verified=True,
        )
        for version in own[:1]
        if name in version.differs
    ]
    return mine + [
        PointRow(locality.place, saying.value, locality.ground(saying), saying.verified)
        for locality in LOCALITIES
        for saying in locality.sayings
        if saying.figure == name
    ]


@router.get("")
def compare_rules(request: Request, visit: MemberVisit, session: SessionDep) -> HTMLResponse:
    own = rule_texts.list_versions(session, estate_id=visit.estate.id)
    desk = f"/desk/{visit.estate.slug}/rules" if visit.standing.is_committee else ""
    data = ComparePage(_points(own), own, LOCALITIES, NOT_USED, desk)
    return visit_page(request, visit, "votes/rules.html", data, tab="votes")
