"""A later closing waits for a second person before an open vote is extended."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import put_up, take_down

revision = "2026_11_23_extension"
down_revision = "2026_11_23_order_indexes"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'open'")
GUARDS = (
    ("extension_kept", "vote_extension", "DELETE", "1 = 1", "an extension is refused, not deleted"),
    (
        "extension_fixed", "vote_extension", "UPDATE",
        "OLD.state <> 'open' OR NEW.vote_id <> OLD.vote_id OR NEW.closes_at <> OLD.closes_at "
        "OR NEW.reason <> OLD.reason OR NEW.proposed_by <> OLD.proposed_by",
        "an extension is confirmed as it was proposed",
    ),
)


def upgrade() -> None:
    op.create_table(
        "vote_extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("closes_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("state", sa.Enum("open", "confirmed", "refused", name="state", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)", name=op.f("ck_vote_extension_two_persons")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_vote_extension_decided_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_vote_extension_proposed_by")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_vote_extension_vote_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote_extension")),
    )
    op.create_index("ix_vote_extension_vote_id", "vote_extension", ["vote_id"])
    op.create_index("uq_vote_extension_waiting", "vote_extension", ["vote_id"], unique=True, sqlite_where=WAITING, postgresql_where=WAITING)
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    op.drop_table("vote_extension")
