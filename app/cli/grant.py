"""`grant`: give or end a role from the command line; how an installation gets its first committee worker."""

from __future__ import annotations

import sys
from uuid import UUID

from sqlmodel import Session

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import NotFound, Refusal
from app.models.base import NO_ID
from app.rules.accounts import Duty, Role, mask_phone
from app.services.accounts.grants import end_grant, find_grant, grant_role, list_grants
from app.services.accounts.people import ensure_account, find_account
from app.services.estates.standing import find_estate
from app.services.trail import Actor

USAGE = "grant [--end] PHONE ROLE ESTATE [DUTY]   (to end, an account id may stand for PHONE; ROLE: {}; operators need no estate: use -; DUTY: {})"


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for one that is refused."""
    ending = argv[:1] == ["--end"]
    words = argv[1:] if ending else argv
    try:
        phone, role, slug = words[0], Role(words[1]), words[2]
        duty = Duty(words[3]) if len(words) > 3 else Duty.NONE
    except (IndexError, ValueError):
        print(USAGE.format(" ".join(Role), " ".join(Duty)), file=sys.stderr)
        return 2
    settings, now = Settings(), utc_now()
    database = Database(settings.resolved_database_url())
    try:
        with database.transaction() as session:
            estate_id = NO_ID if slug == "-" else find_estate(session, slug=slug).id
            actor = Actor(NO_ID, "命令行")
            if ending:
                try:
                    account_id = _account_of(session, phone)
                except NotFound:
                    _show_holders(session, estate_id)
                    raise
                grant_id = find_grant(
                    session, account_id=account_id, estate_id=estate_id, role=role, duty=duty
                )
                end_grant(session, grant_id=grant_id, estate_id=estate_id, actor=actor, now=now)
            else:
                account_id = ensure_account(session, phone=phone, name="", now=now)
                grant_role(
                    session,
                    account_id=account_id,
                    estate_id=estate_id,
                    role=role,
                    duty=duty,
                    actor=actor,
                    now=now,
                )
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        database.close()
    print(f"{'ended' if ending else 'granted'}: {role} {duty if duty is not Duty.NONE else ''}".rstrip())
    return 0


def _account_of(session: Session, word: str) -> UUID:
    """By its id too: an account whose number went to somebody else has no other name."""
    try:
        return UUID(word)
    except ValueError:
        return find_account(session, phone=word)


def _show_holders(session: Session, estate_id: UUID) -> None:
    """Whoever looks for a number that is gone finds the account's id here."""
    for line in list_grants(session, estate_id=estate_id):
        print(
            line.account_id, line.role, line.duty, mask_phone(line.phone) or "-", line.name, file=sys.stderr
        )
