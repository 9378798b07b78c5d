"""Mediation cases, kept from everyone but their parties and their mediator."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_mediation"
down_revision = "2026_11_23_meetings"
branch_labels = None
depends_on = None

GROWS = (
    "mediation_agreement",
    "mediation_claim",
    "mediation_court",
    "mediation_file",
    "mediation_log",
    "mediation_message",
    "mediation_note",
    "mediation_remark",
    "mediation_signature",
)
STATE = "(SELECT state FROM mediation_case WHERE id = {row}.case_id)"
GUARDS = (
    *only_grows(GROWS),
    ("mediation_case_kept", "mediation_case", "DELETE", "1 = 1", "a case is ended, not deleted"),
    (
        "mediation_case_fixed", "mediation_case", "UPDATE",
        "NEW.estate_id <> OLD.estate_id OR NEW.year <> OLD.year OR NEW.number <> OLD.number OR NEW.opened_by <> OLD.opened_by "
        "OR NEW.opened_at <> OLD.opened_at OR (OLD.state IN ('agreed', 'failed', 'withdrawn') AND NEW.state <> OLD.state) "
        "OR (OLD.effective_on IS NOT NULL AND NEW.effective_on <> OLD.effective_on)",
        "what a case is stays, and what has ended does not begin again",
    ),
    (
        "mediation_party_kept", "mediation_party", "DELETE",
        f"{STATE.format(row='OLD')} <> 'preparing'", "a party that was asked stays one",
    ),
    (
        "mediation_party_fixed", "mediation_party", "UPDATE",
        "NEW.account_id <> OLD.account_id OR NEW.side <> OLD.side", "a party does not change sides",
    ),
    ("mediation_offer_kept", "mediation_offer", "DELETE", "1 = 1", "an offer is withdrawn, not deleted"),
    (
        "mediation_offer_fixed", "mediation_offer", "UPDATE",
        "OLD.state <> 'open' OR NEW.side <> OLD.side OR NEW.kind <> OLD.kind OR NEW.amount <> OLD.amount "
        "OR NEW.text <> OLD.text OR NEW.valid_until <> OLD.valid_until",
        "an offer is answered as it was made, once",
    ),
    (
        "mediation_agreement_frozen", "mediation_agreement", "INSERT",
        f"{STATE.format(row='NEW')} <> 'talking'", "no new version while one is being confirmed",
    ),
    ("mediation_check_kept", "mediation_check", "DELETE", "1 = 1", "a check is kept"),
    (
        "mediation_check_fixed", "mediation_check", "UPDATE",
        "NEW.due_on <> OLD.due_on OR NEW.what <> OLD.what OR (OLD.state <> 'waiting' AND NEW.state <> OLD.state)",
        "a check is settled once",
    ),
)


def upgrade() -> None:
    op.create_table(
        "mediation_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Enum("objection", "impact", "hand", name="origin", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("kind", sa.Enum("light", "noise", "privacy", "access", "value", "cost", "other", name="kind", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("objection_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("told", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("summary", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("state", sa.Enum("waiting", "preparing", "asking", "talking", "signing", "agreed", "failed", "withdrawn", name="state", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("mediator_id", sa.Uuid(), nullable=True),
        sa.Column("wished_id", sa.Uuid(), nullable=True),
        sa.Column("interest", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("target_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("target_told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("court_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("court_told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("conclusion", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'withdrawn') OR mediator_id IS NOT NULL", name=op.f("ck_mediation_case_has_mediator")),
        sa.CheckConstraint("state <> 'agreed' OR (effective_on IS NOT NULL AND court_until IS NOT NULL)", name=op.f("ck_mediation_case_takes_effect")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_mediation_case_estate_id")),
        sa.ForeignKeyConstraint(["mediator_id"], ["account.id"], name=op.f("fk_mediation_case_mediator_id")),
        sa.ForeignKeyConstraint(["objection_id"], ["objection.id"], name=op.f("fk_mediation_case_objection_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["account.id"], name=op.f("fk_mediation_case_opened_by")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_mediation_case_proposal_id")),
        sa.ForeignKeyConstraint(["wished_id"], ["account.id"], name=op.f("fk_mediation_case_wished_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_case")),
        sa.UniqueConstraint("estate_id", "year", "number", name=op.f("uq_mediation_case_estate_id_year_number")),
    )
    op.create_index("ix_mediation_case_estate_state", "mediation_case", ["estate_id", "state"])
    op.create_index("ix_mediation_case_mediator_id", "mediation_case", ["mediator_id"])
    op.create_index("ix_mediation_case_wished_id", "mediation_case", ["wished_id"])
    op.create_table(
        "mediation_agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_agreement_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_agreement_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_agreement")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_mediation_agreement_case_id_version")),
    )
    op.create_table(
        "mediation_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("state", sa.Enum("waiting", "performed", "partly", "not_performed", name="state", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_check_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_check")),
    )
    op.create_index("ix_mediation_check_case_id", "mediation_check", ["case_id"])
    op.create_table(
        "mediation_claim",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=True),
        sa.Column("between", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("distance IS NULL OR distance > 0", name=op.f("ck_mediation_claim_distance_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_claim_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_claim_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_mediation_claim")),
    )
    op.create_table(
        "mediation_court",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Enum("applied", "confirmed", "refused", name="mark", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("marked_on", sa.Date(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_court_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_court_case_id")),
        sa.PrimaryKeyConstraint("case_id", "mark", name=op.f("pk_mediation_court")),
    )
    op.create_table(
        "mediation_log",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("act", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_log_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_log_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_mediation_log")),
    )
    op.create_table(
        "mediation_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.Enum("a", "b", "mediator", name="seat", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("is_response", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_message_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_message_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_message")),
    )
    op.create_index("ix_mediation_message_case_id", "mediation_message", ["case_id"])
    op.create_table(
        "mediation_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_note_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_note_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_note")),
    )
    op.create_index("ix_mediation_note_case_id", "mediation_note", ["case_id"])
    op.create_table(
        "mediation_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Enum("a", "b", name="side", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("kind", sa.Enum("one_off", "yearly", "free_use", "no_running_cost", "sound_insulation", "glass", "move_shaft", "half_landing", "other", name="kind", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("valid_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("state", sa.Enum("open", "accepted", "declined", "withdrawn", "expired", name="state", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_mediation_offer_amount_not_negative")),
        sa.CheckConstraint("state <> 'expired'", name=op.f("ck_mediation_offer_expiry_follows_from_the_clock")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_offer_account_id")),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_mediation_offer_answered_by")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_offer_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_offer")),
    )
    op.create_index("ix_mediation_offer_case_id", "mediation_offer", ["case_id"])
    op.create_table(
        "mediation_party",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Enum("a", "b", name="side", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("home", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("consent", sa.Enum("asked", "given", "refused", "withdrawn", name="consent", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("added_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_party_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_party_case_id")),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_mediation_party")),
    )
    op.create_index("ix_mediation_party_account_id", "mediation_party", ["account_id"])
    op.create_table(
        "mediation_file",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_file_account_id")),
        sa.ForeignKeyConstraint(["agreement_id"], ["mediation_agreement.id"], name=op.f("fk_mediation_file_agreement_id")),
        sa.ForeignKeyConstraint(["case_id"], ["mediation_case.id"], name=op.f("fk_mediation_file_case_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_mediation_file_file_id")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_mediation_file")),
    )
    op.create_index("ix_mediation_file_case_id", "mediation_file", ["case_id"])
    op.create_table(
        "mediation_remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_remark_account_id")),
        sa.ForeignKeyConstraint(["check_id"], ["mediation_check.id"], name=op.f("fk_mediation_remark_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation_remark")),
    )
    op.create_index("ix_mediation_remark_check_id", "mediation_remark", ["check_id"])
    op.create_table(
        "mediation_signature",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.Enum("a", "b", "mediator", name="seat", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mediation_signature_account_id")),
        sa.ForeignKeyConstraint(["agreement_id"], ["mediation_agreement.id"], name=op.f("fk_mediation_signature_agreement_id")),
        sa.PrimaryKeyConstraint("agreement_id", "account_id", name=op.f("pk_mediation_signature")),
    )
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    for table in (
        "mediation_signature",
        "mediation_remark",
        "mediation_file",
        "mediation_party",
        "mediation_offer",
        "mediation_note",
        "mediation_message",
        "mediation_log",
        "mediation_court",
        "mediation_claim",
        "mediation_check",
        "mediation_agreement",
        "mediation_case",
    ):
        op.drop_table(table)
