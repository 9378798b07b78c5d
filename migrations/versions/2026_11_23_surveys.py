"""Questionnaires in editions, and the answers of homes and persons."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_surveys"
down_revision = "2026_11_23_guides"
branch_labels = None
depends_on = None

GUARDS = (
    *only_grows(["survey_edition", "answer_sheet"]),
    ("survey_kept", "survey", "DELETE", "OLD.published_at IS NOT NULL", "a survey that was opened is not deleted"),
    (
        "survey_fixed", "survey", "UPDATE",
        "NEW.estate_id <> OLD.estate_id OR NEW.number <> OLD.number OR (OLD.published_at IS NOT NULL AND ("
        "NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR NEW.opens_at <> OLD.opens_at "
        "OR NEW.per <> OLD.per OR NEW.reach <> OLD.reach OR NEW.building <> OLD.building OR NEW.entrance <> OLD.entrance))",
        "whom an opened survey asks does not change",
    ),
)


def upgrade() -> None:
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("per", sa.Enum("home", "person", name="per", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("reach", sa.Enum("estate", "building", "entrance", name="reach", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("building", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("entrance", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("shows_participation", sa.Boolean(), nullable=False),
        sa.Column("opens_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("closes_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("invited_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("reminded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "published_at IS NULL OR (opens_at IS NOT NULL AND closes_at IS NOT NULL AND closes_at >= opens_at)",
            name=op.f("ck_survey_published_has_window"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_survey_created_by")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_survey_estate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey")),
        sa.UniqueConstraint("estate_id", "number", name=op.f("uq_survey_estate_id_number")),
    )
    op.create_table(
        "survey_edition",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["account.id"], name=op.f("fk_survey_edition_by")),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_survey_edition_survey_id")),
        sa.PrimaryKeyConstraint("survey_id", "number", name=op.f("pk_survey_edition")),
    )
    op.create_table(
        "answer_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("filled_by", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Enum("phone", "door", name="channel", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("age", sa.Enum("18-39", "40-59", "60-69", "70+", "not_said", name="age", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("band", sa.Enum("low", "middle", "high", name="band", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("building", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("consented", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_answer_sheet_version_counts_from_one")),
        sa.CheckConstraint("subject_id = unit_id OR subject_id = account_id", name=op.f("ck_answer_sheet_subject_is_known")),
        sa.CheckConstraint("(channel = 'door') = (account_id IS NULL)", name=op.f("ck_answer_sheet_door_has_no_account")),
        sa.CheckConstraint("account_id IS NULL OR account_id = filled_by", name=op.f("ck_answer_sheet_own_sheet_is_own")),
        sa.CheckConstraint("channel <> 'door' OR consented", name=op.f("ck_answer_sheet_door_has_consent")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_answer_sheet_account_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_answer_sheet_estate_id")),
        sa.ForeignKeyConstraint(["filled_by"], ["account.id"], name=op.f("fk_answer_sheet_filled_by")),
        sa.ForeignKeyConstraint(
            ["survey_id", "edition"], ["survey_edition.survey_id", "survey_edition.number"], name=op.f("fk_answer_sheet_survey_id_edition")
        ),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_answer_sheet_survey_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_answer_sheet_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_sheet")),
        sa.UniqueConstraint("survey_id", "subject_id", "version", name=op.f("uq_answer_sheet_survey_id_subject_id_version")),
    )
    op.create_index("ix_answer_sheet_account_id", "answer_sheet", ["account_id"])
    op.create_index("ix_answer_sheet_estate_received", "answer_sheet", ["estate_id", "received_at"])
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    op.drop_table("answer_sheet")
    op.drop_table("survey_edition")
    op.drop_table("survey")
