"""Imports: read by the job, previewed, decided, written once; the register is never touched before."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.database import Database
from app.errors import Conflict, Invalid, NotFound
from app.jobs import registers
from app.models.estates import (
    Claim,
    ClaimState,
    Estate,
    ImportState,
    Owner,
    Ownership,
    RegisterImport,
    Relation,
    Unit,
)
from app.models.outbox import Message
from app.rules.estates.heads import head_key
from app.rules.estates.units import votable_by_default
from app.services.estates import applying, imports, uploads
from app.services.estates.editing import HomeFacts, edit_home
from app.services.estates.register import count_register, get_home
from app.services.estates.snapshot import register_fingerprint
from app.services.estates.units import read_units
from app.services.trail import Actor, first_broken_row, list_rows
from tests.fixtures.world import World

HEAD = "楼栋,单元,楼层,房号,建筑面积,业主,电话,备注\n"


class Desk:
    """Somebody of the committee at the import page of an estate of its own, empty at first."""

    def __init__(self, database: Database, world: World, now: datetime) -> None:
        self.database, self.now = database, now
        self.actor = Actor(world.chen_jie.account_id, "陈洁")
        self.world = world
        self.estate_id = uuid4()
        with database.transaction() as session:
            session.add(Estate(id=self.estate_id, slug="xincun", name="新村", created_at=now))

    def upload(self, content: bytes | str, name: str = "名册.csv") -> UUID:
        import_id = uuid4()
        data = content.encode() if isinstance(content, str) else content
        with self.database.transaction() as session:
            uploads.start_import(
                session,
                estate_id=self.estate_id,
                import_id=import_id,
                file_name=name,
                content=data,
                actor=self.actor,
                now=self.now,
            )
        return import_id

    def read(self, content: bytes | str, name: str = "名册.csv") -> imports.ImportView:
        import_id = self.upload(content, name)
        assert registers.tick(self.database, now=self.now) == 1
        return self.view(import_id)

    def view(self, import_id: UUID) -> imports.ImportView:
        with self.database.session(writing=False) as session:
            return imports.get_import(session, estate_id=self.estate_id, import_id=import_id)

    def decide(self, view: imports.ImportView, **decisions: object) -> None:
        with self.database.transaction() as session:
            imports.decide(
                session, estate_id=self.estate_id, import_id=view.id, seen=view.fingerprint, **decisions
            )

    def apply(self, view: imports.ImportView) -> applying.Applied:
        with self.database.transaction() as session:
            return applying.apply_import(
                session,
                estate_id=self.estate_id,
                import_id=view.id,
                seen=view.fingerprint,
                actor=self.actor,
                now=self.now,
            )

    def import_all(self, content: bytes | str, name: str = "名册.csv") -> imports.ImportView:
        view = self.read(content, name)
        assert self.apply(view) is applying.Applied.WRITTEN
        return self.view(view.id)

    def owners(self) -> Counter[str]:
        with self.database.session(writing=False) as session:
            units = read_units(session, estate_id=self.estate_id)
            return Counter(
                f"{unit.room} {owner.name} {owner.phone or ''}".strip()
                for unit, owners in units
                for owner in owners
            )

    def owner_count(self) -> int:
        with self.database.session(writing=False) as session:
            return count_register(session, estate_id=self.estate_id).owners

    def unit(self, room: str) -> UUID:
        with self.database.session(writing=False) as session:
            return session.exec(
                select(Unit.id).where(Unit.estate_id == self.estate_id, Unit.room == room)
            ).one()


@pytest.fixture
def desk(database: Database, world: World, now: datetime) -> Desk:
    return Desk(database, world, now)


def _csv(*rows: str) -> str:
    return HEAD + "\n".join(rows) + "\n"


TWO = _csv("1,1,1,101,80.00,张三,13800000001,", "1,1,1,102,81.50,李四、王五,13800000002、13800000003,")


def test_the_shared_register_gives_its_known_numbers(desk: Desk, shared: Path) -> None:
    expected = json.loads((shared / "data/register-xingfuli.expected.json").read_text())
    done = desk.import_all((shared / "data/register-xingfuli.xlsx").read_bytes(), "幸福里.xlsx")
    assert done.counts["added"] == expected["rows"]
    with desk.database.session(writing=False) as session:
        units = read_units(session, estate_id=desk.estate_id)
    voting = [(unit, owners) for unit, owners in units if votable_by_default(unit.kind)]
    keys = {
        head_key([str(owner.id) for owner in owners], unit.status, unit_key=str(unit.id))
        for unit, owners in voting
    }
    area = sum(unit.area for unit, _ in voting)
    assert (len(units), len(voting), len(keys)) == (
        expected["rows"],
        expected["votable_units"],
        expected["heads_if_names_identify_people"],
    )
    assert f"{area // 100}.{area % 100:02d}" == expected["votable_area_m2"]


def test_importing_the_shared_register_again_leaves_nothing_to_do(desk: Desk, shared: Path) -> None:
    content = (shared / "data/register-xingfuli.xlsx").read_bytes()
    desk.import_all(content, "幸福里.xlsx")
    again = desk.read(content, "幸福里.xlsx")
    assert again.plan is not None
    assert (again.plan.is_empty, again.plan.unchanged, again.plan.doubles) == (True, 113, ())


def test_nothing_is_in_the_register_before_it_is_confirmed(desk: Desk) -> None:
    view = desk.read(TWO)
    assert (view.state, view.plan and len(view.plan.added)) == (ImportState.READY, 2)
    assert desk.owners() == {}
    desk.apply(view)
    assert desk.owners() == Counter(
        ["101 张三 +8613800000001", "102 李四 +8613800000002", "102 王五 +8613800000003"]
    )


def test_applying_twice_is_applying_once(desk: Desk) -> None:
    view = desk.read(TWO)
    desk.apply(view)
    before = desk.owners()
    assert desk.apply(view) is applying.Applied.WRITTEN
    assert desk.owners() == before
    with desk.database.session(writing=False) as session:
        tags = [line.tag for line in list_rows(session, estate_id=desk.estate_id)]
        assert tags == ["estates:import:apply", "estates:import:upload"]
        assert first_broken_row(session, estate_id=desk.estate_id) is None


def test_the_trail_names_file_hash_and_counts_and_the_content_is_dropped(desk: Desk) -> None:
    view = desk.import_all(TWO)
    with desk.database.session(writing=False) as session:
        line = list_rows(session, estate_id=desk.estate_id)[0]
        row = session.get_one(RegisterImport, view.id)
    assert "名册.csv" in line.new
    assert row.sha256 in line.new
    assert "added＝2" in line.new
    assert row.content is None
    assert "张三" not in json.dumps(row.preview, ensure_ascii=False)


def test_name_and_phone_agreeing_is_one_person(desk: Desk) -> None:
    desk.import_all(_csv("1,1,1,101,80,张三,13800000001,", "1,1,2,201,80,张三,138 0000 0001,"))
    assert desk.owner_count() == 1


def test_names_alone_are_put_to_the_staff_and_stay_apart_unless_ticked(desk: Desk) -> None:
    view = desk.read(_csv("1,1,1,101,80,张三,13800000001,", "1,1,2,201,80,张三,13900000001,"))
    assert view.plan
    assert [double.name for double in view.plan.doubles] == ["张三"]
    desk.apply(view)
    assert desk.owner_count() == 2


def test_staff_say_that_two_of_a_name_are_one_and_are_not_asked_again(desk: Desk) -> None:
    content = _csv("1,1,1,101,80,张三,13800000001,", "1,1,2,201,80,张三,13900000001,", "1,1,3,301,80,张三,,")
    view = desk.read(content)
    assert view.plan
    desk.decide(view, same=[[person.key for person in view.plan.doubles[0].persons]])
    desk.apply(view)
    assert desk.owner_count() == 1
    again = desk.read(content)
    assert again.plan
    assert again.plan.is_empty
    assert not again.plan.doubles


def test_a_new_number_of_a_known_owner_replaces_the_old_when_staff_say_so(desk: Desk) -> None:
    desk.import_all(_csv("1,1,1,101,80,张三,13800000001,"))
    content = _csv("1,1,1,101,80,张三,13700000009,")
    view = desk.read(content)
    assert view.plan
    desk.decide(view, same=[[person.key for person in view.plan.doubles[0].persons]])
    desk.apply(view)
    assert desk.owners() == Counter(["101 张三 +8613700000009"])
    again = desk.read(content)
    assert again.plan
    assert again.plan.is_empty


def test_a_bound_owner_who_sold_is_kept_and_told_and_an_unbound_one_goes(desk: Desk) -> None:
    desk.import_all(TWO)
    with desk.database.transaction() as session:
        bound = session.exec(
            select(Owner).where(Owner.estate_id == desk.estate_id, Owner.name == "张三")
        ).one()
        bound.account_id = desk.world.li_na.account_id
    desk.import_all(_csv("1,1,1,101,80.00,赵六,13800000006,", "1,1,1,102,81.50,李四,13800000002,"))
    with desk.database.session(writing=False) as session:
        names = set(session.exec(select(Owner.name).where(Owner.estate_id == desk.estate_id)))
        told = session.exec(select(Message).where(Message.account_id == desk.world.li_na.account_id)).all()
    assert names == {"张三", "赵六", "李四"}
    assert [(m.template, m.values["home"]) for m in told] == [("home_taken_off", "1号楼1单元101室")]


def test_a_home_missing_from_the_file_stays_unless_it_is_ticked(desk: Desk) -> None:
    desk.import_all(TWO)
    one = _csv("1,1,1,101,80.00,张三,13800000001,")
    view = desk.read(one)
    assert view.plan
    assert [str(unit.home) for unit in view.plan.removed] == ["1-1-102"]
    desk.apply(view)
    assert len(desk.owners()) == 3
    view = desk.read(one)
    desk.decide(view, removals=["1-1-102"], among=["1-1-102"])
    desk.apply(view)
    assert desk.owners() == Counter(["101 张三 +8613800000001"])
    assert desk.owner_count() == 1


def test_a_home_somebody_claimed_cannot_be_removed(desk: Desk) -> None:
    desk.import_all(TWO)
    with desk.database.transaction() as session:
        session.add(
            Claim(
                estate_id=desk.estate_id,
                unit_id=desk.unit("102"),
                account_id=desk.world.li_na.account_id,
                relation=Relation.OWNER,
                name="李娜",
                state=ClaimState.PENDING,
                created_at=desk.now,
            )
        )
    view = desk.read(_csv("1,1,1,101,80.00,张三,13800000001,"))
    desk.decide(view, removals=["1-1-102"], among=["1-1-102"])
    with pytest.raises(Conflict, match="1号楼1单元102室"):
        desk.apply(view)
    assert len(desk.owners()) == 3


def test_while_rows_are_refused_no_home_can_be_ticked_for_removal(desk: Desk) -> None:
    desk.import_all(TWO)
    view = desk.read(_csv("1,1,1,101,80.00,张三,13800000001,", "1,1,1,102,大,李四,13800000002,"))
    assert [(error.row, error.field) for error in view.errors] == [(3, "area")]
    with pytest.raises(Conflict, match="被拒绝的行"):
        desk.decide(view, removals=["1-1-102"], among=["1-1-102"])


def test_a_register_that_moved_is_shown_again_and_nothing_is_written(desk: Desk) -> None:
    desk.import_all(TWO)
    view = desk.read(
        _csv("1,1,1,101,90.00,张三,13800000001,", "1,1,1,102,81.50,李四、王五,13800000002、13800000003,")
    )
    with desk.database.transaction() as session:
        home = get_home(session, estate_id=desk.estate_id, unit_id=desk.unit("102")).home
        edit_home(
            session,
            estate_id=desk.estate_id,
            unit_id=home.id,
            facts=HomeFacts(area=8200, floor=1, kind=home.kind, status=home.status),
            reason="按新证更正",
            actor=desk.actor,
            now=desk.now,
        )
    assert desk.view(view.id).moved
    assert desk.apply(view) is applying.Applied.MOVED
    shown = desk.view(view.id)
    assert shown.plan
    assert len(shown.plan.changed) == 2
    assert not shown.moved
    with desk.database.session(writing=False) as session:
        areas = {unit.room: unit.area for unit, _ in read_units(session, estate_id=desk.estate_id)}
    assert areas == {"101": 8000, "102": 8200}
    assert desk.apply(view) is applying.Applied.MOVED  # still the old page
    assert desk.apply(shown) is applying.Applied.WRITTEN


def test_long_imports_tell_how_far_they_are_while_being_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n // 100 + 1},1,1,{n % 100 + 101},80,业主{n},," for n in range(1500)]
    seen: list[tuple[int, int]] = []
    note = uploads.note_progress

    def noting(session: Session, *, upload: uploads.Upload, done: int, total: int) -> None:
        note(session, upload=upload, done=done, total=total)
        session.commit()
        view = desk.view(upload.id)
        seen.append((view.done, view.total))
        assert view.state is ImportState.READING

    monkeypatch.setattr(uploads, "note_progress", noting)
    view = desk.read(_csv(*rows))
    assert len(seen) >= 3
    assert seen == sorted(seen)
    assert seen[-1][1] >= 1500
    assert view.state is ImportState.READY
    assert view.done == view.total


def test_a_dead_worker_is_replaced_and_cannot_settle_late(desk: Desk) -> None:
    import_id = desk.upload(TWO)
    with desk.database.transaction() as session:
        dead = uploads.lease_upload(session, now=desk.now)
    assert dead
    assert registers.tick(desk.database, now=desk.now + timedelta(minutes=1)) == 0
    with desk.database.transaction() as session:
        alive = uploads.lease_upload(session, now=desk.now + timedelta(minutes=6))
        assert alive
        uploads.settle_refused(session, upload=dead, refusal=Invalid("迟到"))
    assert desk.view(import_id).state is ImportState.READING
    assert registers.tick(desk.database, now=desk.now + timedelta(minutes=12)) == 1
    assert desk.view(import_id).state is ImportState.READY


def test_an_upload_that_kills_its_workers_is_refused_in_the_end(desk: Desk) -> None:
    import_id = desk.upload(TWO)
    for minute in range(0, 40, 10):
        with desk.database.transaction() as session:
            uploads.lease_upload(session, now=desk.now + timedelta(minutes=minute))
    view = desk.view(import_id)
    assert view.state is ImportState.REFUSED
    assert "分楼栋" in str(view.refusal)


def test_a_file_without_headings_is_refused_with_the_sentence(desk: Desk) -> None:
    view = desk.read("你好,世界\n1,2\n")
    assert view.state is ImportState.REFUSED
    assert "表头" in str(view.refusal)


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "空.xlsx"), (b"MZ..", "名册.exe"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..", "旧.xls")],
)
def test_what_is_no_register_is_refused_at_the_door(desk: Desk, content: bytes, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.upload(content, name)
    assert refused.value.field == "file"


def test_an_upload_arriving_twice_is_one_and_another_estates_is_not_found(desk: Desk, world: World) -> None:
    import_id = desk.upload(TWO)
    with desk.database.transaction() as session:
        given = {
            "file_name": "b.csv",
            "content": b"1",
            "actor": desk.actor,
            "now": desk.now,
            "import_id": import_id,
        }
        assert uploads.start_import(session, estate_id=desk.estate_id, **given) == import_id
        for call in (imports.get_import, imports.find_import):
            with pytest.raises(NotFound):
                call(session, estate_id=world.estate_id, import_id=import_id)
        with pytest.raises(NotFound):
            uploads.start_import(session, estate_id=world.estate_id, **given)


def test_a_discarded_upload_leaves_nothing_behind_and_cannot_be_written(desk: Desk) -> None:
    view = desk.read(TWO)
    with desk.database.transaction() as session:
        imports.discard_import(
            session, estate_id=desk.estate_id, import_id=view.id, actor=desk.actor, now=desk.now
        )
    with desk.database.session(writing=False) as session:
        row = session.get_one(RegisterImport, view.id)
        assert (row.state, row.content, row.preview) == (ImportState.DISCARDED, None, {})
    with pytest.raises(Conflict):
        desk.apply(view)


def test_every_edit_changes_the_fingerprint(desk: Desk) -> None:
    desk.import_all(TWO)
    with desk.database.session(writing=True) as session:
        prints = {register_fingerprint(session, estate_id=desk.estate_id)}
        unit = session.get_one(Unit, desk.unit("101"))
        for name, value in {
            "area": 1,
            "floor": 5,
            "tenant": True,
            "heirs_proving": True,
            "remark": "x",
        }.items():
            setattr(unit, name, value)
            session.flush()
            prints.add(register_fingerprint(session, estate_id=desk.estate_id))
        session.connection().execute(sa.delete(Ownership).where(col(Ownership.unit_id) == unit.id))
        prints.add(register_fingerprint(session, estate_id=desk.estate_id))
        assert len(prints) == 7
