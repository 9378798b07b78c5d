"""Beneath the checks of the app PostgreSQL shows and takes an estate's rows in that estate's requests only (decision 0025)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import Session, SQLModel, select

from app.confinement import everywhere
from app.database import Database
from app.errors import Conflict, NotFound
from app.models.base import NO_ID
from app.models.estates import BindingCause, Owner, Unit
from app.rules.estates.units import UnitKind, UnitStatus
from app.services import doctor
from app.services.estates import register
from app.services.estates.checking import Act, act_of_account, rest_account_on
from app.services.estates.standing import arrive, enter, find_estate
from app.services.trail import SYSTEM, record
from tests.fixtures.databases import Databases

# Whoever asks what an account is anywhere must be told all of it; the index of the search is used beneath no policy.
OF_ACCOUNTS = {"message", "role_grant", "search_entry"}
OF_ESTATES = sorted(
    table.name
    for table in SQLModel.metadata.tables.values()
    if "estate_id" in table.columns and table.name not in OF_ACCOUNTS
)


# What a check of the table asks for.
NEEDED = {"post": {"seq": 2}}


@pytest.fixture
def databases(postgres_databases: Databases) -> Databases:
    return postgres_databases


@pytest.fixture
def other(world: Any, database: Database, clock: Any) -> UUID:
    """The other estate, with a row in every table that has one; what the rows hang on is not there."""
    estate: UUID = world.other_estate_id
    with database.transaction() as session:
        connection = session.connection()
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in map(SQLModel.metadata.tables.__getitem__, OF_ESTATES):
            if count(session, table.name, estate) == 0:
                row = {
                    column.name: a_value(column, clock()) for column in table.columns if not column.nullable
                }
                with suppress(IntegrityError), connection.begin_nested():  # a row of some needs more thought
                    connection.execute(
                        sa.insert(table), {**row, "estate_id": estate, **NEEDED.get(table.name, {})}
                    )
    return estate


def a_value(column: sa.Column[Any], now: datetime) -> Any:
    kind = column.type
    if isinstance(kind, sa.Enum):
        return next(iter(kind.enum_class or ()))
    if isinstance(kind, sa.JSON):
        return {}
    plain = {UUID: uuid4(), str: "1", int: 1, bool: False, bytes: b"x", date: now.date(), datetime: now}
    return now if "DateTime" in type(kind).__name__ else plain.get(kind.python_type, "1")


def a_unit(estate_id: UUID) -> Unit:
    return Unit(
        estate_id=estate_id,
        building="9",
        entrance="1",
        floor=1,
        room="101",
        area=8000,
        kind=UnitKind.DWELLING,
        status=UnitStatus.NORMAL,
    )


def count(session: Session, table: str, estate_id: UUID) -> int:
    # As a query that forgot its estate: the rows are sorted out here.
    query = sa.text(f"SELECT estate_id FROM {table}")
    return list(session.connection().execute(query).scalars()).count(estate_id)


def everything(database: Database, estate_id: UUID) -> dict[str, int]:
    with database.session(writing=False) as session:
        return {table: count(session, table, estate_id) for table in OF_ESTATES}


def test_the_tests_are_no_superuser_whom_no_policy_is_asked_for(database: Database) -> None:
    with database.session(writing=False) as session:
        statement = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert session.connection().execute(sa.text(statement)).scalar_one() is False


def test_every_table_with_an_estate_has_the_policy_and_its_owner_is_not_excepted(database: Database) -> None:
    query = sa.text(
        "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid "
        "WHERE polname = 'of_estate' AND polcmd = '*' AND polwithcheck IS NOT NULL "
        "AND relrowsecurity AND relforcerowsecurity ORDER BY relname"
    )
    with database.session(writing=False) as session:
        assert list(session.connection().execute(query).scalars()) == OF_ESTATES


@pytest.mark.parametrize("writing", [True, False])
def test_in_an_estate_no_query_finds_a_row_of_the_other(world, database, other, clock, writing: bool) -> None:
    there = everything(database, other)
    assert {"vote", "unit", "post", "work_order"} <= {table for table, rows in there.items() if rows}
    assert sum(map(bool, there.values())) > 50
    with database.session(writing=writing) as session:
        arrive(session, slug=world.slug, account_id=None)
        assert {table: count(session, table, other) for table in OF_ESTATES} == dict.fromkeys(OF_ESTATES, 0)
        assert count(session, "unit", world.estate_id) == 12
    with database.session(writing=writing) as session:
        enter(session, slug=world.other_slug, token=world.zhou_tao.token, now=clock())
        assert {table: count(session, table, other) for table in OF_ESTATES} == there
        assert count(session, "unit", world.estate_id) == 0


@pytest.mark.parametrize("table", ["vote", "unit", "post", "work_order"])
def test_in_an_estate_no_row_of_the_other_is_written(world, database, other, table: str) -> None:
    with database.transaction() as session:
        arrive(session, slug=world.slug, account_id=None)
        connection = session.connection()
        moved = connection.execute(
            sa.text(f"UPDATE {table} SET estate_id = estate_id WHERE estate_id = :it"), {"it": other}
        )
        gone = connection.execute(sa.text(f"DELETE FROM {table} WHERE estate_id = :it"), {"it": other})
        assert (moved.rowcount, gone.rowcount) == (0, 0)


@pytest.mark.parametrize("deed", ["insert", "update"])
def test_in_an_estate_no_row_is_put_into_the_other(world, database, other, deed: str) -> None:
    insert = sa.insert(Unit).values(**a_unit(other).model_dump())
    with database.session(writing=True) as session:
        arrive(session, slug=world.slug, account_id=None)
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.connection().execute(
                insert if deed == "insert" else sa.update(Unit).values(estate_id=other)
            )


@pytest.mark.parametrize("writing", [True, False])
def test_the_same_connection_sees_all_again_when_the_session_is_over(world, database, writing: bool) -> None:
    alone, seen, servers = Database(database.url, pool_size=1), [], set()
    for slug in (world.slug, None, world.other_slug, None, None, world.slug):
        with alone.session(writing=writing) as session:
            if slug:
                arrive(session, slug=slug, account_id=None)
            seen.append(count(session, "unit", world.estate_id))
            servers.add(session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    alone.close()
    assert (seen, len(servers)) == ([12, 12, 0, 12, 12, 12], 1)


def test_a_connection_whose_confinement_did_not_end_is_not_used_again(world, database) -> None:
    with database.session(writing=False) as session:
        arrive(session, slug=world.other_slug, account_id=None)
        died = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with database.session(writing=True) as hand:
            hand.connection().exec_driver_sql(f"SELECT pg_terminate_backend({died})")
    with database.session(writing=False) as session:
        assert count(session, "unit", world.estate_id) == 12


@pytest.mark.parametrize("writing", [True, False])
def test_after_a_rollback_the_page_that_is_made_anew_is_confined_too(world, database, writing: bool) -> None:
    with database.session(writing=writing) as session:
        arrive(session, slug=world.other_slug, account_id=None)
        session.rollback()
        assert count(session, "unit", world.estate_id) == 0


@pytest.mark.parametrize("fault", [None, Conflict, IntegrityError])
def test_a_deed_about_an_account_reaches_all_estates_and_then_the_one_again(world, database, fault) -> None:
    with database.session(writing=True) as session:
        arrive(session, slug=world.other_slug, account_id=None)
        unit = a_unit(world.estate_id)
        try:
            with session.begin_nested(), everywhere(session):
                session.add(unit)
                session.flush()
                assert count(session, "unit", world.estate_id) == 13
                if fault is Conflict:
                    raise Conflict("这个人已经有这个身份了")
                if fault:
                    session.connection().execute(sa.insert(Unit).values(**unit.model_dump()))
        except (Conflict, IntegrityError):
            pass
        assert count(session, "unit", world.estate_id) == 0


def test_a_command_that_finds_an_estate_goes_on_across_all(world, database) -> None:
    with database.transaction() as session:
        find_estate(session, slug=world.other_slug)
        assert count(session, "unit", world.estate_id) == 12


def test_what_is_no_one_estates_is_written_and_read_in_every_estate(world, database, clock) -> None:
    with database.transaction() as session:
        arrive(session, slug=world.slug, account_id=None)
        record(session, tag="accounts:test:note", actor=SYSTEM, now=clock())
        assert count(session, "trail_row", NO_ID) == 1


def test_a_page_whose_query_forgot_its_estate_finds_no_home_of_the_other(
    world, web, database, other, monkeypatch
) -> None:
    def forgetful(session: Session, *, estate_id: UUID, unit_id: UUID) -> Unit:
        unit = session.get(Unit, unit_id)
        if unit is None:
            raise NotFound("名册里没有这套房屋")
        return unit

    monkeypatch.setattr(register, "find_unit", forgetful)
    with database.session(writing=False) as session:
        theirs = session.exec(select(Unit.id).where(Unit.estate_id == other)).one()
    desk, base = web(world.chen_jie), f"/desk/{world.slug}/register"
    assert desk.get(f"{base}/{world.homes['301'].unit_id}").status_code == 200
    assert desk.get(f"{base}/{theirs}").status_code == 404
    assert desk.post(f"{base}/{theirs}/edit", {"area": "80", "reason": "改面积"}).status_code == 404


def test_an_account_page_sees_all_after_an_estates_page(world, web) -> None:
    """The same connection serves both."""
    assert web(world.zhou_tao).get(f"/desk/{world.other_slug}").status_code == 200
    assert "301" in web(world.li_na).get("/me").text


def test_a_code_printed_in_one_estate_rests_on_the_owners_of_all(world, database, clock) -> None:
    """Whoever signs in with it is the owner in each."""
    act = Act(BindingCause.DESK_CODE, world.zhou_tao.account_id, clock())
    with database.transaction() as session:
        arrive(session, slug=world.other_slug, account_id=world.zhou_tao.account_id)
        rest_account_on(session, account_id=world.li_na.account_id, act=act)
        assert act_of_account(session, world.li_na.account_id) == act
    with database.session(writing=False) as session:
        waits = session.exec(select(Owner.waits_since).where(Owner.account_id == world.li_na.account_id))
        assert set(waits) == {clock()}


@pytest.mark.parametrize(("name", "well"), [("tests", True), ("above", False)])
def test_the_doctor_doubts_a_role_that_no_policy_is_asked_for(
    database, tmp_path, clock, monkeypatch, name: str, well: bool
) -> None:
    said = sa.text(f"SELECT '{name}', {not well}")
    monkeypatch.setattr(doctor, "_ROLE", said)
    patient = doctor.Patient(
        database=database, data_dir=tmp_path, secret=None, key_file=None, read_clock=clock
    )
    (found,) = (one for one in doctor.examine(patient) if f"数据库用户 {name}" in one.sentence)
    assert found.well is well
    assert ("BYPASSRLS" in found.sentence) is not well
