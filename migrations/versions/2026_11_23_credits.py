"""Credits: a ledger that only grows, honours, and redemptions."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_credits"
down_revision = "2026_11_23_mediation"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")
REASONS = (
    "proposal", "post", "statements", "ballot", "survey", "meeting", "question", "report", "volunteer",
    "reversal", "redemption", "redemption_back", "erased",
)
GUARDS = (
    *only_grows(("credit_choice", "credit_entry", "credit_rate", "credit_look")),
    (
        "credit_entry_carries_on", "credit_entry", "INSERT",
        "(NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM credit_entry "
        "WHERE estate_id = NEW.estate_id AND account_id = NEW.account_id AND seq = NEW.seq - 1)) "
        "OR NEW.balance <> NEW.amount + COALESCE((SELECT balance FROM credit_entry "
        "WHERE estate_id = NEW.estate_id AND account_id = NEW.account_id AND seq = NEW.seq - 1), 0)",
        "an entry carries on the balance of the one before it",
    ),
    ("credit_reward_kept", "credit_reward", "DELETE", "1 = 1", "a reward is taken off, not deleted"),
    (
        "credit_reward_fixed", "credit_reward", "UPDATE",
        "NEW.estate_id <> OLD.estate_id OR NEW.title <> OLD.title OR NEW.points <> OLD.points",
        "a reward stays as it was offered",
    ),
    ("credit_redemption_kept", "credit_redemption", "DELETE", "1 = 1", "a redemption is cancelled, not deleted"),
    (
        "credit_redemption_fixed", "credit_redemption", "UPDATE",
        "OLD.state <> 'waiting' OR NEW.estate_id <> OLD.estate_id OR NEW.account_id <> OLD.account_id "
        "OR NEW.reward_id <> OLD.reward_id OR NEW.points <> OLD.points OR NEW.code <> OLD.code",
        "a redemption ends once and stays as it was asked for",
    ),
    ("credit_honour_kept", "credit_honour", "DELETE", "1 = 1", "an honour is taken back, not deleted"),
    (
        "credit_honour_fixed", "credit_honour", "UPDATE",
        "OLD.ended_at IS NOT NULL OR NEW.quarter <> OLD.quarter OR NEW.honour <> OLD.honour "
        "OR NEW.account_id <> OLD.account_id OR NEW.estate_id <> OLD.estate_id",
        "an honour stays as it was confirmed",
    ),
)
TABLES = (
    "credit_look", "credit_honour", "credit_redemption", "credit_reward", "credit_cursor", "credit_rate",
    "credit_entry", "credit_choice", "credit_member",
)


def text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def instant() -> sqlmodel.sql.sqltypes.UTCDateTime:
    return sqlmodel.sql.sqltypes.UTCDateTime()


def enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def of_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["estate_id", "account_id"],
        ["credit_member.estate_id", "credit_member.account_id"],
        name=op.f(f"fk_{table}_estate_id_account_id"),
    )


def upgrade() -> None:
    _make_people()
    _make_ledger()
    _make_rewards()
    _make_honours()
    # The job asks what is new since an instant; these two tables could only be read whole.
    op.create_index("ix_statement_mark_at", "statement_mark", ["statement_id", "at"])
    op.create_index("ix_work_order_closed", "work_order", ["estate_id", "closed_at"])
    put_up(GUARDS)


def _make_people() -> None:
    op.create_table(
        "credit_member",
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", instant(), nullable=False),
        sa.Column("left_at", instant(), nullable=True),
        sa.Column("shown_since", instant(), nullable=True),
        refers("credit_member", "estate_id", "estate"),
        refers("credit_member", "account_id", "account"),
        sa.PrimaryKeyConstraint("estate_id", "account_id", name=op.f("pk_credit_member")),
    )
    op.create_table(
        "credit_choice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("choice", enum("choice", "join", "leave", "show", "hide", "erase"), nullable=False),
        sa.Column("at", instant(), nullable=False),
        refers("credit_choice", "estate_id", "estate"),
        refers("credit_choice", "account_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_choice")),
    )
    op.create_index("ix_credit_choice_person", "credit_choice", ["estate_id", "account_id", "at"])


def _make_ledger() -> None:
    op.create_table(
        "credit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("reason", enum("reason", *REASONS), nullable=False),
        sa.Column("subject", text(120), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("refers_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("note", text(500), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_credit_entry_seq_positive")),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_credit_entry_balance_not_negative")),
        sa.CheckConstraint("CASE WHEN reason IN ('reversal', 'redemption', 'erased') THEN amount <= 0 ELSE amount > 0 END", name=op.f("ck_credit_entry_amount_by_reason")),
        sa.CheckConstraint("(reason IN ('reversal', 'redemption_back')) = (refers_id IS NOT NULL)", name=op.f("ck_credit_entry_refers_by_reason")),
        of_member("credit_entry"),
        refers("credit_entry", "refers_id", "credit_entry"),
        refers("credit_entry", "by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entry")),
        sa.UniqueConstraint("estate_id", "account_id", "seq", name="uq_credit_entry_seq"),
        sa.UniqueConstraint("estate_id", "account_id", "reason", "subject", name="uq_credit_entry_once"),
        sa.UniqueConstraint("refers_id", name="uq_credit_entry_refers"),
    )
    op.create_index("ix_credit_entry_counted", "credit_entry", ["estate_id", "account_id", "reason", "on_day"])
    op.create_index("ix_credit_entry_day", "credit_entry", ["estate_id", "on_day"])
    op.create_table(
        "credit_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", enum("rate_reason", *REASONS), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("per_quarter", sa.Integer(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.CheckConstraint("points >= 0 AND per_day >= 0 AND per_quarter >= 0", name=op.f("ck_credit_rate_not_negative")),
        refers("credit_rate", "estate_id", "estate"),
        refers("credit_rate", "by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_rate")),
        sa.UniqueConstraint("estate_id", "number", name=op.f("uq_credit_rate_estate_id_number")),
    )
    op.create_table(
        "credit_cursor",
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("source", text(20), nullable=False),
        sa.Column("read_until", instant(), nullable=False),
        refers("credit_cursor", "estate_id", "estate"),
        sa.PrimaryKeyConstraint("estate_id", "source", name=op.f("pk_credit_cursor")),
    )


def _make_rewards() -> None:
    op.create_table(
        "credit_reward",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("title", text(60), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("how", text(300), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("off_at", instant(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_credit_reward_points_positive")),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_credit_reward_stock_not_negative")),
        refers("credit_reward", "estate_id", "estate"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_reward")),
        sa.UniqueConstraint("estate_id", "id", name=op.f("uq_credit_reward_estate_id_id")),
    )
    op.create_table(
        "credit_redemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reward_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("code", text(6), nullable=False),
        sa.Column("state", enum("state", "waiting", "handed_over", "cancelled", "refused"), nullable=False),
        sa.Column("asked_at", instant(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", instant(), nullable=True),
        sa.Column("reason", text(500), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_credit_redemption_points_positive")),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_credit_redemption_decided_when_ended")),
        of_member("credit_redemption"),
        sa.ForeignKeyConstraint(["estate_id", "reward_id"], ["credit_reward.estate_id", "credit_reward.id"], name="fk_credit_redemption_reward"),
        refers("credit_redemption", "decided_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_redemption")),
    )
    op.create_index("uq_credit_redemption_code", "credit_redemption", ["estate_id", "code"], unique=True, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_credit_redemption_pile", "credit_redemption", ["estate_id", "state", "asked_at"])
    op.create_index("ix_credit_redemption_person", "credit_redemption", ["account_id", "estate_id", "asked_at"])


def _make_honours() -> None:
    op.create_table(
        "credit_honour",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", text(6), nullable=False),
        sa.Column("honour", enum("honour", "talk", "volunteer", "care"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=True),
        sa.Column("end_reason", text(500), nullable=False),
        of_member("credit_honour"),
        refers("credit_honour", "confirmed_by", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_honour")),
        sa.UniqueConstraint("estate_id", "quarter", "honour", "account_id", name="uq_credit_honour_once"),
    )
    op.create_table(
        "credit_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("staff_name", text(50), nullable=False),
        sa.Column("reason", text(500), nullable=False),
        sa.Column("at", instant(), nullable=False),
        refers("credit_look", "estate_id", "estate"),
        refers("credit_look", "account_id", "account"),
        refers("credit_look", "staff_id", "account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_look")),
    )
    op.create_index("ix_credit_look_person", "credit_look", ["estate_id", "account_id", "at"])


def downgrade() -> None:
    take_down(GUARDS)
    op.drop_index("ix_work_order_closed", "work_order")
    op.drop_index("ix_statement_mark_at", "statement_mark")
    for table in TABLES:
        op.drop_table(table)
