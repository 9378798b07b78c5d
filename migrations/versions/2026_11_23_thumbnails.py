"""Thumbnails: a small copy beside each stored picture, so that lists and threads load little."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_23_thumbnails"
down_revision = "2026_11_23_maintenance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('thumbnail',
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_thumbnail_file_id')),
    sa.PrimaryKeyConstraint('file_id', name=op.f('pk_thumbnail'))
    )


def downgrade() -> None:
    op.drop_table('thumbnail')
