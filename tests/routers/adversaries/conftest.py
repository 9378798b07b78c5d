"""One furnished database for all walks of a run; each module works on a copy, so that it may do harm."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from tests.browser.furnished import furnish
from tests.browser.site import load_demo
from tests.fixtures.time import Clock
from tests.fixtures.web import Browser, make_app
from tests.fixtures.world import Somebody
from tests.routers.adversaries.estates import Two, settle


@dataclass(frozen=True)
class Site:
    """An app over a furnished database, its clock stopped."""

    app: FastAPI
    client: TestClient
    database: Database
    clock: Clock
    two: Two

    def browser(self, somebody: Somebody | None = None) -> Browser:
        return Browser(self.client, self.app.state.secret, somebody)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Two, Clock]:
    folder = tmp_path_factory.mktemp("two-estates")
    load_demo(folder)
    furnish(folder)
    database, clock = Database(f"sqlite:///{folder / 'haoshangliang.db'}"), Clock(utc_now())
    with database.transaction() as session:
        two = settle(session, clock())
    database.close()
    return folder, two, clock


@pytest.fixture(scope="module")
def site(furnished: tuple[Path, Two, Clock], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    source, two, clock = furnished
    folder = Path(shutil.copytree(source, tmp_path_factory.mktemp("copy") / "data"))
    yield from open_site(folder, two, Clock(clock()))


def open_site(folder: Path, two: Two, clock: Clock) -> Iterator[Site]:
    """The app over a folder, closed after use."""
    database = Database(f"sqlite:///{folder / 'haoshangliang.db'}")
    settings = Settings(
        _env_file=None,
        data_dir=folder,
        database_url=database.url,
        worker="separate",
        demo=True,
        staff_second_factor="offered",
        # A walk asks some hundred times within a minute; refused for that, it would show nothing.
        rate_per_address=0,
        rate_per_account=0,
        records_per_account=0,
    )
    app = make_app(settings, clock)
    with TestClient(app, base_url="http://testserver", raise_server_exceptions=False) as client:
        yield Site(app, client, database, clock, two)
    database.close()
