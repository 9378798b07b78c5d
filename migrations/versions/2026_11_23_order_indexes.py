"""Orders are found by their vote and by who wrote them down; what a fee bought may be hidden with a reason."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_order_indexes"
down_revision = "2026_11_23_paper"
branch_labels = None
depends_on = None

INDEXES = {"ix_work_order_vote": ["vote_id"], "ix_work_order_filed_by": ["filed_by", "filed_at"]}
# The deed itself stands; whether it is shown may change.
WHOLE = tuple(guard for guard in only_grows(["service_deed"]) if guard[2] == "UPDATE")
TOLD = (
    ("service_deed_no_update", "service_deed", "UPDATE OF id, estate_id, service_id, month, text, photo_id, by, at", "1 = 1", "service_deed only grows"),
)


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "work_order", columns)
    take_down(WHOLE)
    op.add_column("service_deed", sa.Column("hidden_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column(
        "service_deed",
        sa.Column("hidden_reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False, server_default=""),
    )
    put_up(TOLD)


def downgrade() -> None:
    take_down(TOLD)
    op.drop_column("service_deed", "hidden_reason")
    op.drop_column("service_deed", "hidden_at")
    put_up(WHOLE)
    for name in INDEXES:
        op.drop_index(name, "work_order")
