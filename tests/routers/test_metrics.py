"""What Prometheus reads: counts by pattern and never by anybody's address, for this machine or with the token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.config import Settings
from app.jobs.schedule import Worker
from app.services import outbox
from app.services.outbox import Draft

TOKEN = "a token of forty letters for the watcher"


@pytest.fixture
def watcher(app):
    with TestClient(app, client=("127.0.0.1", 50000), raise_server_exceptions=False) as client:
        yield client


def figures(client, **options):
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = [line for family in text_string_to_metric_families(answer.text) for line in family.samples]
    return {(line.name, *(value for _, value in sorted(line.labels.items()))): line.value for line in samples}


def test_answers_are_counted_by_pattern_and_no_slug_id_or_query_is_a_label(watcher, world, vote):
    path = f"/e/{world.slug}/votes/{vote.id}"
    for _ in range(3):
        watcher.get(f"{path}?q=secret-word", follow_redirects=False)
    watcher.head(path, follow_redirects=False)
    watcher.get("/no-such-place-anywhere")
    watcher.get("/static/no-such-file-anywhere.css")
    watcher.get("/open311/v2/requests/12345.json")
    watcher.post("/sign-in", data={})
    watcher.request("BREW", "/sign-in")
    found = figures(watcher)
    pattern = "/e/{slug}/votes/{vote_id}"
    name = next(key[2] for key in found if key[0] == "haoshangliang_requests_total" and pattern in key[2])
    assert found["haoshangliang_requests_total", "GET", name, "3xx"] == 4
    assert found["haoshangliang_request_seconds_count", "GET", name] == 4
    assert found["haoshangliang_requests_total", "GET", "unmatched", "4xx"] == 1
    assert found["haoshangliang_requests_total", "GET", "/static/*", "4xx"] == 1
    assert found["haoshangliang_requests_total", "GET", "/open311/v2/requests/{tail}", "4xx"] == 1
    assert found["haoshangliang_requests_total", "POST", "/sign-in", "4xx"] == 1
    text = watcher.get("/metrics").text
    for trace in (world.slug, str(vote.id), "secret-word", "anywhere", "12345", "BREW"):
        assert trace not in text


def test_no_figure_tells_one_step_of_a_mediation_from_another(watcher, world):
    room = f"/e/{world.slug}/mediation"
    for path in (f"/e/{world.slug}/matters", room, f"{room}/new", f"{room}/{world.estate_id}/agreement"):
        watcher.get(path, follow_redirects=False)
    for deed in ("stop", "agreement/confirm", "release"):
        watcher.post(f"{room}/{world.estate_id}/{deed}", data={}, follow_redirects=False)
    counted = [key for key in figures(watcher) if key[0] == "haoshangliang_requests_total"]
    assert {key[2] for key in counted} == {"/e/{slug}/matters"}
    assert "mediation" not in watcher.get("/metrics").text


def test_a_fault_counts_as_one(app, watcher, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("app.dependencies.find_person", fail)
    watcher.get("/me", headers={"cookie": "session=" + "x" * 40})
    assert figures(watcher)["haoshangliang_requests_total", "GET", "/me", "5xx"] == 1


def test_the_outbox_the_pools_and_the_process_are_told(watcher, database, world, clock):
    with database.transaction() as session:
        for key, minutes in (("a", 0), ("b", 5)):
            due = clock() - timedelta(minutes=minutes)
            outbox.post(session, Draft(key=key, template="home_joined", now=due, phone="+8613900001111"))
        outbox.post(session, Draft(key="c", template="home_joined", now=clock(), phone="+8613900002222"))
        (third,) = [letter for letter in outbox.list_recent(session) if letter.phone == "+8613900002222"]
        outbox.settle_failed(session, message_id=third.id, now=clock(), error="no", permanent=True)
    found = figures(watcher)
    assert found["haoshangliang_messages", "waiting"] == 2
    assert found["haoshangliang_messages", "failed"] == 1
    assert found["haoshangliang_message_oldest_seconds",] == 300
    assert found["haoshangliang_database_up",] == 1
    assert found["haoshangliang_database_connections", "reading", "size"] == 5
    assert found["process_resident_memory_bytes",] > 1_000_000


def test_each_job_says_when_it_last_ended_well(app, watcher, clock, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("app.jobs.tidy.tick", fail)
    state = app.state
    state.worker = Worker(state.database, state.settings, state.secret, clock)
    state.worker.tick()
    clock.forward(seconds=90)
    found = figures(watcher)
    assert found["haoshangliang_job_age_seconds", "votes"] == 90
    assert ("haoshangliang_job_age_seconds", "tidy") not in found


def test_a_database_that_does_not_answer_is_told_and_not_a_fault(watcher, app, monkeypatch):
    import sqlalchemy as sa

    def refuse(**_):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("password=secret"))

    monkeypatch.setattr(app.state.database, "session", refuse)
    assert figures(watcher)["haoshangliang_database_up",] == 0


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        (("127.0.0.1", 1), {}, 200),
        (("::1", 1), {}, 200),
        (("127.0.0.1", 1), {"x-forwarded-for": "203.0.113.5"}, 404),
        (("127.0.0.1", 1), {"forwarded": "for=127.0.0.1"}, 404),
        (("10.0.0.7", 1), {}, 404),
        (("10.0.0.7", 1), {"x-forwarded-for": "127.0.0.1"}, 404),
        (("10.0.0.7", 1), {"authorization": "Bearer "}, 404),
        (("10.0.0.7", 1), {"authorization": "Bearer wrong"}, 404),
        (("10.0.0.7", 1), {"authorization": f"Bearer {TOKEN}"}, 404),
    ],
)
def test_without_a_token_only_this_machine_reads_them(app, client, headers, status):
    assert TestClient(app, client=client).get("/metrics", headers=headers).status_code == status


def test_with_the_token_another_machine_reads_them_and_nobody_without(app):
    app.state.settings = Settings(**{**app.state.settings.model_dump(), "metrics_token": TOKEN})
    far = TestClient(app, client=("10.0.0.7", 1))
    assert far.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in ("", TOKEN, f"bearer-{TOKEN}", f"Bearer {TOKEN[:-1]}", "Bearer 错".encode()):
        assert far.get("/metrics", headers={"authorization": wrong}).status_code == 404
    assert far.get("/metrics").status_code == 404
