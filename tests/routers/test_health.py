"""What a watcher is told: one word, and never why."""

import sqlalchemy as sa

from app.rules.drift import ClockWatch
from app.services import health


def test_a_running_process_says_ok(web):
    answer = web().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "set-cookie" not in answer.headers


def test_a_process_with_its_database_is_ready(web):
    answer = web().get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_database_that_does_not_answer_is_named_without_details(web, app, monkeypatch):
    def refuse(**_):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("password=secret"))

    monkeypatch.setattr(app.state.database, "session", refuse)
    answer = web().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "database\n")
    assert web().get("/healthz").status_code == 200


def test_a_schema_behind_the_release_is_not_ready(web, database):
    with database.transaction() as session:
        session.connection().execute(sa.text("UPDATE alembic_version SET version_num = 'of_yesterday'"))
    answer = web().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "migrations\n")


def test_a_database_never_migrated_is_not_ready(web, database):
    with database.transaction() as session:
        session.connection().execute(sa.text("DROP TABLE alembic_version"))
    assert web().get("/readyz").text == "migrations\n"


def test_a_full_disk_is_not_ready(web, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 60)
    answer = web().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "disk\n")


def test_a_data_directory_that_is_gone_is_not_ready(web, app, tmp_path):
    app.state.settings.data_dir = tmp_path / "gone"
    assert web().get("/readyz").text == "disk\n"


def test_a_clock_that_jumped_is_named_and_counted(app, web, clock, monkeypatch):
    app.state.clock_watch = ClockWatch(clock, lambda: 0.0)
    assert web().get("/readyz").text == "ok\n"
    monkeypatch.setattr("app.routers.metrics._may_read", lambda _: True)
    assert "haoshangliang_clock_believed 1.0" in web().get("/metrics").text
    clock.forward(seconds=6)
    answer = web().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "clock\n")
    figures = web().get("/metrics").text
    assert "haoshangliang_clock_drift_seconds 6.0" in figures
    assert "haoshangliang_clock_believed 0.0" in figures
    assert web().get("/healthz").status_code == 200
    clock.forward(seconds=-6)
    assert web().get("/readyz").status_code == 200
