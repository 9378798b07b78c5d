"""The elevation: a cell a home, voted or not yet, never a choice."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa

from app.models.estates import Unit
from app.rules.estates.units import UnitKind
from app.rules.votes.states import Choice
from app.services.trail import Actor
from app.services.votes import corrections, elevation
from app.services.votes.elevation import HomeState


def states(session, vote) -> dict[str, HomeState]:
    [entrance] = elevation.draw_elevation(session, vote_id=vote.id)
    return {home.name: home.state for floor in entrance.floors for home in floor.homes}


def test_the_building_stands_from_the_top_floor_down(session, vote) -> None:
    [entrance] = elevation.draw_elevation(session, vote_id=vote.id)
    assert entrance.name == "3号楼1单元"
    assert [floor.number for floor in entrance.floors] == [6, 5, 4, 3, 2, 1]
    assert [home.name for home in entrance.floors[0].homes] == ["601", "602"]


def test_a_ballot_colours_its_home_and_for_and_against_look_the_same(session, world, vote) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    vote.cast(session, world.homes["302"].unit_id, world.wang_wei.account_id, Choice.AGAINST, vote.opens_at)
    seen = states(session, vote)
    assert seen["301"] == seen["302"] == HomeState.VOTED
    assert seen["601"] is HomeState.NOT_YET


def test_a_home_of_heirs_still_proving_may_not_vote_yet(session, world, make_vote, database) -> None:
    with database.transaction() as setup:
        unit = setup.get_one(Unit, world.homes["502"].unit_id)
        unit.heirs_proving = True
        setup.add(unit)
    assert states(session, make_vote())["502"] is HomeState.NOT_VOTABLE


def test_the_whole_building_costs_one_query(session, vote) -> None:
    asked: list[str] = []
    engine = session.get_bind()
    session.connection()

    def listener(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", listener)
    elevation.draw_elevation(session, vote_id=vote.id)
    sa.event.remove(engine, "before_cursor_execute", listener)
    assert len(asked) == 1
    assert "sealed_choice" not in asked[0]


def test_an_amended_home_stands_once_and_a_struck_one_not_at_all(session, world, vote, now) -> None:
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    for room, change in (("301", {"area": 8200}), ("302", {"kind": UnitKind.STORAGE})):
        unit, case = session.get_one(Unit, world.homes[room].unit_id), uuid4()
        unit.sqlmodel_update(change)
        where = {"estate_id": world.estate_id, "vote_id": vote.id, "correction_id": case, "now": now}
        corrections.ask_correction(
            session, **where, unit_id=unit.id, account_id=world.li_na.account_id, text="和房产证不一样"
        )
        corrections.uphold_correction(session, **where, actor=actor, reason="已核对房产证")
    [entrance] = elevation.draw_elevation(session, vote_id=vote.id)
    assert [home.name for floor in entrance.floors for home in floor.homes if floor.number == 3] == ["301"]
