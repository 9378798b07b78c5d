"""The first tables of every room."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '2026_11_23_first_tables'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('phone', name=op.f('uq_account_phone'))
    )
    op.create_table('attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt'))
    )
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.create_index('ix_attempt_key_at', ['key', 'at'], unique=False)

    op.create_table('estate',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('committee_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('desk_phone', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('desk_address', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('desk_hours', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_estate')),
    sa.UniqueConstraint('slug', name=op.f('uq_estate_slug'))
    )
    op.create_table('trail_head',
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('row_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.PrimaryKeyConstraint('estate_id', name=op.f('pk_trail_head'))
    )
    op.create_table('trail_row',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('tag', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.Column('actor_name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('subject_kind', sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('old', sa.JSON(), nullable=False),
    sa.Column('new', sa.JSON(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('previous_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('row_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trail_row')),
    sa.UniqueConstraint('estate_id', 'seq', name=op.f('uq_trail_row_estate_id_seq'))
    )
    with op.batch_alter_table('trail_row', schema=None) as batch_op:
        batch_op.create_index('ix_trail_row_subject', ['subject_kind', 'subject_id'], unique=False)

    op.create_table('login_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('device', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('seen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_login_session_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_login_session_token_hash'))
    )
    with op.batch_alter_table('login_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_login_session_account_id'), ['account_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=160), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('channel', sa.Enum('sms', 'inbox', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('template', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('link', sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('sent_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('failed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('error', sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
    sa.Column('read_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.CheckConstraint('account_id IS NOT NULL OR phone IS NOT NULL', name=op.f('ck_message_addressed')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_message_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('key', name=op.f('uq_message_key'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_account_id'), ['account_id'], unique=False)
        batch_op.create_index('ix_message_due', ['sent_at', 'failed_at', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_estate_id'), ['estate_id'], unique=False)

    op.create_table('owner',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('other_phones', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('bound_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_owner_account_id')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_owner_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_owner'))
    )
    with op.batch_alter_table('owner', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_owner_account_id'), ['account_id'], unique=False)
        batch_op.create_index('ix_owner_estate_phone', ['estate_id', 'phone'], unique=False)

    op.create_table('register_import',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('file_name', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.Enum('reading', 'ready', 'applied', 'refused', 'discarded', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('preview', sa.JSON(), nullable=False),
    sa.Column('register_fingerprint', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('refusal', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('lease_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('uploaded_by', sa.Uuid(), nullable=False),
    sa.Column('uploaded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('applied_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_register_import_estate_id')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['account.id'], name=op.f('fk_register_import_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_import'))
    )
    with op.batch_alter_table('register_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_register_import_estate_id'), ['estate_id'], unique=False)

    op.create_table('role_grant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.Enum('party_member', 'committee', 'party_staff', 'auditor', 'operator', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('duty', sa.Enum('none', 'initiator', 'explainer', 'mediator', 'supervisor', name='duty', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('granted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_role_grant_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant'))
    )
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.create_index('uq_role_grant_live', ['account_id', 'estate_id', 'role', 'duty'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('sign_in_code',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('sms', 'desk', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('code_hash', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('request_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('sent_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('expires_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('used_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_sign_in_code_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_code'))
    )
    with op.batch_alter_table('sign_in_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_code_subject'), ['subject'], unique=False)

    op.create_table('stored_file',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('media_type', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('private', sa.Boolean(), nullable=False),
    sa.Column('uploaded_by', sa.Uuid(), nullable=False),
    sa.Column('uploaded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['uploaded_by'], ['account.id'], name=op.f('fk_stored_file_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stored_file_estate_id'), ['estate_id'], unique=False)

    op.create_table('vote',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('matter', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('scope_level', sa.Enum('estate', 'building', 'entrance', name='scope_level', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('scope_building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('scope_entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('legal_mode', sa.Enum('consultation', 'paper_with_support', 'electronic', name='legal_mode', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('legal_basis', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
    sa.Column('rules', sa.JSON(), nullable=False),
    sa.Column('cost', sa.JSON(), nullable=False),
    sa.Column('opens_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('closes_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('state', sa.Enum('draft', 'noticed', 'open', 'closed', 'preliminary', 'final', 'annulled', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('noticed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('text_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('roll_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('head_seq', sa.Integer(), nullable=False),
    sa.Column('head_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('head_time', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('sealed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('objections_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('final_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('annulled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('annul_reason', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.CheckConstraint("state = 'draft' OR (opens_at IS NOT NULL AND closes_at IS NOT NULL)", name=op.f('ck_vote_window_set')),
    sa.CheckConstraint('closes_at IS NULL OR opens_at < closes_at', name=op.f('ck_vote_window_in_order')),
    sa.CheckConstraint('matter BETWEEN 1 AND 9', name=op.f('ck_vote_matter_of_article_278')),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_vote_created_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_vote_estate_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vote')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_vote_estate_id_id')),
    sa.UniqueConstraint('estate_id', 'number', name=op.f('uq_vote_estate_id_number'))
    )
    op.create_table('ballot_event',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('notice', 'roll_amend', 'open', 'cast', 'close', 'annul', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Enum('none', 'phone', 'paper', 'proxy', 'code', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('payload_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('leaf', sa.Text(), nullable=False),
    sa.Column('leaf_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('previous_head', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('head', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('receipt', sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
    sa.Column('received_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('seq > 0', name=op.f('ck_ballot_event_seq_positive')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_ballot_event_vote_id')),
    sa.PrimaryKeyConstraint('vote_id', 'seq', name=op.f('pk_ballot_event')),
    sa.UniqueConstraint('vote_id', 'key', name='uq_ballot_event_key'),
    sa.UniqueConstraint('vote_id', 'unit_id', 'revision', name='uq_ballot_event_revision')
    )
    with op.batch_alter_table('ballot_event', schema=None) as batch_op:
        batch_op.create_index('ix_ballot_event_receipt', ['vote_id', 'receipt'], unique=False)
        batch_op.create_index('uq_ballot_event_close', ['vote_id'], unique=True, sqlite_where=sa.text("kind = 'close'"), postgresql_where=sa.text("kind = 'close'"))
        batch_op.create_index('uq_ballot_event_open', ['vote_id'], unique=True, sqlite_where=sa.text("kind = 'open'"), postgresql_where=sa.text("kind = 'open'"))

    op.create_table('objection',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.Column('state', sa.Enum('open', 'upheld', 'dismissed', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('ruling', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
    sa.Column('ruled_by', sa.Uuid(), nullable=True),
    sa.Column('ruled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_objection_account_id')),
    sa.ForeignKeyConstraint(['ruled_by'], ['account.id'], name=op.f('fk_objection_ruled_by')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_objection_vote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_objection'))
    )
    with op.batch_alter_table('objection', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_objection_vote_id'), ['vote_id'], unique=False)

    op.create_table('publication',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('notice', 'preliminary', 'final', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('next_steps', sa.JSON(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('text_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('posted_by', sa.Uuid(), nullable=True),
    sa.Column('posted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('posted_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.CheckConstraint('posted_at < posted_until', name=op.f('ck_publication_term_in_order')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_publication_estate_id')),
    sa.ForeignKeyConstraint(['posted_by'], ['account.id'], name=op.f('fk_publication_posted_by')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_publication_vote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publication')),
    sa.UniqueConstraint('vote_id', 'kind', name=op.f('uq_publication_vote_id_kind'))
    )
    with op.batch_alter_table('publication', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_publication_estate_id'), ['estate_id'], unique=False)

    op.create_table('roll_correction',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('text', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('state', sa.Enum('open', 'upheld', 'refused', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_roll_correction_account_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_roll_correction_decided_by')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_roll_correction_vote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roll_correction'))
    )
    with op.batch_alter_table('roll_correction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roll_correction_vote_id'), ['vote_id'], unique=False)

    op.create_table('roll_entry',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('struck', sa.Boolean(), nullable=False),
    sa.Column('building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=False),
    sa.Column('room', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('kind', sa.Enum('dwelling', 'shop', 'parking', 'storage', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('normal', 'unsold', 'undelivered', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('heirs_proving', sa.Boolean(), nullable=False),
    sa.Column('area', sa.BigInteger(), nullable=False),
    sa.Column('head_key', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('owner_names', sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
    sa.Column('share', sa.BigInteger(), nullable=True),
    sa.Column('entry_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.CheckConstraint('area > 0', name=op.f('ck_roll_entry_area_positive')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_roll_entry_vote_id')),
    sa.PrimaryKeyConstraint('vote_id', 'unit_id', 'revision', name=op.f('pk_roll_entry'))
    )
    op.create_table('roll_voter',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_roll_voter_vote_id')),
    sa.PrimaryKeyConstraint('vote_id', 'unit_id', 'revision', 'owner_id', name=op.f('pk_roll_voter'))
    )
    with op.batch_alter_table('roll_voter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roll_voter_owner_id'), ['owner_id'], unique=False)

    op.create_table('unit',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('building', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('entrance', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=False),
    sa.Column('room', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('area', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('dwelling', 'shop', 'parking', 'storage', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('normal', 'unsold', 'undelivered', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('heirs_proving', sa.Boolean(), nullable=False),
    sa.Column('tenant', sa.Boolean(), nullable=False),
    sa.Column('remark', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('representative_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('area > 0', name=op.f('ck_unit_area_positive')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_unit_estate_id')),
    sa.ForeignKeyConstraint(['representative_id'], ['owner.id'], name=op.f('fk_unit_representative_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('estate_id', 'building', 'entrance', 'room', name=op.f('uq_unit_estate_id_building_entrance_room')),
    sa.UniqueConstraint('estate_id', 'id', name=op.f('uq_unit_estate_id_id'))
    )
    op.create_table('vote_attachment',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_vote_attachment_file_id')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_vote_attachment_vote_id')),
    sa.PrimaryKeyConstraint('vote_id', 'file_id', name=op.f('pk_vote_attachment'))
    )
    op.create_table('vote_result',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('tally', sa.JSON(), nullable=False),
    sa.Column('head_seq', sa.Integer(), nullable=False),
    sa.Column('head_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('counted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_vote_result_vote_id')),
    sa.PrimaryKeyConstraint('vote_id', name=op.f('pk_vote_result'))
    )
    op.create_table('ballot_current',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Enum('none', 'phone', 'paper', 'proxy', 'code', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('sealed_choice', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['vote_id', 'seq'], ['ballot_event.vote_id', 'ballot_event.seq'], name=op.f('fk_ballot_current_vote_id_seq')),
    sa.PrimaryKeyConstraint('vote_id', 'unit_id', name=op.f('pk_ballot_current'))
    )
    op.create_table('ballot_secret',
    sa.Column('vote_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['vote_id', 'seq'], ['ballot_event.vote_id', 'ballot_event.seq'], name=op.f('fk_ballot_secret_vote_id_seq')),
    sa.PrimaryKeyConstraint('vote_id', 'seq', name=op.f('pk_ballot_secret'))
    )
    op.create_table('claim',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('estate_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('relation', sa.Enum('owner', 'heir', 'tenant', 'family', name='relation', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('photo_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Enum('pending', 'approved', 'refused', 'withdrawn', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_claim_account_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_claim_decided_by')),
    sa.ForeignKeyConstraint(['estate_id'], ['estate.id'], name=op.f('fk_claim_estate_id')),
    sa.ForeignKeyConstraint(['photo_id'], ['stored_file.id'], name=op.f('fk_claim_photo_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_claim_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim'))
    )
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_claim_estate_id'), ['estate_id'], unique=False)
        batch_op.create_index('uq_claim_pending', ['account_id', 'unit_id'], unique=True, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))

    op.create_table('ownership',
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['owner.id'], name=op.f('fk_ownership_owner_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_ownership_unit_id')),
    sa.PrimaryKeyConstraint('unit_id', 'owner_id', name=op.f('pk_ownership'))
    )
    with op.batch_alter_table('ownership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ownership_owner_id'), ['owner_id'], unique=False)

    op.create_table('residence',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('relation', sa.Enum('owner', 'heir', 'tenant', 'family', name='relation', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_residence_account_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_residence_unit_id')),
    sa.PrimaryKeyConstraint('account_id', 'unit_id', name=op.f('pk_residence'))
    )



def downgrade() -> None:

    op.drop_table('residence')
    with op.batch_alter_table('ownership', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ownership_owner_id'))

    op.drop_table('ownership')
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.drop_index('uq_claim_pending', sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
        batch_op.drop_index(batch_op.f('ix_claim_estate_id'))

    op.drop_table('claim')
    op.drop_table('ballot_secret')
    op.drop_table('ballot_current')
    op.drop_table('vote_result')
    op.drop_table('vote_attachment')
    op.drop_table('unit')
    with op.batch_alter_table('roll_voter', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_roll_voter_owner_id'))

    op.drop_table('roll_voter')
    op.drop_table('roll_entry')
    with op.batch_alter_table('roll_correction', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_roll_correction_vote_id'))

    op.drop_table('roll_correction')
    with op.batch_alter_table('publication', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_publication_estate_id'))

    op.drop_table('publication')
    with op.batch_alter_table('objection', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_objection_vote_id'))

    op.drop_table('objection')
    with op.batch_alter_table('ballot_event', schema=None) as batch_op:
        batch_op.drop_index('uq_ballot_event_open', sqlite_where=sa.text("kind = 'open'"), postgresql_where=sa.text("kind = 'open'"))
        batch_op.drop_index('uq_ballot_event_close', sqlite_where=sa.text("kind = 'close'"), postgresql_where=sa.text("kind = 'close'"))
        batch_op.drop_index('ix_ballot_event_receipt')

    op.drop_table('ballot_event')
    op.drop_table('vote')
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stored_file_estate_id'))

    op.drop_table('stored_file')
    with op.batch_alter_table('sign_in_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_code_subject'))

    op.drop_table('sign_in_code')
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.drop_index('uq_role_grant_live', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.drop_table('role_grant')
    with op.batch_alter_table('register_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_register_import_estate_id'))

    op.drop_table('register_import')
    with op.batch_alter_table('owner', schema=None) as batch_op:
        batch_op.drop_index('ix_owner_estate_phone')
        batch_op.drop_index(batch_op.f('ix_owner_account_id'))

    op.drop_table('owner')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_estate_id'))
        batch_op.drop_index('ix_message_due')
        batch_op.drop_index(batch_op.f('ix_message_account_id'))

    op.drop_table('message')
    with op.batch_alter_table('login_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_login_session_account_id'))

    op.drop_table('login_session')
    with op.batch_alter_table('trail_row', schema=None) as batch_op:
        batch_op.drop_index('ix_trail_row_subject')

    op.drop_table('trail_row')
    op.drop_table('trail_head')
    op.drop_table('estate')
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.drop_index('ix_attempt_key_at')

    op.drop_table('attempt')
    op.drop_table('account')

