"""What the desk's registers of maintenance have in common: their frame, and choices as lists of a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TypeAlias

from fastapi import Request

from app.dependencies import SessionDep, Visit
from app.errors import N_
from app.routers.forms import visit_page
from app.rules.estates.labels import building_label
from app.services.maintenance.places import PlaceView, list_places
from app.templating import language_of, translate

register_page = partial(visit_page, tab="repairs", staff=True)

Options: TypeAlias = tuple[tuple[str, str], ...]
Groups: TypeAlias = tuple[tuple[str, Options], ...]

_ALL = N_("不限")
_WHOLE = N_("小区公共部分")


def options(request: Request, names: Mapping[str, str], *, first: str = "") -> Options:
    """The marked names translated, behind an empty choice called `first` where one is given."""
    language = language_of(request)
    empty = (("", translate(first, {}, language)),) if first else ()
    return (*empty, *((key, translate(name, {}, language)) for key, name in names.items()))


def any_or(request: Request, choices: Iterable[tuple[str, str]], *, first: str = _ALL) -> Options:
    """Choices that are names already, behind an empty one."""
    return (("", translate(first, {}, language_of(request))), *choices)


def place_groups(request: Request, visit: Visit, session: SessionDep) -> Groups:
    """All places of the estate, those of each building under its name."""
    groups: dict[str, list[PlaceView]] = {}
    for place in list_places(session, estate_id=visit.estate.id):
        groups.setdefault(place.building, []).append(place)
    whole = translate(_WHOLE, {}, language_of(request))
    return tuple(
        (
            building_label(building) if building else whole,
            tuple((str(place.id), place.label) for place in places),
        )
        for building, places in groups.items()
    )
