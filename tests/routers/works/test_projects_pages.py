"""Projects through the web: opened from minutes or an accepted proposal, settled with a photo, read by all."""

from __future__ import annotations

import io
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import Session

from app.models.proposals import Proposal
from app.models.works import Project
from app.rules.deliberations.stages import Stage
from app.rules.proposals.states import ProposalState
from app.services.works import projects
from tests.fixtures.consensus import AGREED, TASK, Consensus


def photo() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def project(talk, database, clock) -> UUID:
    """Two tasks from the minutes of a deliberation that needed no vote."""
    clock.instant = talk.begins[Stage.CONSENSUS] + timedelta(hours=2)
    with database.transaction() as session:
        consensus = Consensus(talk, session, clock.instant)
        consensus.publish([AGREED, TASK, TASK])
        return consensus.project()


def tasks_of(session: Session, world, project: UUID, clock) -> tuple[projects.TaskView, ...]:
    return projects.read_project(
        session, estate_id=world.estate_id, project_id=project, now=clock.instant
    ).tasks


@pytest.fixture
def tasks(database, world, project, clock):
    with database.session(writing=False) as session:
        return tasks_of(session, world, project, clock)


def test_a_project_shows_its_tasks_and_the_way_back(web, world, talk, project) -> None:
    page = web(world.li_na).get(f"/e/{world.slug}/projects/{project}").text
    assert "承办：居委会；期限：2027 年 1 月 15 日" in page
    assert f"/proposals/{talk.proposal_id}" in page
    assert f"/deliberations/{talk.id}/minutes" in page
    assert "/desk/" not in page
    assert f"/projects/{project}" in web(world.li_na).get(f"/e/{world.slug}/projects").text


def test_the_day_after_it_was_due_a_task_is_overdue(web, world, project, clock, database) -> None:
    def overdue():
        with database.session(writing=False) as session:
            return projects.list_overdue_tasks(session, estate_id=world.estate_id, now=clock.instant, limit=5)

    clock.instant = clock.instant.replace(year=2027, month=1, day=15, hour=15, minute=59)
    assert "已超期" not in web(world.li_na).get(f"/e/{world.slug}/projects/{project}").text
    assert overdue() == []
    clock.forward(minutes=1)
    assert "已超期" in web(world.li_na).get(f"/e/{world.slug}/projects/{project}").text
    assert "2 件超期" in web(world.li_na).get(f"/e/{world.slug}/projects").text
    assert [(task.due_on, task.who) for task in overdue()] == [(date(2027, 1, 15), "居委会")] * 2


def test_a_supervisor_settles_with_a_photo_and_the_committee_the_last_one(
    web, world, talk, project, tasks, database
) -> None:
    desk, public = f"/desk/{world.slug}/projects/{project}", f"/e/{world.slug}/projects/{project}"
    zhao_min = web(world.zhao_min)
    assert zhao_min.get(desk).status_code == 200
    answer = zhao_min.post(
        f"{desk}/tasks/{tasks[0].id}",
        {"state": "done", "note": "图纸两种方案都交了"},
        files={"photo": ("现场.jpg", photo(), "image/jpeg")},
    )
    assert answer.status_code == 303
    page = web(world.li_na).get(public).text
    assert "图纸两种方案都交了" in page
    assert "/files/" in page
    last = {"state": "dropped", "note": "第一件已经包括，不用再办"}
    assert web(world.chen_jie).post(f"{desk}/tasks/{tasks[1].id}", last).status_code == 303
    assert "事项都办结了" in web(world.li_na).get(public).text
    with database.session(writing=False) as session:
        assert session.get_one(Proposal, talk.proposal_id).state is ProposalState.COMPLETED


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"state": "", "note": "图纸两种方案都交了"}, "state"),
        ({"state": "open", "note": "图纸两种方案都交了"}, "state"),
        ({"state": "done", "note": "好"}, "note"),
        ({"state": "done", "note": "长" * 501}, "note"),
    ],
)
def test_a_refused_ending_comes_back_at_its_task(web, world, project, tasks, sent, field) -> None:
    task = tasks[1].id
    answer = web(world.chen_jie).post(f"/desk/{world.slug}/projects/{project}/tasks/{task}", sent)
    assert answer.status_code == 422
    assert f'href="#f-{field}-{task}"' in answer.text
    assert sent["note"] in answer.text


