"""A second person checks what staff bound to an account while a vote stands; who saw which ballot, and why."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_checked_bindings"
down_revision = "2026_11_23_restorations"
branch_labels = None
depends_on = None

UTC = sqlmodel.sql.sqltypes.UTCDateTime
TEXT = sqlmodel.sql.sqltypes.AutoString
GUARDS = (
    ("staff_binding_kept", "staff_binding", "DELETE", "1 = 1", "what staff bound stays on record"),
    (
        "staff_binding_fixed", "staff_binding",
        "UPDATE OF estate_id, owner_id, account_id, cause, acted_by, acted_at", "1 = 1",
        "what staff bound does not change",
    ),
    ("staff_binding_over", "staff_binding", "UPDATE", "OLD.checked_at IS NOT NULL", "a binding is checked once"),
    *only_grows(("ballot_look",)),
)


def upgrade() -> None:
    op.create_table(
        "staff_binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Enum("claim", "phone", "desk", "desk_code", "merge", "letter", name="cause", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("acted_by", sa.Uuid(), nullable=False),
        sa.Column("acted_at", UTC(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("checked_at", UTC(), nullable=True),
        sa.Column("looked_at", TEXT(length=1000), nullable=False),
        sa.CheckConstraint("(checked_by IS NULL) = (checked_at IS NULL)", name=op.f("ck_staff_binding_checked")),
        sa.CheckConstraint("checked_by IS NULL OR (checked_by <> acted_by AND checked_by <> account_id)", name=op.f("ck_staff_binding_second_person")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_staff_binding_account_id")),
        sa.ForeignKeyConstraint(["acted_by"], ["account.id"], name=op.f("fk_staff_binding_acted_by")),
        sa.ForeignKeyConstraint(["checked_by"], ["account.id"], name=op.f("fk_staff_binding_checked_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_staff_binding_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_binding")),
    )
    op.create_index("ix_staff_binding_owner", "staff_binding", ["owner_id", "account_id"])
    op.create_index("ix_staff_binding_estate", "staff_binding", ["estate_id", "acted_at"])
    op.create_table(
        "owner_phone",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("phone", TEXT(length=20), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", UTC(), nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["account.id"], name=op.f("fk_owner_phone_entered_by")),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name=op.f("fk_owner_phone_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "phone", name=op.f("pk_owner_phone")),
    )
    op.create_table(
        "ballot_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum("scan", "sample", "package", name="kind", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("staff_name", TEXT(length=50), nullable=False),
        sa.Column("reason", TEXT(length=200), nullable=False),
        sa.Column("at", UTC(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["account.id"], name=op.f("fk_ballot_look_staff_id")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_ballot_look_vote_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_look")),
    )
    op.create_index("ix_ballot_look_vote", "ballot_look", ["vote_id", "unit_id"])
    for column in (
        sa.Column("waits_since", UTC(), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("entered_at", UTC(), nullable=True),
    ):
        op.add_column("owner", column)
    # Letters and ballots from before have neither: they bound at once, and their witness was a typed name.
    op.add_column("household_code", sa.Column("singled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("assisted_ballot", sa.Column("witness_id", sa.Uuid(), nullable=True))
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    op.drop_column("assisted_ballot", "witness_id")
    op.drop_column("household_code", "singled")
    for column in ("entered_at", "entered_by", "waits_since"):
        op.drop_column("owner", column)
    op.drop_table("ballot_look")
    op.drop_table("owner_phone")
    op.drop_table("staff_binding")
