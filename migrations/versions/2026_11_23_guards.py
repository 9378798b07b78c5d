"""Triggers: logs only grow, what was posted does not change, and no ballot follows the closing."""

from alembic import op

from migrations.guards import only_grows, put_up, take_down

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

GUARDS = (*only_grows(APPEND_ONLY), *CONDITIONAL)


def upgrade() -> None:
    put_up(GUARDS)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION guard_truncate() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'logs are not emptied'; END $$"
        )
        for table in (*APPEND_ONLY, "ballot_secret"):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION guard_truncate()"
            )


def downgrade() -> None:
    take_down(GUARDS)
    if op.get_bind().dialect.name == "postgresql":
        for table in (*APPEND_ONLY, "ballot_secret"):
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute("DROP FUNCTION guard_truncate()")
