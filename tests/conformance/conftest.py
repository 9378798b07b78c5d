"""The server under test: our own on a free port, on both databases, or another one that the environment names.

OPEN311_URL           where GeoReport v2 begins, such as https://example.org/open311/v2
OPEN311_JURISDICTION  where it serves several
OPEN311_KEY           without one nothing is sent to it; with one, some dozens of reports are
OPEN311_SPOT          a latitude and a longitude inside of it, parted by a comma
OPEN311_ADDRESS_ID    an address id it knows
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlmodel import select

from app.clock import utc_now
from app.config import Settings
from app.main import create_app
from app.models.accounts import Account
from app.models.estates import Estate, Unit
from app.models.maintenance.places import Place, PlaceKind
from app.rules.estates.units import UnitKind, UnitStatus
from app.services.estates.units import lock_register
from app.services.maintenance.clients import add_client
from app.services.maintenance.open311 import note_services
from app.services.maintenance.places import grow_places
from app.services.trail import Actor
from tests.conformance.target import Target

NAMED = {
    name.removeprefix("OPEN311_").lower(): value
    for name, value in os.environ.items()
    if name.startswith("OPEN311_") and value
}
LAT, LONG = 31_299_379, 120_619_585


@pytest.fixture(scope="module", params=["named"] if NAMED else ["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A client's view of the server."""
    with httpx.Client(timeout=30) as http:
        if NAMED:
            lat, _, long = NAMED.get("spot", "").partition(",")
            yield Target(
                NAMED["url"].rstrip("/"),
                http,
                NAMED.get("key", ""),
                NAMED.get("jurisdiction", ""),
                (lat, long),
                NAMED.get("address_id", ""),
            )
            return
        kind = "sqlite" if request.param == "sqlite" else "postgres"
        databases = request.getfixturevalue(f"{kind}_databases")
        url = databases.new()
        try:
            with _own_server(url, tmp_path_factory.mktemp("open311"), http) as own:
                yield own
        finally:
            databases.drop(url)


@contextmanager
def _own_server(database_url: str, folder: Path, http: httpx.Client) -> Iterator[Target]:
    """A real server in a thread of this process, with two estates in it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    root = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        _env_file=None,
        data_dir=folder,
        database_url=database_url.replace("postgresql://", "postgresql+psycopg://"),
        worker="separate",
        demo=False,
        secret_key="a secret for tests only, forty bytes long",
        public_url=root,
    )
    app = create_app(settings)
    with app.state.database.transaction() as session:
        now = utc_now()
        staff = Account(phone="+8613900001001", name="陈洁", created_at=now)
        estates = [
            Estate(slug=slug, name=name, committee_name="居委会", desk_phone=phone, created_at=now)
            for slug, name, phone in (
                ("xingfuli", "幸福里小区", "0512-65550101"),
                ("nanyuan", "南苑小区", "0512-65550202"),
            )
        ]
        session.add_all([staff, *estates])
        session.flush()
        estate_id = estates[0].id
        session.add(
            Unit(
                estate_id=estate_id,
                building="3",
                entrance="1",
                floor=1,
                room="101",
                area=8000,
                kind=UnitKind.DWELLING,
                status=UnitStatus.NORMAL,
            )
        )
        session.flush()
        lock_register(session, estate_id=estate_id)
        grow_places(session, estate_id=estate_id)
        kind = Place.estate_id == estate_id, Place.kind == PlaceKind.BUILDING
        building = session.exec(select(Place).where(*kind)).one()
        building.lat, building.long = LAT, LONG
        key = add_client(
            session,
            estate_id=estate_id,
            name="conformance",
            contact="",
            daily=10_000,
            actor=Actor(staff.id, staff.name),
            now=now,
        )
        note_services(session, now=now)
        code = building.code
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    spot = (f"{LAT / 1e6:.6f}", f"{LONG / 1e6:.6f}")
    try:
        yield Target(f"{root}/open311/v2", http, key, "xingfuli", spot, code)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
