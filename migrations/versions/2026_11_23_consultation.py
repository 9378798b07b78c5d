"""Proposals, deliberations and projects, and the search over them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from migrations.guards import only_grows, put_up, take_down

revision = "2026_11_23_consultation"
down_revision = "2026_11_23_guards"
branch_labels = None
depends_on = None

PUBLISHED = "(SELECT state FROM minutes WHERE id = {row}.minutes_id) = 'published'"
GUARDS = (
    *only_grows(("proposal_text", "proposal_event", "moderation_act")),
    ("post_text", "post", "UPDATE OF estate_id, thread_id, seq, parent_seq, author_id, text, created_at", "1 = 1", "a post does not change"),
    ("post_kept", "post", "DELETE", "1 = 1", "a post is hidden, not deleted"),
    ("statement_text", "statement", "UPDATE OF thread_id, number, text", "1 = 1", "a statement does not change"),
    ("statement_kept", "statement", "DELETE", "1 = 1", "a statement is withdrawn, not deleted"),
    ("minutes_fixed", "minutes", "UPDATE", "OLD.state = 'published'", "published minutes do not change"),
    ("minutes_kept", "minutes", "DELETE", "OLD.state = 'published'", "published minutes are kept"),
    ("point_added", "minutes_point", "INSERT", PUBLISHED.format(row="NEW"), "published minutes do not change"),
    ("point_fixed", "minutes_point", "UPDATE", PUBLISHED.format(row="OLD"), "published minutes do not change"),
    ("point_kept", "minutes_point", "DELETE", PUBLISHED.format(row="OLD"), "published minutes do not change"),
)


def _index_words() -> None:
    """Words stand between spaces already, so each database's plainest parser serves."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX fts_search_entry ON search_entry USING gin (to_tsvector('simple'::regconfig, words))")
        return
    op.execute("CREATE VIRTUAL TABLE fts_search USING fts5(words, content='search_entry', content_rowid='id')")
    gone = "INSERT INTO fts_search (fts_search, rowid, words) VALUES ('delete', OLD.id, OLD.words);"
    come = "INSERT INTO fts_search (rowid, words) VALUES (NEW.id, NEW.words);"
    for event, deed in (("INSERT", come), ("DELETE", gone), ("UPDATE", gone + " " + come)):
        op.execute(f"CREATE TRIGGER search_entry_{event.lower()} AFTER {event} ON search_entry BEGIN {deed} END")


def _drop_index_of_words() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX fts_search_entry")
        return
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER search_entry_{event}")
    op.execute("DROP TABLE fts_search")


