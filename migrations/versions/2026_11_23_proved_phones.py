"""When a phone was last proved to be its account's, and what a number that changed hands leaves behind."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_23_proved_phones"
down_revision = "2026_11_23_second_factor"
branch_labels = None
depends_on = None

COLUMNS = ("proved_at", "forgotten_at", "reissued_at")

account = sa.table("account", sa.column("id"), sa.column("proved_at"))
login_session = sa.table("login_session", sa.column("account_id"), sa.column("created_at"))


def upgrade() -> None:
    """The newest sign-in stands for the last proof; without one the account's own beginning does, and the column stays empty."""
    for name in COLUMNS:
        op.add_column("account", sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    newest = (
        sa.select(sa.func.max(login_session.c.created_at))
        .where(login_session.c.account_id == account.c.id)
        .scalar_subquery()
    )
    op.execute(account.update().values(proved_at=newest))


def downgrade() -> None:
    """Without these everybody is let in by a right code again."""
    for name in reversed(COLUMNS):
        op.drop_column("account", name)
