"""The doctor reads the chains, the checkpoints, the outbox and the clocks, and doubts what does not hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app.services.doctor import Patient, examine
from tests.fixtures.evidence import Kept
from tests.services.votes.test_checkpoints import meddle

HOUR = timedelta(hours=1)


def doubts(kept: Kept, folder: Path, at: datetime) -> str:
    patient = Patient(
        database=kept.database,
        data_dir=folder,
        secret=kept.secret,
        key_file=None,
        read_clock=lambda: at,
    )
    return "\n".join(found.sentence for found in examine(patient) if not found.well)


def test_what_happened_to_a_vote_is_found(kept, tmp_path) -> None:
    at = kept.vote.opens_at + 3 * HOUR + timedelta(minutes=1)
    assert "等了十分钟以上" in doubts(kept, tmp_path, at)
    meddle(kept, "UPDATE message SET sent_at = created_at")
    said = doubts(kept, tmp_path, at)
    assert not any(word in said for word in ("事件链", "存证点", "短信", "将来", "结构"))
    assert "在将来" in doubts(kept, tmp_path, kept.vote.opens_at - HOUR)
    meddle(kept, "UPDATE message SET channel = 'sms', failed_at = created_at, sent_at = NULL")
    assert "没有发成" in doubts(kept, tmp_path, at)
    meddle(kept, "UPDATE ballot_event SET head = 'ab' WHERE seq = 4")
    assert "第 4 号事件的链值对不上" in doubts(kept, tmp_path, at)
    meddle(kept, "DELETE FROM checkpoint")
    assert "存证点到时没有做" in doubts(kept, tmp_path, at)
    with kept.database.transaction() as session:
        session.connection().execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    assert "最新的结构" in doubts(kept, tmp_path, at)
