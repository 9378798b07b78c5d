"""`demo`: load the demo estate once: a register as offices write them, people to sign in as, and votes in every state."""

from __future__ import annotations

import json
from uuid import UUID

from app.cli.demo.story import tell
from app.cli.migrate import upgrade
from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.services.accounts.proofs import mark_proved
from app.services.estates.standing import list_estates


def run(_argv: list[str]) -> int:
    """Does nothing when an estate is there already."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.resolved_database_url())
    database = Database(settings.resolved_database_url())
    try:
        with database.session(writing=False) as session:
            if list_estates(session):
                return 0
        now = utc_now()
        people = tell(database, settings, now=now)
        with database.transaction() as session:
            # Their stories began long ago; their telephones are in use today.
            for person in people:
                mark_proved(session, account_id=UUID(person["account_id"]), now=now)
        path = settings.data_dir / "demo-people.json"
        path.write_text(json.dumps(people, ensure_ascii=False, indent=1), encoding="utf-8")
    finally:
        database.close()
    return 0
