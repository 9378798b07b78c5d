"""Policy cards, where they are attached, and questions about them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_guides"
down_revision = "2026_11_23_representatives"
branch_labels = None
depends_on = None

ATTACHED = sa.text("removed_at IS NULL")
GUARDS = (
    *only_grows(["guide_revision", "guide_publication"]),
    ("guide_kept", "guide", "DELETE", "1 = 1", "a card is withdrawn, not deleted"),
    (
        "guide_goes_on", "guide", "UPDATE",
        "NEW.id <> OLD.id OR NEW.estate_id <> OLD.estate_id OR NEW.revision < OLD.revision "
        "OR NEW.published_revision < OLD.published_revision OR OLD.state = 'withdrawn' "
        "OR (OLD.state = 'published' AND NEW.state = 'draft')",
        "a card goes on and a withdrawn one does not change",
    ),
    ("guide_link_kept", "guide_link", "DELETE", "1 = 1", "a link is ended, not deleted"),
    (
        "guide_link_fixed", "guide_link", "UPDATE",
        "OLD.removed_at IS NOT NULL OR NEW.guide_id <> OLD.guide_id OR NEW.kind <> OLD.kind "
        "OR NEW.subject_id <> OLD.subject_id OR NEW.at <> OLD.at OR NEW.reason <> OLD.reason OR NEW.\"by\" <> OLD.\"by\"",
        "a link is ended once and stays what it was",
    ),
    ("guide_question_kept", "guide_question", "DELETE", "1 = 1", "a question is answered or refused, not deleted"),
    (
        "guide_question_settled", "guide_question", "UPDATE",
        "OLD.state <> 'waiting' OR NEW.text <> OLD.text OR NEW.asker_id <> OLD.asker_id OR NEW.at <> OLD.at",
        "a settled question does not change",
    ),
)


def _instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=nullable)


def _line(name: str, most: int) -> sa.Column:
    return sa.Column(name, sqlmodel.sql.sqltypes.AutoString(length=most), nullable=False)


def _word(column: str, name: str, *values: str) -> sa.Column:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24), nullable=False)


def _key(column: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(column, sa.Uuid(), nullable=nullable)


def _points(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "guide",
        _key("id"),
        _key("estate_id"),
        _word("state", "guide_state", "draft", "published", "withdrawn"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=False),
        _key("created_by"),
        _instant("created_at"),
        _instant("flagged_at", nullable=True),
        _line("flagged_by", 50),
        _line("flagged_reason", 200),
        _instant("withdrawn_at", nullable=True),
        _line("withdrawn_by", 50),
        _line("withdrawn_reason", 200),
        sa.CheckConstraint(
            "revision >= 1 AND published_revision >= 0 AND published_revision <= revision",
            name=op.f("ck_guide_publishes_a_revision"),
        ),
        sa.CheckConstraint("state <> 'published' OR published_revision > 0", name=op.f("ck_guide_published_has_words")),
        sa.CheckConstraint("state <> 'withdrawn' OR withdrawn_at IS NOT NULL", name=op.f("ck_guide_withdrawn_has_instant")),
        _points("guide", "estate_id", "estate.id"),
        _points("guide", "created_by", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide")),
    )
    op.create_index("ix_guide_estate_state", "guide", ["estate_id", "state"])
    op.create_table(
        "guide_revision",
        _key("guide_id"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _word("kind", "guide_kind", "law", "subsidy", "cost", "safety", "faq"),
        _line("title", 60),
        sa.Column("body", sa.Text(), nullable=False),
        _line("source", 120),
        _line("reference", 200),
        _line("address", 300),
        sa.Column("source_date", sa.Date(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("review_after", sa.Date(), nullable=False),
        _key("by"),
        _instant("at"),
        _points("guide_revision", "guide_id", "guide.id"),
        _points("guide_revision", "by", "account.id"),
        sa.PrimaryKeyConstraint("guide_id", "revision", name=op.f("pk_guide_revision")),
    )
    op.create_table(
        "guide_publication",
        _key("guide_id"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _key("by"),
        _line("name", 50),
        _line("badge", 20),
        _line("reason", 200),
        _instant("at"),
        sa.ForeignKeyConstraint(
            ["guide_id", "revision"],
            ["guide_revision.guide_id", "guide_revision.revision"],
            name=op.f("fk_guide_publication_guide_id_revision"),
        ),
        _points("guide_publication", "by", "account.id"),
        sa.PrimaryKeyConstraint("guide_id", "revision", name=op.f("pk_guide_publication")),
    )
    op.create_table(
        "guide_link",
        _key("id"),
        _key("estate_id"),
        _key("guide_id"),
        _word("kind", "link_subject", "proposal", "thread", "vote"),
        _key("subject_id"),
        _line("title", 120),
        _line("by", 50),
        _line("reason", 200),
        _instant("at"),
        _instant("removed_at", nullable=True),
        _line("removed_by", 50),
        _points("guide_link", "estate_id", "estate.id"),
        _points("guide_link", "guide_id", "guide.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_link")),
    )
    op.create_index("ix_guide_link_subject", "guide_link", ["subject_id", "kind"])
    op.create_index(
        "uq_guide_link_attached", "guide_link", ["guide_id", "kind", "subject_id"],
        unique=True, sqlite_where=ATTACHED, postgresql_where=ATTACHED,
    )
    op.create_table(
        "guide_question",
        _key("id"),
        _key("estate_id"),
        _key("guide_id", nullable=True),
        _key("asker_id"),
        _line("text", 300),
        _instant("at"),
        _word("state", "question_state", "waiting", "answered", "refused"),
        sa.Column("answer", sa.Text(), nullable=False),
        _line("source", 200),
        _line("refused_reason", 200),
        _key("settled_by", nullable=True),
        _line("settled_name", 50),
        _line("settled_badge", 20),
        _instant("settled_at", nullable=True),
        sa.CheckConstraint("state = 'waiting' OR settled_at IS NOT NULL", name=op.f("ck_guide_question_settled_has_instant")),
        sa.CheckConstraint("state <> 'answered' OR (answer <> '' AND source <> '')", name=op.f("ck_guide_question_answer_has_source")),
        _points("guide_question", "estate_id", "estate.id"),
        _points("guide_question", "guide_id", "guide.id"),
        _points("guide_question", "asker_id", "account.id"),
        _points("guide_question", "settled_by", "account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_question")),
    )
    op.create_index("ix_guide_question_estate_state", "guide_question", ["estate_id", "state", "at"])
    op.create_index("ix_guide_question_guide_id", "guide_question", ["guide_id"])
    op.create_index("ix_guide_question_asker_id", "guide_question", ["asker_id"])
    op.create_table(
        "guide_mark",
        _key("guide_id"),
        _key("account_id"),
        _word("mark", "guide_mark", "useful", "unclear"),
        _line("text", 200),
        _instant("at"),
        _points("guide_mark", "guide_id", "guide.id"),
        _points("guide_mark", "account_id", "account.id"),
        sa.PrimaryKeyConstraint("guide_id", "account_id", name=op.f("pk_guide_mark")),
    )
    put_up(GUARDS)


def downgrade() -> None:
    take_down(GUARDS)
    for table in ("guide_mark", "guide_question", "guide_link", "guide_publication", "guide_revision", "guide"):
        op.drop_table(table)
