"""What was restored from a backup, how far each running vote went then, and who took note of it."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import put_up, take_down
from migrations.words import change_words

revision = "2026_11_23_restorations"
down_revision = "2026_11_23_proved_phones"
branch_labels = None
depends_on = None

OLD = ("notice", "roll_amend", "open", "cast", "kept", "extend", "close", "annul")
NEW = (*OLD, "epoch")
GUARDS = (
    ("restoration_kept", "restoration", "DELETE", "1 = 1", "a restoration is kept"),
    (
        "restoration_fixed", "restoration", "UPDATE",
        "OLD.accepted_at IS NOT NULL OR NEW.accepted_at IS NULL OR NEW.id <> OLD.id OR NEW.taken_at <> OLD.taken_at "
        "OR NEW.restored_at <> OLD.restored_at OR NEW.revision <> OLD.revision",
        "a restoration is accepted once and does not change",
    ),
    ("restored_vote_kept", "restored_vote", "DELETE", "1 = 1", "a restored vote is kept"),
    (
        "restored_vote_fixed", "restored_vote", "UPDATE",
        "NEW.vote_id <> OLD.vote_id OR NEW.restoration_id <> OLD.restoration_id OR NEW.head_seq <> OLD.head_seq "
        "OR NEW.head_hash <> OLD.head_hash OR NEW.witnessed < OLD.witnessed",
        "only what was witnessed grows",
    ),
)


def instant() -> sqlmodel.sql.sqltypes.UTCDateTime:
    return sqlmodel.sql.sqltypes.UTCDateTime()


def text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    op.create_table(
        "restoration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("taken_at", instant(), nullable=False),
        sa.Column("restored_at", instant(), nullable=False),
        sa.Column("revision", text(60), nullable=False),
        sa.Column("accepted_at", instant(), nullable=True),
        sa.Column("accepted_by", text(50), nullable=False),
        sa.Column("accept_reason", text(2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restoration")),
    )
    op.create_table(
        "restored_vote",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("restoration_id", sa.Uuid(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", text(64), nullable=False),
        sa.Column("witnessed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_restored_vote_vote_id")),
        sa.ForeignKeyConstraint(["restoration_id"], ["restoration.id"], name=op.f("fk_restored_vote_restoration_id")),
        sa.PrimaryKeyConstraint("vote_id", "restoration_id", name=op.f("pk_restored_vote")),
    )
    op.create_index(op.f("ix_restored_vote_restoration_id"), "restored_vote", ["restoration_id"])
    op.add_column("vote", sa.Column("resumed_at", instant(), nullable=True))
    put_up(GUARDS)
    change_words("ballot_event", "kind", "kind", OLD, NEW)


def downgrade() -> None:
    change_words("ballot_event", "kind", "kind", NEW, OLD)
    take_down(GUARDS)
    op.drop_column("vote", "resumed_at")
    op.drop_table("restored_vote")
    op.drop_table("restoration")