def upgrade() -> None:
    op.create_table('catalogue_item',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('kind', sa.Enum('basic', 'improving', 'uplifting', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('label', sa.Enum('foundational', 'extending', name='label', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('hidden', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_catalogue_item_estate_id')),
    sa.PrimaryKeyConstraint('estate_id', 'key', name=op.f('pk_catalogue_item'))
    )
    op.create_table('consultation_settings',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('support', sa.JSON(), nullable=False),
    sa.Column('answer', sa.JSON(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('street_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('street_phone', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_consultation_settings_estate_id')),
    sa.PrimaryKeyConstraint('estate_id', name=op.f('pk_consultation_settings'))
    )
    op.create_table('content_report',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('proposal', 'post', name='subject', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('reporter_id', sa.Uuid(), nullable=False),
    sa.Column('why', sa.Enum('insult', 'privacy', 'falsehood', 'advertising', 'off_topic', 'unlawful', 'other', name='why', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('resolved_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_content_report_estate_id')),
    sa.ForeignKeyConstraint(['reporter_id'], ['account.id'], name=op.f('fk_content_report_reporter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_content_report')),
    sa.UniqueConstraint('kind', 'subject_id', 'reporter_id', name=op.f('uq_content_report_kind_subject_id_reporter_id'))
    )
    with op.batch_alter_table('content_report', schema=None) as batch_op:
        batch_op.create_index('ix_content_report_open', ['estate_id', 'resolved_at'], unique=False)

    op.create_table('proposal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'gathering', 'accepted', 'declined', 'deliberating', 'voting', 'decided_passed', 'decided_not_passed', 'implementing', 'completed', 'merged', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('item_key', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('item_kind', sa.Enum('basic', 'improving', 'uplifting', name='item_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('scope', sa.Enum('estate', 'building', 'entrance', name='scope', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('scope_building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('scope_entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('published_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('gathering_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('supporters', sa.Integer(), nullable=False),
    sa.Column('needed', sa.Integer(), nullable=False),
    sa.Column('warmth', sa.Integer(), nullable=False),
    sa.Column('reached_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answer_due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('street_due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('street_told_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answered_by', sa.Uuid(), nullable=True),
    sa.Column('sponsor_id', sa.Uuid(), nullable=True),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.Column('split_from', sa.Uuid(), nullable=True),
    sa.Column('hidden_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name=op.f('ck_proposal_merged_into_another')),
    sa.CheckConstraint("state = 'draft' OR number > 0 OR state = 'withdrawn'", name=op.f('ck_proposal_published_has_number')),
    sa.CheckConstraint('supporters >= 0 AND warmth >= 0', name=op.f('ck_proposal_counts_not_negative')),
    sa.ForeignKeyConstraint(['answered_by'], ['account.id'], name=op.f('fk_proposal_answered_by')),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_proposal_author_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_proposal_estate_id')),
    sa.ForeignKeyConstraint(['merged_into'], ['proposal.id'], name=op.f('fk_proposal_merged_into')),
    sa.ForeignKeyConstraint(['split_from'], ['proposal.id'], name=op.f('fk_proposal_split_from')),
    sa.ForeignKeyConstraint(['sponsor_id'], ['account.id'], name=op.f('fk_proposal_sponsor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_proposal_estate_id_id')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_proposal_estate_id_number'))
    )
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.create_index('ix_proposal_author', ['author_id'], unique=False)
        batch_op.create_index('ix_proposal_sponsor', ['sponsor_id'], unique=False)
        batch_op.create_index('ix_proposal_estate_kind_number', ['estate_id', 'item_kind', 'number'], unique=False)
        batch_op.create_index('ix_proposal_estate_place_number', ['estate_id', 'scope_building', 'scope_entrance', 'number'], unique=False)
        batch_op.create_index('ix_proposal_estate_state_number', ['estate_id', 'state', 'number'], unique=False)
        batch_op.create_index('ix_proposal_estate_warmth', ['estate_id', 'warmth', 'number'], unique=False)

    op.create_table('search_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('proposal', 'post', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('thread_id', sa.Uuid(), nullable=True),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_search_entry_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_entry')),
    sa.UniqueConstraint('kind', 'subject_id', name=op.f('uq_search_entry_kind_subject_id'))
    )
    with op.batch_alter_table('search_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_search_entry_estate_id'), ['estate_id'], unique=False)

    op.create_table('proposal_event',
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('published', 'edited', 'reached', 'overdue', 'escalated', 'answered', 'sponsored', 'moved', 'merged', 'split', 'thread', 'stage', 'minutes', 'vote', 'outcome', 'project', 'task', name='event_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('state', sa.Enum('draft', 'gathering', 'accepted', 'declined', 'deliberating', 'voting', 'decided_passed', 'decided_not_passed', 'implementing', 'completed', 'merged', 'withdrawn', name='event_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('actor_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('link', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_event_proposal_id')),
    sa.PrimaryKeyConstraint('proposal_id', 'seq', name=op.f('pk_proposal_event'))
    )
    op.create_table('proposal_photo',
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_proposal_photo_file_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_photo_proposal_id')),
    sa.PrimaryKeyConstraint('proposal_id', 'file_id', name=op.f('pk_proposal_photo'))
    )
    op.create_table('proposal_text',
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('by', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_proposal_text_by')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_text_proposal_id')),
    sa.PrimaryKeyConstraint('proposal_id', 'revision', name=op.f('pk_proposal_text'))
    )
    op.create_table('thread',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('opened_by', sa.Uuid(), nullable=False),
    sa.Column('opened_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('pre_approval', sa.Boolean(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('summary_by', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('summary_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('last_seq', sa.Integer(), nullable=False),
    sa.Column('post_count', sa.Integer(), nullable=False),
    sa.Column('last_post_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.CheckConstraint('post_count >= 0', name=op.f('ck_thread_posts_not_negative')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_thread_estate_id')),
    sa.ForeignKeyConstraint(['opened_by'], ['account.id'], name=op.f('fk_thread_opened_by')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_thread_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_thread')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_thread_estate_id_id')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_thread_estate_id_number'))
    )
    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_thread_proposal_id'), ['proposal_id'], unique=False)

    op.create_table('minutes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'published', name='minutes_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('present', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('written_by', sa.Uuid(), nullable=False),
    sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('published_by', sa.Uuid(), nullable=True),
    sa.Column('published_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_minutes_estate_id')),
    sa.ForeignKeyConstraint(['published_by'], ['account.id'], name=op.f('fk_minutes_published_by')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_minutes_thread_id')),
    sa.ForeignKeyConstraint(['written_by'], ['account.id'], name=op.f('fk_minutes_written_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_minutes')),
    sa.UniqueConstraint('thread_id', name=op.f('uq_minutes_thread_id'))
    )
    op.create_table('moderation_act',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('act', sa.Enum('hide', 'restore', 'warn', 'mute', 'unmute', 'approve', 'refuse', 'dismiss', 'preapprove', name='act', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('kind', sa.Enum('proposal', 'post', name='act_subject', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('thread_id', sa.Uuid(), nullable=True),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('moderator_id', sa.Uuid(), nullable=False),
    sa.Column('moderator_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('duty', sa.Enum('none', 'initiator', 'explainer', 'mediator', 'supervisor', name='act_duty', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('interest', sa.Boolean(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_moderation_act_author_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_moderation_act_estate_id')),
    sa.ForeignKeyConstraint(['moderator_id'], ['account.id'], name=op.f('fk_moderation_act_moderator_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_moderation_act_thread_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_moderation_act')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_moderation_act_estate_id_number'))
    )
    with op.batch_alter_table('moderation_act', schema=None) as batch_op:
        batch_op.create_index('ix_moderation_act_author', ['author_id'], unique=False)
        batch_op.create_index('ix_moderation_act_moderator', ['moderator_id'], unique=False)

    op.create_table('post',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('parent_seq', sa.Integer(), nullable=False),
    sa.Column('quote_seq', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('badge', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('stance', sa.Enum('support', 'concern', 'question', name='stance', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'visible', 'hidden', 'refused', name='post_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('likes', sa.Integer(), nullable=False),
    sa.Column('reports', sa.Integer(), nullable=False),
    sa.Column('answer_seq', sa.Integer(), nullable=False),
    sa.Column('answer_source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('answered_by', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.CheckConstraint('likes >= 0 AND reports >= 0', name=op.f('ck_post_counts_not_negative')),
    sa.CheckConstraint('parent_seq < seq', name=op.f('ck_post_replies_to_an_earlier_one')),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_post_author_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_post_estate_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_post_thread_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post')),
    sa.UniqueConstraint('thread_id', 'seq', name=op.f('uq_post_thread_id_seq'))
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index('ix_post_author_created', ['author_id', 'created_at'], unique=False)
        batch_op.create_index('ix_post_estate_reports', ['estate_id', 'reports'], unique=False)
        batch_op.create_index('ix_post_estate_state', ['estate_id', 'state'], unique=False)
        batch_op.create_index('ix_post_estate_answered', ['estate_id', 'answered_at'], unique=False)
        batch_op.create_index('ix_post_thread_parent_seq', ['thread_id', 'parent_seq', 'seq'], unique=False)

    op.create_table('seconding',
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('given_to', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_seconding_account_id')),
    sa.ForeignKeyConstraint(['given_to'], ['proposal.id'], name=op.f('fk_seconding_given_to')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_seconding_proposal_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_seconding_unit_id')),
    sa.PrimaryKeyConstraint('proposal_id', 'unit_id', name=op.f('pk_seconding'))
    )
    with op.batch_alter_table('seconding', schema=None) as batch_op:
        batch_op.create_index('ix_seconding_account', ['account_id'], unique=False)

    op.create_table('statement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('from_seq', sa.Integer(), nullable=False),
    sa.Column('by', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('withdrawn_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('withdrawn_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['account.id'], name=op.f('fk_statement_by')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_statement_thread_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement')),
    sa.UniqueConstraint('thread_id', 'number', name=op.f('uq_statement_thread_id_number'))
    )
    op.create_table('thread_moderator',
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('duty', sa.Enum('none', 'initiator', 'explainer', 'mediator', 'supervisor', name='duty', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('interest', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_thread_moderator_account_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_thread_moderator_thread_id')),
    sa.PrimaryKeyConstraint('thread_id', 'account_id', name=op.f('pk_thread_moderator'))
    )
    op.create_table('thread_read',
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_thread_read_account_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_thread_read_thread_id')),
    sa.PrimaryKeyConstraint('thread_id', 'account_id', name=op.f('pk_thread_read'))
    )
    op.create_table('thread_stage',
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Enum('notice', 'opinions', 'meeting', 'consensus', 'closed', name='stage', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('starts_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_thread_stage_thread_id')),
    sa.PrimaryKeyConstraint('thread_id', 'stage', name=op.f('pk_thread_stage'))
    )
    op.create_table('appeal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('act_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('state', sa.Enum('open', 'upheld', 'refused', name='appeal_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_appeal_account_id')),
    sa.ForeignKeyConstraint(['act_id'], ['moderation_act.id'], name=op.f('fk_appeal_act_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_appeal_decided_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_appeal_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appeal')),
    sa.UniqueConstraint('act_id', name=op.f('uq_appeal_act_id'))
    )
    with op.batch_alter_table('appeal', schema=None) as batch_op:
        batch_op.create_index('ix_appeal_estate_state', ['estate_id', 'state'], unique=False)

    op.create_table('minutes_point',
    sa.Column('minutes_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('agreed', 'reservation', 'open', 'task', name='point_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('who', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('statement_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['minutes_id'], ['minutes.id'], name=op.f('fk_minutes_point_minutes_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_minutes_point_statement_id')),
    sa.PrimaryKeyConstraint('minutes_id', 'position', name=op.f('pk_minutes_point'))
    )
    op.create_table('mute',
    sa.Column('act_id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('lifted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_mute_account_id')),
    sa.ForeignKeyConstraint(['act_id'], ['moderation_act.id'], name=op.f('fk_mute_act_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_mute_estate_id')),
    sa.PrimaryKeyConstraint('act_id', name=op.f('pk_mute'))
    )
    with op.batch_alter_table('mute', schema=None) as batch_op:
        batch_op.create_index('ix_mute_person', ['estate_id', 'account_id', 'until'], unique=False)

    op.create_table('post_file',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_post_file_file_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_post_file_post_id')),
    sa.PrimaryKeyConstraint('post_id', 'file_id', name=op.f('pk_post_file'))
    )
    op.create_table('post_like',
    sa.Column('post_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_post_like_account_id')),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_post_like_post_id')),
    sa.PrimaryKeyConstraint('post_id', 'account_id', name=op.f('pk_post_like'))
    )
    op.create_table('project',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('minutes_id', sa.Uuid(), nullable=True),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('opened_by', sa.Uuid(), nullable=False),
    sa.Column('opened_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('completed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_project_estate_id')),
    sa.ForeignKeyConstraint(['minutes_id'], ['minutes.id'], name=op.f('fk_project_minutes_id')),
    sa.ForeignKeyConstraint(['opened_by'], ['account.id'], name=op.f('fk_project_opened_by')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_project_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_project_estate_id_id')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_project_estate_id_number'))
    )
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_proposal_id'), ['proposal_id'], unique=False)

    op.create_table('statement_mark',
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('mark', sa.Enum('agree', 'disagree', 'unsure', name='mark', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('band', sa.Enum('low', 'middle', 'high', name='band', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('counted_mark', sa.Enum('agree', 'disagree', 'unsure', name='counted_mark', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('counted_band', sa.Enum('low', 'middle', 'high', name='counted_band', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_statement_mark_account_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['statement.id'], name=op.f('fk_statement_mark_statement_id')),
    sa.PrimaryKeyConstraint('statement_id', 'account_id', name=op.f('pk_statement_mark'))
    )
    op.create_table('vote_origin',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('minutes_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['minutes_id'], ['minutes.id'], name=op.f('fk_vote_origin_minutes_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_vote_origin_proposal_id')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_vote_origin_vote_id')),
    sa.PrimaryKeyConstraint('vote_id', name=op.f('pk_vote_origin'))
    )
    with op.batch_alter_table('vote_origin', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_vote_origin_minutes_id'), ['minutes_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_vote_origin_proposal_id'), ['proposal_id'], unique=False)

    op.create_table('project_task',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('who', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('open', 'done', 'dropped', name='task_state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['photo_id'], ['stored_file.id'], name=op.f('fk_project_task_photo_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_project_task_project_id')),
    sa.ForeignKeyConstraint(['settled_by'], ['account.id'], name=op.f('fk_project_task_settled_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project_task')),
    sa.UniqueConstraint('project_id', 'position', name=op.f('uq_project_task_project_id_position'))
    )
    put_up(GUARDS)
    _index_words()


def downgrade() -> None:
    take_down(GUARDS)
    _drop_index_of_words()
    op.drop_table('project_task')
    with op.batch_alter_table('vote_origin', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_vote_origin_proposal_id'))
        batch_op.drop_index(batch_op.f('ix_vote_origin_minutes_id'))

    op.drop_table('vote_origin')
    op.drop_table('statement_mark')
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_project_proposal_id'))

    op.drop_table('project')
    op.drop_table('post_like')
    op.drop_table('post_file')
    with op.batch_alter_table('mute', schema=None) as batch_op:
        batch_op.drop_index('ix_mute_person')

    op.drop_table('mute')
    op.drop_table('minutes_point')
    with op.batch_alter_table('appeal', schema=None) as batch_op:
        batch_op.drop_index('ix_appeal_estate_state')

    op.drop_table('appeal')
    op.drop_table('thread_stage')
    op.drop_table('thread_read')
    op.drop_table('thread_moderator')
    op.drop_table('statement')
    with op.batch_alter_table('seconding', schema=None) as batch_op:
        batch_op.drop_index('ix_seconding_account')

    op.drop_table('seconding')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_index('ix_post_thread_parent_seq')
        batch_op.drop_index('ix_post_estate_answered')
        batch_op.drop_index('ix_post_estate_state')
        batch_op.drop_index('ix_post_estate_reports')
        batch_op.drop_index('ix_post_author_created')

    op.drop_table('post')
    with op.batch_alter_table('moderation_act', schema=None) as batch_op:
        batch_op.drop_index('ix_moderation_act_moderator')
        batch_op.drop_index('ix_moderation_act_author')

    op.drop_table('moderation_act')
    op.drop_table('minutes')
    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_thread_proposal_id'))

    op.drop_table('thread')
    op.drop_table('proposal_text')
    op.drop_table('proposal_photo')
    op.drop_table('proposal_event')
    with op.batch_alter_table('search_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_search_entry_estate_id'))

    op.drop_table('search_entry')
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.drop_index('ix_proposal_estate_warmth')
        batch_op.drop_index('ix_proposal_estate_state_number')
        batch_op.drop_index('ix_proposal_estate_place_number')
        batch_op.drop_index('ix_proposal_estate_kind_number')
        batch_op.drop_index('ix_proposal_sponsor')
        batch_op.drop_index('ix_proposal_author')

    op.drop_table('proposal')
    with op.batch_alter_table('content_report', schema=None) as batch_op:
        batch_op.drop_index('ix_content_report_open')

    op.drop_table('content_report')
    op.drop_table('consultation_settings')
    op.drop_table('catalogue_item')