def test_what_is_no_picture_is_refused(web, world, project, tasks) -> None:
    answer = web(world.chen_jie).post(
        f"/desk/{world.slug}/projects/{project}/tasks/{tasks[0].id}",
        {"state": "done", "note": "图纸两种方案都交了"},
        files={"photo": ("x.jpg", b"<svg>", "image/jpeg")},
    )
    assert answer.status_code == 422
    assert f"#f-photo-{tasks[0].id}" in answer.text


def test_a_task_ends_once(web, world, project, tasks) -> None:
    path = f"/desk/{world.slug}/projects/{project}/tasks/{tasks[0].id}"
    sent = {"state": "done", "note": "图纸两种方案都交了"}
    assert web(world.chen_jie).post(path, sent).status_code == 303
    assert web(world.chen_jie).post(path, sent).status_code == 409


def test_residents_settle_nothing_and_the_other_estate_finds_nothing(web, world, project, tasks) -> None:
    desk = f"/desk/{world.slug}/projects/{project}"
    sent = {"state": "done", "note": "图纸两种方案都交了"}
    assert web(world.li_na).get(desk).status_code == 403
    assert web(world.li_na).post(f"{desk}/tasks/{tasks[0].id}", sent).status_code == 403
    for path in (f"/e/{world.slug}/projects/{project}", f"/e/{world.slug}/projects", desk):
        assert web(world.stranger).get(path).status_code == 404
        assert web(world.zhou_tao).get(path).status_code == 404
    other = desk.replace(world.slug, world.other_slug)
    assert web(world.zhou_tao).get(other).status_code == 404
    assert web(world.zhou_tao).post(f"{other}/tasks/{tasks[0].id}", sent).status_code == 404


def test_a_task_of_another_project_is_not_found(web, world, project) -> None:
    sent = {"state": "done", "note": "图纸两种方案都交了"}
    path = f"/desk/{world.slug}/projects/{project}/tasks/{uuid4()}"
    assert web(world.chen_jie).post(path, sent).status_code == 404


def test_an_accepted_proposal_is_carried_out_without_a_vote(web, world, accepted, database) -> None:
    chen_jie, new = web(world.chen_jie), f"/desk/{world.slug}/projects/new"
    assert chen_jie.get(f"{new}?proposal={accepted}").status_code == 200
    given = {"id": str(uuid4()), "proposal": str(accepted)}
    assert chen_jie.post(new, given).status_code == 422
    rows = {"text": ["更换管网", ""], "who": ["", ""], "by": ["2027-01-15", ""]}
    refused = chen_jie.post(new, {**given, **rows})
    assert refused.status_code == 422
    assert "更换管网" in refused.text
    assert 'href="#f-who-1"' in refused.text
    rows["who"][0] = "自来水公司"
    assert chen_jie.post(new, {**given, **rows}).status_code == 303
    assert chen_jie.post(new, {**given, **rows}).status_code == 303
    with database.session(writing=False) as session:
        assert session.get_one(Proposal, accepted).state is ProposalState.IMPLEMENTING
    again = {**given, **rows, "id": str(uuid4())}
    assert chen_jie.post(new, again).status_code == 409
    assert web(world.li_na).post(new, again).status_code == 403


def test_the_list_goes_on_by_the_number_of_the_last_one(web, world, accepted, database, now) -> None:
    with database.transaction() as session:
        for number in range(1, 23):
            session.add(
                Project(
                    estate_id=world.estate_id,
                    number=number,
                    proposal_id=accepted,
                    title=f"项目之{number:02d}",
                    opened_by=world.chen_jie.account_id,
                    opened_at=now,
                )
            )
    li_na = web(world.li_na)
    first = li_na.get(f"/e/{world.slug}/projects").text
    assert "项目之22" in first
    assert "项目之02" not in first
    assert "?before=3" in first
    second = li_na.get(f"/e/{world.slug}/projects?before=3").text
    assert "项目之02" in second
    assert "项目之03" not in second
