"""Co-owners of a home name who casts their ballot, and each of them agrees."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_representatives"
down_revision = "2026_11_23_extension"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
GUARDS = (
    *only_grows(("representative_consent",)),
    ("naming_kept", "representative_naming", "DELETE", "1 = 1", "a naming is withdrawn, not deleted"),
    (
        "naming_fixed", "representative_naming",
        "UPDATE OF estate_id, unit_id, owner_id, proposed_by, proposed_at", "1 = 1",
        "what co-owners are asked does not change",
    ),
    ("naming_over", "representative_naming", "UPDATE", "OLD.state <> 'open'", "a naming that has ended does not change"),
)


def upgrade() -> None:
    op.create_table(
        "representative_naming",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Enum("open", "agreed", "refused", "withdrawn", "void", name="state", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_representative_naming_ended")),
        sa.CheckConstraint("paper_id IS NULL OR (state = 'agreed' AND ended_by IS NOT NULL)", name=op.f("ck_representative_naming_paper_confirmed")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_representative_naming_ended_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_representative_naming_estate_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["stored_file.id"], name=op.f("fk_representative_naming_paper_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_representative_naming_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representative_naming")),
    )
    op.create_index("ix_representative_naming_estate", "representative_naming", ["estate_id", "state"])
    op.create_index("uq_representative_naming_open", "representative_naming", ["unit_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "representative_consent",
        sa.Column("naming_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_representative_consent_account_id")),
        sa.ForeignKeyConstraint(["naming_id"], ["representative_naming.id"], name=op.f("fk_representative_consent_naming_id")),
        sa.PrimaryKeyConstraint("naming_id", "account_id", name=op.f("pk_representative_consent")),
    )
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    op.drop_table("representative_consent")
    op.drop_table("representative_naming")
