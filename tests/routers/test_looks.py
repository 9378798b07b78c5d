"""Whoever is shown a ballot leaves a row, and its owner reads who, when and why; no address slips by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.models.base import NO_ID
from app.models.files import StoredFile
from app.models.trail import TrailRow
from app.models.votes.looks import BallotLook
from app.models.votes.paper import PaperSheet
from app.rules.votes.looks import LookKind
from tests.fixtures.paper import picture
from tests.routers.test_permission_matrix import keep_signed_in

APP = Path(__file__).parents[2] / "app"
# Modules that open what is sealed: to count, to compare two entries, to recount, to hand out. A new one is looked at here.
OPENERS = {
    "services/votes/sealing.py",
    "services/votes/counting.py",
    "services/votes/paper_counts.py",
    "services/votes/paper_entry.py",
    "services/votes/packages.py",
    "services/votes/reading_homes.py",
    "services/votes/recounts.py",
}
# What gives opened ballots of others to a page: the name of the use case.
SHOWING = {"read_scan", "read_sample", "build_package"}
# Every handler that reaches one of them, and how its look is put down.
HANDLERS = {
    "paper_sheets.py:send_scan": "a look at the sheet first",
    "paper_samples.py:show_sample": "a look at the sample first; without it no answers",
    "paper_samples.py:draw_sample": "shows the sample as show_sample does",
    "paper_samples.py:look": "puts down the look",
    "paper_samples.py:record_comparison": "shows the sample as show_sample does",
    "evidence.py:send_masked": "no ballot is opened in it",
    "evidence.py:send_full": "puts down a look with each download",
}
REASON = "异议处理需要逐票核对"


@pytest.fixture
def desk(web, world):
    return web(world.chen_jie)


@pytest.fixture
def supervisor(web, world):
    return web(world.zhao_min)


@pytest.fixture
def base(world, vote) -> str:
    return f"/desk/{world.slug}/votes/{vote.id}/paper"


@pytest.fixture
def returned(desk, base, database, vote, world, clock) -> str:
    """The sheet of 301, handed in after the opening."""
    desk.post(f"{base}/print", {"unit": str(world.homes["301"].unit_id)})
    clock.instant = vote.opens_at + timedelta(minutes=5)
    keep_signed_in(database, clock)
    with database.session(writing=False) as session:
        serial = session.exec(select(PaperSheet.serial)).one()
    answer = desk.post(f"{base}/{serial}/return", files={"scans": ("票.png", picture(), "image/png")})
    assert answer.status_code == 303, answer.text
    return serial


def names_in(node: ast.AST) -> set[str]:
    found = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return found | {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def handlers_reaching(wanted: set[str]) -> Iterator[str]:
    """Handlers whose body, or a function of the same module that it calls, names one of these."""
    for path in (APP / "routers").rglob("*.py"):
        if "mediation" in path.parts:  # an agreement's scan, no ballot
            continue
        functions = {
            node.name: node
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        reaching = {name for name, node in functions.items() if names_in(node) & wanted}
        while True:
            more = {name for name, node in functions.items() if names_in(node) & reaching} | reaching
            if more == reaching:
                break
            reaching = more
        for name in reaching:
            if any("router" in names_in(decorator) for decorator in functions[name].decorator_list):
                yield f"{path.name}:{name}"


def test_no_module_opens_ballots_that_nobody_thought_of() -> None:
    found = {
        str(path.relative_to(APP))
        for path in (APP / "services" / "votes").rglob("*.py")
        if re.search(r"\.unseal(_answers)?\(", path.read_text())
    }
    assert found == OPENERS


def test_every_handler_that_shows_ballots_is_named_here() -> None:
    assert set(handlers_reaching(SHOWING)) == set(HANDLERS)


def looks(database) -> list[tuple[LookKind, object, str]]:
    with database.session(writing=False) as session:
        rows = session.exec(select(BallotLook)).all()
        return [(row.kind, row.unit_id, row.reason) for row in rows]


def trailed(database) -> list[str]:
    with database.session(writing=False) as session:
        query = select(TrailRow.tag).where(TrailRow.tag.startswith("votes:look:"))
        return list(session.exec(query))


def test_a_scan_opens_only_after_its_look_which_the_owner_reads(
    web, world, desk, base, returned, database, vote, clock
) -> None:
    own = f"/e/{world.slug}/votes/{vote.id}"
    assert "谁看过我的票" not in web(world.li_na).get(own).text
    desk.post(f"{base}/{returned}/look")
    path = re.search(r'src="([^"]+/scans/[^"]+)"', desk.get(f"{base}/{returned}").text)[1]
    assert desk.get(path).status_code == 200
    assert looks(database) == [(LookKind.SCAN, world.homes["301"].unit_id, "")]
    assert trailed(database) == ["votes:look:scan"]
    page = web(world.li_na).get(own).text
    assert "谁看过我的票" in page
    assert "c**看了纸质票的照片" in page
    assert "谁看过我的票" not in web(world.wang_wei).get(own).text
    clock.forward(minutes=31)
    keep_signed_in(database, clock)
    assert desk.get(path).status_code == 403
    assert "/scans/" not in desk.get(f"{base}/{returned}").text.replace(f'{returned}/scans"', "")


def test_the_look_of_one_person_opens_nothing_to_another(desk, supervisor, base, returned) -> None:
    desk.post(f"{base}/{returned}/look")
    path = re.search(r'src="([^"]+/scans/[^"]+)"', desk.get(f"{base}/{returned}").text)[1]
    assert supervisor.get(path).status_code == 403


def test_a_sheets_picture_is_not_to_be_had_as_a_file(desk, world, returned, database) -> None:
    with database.session(writing=False) as session:
        file_id = session.exec(select(StoredFile.id).where(StoredFile.private)).one()
    for tail in ("", "/small"):
        assert desk.get(f"/e/{world.slug}/files/{file_id}{tail}").status_code == 404


def test_looks_only_grow(desk, base, returned, database) -> None:
    desk.post(f"{base}/{returned}/look")
    for change in ("DELETE FROM ballot_look", "UPDATE ballot_look SET reason = 'x'"):
        with pytest.raises(sa.exc.DBAPIError), database.transaction() as session:
            session.execute(sa.text(change))


def test_every_download_of_the_full_package_is_a_look_at_every_home(
    web, world, closed, clock, database
) -> None:
    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    keep_signed_in(database, clock)
    auditor, path, export_id = (
        web(world.sun_li),
        f"/e/{world.slug}/votes/{closed.id}/evidence/full",
        str(uuid4()),
    )
    auditor.post(path, {"id": export_id, "reason": REASON})
    assert looks(database) == []
    for _ in range(2):
        assert auditor.post(f"{path}/{export_id}").status_code == 200
    assert looks(database) == [(LookKind.PACKAGE, NO_ID, REASON)] * 2
    assert trailed(database) == ["votes:look:package"] * 2
    page = web(world.li_na).get(f"/e/{world.slug}/votes/{closed.id}").text
    assert f"下载了完整的证据包，理由：{REASON}" in page


def test_the_pile_names_what_waits_and_a_second_person_clears_it(
    web, world, vote, clock, database, secret
) -> None:
    from app.services.estates.binding import print_owner_code
    from app.services.trail import Actor

    clock.instant = vote.opens_at + timedelta(minutes=5)
    keep_signed_in(database, clock)
    home = world.homes["301"]
    with database.transaction() as session:
        print_owner_code(
            session, estate_id=world.estate_id, unit_id=home.unit_id, owner_id=home.owner_id, now=clock(),
            reason="看了身份证原件", actor=Actor(world.chen_jie.account_id, "陈洁"), secret=secret,
        )  # fmt: skip
    ballot = web(world.li_na).get(f"/e/{world.slug}/votes/{vote.id}/ballot")
    assert ballot.status_code == 409
    assert "要由居委会的另一位工作人员核对" in ballot.text
    pile = f"/desk/{world.slug}/bindings"
    page = web(world.chen_jie).get(pile).text
    assert "请另一位工作人员核对" in page
    assert "公告后的绑定等待核对" in web(world.chen_jie).get(f"/desk/{world.slug}").text
    page = web(world.zhao_min).get(pile).text
    [action] = re.findall(rf'action="({pile}/[^"]+/check)"', page)
    assert web(world.chen_jie).post(action, {"reason": "自己核对自己"}).status_code == 403
    assert web(world.zhou_tao).post(action, {"reason": "别的小区来核对"}).status_code == 404
    assert web(world.ma_chao).post(action, {"reason": "没有这个职责"}).status_code == 403
    assert web(world.zhao_min).post(action, {"reason": "看"}).status_code == 422
    assert web(world.zhao_min).post(action, {"reason": "看了身份证，打电话问过"}).status_code == 303
    assert web(world.li_na).get(f"/e/{world.slug}/votes/{vote.id}/ballot").status_code == 200
    assert "公告后核对的认领" in web(world.wang_wei).get(f"/e/{world.slug}/votes/{vote.id}").text
