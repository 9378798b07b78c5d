"""Going back from approval first has a word of its own in the moderation log; it was written as the restoring of a post."""

from alembic import op

from migrations.guards import only_grows, put_up, take_down
from migrations.words import change_words

revision = "2026_11_23_publish_first"
down_revision = "2026_11_23_consultation"
branch_labels = None
depends_on = None

OLD = ("hide", "restore", "warn", "mute", "unmute", "approve", "refuse", "dismiss", "preapprove")
NEW = (*OLD, "publish_first")
GUARDS = (*only_grows(("moderation_act",)),)


def _rename(old: str, new: str) -> None:
    """The log only grows, so its guards stand aside for the one word that was wrong."""
    take_down(GUARDS)
    op.execute(f"UPDATE moderation_act SET act = '{new}' WHERE act = '{old}' AND kind IS NULL")
    put_up(GUARDS)


def upgrade() -> None:
    change_words("moderation_act", "act", "act", OLD, NEW)
    _rename("restore", "publish_first")


def downgrade() -> None:
    _rename("publish_first", "restore")
    change_words("moderation_act", "act", "act", NEW, OLD)
