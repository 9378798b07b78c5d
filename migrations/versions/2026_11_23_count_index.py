"""All that a count reads of a home stands in one index."""

from alembic import op

revision = "2026_11_23_count_index"
down_revision = "2026_11_23_checked_bindings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_roll_entry_count", "roll_entry", ["vote_id", "unit_id", "revision", "struck", "area", "head_key"]
    )


def downgrade() -> None:
    op.drop_index("ix_roll_entry_count", table_name="roll_entry")
