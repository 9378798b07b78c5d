"""A plausible value for every name a handler reads from a form: ids of the demo estate's rows, and words that fit."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from tests.routers.adversaries.addresses import Address, _plain

_FILES = {"photo", "photos", "scan", "scans", "file", "document", "documents", "sheet"}
_IDS = {
    "unit": "SELECT unit_id FROM roll_entry",
    "unit_id": "SELECT unit_id FROM roll_entry",
    "home": "SELECT unit_id FROM roll_entry",
    "owner": "SELECT owner_id FROM ownership",
    "owner_id": "SELECT owner_id FROM ownership",
    "other_id": "SELECT owner_id FROM ownership ORDER BY owner_id DESC",
    "account_id": "SELECT account_id FROM credit_member",
    "person": "SELECT account_id FROM credit_member",
    "mediator": "SELECT mediator_id FROM mediation_case WHERE mediator_id IS NOT NULL",
    "proposal": "SELECT id FROM proposal WHERE state = 'accepted'",
    "into": "SELECT id FROM proposal WHERE state = 'gathering'",
    "order": "SELECT order_id FROM joiner",
    "n": "SELECT order_id FROM joiner",
    "party": "SELECT id FROM party",
    "place": "SELECT place_id FROM warranty_item",
    "above": "SELECT id FROM place",
    "guide": "SELECT id FROM guide",
    "subject": "SELECT id FROM vote",
    "survey": "SELECT id FROM survey",
    "objection": "SELECT id FROM objection",
    "entry": "SELECT id FROM credit_entry",
    "who": "SELECT account_id FROM meeting_attendance WHERE account_id IS NOT NULL",
    "moderators": "SELECT account_id FROM role_grant",
    "chosen": "SELECT account_id FROM credit_member",
    "charges": "SELECT service_id FROM fee_charge",
    "thread": "SELECT thread_id FROM post",
}
_WORDS = {
    "kind": "notice",
    "act": "accept",
    "choice": "for",
    "stance": "concern",
    "why": "off_topic",
    "decision": "uphold",
    "role": "committee",
    "phone": "13900008888",
    "number": "1",
    "seq": "1",
    "revision": "1",
    "position": "1",
    "hours": "2",
    "points": "5",
    "stock": "3",
    "amount": "10",
    "area": "80.00",
    "floor": "1",
    "building": "1",
    "entrance": "1",
    "month": "2026-11",
    "year": "2026",
    "quarter": "2026-3",
    "mark": "agree",
    "answer": "yes",
    "has_read": "yes",
    "sure": "yes",
    "on": "yes",
    "checked": "yes",
}
_DAYS = (
    "day",
    "first",
    "last",
    "valid_from",
    "valid_to",
    "valid_until",
    "on_day",
    "due_on",
    "signed_on",
    "posted_on",
)


class Forms:
    """The forms an attacker fills in, all about the rows of an estate that is not his."""

    def __init__(self, connection: sa.Connection) -> None:
        rows = {name: connection.execute(sa.text(query)).scalar() for name, query in _IDS.items()}
        self.known: dict[str, str] = {name: _plain(value) for name, value in rows.items()} | _WORDS

    def filled(self, address: Address) -> dict[str, Any]:
        """What to send: the names the handler declares, or all names there are where it reads the form by itself."""
        names = [name for name in address.fields if name not in _FILES] or list(self.known)
        words = {name: self.word(name) for name in (*names, "id")}
        files = {name: ("a.txt", b"text", "text/plain") for name in address.fields if name in _FILES}
        return {"data": words, **({"files": files} if files else {})}

    def word(self, name: str) -> str:
        if name in {"id", "key", "claim_id", "import_id"}:
            return str(uuid4())
        if name in _DAYS:
            return "2026-11-20"
        return self.known.get(name, "理由写得足够长的一句话")
