"""Triggers: logs only grow, what was posted does not change, and no ballot follows the closing."""

from alembic import op

revision = "2026_11_23_guards"
down_revision = "2026_11_23_first_tables"
branch_labels = None
depends_on = None

# Table -> what is refused on it.
APPEND_ONLY = ("trail_row", "ballot_event", "roll_entry", "roll_voter", "vote_result", "publication")
FROZEN = (
    "estate_id, number, title, matter, text, scope_level, scope_building, scope_entrance, legal_mode, legal_basis, "
    "rules, cost, opens_at, closes_at, noticed_at, text_hash, roll_hash"
)
# name, table, event, condition on the row, sentence
CONDITIONAL = (
    ("vote_frozen", "vote", f"UPDATE OF {FROZEN}", "OLD.state <> 'draft'", "a noticed vote does not change"),
    ("vote_kept", "vote", "DELETE", "OLD.state <> 'draft'", "a noticed vote is kept"),
    ("secret_fixed", "ballot_secret", "UPDATE", "1 = 1", "a sealed ballot does not change"),
    (
        "attachment_added", "vote_attachment", "INSERT",
        "(SELECT state FROM vote WHERE id = NEW.vote_id) <> 'draft'", "attachments are frozen at notice",
    ),
    (
        "attachment_removed", "vote_attachment", "DELETE",
        "(SELECT state FROM vote WHERE id = OLD.vote_id) <> 'draft'", "attachments are frozen at notice",
    ),
    (
        "roll_fixed", "roll_entry", "INSERT",
        "(SELECT state FROM vote WHERE id = NEW.vote_id) NOT IN ('draft', 'noticed')", "the roll is fixed once the vote is open",
    ),
    (
        "nothing_after_close", "ballot_event", "INSERT",
        "NEW.kind IN ('cast', 'open', 'roll_amend') AND EXISTS "
        "(SELECT 1 FROM ballot_event e WHERE e.vote_id = NEW.vote_id AND e.kind = 'close')",
        "the vote is closed",
    ),
)


def _guards():
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            yield f"{table}_no_{event.lower()}", table, event, "1 = 1", f"{table} only grows"
    yield from CONDITIONAL


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, table, event, condition, sentence in _guards():
        if postgres:
            # A subquery may not stand in WHEN there, so the condition is tested inside the function.
            back = "OLD" if event == "DELETE" else "NEW"
            op.execute(
                f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN RAISE EXCEPTION '{sentence}'; END IF; RETURN {back}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{name}()")
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )
    if postgres:
        op.execute(
            "CREATE FUNCTION guard_truncate() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'logs are not emptied'; END $$"
        )
        for table in (*APPEND_ONLY, "ballot_secret"):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION guard_truncate()"
            )


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, table, *_ in _guards():
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgres else f"DROP TRIGGER {name}")
        if postgres:
            op.execute(f"DROP FUNCTION guard_{name}()")
    if postgres:
        for table in (*APPEND_ONLY, "ballot_secret"):
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute("DROP FUNCTION guard_truncate()")
