"""A thread sorted by 同感 and narrowed to a stance has indexes of its own."""

from alembic import op

revision = "2026_11_23_thread_orders"
down_revision = "2026_11_23_thumbnails"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_post_thread_likes": ["thread_id", "parent_seq", "likes", "seq"],
    "ix_post_thread_stance": ["thread_id", "parent_seq", "stance", "seq"],
    "ix_post_thread_stance_likes": ["thread_id", "parent_seq", "stance", "likes", "seq"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "post", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "post")
